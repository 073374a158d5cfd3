//! What anyone may ask the chain.

mod view_position;

pub use view_position::*;
