//! Positions at their payout cap: they can only lose from there, and settling them pays out of the crank
//! budget.

use bulkhead_client::ix;
use bulkhead_client::quote::Look;
use bulkhead_risk::liquidation::{LiquidationReason, Readiness};
use bulkhead_risk::{Position, Purpose, QuoteAtoms, UnixSeconds, transition};

use crate::action::{Action, Reward};
use crate::duty::Duty;
use crate::state::{MarketState, View};

/// One action for each position.
pub(super) fn plan(view: &View<'_>, now: UnixSeconds) -> Vec<Action> {
    let mut due = Vec::new();
    for market in view.state.markets() {
        let Some(seen) = &market.seen else { continue };
        let capped = Readiness::Ready(LiquidationReason::PayoutCapped);
        for hit in seen.hits.found.iter().filter(|hit| hit.assessment.readiness == capped) {
            let Some(stored) = market.book.get(&hit.key) else { continue };
            let Some(pay) = pay(market, stored, now) else { continue };
            let keeper_account = view.keeper_account(market);
            let instruction = ix::settle_capped(&market.keys, view.keeper, keeper_account, hit.key);
            let reward = Reward { quote_atoms: pay.get(), ..market.no_reward() };
            due.push(Action { reward, ..Action::of(Duty::SettleCapped, market, hit.key, instruction) });
        }
    }
    due
}

/// What settling `position` pays; none if the program would refuse.
pub(super) fn pay(market: &MarketState, position: &Position, now: UnixSeconds) -> Option<QuoteAtoms> {
    let sample = market.sample?;
    let observed = Look::new(&market.account, sample, now).ok()?.observed(Purpose::Observe).ok()?;
    transition::settle_capped(&observed, position, &sample).ok().map(|report| report.keeper_pay)
}
