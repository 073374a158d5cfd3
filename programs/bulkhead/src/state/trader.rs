//! A trader's counters in a market. They only go up, so no address is ever used twice.

use anchor_lang::prelude::*;

/// Counters. Seeds: "trader", market, owner.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Trader {
    /// Layout version.
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// Alignment.
    pub _pad: [u8; 2],
    /// Id of the next position.
    pub next_position_id: u32,
    /// Id of the next withdrawal.
    pub next_withdrawal_id: u32,
    /// Alignment.
    pub _pad_2: [u8; 4],
    /// Market.
    pub market: Pubkey,
    /// Owner.
    pub owner: Pubkey,
    /// For later versions.
    pub _reserved: [u8; 32],
}

const _: () = assert!(size_of::<Trader>() == 112);
