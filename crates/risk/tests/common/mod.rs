//! Shared by the test rooms: a market in the middle of its life, positions in it, and their sums.
#![allow(dead_code, unused_imports, missing_docs, unreachable_pub)] // Each room uses its part.

pub mod life;
pub mod state;
pub mod strategies;

pub use bulkhead_risk::liquidation::{LiquidationReason, Readiness};
pub use bulkhead_risk::transition::*;
pub use bulkhead_risk::volatility::Volatility;
pub use bulkhead_risk::*;
pub use state::*;
pub use strategies::*;
