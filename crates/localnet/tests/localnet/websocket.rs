//! Subscriptions, as a keeper and a page hold them.

use std::time::Duration;

use bulkhead::ID;
use bulkhead::state::{Order, PositionSide};
use bulkhead_client::accounts::AnyAccount;
use bulkhead_lab::world::Opening;
use bulkhead_localnet::trade;
use futures_util::StreamExt;
use solana_account_decoder_client_types::UiAccountEncoding;
use solana_pubsub_client::nonblocking::pubsub_client::PubsubClient;
use solana_rpc_client_api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig};

use crate::{USD, USD_E8, started};

const WAIT: Duration = Duration::from_secs(10);

fn base64() -> RpcAccountInfoConfig {
    RpcAccountInfoConfig { encoding: Some(UiAccountEncoding::Base64), ..RpcAccountInfoConfig::default() }
}

#[tokio::test]
async fn program_subscribe_ok_delivers_a_new_order() {
    let net = started().await;
    let client = PubsubClient::new(&net.ws_url).await.unwrap();
    let config = RpcProgramAccountsConfig { account_config: base64(), ..RpcProgramAccountsConfig::default() };
    let (mut changes, _unsubscribe) = client.program_subscribe(&ID, Some(config)).await.unwrap();
    let keys = net.market("ETH").unwrap().keys;
    let opening = Opening::new(PositionSide::Long, 100_000_000, 1_000 * USD);
    let position = trade::place(&net.link, &keys, &net.wallets.user, &opening).await.unwrap();
    let order = bulkhead_client::pda::order(&position, 0).to_string();
    let mut seen = Vec::new();
    while seen.len() < 20 {
        let change = tokio::time::timeout(WAIT, changes.next()).await.expect("no change came").unwrap();
        let data = change.value.account.data.decode().unwrap();
        let account = AnyAccount::decode(&data).unwrap();
        seen.push((change.value.pubkey.clone(), account.name()));
        if let AnyAccount::Order(account) = account {
            assert_eq!((change.value.pubkey, account.position), (order, position));
            assert_eq!(account.size_atoms, net.link.all::<Order>().await.unwrap()[0].1.size_atoms);
            return;
        }
    }
    panic!("no order among {seen:?}");
}

#[tokio::test]
async fn account_subscribe_ok_delivers_prices() {
    let net = started().await;
    let client = PubsubClient::new(&net.ws_url).await.unwrap();
    let live = net.market("SOL").unwrap();
    let (mut prices, _unsubscribe) =
        client.account_subscribe(&live.keys.price, Some(base64())).await.unwrap();
    let market = net.link.expect(&live.keys.market).await.unwrap();
    net.set_price("SOL", 123 * USD_E8).unwrap();
    for _ in 0..5 {
        let change = tokio::time::timeout(WAIT, prices.next()).await.expect("no price came").unwrap();
        let owner = change.value.owner.parse().unwrap();
        let data = change.value.data.decode().unwrap();
        let oracle: &bulkhead::state::Market = &market;
        let sample = bulkhead_client::read_sample(&oracle.oracle, &live.keys.price, &owner, &data).unwrap();
        if sample.price.get() == 123 * USD_E8 * 10_000 {
            return;
        }
    }
    panic!("the price that was set did not come");
}
