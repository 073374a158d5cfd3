//! A market: parameters, what it has learnt from its oracle, and what it has booked.

use crate::error::{Result, RiskError};
use crate::extremes::Extremes;
use crate::ledger::Ledger;
use crate::oracle::{CONFIDENCE_WIDE_PPM_MAX, OracleState, Purpose, Sample};
use crate::params::Params;
use crate::pool::withdraw::SHORT_PATIENCE_SECS;
use crate::units::{PriceE12, QuoteAtoms, UnixSeconds};
use crate::volatility::{STALE_SECS, Volatility};

/// Life of a market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MarketStatus {
    /// Everything is possible.
    #[default]
    Active,
    /// Positions can only shrink.
    ReduceOnly,
    /// Every position settles at the final price.
    Settled,
}

/// A market as the arithmetic sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
    /// Life.
    pub status: MarketStatus,
    /// Parameters.
    pub params: Params,
    /// Oracle memory.
    pub oracle: OracleState,
    /// Volatility and margin.
    pub volatility: Volatility,
    /// Lows and highs of 72 hours.
    pub extremes: Extremes,
    /// Booked amounts.
    pub ledger: Ledger,
    /// From when the prices of an admin's wind-down count; zero without one.
    pub wind_down_from: UnixSeconds,
    /// Price at which everything settles; zero until the market is settled.
    pub settlement_price: PriceE12,
}

impl Market {
    /// Nothing known, nothing booked. A constant, since it is what the program reads an account's fields into: copied
    /// whole it costs 20 units, where zeros written part by part cost 258.
    pub const EMPTY: Self = Self {
        status: MarketStatus::Active,
        params: Params::EMPTY,
        oracle: OracleState::EMPTY,
        volatility: Volatility::EMPTY,
        extremes: Extremes::EMPTY,
        ledger: Ledger::EMPTY,
        wind_down_from: UnixSeconds::ZERO,
        settlement_price: PriceE12::ZERO,
    };
}

impl Default for Market {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// What a sample did to a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "says whether the sample counted, and whether it opened a bucket"]
pub struct Observed {
    /// It moved index and mark. Samples with wide confidence do not, though they may serve exits.
    pub counted: bool,
    /// It was the first of its bucket and moved the volatility.
    pub opened_bucket: bool,
    /// Seconds since the bucket sample before it; zero for the first.
    pub gap_secs: u64,
}

impl Market {
    /// Accrues to `now` at the old index, then takes `sample` in if it may serve `purpose`.
    ///
    /// Every instruction that reads the oracle calls this first. Those that do not write the market call
    /// it on a copy: the projection of what the next market update would store. A settled market follows no
    /// price any more.
    pub fn observe(&mut self, sample: &Sample, purpose: Purpose, now: UnixSeconds) -> Result<Observed> {
        self.require_unsettled()?;
        let confidence_max = match purpose {
            // An update must be able to record that confidence has become wide.
            Purpose::Update => CONFIDENCE_WIDE_PPM_MAX,
            _ => self.params.confidence_max_ppm,
        };
        let confidence = self.oracle.admit(sample, purpose, confidence_max, now)?;
        self.accrue(now)?;
        let counted = confidence <= self.params.confidence_max_ppm;
        let opened_bucket = counted && self.volatility.opens_bucket(sample.publish_time);
        let gap_secs = match self.volatility.first_sampled_at.is_zero() {
            true => 0,
            false => sample.publish_time.since(self.volatility.sampled_at)?,
        };
        let margin_min = self.params.margin_min_ppm;
        self.oracle.note_confidence(confidence, sample.publish_time, margin_min, opened_bucket)?;
        if !counted {
            return Ok(Observed { counted, opened_bucket, gap_secs });
        }
        if opened_bucket {
            self.volatility.take(sample, &self.params)?;
        }
        self.oracle.mark = self.oracle.mark_after(sample)?;
        self.oracle.index = sample.price;
        self.oracle.published_at = sample.publish_time;
        self.extremes.note(sample.price, sample.publish_time)?;
        Ok(Observed { counted, opened_bucket, gap_secs })
    }

    /// Like [`Market::observe`], for new risk: refuses while no bucket was accepted for five minutes. One
    /// `update_market` before it, even in the same transaction, makes the market fresh again.
    pub fn observe_for_risk(&mut self, sample: &Sample, now: UnixSeconds) -> Result<Observed> {
        self.require_unsettled()?;
        if self.volatility.first_sampled_at.is_zero() {
            return Err(RiskError::MarketUnsampled);
        }
        if sample.publish_time.since(self.volatility.sampled_at)? > STALE_SECS {
            return Err(RiskError::MarketStale);
        }
        self.observe(sample, Purpose::Risk, now)
    }

    /// The fee of whoever brought a sample: for the first of its bucket, out of the crank budget.
    pub fn take_crank_fee(&mut self, observed: &Observed) -> Result<QuoteAtoms> {
        match observed.opened_bucket {
            true => self.ledger.pay_from_crank_budget(self.params.crank_fee_quote_atoms),
            false => Ok(QuoteAtoms::ZERO),
        }
    }

    /// Advances the indexes to `now`; those of a settled market stand for good.
    pub fn accrue(&mut self, now: UnixSeconds) -> Result<()> {
        match self.status {
            MarketStatus::Settled => Ok(()),
            MarketStatus::Active | MarketStatus::ReduceOnly => {
                self.ledger.accrue(&self.params, self.oracle.index, now)
            }
        }
    }

    /// An error for a settled market.
    pub fn require_unsettled(&self) -> Result<()> {
        if self.status == MarketStatus::Settled { Err(RiskError::MarketSettled) } else { Ok(()) }
    }

    /// An error unless new risk may be taken.
    pub fn require_active(&self) -> Result<()> {
        if self.status == MarketStatus::Active { Ok(()) } else { Err(RiskError::MarketNotActive) }
    }

    /// An error while matured withdrawals have waited for liquidity for more than a day: what is free is
    /// theirs before it is set aside for new positions.
    pub fn require_withdrawals_served(&self, now: UnixSeconds) -> Result<()> {
        let since = self.ledger.withdrawals_short_since;
        let overdue = !since.is_zero() && now.since(since)? > SHORT_PATIENCE_SECS;
        if overdue { Err(RiskError::WithdrawalsWaiting) } else { Ok(()) }
    }
}
