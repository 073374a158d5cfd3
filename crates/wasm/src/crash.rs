//! Isolated or cross: the same positions along a crash, sealed off from each other and in one account.
//!
//! Isolated is what the program does: the liquidation of `bulkhead_risk`, on two sightings at every step. The
//! cross account is what other venues do: all collateral stands behind all positions, and once the sum of
//! equities is under the sum of maintenance margins everything is closed at that price for the liquidation fee.

use bulkhead_client::Refusal;
use bulkhead_risk::liquidation::CONFIRM_SECS;
use bulkhead_risk::transition::{self, Frozen, Liquidation};
use bulkhead_risk::units::PPM;
use bulkhead_risk::{
    Market, Position, PositionStatus, PriceE12, Purpose, QuoteAtoms, RiskError, Sample, SignedQuoteAtoms,
    UnixSeconds, fixed,
};
use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::account;
use crate::look::Look;
use crate::record::{Amounts, Flags, record};
use crate::refuse::Result;

const STEP_SECS: u32 = 60;

record! {
    /// One step of the crash; the lists follow the order in which positions were added.
    CrashStep {
        pricesE12: Amounts,
        isolatedAtoms: Amounts,
        isolatedHit: Flags,
        isolatedTotalAtoms: u64,
        crossTotalAtoms: u64,
        crossClosed: bool,
    }
}

struct Held {
    market: Market,
    sample: Sample,
    now: UnixSeconds,
    price_at_start: PriceE12,
    moves_ppm: i32,
    sealed: Position,
    pooled: Position,
    is_hit: bool,
}

/// A crash to run over positions.
#[wasm_bindgen]
#[derive(Default)]
pub struct Crash {
    held: Vec<Held>,
}

#[wasm_bindgen]
impl Crash {
    /// Without positions.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a position whose market's price moves by `moves_ppm` until the end.
    pub fn add(&mut self, look: &Look, position: &[u8], moves_ppm: i32) -> std::result::Result<(), JsValue> {
        Ok(self.hold(look, position, moves_ppm)?)
    }

    /// Runs it in so many equal steps of a minute.
    #[wasm_bindgen(unchecked_return_type = "CrashStep[]")]
    pub fn run(mut self, steps: u32) -> std::result::Result<JsValue, JsValue> {
        Ok(self.steps(steps)?.into())
    }
}

impl Crash {
    fn hold(&mut self, look: &Look, position: &[u8], moves_ppm: i32) -> Result<()> {
        let view = account::position(position)?.view().map_err(Refusal::from)?;
        let market = look.seen()?;
        let accrued = view.accrued(&market.params, &market.ledger)?;
        let sample = *look.inner.sample();
        self.held.push(Held {
            market,
            sample,
            now: look.inner.now().max(sample.publish_time),
            price_at_start: sample.price,
            moves_ppm,
            sealed: accrued,
            pooled: accrued,
            is_hit: false,
        });
        Ok(())
    }

    fn steps(&mut self, steps: u32) -> Result<Array> {
        let (all, mut cross_left) = (Array::new(), None);
        for step in 0..=steps {
            let mut equities = SignedQuoteAtoms::ZERO;
            let (mut margins, mut fees) = (QuoteAtoms::ZERO, QuoteAtoms::ZERO);
            for held in &mut self.held {
                held.advance(step, steps)?;
                let valuation = held.pooled.value(&held.market.params, held.sample.price)?;
                equities = equities.plus(valuation.equity)?;
                margins = margins.plus(held.pooled.maintenance_margin(valuation.notional)?)?;
                fees = fees.plus(valuation.notional.share_ceil(held.pooled.liquidation_fee_ppm)?)?;
            }
            if cross_left.is_none() && equities.get() < margins.signed().get() {
                cross_left = Some(equities.minus(fees.signed())?.positive_part()?);
            }
            let isolated = self.held.iter().map(Held::left).collect::<std::result::Result<Vec<_>, _>>()?;
            let total = isolated.iter().try_fold(QuoteAtoms::ZERO, |sum, left| sum.plus(*left))?;
            let record = CrashStep {
                pricesE12: Amounts(self.held.iter().map(|held| held.sample.price.get()).collect()),
                isolatedAtoms: Amounts(isolated.iter().map(|left| left.get()).collect()),
                isolatedHit: Flags(self.held.iter().map(|held| held.is_hit).collect()),
                isolatedTotalAtoms: total.get(),
                crossTotalAtoms: cross_left.unwrap_or(equities.positive_part()?).get(),
                crossClosed: cross_left.is_some(),
            };
            all.push(&record.into());
        }
        Ok(all)
    }
}

impl Held {
    /// Moves the price on by a step and lets whoever keeps the market do his duty.
    fn advance(&mut self, step: u32, steps: u32) -> std::result::Result<(), RiskError> {
        if step > 0 {
            let share = i64::from(self.moves_ppm)
                .checked_mul(i64::from(step))
                .and_then(|moved| moved.checked_div(i64::from(steps)))
                .and_then(|moved| i64::try_from(PPM).ok()?.checked_add(moved))
                .and_then(|share| u64::try_from(share).ok())
                .ok_or(RiskError::Overflow)?;
            self.sample.price = PriceE12(fixed::mul_div_u64_floor(self.price_at_start.get(), share, PPM)?);
            self.wait(STEP_SECS)?;
        }
        // Twice, as a keeper would: the first sighting and, on a later sample, the act.
        for _ in 0..2 {
            if self.sealed.status != PositionStatus::Open {
                return Ok(());
            }
            let (market, sample) = (&self.market, &self.sample);
            match transition::liquidate(market, &self.sealed, sample, Frozen::default(), self.now)? {
                Liquidation::Skipped { position, .. } => self.sealed = position,
                Liquidation::Done(report) => {
                    (self.sealed, self.market.ledger, self.is_hit) = (report.position, report.ledger, true);
                }
            }
            self.wait(u32::try_from(CONFIRM_SECS).map_err(|_| RiskError::Overflow)?)?;
        }
        Ok(())
    }

    fn wait(&mut self, secs: u32) -> std::result::Result<(), RiskError> {
        self.now = self.now.after_secs(secs)?;
        self.sample.publish_time = self.sample.publish_time.after_secs(secs)?;
        let _ = self.market.observe(&self.sample, Purpose::Liquidate, self.now)?;
        Ok(())
    }

    /// What its owner still has in it.
    fn left(&self) -> std::result::Result<QuoteAtoms, RiskError> {
        match self.sealed.status {
            PositionStatus::Open => {
                self.sealed.value(&self.market.params, self.sample.price)?.equity.positive_part()
            }
            PositionStatus::Pending | PositionStatus::Closed => Ok(self.sealed.collateral),
        }
    }
}
