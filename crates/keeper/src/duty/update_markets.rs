//! The first sample of a bucket, into each market that lacks it. It keeps the market's volatility right and
//! its risk open, and earns the crank fee while the budget lasts.

use bulkhead_client::ix;
use bulkhead_risk::{Purpose, UnixSeconds};

use crate::action::{Action, Reward};
use crate::duty::Duty;
use crate::state::{MarketState, View};

/// One action for each market whose price opens a bucket.
pub(super) fn plan(view: &View<'_>, now: UnixSeconds) -> Vec<Action> {
    view.state.markets().filter_map(|market| update(view, market, now)).collect()
}

fn update(view: &View<'_>, market: &MarketState, now: UnixSeconds) -> Option<Action> {
    let sample = market.sample.as_ref()?;
    let mut projected = market.account.view().ok()?;
    let observed = projected.observe(sample, Purpose::Update, now).ok().filter(|seen| seen.opened_bucket)?;
    let fee = projected.take_crank_fee(&observed).ok()?;
    let keeper_account = view.keeper_account(market);
    let instruction = ix::crank_market(&market.keys, keeper_account);
    let reward = Reward { quote_atoms: fee.get(), ..market.no_reward() };
    let action = Action::of(Duty::UpdateMarkets, market, market.keys.market, instruction);
    Some(Action { reward, ..action })
}
