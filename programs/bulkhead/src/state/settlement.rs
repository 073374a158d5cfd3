//! The prices of a market's wind-down, one a minute.

use core::cell::RefMut;

use anchor_lang::Discriminator;
use anchor_lang::prelude::*;
use bulkhead_risk::settlement::MINUTES_MAX;

use crate::constants::ACCOUNT_VERSION;
use crate::error::BulkheadError;

/// Prices of a wind-down. Seeds: "settlement", market. It goes when the market is settled.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Layout version.
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// Prices that are kept.
    pub count: u8,
    /// Alignment.
    pub _pad: [u8; 5],
    /// Market.
    pub market: Pubkey,
    /// Who paid the rent, and gets it back.
    pub payer: Pubkey,
    /// Publish time of the last price; zero before the first.
    pub recorded_at: i64,
    /// First accepted price of each minute, in the order of time; zeros behind the last.
    pub prices_e12: [u64; MINUTES_MAX],
    /// For later versions.
    pub _reserved: [u8; 64],
}

const _: () = assert!(size_of::<Settlement>() == 624);

impl Settlement {
    /// The prices in `account`, or none where nobody has recorded any: then the address holds nothing.
    pub fn find<'a>(account: &'a AccountInfo) -> Result<Option<RefMut<'a, Self>>> {
        if *account.owner != crate::ID || account.data_is_empty() {
            return Ok(None);
        }
        let data = account.try_borrow_mut_data()?;
        let is_settlement = data.get(..8) == Some(Self::DISCRIMINATOR) && data.len() == 8 + size_of::<Self>();
        require!(is_settlement, BulkheadError::SettlementMismatch);
        Ok(Some(RefMut::map(data, |bytes| bytemuck::from_bytes_mut(&mut bytes[8..]))))
    }

    /// An error for an account of another layout.
    pub fn require_version(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, BulkheadError::AccountVersionMismatch);
        Ok(())
    }
}
