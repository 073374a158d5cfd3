//! What anyone may ask the chain.

mod view_order;
mod view_position;

pub use view_order::*;
pub use view_position::*;
