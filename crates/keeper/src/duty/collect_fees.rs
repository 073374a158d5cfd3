//! The protocol's share of trade fees, to its fee receiver's associated token account. It pays nothing; the
//! protocol's own keeper turns it on.

use bulkhead_client::ix;
use bulkhead_risk::UnixSeconds;

use crate::action::Action;
use crate::duty::Duty;
use crate::state::View;
use crate::wallet::token_account;

/// One action for each market in which enough has come together.
pub(super) fn plan(view: &View<'_>, _now: UnixSeconds) -> Vec<Action> {
    let Some(protocol) = view.state.protocol() else { return Vec::new() };
    let is_due = |atoms: u64| atoms != 0 && atoms >= view.duties.collect_fees.atoms_min;
    let due = view.state.markets().filter(|market| is_due(market.account.protocol_fees_atoms));
    due.map(|market| {
        let keys = &market.keys;
        let receiver = token_account(&protocol.fee_receiver, &keys.collateral_mint, &keys.token_program);
        Action::of(Duty::CollectFees, market, keys.market, ix::collect_fees(keys, receiver))
    })
    .collect()
}
