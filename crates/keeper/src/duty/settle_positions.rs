//! Open positions of settled markets: closed at the one price, so that nobody's money waits for its owner.

use bulkhead::state::{MARKET_SETTLED, POSITION_OPEN};
use bulkhead_client::ix;
use bulkhead_risk::{UnixSeconds, transition};
use solana_pubkey::Pubkey;

use crate::action::Action;
use crate::duty::Duty;
use crate::state::View;

/// One action for each position of the slice.
pub(super) fn plan(view: &View<'_>, _now: UnixSeconds) -> Vec<Action> {
    let settle = |key: &Pubkey| {
        let position = view.state.position(key).filter(|position| position.status == POSITION_OPEN)?;
        let market = view.state.market(&position.market)?;
        if market.account.status != MARKET_SETTLED {
            return None;
        }
        // A frozen vault hinders nothing: what it owes stays booked.
        let known = market.account.view().ok()?;
        let _settled = transition::settle_final(&known, &position.view().ok()?, false).ok()?;
        let instruction = ix::settle_position(&market.keys, view.keeper, *key);
        Some(Action::of(Duty::SettlePositions, market, *key, instruction))
    };
    view.slice.iter().filter_map(settle).collect()
}
