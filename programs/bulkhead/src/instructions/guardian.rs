//! Pauses.

mod pause;
mod unpause;

pub use pause::*;
pub use unpause::*;
