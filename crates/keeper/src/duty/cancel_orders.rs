//! Orders of living positions that can fill no more: a part of their tip is for whoever cancels them.

use bulkhead::constants::CANCEL_TIP_LAMPORTS;
use bulkhead::state::{Order, POSITION_CLOSED};
use bulkhead_client::ix;
use bulkhead_client::rpc::Keyed;
use bulkhead_risk::UnixSeconds;
use bulkhead_risk::orders::CancelRight;

use crate::action::{Action, Reward};
use crate::duty::Duty;
use crate::state::{MarketState, View};

/// One action for each order.
pub(super) fn plan(view: &View<'_>, now: UnixSeconds) -> Vec<Action> {
    let is_due = |market: &MarketState, order: &Order| {
        let params = market.account.params.view();
        // The chain's clock may be a little behind what is known of it here.
        let right = order.view().ok()?.cancel_right(&params, UnixSeconds(now.0.saturating_sub(1))).ok()?;
        Some(right == CancelRight::Anyone)
    };
    let cancel = |order: Keyed<Order>| {
        let position = view.state.position(&order.account.position)?;
        let market = view.state.market(&position.market)?;
        let is_dead = position.status != POSITION_CLOSED && is_due(market, &order.account)?;
        is_dead.then(|| cancellation(Duty::CancelOrders, view, market, &order))
    };
    view.state.orders().filter_map(cancel).collect()
}

/// The action that cancels an order.
pub(super) fn cancellation(
    duty: Duty,
    view: &View<'_>,
    market: &MarketState,
    order: &Keyed<Order>,
) -> Action {
    let Order { position, id, payer, tip_lamports, .. } = order.account;
    let instruction = ix::cancel_order(&market.keys, view.keeper, position, id, payer);
    let tip = if payer == view.keeper { 0 } else { tip_lamports.min(CANCEL_TIP_LAMPORTS) };
    let reward = Reward { lamports: tip, ..market.no_reward() };
    let action = Action::of(duty, market, order.key, instruction);
    Action { reward, touches: vec![order.key, position], ..action }
}
