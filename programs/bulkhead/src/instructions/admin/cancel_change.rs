//! Takes a queued change back: the admin at any time, anyone once it has expired.

use anchor_lang::prelude::*;

use crate::error::BulkheadError;
use crate::events::ChangeCancelled;
use crate::state::{ParamChange, Protocol};

/// Accounts of `cancel_change`.
#[derive(Accounts)]
pub struct CancelChange<'info> {
    /// Admin, or anyone after the expiry.
    pub canceller: Signer<'info>,
    /// The protocol: names the admin.
    pub protocol: AccountLoader<'info, Protocol>,
    /// The change.
    #[account(mut, close = payer)]
    pub change: AccountLoader<'info, ParamChange>,
    /// Who paid for the change; gets the rent back.
    /// CHECK: address.
    #[account(mut, address = change.load()?.payer @ BulkheadError::ChangePayerMismatch)]
    pub payer: UncheckedAccount<'info>,
}

impl CancelChange<'_> {
    fn validate(&self) -> Result<()> {
        // payer - checked in the #[account] attribute.
        let change = self.change.load()?;
        change.require_version()?;
        let is_admin = self.canceller.key() == self.protocol.load()?.admin;
        let has_expired = Clock::get()?.unix_timestamp >= change.expires_at;
        require!(is_admin || has_expired, BulkheadError::AdminRequired);
        Ok(())
    }
}

/// Handler of `cancel_change`.
#[access_control(ctx.accounts.validate())]
pub fn handle_cancel_change(ctx: Context<CancelChange>) -> Result<()> {
    emit!(ChangeCancelled {
        change: ctx.accounts.change.key(),
        nonce: ctx.accounts.change.load()?.nonce,
        by: ctx.accounts.canceller.key(),
    });
    Ok(())
}
