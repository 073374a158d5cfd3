//! A position's health in one value: what the view instruction returns and every client shows.

use crate::error::{Result, RiskError};
use crate::fixed;
use crate::ledger::Side;
use crate::liquidation::{Assessment, assess};
use crate::margin::Judgement;
use crate::market::Market;
use crate::oracle::Sample;
use crate::position::{Position, PositionStatus};
use crate::units::{PPM, Ppm, PriceE12, QuoteAtoms, UnixSeconds};

/// A position's standing, with everything that leads to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Value, maintenance margin and readiness.
    pub assessment: Assessment,
    /// q: equity over notional, in ppm.
    pub health_ppm: i64,
    /// Maintenance margin over notional.
    pub maintenance_ppm: Ppm,
    /// Initial margin that an increase or a removal would be held to.
    pub initial_margin: QuoteAtoms,
    /// Borrow fee and funding owed.
    pub owed: QuoteAtoms,
    /// Funding receivable.
    pub due: QuoteAtoms,
    /// Index at which it becomes liquidatable if nothing else changes; zero if no price does that.
    pub liquidation_price: PriceE12,
    /// Whether it may only shrink.
    pub reduce_only: bool,
}

/// Health of `position` in `market`, which has observed `sample`.
pub fn health(market: &Market, position: &Position, sample: &Sample, now: UnixSeconds) -> Result<Health> {
    let mut position = *position;
    position.accrue(&market.params, &market.ledger)?;
    position.lower(market)?;
    let assessment = assess(market, &position, sample, now)?;
    let initial = match position.status {
        PositionStatus::Open => {
            let judged = Judgement::of(market, position.side, sample)?;
            let notional = market.params.notional_ceil(position.size, judged.notional_price)?;
            let addon = market.addon_ppm(position.side)?;
            notional.share_ceil(market.initial_ppm_of(&position, addon, sample)?)?
        }
        PositionStatus::Pending | PositionStatus::Closed => QuoteAtoms::ZERO,
    };
    Ok(Health {
        assessment,
        health_ppm: assessment.valuation.health_ppm_floor()?,
        maintenance_ppm: position.maintenance_ppm()?,
        initial_margin: initial,
        owed: position.owed()?,
        due: position.due,
        liquidation_price: liquidation_price(market, &position)?,
        reduce_only: position.is_reduce_only(market)?,
    })
}

/// The index at which an accrued position's equity meets its maintenance margin, rounded towards the
/// position's entry. Exact up to the rounding of equity and requirement, together under four atoms.
///
/// Long: P = (s e - c D) / (s (1 - m)); short: P = (s e + c D) / (s (1 + m)), with size s, entry e,
/// c = collateral - owed + due, D the notional divisor and m the maintenance rate. Zero if there is none.
pub fn liquidation_price(market: &Market, position: &Position) -> Result<PriceE12> {
    if position.status != PositionStatus::Open {
        return Ok(PriceE12::ZERO);
    }
    let overflow = RiskError::Overflow;
    let backing = position.collateral.plus(position.due)?.signed().minus(position.owed()?.signed())?;
    let backing_e12 = backing.0.checked_mul(i128::from(market.params.notional_divisor)).ok_or(overflow)?;
    let cost = i128::from(position.size.0).checked_mul(i128::from(position.entry.0)).ok_or(overflow)?;
    let margin = u64::from(position.maintenance_ppm()?.0);
    let (numerator, scale) = match position.side {
        Side::Long => (cost.checked_sub(backing_e12), PPM.checked_sub(margin)),
        Side::Short => (cost.checked_add(backing_e12), PPM.checked_add(margin)),
    };
    let numerator = numerator.ok_or(overflow)?;
    let (Ok(numerator), Some(scale)) = (u128::try_from(numerator), scale.filter(|scale| *scale > 0)) else {
        return Ok(PriceE12::ZERO);
    };
    let divisor = u128::from(position.size.0).checked_mul(u128::from(scale)).ok_or(overflow)?;
    let price = match position.side {
        Side::Long => fixed::mul_div_ceil(numerator, u128::from(PPM), divisor)?,
        Side::Short => fixed::mul_div_floor(numerator, u128::from(PPM), divisor)?,
    };
    // A price too high for the type is one that the market cannot reach.
    Ok(u64::try_from(price).map(PriceE12).unwrap_or(PriceE12::ZERO))
}
