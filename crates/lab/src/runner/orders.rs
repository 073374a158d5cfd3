//! The keeper's other half: orders are executed when their price has come, and cancelled when none can come.

use anyhow::{Context, Result};
use bulkhead::instructions::ExecuteOrderArgs;
use bulkhead_client::events::AnyEvent;
use bulkhead_client::ix;
use bulkhead_risk::orders::{OrderAction, cancellable_from, require_in_window};
use bulkhead_risk::transition::{self, DecreaseArgs, IncreaseArgs};
use bulkhead_risk::{PositionStatus, Ppm, Purpose, UnixSeconds};

use super::holding::Waiting;
use super::{Replay, atoms, refused};

impl Replay {
    pub(super) fn execute_orders(&mut self) -> Result<()> {
        for index in self.live.clone() {
            let Some(waiting) = self.holdings[index].waiting else { continue };
            let since = UnixSeconds(waiting.placed_at);
            if require_in_window(&self.market.params, since, self.sample.publish_time).is_err() {
                continue;
            }
            match waiting.action {
                OrderAction::Increase => self.execute_increase(index, &waiting)?,
                OrderAction::Decrease => self.execute_decrease(index, &waiting)?,
            }
        }
        Ok(())
    }

    fn send_execution(&mut self, index: usize, waiting: &Waiting) -> Result<Option<Vec<AnyEvent>>> {
        let args = ExecuteOrderArgs { placed_at: waiting.placed_at, tip_lamports_min: waiting.tip_lamports };
        let (keys, keeper) = (self.world.keys, self.world.keeper.key);
        let holding = &self.holdings[index];
        let execute = ix::execute_order(&keys, keeper, holding.key, waiting.id, holding.owner.key, args);
        let events = self.send(&[execute])?;
        if events.is_some() {
            self.tally.summary.orders_executed += 1;
            self.holdings[index].waiting = None;
            self.reload_market()?;
        }
        Ok(events)
    }

    fn execute_increase(&mut self, index: usize, waiting: &Waiting) -> Result<()> {
        let plan = self.holdings[index].plan;
        let args = IncreaseArgs {
            size: waiting.size,
            payout_cap_ppm: Ppm(plan.payout_cap_ppm),
            acceptable: waiting.acceptable,
        };
        let position = self.holdings[index].position;
        let report = self
            .seen(Purpose::Risk)
            .and_then(|seen| transition::increase(&seen, &position, &self.sample, &args, self.now()));
        // What does not fit its order or the market waits, and is cancelled when its window has passed.
        let Ok(report) = report else { return Ok(()) };
        if self.send_execution(index, waiting)?.is_none() {
            return Ok(());
        }
        self.reload(index, &report.position)?;
        let paid = atoms(report.trade_fee) + atoms(report.owed_paid);
        self.holdings[index].past.lost_atoms += i128::from(paid);
        self.begin_anew(index)?;
        match plan.side {
            bulkhead::state::PositionSide::Long => self.tally.summary.opened_long += 1,
            bulkhead::state::PositionSide::Short => self.tally.summary.opened_short += 1,
        }
        Ok(())
    }

    fn execute_decrease(&mut self, index: usize, waiting: &Waiting) -> Result<()> {
        let args = DecreaseArgs { size: waiting.size, acceptable: waiting.acceptable };
        let position = self.holdings[index].position;
        let report = self
            .seen(Purpose::Decrease)
            .and_then(|seen| transition::decrease(&seen, &position, &self.sample, &args, self.now()));
        let Ok(report) = report else { return Ok(()) };
        let Some(events) = self.send_execution(index, waiting)? else {
            self.tally.summary.promises.payouts_refused += 1;
            return Ok(());
        };
        let closed = events.iter().find_map(|event| match event {
            AnyEvent::PositionDecreased(event) => Some(event.closed),
            _ => None,
        });
        let closed = closed.context("a decrease without its event")?;
        self.reload(index, &report.position)?;
        self.note_closed(index, &closed, report.closed.payout, 0);
        self.begin_anew(index)?;
        Ok(())
    }

    pub(super) fn cancel_dead_orders(&mut self) -> Result<()> {
        for index in self.live.clone() {
            let holding = &self.holdings[index];
            let Some(waiting) = holding.waiting else { continue };
            let from = cancellable_from(&self.market.params, waiting.action, UnixSeconds(waiting.placed_at))
                .map_err(refused)?;
            if holding.position.status != PositionStatus::Closed && self.now() < from {
                continue;
            }
            let (keys, keeper) = (self.world.keys, self.world.keeper.key);
            let cancel = ix::cancel_order(&keys, keeper, holding.key, waiting.id, holding.owner.key);
            if self.send(&[cancel])?.is_some() {
                self.tally.summary.orders_cancelled += 1;
                self.holdings[index].waiting = None;
                self.holdings[index].flat_since = self.world.now();
            }
        }
        Ok(())
    }
}
