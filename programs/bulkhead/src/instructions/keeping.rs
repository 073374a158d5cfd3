//! What anyone may do to keep the system running.

mod collect_frozen;
mod execute_order;
mod flag;
mod liquidate;
mod refresh_position;
mod settle_capped;
mod trigger_order;
mod update_market;

pub use collect_frozen::*;
pub use execute_order::*;
pub use flag::*;
pub use liquidate::*;
pub use refresh_position::*;
pub use settle_capped::*;
pub use trigger_order::*;
pub use update_market::*;
