//! The keeper's feed by a Geyser stream, beside its feed by a websocket, over the same changes: a stub server,
//! and the keeper's own code on the other side.

mod chain;
mod geyser;
mod harness;
mod node;

use std::time::Duration;

use bulkhead::state::Position;

use crate::chain::Chain;
use crate::geyser::{Plugin, Replay};
use crate::harness::{Follower, World, agree, until};

/// Longer than a stream must have held to be resumed.
const HELD: Duration = Duration::from_millis(1_200);

async fn both(replay: Replay) -> (World, Plugin, Follower, Follower) {
    let world = World::new(Chain::new(1_000));
    let plugin = Plugin::start(world.chain.clone(), replay).await;
    let stream = Follower::stream(&world.chain, &plugin, geyser::TOKEN).await;
    let websocket = Follower::websocket(&world.chain).await;
    until(|| stream.is_up() && websocket.is_up(), "a feed does not begin").await;
    // Price accounts are subscribed to after the snapshot.
    until(|| plugin.seen().pongs > 0, "no ping was answered").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    (world, plugin, stream, websocket)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_ok_equals_that_of_the_websocket() {
    let (world, plugin, stream, websocket) = both(Replay::Kept).await;
    let before = stream.summary();
    for round in 0..5 {
        world.chain.advance();
        world.change_position(round);
        world.place_order(10 + round);
        world.set_price(5_000 + i64::from(round));
    }
    agree(&stream, &websocket).await;
    assert_ne!(stream.summary(), before);
    assert_eq!(stream.price_cents(), 5_004, "the price was heard of");
    // The websocket learns of a filled order by its position, the stream by itself.
    world.chain.advance();
    world.fill_order(10);
    agree(&stream, &websocket).await;
    assert_eq!(stream.summary().orders.len(), 6);
    assert_eq!((stream.lost(), websocket.lost()), (0, 0));
    assert_eq!(plugin.seen().subscriptions.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_ok_is_told_by_the_stream_alone() {
    let (world, _plugin, stream, websocket) = both(Replay::Kept).await;
    world.chain.advance();
    world.close_stranger();
    world.close_withdrawal();
    world.chain.advance();
    let slot = world.chain.slot();
    until(|| stream.slot() == slot && websocket.slot() == slot, "slots are not followed").await;
    assert_eq!(stream.summary().withdrawals.len(), 0);
    assert_eq!(websocket.summary().withdrawals.len(), 1, "then this test is not about anything");
    assert_eq!(stream.removals(), 1, "others' accounts are not passed on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_stream_ok_goes_on_where_it_was() {
    let (world, mut plugin, stream, websocket) = both(Replay::Kept).await;
    world.chain.advance();
    tokio::time::sleep(HELD).await;
    plugin.stop().await;
    for round in 0..40 {
        world.chain.advance();
        world.change_position(round);
        world.set_price(4_000 + i64::from(round));
    }
    world.fill_order(1);
    plugin.start_again(Replay::Kept).await;
    agree(&stream, &websocket).await;
    assert_eq!(stream.lost(), 0, "what was known was kept");
    let subscriptions = plugin.seen().subscriptions;
    assert_eq!(subscriptions.len(), 2);
    assert_eq!((subscriptions[0].from_slot, subscriptions[1].from_slot), (None, Some(1_001 - 8)));
    assert_eq!(stream.price_cents(), 4_039);
    assert!(subscriptions[1].accounts.contains_key("named"), "prices, too");
}

/// Whether it refuses to go on there or only ignores it: then everything is read anew.
async fn is_repaired_by_a_snapshot(replay: Replay) {
    let (world, plugin, stream, websocket) = both(replay).await;
    world.chain.advance();
    tokio::time::sleep(HELD).await;
    plugin.cut();
    for round in 0..20 {
        world.chain.advance();
        world.change_position(round);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.fill_order(1);
    world.chain.advance();
    until(|| stream.lost() > 0 && stream.is_up(), "it does not begin anew").await;
    world.change_position(77);
    agree(&stream, &websocket).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_replay_ok_is_repaired_by_a_snapshot() {
    is_repaired_by_a_snapshot(Replay::Refused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ignored_replay_ok_is_repaired_by_a_snapshot() {
    is_repaired_by_a_snapshot(Replay::Ignored).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_ok_is_stopped_and_started_again() {
    let (world, mut plugin, stream, websocket) = both(Replay::Kept).await;
    world.chain.advance();
    tokio::time::sleep(HELD).await;
    plugin.stop().await;
    // Longer than it tries to go on where it was.
    until(|| stream.lost() > 1 && !stream.is_up(), "it does not notice").await;
    for round in 0..10 {
        world.chain.advance();
        world.change_position(round);
    }
    plugin.start_again(Replay::Kept).await;
    until(|| stream.is_up(), "it does not come back").await;
    agree(&stream, &websocket).await;
    assert_eq!(stream.summary().positions.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_fails_without_its_token() {
    let world = World::new(Chain::new(1_000));
    let plugin = Plugin::start(world.chain.clone(), Replay::Kept).await;
    let stream = Follower::stream(&world.chain, &plugin, "another-token").await;
    until(|| stream.lost() > 1, "it does not try").await;
    assert!(!stream.is_up() && plugin.seen().subscriptions.is_empty());
    assert_eq!(stream.summary().positions, Vec::<(_, Position)>::new());
}
