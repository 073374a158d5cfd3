//! A crash that leaves positions to liquidate.

use std::time::{Duration, Instant};

use bulkhead::state::{Market, Position};
use bulkhead_client::ix;
use bulkhead_client::quote::{self, Look};
use bulkhead_localnet::{Localnet, Surge, tokens, trade};
use bulkhead_risk::UnixSeconds;
use bulkhead_risk::liquidation::Readiness;
use solana_signer::Signer;

use crate::started;

const COUNT: u32 = 60;

/// How many positions are below maintenance at the price that stands.
async fn below_maintenance(net: &Localnet, surge: &Surge) -> usize {
    let market: Market = net.link.expect(&net.market(&surge.symbol).unwrap().keys.market).await.unwrap();
    let sample = trade::sample(&net.link, &market).await.unwrap();
    let look = Look::new(&market, sample, UnixSeconds(net.now_secs().unwrap())).unwrap();
    let read = net.link.accounts::<Position>(&surge.positions).await.unwrap();
    let is_below = |position: &Position| {
        quote::health(&look, position).unwrap().assessment.readiness != Readiness::Healthy
    };
    read.iter().flatten().filter(|position| is_below(position)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn surge_ok_leaves_every_position_to_liquidate() {
    let net = started().await;
    let begun = Instant::now();
    let surge = net.prepare_surge("SOL", COUNT).await.unwrap();
    println!("{COUNT} positions opened within {} ms", begun.elapsed().as_millis());
    assert_eq!(surge.positions.len(), COUNT as usize);
    assert_eq!(net.still_open(&surge).await.unwrap(), COUNT as usize);
    assert_eq!(below_maintenance(&net, &surge).await, 0);
    net.crash(&surge).unwrap();
    assert_eq!(below_maintenance(&net, &surge).await, COUNT as usize);

    // One of them, as a keeper does it: two sightings, two seconds apart.
    let (keys, keeper) = (net.market("SOL").unwrap().keys, &net.wallets.keeper);
    let position = surge.positions[0];
    net.link.send(&[ix::flag(&keys, &[position])], &[keeper]).await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let pay = tokens::account_of(&keeper.pubkey(), &net.mint);
    let before = net.link.expect::<Position>(&position).await.unwrap().size_atoms;
    net.link.send(&[ix::liquidate(&keys, keeper.pubkey(), pay, position)], &[keeper]).await.unwrap();
    assert!(net.link.expect::<Position>(&position).await.unwrap().size_atoms < before);
    assert!(net.link.tokens(&pay).await.unwrap() > 0);
}
