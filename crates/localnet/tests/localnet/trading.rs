//! Positions opened and closed by signed v0 transactions.

use std::time::Duration;

use bulkhead::state::{Market, POSITION_OPEN, Position, PositionSide};
use bulkhead_lab::world::Opening;
use bulkhead_localnet::{Localnet, Options, tokens, trade};
use solana_signer::Signer;

use crate::{USD, USD_E8, started};

/// A tenth of a SOL.
const SIZE_ATOMS: u64 = 10_000_000_000;

#[tokio::test]
async fn open_ok_and_close_with_a_gain_over_rpc() {
    let net = started().await;
    let (keys, user, keeper) = (net.market("SOL").unwrap().keys, &net.wallets.user, &net.wallets.keeper);
    let account = tokens::account_of(&user.pubkey(), &net.mint);
    let before = net.link.tokens(&account).await.unwrap();
    let opening = Opening::new(PositionSide::Long, SIZE_ATOMS, 500 * USD);
    let position = trade::open(&net.link, &keys, user, keeper, &opening).await.unwrap();
    let opened: Position = net.link.expect(&position).await.unwrap();
    assert_eq!((opened.status, opened.size_atoms), (POSITION_OPEN, SIZE_ATOMS));
    let market: Market = net.link.expect(&keys.market).await.unwrap();
    assert_eq!(market.long.positions, 1);

    net.set_price("SOL", 165 * USD_E8).unwrap();
    trade::close(&net.link, &keys, user, keeper, position).await.unwrap();
    assert!(net.link.raw(&position).await.unwrap().is_none());
    let gained = net.link.tokens(&account).await.unwrap() - before;
    // Ten SOL, 15 dollars each, less fees of 0.05 % and half of the confidence on both ways.
    assert!((145 * USD..150 * USD).contains(&gained), "{gained}");
}

#[tokio::test]
async fn open_fails_by_name_when_the_collateral_is_not_there() {
    let net = started().await;
    let keys = net.market("SOL").unwrap().keys;
    let opening = Opening::new(PositionSide::Long, SIZE_ATOMS, u64::MAX / 2);
    let refused = trade::place(&net.link, &keys, &net.wallets.user, &opening).await;
    let message = format!("{:#}", refused.unwrap_err());
    assert!(message.contains("insufficient funds"), "{message}");
}

#[tokio::test]
async fn attendant_fills_orders_and_updates_markets_and_traders_rest() {
    let options = Options { attendant: true, traders: 2, ..Options::default() };
    let net = Localnet::start(options).await.unwrap();
    let keys = net.market("BTC").unwrap().keys;
    let opening = Opening::new(PositionSide::Short, 1_000_000, 200 * USD);
    let (placed, resting) = tokio::join!(
        trade::place(&net.link, &keys, &net.wallets.user, &opening),
        net.open_resting_positions()
    );
    let (placed, mut positions) = (placed.unwrap(), resting.unwrap());
    assert_eq!(positions.len(), 6);
    positions.push(placed);
    let mut open = 0;
    for _ in 0..100 {
        let read = net.link.accounts::<Position>(&positions).await.unwrap();
        open = read.into_iter().flatten().filter(|position| position.status == POSITION_OPEN).count();
        if open == positions.len() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(open, 7);

    let sampled = |market: Market| market.observations.sampled_at;
    let before = sampled(net.link.expect(&keys.market).await.unwrap());
    net.travel(120).await.unwrap();
    let mut after = before;
    for _ in 0..50 {
        after = sampled(net.link.expect(&keys.market).await.unwrap());
        if after > before {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(after >= before + 60, "{before} {after}");
}
