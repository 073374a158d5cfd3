//! Why a position may be liquidated, whether it may be now, and how much of it.
//!
//! `None` is the healthy answer; there is no boolean twin of it. Quote and act share this code: keeper,
//! page and program call [`assess`] and [`crate::transition::liquidate`].

use crate::error::{Result, RiskError};
use crate::fixed;
use crate::ledger::Side;
use crate::market::Market;
use crate::oracle::Sample;
use crate::position::{Position, PositionStatus, Valuation};
use crate::units::{BaseAtoms, PPM, Ppm, PriceE12, QuoteAtoms, UnixSeconds};

/// Two samples at least so far apart must show a position below maintenance.
pub const CONFIRM_SECS: u64 = 2;
/// A first sighting older than this counts no longer: what lies between was not looked at.
pub const FLAG_LAPSES_SECS: u64 = 60;
/// Target of a partial liquidation over the maintenance margin: 1.25.
pub const TARGET_PPM: u64 = 1_250_000;
/// A partial liquidation that would close more than this closes everything.
pub const PARTIAL_SIZE_PPM_MAX: Ppm = Ppm(750_000);

/// Why a position may be liquidated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiquidationReason {
    /// Its payout cap is reached: it cannot gain more. Settled without a liquidation fee.
    PayoutCapped,
    /// Equity is zero or below.
    Insolvent,
    /// Equity is below the maintenance margin.
    BelowMaintenance,
}

/// Whether it may be liquidated at this sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Nothing to do; an older sighting is void.
    Healthy,
    /// Below maintenance for the first time, or the last sighting has lapsed: this sample is the first.
    FirstSighting,
    /// Below maintenance, but the first sighting is less than two seconds old.
    Unconfirmed,
    /// Below maintenance, but confidence is wide for less than ten minutes.
    HeldBack,
    /// Liquidate now.
    Ready(LiquidationReason),
}

/// A position's standing at a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// Price at which it was valued and at which a liquidation fills.
    pub price: PriceE12,
    /// Its value there.
    pub valuation: Valuation,
    /// Maintenance margin there.
    pub maintenance_margin: QuoteAtoms,
    /// Whether it may be liquidated.
    pub readiness: Readiness,
}

/// Price for health and liquidation: the index; while wide confidence has lasted, the edge that favours
/// the position.
pub fn liquidation_price_of(
    market: &Market,
    side: Side,
    sample: &Sample,
    now: UnixSeconds,
) -> Result<PriceE12> {
    if market.oracle.is_wide_matured(now)? { sample.opening_edge(side) } else { Ok(sample.price) }
}

/// Why `position`, accrued and lowered, may be liquidated at `valuation`; `None` if it is healthy.
pub fn reason(
    position: &Position,
    valuation: &Valuation,
    maintenance_margin: QuoteAtoms,
) -> Option<LiquidationReason> {
    if position.status != PositionStatus::Open {
        None
    } else if position.has_reached_cap(valuation) {
        Some(LiquidationReason::PayoutCapped)
    } else {
        margin_reason(valuation, maintenance_margin)
    }
}

/// The same of an open position whose payout cap does not count.
fn margin_reason(valuation: &Valuation, maintenance_margin: QuoteAtoms) -> Option<LiquidationReason> {
    if valuation.equity.0 <= 0 {
        Some(LiquidationReason::Insolvent)
    } else if valuation.equity.0 < maintenance_margin.signed().0 {
        Some(LiquidationReason::BelowMaintenance)
    } else {
        None
    }
}

/// What a position is worth and asked for at a price, and what follows.
struct Standing {
    price: PriceE12,
    valuation: Valuation,
    maintenance_margin: QuoteAtoms,
    reason: Option<LiquidationReason>,
}

impl Standing {
    #[inline(always)]
    fn at(market: &Market, position: &Position, price: PriceE12) -> Result<Self> {
        let valuation = position.value(&market.params, price)?;
        let maintenance_margin = position.maintenance_margin(valuation.notional)?;
        let reason = reason(position, &valuation, maintenance_margin);
        Ok(Self { price, valuation, maintenance_margin, reason })
    }

    /// Where the edge that favours a position reaches its payout cap: at that edge, a cap would be paid that
    /// the price has not reached. It counts at the edge against the position, where its owner could close;
    /// a position that has not reached it there is judged at the index, and by its margin alone.
    #[cold]
    fn of_doubtful_cap(market: &Market, position: &Position, sample: &Sample) -> Result<Self> {
        let against = Self::at(market, position, sample.closing_edge(position.side)?)?;
        if against.reason == Some(LiquidationReason::PayoutCapped) {
            return Ok(against);
        }
        let index = Self::at(market, position, sample.price)?;
        let reason = margin_reason(&index.valuation, index.maintenance_margin);
        Ok(Self { reason, ..index })
    }
}

/// Standing of `position`, accrued and lowered, in `market`, which has observed `sample`.
pub fn assess(market: &Market, position: &Position, sample: &Sample, now: UnixSeconds) -> Result<Assessment> {
    let price = liquidation_price_of(market, position.side, sample, now)?;
    let mut standing = Standing::at(market, position, price)?;
    if standing.reason == Some(LiquidationReason::PayoutCapped) && market.oracle.is_wide_matured(now)? {
        standing = Standing::of_doubtful_cap(market, position, sample)?;
    }
    let Standing { price, valuation, maintenance_margin, reason } = standing;
    let readiness = match reason {
        None => Readiness::Healthy,
        Some(LiquidationReason::BelowMaintenance) => confirm(market, position, sample, now)?,
        Some(other) => Readiness::Ready(other),
    };
    Ok(Assessment { price, valuation, maintenance_margin, readiness })
}

/// Standing by its margin alone, of a position that has reached its payout cap at the index, but would not be
/// paid it: the price impact of settling takes a part.
pub fn assess_margin(
    market: &Market,
    position: &Position,
    sample: &Sample,
    now: UnixSeconds,
) -> Result<Assessment> {
    let standing = Standing::at(market, position, liquidation_price_of(market, position.side, sample, now)?)?;
    let readiness = match margin_reason(&standing.valuation, standing.maintenance_margin) {
        None => Readiness::Healthy,
        Some(LiquidationReason::BelowMaintenance) => confirm(market, position, sample, now)?,
        Some(other) => Readiness::Ready(other),
    };
    let Standing { price, valuation, maintenance_margin, .. } = standing;
    Ok(Assessment { price, valuation, maintenance_margin, readiness })
}

fn confirm(market: &Market, position: &Position, sample: &Sample, now: UnixSeconds) -> Result<Readiness> {
    if position.below_since.is_zero() {
        return Ok(Readiness::FirstSighting);
    }
    let seconds = sample.publish_time.since(position.below_since)?;
    Ok(if seconds > FLAG_LAPSES_SECS {
        Readiness::FirstSighting
    } else if seconds < CONFIRM_SECS {
        Readiness::Unconfirmed
    } else if market.oracle.is_liquidation_held_back(now)? {
        Readiness::HeldBack
    } else {
        Readiness::Ready(LiquidationReason::BelowMaintenance)
    })
}

impl Position {
    /// `below_since` after a look at it: set by a first sighting, cleared by health.
    pub fn sighted(&self, readiness: Readiness, sample: &Sample) -> Self {
        let below_since = match readiness {
            Readiness::Healthy => UnixSeconds::ZERO,
            Readiness::FirstSighting => sample.publish_time,
            Readiness::Unconfirmed | Readiness::HeldBack | Readiness::Ready(_) => self.below_since,
        };
        Self { below_since, ..*self }
    }
}

/// Liquidation fee rate: half of the full rate at the threshold, the full rate once equity is at half of
/// the maintenance margin, linear between; rounded down.
pub fn fee_ppm_floor(position: &Position, assessment: &Assessment) -> Result<Ppm> {
    let margin = assessment.maintenance_margin.0;
    let equity = assessment.valuation.equity.positive_part()?.0;
    // rate = full * (1/2 + min((margin - equity) / margin, 1/2)).
    let missing = fixed::above(margin, equity)?;
    let share = if margin == 0 { PPM } else { fixed::mul_div_u64_floor(missing, PPM, margin)? };
    let share = share.min(500_000).checked_add(500_000).ok_or(RiskError::Overflow)?;
    let rate = fixed::mul_div_u64_floor(u64::from(position.liquidation_fee_ppm.0), share, PPM)?;
    u32::try_from(rate).map(Ppm).map_err(|_| RiskError::Overflow)
}

/// How much of a position below maintenance to close: C = ceil((T N - E) / (T - phi)) of notional, T =
/// 1.25 * maintenance, phi = what closing costs; at least the minimum chunk; everything if what is left
/// would be too small or more than 75 % would go.
pub fn size_to_close(
    market: &Market,
    position: &Position,
    assessment: &Assessment,
    cost_ppm: Ppm,
) -> Result<BaseAtoms> {
    let target = fixed::mul_div_u64_ceil(u64::from(position.maintenance_ppm()?.0), TARGET_PPM, PPM)?;
    let notional = assessment.valuation.notional;
    let wanted = fixed::mul_div_u64_ceil(notional.0, target, PPM)?;
    let equity = assessment.valuation.equity.positive_part()?.0;
    let missing = fixed::above(wanted, equity)?;
    let Some(per_unit) = target.checked_sub(u64::from(cost_ppm.0)).filter(|rest| *rest > 0) else {
        return Ok(position.size);
    };
    let scaled = u128::from(missing).checked_mul(u128::from(PPM)).ok_or(RiskError::Overflow)?;
    let close = fixed::div_u64_ceil(scaled, per_unit)?.max(u128::from(market.params.chunk_min_quote_atoms.0));
    let most = notional.share_floor(PARTIAL_SIZE_PPM_MAX)?;
    // Asked first: what is worth more than the position need not fit its type, as an amount or as a size.
    if close > u128::from(most.0) {
        return Ok(position.size);
    }
    let size = market.params.size_ceil(QuoteAtoms(fixed::narrow(close)?), assessment.price)?;
    if size >= position.size {
        return Ok(position.size);
    }
    let left = market.params.notional_floor(position.size.minus(size)?, assessment.price)?;
    if left < market.params.notional_min_quote_atoms { Ok(position.size) } else { Ok(size) }
}
