//! Set-up, fees, and changes behind the timelock.

mod accept_admin;
mod apply_change;
mod cancel_change;
mod collect_fees;
mod create_market;
mod initialize_protocol;
mod migrate_market;
mod propose_admin;
mod queue_change;

pub use accept_admin::*;
pub use apply_change::*;
pub use cancel_change::*;
pub use collect_fees::*;
pub use create_market::*;
pub use initialize_protocol::*;
pub use migrate_market::*;
pub use propose_admin::*;
pub use queue_change::*;
