//! What a settled market had put aside for keeping it, back to those whose pool it served.

use crate::error::{Result, RiskError};
use crate::ledger::Ledger;
use crate::market::{Market, MarketStatus};
use crate::units::QuoteAtoms;

/// What releasing the funds of a settled market did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "store and transfer exactly these"]
pub struct ReleaseReport {
    /// From the insurance vault to the pool vault.
    pub insurance: QuoteAtoms,
    /// From the crank budget to the pool; both lie in the pool vault.
    pub crank_budget: QuoteAtoms,
    /// Ledger afterwards.
    pub ledger: Ledger,
}

/// Makes insurance and crank budget the pool's once a settled market has no open position: nobody is left to
/// liquidate or to pay a keeper for, and the pool has borne what the last positions could not pay.
pub fn release_funds(market: &Market) -> Result<ReleaseReport> {
    if market.status != MarketStatus::Settled {
        return Err(RiskError::MarketNotSettled);
    }
    let mut ledger = market.ledger;
    if ledger.long.positions != 0 || ledger.short.positions != 0 {
        return Err(RiskError::PositionsRemain);
    }
    let insurance = core::mem::take(&mut ledger.insurance);
    let crank_budget = core::mem::take(&mut ledger.crank_budget);
    let released = insurance.plus(crank_budget)?;
    if released.is_zero() {
        return Err(RiskError::AmountZero);
    }
    ledger.pool = ledger.pool.plus(released)?;
    Ok(ReleaseReport { insurance, crank_budget, ledger })
}
