//! Orders that their position has left behind: closed, or gone with its account.

use bulkhead::state::{Order, POSITION_CLOSED};
use bulkhead_client::rpc::Keyed;
use bulkhead_risk::UnixSeconds;

use super::cancel_orders::cancellation;
use crate::action::Action;
use crate::duty::Duty;
use crate::state::View;

/// An order may be seen before its position, where both come with one transaction.
const UNSEEN_SECS: i64 = 30;

/// One action for each order.
pub(super) fn plan(view: &View<'_>, now: UnixSeconds) -> Vec<Action> {
    let sweep = |order: Keyed<Order>| {
        let market = match view.state.position(&order.account.position) {
            Some(position) if position.status == POSITION_CLOSED => view.state.market(&position.market)?,
            Some(_) => return None,
            // Where the position is gone, the program takes any market.
            None if now.0.saturating_sub(order.account.placed_at) > UNSEEN_SECS => {
                view.state.markets().next()?
            }
            None => return None,
        };
        Some(cancellation(Duty::SweepOrders, view, market, &order))
    };
    view.state.orders().filter_map(sweep).collect()
}
