//! A market and its price at a moment: what everything on the page is computed from.

use std::str::FromStr;

use anchor_lang::prelude::Pubkey;
use bulkhead_client::{quote, read_sample};
use bulkhead_risk::rates::rates;
use bulkhead_risk::{Market, MarketStatus, Purpose, RiskError, Side, SignedQuoteAtoms, UnixSeconds, pool};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::account;
use crate::record::record;
use crate::refuse::{Result, mistake};
use crate::standing::{Standing, View};

const DAY_SECS: i128 = 86_400;
const E6: i128 = 1_000_000;

record! {
    /// What the page shows of a market.
    MarketView {
        status: String,
        priceE12: u64,
        confE12: u64,
        indexPriceE12: u64,
        markPriceE12: u64,
        publishTime: i64,
        sampledAt: i64,
        confWideSince: i64,
        baseDecimals: u32,
        quoteDecimals: u32,
        sigmaHour1hPpm: u64,
        sigmaHour1dPpm: u64,
        sigmaHour30dPpm: u64,
        sigmaHourEmaPpm: u64,
        targetPpm: u32,
        rampPpm: u32,
        addonLongPpm: u32,
        addonShortPpm: u32,
        initialLongPpm: u32,
        initialShortPpm: u32,
        openInterestLongAtoms: u64,
        openInterestShortAtoms: u64,
        openInterestLongQuoteAtoms: u64,
        openInterestShortQuoteAtoms: u64,
        skewQuoteAtoms: i128,
        pnlLongAtoms: i128,
        pnlShortAtoms: i128,
        positionsLong: u32,
        positionsShort: u32,
        /// Per day, of the notional; positive: longs pay.
        fundingDayE12: i128,
        /// Per day, of what is set aside.
        borrowDayE12: i128,
        utilisationPpm: u32,
        poolAtoms: u64,
        reservedAtoms: u64,
        freeAtoms: u64,
        shares: u64,
        /// Worth of the pool to those who enter; zero where it owes more than it holds.
        depositValueAtoms: u64,
        /// Worth of the pool to those who leave.
        withdrawalValueAtoms: u64,
        /// What a share costs on entering and brings on leaving, in 10^-9 atoms.
        depositPriceE9: u64,
        withdrawalPriceE9: u64,
        /// Traders' gains and funding due to them.
        promisedAtoms: u64,
        /// What withdrawals may still take within the hour.
        outflowLeftAtoms: u64,
        withdrawalsShort: u32,
        insuranceAtoms: u64,
        protocolFeesAtoms: u64,
        crankBudgetAtoms: u64,
        shortfallTotalAtoms: u64,
    }
}

/// A market and its price at a moment.
#[wasm_bindgen]
pub struct Look {
    pub(crate) inner: quote::Look,
}

#[wasm_bindgen]
impl Look {
    /// From the bytes of the market and of its price account, at `now` by the chain's clock. `updated` looks
    /// at the market as it is after `update_market`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        market: &[u8],
        price_address: &str,
        price_owner: &str,
        price: &[u8],
        now: i64,
        updated: bool,
    ) -> std::result::Result<Look, wasm_bindgen::JsValue> {
        Ok(Self::of(market, price_address, price_owner, price, now, updated)?)
    }

    /// The market.
    #[wasm_bindgen(unchecked_return_type = "MarketView")]
    pub fn market(&self) -> std::result::Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue> {
        Ok(self.market_view()?.into())
    }

    /// How a position stands.
    #[wasm_bindgen(unchecked_return_type = "Standing")]
    pub fn position(&self, data: &[u8]) -> std::result::Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue> {
        Ok(self.standing(data)?.into())
    }
}

impl Look {
    fn of(market: &[u8], address: &str, owner: &str, price: &[u8], now: i64, updated: bool) -> Result<Self> {
        let market = account::market(market)?;
        let sample = read_sample(&market.oracle, &key(address)?, &key(owner)?, price)?;
        let look = quote::Look::new(&market, sample, UnixSeconds(now))?;
        // Where the update itself is refused (an old price), what follows says so.
        let inner = if updated { look.updated().unwrap_or(look) } else { look };
        Ok(Self { inner })
    }

    /// The market with its sample taken in, where it is accepted; else as it was last.
    pub(crate) fn seen(&self) -> Result<Market> {
        Ok(self.inner.observed(Purpose::Observe).or_else(|_| self.inner.observed(Purpose::Decrease))?)
    }

    pub(crate) fn view<'a>(&'a self, market: &'a Market) -> View<'a> {
        View { market, sample: self.inner.sample(), now: self.inner.now() }
    }

    fn standing(&self, data: &[u8]) -> Result<Standing> {
        let position = account::position(data)?.view().map_err(bulkhead_client::Refusal::from)?;
        let market = self.seen()?;
        Ok(self.view(&market).standing(&position)?)
    }

    fn market_view(&self) -> Result<MarketView> {
        let market = self.seen()?;
        let (params, ledger, sample) = (&market.params, &market.ledger, self.inner.sample());
        let volatility = &market.volatility;
        let (addon_long, addon_short) = (market.addon_ppm(Side::Long)?, market.addon_ppm(Side::Short)?);
        let pnl = |side| ledger.side(side).pnl(side, params, sample.price);
        let (pnl_long, pnl_short): (SignedQuoteAtoms, SignedQuoteAtoms) =
            (pnl(Side::Long)?, pnl(Side::Short)?);
        let worth_at = match market.status {
            MarketStatus::Settled => market.settlement_price,
            MarketStatus::Active | MarketStatus::ReduceOnly => market.oracle.index,
        };
        let pool = pool::state::state(&market, worth_at, self.inner.now())?;
        let rates = rates(&market, self.inner.now())?;
        Ok(MarketView {
            status: status(&market).into(),
            priceE12: sample.price.get(),
            confE12: sample.conf.get(),
            indexPriceE12: market.oracle.index.get(),
            markPriceE12: market.oracle.mark.get(),
            publishTime: sample.publish_time.get(),
            sampledAt: volatility.sampled_at.get(),
            confWideSince: market.oracle.conf_wide_since.get(),
            baseDecimals: params.base_decimals.into(),
            quoteDecimals: params.quote_decimals.into(),
            sigmaHour1hPpm: rates.sigmas.hour_ppm,
            sigmaHour1dPpm: rates.sigmas.day_ppm,
            sigmaHour30dPpm: rates.sigmas.month_ppm,
            sigmaHourEmaPpm: rates.sigmas.ema_ppm,
            targetPpm: rates.target.get(),
            rampPpm: rates.ramp.get(),
            addonLongPpm: addon_long.get(),
            addonShortPpm: addon_short.get(),
            initialLongPpm: market.initial_ppm(addon_long, sample)?.get(),
            initialShortPpm: market.initial_ppm(addon_short, sample)?.get(),
            openInterestLongAtoms: ledger.long.open_interest.get(),
            openInterestShortAtoms: ledger.short.open_interest.get(),
            openInterestLongQuoteAtoms: rates.long.get(),
            openInterestShortQuoteAtoms: rates.short.get(),
            skewQuoteAtoms: rates.skew.get(),
            pnlLongAtoms: pnl_long.get(),
            pnlShortAtoms: pnl_short.get(),
            positionsLong: ledger.long.positions,
            positionsShort: ledger.short.positions,
            fundingDayE12: of_a_day(i128::from(rates.funding_rate_e18))? / E6,
            borrowDayE12: of_a_day(i128::from(rates.borrow_rate_e12))?,
            utilisationPpm: pool.utilisation_ppm.get(),
            poolAtoms: ledger.pool.get(),
            reservedAtoms: pool.reserved.get(),
            freeAtoms: pool.free.get(),
            shares: ledger.shares.get(),
            depositValueAtoms: pool.value_for_deposit.get(),
            withdrawalValueAtoms: pool.value_for_withdrawal.get(),
            depositPriceE9: pool.deposit_price_e9,
            withdrawalPriceE9: pool.withdrawal_price_e9,
            promisedAtoms: pool.promised.get(),
            outflowLeftAtoms: pool.outflow_left.get(),
            withdrawalsShort: ledger.withdrawals_short,
            insuranceAtoms: ledger.insurance.get(),
            protocolFeesAtoms: ledger.protocol_fees.get(),
            crankBudgetAtoms: ledger.crank_budget.get(),
            shortfallTotalAtoms: ledger.shortfall_total.get(),
        })
    }
}

fn of_a_day(rate_per_sec: i128) -> std::result::Result<i128, RiskError> {
    rate_per_sec.checked_mul(DAY_SECS).ok_or(RiskError::Overflow)
}

fn status(market: &Market) -> &'static str {
    use bulkhead_risk::MarketStatus::{Active, ReduceOnly, Settled};
    match market.status {
        Active => "active",
        ReduceOnly => "reduce-only",
        Settled => "settled",
    }
}

pub(crate) fn key(text: &str) -> Result<Pubkey> {
    Pubkey::from_str(text).map_err(|_| mistake("not an address"))
}
