//! Price impact: a trade that makes one side heavier pays for it, one that balances is paid back, and never
//! more than the imbalance was charged.
//!
//! A skew worth x quote atoms has the potential Phi(x) = x^2 / (2 scale); its slope, x / scale, stops at a
//! quarter. A trade that grows the skew pays the difference of the potential at the index. One that shrinks it
//! is paid the difference at `reference`, the mean price at which what now makes up the skew was paid for,
//! and never above the index. What grew the skew and was not paid for in full counts as paid for at nothing.
//! So over any sequence of trades of anybody, at any prices, rebates are at most charges (property test
//! `impact_ok_rebates_are_never_more_than_charges`). Formulas and proof: docs/math.md, "Price impact".

use crate::error::{Result, RiskError};
use crate::fixed;
use crate::ledger::{Ledger, Side};
use crate::orders::OrderAction;
use crate::params::Params;
use crate::units::{BaseAtoms, PriceE12, QuoteAtoms};

/// The slope of the potential stops at one over this: at a quarter of the notional.
const SLOPE_DIVISOR: u64 = 4;

/// What a trade is charged or paid for what it does to the skew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Impact {
    /// Charged, rounded up.
    pub charge: QuoteAtoms,
    /// Paid back, rounded down.
    pub rebate: QuoteAtoms,
    /// Mean price at which the skew afterwards was paid for, rounded down; zero without skew.
    reference: PriceE12,
    /// The same if this trade does not pay its charge in full.
    reference_unpaid: PriceE12,
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
    of_trade(params, ledger, is_buy, size, index, |low, high, reference| {
        potential_floor(params, low, high, reference)
    })
}

/// The same of a trade whose rebate stays in the pool: what is not paid is not computed either.
pub fn impact_without_rebate(
    params: &Params,
    ledger: &Ledger,
    is_buy: bool,
    size: BaseAtoms,
    index: PriceE12,
) -> Result<Impact> {
    of_trade(params, ledger, is_buy, size, index, |_, _, _| Ok(QuoteAtoms::ZERO))
}

/// `rebate` is paid for what lies between two skews that were paid for at a price.
fn of_trade(
    params: &Params,
    ledger: &Ledger,
    is_buy: bool,
    size: BaseAtoms,
    index: PriceE12,
    rebate: impl FnOnce(BaseAtoms, BaseAtoms, PriceE12) -> Result<QuoteAtoms>,
) -> Result<Impact> {
    if params.impact_scale_quote_atoms.is_zero() {
        // A skew that came about without impact was not paid for.
        return Ok(Impact::default());
    }
    let (long, short) = (ledger.long.open_interest.0, ledger.short.open_interest.0);
    let skew = BaseAtoms(long.abs_diff(short));
    let reference = index.min(ledger.impact_reference);
    if skew.is_zero() || is_buy == (long > short) {
        let after = skew.plus(size)?;
        let charge = potential_ceil(params, skew, after, index)?;
        Ok(Impact {
            charge,
            rebate: QuoteAtoms::ZERO,
            reference: mean_floor((skew, reference), (size, index))?,
            reference_unpaid: mean_floor((skew, reference), (size, PriceE12::ZERO))?,
        })
    } else if size <= skew {
        let after = skew.minus(size)?;
        let rebate = rebate(after, skew, reference)?;
        let reference = if after.is_zero() { PriceE12::ZERO } else { reference };
        Ok(Impact { charge: QuoteAtoms::ZERO, rebate, reference, reference_unpaid: reference })
    } else {
        let after = size.minus(skew)?;
        Ok(Impact {
            charge: potential_ceil(params, BaseAtoms::ZERO, after, index)?,
            rebate: rebate(BaseAtoms::ZERO, skew, reference)?,
            reference: index,
            reference_unpaid: PriceE12::ZERO,
        })
    }
}

/// Mean of two prices by size, rounded down.
fn mean_floor(one: (BaseAtoms, PriceE12), other: (BaseAtoms, PriceE12)) -> Result<PriceE12> {
    let cost = |(size, price): (BaseAtoms, PriceE12)| fixed::product(size.0, price.0);
    let sum = cost(one).checked_add(cost(other));
    let mean = fixed::div_u64_floor(sum.ok_or(RiskError::Overflow)?, one.0.plus(other.0)?.0)?;
    fixed::narrow(mean).map(PriceE12)
}

/// Phi at `to` less Phi at `from`, rounded up.
fn potential_ceil(params: &Params, from: BaseAtoms, to: BaseAtoms, price: PriceE12) -> Result<QuoteAtoms> {
    let steep = steep_from(params)?;
    let low = params.notional_floor(from, price)?.0;
    let high = params.notional_ceil(to, price)?.0;
    let delta = params.notional_ceil(to.minus(from)?, price)?.0;
    let twice = if high <= steep {
        fixed::product(delta, sum(params.notional_ceil(from, price)?.0, high)?)
    } else if low >= steep {
        fixed::product(delta, twice_of(steep)?)
    } else {
        across(low, high, steep)?
    };
    fixed::narrow(fixed::div_u64_ceil(twice, twice_of(params.impact_scale_quote_atoms.0)?)?).map(QuoteAtoms)
}

/// Phi at `to` less Phi at `from`, rounded down.
fn potential_floor(params: &Params, from: BaseAtoms, to: BaseAtoms, price: PriceE12) -> Result<QuoteAtoms> {
    let steep = steep_from(params)?;
    let low = params.notional_floor(from, price)?.0;
    let high = params.notional_floor(to, price)?.0;
    let delta = params.notional_floor(to.minus(from)?, price)?.0;
    let twice = if high <= steep {
        fixed::product(delta, sum(low, high)?)
    } else if low >= steep {
        fixed::product(delta, twice_of(steep)?)
    } else {
        across(params.notional_ceil(from, price)?.0, high, steep)?
    };
    fixed::narrow(fixed::div_u64_floor(twice, twice_of(params.impact_scale_quote_atoms.0)?)?).map(QuoteAtoms)
}

/// 2 scale (Phi(high) - Phi(low)) across the end of the slope at `steep`: 2 high steep - steep^2 - low^2.
fn across(low: u64, high: u64, steep: u64) -> Result<u128> {
    fixed::product(high, twice_of(steep)?)
        .checked_sub(fixed::product(steep, steep))
        .and_then(|rest| rest.checked_sub(fixed::product(low, low)))
        .ok_or(RiskError::Overflow)
}

/// The skew at which the slope stops.
fn steep_from(params: &Params) -> Result<u64> {
    fixed::mul_div_u64_floor(params.impact_scale_quote_atoms.0, 1, SLOPE_DIVISOR)
}

fn sum(a: u64, b: u64) -> Result<u64> {
    a.checked_add(b).ok_or(RiskError::Overflow)
}

fn twice_of(amount: u64) -> Result<u64> {
    sum(amount, amount)
}

impl Impact {
    /// The price of `size` that includes it, from the price without it; rounded against the trader. A price
    /// that would leave its type stops at the end: what a fill costs blocks nobody's exit.
    pub fn on_price(
        &self,
        params: &Params,
        is_buy: bool,
        size: BaseAtoms,
        price: PriceE12,
    ) -> Result<PriceE12> {
        if size.is_zero() {
            return Err(RiskError::DivisionByZero);
        }
        if self.is_none() {
            return Ok(PriceE12(price.0.max(1)));
        }
        let worse = fixed::mul_div_u64_ceil(self.charge.0, params.notional_divisor, size.0)?;
        let better = fixed::mul_div_u64_floor(self.rebate.0, params.notional_divisor, size.0)?;
        let (up, down) = if is_buy { (worse, better) } else { (better, worse) };
        let sum = u128::from(price.0).checked_add(u128::from(up)).ok_or(RiskError::Overflow)?;
        let raised = fixed::narrow(sum.min(u128::from(u64::MAX)))?;
        Ok(PriceE12(raised.checked_sub(down).unwrap_or(1).max(1)))
    }

    /// Whether it moves the price at all.
    pub fn is_none(&self) -> bool {
        self.charge.is_zero() && self.rebate.is_zero()
    }

    /// Without the rebate: it stays in the pool.
    pub fn without_rebate(self) -> Self {
        Self { rebate: QuoteAtoms::ZERO, ..self }
    }

    /// Charged `most` at most; charged less, the trade does not pay for the skew that it leaves.
    pub fn charged_at_most(self, most: QuoteAtoms) -> Self {
        match self.charge > most {
            true => Self { charge: most, reference: self.reference_unpaid, ..self },
            false => self,
        }
    }

    /// Neither charged nor paid.
    pub fn waived(self) -> Self {
        self.without_rebate().charged_at_most(QuoteAtoms::ZERO)
    }

    /// The ledger's reference price after the trade, which `is_paid` in full or not.
    pub fn reference(&self, is_paid: bool) -> PriceE12 {
        if is_paid { self.reference } else { self.reference_unpaid }
    }
}
