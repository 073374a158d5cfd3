//! First sightings: positions below maintenance that need a second look two seconds later. A flag earns
//! nothing; what it opens the way to does.

use bulkhead_client::ix;
use bulkhead_risk::liquidation::{CONFIRM_SECS, Readiness};
use bulkhead_risk::{Position, UnixSeconds};

use crate::action::Action;
use crate::duty::{Duty, liquidate};
use crate::state::View;

/// Accounts of `flag` before its list: market and price.
const LIST_AFTER: usize = 2;

/// One action for each position to note.
pub(super) fn plan(view: &View<'_>, now: UnixSeconds) -> Vec<Action> {
    let mut due = Vec::new();
    for market in view.state.markets() {
        let Some(seen) = &market.seen else { continue };
        let sightings =
            seen.hits.found.iter().filter(|hit| hit.assessment.readiness == Readiness::FirstSighting);
        for hit in sightings {
            let Some(stored) = market.book.get(&hit.key) else { continue };
            // As it will stand when this sighting is confirmed.
            let before = i64::try_from(CONFIRM_SECS).unwrap_or_default();
            let below_since = UnixSeconds(seen.sample.publish_time.0.saturating_sub(before));
            let confirmed = Position { below_since, ..*stored };
            let instruction = ix::flag(&market.keys, &[hit.key]);
            let action = Action::of(Duty::Flag, market, hit.key, instruction);
            due.push(Action {
                reward: liquidate::reward(market, seen, &confirmed, now).unwrap_or(market.no_reward()),
                list_after: Some(LIST_AFTER),
                ..action
            });
        }
    }
    due
}
