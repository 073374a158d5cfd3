//! What anyone may ask the chain.

mod view_order;
mod view_pool;
mod view_position;
mod view_rates;

pub use view_order::*;
pub use view_pool::*;
pub use view_position::*;
pub use view_rates::*;
