//! What anyone may ask the chain.

mod view_pool;
mod view_position;

pub use view_pool::*;
pub use view_position::*;
