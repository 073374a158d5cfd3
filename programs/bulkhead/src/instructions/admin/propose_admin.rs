//! The admin names who may take over, or nobody.

use anchor_lang::prelude::*;

use crate::error::BulkheadError;
use crate::events::AdminProposed;
use crate::state::Protocol;

/// Accounts of `propose_admin`.
#[derive(Accounts)]
pub struct ProposeAdmin<'info> {
    /// Admin.
    #[account(address = protocol.load()?.admin @ BulkheadError::AdminRequired)]
    pub admin: Signer<'info>,
    /// The protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, Protocol>,
}

/// Handler of `propose_admin`. The default key withdraws the proposal.
pub fn handle_propose_admin(ctx: Context<ProposeAdmin>, new_admin: Pubkey) -> Result<()> {
    ctx.accounts.protocol.load_mut()?.pending_admin = new_admin;
    emit!(AdminProposed { admin: ctx.accounts.admin.key(), pending_admin: new_admin });
    Ok(())
}
