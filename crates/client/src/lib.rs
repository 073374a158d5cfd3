//! Everything that a program outside the chain needs to talk to Bulkhead: addresses, instructions, decoded
//! accounts, events and errors, and quotes.
//!
//! Keeper, command line, lab and tests stand on this crate. It sends nothing and reads nothing by itself:
//! bytes come in, instructions and values go out. Money is computed only in `bulkhead_risk`. With the
//! feature `rpc` comes a module that does send and read: over JSON-RPC, to a node of one's choice.
//!
//! Names carry their units: `_atoms` are the smallest units of the collateral (or, for sizes, of the base
//! asset), `_e12` prices are USD per whole base unit times 10^12, `_ppm` are parts per million, `_lamports`
//! and `_secs` what they say.

pub mod accounts;
pub mod error;
pub mod events;
pub mod ix;
mod keys;
mod logs;
pub mod pda;
mod price;
pub mod quote;
mod refusal;
#[cfg(feature = "rpc")]
pub mod rpc;

pub use bulkhead::ID;
pub use keys::MarketKeys;
pub use price::read_sample;
pub use refusal::{Refusal, Result};
