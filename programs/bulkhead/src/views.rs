//! The only place that converts between accounts, events and the types of the risk crate.

mod amounts;
mod market;
mod order;
mod position;

pub use amounts::{closed_amounts, to_event_atoms};
pub use market::MarketParams;
