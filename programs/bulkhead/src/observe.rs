//! How an instruction looks at the oracle: read, check, project. The market is written only by those that
//! store what comes back.

use anchor_lang::prelude::*;
use bulkhead_risk as risk;
use risk::market::Observed;
use risk::{PriceE12, Purpose, Sample, UnixSeconds, collateral_price};

use crate::error::{BulkheadError, IntoProgram};
use crate::oracle;
use crate::state::Market;

/// A market as it is after a sample, and the sample.
pub(crate) struct Projection {
    /// The market, accrued to `now`, sample taken in.
    pub(crate) market: risk::Market,
    /// The sample.
    pub(crate) sample: Sample,
    /// What the sample did.
    pub(crate) observed: Observed,
    /// The chain's clock.
    pub(crate) now: UnixSeconds,
}

/// Reads the market's price account and takes its sample in for `purpose`. New risk is refused while the
/// market is stale.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
pub(crate) fn observe(market: &Market, price: &AccountInfo, purpose: Purpose) -> Result<Box<Projection>> {
    let now = UnixSeconds(Clock::get()?.unix_timestamp);
    let sample = oracle::read(&market.oracle, price)?;
    let mut view = market.view()?;
    let observed = match purpose {
        Purpose::Risk => view.observe_for_risk(&sample, now),
        _ => view.observe(&sample, purpose, now),
    }
    .or_refuse()?;
    Ok(Box::new(Projection { market: view, sample, observed, now }))
}

/// A market, and the price at which its pool is worth what it is: the index, or once it is settled the
/// settlement price, for which no oracle is asked any more.
pub(crate) struct PoolPrice {
    /// The market, accrued to `now`.
    pub(crate) market: risk::Market,
    /// The price.
    pub(crate) price: PriceE12,
    /// The chain's clock.
    pub(crate) now: UnixSeconds,
}

/// The market as the pool's providers see it: observed for `purpose`, or settled.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
pub(crate) fn observe_pool(market: &Market, price: &AccountInfo, purpose: Purpose) -> Result<Box<PoolPrice>> {
    let view = market.view()?;
    if view.status == risk::MarketStatus::Settled {
        let now = UnixSeconds(Clock::get()?.unix_timestamp);
        return Ok(Box::new(PoolPrice { price: view.settlement_price, market: view, now }));
    }
    let seen = observe(market, price, purpose)?;
    Ok(Box::new(PoolPrice { price: seen.market.oracle.index, market: seen.market, now: seen.now }))
}

/// An error where the market asks for the price of its collateral and that is missing, old or too low.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
pub(crate) fn require_collateral_worth(
    market: &Market,
    price: Option<&AccountInfo>,
    now: UnixSeconds,
) -> Result<()> {
    if !market.collateral_oracle.is_set() {
        return Ok(());
    }
    let price = price.ok_or_else(|| error!(BulkheadError::CollateralPriceRequired))?;
    let sample = oracle::read(&market.collateral_oracle, price)?;
    collateral_price::require_worth(&sample, now).or_refuse()
}
