//! A few traders that open positions and rest, so that the markets are not empty.

use std::sync::Arc;

use anyhow::{Context, Result};
use bulkhead::state::{Market, PositionSide};
use bulkhead_lab::world::Opening;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;

use crate::link::Link;
use crate::setup::LiveMarket;
use crate::tokens::QUOTE_UNIT;
use crate::trade;

/// Notionals in turn, US dollars.
const NOTIONALS_USD: [u64; 4] = [1_000, 5_000, 20_000, 60_000];
/// Leverages in turn: all far from liquidation.
const LEVERAGES: [u64; 3] = [2, 3, 5];

/// Opens one position of every trader in every market, longs and shorts in turn. Returns how many.
pub(crate) async fn open(
    link: &Arc<Link>,
    executor: &Keypair,
    traders: &[Keypair],
    markets: &[LiveMarket],
) -> Result<Vec<Pubkey>> {
    let mut tasks = tokio::task::JoinSet::new();
    for (trader_place, trader) in traders.iter().enumerate() {
        for (market_place, live) in markets.iter().enumerate() {
            let place = trader_place + market_place;
            let side = if place.is_multiple_of(2) { PositionSide::Long } else { PositionSide::Short };
            let notional_usd = NOTIONALS_USD[trader_place % NOTIONALS_USD.len()];
            let leverage = LEVERAGES[place % LEVERAGES.len()];
            let (link, live) = (Arc::clone(link), live.clone());
            let (trader, executor) = (trader.insecure_clone(), executor.insecure_clone());
            tasks.spawn(async move {
                let market = link.expect::<Market>(&live.keys.market).await?;
                let sample = trade::sample(&link, &market).await?;
                let size = trade::size_of(&market, notional_usd, sample.price)?;
                let opening = Opening::new(side, size.get(), notional_usd * QUOTE_UNIT / leverage);
                let opened = trade::open(&link, &live.keys, &trader, &executor, &opening).await;
                opened.with_context(|| format!("a trader's position in {}", live.symbol()))
            });
        }
    }
    let mut positions = Vec::new();
    while let Some(opened) = tasks.join_next().await {
        positions.push(opened??);
    }
    Ok(positions)
}
