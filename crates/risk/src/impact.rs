//! Price impact: a trade that makes one side heavier pays for it, one that balances is paid back, and never
//! more than the imbalance was charged.
//!
//! At the index p and a skew of S base atoms the potential is Phi(S) = (S p)^2 / (2 scale), in quote atoms. A
//! trade pays the difference of the potential after and before, which is its notional times
//! (skew + delta / 2) / scale. Rebates are taken at `reference`, the lowest index at which the present skew
//! was ever traded: what was charged for it was charged at that price or a higher one. So over any sequence of
//! trades of anybody rebates are at most charges (property test `rebates_ok_are_never_more_than_charges`).
//! Formulas: docs/math.md, "Price impact".

use crate::error::{Result, RiskError};
use crate::fixed;
use crate::ledger::{Ledger, Side};
use crate::orders::OrderAction;
use crate::params::Params;
use crate::units::{BaseAtoms, Ppm, PriceE12, QuoteAtoms};

/// A trade is charged at most this share of its notional.
pub const CHARGE_PPM_MAX: Ppm = Ppm(250_000);

/// What a trade is charged or paid for what it does to the skew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Impact {
    /// Charged, rounded up.
    pub charge: QuoteAtoms,
    /// Paid back, rounded down.
    pub rebate: QuoteAtoms,
    /// Lowest index at which the skew afterwards was traded; zero without skew.
    pub reference: PriceE12,
}

/// Whether a trade buys the base asset.
pub fn buys(side: Side, action: OrderAction) -> bool {
    matches!((side, action), (Side::Long, OrderAction::Increase) | (Side::Short, OrderAction::Decrease))
}

/// Impact of trading `size` at `index` on the skew that `ledger` holds before it.
pub fn impact(
    params: &Params,
    ledger: &Ledger,
    is_buy: bool,
    size: BaseAtoms,
    index: PriceE12,
) -> Result<Impact> {
    if params.impact_scale_quote_atoms.is_zero() {
        return Ok(Impact { reference: ledger.impact_reference, ..Impact::default() });
    }
    let (long, short) = (ledger.long.open_interest.0, ledger.short.open_interest.0);
    let skew = BaseAtoms(long.abs_diff(short));
    let grows = skew.is_zero() || is_buy == (long > short);
    let lowest = match skew.is_zero() {
        true => index,
        false => index.min(ledger.impact_reference),
    };
    let (charge, rebate, reference) = if grows {
        let after = skew.plus(size)?;
        (potential_ceil(params, skew, after, index)?, QuoteAtoms::ZERO, lowest)
    } else if size <= skew {
        let after = skew.minus(size)?;
        let reference = if after.is_zero() { PriceE12::ZERO } else { lowest };
        (QuoteAtoms::ZERO, potential_floor(params, after, skew, lowest)?, reference)
    } else {
        let after = size.minus(skew)?;
        let charge = potential_ceil(params, BaseAtoms::ZERO, after, index)?;
        (charge, potential_floor(params, BaseAtoms::ZERO, skew, lowest)?, index)
    };
    let charge = charge.min(params.notional_floor(size, index)?.share_floor(CHARGE_PPM_MAX)?);
    Ok(Impact { charge, rebate, reference })
}

/// Phi(to) - Phi(from), rounded up.
fn potential_ceil(params: &Params, from: BaseAtoms, to: BaseAtoms, price: PriceE12) -> Result<QuoteAtoms> {
    let delta = params.notional_ceil(to.minus(from)?, price)?;
    let ends = params.notional_ceil(from, price)?.plus(params.notional_ceil(to, price)?)?;
    let product = u128::from(delta.0).checked_mul(u128::from(ends.0)).ok_or(RiskError::Overflow)?;
    fixed::narrow(fixed::div_u64_ceil(product, twice_scale(params)?)?).map(QuoteAtoms)
}

/// Phi(to) - Phi(from), rounded down.
fn potential_floor(params: &Params, from: BaseAtoms, to: BaseAtoms, price: PriceE12) -> Result<QuoteAtoms> {
    let delta = params.notional_floor(to.minus(from)?, price)?;
    let ends = params.notional_floor(from, price)?.plus(params.notional_floor(to, price)?)?;
    let product = u128::from(delta.0).checked_mul(u128::from(ends.0)).ok_or(RiskError::Overflow)?;
    fixed::narrow(fixed::div_u64_floor(product, twice_scale(params)?)?).map(QuoteAtoms)
}

fn twice_scale(params: &Params) -> Result<u64> {
    params.impact_scale_quote_atoms.0.checked_mul(2).ok_or(RiskError::Overflow)
}

impl Impact {
    /// The price of `size` that includes it, from the price without it; rounded against the trader.
    pub fn on_price(
        &self,
        params: &Params,
        is_buy: bool,
        size: BaseAtoms,
        price: PriceE12,
    ) -> Result<PriceE12> {
        let worse = fixed::mul_div_u64_ceil(self.charge.0, params.notional_divisor, size.0)?;
        let better = fixed::mul_div_u64_floor(self.rebate.0, params.notional_divisor, size.0)?;
        let (up, down) = if is_buy { (worse, better) } else { (better, worse) };
        let moved =
            price.plus(PriceE12(up))?.minus(PriceE12(down)).map_err(|_| RiskError::PriceOutOfRange)?;
        if moved.is_zero() { Err(RiskError::PriceOutOfRange) } else { Ok(moved) }
    }

    /// Without the rebate: it stays in the pool.
    pub fn without_rebate(self) -> Self {
        Self { rebate: QuoteAtoms::ZERO, ..self }
    }

    /// Charged `most` at most.
    pub fn charged_at_most(self, most: QuoteAtoms) -> Self {
        Self { charge: self.charge.min(most), ..self }
    }
}
