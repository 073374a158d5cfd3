//! Layouts of versions before, frozen: they are read once, by the instruction that rewrites them.
//!
//! A copy here stands on its own. It borrows no type of the present layouts, so that no later edit of those
//! can change how old bytes are read.

mod market_v1;

pub use market_v1::*;
