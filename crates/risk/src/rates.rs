//! What a market charges and shows at a moment: the answer of the view instruction, and what every client
//! shows.

use crate::accrual::borrow_rate_e12_floor;
use crate::error::Result;
use crate::ledger::{Ledger, Side};
use crate::market::{Market, MarketStatus};
use crate::units::{Ppm, PriceE12, QuoteAtoms, SignedQuoteAtoms, UnixSeconds};
use crate::volatility::Volatility;

/// Standard deviation over an hour, in ppm, by horizon, rounded down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sigmas {
    /// Of one hour.
    pub hour_ppm: u64,
    /// Of one day.
    pub day_ppm: u64,
    /// Of thirty days.
    pub month_ppm: u64,
    /// From the deviation from the oracle's average.
    pub ema_ppm: u64,
}

/// A market's rates at a moment, at its last index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Funding rate per second, 10^-18; positive: longs pay.
    pub funding_rate_e18: i64,
    /// Who pays funding; nobody at a rate of zero.
    pub funding_payer: Option<Side>,
    /// Borrow rate per second, 10^-12.
    pub borrow_rate_e12: u64,
    /// Share of the pool that is set aside, rounded up.
    pub utilisation: Ppm,
    /// Value of the longs, rounded down.
    pub long: QuoteAtoms,
    /// Value of the shorts, rounded down.
    pub short: QuoteAtoms,
    /// Longs less shorts.
    pub skew: SignedQuoteAtoms,
    /// Index at which they are valued: the last accepted, or the settlement price.
    pub index: PriceE12,
    /// m_target.
    pub target: Ppm,
    /// m_ramp, rounded up.
    pub ramp: Ppm,
    /// Volatility.
    pub sigmas: Sigmas,
    /// Ledger with the indexes at that moment.
    pub ledger: Ledger,
}

/// Rates of `market` at `now`. Needs no price: indexes run at the last one. A settled market charges nothing.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
pub fn rates(market: &Market, now: UnixSeconds) -> Result<Rates> {
    let is_settled = market.status == MarketStatus::Settled;
    let index = if is_settled { market.settlement_price } else { market.oracle.index };
    let mut ledger = market.ledger;
    let (funding_rate_e18, borrow_rate_e12) = if is_settled {
        (0, 0)
    } else {
        ledger.accrue(&market.params, index, now)?;
        (ledger.funding_rate_e18, borrow_rate_e12_floor(&market.params, &ledger)?)
    };
    let long = market.params.notional_floor(ledger.long.open_interest, index)?;
    let short = market.params.notional_floor(ledger.short.open_interest, index)?;
    Ok(Rates {
        funding_rate_e18,
        funding_payer: match funding_rate_e18 {
            0 => None,
            rate if rate > 0 => Some(Side::Long),
            _ => Some(Side::Short),
        },
        borrow_rate_e12,
        utilisation: ledger.utilisation_ppm_ceil()?,
        long,
        short,
        skew: long.signed().minus(short.signed())?,
        index,
        target: market.volatility.target_ppm,
        ramp: market.volatility.ramp_ppm_ceil()?,
        sigmas: market.volatility.sigmas()?,
        ledger,
    })
}

impl Volatility {
    /// What each horizon measures, over an hour.
    pub fn sigmas(&self) -> Result<Sigmas> {
        let sigma = Self::sigma_hour_ppm;
        Ok(Sigmas {
            hour_ppm: sigma(self.variance_1h_e24)?,
            day_ppm: sigma(self.variance_1d_e24)?,
            month_ppm: sigma(self.variance_30d_e24)?,
            ema_ppm: sigma(self.variance_ema_e24)?,
        })
    }
}
