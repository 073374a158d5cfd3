//! What anyone may ask the chain.

mod view_pool;
mod view_position;
mod view_rates;

pub use view_pool::*;
pub use view_position::*;
pub use view_rates::*;
