//! Margin calls: announced once a crossing, by whatever looks at a position or changes it.

use bulkhead::events::MarginCalled;
use bulkhead::state::{OrderAction, PositionSide};
use bulkhead_client::events::AnyEvent;
use bulkhead_client::ix;
use bulkhead_lab::world::{Opening, TxOk, World};
use bulkhead_risk::Purpose;
use bulkhead_risk::margin_call::Standing;
use bulkhead_tests::keeping::Scene;
use bulkhead_tests::top_ups::{PLAN, with_plan};
use bulkhead_tests::*;

fn calls(done: &TxOk) -> Vec<MarginCalled> {
    let call = |event| match event {
        AnyEvent::MarginCalled(call) => Some(call),
        _ => None,
    };
    events(done).into_iter().filter_map(call).collect()
}

/// Standing of the scene's position at the price that stands, by the host.
fn standing(scene: &Scene) -> Standing {
    let seen = seen(&scene.world, Purpose::Liquidate);
    let position = scene.account().view().unwrap();
    let position = position.accrued(&seen.market.params, &seen.market.ledger).unwrap();
    let position = position.lowered(&seen.market).unwrap();
    Standing::at(&seen.market, &position, &seen.sample, seen.now).unwrap()
}

#[track_caller]
fn assert_called(scene: &Scene, done: &TxOk, standing: &Standing) {
    let expected = MarginCalled {
        position: scene.position,
        owner: scene.owner.key,
        equity_atoms: i64::try_from(standing.equity.get()).unwrap(),
        maintenance_atoms: standing.maintenance_margin.get(),
        price_e12: standing.price.get(),
    };
    assert_eq!(calls(done), [expected]);
    assert_eq!(scene.account().margin_called, 1);
}

#[test]
fn flag_ok_calls_at_the_border_and_once() {
    // Equity is 1.5 times the maintenance margin near 59,200.
    let mut scene = Scene::long();
    let mut usd = 59_400;
    loop {
        scene.price(usd, 1);
        let (before, standing) = (scene.account(), standing(&scene));
        let is_below = standing.equity.get() * 2 < i128::from(standing.maintenance_margin.get()) * 3;
        let flag = scene.flag();
        let done = scene.send(flag);
        if is_below {
            assert_called(&scene, &done, &standing);
            break;
        }
        assert_events(&done, []);
        assert_eq!(scene.account(), before, "a healthy position is left alone");
        usd -= 10;
    }
    assert!((59_100..59_300).contains(&usd), "{usd}");
    // Again, at another price, and below maintenance: it has been said.
    for usd in [usd, usd - 100, 57_000] {
        scene.price(usd, 5);
        let flag = scene.flag();
        let done = scene.send(flag);
        assert_eq!(calls(&done), []);
        assert_eq!(scene.account().margin_called, 1);
    }
}

#[test]
fn flag_ok_recovery_clears_the_call_and_the_next_crossing_is_announced() {
    let mut scene = Scene::long();
    for _ in 0..2 {
        scene.price(58_500, 5);
        let (standing, flag) = (standing(&scene), scene.flag());
        let done = scene.send(flag.clone());
        assert_called(&scene, &done, &standing);
        scene.price(59_900, 5);
        let done = scene.send(flag);
        assert_events(&done, []);
        assert_eq!(scene.account().margin_called, 0);
    }
}

#[test]
fn flag_ok_never_calls_pending() {
    let mut scene = Scene::long();
    let owner = scene.world.actor(10_000 * USD);
    let opening = Opening::new(PositionSide::Long, BTC / 10, 500 * USD);
    let pending = scene.world.place(&owner, &opening).unwrap();
    scene.price(50_000, 5);
    let flag = ix::flag(&scene.world.keys, &[pending]);
    let done = scene.send(flag);
    assert_events(&done, []);
    assert_eq!(scene.world.position(&pending).margin_called, 0);
}

#[test]
fn refresh_position_ok_calls_and_clears() {
    let mut scene = Scene::long();
    scene.price(58_500, 5);
    let (standing, refresh) = (standing(&scene), scene.refresh());
    let done = scene.send(refresh.clone());
    assert_called(&scene, &done, &standing);
    let done = scene.send(refresh.clone());
    assert_eq!(calls(&done), []);
    scene.price(59_900, 5);
    scene.send(refresh);
    assert_eq!(scene.account().margin_called, 0);
}

#[test]
fn liquidate_ok_skipped_calls_and_part_leaves_it_called() {
    let mut scene = Scene::long();
    scene.price(57_000, 5);
    let (standing, liquidation) = (standing(&scene), scene.liquidation());
    let done = scene.send(liquidation.clone());
    assert_called(&scene, &done, &standing);
    assert_eq!(events(&done).len(), 2, "the call and LiquidationSkipped");
    scene.price(57_000, 2);
    let done = scene.send(liquidation);
    // A part brings it to 1.25 times: still called, and not said again.
    assert_eq!(calls(&done), []);
    assert!(scene.account().size_atoms < BTC / 10);
    assert_eq!((scene.account().status, scene.account().margin_called), (1, 1));
}

#[test]
fn liquidate_ok_whole_ends_the_call() {
    let mut scene = Scene::long();
    scene.sighted_at(57_000);
    assert_eq!(scene.account().margin_called, 1);
    scene.price(54_000, 5);
    let liquidation = scene.liquidation();
    let done = scene.send(liquidation);
    assert_eq!(calls(&done), []);
    assert_eq!((scene.account().status, scene.account().margin_called), (2, 0));
}

#[test]
fn execute_order_ok_opening_near_the_margin_calls() {
    let mut world = world_with(|params| params.depth_quote_atoms = 1_000_000 * USD);
    let (mut collateral, owner) = (600, world.actor(200_000 * USD));
    // Little by little towards the initial margin: 1.6 times the volatility part, but 1.5 times of it all.
    loop {
        let opening = Opening::new(PositionSide::Long, 20 * BTC, collateral * 200 * USD);
        let position = world.place(&owner, &opening).unwrap();
        world.advance(5);
        let done = world.execute(position, 0).unwrap();
        let account = world.position(&position);
        assert_eq!(account.status, 1, "spent before it came near: {collateral}");
        let scene = Scene { world, owner, position };
        let standing = standing(&scene);
        if standing.is_below(1_500_000).unwrap() {
            assert_called(&scene, &done, &standing);
            return;
        }
        assert_eq!((calls(&done), account.margin_called), (vec![], 0));
        world = scene.world;
        let id = world.place_order(&owner, position, OrderAction::Decrease, u64::MAX).unwrap();
        world.advance(5);
        world.execute(position, id).unwrap();
        let close = ix::close_position(&world.keys, owner.key, position, owner.tokens);
        world.send(&[close]).unwrap();
        collateral -= 5;
    }
}

#[test]
fn execute_order_ok_a_decrease_cures_a_call() {
    let mut scene = Scene::long();
    scene.price(58_500, 5);
    let flag = scene.flag();
    scene.send(flag);
    assert_eq!(scene.account().margin_called, 1);
    let (owner, position) = (scene.owner, scene.position);
    let id = scene.world.place_order(&owner, position, OrderAction::Decrease, BTC / 20).unwrap();
    scene.world.advance(5);
    let done = scene.world.execute(position, id).unwrap();
    assert_eq!(calls(&done), []);
    assert_eq!((scene.account().status, scene.account().margin_called), (1, 0));
}

#[test]
fn execute_order_ok_a_decrease_calls_what_stays_below() {
    let mut scene = Scene::long();
    let (owner, position) = (scene.owner, scene.position);
    let id = scene.world.place_order(&owner, position, OrderAction::Decrease, BTC / 1_000).unwrap();
    scene.price(58_500, 5);
    let done = scene.world.execute(position, id).unwrap();
    // As stored: what the smaller open interest would lower is lowered by the next look.
    let (seen, left) = (seen(&scene.world, Purpose::Decrease), scene.account().view().unwrap());
    let standing = Standing::at(&seen.market, &left, &seen.sample, seen.now).unwrap();
    assert_called(&scene, &done, &standing);
    let id = scene.world.place_order(&owner, position, OrderAction::Decrease, u64::MAX).unwrap();
    scene.world.advance(5);
    let done = scene.world.execute(position, id).unwrap();
    assert_eq!((calls(&done), scene.account().status, scene.account().margin_called), (vec![], 2, 0));
}

#[test]
fn remove_collateral_ok_judges_the_call_anew() {
    let opening = Opening::new(PositionSide::Long, BTC / 10, 2_000 * USD);
    let mut scene = Scene::with(World::new().unwrap(), &opening);
    let (position, owner, keys) = (scene.position, scene.owner, scene.world.keys);
    // A mark that nothing holds up is cleared by a removal that leaves enough.
    poke(&mut scene.world, &position, |position: &mut bulkhead::state::Position| {
        position.margin_called = 1;
    });
    let remove = ix::remove_collateral(&keys, owner.key, position, owner.tokens, USD);
    let done = scene.send(remove);
    assert_eq!((calls(&done), scene.account().margin_called), (vec![], 0));
}

#[test]
fn execute_top_up_ok_cures_a_call() {
    let mut scene = with_plan(Scene::long(), PLAN);
    scene.price(58_000, 10);
    let flag = scene.flag();
    scene.send(flag);
    assert_eq!(scene.account().margin_called, 1);
    scene.world.execute_top_up(scene.position).unwrap();
    assert_eq!(scene.account().margin_called, 0);
}
