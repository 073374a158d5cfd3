//! What a keeper does for traders and markets.

use std::time::{Duration, Instant};

use bulkhead::instructions::PlaceOrderArgs;
use bulkhead::state::{
    Market, Order, OrderAction, OrderKind, POSITION_CLOSED, POSITION_OPEN, Position, PositionSide,
};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, any_price};
use bulkhead_localnet::{Localnet, trade};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::harness::{POLL, Running, Setup, started};

const USD: u64 = 1_000_000;

async fn wait_status(net: &Localnet, position: &Pubkey, status: u8) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        let found = net.link.account::<Position>(position).await.unwrap();
        if found.is_some_and(|found| found.status == status) {
            return;
        }
        tokio::time::sleep(POLL).await;
    }
    panic!("the position does not get status {status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_ok_are_filled_and_dead_ones_cancelled() {
    let net = started().await;
    let keeper = Running::ready(Setup::of(&net, &net.wallets.keeper)).await;
    let (keys, user) = (net.market("ETH").unwrap().keys, &net.wallets.user);
    let opening = Opening::new(PositionSide::Long, 100_000_000, 1_000 * USD);
    let position = trade::place(&net.link, &keys, user, &opening).await.unwrap();
    wait_status(&net, &position, POSITION_OPEN).await;

    // One that nobody can fill, and one that closes everything.
    let dead = PlaceOrderArgs {
        trigger_price_e12: 0,
        expires_at: 0,
        order_id: 1,
        action: OrderAction::Decrease,
        kind: OrderKind::Market,
        size_atoms: 1_000_000,
        acceptable_price_e12: u64::MAX,
        payout_cap_ppm: 1_000_000,
        tip_lamports: bulkhead::constants::TIP_LAMPORTS_MIN,
    };
    let acceptable_price_e12 = any_price(PositionSide::Long, OrderAction::Decrease);
    let close = PlaceOrderArgs { order_id: 2, size_atoms: u64::MAX, acceptable_price_e12, ..dead };
    for args in [dead, close] {
        let place = ix::place_order(&keys, user.pubkey(), user.pubkey(), position, args);
        net.link.send(&[place], &[user]).await.unwrap();
    }
    wait_status(&net, &position, POSITION_CLOSED).await;

    // What the closed position left behind is swept.
    let deadline = Instant::now() + Duration::from_secs(10);
    while net.link.account::<Order>(&pda::order(&position, 1)).await.unwrap().is_some() {
        assert!(Instant::now() < deadline, "the order is not swept");
        tokio::time::sleep(POLL).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(keeper.metric("bulkhead_keeper_actions_landed_total", "execute_orders").await, 2);
    assert_eq!(keeper.metric("bulkhead_keeper_actions_landed_total", "sweep_orders").await, 1);
    assert_eq!(keeper.metric("bulkhead_keeper_transactions_failed_total", "").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn markets_ok_get_a_sample_of_every_minute() {
    let net = started().await;
    let sampled = || async {
        let mut all = Vec::new();
        for live in &net.markets {
            all.push(net.link.expect::<Market>(&live.keys.market).await.unwrap().observations.sampled_at);
        }
        all
    };
    let mut keeper = Running::ready(Setup::of(&net, &net.wallets.keeper)).await;
    for _ in 0..2 {
        let before = sampled().await;
        net.travel(61).await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(15);
        while sampled().await.iter().zip(&before).any(|(now, before)| now <= before) {
            assert!(Instant::now() < deadline, "a market was not sampled");
            tokio::time::sleep(POLL).await;
        }
    }
    assert!(keeper.stop().success());
}
