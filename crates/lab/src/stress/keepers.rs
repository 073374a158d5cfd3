//! Keepers, and what they see: looks at positions, and liquidations one by one.

use std::cmp::Reverse;

use anyhow::Result;
use bulkhead_risk::liquidation::{LiquidationReason, Readiness, assess};
use bulkhead_risk::margin_call::{CALL_PPM, Standing};
use bulkhead_risk::transition::{self, Frozen, Liquidation, LiquidationReport};
use bulkhead_risk::trigger::cap_price;
use bulkhead_risk::{Market, Position, PositionStatus, Sample, Side};

use super::book::broken;
use super::held::Act;
use super::run::Run;
use super::scenario::{LIQUIDATION_TENTHS, SIGHTING_TENTHS};

const PPM: i64 = 1_000_000;

/// Prices between which nothing can have to be done: half of the way to the next threshold, the payout cap,
/// the owner's stop.
pub(super) fn quiet_between(
    market: &Market,
    position: &Position,
    sample: &Sample,
    distance_ppm: i64,
    stop: Option<u64>,
) -> Result<(u64, u64)> {
    let price = sample.price.get();
    let way = (i128::from(price) * i128::from(distance_ppm.clamp(0, PPM) / 2) / i128::from(PPM)) as u64;
    let cap = cap_price(market, position).map_err(broken)?.get();
    Ok(match position.side {
        Side::Long => ((price - way).max(stop.unwrap_or(0)), cap),
        Side::Short => (cap, (price + way).min(stop.unwrap_or(u64::MAX))),
    })
}

impl Run<'_> {
    /// Looks at one position, or in a pooled venue at its owner's account.
    pub(super) fn look(&mut self, index: usize) -> Result<()> {
        if self.venue.is_pooled() {
            return self.look_at_account(self.held[index].person);
        }
        let held = &self.held[index];
        let book = &self.books[held.market];
        let (market, sample) = (&book.market, &book.sample);
        let position = held.position.accrued(&market.params, &market.ledger);
        let position = position.and_then(|position| position.lowered(market)).map_err(broken)?;
        let assessment = assess(market, &position, sample, sample.publish_time).map_err(broken)?;
        let health = assessment.valuation.health_ppm_floor().map_err(broken)?;
        let required = i64::from(position.maintenance_ppm().map_err(broken)?.get());
        let is_called = Standing::of(&assessment).is_below(CALL_PPM).map_err(broken)?;
        let threshold = if is_called { required } else { required * CALL_PPM as i64 / PPM };
        let stop = held.stop.map(|stop| stop.get());
        let quiet = quiet_between(market, &position, sample, health.saturating_sub(threshold), stop)?;
        let is_stopped = held.is_stopped(sample.price);
        let adds = is_called && held.adds_left > 0;
        let is_hit = assessment.readiness != Readiness::Healthy;
        let held = &mut self.held[index];
        (held.low, held.high) = quiet;
        if is_stopped {
            // Found once; the plan stands.
            held.stop = None;
            self.plan_close(index);
        } else if adds {
            self.plan(index, Act::Add);
        }
        if is_hit {
            self.wait_for_keeper(index);
        }
        Ok(())
    }

    /// Puts a position into the keepers' queue.
    pub(super) fn wait_for_keeper(&mut self, index: usize) {
        if self.held[index].waits_since.is_none() {
            self.held[index].waits_since = Some(self.now);
            self.queue.push(index);
        }
    }

    /// Keepers work off what they have found, as far as they get: those that pay most first.
    pub(super) fn keep(&mut self) -> Result<()> {
        let mut queue = std::mem::take(&mut self.queue);
        queue.sort_by_key(|index| {
            let held = &self.held[*index];
            let price = self.books[held.market].sample.price.get();
            Reverse(u128::from(held.position.size.get()) * u128::from(price))
        });
        for index in queue {
            let Some(since) = self.held[index].waits_since else { continue };
            if !self.held[index].is_open() {
                self.held[index].waits_since = None;
                continue;
            }
            let has_price = self.books[self.held[index].market].has_sample;
            let ready = has_price && since + self.scenario.delay_secs <= self.now;
            if !ready || self.tenths < i64::from(LIQUIDATION_TENTHS) {
                self.queue.push(index);
                continue;
            }
            let stays = match self.venue.is_pooled() {
                true => self.liquidate_account(self.held[index].person)?,
                false => self.liquidate(index)?,
            };
            if stays {
                self.queue.push(index);
            } else {
                self.held[index].waits_since = None;
                if self.held[index].is_open() {
                    self.look(index)?;
                }
            }
        }
        Ok(())
    }

    /// One act on one position. True while it has to be looked at again.
    fn liquidate(&mut self, index: usize) -> Result<bool> {
        let held = &self.held[index];
        let book = &mut self.books[held.market];
        let (sample, now) = (book.sample, book.sample.publish_time);
        if !book.observe()? {
            return Ok(true);
        }
        let before = held.position;
        match transition::liquidate(&book.market, &before, &sample, Frozen::default(), now).map_err(broken)? {
            Liquidation::Skipped { position, assessment } => {
                self.tenths -= i64::from(SIGHTING_TENTHS);
                self.held[index].position = position;
                Ok(assessment.readiness != Readiness::Healthy)
            }
            Liquidation::Done(report) => {
                self.tenths -= i64::from(LIQUIDATION_TENTHS);
                self.note_liquidated(index, &before, &report)?;
                Ok(false)
            }
        }
    }

    fn note_liquidated(&mut self, index: usize, before: &Position, report: &LiquidationReport) -> Result<()> {
        let held = &mut self.held[index];
        let market_index = held.market;
        let book = &mut self.books[market_index];
        let waited = held.waits_since.map_or(0, |since| self.now - since);
        if report.reason == LiquidationReason::PayoutCapped {
            self.tally.capped += 1;
        } else {
            // Judged anew and alone, from what was stored: its own equity against its own requirement.
            let own = before.accrued(&book.market.params, &book.market.ledger);
            let own = own.and_then(|own| own.lowered(&book.market)).map_err(broken)?;
            let value = own.value(&book.market.params, report.assessment.price).map_err(broken)?;
            let required = own.maintenance_margin(value.notional).map_err(broken)?;
            self.tally.contagion += u32::from(value.equity.get() >= required.signed().get());
            self.tally.wholes += u32::from(report.closed.is_full);
            self.tally.parts += u32::from(!report.closed.is_full);
            self.tally.insolvent += u32::from(report.reason == LiquidationReason::Insolvent);
            self.tally.liquidated_notional += report.closed.notional.get();
            self.tally.slowest_secs = self.tally.slowest_secs.max(waited);
        }
        book.market.ledger = report.ledger;
        book.keeper_paid +=
            report.keeper_pay.get() + report.insured.to_keeper.get() + report.settle_pay.get();
        book.trade(report.closed.notional, held.position.side == Side::Short);
        held.position = report.position;
        self.tally.insured += report.insured.to_pool.get();
        self.tally.insurance_used += report.insured.to_pool.get() + report.insured.to_keeper.get();
        self.note_closed(&report.closed);
        if report.reason != LiquidationReason::PayoutCapped {
            self.note_hit(index);
        }
        debug_assert!(report.closed.is_full == (self.held[index].position.status == PositionStatus::Closed));
        Ok(())
    }
}
