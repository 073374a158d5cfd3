//! A crash that leaves many positions to liquidate, and one keeper.

use std::time::Duration;

use bulkhead_localnet::tokens;
use solana_signer::Signer;

use crate::harness::{Running, Setup, all_liquidated, sizes, started};

const COUNT: u32 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn surge_ok_is_liquidated_completely() {
    let net = started().await;
    let surge = net.prepare_surge("SOL", COUNT).await.unwrap();
    let keeper = Running::ready(Setup::of(&net, &net.wallets.keeper)).await;
    let before = sizes(&net, &surge).await;
    net.crash(&surge).unwrap();
    let took = all_liquidated(&net, &surge, &before, Duration::from_secs(30)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let liquidated = keeper.metric("bulkhead_keeper_actions_landed_total", "duty=\"liquidate\"").await;
    let flagged = keeper.metric("bulkhead_keeper_actions_landed_total", "duty=\"flag\"").await;
    let sent = keeper.metric("bulkhead_keeper_transactions_sent_total", "").await;
    println!(
        "{COUNT} positions within {took:?}: {flagged} flagged, {liquidated} liquidated, {sent} transactions"
    );
    assert!(liquidated >= u64::from(COUNT));
    assert_eq!(keeper.metric("bulkhead_keeper_transactions_failed_total", "").await, 0);
    // Batches are as large as they may be, and no event is lost.
    assert!(sent < flagged + liquidated);
    assert_eq!(keeper.metric("bulkhead_keeper_logs_truncated_total", "").await, 0);
    let events = async |name: &str| {
        let label = format!("event=\"{name}\"");
        keeper.metric("bulkhead_keeper_events_total", &label).await
    };
    let skipped = events("LiquidationSkipped").await;
    assert_eq!(events("PositionLiquidated").await + skipped, liquidated);
    assert!(events("PositionLiquidated").await >= u64::from(COUNT));
    let pay = tokens::account_of(&net.wallets.keeper.pubkey(), &net.mint);
    assert!(net.link.tokens(&pay).await.unwrap() > 0);
}
