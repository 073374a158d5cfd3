//! Pauses. The guardian can hold back new risk, deposits and withdrawals for a day; never an exit.

use anchor_lang::prelude::*;

use crate::error::BulkheadError;
use crate::state::Protocol;

impl Protocol {
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
}
