//! The end of a market: the price of each minute of its wind-down, settling it once these are complete or its
//! oracle is dead, and giving its pool what it had put aside once its last position has left.

use bulkhead::state::{MARKET_SETTLED, Settlement};
use bulkhead_client::quote::Look;
use bulkhead_client::{ix, pda};
use bulkhead_risk::{Purpose, UnixSeconds, settlement, transition};

use crate::action::Action;
use crate::duty::Duty;
use crate::state::{MarketState, View};

/// One action for each market that is ending.
pub(super) fn plan(view: &View<'_>, now: UnixSeconds) -> Vec<Action> {
    view.state.markets().filter_map(|market| action(view, market, now)).collect()
}

fn action(view: &View<'_>, market: &MarketState, now: UnixSeconds) -> Option<Action> {
    let (keys, key) = (&market.keys, pda::settlement(&market.keys.market));
    if market.account.status == MARKET_SETTLED {
        let _released = transition::release_funds(&market.account.view().ok()?).ok()?;
        return Some(Action::of(Duty::SettleMarkets, market, keys.market, ix::release_funds(keys)));
    }
    let kept = view.state.settlement(&key);
    let instruction = if is_over(market, kept, now)? {
        ix::settle_market(keys.market, kept.map_or(view.keeper, |kept| kept.payer))
    } else if is_minute_due(market, kept, now)? {
        ix::record_settlement_price(keys, view.keeper)
    } else {
        return None;
    };
    let touches = vec![keys.market, key];
    Some(Action { touches, ..Action::of(Duty::SettleMarkets, market, keys.market, instruction) })
}

fn is_over(market: &MarketState, kept: Option<&Settlement>, now: UnixSeconds) -> Option<bool> {
    let prices = kept.map(|kept| kept.prices().ok()).unwrap_or_else(|| Some(Box::default()))?;
    // The chain's clock may be a little behind what is known of it here.
    let clock = UnixSeconds(now.0.saturating_sub(1));
    Some(settlement::settle_market(&market.account.view().ok()?, &prices, clock).is_ok())
}

fn is_minute_due(market: &MarketState, kept: Option<&Settlement>, now: UnixSeconds) -> Option<bool> {
    if market.account.wind_down_from == 0 {
        return Some(false);
    }
    let observed = Look::new(&market.account, market.sample?, now).ok()?.observed(Purpose::Observe).ok()?;
    let (last, count) = kept.map_or((UnixSeconds::ZERO, 0), |kept| (kept.last(), usize::from(kept.count)));
    Some(settlement::price_to_record(&observed, last, count).is_ok())
}
