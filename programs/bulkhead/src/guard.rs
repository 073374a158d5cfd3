//! Pauses, and what a change may set. The guardian can hold back new risk, deposits and withdrawals for a day; never an exit.

use anchor_lang::prelude::*;

use crate::constants::{TIMELOCK_SECS_MAX, TIMELOCK_SECS_MIN_MAINNET};
use crate::error::{BulkheadError, IntoProgram};
use crate::state::*;

/// An error for a timelock outside of the program's bounds.
pub(crate) fn require_timelock(timelock_secs: u32, is_mainnet: bool) -> Result<()> {
    let floor = if is_mainnet { TIMELOCK_SECS_MIN_MAINNET } else { 0 };
    let fits = (floor..=TIMELOCK_SECS_MAX).contains(&timelock_secs);
    require!(fits, BulkheadError::TimelockOutOfBounds);
    Ok(())
}

/// An error for a change that the market must not be given: asked when it is queued, and when it is applied.
pub(crate) fn require_applicable_to_market(change: &ParamChange, market: &Market) -> Result<()> {
    market.require_version()?;
    match change.kind {
        CHANGE_MARKET_PARAMS => {
            let (new, old) = (change.params.view(), market.params.view());
            new.validate().or_refuse()?;
            let same = new.base_decimals == old.base_decimals && new.quote_decimals == old.quote_decimals;
            require!(same, BulkheadError::DecimalsImmutable);
        }
        CHANGE_ORACLE => {
            let (new, old) = (change.oracle, market.oracle);
            let same = new.kind == old.kind && new.feed_id == old.feed_id;
            require!(same, BulkheadError::FeedImmutable);
        }
        CHANGE_STATUS => {
            market.require_unsettled()?;
            // CANNOT be undone, nor begun anew: who has read of it relies on it.
            require!(market.wind_down_from == 0, BulkheadError::WindDownBegun);
        }
        CHANGE_COLLATERAL_ORACLE => (),
        _ => return err!(BulkheadError::CorruptAccount),
    }
    Ok(())
}

impl Protocol {
    /// Whether `key` may lift a pause.
    pub(crate) fn may_unpause(&self, key: &Pubkey) -> bool {
        *key == self.guardian || *key == self.admin
    }

    /// An error while opening and increasing are paused.
    pub(crate) fn require_new_risk(&self, now: i64) -> Result<()> {
        require!(now >= self.pause_new_risk.until, BulkheadError::NewRiskPaused);
        Ok(())
    }

    /// An error while deposits are paused.
    pub(crate) fn require_deposits(&self, now: i64) -> Result<()> {
        require!(now >= self.pause_deposits.until, BulkheadError::DepositsPaused);
        Ok(())
    }

    /// An error while withdrawals are paused.
    pub(crate) fn require_withdrawals(&self, now: i64) -> Result<()> {
        require!(now >= self.pause_withdrawals.until, BulkheadError::WithdrawalsPaused);
        Ok(())
    }
}
