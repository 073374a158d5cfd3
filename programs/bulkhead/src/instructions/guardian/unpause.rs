//! Guardian or admin lift a pause before it lapses. The week until the next one runs on.

use anchor_lang::prelude::*;

use crate::error::BulkheadError;
use crate::events::PauseLifted;
use crate::state::{PauseKind, Protocol};

/// Accounts of `unpause`.
#[derive(Accounts)]
pub struct LiftPause<'info> {
    /// Guardian or admin.
    #[account(
        constraint = protocol.load()?.may_unpause(&authority.key()) @ BulkheadError::GuardianOrAdminRequired
    )]
    pub authority: Signer<'info>,
    /// The protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, Protocol>,
}

/// Handler of `unpause`.
pub fn handle_unpause(ctx: Context<LiftPause>, kind: PauseKind) -> Result<()> {
    let mut protocol = ctx.accounts.protocol.load_mut()?;
    let pause = protocol.pause_mut(kind);
    require!(Clock::get()?.unix_timestamp < pause.until, BulkheadError::NotPaused);
    pause.until = 0;
    emit!(PauseLifted { kind, by: ctx.accounts.authority.key() });
    Ok(())
}
