//! Accounts: layout, sizes, and the checks that an account makes of itself. No arithmetic.
//!
//! All are zero-copy. `u128` never stands raw in them, its alignment differs between compilers: [`Wide`]
//! holds it as two halves. Every account has a `version` and `_reserved` bytes, and its size is asserted.

mod change;
pub mod legacy;
mod market;
mod order;
mod position;
mod protocol;
mod settlement;
mod top_up;
mod trader;
mod withdrawal;

pub use change::*;
pub use market::*;
pub use order::*;
pub use position::*;
pub use protocol::*;
pub use settlement::*;
pub use top_up::*;
pub use trader::*;
pub use withdrawal::*;

use anchor_lang::prelude::*;

/// A 128-bit number as two halves, little end first.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wide {
    /// Low 64 bits.
    pub low: u64,
    /// High 64 bits.
    pub high: u64,
}

impl From<u128> for Wide {
    fn from(value: u128) -> Self {
        let bytes = value.to_le_bytes();
        let mut low = [0_u8; 8];
        let mut high = [0_u8; 8];
        low.copy_from_slice(&bytes[..8]);
        high.copy_from_slice(&bytes[8..]);
        Self { low: u64::from_le_bytes(low), high: u64::from_le_bytes(high) }
    }
}

impl From<Wide> for u128 {
    fn from(value: Wide) -> Self {
        (u128::from(value.high) << 64) | u128::from(value.low)
    }
}
