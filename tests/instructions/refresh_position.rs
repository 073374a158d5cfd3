//! `refresh_position`: a requirement goes down at once, and up only as far as its position has shown.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::PositionRefreshed;
use bulkhead::state::{Market, Position, PositionSide};
use bulkhead_lab::world::{Opening, World};
use bulkhead_risk::liquidation::{Readiness, assess};
use bulkhead_risk::margin_call::Standing;
use bulkhead_risk::{Ppm, Purpose};
use bulkhead_tests::foreign::{Others, refuses_foreign_accounts};
use bulkhead_tests::keeping::Scene;
use bulkhead_tests::*;

/// Ten times the least collateral: its health is never what holds a rise back.
fn rich(side: PositionSide) -> Scene {
    Scene::with(World::new().unwrap(), &Opening::new(side, BTC / 10, 5_000 * USD))
}

/// Sets the market's m_ramp, and m_target with it, so that a sample does not move it.
fn ramp(scene: &mut Scene, ppm: u32) {
    let market = scene.world.keys.market;
    poke(&mut scene.world, &market, |market: &mut Market| {
        market.observations.ramp_ppb = u64::from(ppm) * 1_000;
    });
}

/// Refreshes; account and event are what the host makes of it.
#[track_caller]
fn refreshes_as_the_host(scene: &mut Scene) -> PositionRefreshed {
    let seen = seen(&scene.world, Purpose::Observe);
    let before = scene.account().view().unwrap();
    let market_before = scene.world.market();
    let accrued = before.accrued(&seen.market.params, &seen.market.ledger).unwrap();
    let mut after = accrued.refreshed(&seen.market, &seen.sample, seen.now).unwrap();
    let standing = assess(&seen.market, &after, &seen.sample, seen.now).unwrap();
    if standing.readiness == Readiness::Healthy {
        after.below_since.0 = 0;
    }
    let called = after.called(&Standing::of(&standing)).unwrap();
    let expected = scene.stored(&before.with_requirement_of(&called));
    let refresh = scene.refresh();
    let done = scene.send(refresh);
    assert_eq!(scene.account(), expected);
    assert_eq!(scene.world.market(), market_before, "the market is only looked at");
    let event = PositionRefreshed {
        position: scene.position,
        margin_before_ppm: before.margin_ppm.get(),
        margin_ppm: expected.margin_ppm,
        addon_ppm: expected.addon_ppm,
        ramp_ppm: seen.market.volatility.ramp_ppm_ceil().unwrap().get(),
        below_since: expected.below_since,
    };
    let refreshed = events(&done).into_iter().filter(|event| event.name() != "MarginCalled");
    assert_eq!(refreshed.collect::<Vec<_>>(), [event.clone().into()]);
    event
}

#[test]
fn refresh_position_ok_down_at_once() {
    let mut scene = rich(PositionSide::Long);
    let opened = scene.account();
    ramp(&mut scene, 30_000);
    scene.price(60_000, 1);
    let event = refreshes_as_the_host(&mut scene);
    assert_eq!((event.margin_before_ppm, event.margin_ppm), (opened.margin_ppm, 30_000));
    assert_eq!(scene.account().margin_refreshed_at, scene.world.now());
}

#[test]
fn refresh_position_ok_addon_falls_with_open_interest_and_never_rises() {
    let mut world = World::new().unwrap();
    let big = world.actor(1_000_000 * USD);
    let large = world.open(&big, &Opening::new(PositionSide::Long, 10 * BTC, 100_000 * USD)).unwrap();
    let mut scene = Scene::with(world, &Opening::new(PositionSide::Long, BTC / 10, 5_000 * USD));
    let crowded = scene.account().addon_ppm;
    let order = bulkhead::state::OrderAction::Decrease;
    let id = scene.world.place_order(&big, large, order, u64::MAX).unwrap();
    scene.world.advance(5);
    scene.world.execute(large, id).unwrap();
    let alone = refreshes_as_the_host(&mut scene).addon_ppm;
    assert!(alone < crowded / 5, "{alone} of {crowded}");
    scene.world.open(&big, &Opening::new(PositionSide::Long, 10 * BTC, 100_000 * USD)).unwrap();
    assert_eq!(refreshes_as_the_host(&mut scene).addon_ppm, alone);
}

#[test]
fn refresh_position_ok_up_by_at_most_a_quarter_an_hour_and_once_a_minute() {
    let mut scene = rich(PositionSide::Short);
    let opened = scene.account().margin_ppm;
    ramp(&mut scene, 200_000);
    scene.price(60_000, 54);
    assert_eq!(refreshes_as_the_host(&mut scene).margin_ppm, opened, "59 s after opening: not yet");
    scene.price(60_000, 6);
    let minute = refreshes_as_the_host(&mut scene).margin_ppm;
    assert_eq!(minute, opened + opened / 4 / 60);
    scene.price(60_000, 59);
    assert_eq!(refreshes_as_the_host(&mut scene).margin_ppm, minute, "once a minute");
    scene.price(60_000, 3_541);
    let hour = refreshes_as_the_host(&mut scene).margin_ppm;
    assert_eq!(hour, minute + minute / 4);
    // A longer absence earns no more than an hour.
    scene.price(60_000, 7_200);
    assert_eq!(refreshes_as_the_host(&mut scene).margin_ppm, hour + hour / 4);
}

#[test]
fn refresh_position_ok_up_only_as_far_as_shown() {
    for side in [PositionSide::Long, PositionSide::Short] {
        let mut scene = Scene::with(World::new().unwrap(), &Opening::new(side, BTC / 10, 500 * USD));
        let opened = scene.account();
        ramp(&mut scene, 200_000);
        scene.price(60_000, 3_600);
        // Filled at an edge of 24 USD a bitcoin: q = 497.60 / 6,000 = 8.2933 %; over 1.1, less the other parts.
        let shown = 82_933 * 10 / 11 - opened.addon_ppm - opened.liquidation_fee_ppm;
        let mut reach = opened.margin_ppm;
        for _ in 0..4 {
            reach += reach / 4;
            assert_eq!(refreshes_as_the_host(&mut scene).margin_ppm, shown.min(reach));
            scene.price(60_000, 3_600);
        }
        assert!(reach > shown, "the last hours were held back by what was shown");
    }
}

#[test]
fn refresh_position_ok_up_only_to_the_worst_price_of_72_hours() {
    let mut scene = Scene::long();
    let opened = scene.account();
    // A dip to 58,500: q = 347.60 / 5,850 = 5.9418 %. Then the price is back where it was.
    scene.world.move_price(58_500 * E8, 60).unwrap();
    scene.world.move_price(60_000 * E8, 60).unwrap();
    ramp(&mut scene, 200_000);
    scene.price(60_000, 3_600);
    let shown = 59_418 * 10 / 11 - opened.addon_ppm - opened.liquidation_fee_ppm;
    let held = refreshes_as_the_host(&mut scene).margin_ppm;
    assert_eq!(held, shown.max(opened.margin_ppm));
    // 68 hours on it still counts; after 76 hours its four hours are forgotten.
    scene.world.move_price(60_000 * E8, 68 * 3_600).unwrap();
    ramp(&mut scene, 200_000);
    assert_eq!(refreshes_as_the_host(&mut scene).margin_ppm, held);
    scene.world.move_price(60_000 * E8, 8 * 3_600).unwrap();
    ramp(&mut scene, 200_000);
    assert!(refreshes_as_the_host(&mut scene).margin_ppm > held);
}

#[test]
fn refresh_position_ok_never_makes_it_liquidatable_at_its_own_sample() {
    let mut scene = Scene::long();
    ramp(&mut scene, 200_000);
    for usd in [59_000, 58_800, 58_600, 58_500, 58_450] {
        scene.price(usd, 3_600);
        let seen = seen(&scene.world, Purpose::Liquidate);
        let stands = |position: Position| {
            let position = position.view().unwrap().accrued(&seen.market.params, &seen.market.ledger);
            assess(&seen.market, &position.unwrap(), &seen.sample, seen.now).unwrap().readiness
        };
        assert_eq!(stands(scene.account()), Readiness::Healthy);
        refreshes_as_the_host(&mut scene);
        assert_eq!(stands(scene.account()), Readiness::Healthy, "INV-09 at {usd}");
    }
}

#[test]
fn refresh_position_ok_clears_a_sighting_where_healthy_and_never_sets_one() {
    let mut scene = Scene::long();
    scene.price(57_000, 10);
    assert_eq!(refreshes_as_the_host(&mut scene).below_since, 0, "below maintenance, and nobody has said so");
    let flag = scene.flag();
    scene.send(flag);
    let since = scene.account().below_since;
    assert_eq!(since, scene.world.now());
    scene.price(57_000, 5);
    assert_eq!(refreshes_as_the_host(&mut scene).below_since, since, "still below: it stands");
    scene.price(60_000, 5);
    assert_eq!(refreshes_as_the_host(&mut scene).below_since, 0);
}

#[test]
fn refresh_position_ok_stores_no_accrual() {
    let mut scene = Scene::with(
        world_with(|params| {
            (params.borrow_kink_rate_e12, params.borrow_full_rate_e12) = (6_342, 95_129);
        }),
        &Opening::new(PositionSide::Long, BTC / 10, 5_000 * USD),
    );
    scene.price(60_000, 86_400);
    refreshes_as_the_host(&mut scene);
    let account = scene.account();
    assert_eq!((account.owed_borrow_atoms, u128::from(account.borrow_snapshot_e12)), (0, 0));
    assert_eq!(account.margin_ppm.max(Ppm(1).0), account.margin_ppm);
}

#[test]
fn refresh_position_fails_unless_open() {
    let mut world = World::new().unwrap();
    let owner = world.actor(keeping::WEALTH);
    let position = world.place(&owner, &Opening::new(PositionSide::Long, BTC / 10, 500 * USD)).unwrap();
    let mut scene = Scene { world, owner, position };
    let refresh = scene.refresh();
    refused(&mut scene.world, &refresh, BulkheadError::PositionNotOpen);
    scene.world.advance(5);
    scene.world.execute(position, 0).unwrap();
    scene.price(54_000, 10);
    let liquidation = scene.liquidation();
    scene.send(liquidation);
    refused(&mut scene.world, &refresh, BulkheadError::PositionClosed);
}

#[test]
fn refresh_position_fails_with_a_bad_price_or_another_account() {
    let mut scene = rich(PositionSide::Long);
    let others = Others::beside(&mut scene.world);
    let refresh = scene.refresh();
    refuses_bad_prices(&mut scene.world, &refresh);
    refuses_foreign_accounts(&mut scene, &others, &refresh);
    refuses_impostors(&mut scene.world, &refresh, &[]);
    refuses_readonly(&mut scene.world, &refresh, &[]);
    scene.world.warp_to(scene.world.now() + 11);
    refused(&mut scene.world, &refresh, BulkheadError::PriceTooOld);
    let neighbour = others.neighbour.keys.price;
    let tampered = swapped(&refresh, scene.world.keys.price, neighbour);
    refused(&mut scene.world, &tampered, BulkheadError::OracleAccountMismatch);
}

#[test]
fn refresh_position_fails_of_a_position_that_is_not_as_written() {
    let mut scene = rich(PositionSide::Long);
    let (position, refresh) = (scene.position, scene.refresh());
    let world = &mut scene.world;
    poke(world, &position, |position: &mut Position| position.version = 2);
    refused(world, &refresh, BulkheadError::AccountVersionMismatch);
    poke(world, &position, |position: &mut Position| (position.version, position.side) = (1, 2));
    refused(world, &refresh, BulkheadError::CorruptAccount);
    poke(world, &position, |position: &mut Position| (position.side, position.status) = (0, 3));
    refused(world, &refresh, BulkheadError::CorruptAccount);
    let nothing = world.key();
    let tampered = swapped(&refresh, position, nothing);
    refused(world, &tampered, ErrorCode::AccountOwnedByWrongProgram);
}
