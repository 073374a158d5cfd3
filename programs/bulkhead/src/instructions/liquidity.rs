//! What liquidity providers do.

mod deposit;

pub use deposit::*;
