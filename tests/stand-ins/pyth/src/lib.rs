//! Stands in for Pyth's programs, which are in no package registry: the Wormhole receiver, the price receiver
//! and the push oracle, of both generations. One program at six addresses; an instruction's name says whose it is.
//!
//! Accounts, arguments and stored bytes are those of the interfaces that pyth-network/pyth-crosschain publishes,
//! and what those programs refuse is refused here: signatures short of a quorum or by somebody else, an expired
//! set of signers, a message of another source, a leaf that is not under the root, a wrong address or authority.
//! The Merkle path is checked by code of its own, so that it also checks the client's.

mod accounts;
mod push;
mod receiver;
mod wire;
mod wormhole;

pub use accounts::{Config, GuardianSet};

use anchor_lang::prelude::*;
use anchor_lang::solana_program::entrypoint::ProgramResult;
use anchor_lang::solana_program::program_error::ProgramError;

/// Why something is refused, as a custom program error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Refusal {
    /// Accounts missing, or one not signed or written as it should.
    Accounts = 1,
    /// Arguments that end too early.
    Arguments,
    /// An account of another program, of another kind, or at another address.
    WrongAccount,
    /// The account of a message is not empty, or too small.
    NotEmpty,
    /// Its status is another: written before, or not verified yet.
    Status,
    /// Somebody else's.
    Authority,
    /// The message cannot be read.
    Vaa,
    /// Signed by another set than the account's.
    GuardianSet,
    /// That set is not valid any more.
    Expired,
    /// Too few signatures.
    Quorum,
    /// A signature by somebody else, or in another order.
    Signature,
    /// Of another emitter than Pyth.
    Source,
    /// The leaf is not under the root.
    Proof,
    /// The leaf is of another feed.
    Feed,
}

impl From<Refusal> for ProgramError {
    fn from(refusal: Refusal) -> Self {
        Self::Custom(refusal as u32)
    }
}

/// First bytes of an instruction or account, as Anchor derives them.
fn discriminator(space: &str, name: &str) -> [u8; 8] {
    let hash = solana_sha256_hasher::hashv(&[space.as_bytes(), b":", name.as_bytes()]).to_bytes();
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    first
}

type Handler = fn(&Pubkey, &[AccountInfo], &mut wire::Reader) -> ProgramResult;

const INSTRUCTIONS: [(&str, Handler); 6] = [
    ("init_encoded_vaa", wormhole::init),
    ("write_encoded_vaa", wormhole::write),
    ("verify_encoded_vaa_v1", wormhole::verify),
    ("close_encoded_vaa", wormhole::close),
    ("post_update", receiver::post_update),
    ("update_price_feed", push::update_price_feed),
];

/// Runs one instruction.
pub fn process(program: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let (head, rest) = data.split_at_checked(8).ok_or(Refusal::Arguments)?;
    let named = INSTRUCTIONS.iter().find(|(name, _)| discriminator("global", name) == head);
    let (_, handler) = named.ok_or(ProgramError::InvalidInstructionData)?;
    handler(program, accounts, &mut wire::Reader::new(rest))
}

#[cfg(target_os = "solana")]
anchor_lang::solana_program::entrypoint!(process);
