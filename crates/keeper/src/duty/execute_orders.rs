//! Orders whose window the present price has reached. Whoever brings that price gets the tip, also where it
//! ends the order without a fill.

use std::collections::BTreeSet;

use bulkhead::instructions::ExecuteOrderArgs;
use bulkhead::state::{Order, OrderAction, POSITION_CLOSED, Position};
use bulkhead_client::ix;
use bulkhead_client::quote::Look;
use bulkhead_client::rpc::Keyed;
use bulkhead_risk::transition::{self, DecreaseArgs, IncreaseArgs};
use bulkhead_risk::{BaseAtoms, Ppm, PriceE12, Purpose, Result, UnixSeconds, orders};

use crate::action::{Action, Reward};
use crate::duty::Duty;
use crate::state::{MarketState, View};

/// One action for each position that has an order to fill: the next of its orders sees what this one left.
pub(super) fn plan(view: &View<'_>, now: UnixSeconds) -> Vec<Action> {
    let mut seen = BTreeSet::new();
    let mut due = Vec::new();
    for order in view.state.orders() {
        let Some(position) = view.state.position(&order.account.position) else { continue };
        let Some(market) = view.state.market(&position.market) else { continue };
        let is_filled = fills(view, market, position, &order.account, now).unwrap_or(false);
        if is_filled && seen.insert(order.account.position) {
            due.push(execution(view, market, &order));
        }
    }
    due
}

fn execution(view: &View<'_>, market: &MarketState, order: &Keyed<Order>) -> Action {
    let Order { placed_at, tip_lamports, position, id, payer, .. } = order.account;
    let args = ExecuteOrderArgs { placed_at, tip_lamports_min: tip_lamports };
    let instruction = ix::execute_order(&market.keys, view.keeper, position, id, payer, args);
    let action = Action::of(Duty::ExecuteOrders, market, order.key, instruction);
    Action {
        reward: Reward { lamports: tip_lamports, ..market.no_reward() },
        needs: Some(order.key),
        touches: vec![order.key, position],
        ..action
    }
}

/// Whether the price that stands is one of the order's window and ends it. None where it cannot be said.
fn fills(
    view: &View<'_>,
    market: &MarketState,
    position: &Position,
    order: &Order,
    now: UnixSeconds,
) -> Option<bool> {
    let since = order.view().ok()?.since().ok()?;
    let params = market.account.params.view();
    orders::require_in_window(&params, since, market.sample?.publish_time).ok()?;
    ends(view, market, position, order, now)
}

/// Whether the price that stands would end the order, filled or spent, were it one of its window. None where
/// it cannot be said.
pub(super) fn ends(
    view: &View<'_>,
    market: &MarketState,
    position: &Position,
    order: &Order,
    now: UnixSeconds,
) -> Option<bool> {
    let sample = market.sample?;
    if position.status == POSITION_CLOSED {
        return Some(false);
    }
    let look = Look::new(&market.account, sample, now).ok()?;
    let position = position.view().ok()?;
    let acceptable = PriceE12(order.acceptable_price_e12);
    let size = BaseAtoms(order.size_atoms);
    let outcome: Result<()> = match order.action().ok()? {
        OrderAction::Increase if view.state.is_new_risk_paused(now) => return Some(false),
        OrderAction::Increase => {
            let args = IncreaseArgs { size, payout_cap_ppm: Ppm(order.payout_cap_ppm), acceptable };
            let observed = look.observed(Purpose::Risk).ok()?;
            transition::increase(&observed, &position, &sample, &args, now).map(drop)
        }
        OrderAction::Decrease => {
            let observed = look.observed(Purpose::Decrease).ok()?;
            let args = DecreaseArgs { size, acceptable };
            transition::decrease(&observed, &position, &sample, &args, now).map(drop)
        }
    };
    let action = order.view().ok()?.action;
    Some(outcome.err().is_none_or(|refusal| orders::spends_order(action, refusal)))
}
