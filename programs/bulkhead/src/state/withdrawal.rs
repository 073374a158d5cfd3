//! A withdrawal: pool shares in escrow, waiting for their hour.

use anchor_lang::prelude::*;
use bulkhead_risk::pool::withdraw;
use bulkhead_risk::{Shares, UnixSeconds};

use crate::constants::{ACCOUNT_VERSION, WITHDRAWAL_SEED};
use crate::error::BulkheadError;

/// A withdrawal. Seeds: "withdrawal", market, owner, id. Its escrow: "withdrawal_vault", withdrawal. Its
/// lamports above rent are what is left of the tip.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// Layout version.
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// Bump of the escrow.
    pub vault_bump: u8,
    /// Alignment.
    pub _pad: u8,
    /// Id within owner and market.
    pub id: u32,
    /// Market.
    pub market: Pubkey,
    /// Owner: the shares go back to an account of theirs if it is cancelled.
    pub owner: Pubkey,
    /// Who paid rent and tip, and gets back what is left.
    pub payer: Pubkey,
    /// Escrow of the shares.
    pub vault: Pubkey,
    /// Token account that the collateral goes to.
    pub destination: Pubkey,
    /// Shares requested.
    pub shares_requested: u64,
    /// Of these, the ones that are not paid yet.
    pub shares: u64,
    /// Collateral paid so far.
    pub paid_atoms: u64,
    /// What is left of the tip.
    pub tip_lamports: u64,
    /// When it was requested.
    pub requested_at: i64,
    /// From then on it can be executed.
    pub executable_from: i64,
    /// From then on it can only be cancelled.
    pub lapses_at: i64,
    /// When it was first executed and not paid in full; zero if never.
    pub short_since: i64,
    /// For later versions.
    pub _reserved: [u8; 64],
}

const _: () = assert!(size_of::<Withdrawal>() == 296);

impl Withdrawal {
    /// An error for an account of another layout.
    pub fn require_version(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, BulkheadError::AccountVersionMismatch);
        Ok(())
    }

    /// As the risk crate sees it.
    pub fn view(&self) -> Result<withdraw::Withdrawal> {
        self.require_version()?;
        Ok(withdraw::Withdrawal {
            shares: Shares(self.shares),
            tip_lamports: self.tip_lamports,
            executable_from: UnixSeconds(self.executable_from),
            lapses_at: UnixSeconds(self.lapses_at),
            short_since: UnixSeconds(self.short_since),
        })
    }

    /// Takes over what a report says.
    pub fn store(&mut self, view: &withdraw::Withdrawal) {
        self.shares = view.shares.get();
        self.tip_lamports = view.tip_lamports;
        self.executable_from = view.executable_from.get();
        self.lapses_at = view.lapses_at.get();
        self.short_since = view.short_since.get();
    }

    /// What signing for it needs, copied out of the account.
    pub fn signer_keys(&self) -> WithdrawalKeys {
        WithdrawalKeys {
            market: self.market,
            owner: self.owner,
            id: self.id.to_le_bytes(),
            bump: [self.bump],
        }
    }
}

/// What signing for a withdrawal needs: its account cannot stay borrowed while the token program runs.
#[derive(Clone, Copy, Debug)]
pub struct WithdrawalKeys {
    market: Pubkey,
    owner: Pubkey,
    id: [u8; 4],
    bump: [u8; 1],
}

impl WithdrawalKeys {
    /// Signer seeds, for moving shares out of the escrow.
    pub fn seeds(&self) -> [&[u8]; 5] {
        [WITHDRAWAL_SEED, self.market.as_ref(), self.owner.as_ref(), &self.id, &self.bump]
    }
}
