//! `view_position`: what the chain says of a position is what the host computes, and nothing changes.

use anchor_lang::AnchorDeserialize;
use bulkhead::error::BulkheadError;
use bulkhead::events::LiquidationReason;
use bulkhead::instructions::PositionHealth;
use bulkhead::state::{Position, PositionSide};
use bulkhead_lab::world::{Opening, World};
use bulkhead_risk::Purpose;
use bulkhead_risk::health::health;
use bulkhead_risk::liquidation::Readiness;
use bulkhead_tests::foreign::{Others, refuses_foreign_accounts};
use bulkhead_tests::keeping::{Scene, all_accounts, changed};
use bulkhead_tests::*;

/// The answer, which is the host's to the last digit; not a byte has changed for it.
#[track_caller]
fn views_as_the_host(scene: &mut Scene) -> PositionHealth {
    let seen = seen(&scene.world, Purpose::Observe);
    let host = health(&seen.market, &scene.account().view().unwrap(), &seen.sample, seen.now).unwrap();
    let standing = host.assessment;
    let liquidatable = match standing.readiness {
        Readiness::Ready(reason) => Some(reason.into()),
        _ => None,
    };
    let before = all_accounts(&scene.world);
    let view = scene.view();
    let done = scene.send(view);
    let payer = scene.world.fee_payer;
    assert_eq!(changed(&before, &all_accounts(&scene.world)), [payer], "only the fee was paid");
    assert_events(&done, []);
    let answer = PositionHealth::try_from_slice(&done.return_data).unwrap();
    let expected = PositionHealth {
        price_e12: standing.price.get(),
        notional_atoms: standing.valuation.notional.get(),
        equity_atoms: i64::try_from(standing.valuation.equity.get()).unwrap(),
        pnl_atoms: i64::try_from(standing.valuation.pnl.get()).unwrap(),
        owed_atoms: host.owed.get(),
        due_atoms: host.due.get(),
        maintenance_atoms: standing.maintenance_margin.get(),
        initial_atoms: host.initial_margin.get(),
        health_ppm: host.health_ppm,
        maintenance_ppm: host.maintenance_ppm.get(),
        liquidation_price_e12: host.liquidation_price.get(),
        reduce_only: host.reduce_only,
        liquidatable,
        below_maintenance: standing.readiness != Readiness::Healthy && liquidatable.is_none(),
    };
    assert_eq!(answer, expected);
    answer
}

#[test]
fn view_position_ok_by_hand() {
    let mut scene = Scene::long();
    scene.price(59_000, 1);
    let answer = views_as_the_host(&mut scene);
    // 0.1 BTC bought at the edge, 60,024: worth 5,900, 102.40 lost of 500.
    assert_eq!(answer.notional_atoms, 5_900 * USD);
    assert_eq!(answer.pnl_atoms, -102_400_000);
    assert_eq!(answer.equity_atoms, 397_600_000);
    assert_eq!(answer.health_ppm, 397_600_000 * 1_000_000 / (5_900 * USD as i64));
    // 4.2308 % + 1 % * sqrt(5,900 / 20,000,000) + 0.5 %.
    assert_eq!(answer.maintenance_ppm, 42_308 + 172 + 5_000);
    assert_eq!((answer.owed_atoms, answer.due_atoms, answer.liquidatable), (0, 0, None));
    assert!(!answer.below_maintenance && !answer.reduce_only);
}

#[test]
fn view_position_ok_names_the_price_at_which_liquidation_begins() {
    for side in [PositionSide::Long, PositionSide::Short] {
        let mut scene = Scene::of(side);
        let edge_e8 = views_as_the_host(&mut scene).liquidation_price_e12 / 10_000;
        // Open interest is worth less or more there, and the add-on with it: half a basis point.
        let (safe, below) = match side {
            PositionSide::Long => (edge_e8 + edge_e8 / 20_000, edge_e8 - edge_e8 / 20_000),
            PositionSide::Short => (edge_e8 - edge_e8 / 20_000, edge_e8 + edge_e8 / 20_000),
        };
        for (price, expected) in [(safe, false), (below, true)] {
            keeping::publish(&mut scene.world, price, 400, 1);
            assert_eq!(views_as_the_host(&mut scene).below_maintenance, expected, "{side:?} {price}");
        }
    }
}

#[test]
fn view_position_ok_says_why_it_may_be_liquidated() {
    let mut scene = Scene::long();
    scene.price(57_000, 10);
    let answer = views_as_the_host(&mut scene);
    assert!(answer.below_maintenance && answer.liquidatable.is_none(), "not confirmed");
    let flag = scene.flag();
    scene.send(flag);
    scene.price(57_000, 2);
    let answer = views_as_the_host(&mut scene);
    assert_eq!(answer.liquidatable, Some(LiquidationReason::BelowMaintenance));
    assert!(!answer.below_maintenance);
    scene.price(54_000, 2);
    assert_eq!(views_as_the_host(&mut scene).liquidatable, Some(LiquidationReason::Insolvent));

    let opening = Opening::new(PositionSide::Long, BTC / 10, 500 * USD).with_payout_cap(50_000);
    let mut scene = Scene::with(World::new().unwrap(), &opening);
    scene.price(64_000, 10);
    assert_eq!(views_as_the_host(&mut scene).liquidatable, Some(LiquidationReason::PayoutCapped));
}

#[test]
fn view_position_ok_of_pending_and_closed() {
    let mut world = World::new().unwrap();
    let owner = world.actor(keeping::WEALTH);
    let position = world.place(&owner, &Opening::new(PositionSide::Long, BTC / 10, 500 * USD)).unwrap();
    let mut scene = Scene { world, owner, position };
    let answer = views_as_the_host(&mut scene);
    assert_eq!((answer.equity_atoms, answer.notional_atoms), (500 * USD as i64, 0));
    assert_eq!((answer.health_ppm, answer.liquidation_price_e12), (i64::MAX, 0));
    scene.world.advance(5);
    scene.world.execute(position, 0).unwrap();
    scene.price(54_000, 10);
    let liquidation = scene.liquidation();
    scene.send(liquidation);
    let answer = views_as_the_host(&mut scene);
    assert_eq!((answer.equity_atoms, answer.liquidatable), (0, None));
}

#[test]
fn view_position_fails_with_a_bad_price_or_another_account() {
    let mut scene = Scene::long();
    let others = Others::beside(&mut scene.world);
    let view = scene.view();
    refuses_bad_prices(&mut scene.world, &view);
    refuses_foreign_accounts(&mut scene, &others, &view);
    refuses_impostors(&mut scene.world, &view, &[]);
    let position = scene.position;
    poke(&mut scene.world, &position, |position: &mut Position| position.version = 0);
    refused(&mut scene.world, &view, BulkheadError::AccountVersionMismatch);
}
