//! Prices that are not on the chain yet: when they are acted on, and which transaction brings them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bulkhead::oracle::OracleSource;
use bulkhead_pyth::{Generation, Leaf, PriceFeedMessage, Update as Signed};
use pythnet_sdk::accumulators::merkle::MerklePath;
use pythnet_sdk::wire::v1::MerklePriceUpdate;

use super::*;
use crate::action::Batch;
use crate::push::{Offered, Pusher, Shipments, Target, Way, offers};
use crate::state::PriceData;

const FEED: [u8; 32] = [7; 32];
const SHARD: u16 = 5;
const STEP_SECS: u32 = 2;
const CENTS_E8: i64 = 1_000_000;

/// A world whose market reads a price account of Pyth's push oracle.
fn world() -> World {
    let mut world = World::new();
    let source = OracleSource::PythCompatible { shard: SHARD, feed_id: FEED };
    world.market.oracle = source.resolve(false).unwrap();
    world.store_market();
    world
}

fn target(world: &World) -> Target {
    let account = world.market.oracle.account;
    Target { account, feed: FEED, shard: SHARD, generation: Generation::Compatible }
}

fn leaf(cents: i64, seconds: i64) -> Leaf {
    let price = PriceFeedMessage {
        feed_id: FEED,
        price: cents * CENTS_E8,
        conf: 0,
        exponent: -8,
        publish_time: NOW + seconds,
        prev_publish_time: NOW + seconds - 1,
        ema_price: cents * CENTS_E8,
        ema_conf: 0,
    };
    let proof = MerklePriceUpdate { message: vec![1].into(), proof: MerklePath::new(Vec::new()) };
    Leaf { price, proof }
}

/// What Hermes would offer; the message's bytes differ by time, as signed ones do.
fn offered(world: &World, cents: i64, seconds: i64) -> Vec<Arc<Offered>> {
    let vaa = vec![seconds.to_le_bytes()[0]; 300];
    let update = Signed { vaa, guardian_set: 1, signatures: 3, leaves: vec![leaf(cents, seconds)] };
    offers(&update, &[target(world)], &KEEPER, &mut Shipments::default(), |_| 1)
}

impl World {
    fn on_chain(&mut self, cents: i64, seconds: i64) {
        let (key, owner) = (self.market.oracle.account, self.market.oracle.program);
        let data = leaf(cents, seconds).account_bytes(&key, 9);
        let _ = self.state.apply(Update::Price(PriceData { key, owner, data }));
    }

    fn offer(&mut self, cents: i64, seconds: i64) {
        let offered = offered(self, cents, seconds);
        self.state.offer(&offered, STEP_SECS);
    }

    /// The price that is acted on, in cents, and whether it must be brought.
    fn acts_on(&self) -> (u64, bool) {
        let market = self.state.market(&self.key).unwrap();
        (market.sample.unwrap().price.get() / 10_000_000_000, market.offer().is_some())
    }

    fn update_batch(&self) -> Batch {
        let market = self.state.market(&self.key).unwrap();
        let crank = ix::crank_market(&market.keys, KEEPER);
        Batch::of(Action::of(Duty::UpdateMarkets, market, self.key, crank))
    }
}

#[test]
fn offer_ok_is_acted_on_once_it_is_newer_by_the_step_and_until_the_chain_has_it() {
    let mut world = world();
    world.on_chain(100, 10);
    world.offer(101, 11);
    assert_eq!(world.acts_on(), (100, false), "a second newer is not worth a transaction");
    world.offer(102, 12);
    assert_eq!(world.acts_on(), (102, true));
    world.offer(101, 11);
    assert_eq!(world.acts_on(), (102, true), "nothing goes back");
    world.on_chain(101, 11);
    assert_eq!(world.acts_on(), (102, true), "somebody has brought an older one");
    world.on_chain(102, 12);
    assert_eq!(world.acts_on(), (102, false));
    world.offer(105, 15);
    world.state.drop_offers();
    assert_eq!(world.acts_on(), (102, false));
}

#[test]
fn offers_ok_none_for_an_account_of_another_feed_or_market() {
    let mut world = world();
    world.on_chain(100, 10);
    let other = Target { account: Pubkey::new_from_array([9; 32]), ..target(&world) };
    let update = Signed { vaa: vec![0; 300], guardian_set: 1, signatures: 3, leaves: vec![leaf(150, 20)] };
    let mut known = Shipments::default();
    world.state.offer(&offers(&update, &[other], &KEEPER, &mut known, |_| 1), STEP_SECS);
    let foreign = Target { feed: [8; 32], ..target(&world) };
    assert!(offers(&update, &[foreign], &KEEPER, &mut known, |_| 1).is_empty());
    assert_eq!(world.acts_on(), (100, false));
}

#[test]
fn way_ok_one_brings_the_price_and_the_others_wait_for_it() {
    let mut world = world();
    world.on_chain(100, 10);
    let (mut pusher, now) = (Pusher::default(), Instant::now());
    let batch = world.update_batch();
    assert!(matches!(pusher.way(&world.state, &batch, &KEEPER, now), Way::Free));
    world.offer(105, 15);
    let Way::Bring(push) = pusher.way(&world.state, &batch, &KEEPER, now) else { panic!("it has to") };
    assert_eq!(push.account, world.market.oracle.account);
    assert!(push.instruction.accounts.iter().any(|meta| meta.pubkey == push.account && meta.is_writable));
    assert!(matches!(pusher.way(&world.state, &batch, &KEEPER, now), Way::Wait));
    // What looks at no price need not wait.
    let market = world.state.market(&world.key).unwrap();
    let cancel = solana_instruction::Instruction::new_with_bytes(bulkhead::ID, &[], Vec::new());
    let blind = Batch::of(Action::of(Duty::CancelOrders, market, world.key, cancel));
    assert!(matches!(pusher.way(&world.state, &blind, &KEEPER, now), Way::Free));
    pusher.ended(&push.account, true, now);
    world.on_chain(105, 15);
    assert!(matches!(pusher.way(&world.state, &batch, &KEEPER, now), Way::Free));
}

/// Hermes gives the same message again and again within a second, and its account can be created only once.
#[test]
fn offers_ok_the_same_message_is_the_same_shipment_while_anybody_holds_it() {
    let world = world();
    let update =
        |byte| Signed { vaa: vec![byte; 300], guardian_set: 1, signatures: 3, leaves: vec![leaf(150, 20)] };
    let mut known = Shipments::default();
    let mut offered = |byte| offers(&update(byte), &[target(&world)], &KEEPER, &mut known, |_| 1).remove(0);
    let (first, other, again) = (offered(1), offered(2), offered(1));
    first.shipment().verified.set(true).unwrap();
    assert!(Arc::ptr_eq(first.shipment(), again.shipment()));
    assert!(!Arc::ptr_eq(first.shipment(), other.shipment()));
    drop((first, again));
    // Closed meanwhile: it has to be verified anew.
    assert!(offered(1).shipment().verified.get().is_none());
}

#[test]
fn way_ok_a_price_that_was_never_heard_of_is_brought_again() {
    let mut world = world();
    world.on_chain(100, 10);
    world.offer(105, 15);
    let (mut pusher, now) = (Pusher::default(), Instant::now());
    let batch = world.update_batch();
    assert!(matches!(pusher.way(&world.state, &batch, &KEEPER, now), Way::Bring(_)));
    let later = now + Duration::from_secs(6);
    assert!(matches!(pusher.way(&world.state, &batch, &KEEPER, later), Way::Bring(_)));
}

#[test]
fn ended_ok_holds_offers_back_longer_after_each_failure_and_not_after_a_success() {
    let (mut pusher, now, account) = (Pusher::default(), Instant::now(), KEEPER);
    let at = |secs| now + Duration::from_secs(secs);
    pusher.ended(&account, false, now);
    assert!(pusher.is_held(at(4)) && !pusher.is_held(at(6)));
    // Failures of the same attempt count once.
    pusher.ended(&account, false, at(1));
    assert!(!pusher.is_held(at(6)));
    pusher.ended(&account, false, at(6));
    assert!(pusher.is_held(at(15)) && !pusher.is_held(at(17)));
    pusher.ended(&account, true, at(17));
    pusher.ended(&account, false, at(18));
    assert!(!pusher.is_held(at(24)));
}

#[test]
fn closable_ok_only_what_was_verified_and_is_neither_offered_nor_new() {
    let mut world = world();
    world.on_chain(100, 10);
    world.offer(105, 15);
    let (mut pusher, now) = (Pusher::default(), Instant::now());
    let batch = world.update_batch();
    let Way::Bring(push) = pusher.way(&world.state, &batch, &KEEPER, now) else { panic!("it has to") };
    push.shipment.verified.set(true).unwrap();
    let account = push.shipment.posting.account;
    drop(push);
    let later = now + Duration::from_secs(60);
    assert!(pusher.closable(later, false).is_empty(), "it is still offered");
    world.on_chain(105, 15);
    assert!(pusher.closable(now, false).is_empty(), "it is new");
    let closed = pusher.closable(later, false);
    assert_eq!(closed.iter().map(|posting| posting.account).collect::<Vec<_>>(), [account]);
    assert!(pusher.closable(later, true).is_empty(), "once");
}
