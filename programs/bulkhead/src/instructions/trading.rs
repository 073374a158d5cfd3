//! What traders do with their positions.

mod add_collateral;
mod cancel_order;
mod cancel_top_up;
mod close_position;
mod place_opening_order;
mod place_order;
mod remove_collateral;
mod set_delegate;
mod set_top_up;

pub use add_collateral::*;
pub use cancel_order::*;
pub use cancel_top_up::*;
pub use close_position::*;
pub use place_opening_order::*;
pub use place_order::*;
pub use remove_collateral::*;
pub use set_delegate::*;
pub use set_top_up::*;
