//! The keeper: whatever anyone may do to keep the market running, when the risk functions say that it would
//! do something.

use anyhow::{Context, Result, ensure};
use bulkhead::events::ClosedAmounts;
use bulkhead_client::events::AnyEvent;
use bulkhead_client::ix;
use bulkhead_risk::liquidation::{Assessment, LiquidationReason, Readiness, assess, reason};
use bulkhead_risk::transition::{self, Frozen, Liquidation as Outcome};
use bulkhead_risk::{Market, Position, PositionStatus, Ppm, Purpose, QuoteAtoms, RiskError, UnixSeconds};

use super::{Replay, atoms, refused};
use crate::record::{Cause, Liquidation};

/// A refresh is worth its fee once it moves the requirement by this share of itself, up or down. Following every
/// change would take six times the refreshes and lead to the same counts.
const REFRESH_STEP_PPM: u64 = 2_500;
const REFRESHES_PER_TRANSACTION: usize = 8;
const FLAGS_PER_TRANSACTION: usize = 16;
/// Prices in records have 8 decimals, the program's 12.
const E12_PER_E8: u64 = 10_000;

/// A position as the program would see it at the sample.
fn current(market: &Market, position: &Position) -> Result<Position, RiskError> {
    position.accrued(&market.params, &market.ledger)?.lowered(market)
}

fn is_worth_it(before: Ppm, after: Ppm) -> bool {
    u64::from(before.get().abs_diff(after.get())) * 1_000_000 >= u64::from(before.get()) * REFRESH_STEP_PPM
        && before != after
}

/// One liquidation or settling as the host foresaw it.
struct Foreseen {
    cause: Cause,
    assessment: Assessment,
    maintenance: Ppm,
    payout: QuoteAtoms,
    after: Position,
    pool_after: QuoteAtoms,
}

/// What the program's event says of a liquidation or a settling.
struct Taken {
    closed: ClosedAmounts,
    fine_atoms: u64,
    keeper_atoms: u64,
    insured_atoms: u64,
}

impl Replay {
    fn open_ones(&self) -> Vec<usize> {
        self.live.iter().copied().filter(|index| self.holdings[*index].is_open()).collect()
    }

    fn standing(&self, market: &Market, position: &Position) -> Result<Assessment, RiskError> {
        assess(market, position, &self.sample, self.now())
    }

    /// Reads a position's account again and holds it against what the host foresaw.
    pub(super) fn reload(&mut self, index: usize, foreseen: &Position) -> Result<()> {
        let holding = &mut self.holdings[index];
        let stored = self.world.position(&holding.key).view()?;
        ensure!(
            stored == Position { margin_called: stored.margin_called, ..*foreseen }, // a call moves nothing
            "{}: the program stored {stored:?}, the host foresaw {foreseen:?}",
            holding.label()
        );
        if stored.status == PositionStatus::Closed && holding.position.status != PositionStatus::Closed {
            holding.flat_since = self.world.now();
        }
        holding.position = stored;
        Ok(())
    }

    /// Size or collateral has changed: what was survived before says nothing about what is there now.
    pub(super) fn begin_anew(&mut self, index: usize) -> Result<()> {
        let holding = &mut self.holdings[index];
        let value = holding.position.value(&self.market.params, self.sample.price).map_err(refused)?;
        holding.past.q_begun_ppm = value.health_ppm_floor().map_err(refused)?;
        holding.past.q_lowest_survived_ppm = None;
        Ok(())
    }

    /// Once a minute, at the sample that opened the bucket.
    pub(super) fn refresh(&mut self) -> Result<()> {
        if !self.opened_bucket {
            return Ok(());
        }
        let seen = self.seen(Purpose::Observe).map_err(refused)?;
        let mut due = vec![];
        for index in self.open_ones() {
            let stored = self.holdings[index].position;
            let refreshed = stored
                .accrued(&seen.params, &seen.ledger)
                .and_then(|accrued| accrued.refreshed(&seen, &self.sample, self.now()))
                .map_err(refused)?;
            let before = stored.maintenance_ppm().map_err(refused)?;
            self.holdings[index].past.maintenance_before_raise = None;
            if is_worth_it(before, refreshed.maintenance_ppm().map_err(refused)?) {
                due.push((index, refreshed));
            }
        }
        for batch in due.chunks(REFRESHES_PER_TRANSACTION) {
            let keys = self.world.keys;
            let instructions: Vec<_> = batch
                .iter()
                .map(|(index, _)| ix::refresh_position(&keys, self.holdings[*index].key))
                .collect();
            if self.send(&instructions)?.is_none() {
                continue;
            }
            self.tally.summary.refreshes += batch.len() as u64;
            for (index, refreshed) in batch {
                self.note_refresh(&seen, *index, refreshed)?;
            }
        }
        Ok(())
    }

    fn note_refresh(&mut self, seen: &Market, index: usize, refreshed: &Position) -> Result<()> {
        let stored = self.holdings[index].position;
        let below = |position: &Position| -> Result<bool, RiskError> {
            let standing = self.standing(seen, position)?;
            Ok(reason(position, &standing.valuation, standing.maintenance_margin).is_some())
        };
        let was_below = current(seen, &stored).and_then(|position| below(&position)).map_err(refused)?;
        let is_below = below(refreshed).map_err(refused)?;
        let mut foreseen = stored.with_requirement_of(refreshed);
        if !is_below {
            foreseen.below_since = UnixSeconds::ZERO;
        }
        self.reload(index, &foreseen)?;
        let before = stored.maintenance_ppm().map_err(refused)?;
        let past = &mut self.holdings[index].past;
        past.tipped_by_refresh |= is_below && !was_below;
        if foreseen.maintenance_ppm().map_err(refused)? > before {
            past.maintenance_before_raise = Some(before);
        }
        Ok(())
    }

    /// Flags what is below maintenance for the first time or healthy again, and liquidates or settles what is
    /// ready.
    pub(super) fn watch(&mut self) -> Result<()> {
        let seen = self.seen(Purpose::Liquidate).map_err(refused)?;
        let (mut sightings, mut ready) = (vec![], vec![]);
        for index in self.open_ones() {
            let stored = self.holdings[index].position;
            let position = current(&seen, &stored).map_err(refused)?;
            let standing = self.standing(&seen, &position).map_err(refused)?;
            match standing.readiness {
                Readiness::Healthy if stored.below_since.is_zero() => {}
                Readiness::Healthy | Readiness::FirstSighting => {
                    let sighted = position.sighted(standing.readiness, &self.sample);
                    sightings.push((index, stored.with_requirement_of(&sighted)));
                }
                Readiness::Unconfirmed | Readiness::HeldBack => {}
                Readiness::Ready(_) => ready.push(index),
            }
        }
        for batch in sightings.chunks(FLAGS_PER_TRANSACTION) {
            let keys: Vec<_> = batch.iter().map(|(index, _)| self.holdings[*index].key).collect();
            let flag = ix::flag(&self.world.keys, &keys);
            if self.send(&[flag])?.is_some() {
                self.tally.summary.flags += batch.len() as u64;
                for (index, foreseen) in batch {
                    self.reload(*index, foreseen)?;
                }
            }
        }
        ready.into_iter().try_for_each(|index| self.take(index))
    }

    fn take(&mut self, index: usize) -> Result<()> {
        let Some(foreseen) = self.foresee(index).map_err(refused)? else { return Ok(()) };
        let (keys, keeper) = (self.world.keys, self.world.keeper);
        let key = self.holdings[index].key;
        let instruction = match foreseen.cause {
            Cause::PayoutCapped => ix::settle_capped(&keys, keeper.key, keeper.tokens, key),
            _ => ix::liquidate(&keys, keeper.key, keeper.tokens, key),
        };
        let Some(events) = self.send(&[instruction])? else {
            self.tally.summary.promises.payouts_refused += u64::from(!foreseen.payout.is_zero());
            return Ok(());
        };
        let taken = events.iter().find_map(|event| match event {
            AnyEvent::PositionLiquidated(event) => Some(Taken {
                closed: event.closed,
                fine_atoms: event.keeper_pay_atoms + event.insurance_pay_atoms,
                // Its part of the fine, and what insurance or the crank budget adds.
                keeper_atoms: event.keeper_pay_atoms + event.keeper_floor_pay_atoms + event.settle_pay_atoms,
                insured_atoms: event.shortfall_covered_atoms,
            }),
            AnyEvent::CappedSettled(event) => Some(Taken {
                closed: event.closed,
                fine_atoms: 0,
                keeper_atoms: event.keeper_pay_atoms,
                insured_atoms: 0,
            }),
            _ => None,
        });
        let taken = taken.context("a liquidation without its event")?;
        self.reload_market()?;
        ensure!(self.market.ledger.pool == foreseen.pool_after, "the pool differs from what was foreseen");
        let event = self.recorded(index, &foreseen, &taken)?;
        self.reload(index, &foreseen.after)?;
        self.note_closed(index, &taken.closed, foreseen.payout, taken.fine_atoms);
        self.tally.summary.shortfall.insured_atoms += taken.insured_atoms;
        self.begin_anew(index)?;
        self.liquidations.push(event);
        Ok(())
    }

    /// What liquidating or settling would do now; none if nothing: one before it may have cured it.
    fn foresee(&self, index: usize) -> Result<Option<Foreseen>, RiskError> {
        let seen = self.seen(Purpose::Liquidate)?;
        let stored = self.holdings[index].position;
        let position = current(&seen, &stored)?;
        let maintenance = position.maintenance_ppm()?;
        let assessment = self.standing(&seen, &position)?;
        let Readiness::Ready(reason) = assessment.readiness else { return Ok(None) };
        if reason == LiquidationReason::PayoutCapped {
            match transition::settle_capped(&seen, &stored, &self.sample) {
                Ok(report) => {
                    return Ok(Some(Foreseen {
                        cause: Cause::PayoutCapped,
                        assessment,
                        maintenance,
                        payout: report.closed.payout,
                        after: report.position,
                        pool_after: report.ledger.pool,
                    }));
                }
                // The price impact of settling would take a part of the cap: it is judged by its margin.
                Err(RiskError::PayoutCapNotReached) => {}
                Err(other) => return Err(other),
            }
        }
        match transition::liquidate(&seen, &stored, &self.sample, Frozen::default(), self.now())? {
            Outcome::Skipped { .. } => Ok(None),
            Outcome::Done(report) => Ok(Some(Foreseen {
                cause: match (reason, report.closed.is_full) {
                    (LiquidationReason::Insolvent, _) => Cause::Insolvent,
                    (_, true) => Cause::BelowMaintenanceFull,
                    (_, false) => Cause::BelowMaintenancePartial,
                },
                assessment,
                maintenance,
                payout: report.closed.payout,
                after: report.position,
                pool_after: report.ledger.pool,
            })),
        }
    }

    /// The record of a liquidation.
    fn recorded(&self, index: usize, foreseen: &Foreseen, taken: &Taken) -> Result<Liquidation> {
        let (holding, closed) = (&self.holdings[index], &taken.closed);
        Ok(Liquidation {
            ts_secs: self.world.now(),
            position: holding.label(),
            side: holding.side(),
            cause: foreseen.cause,
            price_e8: closed.fill_price_e12 / E12_PER_E8,
            closed_notional_atoms: closed.notional_atoms,
            fee_atoms: taken.fine_atoms,
            keeper_pay_atoms: taken.keeper_atoms,
            shortfall_atoms: closed.shortfall_atoms,
            q_ppm: foreseen.assessment.valuation.health_ppm_floor().map_err(refused)?,
            mm_total_ppm: foreseen.maintenance.get(),
            q_opening_ppm: holding.past.q_begun_ppm,
            q_lowest_survived_ppm: holding.past.q_lowest_survived_ppm,
            mm_total_before_refresh_ppm: holding.past.maintenance_before_raise.map(Ppm::get),
            made_by_refresh: holding.past.tipped_by_refresh,
        })
    }

    /// Books what a close realised against what the position ever had.
    pub(super) fn note_closed(
        &mut self,
        index: usize,
        closed: &ClosedAmounts,
        payout: QuoteAtoms,
        fees_atoms: u64,
    ) {
        let promises = &mut self.tally.summary.promises;
        promises.payouts_refused += u64::from(closed.payout_atoms < atoms(payout));
        let past = &mut self.holdings[index].past;
        let taken = [closed.loss_paid_atoms, closed.owed_paid_atoms, closed.trade_fee_atoms, fees_atoms];
        past.lost_atoms += taken.into_iter().map(i128::from).sum::<i128>() - i128::from(closed.payout_atoms);
        promises.losses_beyond_vault += u64::from(past.lost_atoms > past.put_in_atoms);
        self.tally.note_shortfall(closed.shortfall_atoms);
    }

    /// Whatever was healthy at this sample has survived its q; who defends decides now to add.
    pub(super) fn note_survivors(&mut self) -> Result<()> {
        let Ok(seen) = self.seen(Purpose::Observe) else { return Ok(()) };
        for index in self.open_ones() {
            let position = current(&seen, &self.holdings[index].position).map_err(refused)?;
            let standing = self.standing(&seen, &position).map_err(refused)?;
            if standing.readiness != Readiness::Healthy {
                continue;
            }
            let q_ppm = standing.valuation.health_ppm_floor().map_err(refused)?;
            let maintenance = i64::from(position.maintenance_ppm().map_err(refused)?.get());
            let now = self.world.now();
            let holding = &mut self.holdings[index];
            holding.past.tipped_by_refresh = false;
            let lowest = &mut holding.past.q_lowest_survived_ppm;
            *lowest = Some(lowest.map_or(q_ppm, |lowest| lowest.min(q_ppm)));
            if holding.plan.defends && !holding.has_defended && q_ppm < maintenance * 13 / 10 {
                holding.has_defended = true;
                holding.plan.add_at_secs = Some(now);
            }
        }
        Ok(())
    }
}
