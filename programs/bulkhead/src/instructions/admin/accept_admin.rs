//! The proposed admin takes over. What is queued stays queued; the new admin may cancel it.

use anchor_lang::prelude::*;

use crate::error::BulkheadError;
use crate::events::AdminAccepted;
use crate::state::Protocol;

/// Accounts of `accept_admin`.
#[derive(Accounts)]
pub struct AcceptAdmin<'info> {
    /// The proposed admin. The default key is nobody.
    #[account(
        address = protocol.load()?.pending_admin @ BulkheadError::PendingAdminRequired,
        constraint = pending_admin.key() != Pubkey::default() @ BulkheadError::PendingAdminRequired
    )]
    pub pending_admin: Signer<'info>,
    /// The protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, Protocol>,
}

/// Handler of `accept_admin`.
pub fn handle_accept_admin(ctx: Context<AcceptAdmin>) -> Result<()> {
    let admin = ctx.accounts.pending_admin.key();
    let mut protocol = ctx.accounts.protocol.load_mut()?;
    let before = core::mem::replace(&mut protocol.admin, admin);
    protocol.pending_admin = Pubkey::default();
    emit!(AdminAccepted { before, admin });
    Ok(())
}
