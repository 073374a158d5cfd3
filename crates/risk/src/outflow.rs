//! How much may leave a store: a share of it over a period, as a bucket that fills with what is taken and
//! drains evenly.

use crate::error::Result;
use crate::fixed;
use crate::units::{Ppm, QuoteAtoms, UnixSeconds};

/// A limit on what leaves a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutflowLimit {
    /// Share of the store, with what was taken lately, that may be out at a time.
    pub share: Ppm,
    /// In this time a full bucket drains.
    pub period_secs: u64,
}

/// What was taken lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outflow {
    /// What has not drained yet, as of `at`.
    pub taken: QuoteAtoms,
    /// When that was.
    pub at: UnixSeconds,
}

impl Outflow {
    /// Nothing known, nothing booked.
    pub const EMPTY: Self = Self { taken: QuoteAtoms::ZERO, at: UnixSeconds::ZERO };
}

impl Default for Outflow {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Outflow {
    /// What has not drained by `now`. It drains by the whole limit over the period, so that in any period at
    /// most twice the limit leaves: once from an empty bucket, once as it drains.
    fn standing(&self, balance: QuoteAtoms, limit: OutflowLimit, now: UnixSeconds) -> Result<QuoteAtoms> {
        let seconds = now.since(self.at)?.min(limit.period_secs);
        let most = balance.plus(self.taken)?.share_floor(limit.share)?;
        let drained = QuoteAtoms(fixed::mul_div_u64_floor(most.0, seconds, limit.period_secs)?);
        self.taken.minus(drained.min(self.taken))
    }

    /// What may still leave a store of `balance` at `now`, rounded down.
    pub fn left_floor(
        &self,
        balance: QuoteAtoms,
        limit: OutflowLimit,
        now: UnixSeconds,
    ) -> Result<QuoteAtoms> {
        let standing = self.standing(balance, limit, now)?;
        let most = balance.plus(standing)?.share_floor(limit.share)?;
        most.minus(standing.min(most))
    }

    /// Notes that `amount` leaves a store that held `balance`.
    pub fn taken(
        &self,
        balance: QuoteAtoms,
        amount: QuoteAtoms,
        limit: OutflowLimit,
        now: UnixSeconds,
    ) -> Result<Self> {
        let taken = self.standing(balance, limit, now)?.plus(amount)?;
        Ok(Self { taken, at: self.at.max(now) })
    }
}
