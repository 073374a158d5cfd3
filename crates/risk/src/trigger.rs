//! The prices from which a position can be liquidated or settled, as bounds that stay in order while the
//! market accrues: what a keeper sorts its positions by.
//!
//! A position has two. Against it lies the price at which its equity meets its maintenance margin, in its
//! favour the one at which its gain reaches its payout cap. Both drift with the indexes, the first also with
//! m_ramp and the add-on. Positions of a [`Family`] drift so nearly alike that one [`Drift`] bounds them all:
//! the present bound of a position is `scale * key + shift`, with its own key and its family's scale and
//! shift. Such a map keeps the order of the keys, so that a tick finds those whose bound it reaches without
//! looking at the others. Every rounding goes towards looking too often; what is looked at is judged by
//! [`crate::liquidation::assess`] and by nothing else.

use crate::error::{Result, RiskError};
use crate::fixed;
use crate::health::liquidation_price;
use crate::ledger::Side;
use crate::market::Market;
use crate::position::Position;
use crate::units::{Ppm, PriceE12, QuoteAtoms};

/// By how many atoms roundings can bring a margin trigger forward after a bound was taken: two payables and
/// the loss up, the receivable down, notional and requirement up by at most two.
const ROUNDING: QuoteAtoms = QuoteAtoms(6);
/// Width of a family in maintenance margin: an even part of one.
const FIXED_STEP_PPM: u32 = 31_250;
const E12: i128 = 1_000_000_000_000;
const ONE_Q60: u128 = 1 << 60;
const PPM_I128: i128 = 1_000_000;

/// The index at which an accrued position's gain reaches its payout cap: the least for a long, the largest
/// for a short. Exact.
///
/// Long: P = e + (R - d) D / s, up; short: P = e - (R - d) D / s, down. Zero if no price reaches it, as for a
/// short whose cap lies below zero.
pub fn cap_price(market: &Market, position: &Position) -> Result<PriceE12> {
    let line = cap_line(market, position)?;
    let price = u64::try_from(line.max(0)).ok();
    Ok(PriceE12(match position.side {
        Side::Long => price.map_or(0, |price| price.max(1)),
        Side::Short => price.unwrap_or(u64::MAX),
    }))
}

fn cap_line(market: &Market, position: &Position) -> Result<i128> {
    let missing = position.reserved.signed().minus(position.due.signed())?.0;
    let divisor = u128::from(market.params.notional_divisor);
    let size = u128::from(position.size.0);
    let distance = if missing >= 0 {
        signed(fixed::mul_div_ceil(missing.unsigned_abs(), divisor, size)?)?
    } else {
        negated(signed(fixed::mul_div_floor(missing.unsigned_abs(), divisor, size)?)?)?
    };
    let entry = i128::from(position.entry.0);
    let line = match position.side {
        Side::Long => entry.checked_add(distance),
        Side::Short => entry.checked_sub(distance),
    };
    line.ok_or(RiskError::Overflow)
}

/// Positions of one side whose triggers drift nearly alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// By maintenance margin.
    Margin {
        /// Its volatility part is the market's m_ramp, which is below what the position stores.
        follows_ramp: bool,
        /// Its size part is the side's present add-on, which is below what the position stores.
        follows_addon: bool,
        /// The parts that follow nothing, in whole steps of 3.125 %.
        fixed_step: u8,
        /// How many bits the payout set aside has, in 10^-12 USD per whole base unit: what borrow moves.
        reserve_bits: u8,
    },
    /// By payout cap.
    Cap,
}

/// From where a price reaches a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Approach {
    /// Prices at and below it do: it is taken too high rather than too low.
    FromAbove,
    /// Prices at and above it do: it is taken too low rather than too high.
    FromBelow,
}

impl Family {
    fn approach(self, side: Side) -> Approach {
        match (self, side) {
            (Self::Margin { .. }, Side::Long) | (Self::Cap, Side::Short) => Approach::FromAbove,
            (Self::Margin { .. }, Side::Short) | (Self::Cap, Side::Long) => Approach::FromBelow,
        }
    }
}

/// A price that must be reached before a position can be liquidated for one reason, and how it drifts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// How it drifts.
    pub family: Family,
    /// The price at this moment.
    pub price: PriceE12,
}

/// Bound of an open position by its maintenance margin. `current` is `stored`, accrued and lowered.
///
/// `None` if every price reaches it, or none can be said: it must be looked at always.
pub fn margin_bound(market: &Market, stored: &Position, current: &Position) -> Result<Option<Bound>> {
    let follows_ramp = stored.margin_ppm > current.margin_ppm;
    let follows_addon = stored.addon_ppm > current.addon_ppm;
    let mut fixed_part = current.liquidation_fee_ppm;
    if !follows_ramp {
        fixed_part = fixed_part.plus(current.margin_ppm)?;
    }
    if !follows_addon {
        fixed_part = fixed_part.plus(current.addon_ppm)?;
    }
    if current.maintenance_ppm()? >= Ppm::ONE {
        return Ok(None);
    }
    let step = fixed_part.0.checked_div(FIXED_STEP_PPM).ok_or(RiskError::DivisionByZero)?;
    let fixed_step = u8::try_from(step).map_err(|_| RiskError::Overflow)?;
    let reserve = u128::from(current.reserved.0);
    let divisor = u128::from(market.params.notional_divisor);
    let reserve = fixed::mul_div_floor(reserve, divisor, u128::from(current.size.0))?;
    let bits = u128::BITS.checked_sub(reserve.leading_zeros()).ok_or(RiskError::Overflow)?;
    let reserve_bits = u8::try_from(bits).map_err(|_| RiskError::Overflow)?;
    let family = Family::Margin { follows_ramp, follows_addon, fixed_step, reserve_bits };
    Ok(margin_price(market, current)?.map(|price| Bound { family, price }))
}

/// The liquidation price with all roundings against the position; `None` if every price is beyond it.
fn margin_price(market: &Market, current: &Position) -> Result<Option<PriceE12>> {
    let burdened = Position { owed_borrow: current.owed_borrow.plus(ROUNDING)?, ..*current };
    let price = liquidation_price(market, &burdened)?;
    if !price.is_zero() {
        return Ok(Some(price));
    }
    let backing = burdened.collateral.plus(burdened.due)?.signed().minus(burdened.owed()?.signed())?;
    let lowest = PriceE12(1);
    Ok(match burdened.side {
        // What backs it covers even a price of zero; else the price is too high for its type.
        Side::Long => {
            let at_zero = burdened.pnl_of(burdened.size, &market.params, PriceE12::ZERO)?.plus(backing)?;
            (!at_zero.is_negative()).then_some(lowest)
        }
        // Not reached by the lowest price there is: the price is too high for its type.
        Side::Short => {
            let at_lowest = burdened.pnl_of(burdened.size, &market.params, lowest)?.plus(backing)?;
            let notional = market.params.notional_ceil(burdened.size, lowest)?;
            let required = burdened.maintenance_margin(notional)?.signed();
            (at_lowest > required).then_some(PriceE12(u64::MAX))
        }
    })
}

/// Bound of an open, accrued position by its payout cap. `None` if every price reaches it.
pub fn cap_bound(market: &Market, current: &Position) -> Result<Option<Bound>> {
    // What is received is rounded down at each look, so that one atom more can have come together.
    let line = cap_line(market, &Position { due: current.due.plus(QuoteAtoms(1))?, ..*current })?;
    let price = u64::try_from(line.max(0)).ok();
    let price = match Family::Cap.approach(current.side) {
        Approach::FromAbove => price,
        Approach::FromBelow => Some(price.unwrap_or(u64::MAX)).filter(|price| *price > 0),
    };
    Ok(price.map(|price| Bound { family: Family::Cap, price: PriceE12(price) }))
}

/// What moves the triggers of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drivers {
    notional_divisor: u64,
    index: PriceE12,
    borrow_index_e12: u128,
    funding_paid_e24: u128,
    funding_received_e24: u128,
    ramp: Ppm,
    addon: Ppm,
}

impl Drivers {
    /// As `market` has them for `side`.
    pub fn of(market: &Market, side: Side) -> Result<Self> {
        let sums = market.ledger.side(side);
        Ok(Self {
            notional_divisor: market.params.notional_divisor,
            index: market.oracle.index,
            borrow_index_e12: market.ledger.borrow_index_e12,
            funding_paid_e24: sums.funding_paid_e24,
            funding_received_e24: sums.funding_received_e24,
            ramp: market.volatility.ramp_ppm_ceil()?,
            addon: market.addon_ppm(side)?,
        })
    }
}

/// How the bounds of a family have drifted: bound = scale * key + shift.
///
/// Keys become *urgencies* on the way out, the larger the sooner, so that those to look at are always those
/// at and above a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drift {
    side: Side,
    family: Family,
    at: Drivers,
    scale_q60: u128,
    shift_e24: i128,
}

impl Drift {
    /// Of a family of `side` that has no keys yet.
    pub fn new(side: Side, family: Family, at: Drivers) -> Result<Self> {
        // Keys are not negative. Below a bound that may sink further, half of the index is left as room.
        let room_e24 = i128::from(at.index.0 >> 1).checked_mul(E12).ok_or(RiskError::Overflow)?;
        let shift_e24 = match family.approach(side) {
            Approach::FromAbove => 0,
            Approach::FromBelow => negated(room_e24)?,
        };
        Ok(Self { side, family, at, scale_q60: ONE_Q60, shift_e24 })
    }

    /// Moves all bounds of the family to where the market is now. Indexes may also fall: a projection can turn
    /// out to have been too high. After an error the keys are void.
    pub fn advance(&mut self, to: &Drivers) -> Result<()> {
        if *to == self.at {
            return Ok(());
        }
        if to.notional_divisor != self.at.notional_divisor {
            return Err(RiskError::AccountingBroken);
        }
        let received = growth(to.funding_received_e24, self.at.funding_received_e24)?;
        let moved = match self.family {
            Family::Cap => received,
            Family::Margin { follows_ramp, follows_addon, fixed_step, reserve_bits } => {
                let following = |drivers: &Drivers| {
                    let ramp = if follows_ramp { drivers.ramp } else { Ppm::ZERO };
                    ramp.plus(if follows_addon { drivers.addon } else { Ppm::ZERO })
                };
                let before = self.kept(fixed_step, following(&self.at)?)?;
                let after = self.kept(fixed_step, following(to)?)?;
                if before != after {
                    self.rescale(before, after)?;
                }
                let paid = growth(to.funding_paid_e24, self.at.funding_paid_e24)?;
                let borrow = growth(to.borrow_index_e12, self.at.borrow_index_e12)?;
                let borrow = reserve_at_worst(reserve_bits, borrow)?.checked_mul(borrow);
                let harm = borrow.and_then(|sum| sum.checked_add(paid)?.checked_sub(received));
                let harm = harm.ok_or(RiskError::Overflow)?;
                let least_or_most = if harm >= 0 { after.0.min(after.1) } else { after.0.max(after.1) };
                div_signed_ceil(harm.checked_mul(PPM_I128).ok_or(RiskError::Overflow)?, least_or_most)?
            }
        };
        // Harm lifts a long's margin trigger and lowers a short's; what is received brings a cap nearer.
        let shift = match self.family.approach(self.side) {
            Approach::FromAbove => self.shift_e24.checked_add(moved),
            Approach::FromBelow => self.shift_e24.checked_sub(moved),
        };
        self.shift_e24 = shift.ok_or(RiskError::Overflow)?;
        self.at = *to;
        Ok(())
    }

    /// 1 - m for longs and 1 + m for shorts, in ppm, at both ends of the family.
    fn kept(&self, fixed_step: u8, following: Ppm) -> Result<(i128, i128)> {
        let least = u32::from(fixed_step).checked_mul(FIXED_STEP_PPM).ok_or(RiskError::Overflow)?;
        let least = following.plus(Ppm(least))?;
        let most = least.plus(Ppm(FIXED_STEP_PPM))?;
        let kept = |margin: Ppm| match self.side {
            Side::Long => PPM_I128.checked_sub(i128::from(margin.0)).filter(|kept| *kept > 0),
            Side::Short => PPM_I128.checked_add(i128::from(margin.0)),
        };
        Ok((kept(least).ok_or(RiskError::Overflow)?, kept(most).ok_or(RiskError::Overflow)?))
    }

    /// Triggers are something / kept: as that goes from `before` to `after`, each is multiplied by its own
    /// ratio, which lies between those of the family's ends. Scale and shift each take the worse end.
    fn rescale(&mut self, before: (i128, i128), after: (i128, i128)) -> Result<()> {
        let product = |a: i128, b: i128| a.checked_mul(b).ok_or(RiskError::Overflow);
        let ends = [(before.0, after.0), (before.1, after.1)];
        let [first, second] = ends;
        let first_is_larger = product(first.0, second.1)? >= product(second.0, first.1)?;
        let (larger, smaller) = if first_is_larger { (first, second) } else { (second, first) };
        let scale = signed(self.scale_q60)?;
        let grows = self.shift_e24 >= 0;
        let (scale, shift) = match self.family.approach(self.side) {
            Approach::FromAbove => {
                let of_shift = if grows { larger } else { smaller };
                let shift = div_signed_ceil(product(self.shift_e24, of_shift.0)?, of_shift.1)?;
                (div_signed_ceil(product(scale, larger.0)?, larger.1)?, shift)
            }
            Approach::FromBelow => {
                let of_shift = if grows { smaller } else { larger };
                let shift = div_signed_floor(product(self.shift_e24, of_shift.0)?, of_shift.1)?;
                (div_signed_floor(product(scale, smaller.0)?, smaller.1)?, shift)
            }
        };
        self.scale_q60 = u128::try_from(scale).map_err(|_| RiskError::Overflow)?;
        self.shift_e24 = shift;
        Ok(())
    }

    /// Urgency of a bound that was taken at the market to which this drift has advanced. `None` if no key
    /// stands for it: it must be looked at always.
    pub fn urgency(&self, price: PriceE12) -> Result<Option<u64>> {
        let above = self.above_shift(price)?;
        Ok(match self.family.approach(self.side) {
            Approach::FromAbove => {
                let key = self.unscaled_ceil(div_signed_ceil(above, E12)?.max(0))?;
                u64::try_from(key).ok()
            }
            Approach::FromBelow => {
                let Ok(above) = u128::try_from(div_signed_floor(above, E12)?) else { return Ok(None) };
                let key = fixed::mul_div_floor(above, ONE_Q60, self.scale_q60)?;
                Some(!u64::try_from(key).unwrap_or(u64::MAX))
            }
        })
    }

    /// The least urgency whose bound `price` reaches. `None` if it reaches none.
    pub fn threshold(&self, price: PriceE12) -> Result<Option<u64>> {
        let above = self.above_shift(price)?;
        Ok(match self.family.approach(self.side) {
            Approach::FromAbove => {
                let above =
                    u128::try_from(div_signed_floor(above, E12)?.max(0)).map_err(|_| RiskError::Overflow)?;
                u64::try_from(fixed::mul_div_floor(above, ONE_Q60, self.scale_q60)?).ok()
            }
            Approach::FromBelow => {
                let above = div_signed_ceil(above, E12)?;
                if above < 0 {
                    return Ok(None);
                }
                Some(!u64::try_from(self.unscaled_ceil(above)?).unwrap_or(u64::MAX))
            }
        })
    }

    /// The bound that an urgency stands for now; zero or the largest price where it lies beyond the type.
    pub fn price(&self, urgency: u64) -> Result<PriceE12> {
        let scaled = |key: u64| u128::from(key).checked_mul(self.scale_q60).ok_or(RiskError::Overflow);
        let price = match self.family.approach(self.side) {
            Approach::FromAbove => {
                let key = signed(scaled(urgency)?.div_ceil(ONE_Q60))?;
                key.checked_add(div_signed_ceil(self.shift_e24, E12)?)
            }
            Approach::FromBelow => {
                signed(scaled(!urgency)? >> 60)?.checked_add(div_signed_floor(self.shift_e24, E12)?)
            }
        };
        let price = price.ok_or(RiskError::Overflow)?.max(0);
        Ok(PriceE12(u64::try_from(price).unwrap_or(u64::MAX)))
    }

    fn above_shift(&self, price: PriceE12) -> Result<i128> {
        let price_e24 = i128::from(price.0).checked_mul(E12);
        price_e24.and_then(|price| price.checked_sub(self.shift_e24)).ok_or(RiskError::Overflow)
    }

    fn unscaled_ceil(&self, above: i128) -> Result<u128> {
        let above = u128::try_from(above).map_err(|_| RiskError::Overflow)?;
        fixed::mul_div_ceil(above, ONE_Q60, self.scale_q60)
    }
}

/// The most that is set aside in a family where borrow grows, the least where its index falls.
fn reserve_at_worst(reserve_bits: u8, borrow: i128) -> Result<i128> {
    let power = |bits: u32| 1_i128.checked_shl(bits).filter(|power| *power > 0).ok_or(RiskError::Overflow);
    match u32::from(reserve_bits).checked_sub(1) {
        _ if borrow >= 0 => power(u32::from(reserve_bits)),
        Some(bits) => power(bits),
        None => Ok(0),
    }
}

fn growth(now: u128, then: u128) -> Result<i128> {
    signed(now)?.checked_sub(signed(then)?).ok_or(RiskError::Overflow)
}

fn signed(value: u128) -> Result<i128> {
    i128::try_from(value).map_err(|_| RiskError::Overflow)
}

fn negated(value: i128) -> Result<i128> {
    value.checked_neg().ok_or(RiskError::Overflow)
}

fn div_signed_floor(value: i128, divisor: i128) -> Result<i128> {
    value.checked_div_euclid(divisor).ok_or(RiskError::DivisionByZero)
}

fn div_signed_ceil(value: i128, divisor: i128) -> Result<i128> {
    negated(div_signed_floor(negated(value)?, divisor)?)
}
