//! What anyone may do to keep the system running.

mod collect_frozen;
mod crank_market;
mod execute_order;
mod execute_top_up;
mod flag;
mod liquidate;
mod record_settlement_price;
mod refresh_position;
mod release_funds;
mod settle_capped;
mod settle_market;
mod settle_position;
mod trigger_order;
mod update_market;

pub use collect_frozen::*;
pub use crank_market::*;
pub use execute_order::*;
pub use execute_top_up::*;
pub use flag::*;
pub use liquidate::*;
pub use record_settlement_price::*;
pub use refresh_position::*;
pub use release_funds::*;
pub use settle_capped::*;
pub use settle_market::*;
pub use settle_position::*;
pub use trigger_order::*;
pub use update_market::*;
