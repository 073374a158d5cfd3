//! The local chain as its users see it: JSON-RPC, websocket, prices, traders, a crash.

mod binary;
mod chain;
mod deploy;
mod hermes;
mod prices;
mod surge;
mod trading;
mod websocket;

use bulkhead_localnet::{Localnet, Options};

/// Test dollars, in atoms.
const USD: u64 = 1_000_000;
/// US dollars, as prices count.
const USD_E8: u64 = 100_000_000;

async fn started() -> Localnet {
    Localnet::start(Options::default()).await.unwrap()
}
