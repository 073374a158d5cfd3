//! `liquidate` while confidence is wide: held back for ten minutes, then at the edge that favours the
//! position; and after a refresh in the same transaction.

use bulkhead::error::BulkheadError;
use bulkhead::events::{PositionLiquidated, SkipReason};
use bulkhead::state::{Market, Position, PositionSide};
use bulkhead_client::events::AnyEvent;
use bulkhead_client::ix;
use bulkhead_lab::world::{Opening, World, WorldOptions};
use bulkhead_risk::Purpose;
use bulkhead_risk::liquidation::{Readiness, assess};
use bulkhead_tests::keeping::{Scene, publish};
use bulkhead_tests::random::Random;
use bulkhead_tests::*;

const NARROW: u64 = 400;
/// Over a quarter of the least margin, 2.5 %: wide, and still counted.
const WIDE: u64 = 7_000;

/// A sample of market 0, taken in.
fn update(scene: &mut Scene, usd: u64, conf_ppm: u64, secs: i64) {
    publish(&mut scene.world, usd * E8, conf_ppm, secs);
    let update = ix::update_market(&scene.world.keys);
    scene.send(update);
}

#[track_caller]
fn skipped(scene: &mut Scene) -> SkipReason {
    sight(scene);
    let liquidation = scene.liquidation();
    let done = scene.send(liquidation);
    match events(&done).pop() {
        Some(AnyEvent::LiquidationSkipped(event)) => event.reason,
        other => panic!("not skipped, but {other:?}"),
    }
}

#[track_caller]
fn liquidated(scene: &mut Scene) -> PositionLiquidated {
    sight(scene);
    let (report, tokens) = (scene.report(), scene.tokens());
    let liquidation = scene.liquidation();
    let done = scene.send(liquidation);
    assert_eq!(scene.tokens(), tokens.after(&report));
    match events(&done).pop() {
        Some(AnyEvent::PositionLiquidated(event)) => event,
        other => panic!("not liquidated, but {other:?}"),
    }
}

/// Below maintenance, confidence wide for `secs`.
fn wide_for(side: PositionSide, usd: u64, secs: i64) -> Scene {
    let mut scene = Scene::of(side);
    update(&mut scene, usd, WIDE, 10);
    for _ in 0..secs / 20 {
        update(&mut scene, usd, WIDE, 20);
    }
    scene
}

/// Plants a first sighting of ten seconds ago.
fn sight(scene: &mut Scene) {
    let (position, now) = (scene.position, scene.world.now());
    poke(&mut scene.world, &position, |position: &mut Position| position.below_since = now - 10);
}

#[test]
fn liquidate_ok_held_back_while_confidence_is_wide_and_then_at_the_favourable_edge() {
    for (side, usd) in [(PositionSide::Long, 56_500), (PositionSide::Short, 63_500)] {
        let mut scene = wide_for(side, usd, 580);
        assert_eq!(skipped(&mut scene), SkipReason::HeldBack);
        publish(&mut scene.world, usd * E8, WIDE, 19);
        assert_eq!(skipped(&mut scene), SkipReason::HeldBack, "599 s");
        publish(&mut scene.world, usd * E8, WIDE, 1);
        let event = liquidated(&mut scene);
        let conf = usd * E12 / 1_000_000 * WIDE;
        let edge = if side == PositionSide::Long { usd * E12 + conf } else { usd * E12 - conf };
        assert_eq!(event.closed.fill_price_e12, edge);
    }
}

#[test]
fn liquidate_ok_insolvent_is_not_held_back() {
    let mut scene = Scene::long();
    update(&mut scene, 60_000, WIDE, 10);
    publish(&mut scene.world, 54_000 * E8, WIDE, 10);
    assert_eq!(liquidated(&mut scene).closed.fill_price_e12, 54_000 * E12, "at the index, on one sample");
}

#[test]
fn liquidate_ok_narrow_again_for_three_buckets_ends_the_waiting() {
    let mut scene = wide_for(PositionSide::Long, 57_000, 60);
    for bucket in 1..=3 {
        update(&mut scene, 57_000, NARROW, 50);
        publish(&mut scene.world, 57_000 * E8, NARROW, 10);
        match bucket {
            3 => assert_eq!(liquidated(&mut scene).closed.fill_price_e12, 57_000 * E12),
            _ => assert_eq!(skipped(&mut scene), SkipReason::HeldBack),
        }
    }
}

#[test]
fn liquidate_ok_up_to_ten_per_cent_confidence_after_ten_minutes() {
    for conf_ppm in [20_001, 50_000, 100_000] {
        let mut scene = wide_for(PositionSide::Long, 57_500, 600);
        // Insolvent even at the edge that favours it.
        publish(&mut scene.world, 49_900 * E8, conf_ppm, 10);
        let before = scene.world.market().observations;
        let event = liquidated(&mut scene);
        assert_eq!(event.closed.fill_price_e12, 49_900 * E12 / 1_000_000 * (1_000_000 + conf_ppm));
        let after = scene.world.market().observations;
        assert_eq!(after.index_price_e12, before.index_price_e12, "so wide a sample moves no index");
    }
}

#[test]
fn liquidate_fails_with_more_than_ten_per_cent_or_before_ten_minutes() {
    let mut scene = wide_for(PositionSide::Long, 57_500, 600);
    let liquidation = scene.liquidation();
    publish(&mut scene.world, 45_000 * E8, 100_002, 10);
    refused(&mut scene.world, &liquidation, BulkheadError::ConfidenceTooWide);
    let mut scene = wide_for(PositionSide::Long, 57_500, 580);
    publish(&mut scene.world, 45_000 * E8, 20_100, 10);
    refused(&mut scene.world, &liquidation, BulkheadError::ConfidenceTooWide);
}

#[test]
fn liquidate_ok_wide_confidence_pays_nobody_a_cap_that_the_price_has_not_reached() {
    for side in [PositionSide::Long, PositionSide::Short] {
        let opening = Opening::new(side, BTC / 10, 1_000 * USD).with_payout_cap(50_000);
        let mut scene = Scene::with(World::new().unwrap(), &opening);
        for _ in 0..31 {
            update(&mut scene, 60_000, WIDE, 20);
        }
        // Half width 6 %, cap 5 %: at the favourable edge it would have won all of it, at no move of the price.
        publish(&mut scene.world, 60_000 * E8, 60_000, 10);
        assert_eq!(skipped(&mut scene), SkipReason::Healthy);
        assert_eq!(scene.account().size_atoms, BTC / 10);
        // At the edge against it, it has: there it is settled, and paid its cap.
        let usd = if side == PositionSide::Long { 70_000 } else { 53_000 };
        publish(&mut scene.world, usd * E8, 60_000, 10);
        let reserved = scene.account().reserved_atoms;
        let event = liquidated(&mut scene);
        assert_eq!((event.closed.payout_atoms, event.closed.shortfall_atoms), (reserved, 0));
    }
}

/// Any q, mm_pos, add-on, fee, m_ramp and past, as far as a position can have them.
fn any_state(random: &mut Random) -> Scene {
    let mut options = WorldOptions::default();
    options.params.liquidation_fee_ppm = random.pick(&[1_000, 5_000, 12_000]);
    let side = random.pick(&[PositionSide::Long, PositionSide::Short]);
    let size = random.magnitude(BTC / 100, 10 * BTC);
    let collateral = size * 600 / 1_000 * random.range(150, 600);
    let cap = random.range_u32(50_000, 1_000_000);
    let world = World::with(options).unwrap();
    let mut scene = Scene { world, owner: Default::default(), position: Default::default() };
    scene.owner = scene.world.actor(collateral);
    let opening = Opening::new(side, size, collateral).with_payout_cap(cap);
    scene.position = scene.world.open(&scene.owner, &opening).unwrap();
    assert_eq!(scene.account().status, 1, "the opening order was spent");
    for _ in 0..random.range(0, 4) {
        let usd = random.range(57_000, 63_000);
        let secs = random.pick(&[60, 600, 3_600, 20_000]);
        update(&mut scene, usd, NARROW, secs);
    }
    let (market, position) = (scene.world.keys.market, scene.position);
    let ramp_ppb = random.range(25_000_000, 200_000_000);
    poke(&mut scene.world, &market, |market: &mut Market| {
        market.observations.ramp_ppb = ramp_ppb;
        if random.chance(30) {
            market.observations.conf_wide_since = market.observations.published_at - 700;
        }
    });
    poke(&mut scene.world, &position, |position: &mut Position| {
        let (margin_max, addon_max) = random.pick(&[(40_000, 5_000), (60_000, 20_000), (200_000, 100_000)]);
        position.margin_ppm = random.range_u32(0, margin_max);
        position.addon_ppm = random.range_u32(0, addon_max);
        position.liquidation_fee_ppm = random.range_u32(1_000, 20_000);
        position.margin_refreshed_at -= random.range_i64(0, 7_200);
    });
    scene
}

/// A price near the one at which the position would be liquidated, where a rise of its requirement would
/// hurt, or any other.
fn telling_price(scene: &mut Scene, random: &mut Random) -> u64 {
    let seen = seen(&scene.world, Purpose::Observe);
    let position = scene.account().view().unwrap();
    let edge = bulkhead_risk::health::health(&seen.market, &position, &seen.sample, seen.now);
    let edge_e8 = edge.unwrap().liquidation_price.get() / 10_000;
    let price = if edge_e8 == 0 || random.chance(20) { random.range(40_000, 80_000) * E8 } else { edge_e8 };
    let off = random.pick(&[1_000, 10_000, 100_000]);
    let moved = u128::from(price) * u128::from(random.range(1_000_000 - off, 1_000_000 + off)) / 1_000_000;
    (moved as u64).clamp(1_000 * E8, 1_000_000 * E8)
}

/// INV-09, and a sighting planted beforehand so that nothing but health protects it.
#[test]
fn liquidate_ok_after_a_refresh_never_takes_what_was_healthy() {
    let cases = random::from_environment("BULKHEAD_CASES", 300);
    let (mut healthy, mut rose) = (0, 0);
    for case in 0..cases {
        let random = &mut Random::of_case(0x9e_f4, case);
        let mut scene = any_state(random);
        publish(&mut scene.world, 60_000 * E8, NARROW, 60);
        let price_e8 = telling_price(&mut scene, random);
        let conf_ppm = random.pick(&[NARROW, NARROW, 6_000, 19_900]);
        let secs = random.pick(&[3, 59, 120, 3_700]);
        publish(&mut scene.world, price_e8, conf_ppm, secs);
        sight(&mut scene);
        let seen = seen(&scene.world, Purpose::Liquidate);
        let before = scene.account().view().unwrap();
        let standing = before.accrued(&seen.market.params, &seen.market.ledger).unwrap();
        let standing = assess(&seen.market, &standing, &seen.sample, seen.now).unwrap();
        let (refresh, liquidation, size) = (scene.refresh(), scene.liquidation(), before.size.get());
        scene.world.send(&[refresh, liquidation.clone(), scene.flag(), liquidation]).unwrap();
        if standing.readiness == Readiness::Healthy {
            healthy += 1;
            assert_eq!(scene.account().size_atoms, size, "INV-09: case {case} took a healthy position");
            assert_eq!(scene.account().below_since, 0, "INV-09: case {case} sighted a healthy position");
            // Without the clearing of the sighting its health alone protects it.
            sight(&mut scene);
            let again = scene.liquidation();
            scene.send(again);
            assert_eq!(scene.account().size_atoms, size, "INV-09: case {case} took a healthy position");
            rose += u64::from(scene.account().margin_ppm > before.margin_ppm.get());
        }
    }
    assert!(healthy > cases / 5 && rose > cases / 30, "{healthy} healthy, {rose} with a risen requirement");
}
