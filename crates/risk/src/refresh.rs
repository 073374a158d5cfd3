//! How an open position's requirement follows the market's: down at once, up only as far as the position
//! has already shown that it can meet. INV-09: a refresh never makes a position liquidatable at its own
//! sample. Proof: docs/math.md, "Refresh".

use crate::error::{Result, RiskError};
use crate::fixed;
use crate::market::Market;
use crate::oracle::Sample;
use crate::position::{Position, PositionStatus};
use crate::units::{PPM, Ppm, UnixSeconds};
use crate::volatility::{RISE_PPM_PER_HOUR, step};

/// A requirement rises only to where the worst health lived through is this multiple of it: 1.1.
pub const HEADROOM_PPM: u64 = 1_100_000;
/// It rises at most once in this time, so that refreshing every second cannot round its rise away.
pub const RISE_INTERVAL_SECS: u64 = 60;

impl Position {
    /// The downward branch: a fallen m_ramp and a shrunken open interest lower the requirement at once.
    pub fn lowered(&self, market: &Market) -> Result<Self> {
        let mut next = *self;
        next.lower(market)?;
        Ok(next)
    }

    /// The same in place; after an error it is of no use.
    pub fn lower(&mut self, market: &Market) -> Result<()> {
        if self.status == PositionStatus::Open {
            self.margin_ppm = self.margin_ppm.min(market.volatility.ramp_ppm_ceil()?);
            self.addon_ppm = self.addon_ppm.min(market.addon_ppm(self.side)?);
        }
        Ok(())
    }

    /// Both branches. `self` is accrued, `market` has observed `sample`.
    ///
    /// If m_ramp <= mm_pos: mm_pos = m_ramp. Else
    /// mm_pos = max(mm_pos, min(m_ramp, q_worst / 1.1 - addon_pos - liq_fee_pos)), rising at most 25 % an
    /// hour. q_worst is the health at the worst index of the last 72 hours or since open, and now.
    pub fn refreshed(&self, market: &Market, sample: &Sample, now: UnixSeconds) -> Result<Self> {
        let mut next = *self;
        next.refresh(market, sample, now)?;
        Ok(next)
    }

    /// The same in place; after an error it is of no use.
    pub fn refresh(&mut self, market: &Market, sample: &Sample, now: UnixSeconds) -> Result<()> {
        self.lower(market)?;
        let ramp = market.volatility.ramp_ppm_ceil()?;
        if self.status != PositionStatus::Open {
            return Ok(());
        }
        if ramp <= self.margin_ppm {
            self.margin_refreshed_at = now;
            return Ok(());
        }
        let seconds = now.since(self.margin_refreshed_at)?;
        if seconds < RISE_INTERVAL_SECS {
            return Ok(());
        }
        let shown = self.shown_margin_ppm(market, sample)?;
        let reach = step(u64::from(self.margin_ppm.0), RISE_PPM_PER_HOUR, seconds)?
            .checked_add(u64::from(self.margin_ppm.0))
            .ok_or(RiskError::Overflow)?;
        let reach = u32::try_from(reach).map(Ppm).map_err(|_| RiskError::Overflow)?;
        self.margin_ppm = self.margin_ppm.max(ramp.min(shown).min(reach));
        self.margin_refreshed_at = now;
        Ok(())
    }

    /// What an owner's own act does before it: both branches, up at once and not at 25 % an hour.
    ///
    /// The speed limit protects a position from others. Its owner, who wants to grow it or take collateral
    /// out, is not helped by it: the position would stay reduce-only while the market's margin rises. What
    /// the position has shown bounds the rise here too.
    pub fn lifted(&self, market: &Market, sample: &Sample, now: UnixSeconds) -> Result<Self> {
        let mut next = *self;
        next.lift(market, sample, now)?;
        Ok(next)
    }

    /// The same in place; after an error it is of no use.
    pub fn lift(&mut self, market: &Market, sample: &Sample, now: UnixSeconds) -> Result<()> {
        self.lower(market)?;
        if self.status == PositionStatus::Open {
            let ramp = market.volatility.ramp_ppm_ceil()?;
            if ramp > self.margin_ppm {
                self.margin_ppm = self.margin_ppm.max(ramp.min(self.shown_margin_ppm(market, sample)?));
            }
            self.margin_refreshed_at = now;
        }
        Ok(())
    }

    /// `self`, as stored, with requirement, sighting and call of `projected` and nothing else.
    ///
    /// For instructions that look at a market without writing it: what they accrued belongs to a projection
    /// of the indexes that the next writer of the market need not reach, and must not be stored.
    pub fn with_requirement_of(&self, projected: &Self) -> Self {
        Self {
            margin_ppm: projected.margin_ppm,
            addon_ppm: projected.addon_ppm,
            margin_refreshed_at: projected.margin_refreshed_at,
            below_since: projected.below_since,
            margin_called: projected.margin_called,
            ..*self
        }
    }

    /// q_worst / 1.1 - addon_pos - liq_fee_pos, not below zero, rounded down.
    fn shown_margin_ppm(&self, market: &Market, sample: &Sample) -> Result<Ppm> {
        let worst = market.extremes.worst_since(self.side, self.opened_at, sample.price)?;
        let q_now = self.value(&market.params, sample.price)?.health_ppm_floor()?;
        // Beyond its payout cap a winner's ratio falls too: the worse of the two counts.
        let q_worst = match worst == sample.price {
            true => q_now,
            false => self.value(&market.params, worst)?.health_ppm_floor()?.min(q_now),
        };
        let Ok(q_worst) = u64::try_from(q_worst) else { return Ok(Ppm::ZERO) };
        let headroom = fixed::mul_div_u64_floor(q_worst, PPM, HEADROOM_PPM)?;
        let other_parts = self.addon_ppm.plus(self.liquidation_fee_ppm)?;
        let shown = fixed::above(headroom, u64::from(other_parts.0))?;
        Ok(Ppm(u32::try_from(shown).unwrap_or(u32::MAX)))
    }

    /// Whether it may only shrink: its stored margin has not caught up with the market's.
    pub fn is_reduce_only(&self, market: &Market) -> Result<bool> {
        Ok(self.status == PositionStatus::Open && self.margin_ppm < market.volatility.ramp_ppm_ceil()?)
    }
}
