//! Providers who leave, plans that top up, and the end of a market.

use bulkhead_risk::pool::withdraw::{self, Withdrawal};
use bulkhead_risk::settlement::settle_market;
use bulkhead_risk::top_up::{Plan, top_up};
use bulkhead_risk::transition::*;
use bulkhead_risk::*;

use super::super::state::usd;
use super::{World, rounding};

/// After so long without a price anyone may end a market.
const SILENCE_SECS: i64 = 604_800;

impl World {
    /// Shares leave at this price, as if their hour were over.
    pub(super) fn withdraw(&mut self, ppm: u64) {
        let ledger = self.market.ledger;
        let shares =
            Shares((u128::from(ledger.shares.0) * u128::from(ppm.min(1_000_000)) / 1_000_000) as u64);
        let Some(asked) =
            self.note("ask", withdraw::request(&ledger, &self.market.params, shares, 10_000, self.now))
        else {
            return;
        };
        let lapses_at = UnixSeconds(self.now.0 + 3_600);
        let withdrawal = Withdrawal { executable_from: self.now, lapses_at, ..asked };
        let price = match self.market.status {
            MarketStatus::Settled => self.market.settlement_price,
            _ => self.sample.price,
        };
        let paid = withdraw::execute(&self.market, price, &withdrawal, withdrawal.shares, self.now);
        if let Some(done) = self.note("withdraw", paid) {
            rounding::assert_withdrawal(&ledger, &done);
            self.came_in -= i128::from(done.amount.0);
            self.market.ledger = done.ledger;
            // What was not paid is called off, so that no withdrawal waits for ever.
            if !done.withdrawal.shares.is_zero() {
                self.market.ledger = withdraw::cancel(&self.market.ledger, &done.withdrawal).unwrap();
            }
        }
    }

    pub(super) fn top_up(&mut self, place: usize, dollars: u64) {
        let Some(place) = self.pick(place) else { return };
        let before = self.positions[place];
        let plan = Plan {
            budget: usd(dollars),
            trigger_ppm: Ppm(1_500_000),
            amount: usd(dollars),
            interval_secs: 15,
            last_at: UnixSeconds::ZERO,
            keeper_pay: QuoteAtoms(dollars),
        };
        let topped = top_up(&self.market, &before, &plan, &self.sample, self.now);
        if let Some(done) = self.note("top up", topped) {
            let moved = done.split.moved().unwrap();
            assert_eq!(plan.budget.0 - done.plan.budget.0, moved.0, "INV-20");
            assert_eq!(done.position.collateral.0 - before.collateral.0, done.split.into_vault.0);
            self.came_in += i128::from(done.split.into_vault.0);
            self.positions[place] = done.position;
        }
    }

    /// A week passes without a price.
    pub(super) fn end(&mut self) {
        self.now = UnixSeconds(self.now.0 + SILENCE_SECS);
        let settled = settle_market(&self.market, &[], self.now);
        if let Some(settlement) = self.note("end", settled) {
            self.market.settle(&settlement);
        }
    }

    pub(super) fn settle_final(&mut self, place: usize, frozen: bool) {
        let Some(place) = self.pick(place) else { return };
        let before = self.positions[place];
        let settled = settle_final(&self.market, &before, frozen);
        if let Some(done) = self.note("settle for good", settled) {
            rounding::assert_closed(&self.market.params, &before, &done.closed);
            assert_eq!(done.position.status, PositionStatus::Closed);
            self.book(place, done.position, done.ledger, done.flow, 0);
        }
    }
}
