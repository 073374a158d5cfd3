//! Orders whose trigger the present price meets: their window begins. The first trigger of each pays.

use std::collections::BTreeMap;

use bulkhead::constants::TRIGGER_TIP_LAMPORTS;
use bulkhead::state::{Order, POSITION_CLOSED};
use bulkhead_client::ix;
use bulkhead_client::rpc::Keyed;
use bulkhead_risk::UnixSeconds;

use super::execute_orders::ends;
use crate::action::{Action, Reward};
use crate::duty::Duty;
use crate::state::{MarketState, View};

/// One action for each order.
pub(super) fn plan(view: &View<'_>, now: UnixSeconds) -> Vec<Action> {
    // Orders may wait in thousands: each market is read once.
    let known = |market: &MarketState| Some((market.keys.market, market.account.view().ok()?));
    let markets: BTreeMap<_, _> = view.state.markets().filter_map(known).collect();
    let trigger = |order: Keyed<Order>| {
        let position = view.state.position(&order.account.position)?;
        let market = view.state.market(&position.market)?;
        let (sample, known) = (market.sample?, markets.get(&position.market)?);
        if position.status == POSITION_CLOSED {
            return None;
        }
        let (side, waiting) = (position.view().ok()?.side, order.account.view().ok()?);
        let _window_from = waiting.triggered(known, side, &sample, now).ok()?;
        let is_due = !order.account.was_triggered() || {
            // The chain's clock may be a little behind what is known of it here.
            let clock = UnixSeconds(now.0.saturating_sub(1));
            let is_over = !waiting.may_still_fill(&known.params, clock).ok()?;
            // Again it pays nothing: only where a fill is to be had, or an order at a price that never comes
            // would cost the keeper a fee for each of its windows.
            is_over && ends(view, market, position, &order.account, now)?
        };
        is_due.then(|| action(view, market, &order))
    };
    view.state.orders().filter_map(trigger).collect()
}

fn action(view: &View<'_>, market: &MarketState, order: &Keyed<Order>) -> Action {
    let Order { position, id, .. } = order.account;
    let instruction = ix::trigger_order(&market.keys, view.keeper, position, id);
    let lamports = if order.account.was_triggered() { 0 } else { TRIGGER_TIP_LAMPORTS };
    Action {
        reward: Reward { lamports, ..market.no_reward() },
        needs: Some(order.key),
        touches: vec![order.key, position],
        ..Action::of(Duty::TriggerOrders, market, order.key, instruction)
    }
}
