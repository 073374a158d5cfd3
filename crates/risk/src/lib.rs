//! All arithmetic of money and risk of Bulkhead, once.
//!
//! The program, the keeper, the command line, the lab and the web page call these functions, so that a
//! quote and the act it quotes cannot differ. Nothing here knows of a chain, a clock or an account: time,
//! prices and state come in as values, and every state change goes out as a report of every amount moved.
//!
//! House rules, checked by the lints in `Cargo.toml`: no unsafe, no floats, no panics, no unchecked
//! arithmetic. An overflow is [`RiskError::Overflow`], never a wrap, a saturation or a panic. The rounding
//! direction stands in the name (`_floor`, `_ceil`) and goes against the one who acts.
//!
//! The rooms, in the order in which a price passes through them:
//! [`oracle`] accepts a sample, [`volatility`] and [`extremes`] learn from it, [`accrual`] moves the
//! funding and borrow indexes, [`margin`] says what a position must hold, [`position`] what it is worth,
//! [`refresh`] lets its requirement follow, and [`transition`] opens, closes, adjusts and liquidates.
//! [`margin_call`] warns before that, and [`top_up`] says what an owner's plan then moves.
#![no_std]

pub mod accrual;
pub mod collateral_price;
pub mod error;
pub mod extremes;
pub mod fixed;
pub mod health;
pub mod impact;
pub mod insurance;
pub mod ledger;
pub mod liquidation;
pub mod margin;
pub mod margin_call;
pub mod market;
pub mod oracle;
pub mod orders;
pub mod outflow;
pub mod params;
pub mod pool;
pub mod position;
pub mod rates;
pub mod refresh;
pub mod settlement;
pub mod top_up;
pub mod transition;
pub mod trigger;
pub mod units;
pub mod volatility;

pub use error::{Result, RiskError};
pub use ledger::{Ledger, Side, SideLedger};
pub use market::{Market, MarketStatus};
pub use oracle::{Purpose, Sample};
pub use params::Params;
pub use position::{Position, PositionStatus};
pub use units::{BaseAtoms, Ppm, PriceE12, QuoteAtoms, Shares, SignedQuoteAtoms, UnixSeconds};
