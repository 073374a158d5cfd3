//! What a position must hold: the add-on for size, the initial margin, and the prices at which it is judged.

use crate::error::{Result, RiskError};
use crate::fixed;
use crate::ledger::Side;
use crate::market::Market;
use crate::oracle::Sample;
use crate::params::{ADDON_AT_DEPTH_PPM, ADDON_PPM_MAX, INITIAL_OVER_MAINTENANCE_PPM, Params};
use crate::position::Position;
use crate::units::{BaseAtoms, PPM, Ppm, PriceE12, QuoteAtoms};

/// What the root is divided by: 1 / 1 %. A whole number, so that one division rounds as product and division would.
const DEPTH_OVER_ADDON: u64 = 100;
const _: () = assert!(DEPTH_OVER_ADDON * ADDON_AT_DEPTH_PPM == PPM);

/// Add-on of a side: 1 % * sqrt(open interest / depth), at most 10 %, rounded up.
///
/// It depends on the side's open interest and not on a position's size: at one time, one large position and
/// many small ones are asked for the same. What was opened earlier, when the side was smaller, keeps less.
pub fn addon_ppm_ceil(params: &Params, open_interest: QuoteAtoms) -> Result<Ppm> {
    let scaled = fixed::product(open_interest.0, 1_000_000_000_000);
    let root_ppm = fixed::sqrt_ceil(fixed::div_u64_ceil(scaled, params.depth_quote_atoms.0)?)?;
    let addon = fixed::div_u64_ceil(root_ppm, DEPTH_OVER_ADDON)?.min(u128::from(ADDON_PPM_MAX.0));
    u32::try_from(addon).map(Ppm).map_err(|_| RiskError::Overflow)
}

/// Mean of two rates weighted by size, rounded up.
pub fn weighted_ppm_ceil(old: (Ppm, BaseAtoms), new: (Ppm, BaseAtoms)) -> Result<Ppm> {
    let term = |(rate, size): (Ppm, BaseAtoms)| fixed::product(u64::from(rate.0), size.0);
    let sum = term(old).checked_add(term(new)).ok_or(RiskError::Overflow)?;
    let mean = fixed::div_u64_ceil(sum, old.1.plus(new.1)?.0)?;
    u32::try_from(mean).map(Ppm).map_err(|_| RiskError::Overflow)
}

/// The prices at which new risk is judged: the worst of the sample's edge and the mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// For profit and loss: the lowest for longs, the highest for shorts.
    pub equity_price: PriceE12,
    /// For the notional: the highest.
    pub notional_price: PriceE12,
}

impl Judgement {
    /// Of a position of `side` at `sample`.
    pub fn of(market: &Market, side: Side, sample: &Sample) -> Result<Self> {
        let highest = sample.ask()?.max(market.oracle.mark);
        let equity_price = match side {
            Side::Long => sample.bid()?.min(market.oracle.mark),
            Side::Short => highest,
        };
        Ok(Self { equity_price, notional_price: highest })
    }
}

impl Market {
    /// Add-on of `side` at its present open interest.
    pub fn addon_ppm(&self, side: Side) -> Result<Ppm> {
        let open_interest = self.ledger.side(side).open_interest;
        addon_ppm_ceil(&self.params, self.params.notional_ceil(open_interest, self.oracle.index)?)
    }

    /// Initial margin over notional:
    /// max(1.6 * max(m_target, m_ramp), 1 / largest leverage) + add-on + liquidation fee + 2 * conf / price.
    pub fn initial_ppm(&self, addon: Ppm, sample: &Sample) -> Result<Ppm> {
        let volatile = fixed::mul_div_u64_ceil(
            u64::from(self.volatility.margin_ppm()?.0),
            INITIAL_OVER_MAINTENANCE_PPM,
            PPM,
        )?;
        let volatile = u32::try_from(volatile).map(Ppm).map_err(|_| RiskError::Overflow)?;
        let confidence = sample.confidence_ppm_ceil()?;
        volatile.max(self.params.initial_margin_min_ppm).plus_all(&[
            addon,
            self.params.liquidation_fee_ppm,
            confidence,
            confidence,
        ])
    }

    /// Initial margin over notional that `position` is held to. What it stores counts where that is higher
    /// than the market's present: its add-on is a mean with older parts, and its liquidation fee may date
    /// from before a cut, and would else leave a maintenance margin above the initial one.
    pub fn initial_ppm_of(&self, position: &Position, addon_now: Ppm, sample: &Sample) -> Result<Ppm> {
        let fee_above = fixed::above(
            u64::from(position.liquidation_fee_ppm.0),
            u64::from(self.params.liquidation_fee_ppm.0),
        )?;
        let fee_above = u32::try_from(fee_above).map(Ppm).map_err(|_| RiskError::Overflow)?;
        self.initial_ppm(position.addon_ppm.max(addon_now), sample)?.plus(fee_above)
    }
}
