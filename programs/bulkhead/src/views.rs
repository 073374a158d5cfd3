//! The only place that converts between accounts, events and the types of the risk crate.

mod amounts;
mod market;
mod migrate;
mod order;
mod position;
mod settlement;
mod top_up;

pub use amounts::{closed_amounts, to_event_atoms};
pub use market::MarketParams;
