//! Top-up plans whose position the price has brought below its trigger. The plan pays.
//!
//! What the owner's wallet holds and has approved only the simulation shows; a refusal costs nothing.

use bulkhead::state::TopUpPlan;
use bulkhead_client::ix;
use bulkhead_client::rpc::Keyed;
use bulkhead_risk::{UnixSeconds, top_up};

use crate::action::{Action, Reward};
use crate::duty::Duty;
use crate::state::View;

/// One action for each plan.
pub(super) fn plan(view: &View<'_>, now: UnixSeconds) -> Vec<Action> {
    view.state.top_ups().filter_map(|plan| execution(view, &plan, now)).collect()
}

fn execution(view: &View<'_>, plan: &Keyed<TopUpPlan>, now: UnixSeconds) -> Option<Action> {
    let TopUpPlan { position, owner, source, .. } = plan.account;
    let account = view.state.position(&position)?;
    let market = view.state.market(&account.market)?;
    let seen = market.seen.as_ref()?;
    let (stored, terms) = (account.view().ok()?, plan.account.view().ok()?);
    let report = top_up::top_up(&seen.market, &stored, &terms, &seen.sample, now).ok()?;
    let keeper_account = view.keeper_account(market);
    let instruction = ix::execute_top_up(&market.keys, view.keeper, keeper_account, position, owner, source);
    Some(Action {
        reward: Reward { quote_atoms: report.split.keeper_pay.get(), ..market.no_reward() },
        needs: Some(plan.key),
        touches: vec![plan.key, position],
        ..Action::of(Duty::ExecuteTopUps, market, position, instruction)
    })
}
