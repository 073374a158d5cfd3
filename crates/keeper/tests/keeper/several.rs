//! Two keepers beside each other.

use std::time::{Duration, Instant};

use bulkhead_localnet::Localnet;
use solana_signer::Signer;

use crate::harness::{POLL, Running, Setup, all_liquidated, sizes, started};

const COUNT: u32 = 50;
/// Of the actions sent, those that found their work done by the other keeper: per cent, at most.
const WASTED_PERCENT_MAX: u64 = 10;
/// From the killing of one keeper until the other has finished its work.
const TAKEOVER_MAX: Duration = Duration::from_secs(15);

pub(crate) fn peers(net: &Localnet) -> String {
    let (one, two) = (net.wallets.keeper.pubkey(), net.wallets.lp.pubkey());
    format!("stagger.peers = [\"{one}\", \"{two}\"]\n")
}

async fn pair(net: &Localnet) -> (Running, Running) {
    let mut one = Setup::of(net, &net.wallets.keeper);
    let mut two = Setup::of(net, &net.wallets.lp);
    (one.more, two.more) = (peers(net), peers(net));
    (Running::ready(one).await, Running::ready(two).await)
}

async fn sum(keepers: [&Running; 2], name: &str, labels: &str) -> u64 {
    keepers[0].metric(name, labels).await + keepers[1].metric(name, labels).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_keepers_ok_share_the_work() {
    let net = started().await;
    let surge = net.prepare_surge("SOL", COUNT).await.unwrap();
    let (one, two) = pair(&net).await;
    let before = sizes(&net, &surge).await;
    net.crash(&surge).unwrap();
    let took = all_liquidated(&net, &surge, &before, Duration::from_secs(30)).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let both = [&one, &two];
    let name = "bulkhead_keeper_actions_landed_total";
    let liquidations = sum(both, name, "duty=\"liquidate\"").await;
    let flags = sum(both, name, "duty=\"flag\"").await;
    let done = sum(both, "bulkhead_keeper_events_total", "PositionLiquidated").await;
    let sighted = sum(both, "bulkhead_keeper_events_total", "PositionSighted").await;
    let wasted = (liquidations + flags).saturating_sub(done + sighted);
    let share = [one.metric(name, "duty=\"liquidate\"").await, two.metric(name, "duty=\"liquidate\"").await];
    println!(
        "{COUNT} positions within {took:?}: {liquidations} liquidations ({share:?}), {flags} flags, {wasted} wasted"
    );
    assert_eq!(sum(both, "bulkhead_keeper_logs_truncated_total", "").await, 0, "the count would be short");
    assert!(done >= u64::from(COUNT));
    assert!(wasted * 100 <= (liquidations + flags) * WASTED_PERCENT_MAX, "{wasted} wasted");
    assert!(share.iter().all(|part| *part >= u64::from(COUNT) / 5), "{share:?}");
    assert_eq!(sum(both, "bulkhead_keeper_transactions_failed_total", "").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_keepers_work_is_taken_over() {
    let net = started().await;
    let surge = net.prepare_surge("SOL", COUNT).await.unwrap();
    let (mut one, two) = pair(&net).await;
    let before = sizes(&net, &surge).await;
    net.crash(&surge).unwrap();
    // In the middle: what needed no second sighting is gone, the rest waits for it.
    while two.metric("bulkhead_keeper_actions_sent_total", "").await == 0 {
        tokio::time::sleep(POLL).await;
    }
    one.kill();
    let killed = Instant::now();
    all_liquidated(&net, &surge, &before, TAKEOVER_MAX).await;
    println!("taken over and finished within {:?}", killed.elapsed());
    assert_eq!(two.metric("bulkhead_keeper_transactions_failed_total", "").await, 0);
}
