//! A queued change: what it will set, and between which times.

use anchor_lang::prelude::*;

use super::{OracleConfig, ParamsData};
use crate::constants::ACCOUNT_VERSION;
use crate::error::BulkheadError;

/// [`ParamChange::kind`]: a market's parameters.
pub const CHANGE_MARKET_PARAMS: u8 = 0;
/// A market's receiver generation and price account.
pub const CHANGE_ORACLE: u8 = 1;
/// Whether a market takes new risk.
pub const CHANGE_STATUS: u8 = 2;
/// Guardian, fee receiver and timelock.
pub const CHANGE_SETTINGS: u8 = 3;
/// Where a market reads the price of its collateral, if anywhere.
pub const CHANGE_COLLATERAL_ORACLE: u8 = 4;

/// [`ParamChange::status`] of a wind-down; the others are those of `Market::status`.
pub const STATUS_WIND_DOWN: u8 = 3;

/// A change that waits out the timelock. Seeds: "change", protocol, nonce.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct ParamChange {
    /// Layout version.
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// 0 market parameters, 1 oracle, 2 market status, 3 protocol settings, 4 collateral oracle. The others'
    /// fields are zero.
    pub kind: u8,
    /// Status to set: 0 active, 1 reduce-only, 3 reduce-only and wound down.
    pub status: u8,
    /// Timelock to set.
    pub timelock_secs: u32,
    /// Number of the change.
    pub nonce: u64,
    /// From this time on anyone may apply it.
    pub applies_from: i64,
    /// From this time on it can only be cancelled, by anyone.
    pub expires_at: i64,
    /// Who paid the rent, and gets it back.
    pub payer: Pubkey,
    /// Market; all zeros for protocol settings.
    pub market: Pubkey,
    /// Oracle to set.
    pub oracle: OracleConfig,
    /// Parameters to set.
    pub params: ParamsData,
    /// Guardian to set.
    pub guardian: Pubkey,
    /// Fee receiver to set.
    pub fee_receiver: Pubkey,
    /// For later versions.
    pub _reserved: [u8; 64],
}

const _: () = assert!(size_of::<ParamChange>() == 552);

impl ParamChange {
    /// An error for an account of another layout.
    pub fn require_version(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, BulkheadError::AccountVersionMismatch);
        Ok(())
    }
}
