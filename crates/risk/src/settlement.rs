//! How a market ends: at the last index of an oracle that died, or at the median index of a wind-down.
//!
//! Nobody supplies a price: both come out of samples that the market has accepted. Why a median of minutes,
//! and what moving it would take: docs/adr/0021-settlement.md.

use crate::error::{Result, RiskError};
use crate::ledger::Ledger;
use crate::market::{Market, MarketStatus};
use crate::units::{PriceE12, UnixSeconds};
use crate::volatility::BUCKET_SECS;

/// An oracle without an accepted sample for so long is dead: 7 days.
pub const DEAD_ORACLE_SECS: u32 = 604_800;
/// The prices of a wind-down come from this time after its beginning: 60 minutes.
pub const WIND_DOWN_SECS: u32 = 3_600;
/// Least minutes that the median is taken of. Later ones count until so many are there.
pub const MINUTES_MIN: usize = 30;
/// Most minutes that are kept.
pub const MINUTES_MAX: usize = 60;

/// The lower median: of an even number of prices the lower of the two in the middle. An error of none, or of
/// more than [`MINUTES_MAX`].
pub fn lower_median(prices: &[PriceE12]) -> Result<PriceE12> {
    let mut sorted = [PriceE12::ZERO; MINUTES_MAX];
    let sorted = sorted.get_mut(..prices.len()).ok_or(RiskError::Overflow)?;
    sorted.copy_from_slice(prices);
    sorted.sort_unstable();
    let last = prices.len().checked_sub(1).ok_or(RiskError::SettlementNotDue)?;
    sorted.get(last >> 1).copied().ok_or(RiskError::SettlementNotDue)
}

/// Why a market is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettlementCause {
    /// No sample was accepted for seven days.
    DeadOracle,
    /// The admin wound it down.
    WindDown,
}

/// What settling a market does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "store exactly these"]
pub struct MarketSettlement {
    /// Why.
    pub cause: SettlementCause,
    /// Price at which every position leaves.
    pub price: PriceE12,
    /// Ledger, accrued for the last time.
    pub ledger: Ledger,
}

/// The price that a wind-down keeps of the minute of the market's newest sample, and when it was published.
///
/// `market` has observed a sample that counted, so that its bucket is of the same minute and holds the first
/// accepted sample of it, whoever brought that one: who records cannot choose. `last` is the publish time of
/// the price recorded last, zero before the first; `count` is how many are kept.
pub fn price_to_record(market: &Market, last: UnixSeconds, count: usize) -> Result<(PriceE12, UnixSeconds)> {
    market.require_unsettled()?;
    if market.wind_down_from.is_zero() {
        return Err(RiskError::NotWindingDown);
    }
    let at = market.volatility.sampled_at;
    let is_late = at >= market.wind_down_from.after_secs(WIND_DOWN_SECS)?;
    if count >= MINUTES_MAX || (is_late && count >= MINUTES_MIN) {
        return Err(RiskError::SettlementPricesComplete);
    }
    let minute = |time: UnixSeconds| time.0.div_euclid(BUCKET_SECS);
    if at < market.wind_down_from || minute(at) <= minute(last) {
        return Err(RiskError::SettlementMinuteRecorded);
    }
    Ok((market.volatility.sampled_price, at))
}

/// Whether `market` may be settled now, and how. `prices` are those that its wind-down has kept; none without
/// one.
///
/// A complete wind-down comes before a dead oracle: its hour of prices is worth more than one. A dead oracle
/// accrues to the end of its seven days, whoever calls and when.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
pub fn settle_market(market: &Market, prices: &[PriceE12], now: UnixSeconds) -> Result<MarketSettlement> {
    market.require_unsettled()?;
    let (cause, price, until) = if is_wound_down(market, prices.len(), now)? {
        (SettlementCause::WindDown, lower_median(prices)?, now)
    } else {
        if market.oracle.published_at.is_zero() {
            return Err(RiskError::MarketUnsampled);
        }
        let dead_from = market.oracle.published_at.after_secs(DEAD_ORACLE_SECS)?;
        if now < dead_from {
            return Err(RiskError::SettlementNotDue);
        }
        (SettlementCause::DeadOracle, market.oracle.index, dead_from)
    };
    let mut ledger = market.ledger;
    ledger.accrue(&market.params, market.oracle.index, until)?;
    Ok(MarketSettlement { cause, price, ledger })
}

fn is_wound_down(market: &Market, count: usize, now: UnixSeconds) -> Result<bool> {
    Ok(!market.wind_down_from.is_zero()
        && now >= market.wind_down_from.after_secs(WIND_DOWN_SECS)?
        && count >= MINUTES_MIN)
}

impl Market {
    /// Ends it: it takes over what `settlement` says, and stands still from here.
    pub fn settle(&mut self, settlement: &MarketSettlement) {
        self.status = MarketStatus::Settled;
        self.settlement_price = settlement.price;
        self.ledger = settlement.ledger;
    }
}
