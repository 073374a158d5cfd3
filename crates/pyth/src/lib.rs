//! Signed prices on their way into the accounts that markets read.
//!
//! A market pins an account of Pyth's push oracle. Anybody may write a newer price into it who brings what Pyth
//! has signed: a Wormhole message (VAA) with the root of a Merkle tree over all feeds' prices, and a feed's leaf
//! with its path. Hermes hands both out. On the way lie three programs of Pyth's, in two generations:
//!
//! 1. the Wormhole receiver: the message is written into an account and its signatures are verified, in as many
//!    transactions as its size takes ([`Posting`]);
//! 2. the push oracle, which asks 3. the receiver: the leaf is proved against the root, and the price stored, if
//!    it is newer ([`Programs::update_price_feed`]). An older one changes nothing and fails nothing.
//!
//! Interfaces are those of `target_chains/solana` in pyth-network/pyth-crosschain. This crate reads no chain and
//! sends nothing.

#[cfg(feature = "hermes")]
pub mod hermes;
mod posting;
mod programs;
mod update;

pub use posting::{Posting, VAA_START};
pub use programs::{Generation, Programs};
pub use pythnet_sdk::messages::PriceFeedMessage;
pub use update::{FeedId, Leaf, Update, UpdateError};
