//! Set-up and fees.

mod collect_fees;
mod create_market;
mod initialize_protocol;

pub use collect_fees::*;
pub use create_market::*;
pub use initialize_protocol::*;
