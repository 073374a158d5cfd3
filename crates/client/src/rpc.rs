//! Talking to a node: reading accounts, and sending transactions until they have landed.
//!
//! A [`Node`] reads: every account kind of the program decoded, many at once, a market with its price and
//! the chain's clock in one answer. A [`Sender`] sends by a [`TxPolicy`]: it simulates, sets limits and
//! priority fee, signs, and repeats one signature until that has landed or its blockhash has expired, and
//! only then tries a fresh blockhash. A transaction therefore lands at most once, whatever the network does.
//!
//! Nothing is kept between calls but the connection, and a blockhash for as long as the policy says: both are cheap to clone and share between tasks.
//!
//! ```no_run
//! # async fn example(keeper: &solana_keypair::Keypair) -> Result<(), Box<dyn std::error::Error>> {
//! use bulkhead_client::rpc::{Node, Sender, TxPolicy, TxRequest};
//! use bulkhead_client::{MarketKeys, ix};
//! use solana_commitment_config::CommitmentConfig;
//! use solana_signer::Signer;
//!
//! let node = Node::new("http://127.0.0.1:8899", CommitmentConfig::confirmed());
//! let market = node.market(0).await?;
//! let sender = Sender::new(node, TxPolicy::default());
//! let update = ix::update_market(&MarketKeys::of(market.key, &market.account));
//! let landed = sender.send(&TxRequest::new(keeper.pubkey(), vec![update]), &[keeper]).await?;
//! println!("{} in slot {}", landed.signature, landed.slot);
//! # Ok(())
//! # }
//! ```

mod blockhashes;
mod budget;
mod failure;
mod landing;
mod node;
mod node_error;
mod policy;
mod program_accounts;
mod request;
mod sender;
mod signed;
mod simulation;
mod snapshot;
mod transactions;

pub use budget::Budget;
pub use failure::{Cause, SendError, TxFailure};
pub use node::{Keyed, Node};
pub use node_error::NodeError;
pub use policy::{ComputeLimit, LoadedBytes, PriorityFee, RetryPolicy, TxPolicy};
pub use program_accounts::PositionFilter;
pub use request::TxRequest;
pub use sender::{Landed, Sender};
pub use signed::{Signed, Watched};
pub use simulation::Simulation;
pub use snapshot::{ChainClock, Snapshot};
pub use solana_account::Account as ChainAccount;
pub use transactions::PastTransaction;

/// Bytes in base64, as nodes write them; none if they are not.
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}
