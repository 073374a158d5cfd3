//! Networks that fail while a crash goes on.

use std::time::Duration;

use crate::harness::{Running, Setup, all_liquidated, sizes, started};
use crate::proxy::{Mood, Proxy};

const COUNT: u32 = 24;

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_websocket_and_a_limited_node_are_recovered_from() {
    let net = started().await;
    let surge = net.prepare_surge("SOL", COUNT).await.unwrap();
    let before = sizes(&net, &surge).await;
    let (rpc, ws) = (Proxy::before(&net.rpc_url).await, Proxy::before(&net.ws_url).await);
    let mut setup = Setup::of(&net, &net.wallets.keeper);
    (setup.rpc_url, setup.ws_url) = (rpc.url("http"), ws.url("ws"));
    setup.more = "feed.silence_secs = 2\n".into();
    let keeper = Running::ready(setup).await;

    // Nothing gets through while the price falls; then everything comes back late and limited.
    ws.set(Mood::Closed);
    rpc.set(Mood::Limiting);
    net.crash(&surge).unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(sizes(&net, &surge).await, before);
    rpc.delay(Duration::from_millis(40));
    ws.delay(Duration::from_millis(40));
    rpc.set(Mood::Fair);
    ws.set(Mood::Fair);
    let took = all_liquidated(&net, &surge, &before, Duration::from_secs(30)).await;
    println!("{COUNT} positions within {took:?} after the network came back");
    assert!(keeper.metric("bulkhead_keeper_feed_lost_total", "").await > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_websocket_is_given_up() {
    let net = started().await;
    let ws = Proxy::before(&net.ws_url).await;
    let mut setup = Setup::of(&net, &net.wallets.keeper);
    setup.ws_url = ws.url("ws");
    setup.more = "feed.silence_secs = 2\n".into();
    let mut keeper = Running::ready(setup).await;
    let snapshots = keeper.metric("bulkhead_keeper_snapshots_total", "").await;
    ws.set(Mood::Silent);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(keeper.metric("bulkhead_keeper_feed_lost_total", "silence").await > 0, "{}", keeper.log());
    let answer = keeper.get("/readyz").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503") && answer.ends_with("the chain is not followed"), "{answer}");
    ws.set(Mood::Fair);
    keeper.wait_ready().await;
    assert!(keeper.metric("bulkhead_keeper_snapshots_total", "").await > snapshots);
}
