//! The client crate for the web page: accounts in as bytes, plain records out.
//!
//! Every number that the page computes comes from here, and is computed by `bulkhead_risk` or quoted by
//! `bulkhead_client`: what the page shows before signing is what the program does. Nothing here knows of a
//! network. Amounts, prices and times are bigints in JavaScript, rates in ppm numbers; the units stand in the
//! names. A refusal is an `Error` with the program's own words, its `code` and the variant's name.

mod account;
mod crash;
mod events;
mod liquidity;
mod look;
mod orders;
mod plans;
mod quotes;
mod record;
mod refuse;
mod standing;

pub use crash::Crash;
pub use events::{event_data, share_price};
pub use look::Look;
pub use plans::{keeper_pay_max, total};
pub use refuse::explain;
