//! Positions whose stored requirement is not the market's: down at once, up as far as the position has shown.
//!
//! Judging a position lowers its requirement by itself; what refreshing adds is that others see it, and that
//! a reduce-only position catches up.

use bulkhead::state::{POSITION_OPEN, Position};
use bulkhead_client::ix;
use bulkhead_client::quote::Look;
use bulkhead_risk::{Purpose, UnixSeconds};
use solana_pubkey::Pubkey;

use crate::action::Action;
use crate::duty::Duty;
use crate::state::{MarketState, View};

/// One action for each position of the slice.
pub(super) fn plan(view: &View<'_>, now: UnixSeconds) -> Vec<Action> {
    let refresh = |key: &Pubkey| {
        let position = view.state.position(key).filter(|position| position.status == POSITION_OPEN)?;
        let market = view.state.market(&position.market)?;
        let instruction = ix::refresh_position(&market.keys, *key);
        is_due(view, market, position, now)?.then(|| Action::of(Duty::Refresh, market, *key, instruction))
    };
    view.slice.iter().filter_map(refresh).collect()
}

fn is_due(view: &View<'_>, market: &MarketState, position: &Position, now: UnixSeconds) -> Option<bool> {
    let settings = &view.duties.refresh;
    let stored = position.view().ok()?;
    if now.since(stored.margin_refreshed_at).ok()? < u64::from(settings.every_secs) {
        return Some(false);
    }
    let sample = market.sample?;
    let observed = Look::new(&market.account, sample, now).ok()?.observed(Purpose::Observe).ok()?;
    let accrued = stored.accrued(&observed.params, &observed.ledger).ok()?;
    let refreshed = accrued.refreshed(&observed, &sample, now).ok()?;
    let before = stored.maintenance_ppm().ok()?.get();
    let after = refreshed.maintenance_ppm().ok()?.get();
    Some(before.abs_diff(after) >= settings.change_ppm_min.max(1))
}
