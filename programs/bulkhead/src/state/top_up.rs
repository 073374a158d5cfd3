//! A top-up plan: what an owner lets anyone move out of a wallet into one position, and when.

use anchor_lang::prelude::*;

use crate::constants::{ACCOUNT_VERSION, TOP_UP_AUTHORITY_SEED};
use crate::error::BulkheadError;

/// A plan. Seeds: "top_up", position. It acts on no other position: ids, and so addresses, are never reused.
///
/// Tokens move by the approval that the owner gave to the top-up authority, a PDA of seeds
/// "top_up_authority", owner. It signs for all plans of the owner and holds no data.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct TopUpPlan {
    /// Layout version.
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// Bump of the top-up authority.
    pub authority_bump: u8,
    /// Alignment.
    pub _pad: u8,
    /// Equity below this multiple of the maintenance margin calls for a top-up.
    pub trigger_ppm: u32,
    /// Position that it tops up.
    pub position: Pubkey,
    /// Owner of position and source.
    pub owner: Pubkey,
    /// Who paid the rent, and gets it back.
    pub payer: Pubkey,
    /// Token account of the owner that the money comes out of.
    pub source: Pubkey,
    /// What may still move, keeper pay included.
    pub budget_atoms: u64,
    /// What one top-up moves, keeper pay included.
    pub amount_atoms: u64,
    /// Of the amount, to whoever executes it.
    pub keeper_pay_atoms: u64,
    /// When the last top-up was; zero if none was.
    pub last_at: i64,
    /// Least time between two top-ups.
    pub interval_secs: u32,
    /// Alignment.
    pub _pad_2: [u8; 4],
    /// For later versions.
    pub _reserved: [u8; 64],
}

const _: () = assert!(size_of::<TopUpPlan>() == 240);

impl TopUpPlan {
    /// An error for an account of another layout.
    pub fn require_version(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, BulkheadError::AccountVersionMismatch);
        Ok(())
    }
}

/// Signer seeds of an owner's top-up authority.
pub fn top_up_signer<'a>(owner: &'a Pubkey, bump: &'a [u8; 1]) -> [&'a [u8]; 3] {
    [TOP_UP_AUTHORITY_SEED, owner.as_ref(), bump]
}
