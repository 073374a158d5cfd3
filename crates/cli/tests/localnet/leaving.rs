//! Leaving with nobody's help: no keeper, no price service, no key to any of them.

use std::time::Duration;

use bulkhead::error::BulkheadError;
use bulkhead_localnet::tokens;
use solana_signer::Signer;

use crate::shell::{Shell, USD, deserted};

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_ok_leaves_alone() {
    let net = deserted().await;
    let me = Shell::of(&net);
    let account = tokens::account_of(&net.wallets.user.pubkey(), &net.mint);
    let before = net.link.tokens(&account).await.unwrap();
    me.text(&["position", "open", "SOL", "long", "10", "500", "--execute"]);
    let closed = me.json(&["position", "close", "SOL/0"]);
    assert_eq!(closed["transactions"].as_array().unwrap().len(), 3, "placed, filled, taken out");
    let lost = before - net.link.tokens(&account).await.unwrap();
    assert!(lost < 5 * USD, "two spreads and two fees: {lost}");
    assert!(me.text(&["position", "list"]).contains("no positions"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_ok_leaves_on_a_price_of_almost_two_minutes_ago() {
    let net = deserted().await;
    let me = Shell::of(&net);
    me.text(&["position", "open", "SOL", "long", "10", "500", "--execute"]);
    me.text(&["order", "place", "SOL/0", "decrease", "all"]);
    // A price of its window is published, and it is the last.
    tokio::time::sleep(Duration::from_secs(4)).await;
    net.pause_prices().unwrap();
    net.travel(105).await.unwrap();
    let closed = me.json(&["position", "close", "SOL/0"]);
    assert_eq!(closed["transactions"].as_array().unwrap().len(), 2, "filled and taken out");
    // New risk is refused on such a price, though an order for it may wait.
    me.refused(&["lp", "deposit", "SOL", "1000"], BulkheadError::PriceTooOld);
}
