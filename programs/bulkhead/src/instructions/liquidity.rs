//! What liquidity providers do.

mod cancel_withdrawal;
mod deposit;
mod execute_withdrawal;
mod request_withdrawal;

pub use cancel_withdrawal::*;
pub use deposit::*;
pub use execute_withdrawal::*;
pub use request_withdrawal::*;
