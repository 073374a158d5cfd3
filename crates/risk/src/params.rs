//! Risk parameters of a market, and the constants between which governance may set them.

use crate::error::{Result, RiskError};
use crate::units::{BaseAtoms, Ppm, PriceE12, QuoteAtoms};
use crate::{fixed, units::SignedQuoteAtoms};

/// Initial margin is at least this multiple of the volatility margin.
pub const INITIAL_OVER_MAINTENANCE_PPM: u64 = 1_600_000;
/// Add-on at a side's open interest equal to the depth.
pub const ADDON_AT_DEPTH_PPM: u64 = 10_000;
/// Largest add-on.
pub const ADDON_PPM_MAX: Ppm = Ppm(100_000);
/// Smallest payout cap, of the notional.
pub const PAYOUT_CAP_PPM_MIN: Ppm = Ppm(50_000);
/// Largest payout cap, of the notional.
pub const PAYOUT_CAP_PPM_MAX: Ppm = Ppm(1_000_000);
/// Share of open and close fees that goes to the protocol's fee receiver.
pub const FEE_PROTOCOL_SHARE_PPM: Ppm = Ppm(100_000);
/// Share of open and close fees that pays for market updates.
pub const FEE_CRANK_SHARE_PPM: Ppm = Ppm(50_000);
/// Share of the liquidation fee that goes to whoever liquidates; the rest goes to insurance.
pub const LIQUIDATION_KEEPER_SHARE_PPM: Ppm = Ppm(600_000);
/// A removal leaves enough to carry the position for this long at current rates: 7 days.
pub const CARRY_SECS_AFTER_REMOVAL: u64 = 604_800;
/// Seconds in the year of all annual rates: 365 days.
pub const YEAR_SECS: u64 = 31_536_000;

/// Parameters of a market. Governance sets them within [`Params::validate`]'s bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Decimals of the base asset's atoms, 0 to 12.
    pub base_decimals: u8,
    /// Decimals of the collateral token, 6 to 9.
    pub quote_decimals: u8,
    /// 10^(12 + base decimals - quote decimals): `size * price / this` is the notional in quote atoms.
    pub notional_divisor: u64,
    /// Stressed variance, per second, in 10^-24 (annual 100 % is 3.171e16).
    pub stress_variance_e24: u64,
    /// Least volatility margin.
    pub margin_min_ppm: Ppm,
    /// Largest volatility margin.
    pub margin_max_ppm: Ppm,
    /// 1 / largest leverage.
    pub initial_margin_min_ppm: Ppm,
    /// Liquidation fee, part of every position's maintenance margin.
    pub liquidation_fee_ppm: Ppm,
    /// Open and close fee, of the notional.
    pub trade_fee_ppm: Ppm,
    /// Widest confidence interval of a sample that counts, of its price.
    pub confidence_max_ppm: Ppm,
    /// Largest share of the pool that the payouts set aside may reach; opens stop there.
    pub utilisation_max_ppm: Ppm,
    /// Largest share of the pool that one position's payout may be.
    pub pool_share_max_ppm: Ppm,
    /// Depth of the reference market within 2 %, in quote atoms: open interest of this size adds 1 %.
    pub depth_quote_atoms: QuoteAtoms,
    /// Largest open interest of a side.
    pub open_interest_cap_quote_atoms: QuoteAtoms,
    /// Largest difference between the sides.
    pub skew_cap_quote_atoms: QuoteAtoms,
    /// Least notional of a position.
    pub notional_min_quote_atoms: QuoteAtoms,
    /// Least notional that a partial liquidation closes.
    pub chunk_min_quote_atoms: QuoteAtoms,
    /// An order fills on a price published at least this long after it was placed.
    pub order_delay_secs: u32,
    /// ... and at most this long.
    pub order_window_secs: u32,
    /// Borrow rate up to which utilisation it rises slowly, and the rate there.
    pub borrow_kink_utilisation_ppm: Ppm,
    /// Borrow rate at the kink, per second, in 10^-12.
    pub borrow_kink_rate_e12: u64,
    /// Utilisation from which the borrow rate rises no further.
    pub borrow_full_utilisation_ppm: Ppm,
    /// Borrow rate there, per second, in 10^-12.
    pub borrow_full_rate_e12: u64,
    /// Skew at which the funding rate moves fastest; zero turns funding off.
    pub funding_skew_scale_quote_atoms: QuoteAtoms,
    /// Fastest change of the funding rate, per second per second, in 10^-18.
    pub funding_velocity_max_e18: u64,
    /// Largest funding rate, per second, in 10^-12.
    pub funding_rate_max_e12: u64,
    /// Skew at which the price impact would be 100 %; zero turns impact off.
    pub impact_scale_quote_atoms: QuoteAtoms,
    /// Least pay of whoever closes a whole position that cannot pay for it; insurance adds what is missing, up
    /// to the fee that opening the position cost. Also what settling a capped position earns, up to its close
    /// fee.
    pub keeper_floor_quote_atoms: QuoteAtoms,
    /// What the first sample of a bucket earns, from the crank budget while it lasts.
    pub crank_fee_quote_atoms: QuoteAtoms,
}

impl Params {
    /// Nothing known, nothing booked.
    pub const EMPTY: Self = Self {
        base_decimals: 0,
        quote_decimals: 0,
        notional_divisor: 0,
        stress_variance_e24: 0,
        margin_min_ppm: Ppm::ZERO,
        margin_max_ppm: Ppm::ZERO,
        initial_margin_min_ppm: Ppm::ZERO,
        liquidation_fee_ppm: Ppm::ZERO,
        trade_fee_ppm: Ppm::ZERO,
        confidence_max_ppm: Ppm::ZERO,
        utilisation_max_ppm: Ppm::ZERO,
        pool_share_max_ppm: Ppm::ZERO,
        depth_quote_atoms: QuoteAtoms::ZERO,
        open_interest_cap_quote_atoms: QuoteAtoms::ZERO,
        skew_cap_quote_atoms: QuoteAtoms::ZERO,
        notional_min_quote_atoms: QuoteAtoms::ZERO,
        chunk_min_quote_atoms: QuoteAtoms::ZERO,
        order_delay_secs: 0,
        order_window_secs: 0,
        borrow_kink_utilisation_ppm: Ppm::ZERO,
        borrow_kink_rate_e12: 0,
        borrow_full_utilisation_ppm: Ppm::ZERO,
        borrow_full_rate_e12: 0,
        funding_skew_scale_quote_atoms: QuoteAtoms::ZERO,
        funding_velocity_max_e18: 0,
        funding_rate_max_e12: 0,
        impact_scale_quote_atoms: QuoteAtoms::ZERO,
        keeper_floor_quote_atoms: QuoteAtoms::ZERO,
        crank_fee_quote_atoms: QuoteAtoms::ZERO,
    };
}

impl Default for Params {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// Bounds of [`Params`]: constants of the program.
mod bound {
    use core::ops::RangeInclusive;

    use crate::units::{Ppm, QuoteAtoms};

    pub(super) const BASE_DECIMALS: RangeInclusive<u64> = 0..=12;
    pub(super) const QUOTE_DECIMALS: RangeInclusive<u64> = 6..=9;
    /// 20 % to 400 % a year, as variance per second.
    pub(super) const STRESS_VARIANCE_E24: RangeInclusive<u64> =
        1_268_391_679_350_583..=507_356_671_740_233_384;
    pub(super) const MARGIN_MIN_PPM: RangeInclusive<u64> = 10_000..=200_000;
    pub(super) const MARGIN_MAX_PPM: RangeInclusive<u64> = 20_000..=400_000;
    /// Leverage 2 to 100.
    pub(super) const INITIAL_MARGIN_MIN_PPM: RangeInclusive<u64> = 10_000..=500_000;
    pub(super) const LIQUIDATION_FEE_PPM: RangeInclusive<u64> = 1_000..=20_000;
    pub(super) const TRADE_FEE_PPM: RangeInclusive<u64> = 0..=5_000;
    pub(super) const CONFIDENCE_MAX_PPM: RangeInclusive<u64> = 1_000..=20_000;
    pub(super) const UTILISATION_MAX_PPM: RangeInclusive<u64> = 100_000..=900_000;
    pub(super) const POOL_SHARE_MAX_PPM: RangeInclusive<u64> = 1_000..=500_000;
    pub(super) const DELAY_SECS: RangeInclusive<u64> = 2..=10;
    pub(super) const WINDOW_SECS: RangeInclusive<u64> = 5..=60;
    /// 1,000 % a year.
    pub(super) const RATE_E12: RangeInclusive<u64> = 0..=317_098;
    /// A hundredth of what the type holds: 184 billion whole units at six decimals.
    pub(super) const OPEN_INTEREST_CAP: QuoteAtoms = QuoteAtoms(184_467_440_737_095_516);
    /// Twice the scale is a divisor that must fit the type.
    pub(super) const IMPACT_SCALE: QuoteAtoms = QuoteAtoms(u64::MAX >> 1);
    /// From nothing to 1,000 % a year within an hour.
    pub(super) const FUNDING_VELOCITY_E18: RangeInclusive<u64> = 0..=88_082_778;
    /// At most 0.15 % of a position of the least notional: half the fee rate of 0.5 %, times the keeper's share.
    pub(super) const KEEPER_SHARE_OF_NOTIONAL: Ppm = Ppm(1_500);
    /// A day of samples may cost a thousandth of a position of the least notional.
    pub(super) const CRANK_SHARE_OF_NOTIONAL: Ppm = Ppm(1_000);
}

impl Params {
    /// The divisor that belongs to the decimals.
    pub fn notional_divisor_of(base_decimals: u8, quote_decimals: u8) -> Result<u64> {
        let exponent = u32::from(base_decimals)
            .checked_add(12)
            .and_then(|sum| sum.checked_sub(u32::from(quote_decimals)))
            .ok_or(RiskError::Overflow)?;
        10_u64.checked_pow(exponent).ok_or(RiskError::Overflow)
    }

    /// Whether every parameter lies within the program's constants and they fit together. The number in
    /// the error is the parameter's place in this list, from 1.
    pub fn validate(&self) -> Result<()> {
        let ranges = [
            (u64::from(self.base_decimals), bound::BASE_DECIMALS),
            (u64::from(self.quote_decimals), bound::QUOTE_DECIMALS),
            (self.stress_variance_e24, bound::STRESS_VARIANCE_E24),
            (u64::from(self.margin_min_ppm.0), bound::MARGIN_MIN_PPM),
            (u64::from(self.margin_max_ppm.0), bound::MARGIN_MAX_PPM),
            (u64::from(self.initial_margin_min_ppm.0), bound::INITIAL_MARGIN_MIN_PPM),
            (u64::from(self.liquidation_fee_ppm.0), bound::LIQUIDATION_FEE_PPM),
            (u64::from(self.trade_fee_ppm.0), bound::TRADE_FEE_PPM),
            (u64::from(self.confidence_max_ppm.0), bound::CONFIDENCE_MAX_PPM),
            (u64::from(self.utilisation_max_ppm.0), bound::UTILISATION_MAX_PPM),
            (u64::from(self.pool_share_max_ppm.0), bound::POOL_SHARE_MAX_PPM),
            (u64::from(self.order_delay_secs), bound::DELAY_SECS),
            (u64::from(self.order_window_secs), bound::WINDOW_SECS),
            (self.borrow_kink_rate_e12, bound::RATE_E12),
            (self.borrow_full_rate_e12, bound::RATE_E12),
            (self.funding_rate_max_e12, bound::RATE_E12),
            (self.funding_velocity_max_e18, bound::FUNDING_VELOCITY_E18),
        ];
        for (place, (value, range)) in (1_u8..).zip(ranges) {
            if !range.contains(&value) {
                return Err(RiskError::ParameterOutOfBounds(place));
            }
        }
        let relations = [
            self.notional_divisor == Self::notional_divisor_of(self.base_decimals, self.quote_decimals)?,
            self.margin_min_ppm <= self.margin_max_ppm,
            // What a liquidation costs must be small against what it protects.
            self.liquidation_fee_ppm.plus(self.liquidation_fee_ppm)? <= self.margin_min_ppm,
            self.order_window_secs > self.order_delay_secs,
            !self.depth_quote_atoms.is_zero(),
            !self.notional_min_quote_atoms.is_zero(),
            !self.chunk_min_quote_atoms.is_zero(),
            self.chunk_min_quote_atoms <= self.notional_min_quote_atoms,
            self.borrow_kink_utilisation_ppm < self.borrow_full_utilisation_ppm,
            self.borrow_full_utilisation_ppm <= Ppm::ONE,
            self.borrow_kink_rate_e12 <= self.borrow_full_rate_e12,
            // A trade of the whole open interest cap may move its price by a quarter at most.
            self.impact_scale_quote_atoms.is_zero() || self.impact_is_mild()?,
            // The price may rise a hundredfold before a side's notional could no longer be counted, and
            // liquidations with it.
            self.open_interest_cap_quote_atoms <= bound::OPEN_INTEREST_CAP,
            self.keeper_floor_quote_atoms
                <= self.notional_min_quote_atoms.share_floor(bound::KEEPER_SHARE_OF_NOTIONAL)?,
            self.crank_fee_quote_atoms
                <= self.notional_min_quote_atoms.share_floor(bound::CRANK_SHARE_OF_NOTIONAL)?,
        ];
        for (place, holds) in (101_u8..).zip(relations) {
            if !holds {
                return Err(RiskError::ParameterOutOfBounds(place));
            }
        }
        Ok(())
    }

    /// Four times the largest skew that an opening can leave fits the scale of the impact.
    fn impact_is_mild(&self) -> Result<bool> {
        let most =
            u128::from(self.open_interest_cap_quote_atoms.0).checked_mul(4).ok_or(RiskError::Overflow)?;
        let scale = self.impact_scale_quote_atoms;
        Ok(most <= u128::from(scale.0) && scale <= bound::IMPACT_SCALE)
    }

    /// `size * price` in quote atoms, rounded down: for values.
    pub fn notional_floor(&self, size: BaseAtoms, price: PriceE12) -> Result<QuoteAtoms> {
        fixed::mul_div_u64_floor(price.0, size.0, self.notional_divisor).map(QuoteAtoms)
    }

    /// `size * price` in quote atoms, rounded up: for requirements.
    pub fn notional_ceil(&self, size: BaseAtoms, price: PriceE12) -> Result<QuoteAtoms> {
        fixed::mul_div_u64_ceil(price.0, size.0, self.notional_divisor).map(QuoteAtoms)
    }

    /// The least size whose value at `price` reaches `notional`.
    pub fn size_ceil(&self, notional: QuoteAtoms, price: PriceE12) -> Result<BaseAtoms> {
        fixed::mul_div_u64_ceil(notional.0, self.notional_divisor, price.0).map(BaseAtoms)
    }

    /// A signed product `size * price difference`, in quote atoms, rounded down (towards minus infinity).
    pub fn signed_notional_floor(&self, magnitude: u128, negative: bool) -> Result<SignedQuoteAtoms> {
        let quote = if negative {
            fixed::div_u64_ceil(magnitude, self.notional_divisor)?
        } else {
            fixed::div_u64_floor(magnitude, self.notional_divisor)?
        };
        let quote = i128::try_from(quote).map_err(|_| RiskError::Overflow)?;
        let signed = if negative { quote.checked_neg().ok_or(RiskError::Overflow)? } else { quote };
        Ok(SignedQuoteAtoms(signed))
    }
}

impl QuoteAtoms {
    /// This share of the amount, rounded down.
    pub fn share_floor(self, share: Ppm) -> Result<Self> {
        fixed::mul_div_u64_floor(self.0, u64::from(share.0), crate::units::PPM).map(Self)
    }

    /// This share of the amount, rounded up.
    pub fn share_ceil(self, share: Ppm) -> Result<Self> {
        fixed::mul_div_u64_ceil(self.0, u64::from(share.0), crate::units::PPM).map(Self)
    }
}
