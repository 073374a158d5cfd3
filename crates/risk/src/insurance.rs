//! What the insurance vault pays: the least pay of a keeper who closes what cannot pay for it, and losses that
//! no collateral was left for. Both within a share of the vault per event and per day.

use crate::error::Result;
use crate::ledger::Ledger;
use crate::outflow::OutflowLimit;
use crate::units::{Ppm, QuoteAtoms, UnixSeconds};

/// Of the vault, at most this for one event.
pub const EVENT_SHARE_PPM: Ppm = Ppm(100_000);
/// Of the vault, at most this in a day.
pub const DAILY: OutflowLimit = OutflowLimit { share: Ppm(250_000), period_secs: 86_400 };

/// What insurance pays for one event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "transfer exactly these amounts"]
pub struct InsurancePayout {
    /// To the keeper.
    pub to_keeper: QuoteAtoms,
    /// To the pool, for a loss beyond a position's collateral.
    pub to_pool: QuoteAtoms,
}

impl Ledger {
    /// Pays for one event what is asked, the keeper first, as far as the limits go.
    pub fn pay_from_insurance(
        &mut self,
        to_keeper: QuoteAtoms,
        to_pool: QuoteAtoms,
        now: UnixSeconds,
    ) -> Result<InsurancePayout> {
        if to_keeper.is_zero() && to_pool.is_zero() {
            return Ok(InsurancePayout::default());
        }
        let balance = self.insurance;
        let daily = self.insurance_outflow.left_floor(balance, DAILY, now)?;
        let most = balance.share_floor(EVENT_SHARE_PPM)?.min(daily);
        let to_keeper = to_keeper.min(most);
        let to_pool = to_pool.min(most.minus(to_keeper)?);
        let paid = to_keeper.plus(to_pool)?;
        self.insurance_outflow = self.insurance_outflow.taken(balance, paid, DAILY, now)?;
        self.insurance = balance.minus(paid)?;
        self.pool = self.pool.plus(to_pool)?;
        Ok(InsurancePayout { to_keeper, to_pool })
    }
}
