//! Cross margin: what other venues do. All collateral of a trader stands behind all positions, and once the sum of
//! equities is below the sum of maintenance margins positions are closed until it is not.
//!
//! Pool, fees, price impact, payout caps, insurance and the margin at opening are those of the protocol; only the
//! account differs. What a position must hold falls with m_ramp and does not rise. Closed is first the position
//! with the largest requirement whose loss the account's cash can pay; where there is none, the one that gains
//! most, so that its gain can pay for the others.

use anyhow::Result;
use bulkhead_risk::liquidation::CONFIRM_SECS;
use bulkhead_risk::margin_call::CALL_PPM;
use bulkhead_risk::params::LIQUIDATION_KEEPER_SHARE_PPM;
use bulkhead_risk::{QuoteAtoms, transition};

use super::book::broken;
use super::held::Act;
use super::keepers::quiet_between;
use super::run::Run;
use super::scenario::{LIQUIDATION_TENTHS, SIGHTING_TENTHS};

const PPM: i128 = 1_000_000;

/// A position within its account, without collateral of its own.
struct Part {
    index: usize,
    equity: i128,
    required: u64,
    notional: u64,
    is_capped: bool,
}

impl Run<'_> {
    /// The positions of an account at the present prices.
    fn parts(&self, person: usize) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        for index in self.accounts[person].held.iter().flatten().copied() {
            let held = &self.held[index];
            let book = &self.books[held.market];
            let (params, price) = (&book.market.params, book.sample.price);
            let position = held.position.accrued(params, &book.market.ledger).map_err(broken)?;
            let value = position.value(params, price).map_err(broken)?;
            let required = position.maintenance_margin(value.notional).map_err(broken)?;
            parts.push(Part {
                index,
                equity: value.equity.get(),
                required: required.get(),
                notional: value.notional.get(),
                is_capped: position.has_reached_cap(&value),
            });
        }
        Ok(parts)
    }

    /// Equity and requirement of an account.
    fn sums(&self, person: usize, parts: &[Part]) -> (i128, i128) {
        let cash = self.accounts[person].cash.signed().get();
        let required = parts.iter().map(|part| i128::from(part.required)).sum();
        (cash + parts.iter().map(|part| part.equity).sum::<i128>(), required)
    }

    /// Looks at an account.
    pub(super) fn look_at_account(&mut self, person: usize) -> Result<()> {
        let parts = self.parts(person)?;
        let (equity, required) = self.sums(person, &parts);
        let notional = parts.iter().map(|part| i128::from(part.notional)).sum::<i128>().max(1);
        let is_called = equity * PPM < required * i128::from(CALL_PPM);
        let threshold = if is_called { required } else { required * i128::from(CALL_PPM) / PPM };
        let distance = ((equity - threshold) * PPM / notional).clamp(0, PPM) as i64;
        for part in &parts {
            let held = &self.held[part.index];
            let book = &self.books[held.market];
            if !book.has_sample {
                continue;
            }
            let stop = held.stop.map(|stop| stop.get());
            let quiet = quiet_between(&book.market, &held.position, &book.sample, distance, stop)?;
            let is_stopped = held.is_stopped(book.sample.price);
            let adds = is_called && held.adds_left > 0;
            let held = &mut self.held[part.index];
            (held.low, held.high) = quiet;
            if is_stopped {
                held.stop = None;
                self.plan_close(part.index);
            } else if adds {
                self.plan(part.index, Act::Add);
            }
            if part.is_capped || equity < required {
                self.wait_for_keeper(part.index);
            }
        }
        Ok(())
    }

    /// One act on an account. True while it has to be looked at again.
    pub(super) fn liquidate_account(&mut self, person: usize) -> Result<bool> {
        let mut parts = self.parts(person)?;
        if let Some(capped) = parts.iter().find(|part| part.is_capped).map(|part| part.index) {
            return self.settle_capped(capped);
        }
        let (mut equity, mut required) = self.sums(person, &parts);
        let now = self.now;
        if equity >= required {
            self.accounts[person].sighted_at = None;
            return Ok(false);
        }
        let since = *self.accounts[person].sighted_at.get_or_insert(now);
        if now - since < CONFIRM_SECS as i64 {
            self.tenths -= i64::from(SIGHTING_TENTHS);
            return Ok(true);
        }
        self.accounts[person].sighted_at = None;
        while equity < required && !parts.is_empty() {
            let cash = self.accounts[person].cash.signed().get();
            let largest =
                parts.iter().filter(|part| part.equity + cash >= 0).max_by_key(|part| part.required);
            let gains_most = parts.iter().max_by_key(|part| part.equity);
            let Some(next) = largest.or(gains_most) else { break };
            let (index, own_equity, own_required) = (next.index, next.equity, next.required);
            self.take(index, own_equity, own_required)?;
            parts = self.parts(person)?;
            (equity, required) = self.sums(person, &parts);
        }
        Ok(false)
    }

    /// Liquidates all of one position of an account.
    fn take(&mut self, index: usize, equity_of_size: i128, required: u64) -> Result<()> {
        self.tenths -= i64::from(LIQUIDATION_TENTHS);
        let held = self.held[index];
        let own = held.own.signed().get() + equity_of_size;
        let waited = held.waits_since.map_or(0, |since| self.now - since);
        self.tally.contagion += u32::from(own >= i128::from(required));
        self.tally.wholes += 1;
        self.tally.slowest_secs = self.tally.slowest_secs.max(waited);
        let bad_before = self.tally.bad_debt;
        let notional = self.close(index)?;
        self.tally.liquidated_notional += notional.get();
        self.note_hit(index);
        let shortfall = QuoteAtoms(self.tally.bad_debt - bad_before);
        self.tally.insolvent += u32::from(!shortfall.is_zero());
        let account = &mut self.accounts[held.person];
        let book = &mut self.books[held.market];
        let fee =
            notional.share_floor(book.market.params.liquidation_fee_ppm).map_err(broken)?.min(account.cash);
        account.cash = account.cash.minus(fee).map_err(broken)?;
        let keeper = fee.share_floor(LIQUIDATION_KEEPER_SHARE_PPM).map_err(broken)?;
        let ledger = &mut book.market.ledger;
        let insured = ledger.pay_from_insurance(QuoteAtoms::ZERO, shortfall, book.sample.publish_time);
        let insured = insured.map_err(broken)?;
        ledger.insurance = ledger.insurance.plus(fee.minus(keeper).map_err(broken)?).map_err(broken)?;
        book.keeper_paid += keeper.get();
        book.trade(notional, !held.is_long());
        self.tally.insured += insured.to_pool.get();
        self.tally.insurance_used += insured.to_pool.get();
        Ok(())
    }

    fn settle_capped(&mut self, index: usize) -> Result<bool> {
        self.tenths -= i64::from(LIQUIDATION_TENTHS);
        self.lend_cash(index);
        let held = &self.held[index];
        let book = &mut self.books[held.market];
        let settled = match book.observe()? {
            true => transition::settle_capped(&book.market, &held.position, &book.sample).ok(),
            false => None,
        };
        if let Some(report) = settled {
            book.market.ledger = report.ledger;
            book.keeper_paid += report.keeper_pay.get();
            book.trade(report.closed.notional, !held.is_long());
            self.held[index].position = report.position;
            self.tally.capped += 1;
            self.note_closed(&report.closed);
        }
        self.return_cash(index);
        let open = self.held[index].is_open();
        Ok(open && self.held[index].waits_since.is_some_and(|since| self.now - since < 60))
    }
}
