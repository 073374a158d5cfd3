//! Positions that may be liquidated at the price that stands, by the plan that the program itself follows.

use bulkhead_client::ix;
use bulkhead_risk::liquidation::{LiquidationReason, Readiness};
use bulkhead_risk::transition::{self, Frozen, Liquidation};
use bulkhead_risk::{Position, UnixSeconds};

use crate::action::{Action, Reward};
use crate::duty::{Duty, settle_capped};
use crate::state::{MarketState, Seen, View};

/// One action for each position, those that pay most first.
pub(super) fn plan(view: &View<'_>, now: UnixSeconds) -> Vec<Action> {
    let mut due = Vec::new();
    for market in view.state.markets() {
        let Some(seen) = &market.seen else { continue };
        for hit in &seen.hits.found {
            let Readiness::Ready(reason) = hit.assessment.readiness else { continue };
            let Some(stored) = market.book.get(&hit.key) else { continue };
            let is_settled = view.duties.settle_capped.enabled
                && reason == LiquidationReason::PayoutCapped
                && settle_capped::pay(market, stored, now).is_some();
            if is_settled {
                continue;
            }
            let Some(reward) = reward(market, seen, stored, now) else { continue };
            let keeper_account = view.keeper_account(market);
            let instruction = ix::liquidate(&market.keys, view.keeper, keeper_account, hit.key);
            due.push(Action { reward, ..Action::of(Duty::Liquidate, market, hit.key, instruction) });
        }
    }
    due.sort_by_key(|action| core::cmp::Reverse(action.reward.quote_atoms));
    due
}

/// What liquidating `position` pays; none if the program would skip it.
pub(super) fn reward(
    market: &MarketState,
    seen: &Seen,
    position: &Position,
    now: UnixSeconds,
) -> Option<Reward> {
    let liquidation = transition::liquidate(&seen.market, position, &seen.sample, Frozen::default(), now);
    let Ok(Liquidation::Done(report)) = liquidation else { return None };
    let pay =
        report.keeper_pay.plus(report.insured.to_keeper).and_then(|pay| pay.plus(report.settle_pay)).ok()?;
    Some(Reward { quote_atoms: pay.get(), ..market.no_reward() })
}
