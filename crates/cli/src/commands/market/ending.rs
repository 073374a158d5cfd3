//! The end of a market: the prices of its wind-down, its settlement, and its move to another layout.

use bulkhead::state::{Market, Settlement};
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_risk::settlement::MINUTES_MIN;

use super::super::Outcome;
use super::super::keeping::send;
use crate::error::Result;
use crate::session::{MarketName, Session};
use crate::units::Units;

/// Keeps the price of this minute for the wind-down.
pub(super) async fn record_price(session: &Session, market: &MarketName) -> Outcome {
    let market = session.market(market).await?.market;
    let keys = MarketKeys::of(market.key, &market.account);
    let record = ix::record_settlement_price(&keys, session.me()?);
    let what = format!("Record a price of the wind-down of market {}", market.account.index);
    send(session, &what, vec![record], &Units::of(&market.account)).await
}

/// Settles a market whose oracle is dead or whose wind-down is complete.
pub(super) async fn settle(session: &Session, market: &MarketName) -> Outcome {
    let key = session.market_key(market).await?;
    // Only the account: the oracle may be dead, and settling looks at no price.
    let market: Market = session.node().get(&key).await?;
    let kept: Option<Settlement> = session.node().find(&pda::settlement(&key)).await?;
    if let Some(kept) = &kept {
        session.say(format!("{} prices are kept; a wind-down takes at least {MINUTES_MIN}", kept.count));
    }
    let me = session.me()?;
    let payer = kept.map_or(me, |kept| kept.payer);
    let settle = ix::settle_market(key, payer);
    let what = format!("Settle market {}: every position leaves at one price", market.index);
    send(session, &what, vec![settle], &Units::of(&market)).await
}

/// Gives insurance and crank budget of a settled market without positions to its pool.
pub(super) async fn release_funds(session: &Session, market: &MarketName) -> Outcome {
    let key = session.market_key(market).await?;
    let market: Market = session.node().get(&key).await?;
    let release = ix::release_funds(&MarketKeys::of(key, &market));
    let what = format!("Release insurance and crank budget of market {} to its pool", market.index);
    send(session, &what, vec![release], &Units::of(&market)).await
}

/// Rewrites a market of the version before. What its account says cannot be read yet.
pub async fn migrate(session: &Session, market: &MarketName) -> Outcome {
    let key = session.market_key(market).await?;
    let migrate = ix::migrate_market(session.me()?, key);
    let sent = session.submit(&format!("Migrate market {key} to this version"), vec![migrate]).await?;
    let told: Result<_> =
        Ok(sent.map(|sent| sent.report(format!("market {key} is in this version's layout"))));
    told
}
