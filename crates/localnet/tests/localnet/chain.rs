//! Starting, stopping, ports and time.

use std::net::TcpListener;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bulkhead::state::{Market, Protocol};
use bulkhead_client::{ID, pda};
use bulkhead_localnet::markets::Generation;
use bulkhead_localnet::{Localnet, Options, tokens};
use solana_signer::Signer;

use crate::{USD, started};

fn today_secs() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

#[tokio::test]
async fn start_ok_protocol_and_three_markets_with_pools_are_readable() {
    let begun = Instant::now();
    let net = started().await;
    println!("started within {} ms", begun.elapsed().as_millis());
    let protocol: Protocol = net.link.expect(&pda::protocol()).await.unwrap();
    assert_eq!(protocol.admin, net.wallets.admin.pubkey());
    assert_eq!((protocol.market_count, protocol.timelock_secs), (3, 0));
    for (live, symbol) in net.markets.iter().zip(["SOL", "BTC", "ETH"]) {
        assert_eq!(live.symbol(), symbol);
        let market: Market = net.link.expect(&live.keys.market).await.unwrap();
        assert_eq!(market.pool_atoms, 20_000_000 * USD);
        assert_eq!(net.link.tokens(&market.pool_vault).await.unwrap(), market.pool_atoms);
        assert_eq!(market.params.stress_variance_e24, live.definition.params.stress_variance_e24);
        assert_eq!(net.link.raw(&live.keys.price).await.unwrap().unwrap().owner, market.oracle.program);
    }
    let program = net.link.raw(&ID).await.unwrap().unwrap();
    assert!(program.executable);
    let user = tokens::account_of(&net.wallets.user.pubkey(), &net.mint);
    assert_eq!(net.link.tokens(&user).await.unwrap(), 10_000_000 * USD);
}

#[tokio::test]
async fn start_ok_with_the_other_receiver_generation() {
    let options = Options { generation: Some(Generation::Core), ..Options::default() };
    let net = Localnet::start(options).await.unwrap();
    let market: Market = net.link.expect(&net.markets[0].keys.market).await.unwrap();
    assert_eq!(market.oracle.program, bulkhead::oracle::PYTH_RECEIVER_CORE);
}

#[tokio::test]
async fn clock_is_the_time_of_day_and_goes_on_without_transactions() {
    let net = started().await;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(1_300)).await;
        let (shown, today) = (net.shown_secs().await, today_secs());
        assert!(shown.abs_diff(today) <= 1, "shown {shown}, today {today}");
    }
}

#[tokio::test]
async fn travel_ok_by_the_handle_and_by_the_cheatcode() {
    let net = started().await;
    net.travel(3_600).await.unwrap();
    let ahead = net.shown_secs().await - today_secs();
    assert!((3_599..=3_602).contains(&ahead), "{ahead}");
    // Prices came along: the market takes one.
    let keys = net.markets[0].keys;
    let update = [bulkhead_client::ix::update_market(&keys)];
    net.link.send(&update, &[&net.wallets.user]).await.unwrap();
    let market: Market = net.link.expect(&keys.market).await.unwrap();
    assert!(market.observations.sampled_at - today_secs() >= 3_598);

    let target_ms = (today_secs() + 90_000) * 1_000;
    let request = solana_rpc_client_api::request::RpcRequest::Custom { method: "surfnet_timeTravel" };
    let params = serde_json::json!([{ "absoluteTimestamp": target_ms }]);
    let _: serde_json::Value = net.link.rpc.send(request, params).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let ahead = net.shown_secs().await - today_secs();
    assert!((89_998..=90_003).contains(&ahead), "{ahead}");
    assert!(net.now_secs().unwrap() - today_secs() >= 89_998);
}

#[tokio::test]
async fn two_run_side_by_side_and_a_dropped_one_frees_its_ports() {
    let (first, second) = tokio::join!(started(), started());
    assert_ne!(first.rpc_url, second.rpc_url);
    first.set_price("SOL", 99 * crate::USD_E8).unwrap();
    assert_ne!(first.price("SOL").unwrap(), second.price("SOL").unwrap());
    let port: u16 = first.rpc_url.rsplit(':').next().unwrap().parse().unwrap();
    drop(first);
    // Connections of the client that it had may linger; whoever starts anew asks as surfpool does.
    TcpListener::bind(("127.0.0.1", port)).unwrap();
    assert!(second.link.rpc.get_slot().await.is_ok());
}

#[tokio::test]
async fn start_fails_on_a_taken_port_and_without_the_program() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let rpc_port = taken.local_addr().unwrap().port();
    let on_taken = Localnet::start(Options { rpc_port, ..Options::default() }).await;
    let message = format!("{:#}", on_taken.err().unwrap());
    assert!(
        message.contains(&format!("{rpc_port} cannot be used")) && message.contains("--rpc-port"),
        "{message}"
    );
    let without = Localnet::start(Options { program: "/nowhere.so".into(), ..Options::default() }).await;
    let message = format!("{:#}", without.err().unwrap());
    assert!(message.contains("/nowhere.so") && message.contains("cargo xtask build"), "{message}");
}
