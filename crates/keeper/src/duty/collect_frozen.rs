//! Closed positions whose vault was frozen and still owes, or is owed: moved as soon as it thaws. Until then
//! the simulation refuses, which costs nothing.

use bulkhead::state::POSITION_CLOSED;
use bulkhead_client::ix;
use bulkhead_risk::{UnixSeconds, transition};
use solana_pubkey::Pubkey;

use crate::action::Action;
use crate::duty::Duty;
use crate::state::View;

/// One action for each position of the slice.
pub(super) fn plan(view: &View<'_>, now: UnixSeconds) -> Vec<Action> {
    let collect = |key: &Pubkey| {
        let position = view.state.position(key).filter(|position| position.status == POSITION_CLOSED)?;
        let market = view.state.market(&position.market)?;
        let mut known = market.account.view().ok()?;
        known.ledger.accrue(&known.params, known.oracle.index, now).ok()?;
        let _collected = transition::collect_frozen(&known.ledger, &position.view().ok()?).ok()?;
        let instruction = ix::collect_frozen(&market.keys, *key);
        Some(Action::of(Duty::CollectFrozen, market, *key, instruction))
    };
    view.slice.iter().filter_map(collect).collect()
}
