//! A crash measured from outside: when each position was flagged and liquidated, and what was sent in vain.
//! Small by default; docs/benchmarks/crash.md has the figures of a large one and its command.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bulkhead::state::POSITION_OPEN;
use bulkhead_client::accounts::{self, AnyAccount};
use bulkhead_localnet::{Localnet, Surge};
use futures_util::StreamExt;
use solana_account_decoder_client_types::UiAccountEncoding;
use solana_pubkey::Pubkey;
use solana_pubsub_client::nonblocking::pubsub_client::PubsubClient;
use solana_rpc_client_api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig};
use tokio::sync::oneshot;

use crate::harness::{Running, Setup, sizes, started};

/// Unless BULKHEAD_CRASH_POSITIONS says otherwise.
const COUNT: u32 = 40;
const MOST: Duration = Duration::from_secs(240);

pub(crate) fn count(usual: u32) -> u32 {
    std::env::var("BULKHEAD_CRASH_POSITIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// When each position was first flagged, and when it shrank, after the subscription was up. Times are when
/// the chain's notification came, right after the transaction.
async fn watch(
    ws_url: String,
    before: HashMap<Pubkey, u64>,
    up: oneshot::Sender<()>,
) -> (HashMap<Pubkey, Instant>, HashMap<Pubkey, Instant>) {
    let client = PubsubClient::new(ws_url).await.unwrap();
    let account_config =
        RpcAccountInfoConfig { encoding: Some(UiAccountEncoding::Base64), ..RpcAccountInfoConfig::default() };
    let config = RpcProgramAccountsConfig { account_config, ..RpcProgramAccountsConfig::default() };
    let (mut changes, _unsubscribe) = client.program_subscribe(&bulkhead::ID, Some(config)).await.unwrap();
    up.send(()).unwrap();
    let (mut flagged, mut shrunk) = (HashMap::new(), HashMap::new());
    while shrunk.len() < before.len() {
        let change = tokio::time::timeout(MOST, changes.next()).await.expect("nothing comes").unwrap();
        let key: Pubkey = change.value.pubkey.parse().unwrap();
        let Some(size) = before.get(&key) else { continue };
        let Some(data) = change.value.account.data.decode() else { continue };
        let Ok(AnyAccount::Position(position)) = accounts::AnyAccount::decode(&data) else { continue };
        if position.below_since != 0 {
            flagged.entry(key).or_insert_with(Instant::now);
        }
        if position.status != POSITION_OPEN || position.size_atoms < *size {
            shrunk.entry(key).or_insert_with(Instant::now);
        }
    }
    (flagged, shrunk)
}

fn line(name: &str, begun: Instant, times: &HashMap<Pubkey, Instant>) -> String {
    let mut millis: Vec<u128> = times.values().map(|at| at.duration_since(begun).as_millis()).collect();
    millis.sort_unstable();
    let at = |per_cent: usize| millis.get((millis.len() * per_cent).div_ceil(100).saturating_sub(1)).copied();
    let [p50, p90, p99, most] = [50, 90, 99, 100].map(|per_cent| at(per_cent).unwrap_or_default());
    format!("{name}: {} positions, p50 {p50} ms, p90 {p90} ms, p99 {p99} ms, max {most} ms", millis.len())
}

async fn crash(net: &Localnet, surge: &Surge, keepers: &[Running]) {
    let before: HashMap<_, _> = surge.positions.iter().copied().zip(sizes(net, surge).await).collect();
    let count = before.len() as u64;
    let (up, is_up) = oneshot::channel();
    let watching = tokio::spawn(watch(net.ws_url.clone(), before, up));
    is_up.await.unwrap();
    let begun = Instant::now();
    net.crash(surge).unwrap();
    let (flagged, shrunk) = watching.await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    println!("{}", line("price to flag", begun, &flagged));
    println!("{}", line("price to liquidation", begun, &shrunk));
    let name = "bulkhead_keeper_actions_landed_total";
    let (mut flags, mut liquidations) = (0, 0);
    for (number, keeper) in keepers.iter().enumerate() {
        for duty in ["flag", "liquidate"] {
            let label = format!("duty=\"{duty}\"");
            let sent = keeper.metric("bulkhead_keeper_transactions_sent_total", &label).await;
            let landed = keeper.metric("bulkhead_keeper_transactions_landed_total", &label).await;
            let failed = keeper.metric("bulkhead_keeper_transactions_failed_total", &label).await;
            let actions = keeper.metric(name, &label).await;
            *(if duty == "flag" { &mut flags } else { &mut liquidations }) += actions;
            println!(
                "keeper {number}, {duty}: {sent} transactions sent, {landed} landed, {failed} failed, {actions} actions"
            );
            assert_eq!(failed, 0);
        }
        let skipped = keeper.metric("bulkhead_keeper_events_total", "LiquidationSkipped").await;
        let cut = keeper.metric("bulkhead_keeper_logs_truncated_total", "").await;
        println!("keeper {number}: {skipped} liquidations skipped, {cut} logs cut");
        assert_eq!(cut, 0, "the count of the skipped would be short");
    }
    println!("{flags} flags and {liquidations} liquidations sent for {count} positions");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_keeper_liquidates_all() {
    let net = started().await;
    let surge = net.prepare_surge("SOL", count(COUNT)).await.unwrap();
    let keeper = Running::ready(Setup::of(&net, &net.wallets.keeper)).await;
    crash(&net, &surge, &[keeper]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_keepers_liquidate_all() {
    let net = started().await;
    let surge = net.prepare_surge("SOL", count(COUNT)).await.unwrap();
    let mut keepers = Vec::new();
    for key in [&net.wallets.keeper, &net.wallets.lp] {
        let mut setup = Setup::of(&net, key);
        setup.more = crate::several::peers(&net);
        keepers.push(Running::ready(setup).await);
    }
    crash(&net, &surge, &keepers).await;
}
