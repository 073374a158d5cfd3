//! Accounts and slots from a Geyser stream (Yellowstone gRPC), in plain types.
//!
//! What a websocket does not tell comes here too: an account that is closed belongs to the system program from
//! then on and holds no lamports, and [`Wanted::closings`] asks for all such. Without the feature `client` there
//! is nothing in this crate.

#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod request;

#[cfg(feature = "client")]
pub use client::{Endpoint, StreamError, Subscription, Told};
#[cfg(feature = "client")]
pub use request::{Commitment, Wanted};
