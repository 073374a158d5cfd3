//! The owner names somebody who may place and cancel orders and add collateral, or nobody.

use anchor_lang::prelude::*;

use crate::error::BulkheadError;
use crate::events::DelegateSet;
use crate::state::Position;

/// Accounts of `set_delegate`.
#[derive(Accounts)]
pub struct SetDelegate<'info> {
    /// Owner.
    #[account(address = position.load()?.owner @ BulkheadError::OwnerRequired)]
    pub owner: Signer<'info>,
    /// Position.
    #[account(mut)]
    pub position: AccountLoader<'info, Position>,
}

/// Handler of `set_delegate`. The default key stands for nobody.
pub fn handle_set_delegate(ctx: Context<SetDelegate>, delegate: Pubkey) -> Result<()> {
    let mut position = ctx.accounts.position.load_mut()?;
    position.require_version()?;
    position.delegate = delegate;
    emit!(DelegateSet { position: ctx.accounts.position.key(), delegate });
    Ok(())
}
