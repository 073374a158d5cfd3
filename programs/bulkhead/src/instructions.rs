//! One instruction, one file: arguments, accounts, checks, handler.

pub mod admin;
pub mod guardian;
pub mod keeping;
pub mod liquidity;
pub mod trading;
pub mod view;

pub use admin::*;
pub use guardian::*;
pub use keeping::*;
pub use liquidity::*;
pub use trading::*;
pub use view::*;
