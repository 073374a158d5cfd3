//! The guardian holds back new risk, deposits or withdrawals for a day. No exit looks at it.

use anchor_lang::prelude::*;

use crate::constants::{PAUSE_AGAIN_SECS, PAUSE_SECS};
use crate::error::BulkheadError;
use crate::events::PauseSet;
use crate::state::{Pause, PauseKind, Protocol};

/// Accounts of `pause`.
#[derive(Accounts)]
pub struct SetPause<'info> {
    /// Guardian.
    #[account(address = protocol.load()?.guardian @ BulkheadError::GuardianRequired)]
    pub guardian: Signer<'info>,
    /// The protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, Protocol>,
}

/// Handler of `pause`.
pub fn handle_pause(ctx: Context<SetPause>, kind: PauseKind) -> Result<()> {
    let overflow = || error!(BulkheadError::Overflow);
    let now = Clock::get()?.unix_timestamp;
    let mut protocol = ctx.accounts.protocol.load_mut()?;
    let pause = protocol.pause_mut(kind);
    require!(now >= pause.again_from, BulkheadError::PauseTooSoon);
    let until = now.checked_add(PAUSE_SECS).ok_or_else(overflow)?;
    let again_from = now.checked_add(PAUSE_AGAIN_SECS).ok_or_else(overflow)?;
    *pause = Pause { until, again_from };
    emit!(PauseSet { kind, until, again_from });
    Ok(())
}
