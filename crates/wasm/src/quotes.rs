//! What an act would do, before it is signed.

use bulkhead_client::{Refusal, quote};
use bulkhead_risk::impact::{buys, impact};
use bulkhead_risk::orders::OrderAction;
use bulkhead_risk::transition::{self, DecreaseArgs, Frozen, IncreaseArgs, Liquidation};
use bulkhead_risk::units::PPM;
use bulkhead_risk::{
    BaseAtoms, Position, Ppm, PriceE12, Purpose, QuoteAtoms, RiskError, Sample, Side, fixed,
};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::account;
use crate::look::Look;
use crate::orders::{action_of, side_of};
use crate::record::{put, record};
use crate::refuse::{Result, mistake};
use crate::standing::readiness;

type Thrown<T> = std::result::Result<T, JsValue>;

record! {
    /// Opening or increasing; `after` is the standing that it leaves.
    IncreaseAmounts {
        fillPriceE12: u64,
        notionalAtoms: u64,
        tradeFeeAtoms: u64,
        owedPaidAtoms: u64,
        /// Price impact: charged if positive, paid back if negative.
        impactAtoms: i128,
        reservedAddedAtoms: u64,
        initialMarginAtoms: u64,
        lossMaxAtoms: u64,
        winMaxAtoms: u64,
    }
}

record! {
    /// Decreasing or closing.
    DecreaseAmounts {
        fillPriceE12: u64,
        sizeAtoms: u64,
        notionalAtoms: u64,
        pnlAtoms: i128,
        payoutAtoms: u64,
        lossPaidAtoms: u64,
        owedPaidAtoms: u64,
        tradeFeeAtoms: u64,
        collateralAtoms: u64,
        isFull: bool,
    }
}

record! {
    /// What a keeper would earn. Nothing closes where `ready` is false.
    LiquidationView {
        ready: bool,
        readiness: String,
        rewardAtoms: u64,
        feeAtoms: u64,
        closedNotionalAtoms: u64,
        isFull: bool,
    }
}

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "export interface IncreaseView extends IncreaseAmounts { after: Standing; }
export interface DecreaseView extends DecreaseAmounts { after: Standing | null; }
";

#[wasm_bindgen]
impl Look {
    /// Opening a position.
    #[wasm_bindgen(js_name = quoteOpen, unchecked_return_type = "IncreaseView")]
    pub fn quote_open(
        &self,
        short: bool,
        collateral_atoms: u64,
        size_atoms: u64,
        payout_cap_ppm: u32,
        slippage_ppm: u32,
    ) -> Thrown<JsValue> {
        let pending = Position::pending(side_of(short), QuoteAtoms(collateral_atoms));
        Ok(self.increase(&pending, size_atoms, payout_cap_ppm, slippage_ppm)?)
    }

    /// Increasing a position.
    #[wasm_bindgen(js_name = quoteIncrease, unchecked_return_type = "IncreaseView")]
    pub fn quote_increase(
        &self,
        position: &[u8],
        size_atoms: u64,
        payout_cap_ppm: u32,
        slippage_ppm: u32,
    ) -> Thrown<JsValue> {
        Ok(self.increase(&view(position)?, size_atoms, payout_cap_ppm, slippage_ppm)?)
    }

    /// Decreasing or closing a position; a size of `u64::MAX` closes all.
    #[wasm_bindgen(js_name = quoteDecrease, unchecked_return_type = "DecreaseView")]
    pub fn quote_decrease(&self, position: &[u8], size_atoms: u64, slippage_ppm: u32) -> Thrown<JsValue> {
        Ok(self.decrease(position, size_atoms, slippage_ppm)?)
    }

    /// The standing after adding collateral.
    #[wasm_bindgen(js_name = quoteAdd, unchecked_return_type = "Standing")]
    pub fn quote_add(&self, position: &[u8], amount_atoms: u64) -> Thrown<JsValue> {
        Ok(self.after_adding(position, amount_atoms)?)
    }

    /// The standing after removing collateral.
    #[wasm_bindgen(js_name = quoteRemove, unchecked_return_type = "Standing")]
    pub fn quote_remove(&self, position: &[u8], amount_atoms: u64) -> Thrown<JsValue> {
        Ok(self.after_removing(position, amount_atoms)?)
    }

    /// The most that can be removed.
    #[wasm_bindgen(js_name = removableAtoms)]
    pub fn removable(&self, position: &[u8]) -> Thrown<u64> {
        Ok(self.removable_of(position)?)
    }

    /// What liquidating would do and pay.
    #[wasm_bindgen(js_name = quoteLiquidation, unchecked_return_type = "LiquidationView")]
    pub fn quote_liquidation(&self, position: &[u8]) -> Thrown<JsValue> {
        Ok(self.liquidation(position)?.into())
    }

    /// The size whose notional is `leverage_e2` hundredths of the collateral.
    #[wasm_bindgen(js_name = sizeAtLeverage)]
    pub fn size_at_leverage(&self, collateral_atoms: u64, leverage_e2: u32) -> Thrown<u64> {
        Ok(self.size_for(collateral_atoms, leverage_e2)?)
    }

    /// So many per cent of a position's size, to close; all of it at a hundred.
    #[wasm_bindgen(js_name = sizeOfPart)]
    pub fn size_of_part(&self, position: &[u8], percent: u32) -> Thrown<u64> {
        Ok(part_of(&view(position)?, percent)?)
    }

    /// The worst price to accept: the present one moved against the trader by `slippage_ppm`.
    #[wasm_bindgen(js_name = acceptablePriceE12)]
    pub fn acceptable_price(&self, short: bool, decrease: bool, slippage_ppm: u32) -> Thrown<u64> {
        Ok(acceptable(self.inner.sample(), side_of(short), action_of(decrease), slippage_ppm)?)
    }
}

impl Look {
    fn increase(&self, position: &Position, size: u64, cap: u32, slippage: u32) -> Result<JsValue> {
        let sample = self.inner.sample();
        let market = self.inner.observed(Purpose::Risk)?;
        let worst = acceptable(sample, position.side, OrderAction::Increase, slippage)?;
        let args =
            IncreaseArgs { size: BaseAtoms(size), payout_cap_ppm: Ppm(cap), acceptable: PriceE12(worst) };
        let report = transition::increase(&market, position, sample, &args, self.inner.now())?;
        let is_buy = buys(position.side, OrderAction::Increase);
        let moved = impact(&market.params, &market.ledger, is_buy, args.size, market.oracle.index)?;
        let mut market = market;
        market.ledger = report.ledger;
        let after = self.view(&market).standing(&report.position)?;
        let amounts = IncreaseAmounts {
            fillPriceE12: report.fill.get(),
            notionalAtoms: report.notional.get(),
            tradeFeeAtoms: report.trade_fee.get(),
            owedPaidAtoms: report.owed_paid.get(),
            impactAtoms: moved.charge.signed().minus(moved.rebate.signed())?.get(),
            reservedAddedAtoms: report.reserved_added.get(),
            initialMarginAtoms: report.initial_margin.get(),
            lossMaxAtoms: position.collateral.get(),
            winMaxAtoms: report.position.reserved.get(),
        };
        with_after(amounts.into(), after.into())
    }

    fn decrease(&self, position: &[u8], size: u64, slippage: u32) -> Result<JsValue> {
        let account = account::position(position)?;
        let side = account.view().map_err(Refusal::from)?.side;
        let worst = acceptable(self.inner.sample(), side, OrderAction::Decrease, slippage)?;
        let args = DecreaseArgs { size: BaseAtoms(size), acceptable: PriceE12(worst) };
        let report = quote::quote_decrease(&self.inner, &account, &args)?.report;
        let closed = report.closed;
        let amounts = DecreaseAmounts {
            fillPriceE12: closed.price.get(),
            sizeAtoms: closed.size.get(),
            notionalAtoms: closed.notional.get(),
            pnlAtoms: closed.pnl.get(),
            payoutAtoms: closed.payout.get(),
            lossPaidAtoms: closed.loss_paid.get(),
            owedPaidAtoms: closed.owed_paid.get(),
            tradeFeeAtoms: report.trade_fee.get(),
            collateralAtoms: report.position.collateral.get(),
            isFull: closed.is_full,
        };
        let after = match closed.is_full {
            true => JsValue::NULL,
            false => {
                let mut market = self.inner.observed(Purpose::Decrease)?;
                market.ledger = report.ledger;
                self.view(&market).standing(&report.position)?.into()
            }
        };
        with_after(amounts.into(), after)
    }

    fn after_adding(&self, position: &[u8], amount: u64) -> Result<JsValue> {
        let added = transition::add_collateral(&view(position)?, QuoteAtoms(amount))?;
        let market = self.seen()?;
        Ok(self.view(&market).standing(&added)?.into())
    }

    fn after_removing(&self, position: &[u8], amount: u64) -> Result<JsValue> {
        let mut market = self.inner.observed(Purpose::Risk)?;
        let (sample, now) = (self.inner.sample(), self.inner.now());
        let report =
            transition::remove_collateral(&market, &view(position)?, sample, QuoteAtoms(amount), now)?;
        market.ledger = report.ledger;
        Ok(self.view(&market).standing(&report.position)?.into())
    }

    fn removable_of(&self, position: &[u8]) -> Result<u64> {
        Ok(quote::removable_collateral(&self.inner, &account::position(position)?)?.get())
    }

    fn liquidation(&self, position: &[u8]) -> Result<LiquidationView> {
        let account = account::position(position)?;
        Ok(match quote::quote_liquidation(&self.inner, &account, Frozen::default())? {
            Liquidation::Skipped { assessment, .. } => LiquidationView {
                ready: false,
                readiness: readiness(assessment.readiness).into(),
                rewardAtoms: 0,
                feeAtoms: 0,
                closedNotionalAtoms: 0,
                isFull: false,
            },
            Liquidation::Done(report) => LiquidationView {
                ready: true,
                readiness: readiness(report.assessment.readiness).into(),
                rewardAtoms: report.keeper_pay.plus(report.insured.to_keeper)?.plus(report.settle_pay)?.get(),
                feeAtoms: report.fee.get(),
                closedNotionalAtoms: report.closed.notional.get(),
                isFull: report.closed.is_full,
            },
        })
    }

    fn size_for(&self, collateral: u64, leverage_e2: u32) -> Result<u64> {
        let notional = fixed::mul_div_u64_floor(collateral, u64::from(leverage_e2), 100)?;
        let market = self.seen()?;
        Ok(market.params.size_ceil(QuoteAtoms(notional), self.inner.sample().price)?.get())
    }
}

fn acceptable(sample: &Sample, side: Side, action: OrderAction, slippage: u32) -> Result<u64> {
    let (price, slippage) = (sample.price.get(), u64::from(slippage));
    Ok(if buys(side, action) {
        let share = PPM.checked_add(slippage).ok_or(RiskError::Overflow)?;
        fixed::mul_div_u64_floor(price, share, PPM)?
    } else {
        let share = PPM.checked_sub(slippage).ok_or_else(|| mistake("slippage over 100 %"))?;
        fixed::mul_div_u64_ceil(price, share, PPM)?
    })
}

fn part_of(position: &Position, percent: u32) -> Result<u64> {
    match percent {
        0..100 => Ok(fixed::mul_div_u64_floor(position.size.get(), u64::from(percent), 100)?),
        _ => Ok(u64::MAX),
    }
}

fn with_after(amounts: JsValue, after: JsValue) -> Result<JsValue> {
    put(&js_sys::Object::from(amounts.clone()), "after", after);
    Ok(amounts)
}

fn view(position: &[u8]) -> Result<Position> {
    Ok(account::position(position)?.view().map_err(Refusal::from)?)
}
