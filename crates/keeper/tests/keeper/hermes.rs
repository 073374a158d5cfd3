//! Keepers that bring the prices themselves.

use std::time::{Duration, Instant};

use bulkhead::state::Market;
use bulkhead_localnet::{HermesOptions, Localnet, Options, trade};
use bulkhead_pyth::{Generation, Posting};
use solana_signer::Signer;

use crate::crash::count;
use crate::harness::{POLL, Running, Setup, all_liquidated, sizes};

const MOST: Duration = Duration::from_secs(60);
const COUNT: u32 = 12;

async fn town() -> Localnet {
    let hermes = Some(HermesOptions { key: Some("hush".into()), ..HermesOptions::default() });
    Localnet::start(Options { hermes, ..Options::default() }).await.unwrap()
}

async fn keeper(net: &Localnet) -> Running {
    let url = net.hermes_url.as_ref().unwrap();
    let more = format!("[hermes]\nurl = \"{url}\"\napi_key = \"hush\"\npoll_ms = 300\n");
    Running::ready(Setup { more, ..Setup::of(net, &net.wallets.keeper) }).await
}

async fn price_time(net: &Localnet) -> i64 {
    let market: Market = net.link.expect(&net.market("SOL").unwrap().keys.market).await.unwrap();
    trade::sample(&net.link, &market).await.unwrap().publish_time.0
}

/// Accounts of price messages that a keeper has open.
async fn messages(net: &Localnet) -> usize {
    let mut open = 0;
    for generation in Generation::ALL {
        let place = Posting::AUTHORITY_AT;
        let node = bulkhead_client::rpc::Node::new(&net.rpc_url, Default::default());
        let wormhole = generation.programs().wormhole;
        let found = node.addresses_naming(&wormhole, place, &net.wallets.keeper.pubkey()).await;
        open += found.unwrap().len();
    }
    open
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + MOST;
    while !holds().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(POLL).await;
    }
}

#[tokio::test]
async fn a_crash_that_only_hermes_knows_of_is_brought_and_liquidated() {
    let net = town().await;
    let surge = net.prepare_surge("SOL", count(COUNT)).await.unwrap();
    let before = sizes(&net, &surge).await;
    let mut keeper = keeper(&net).await;
    net.crash(&surge).unwrap();
    let took = all_liquidated(&net, &surge, &before, MOST).await;
    println!("{} positions after {} ms", before.len(), took.as_millis());
    assert_eq!(trade_price(&net).await, surge.crash_price_e8);
    let done = "step=\"price\",outcome=\"done\"";
    until("two sightings need two prices", async || {
        keeper.metric("bulkhead_keeper_price_pushes_total", done).await >= 2
    })
    .await;
    for (name, labels) in [
        ("price_pushes_total", "step=\"verify\""),
        ("price_pushes_total", "step=\"price\""),
        ("transactions_sent_total", ""),
        ("transactions_landed_total", ""),
    ] {
        println!("{name} {labels} {}", keeper.metric(&format!("bulkhead_keeper_{name}"), labels).await);
    }
    assert_eq!(keeper.metric("bulkhead_keeper_price_pushes_total", "outcome=\"failed\"").await, 0);
    assert!(keeper.stop().success());
    assert_eq!(messages(&net).await, 0, "what was verified is closed at the end");
}

async fn trade_price(net: &Localnet) -> u64 {
    let market: Market = net.link.expect(&net.market("SOL").unwrap().keys.market).await.unwrap();
    trade::sample(&net.link, &market).await.unwrap().price.get() / 10_000
}

#[tokio::test]
async fn each_minute_s_first_price_is_brought_and_a_kill_leaves_nothing_open_for_long() {
    let net = town().await;
    let mut first = keeper(&net).await;
    let begun = price_time(&net).await;
    net.travel(61).await.unwrap();
    until("the next minute's price", async || price_time(&net).await >= begun + 61).await;
    until("a message", async || messages(&net).await > 0).await;
    first.kill();
    assert!(messages(&net).await > 0);
    let mut second = keeper(&net).await;
    until("the next keeper closes them", async || {
        messages(&net).await == 0 && second.log().contains("of an earlier run")
    })
    .await;
    assert!(second.stop().success());
}

#[tokio::test]
async fn a_hermes_that_lies_or_is_gone_is_left_alone_and_then_used_again() {
    let net = town().await;
    let surge = net.prepare_surge("SOL", COUNT).await.unwrap();
    let before = sizes(&net, &surge).await;
    net.forge_prices(true);
    let mut keeper = keeper(&net).await;
    net.crash(&surge).unwrap();
    let failed = "step=\"verify\",outcome=\"failed\"";
    until("a lie is found out", async || {
        keeper.metric("bulkhead_keeper_price_pushes_total", failed).await > 0
    })
    .await;
    // Seconds go by, in which it is asked many times: it is not believed that often.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let lies = keeper.metric("bulkhead_keeper_price_pushes_total", failed).await;
    assert!(lies <= 4, "{lies} lies were paid for");
    assert_eq!(sizes(&net, &surge).await, before);
    net.take_hermes_down(true);
    until("it is missed", async || {
        keeper.metric("bulkhead_keeper_hermes_errors_total", "kind=\"status\"").await > 0
    })
    .await;
    net.forge_prices(false);
    net.take_hermes_down(false);
    all_liquidated(&net, &surge, &before, MOST).await;
    assert!(keeper.stop().success());
}
