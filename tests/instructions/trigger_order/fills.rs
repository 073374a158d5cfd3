//! What fills an order once it is triggered.

use bulkhead::error::BulkheadError;
use bulkhead::state::{OrderAction, OrderKind, PositionSide};
use bulkhead_client::events::AnyEvent;
use bulkhead_client::ix;
use bulkhead_lab::world::{Opening, Waiting, World};
use bulkhead_tests::*;

use super::*;

#[test]
fn execute_order_fails_before_the_trigger() {
    for waiting in [limit(), stop(), Waiting::decrease(OrderKind::TakeProfit, u64::MAX, 61_000 * E12)] {
        let mut scene = scene(PositionSide::Long);
        let id = place(&mut scene, waiting);
        let fill = execution(&scene, id);
        // The price meets some of them: it still has to be brought first.
        for usd in [57_000, 61_000] {
            scene.price(usd, 5);
            refused(&mut scene.world, &fill, BulkheadError::OrderNotTriggered);
        }
    }
}

#[test]
fn execute_order_ok_in_the_window_of_the_trigger_only() {
    for (waiting, usd) in [(limit(), 58_500), (stop(), 57_500)] {
        for (after, error) in [
            (1, Some(BulkheadError::PriceBeforeWindow)),
            (2, None),
            (15, None),
            (16, Some(BulkheadError::PriceAfterWindow)),
        ] {
            let mut scene = scene(PositionSide::Long);
            let id = place(&mut scene, waiting);
            // Long after the placing.
            scene.world.advance(3_600);
            let keys = scene.world.keys;
            scene.send(ix::update_market(&keys));
            trigger_at(&mut scene, id, usd);
            let at = order(&scene, id).triggered_at;
            published(&mut scene, usd, at + after, at + after);
            let fill = execution(&scene, id);
            match error {
                Some(error) => drop(refused(&mut scene.world, &fill, error)),
                None => {
                    scene.send(fill);
                    assert_eq!(scene.account().open_orders, 0);
                    assert_eq!(scene.account().waiting_increases, 0);
                }
            }
        }
    }
}

#[test]
fn execute_order_ok_at_the_price_of_the_window_and_not_of_the_trigger() {
    let mut scene = scene(PositionSide::Long);
    let id = place(&mut scene, stop());
    trigger_at(&mut scene, id, 57_900);
    let keeper = scene.world.lamports(&scene.world.keeper.key);
    scene.price(57_000, 5);
    let fill = execution(&scene, id);
    let done = scene.send(fill);
    let [AnyEvent::PositionDecreased(closed)] = &events(&done)[..] else { panic!("one event") };
    // 4 bp of confidence against the seller.
    assert_eq!(closed.closed.fill_price_e12, 56_977_200_000_000_000);
    assert_eq!(scene.world.lamports(&scene.world.keeper.key), keeper + 10_000, "the tip, once");
}

#[test]
fn execute_order_ok_after_its_expiry_if_it_was_triggered_in_time() {
    let mut scene = scene(PositionSide::Long);
    let expires_at = scene.world.now() + 6;
    let id = place(&mut scene, stop().until(expires_at));
    trigger_at(&mut scene, id, 57_900);
    scene.price(57_900, 5);
    assert!(scene.world.now() > expires_at);
    let fill = execution(&scene, id);
    scene.send(fill);
    assert_eq!(scene.account().status, 2);
}

#[test]
fn execute_order_ok_waits_for_an_acceptable_price_and_another_trigger() {
    let mut scene = scene(PositionSide::Long);
    let args = bulkhead::instructions::PlaceOrderArgs {
        acceptable_price_e12: 59_000 * E12,
        ..limit().args(&scene.world, &scene.position)
    };
    let (owner, keys) = (scene.owner.key, scene.world.keys);
    scene.send(ix::place_order(&keys, owner, owner, scene.position, args));
    let id = args.order_id;
    trigger_at(&mut scene, id, 59_000);
    let at = order(&scene, id).triggered_at;
    scene.price(59_100, 5);
    let fill = execution(&scene, id);
    refused(&mut scene.world, &fill, BulkheadError::PriceNotAcceptable);
    // Its window passes; the second trigger costs nobody anything.
    published(&mut scene, 58_900, at + 26, at + 26);
    let (trigger, keeper) = (triggering(&scene, id), scene.world.keeper.key);
    let (escrow, lamports) = (scene.world.lamports(&address(&scene, id)), scene.world.lamports(&keeper));
    let done = scene.send(trigger);
    let [AnyEvent::OrderTriggered(event)] = &events(&done)[..] else { panic!("one event") };
    assert_eq!((event.tip_lamports, event.triggered_at), (0, at + 26));
    assert_eq!(scene.world.lamports(&address(&scene, id)), escrow);
    assert_eq!(scene.world.lamports(&keeper), lamports);
    assert_eq!(scene.account().waiting_increases, 1, "counted once");
    scene.price(58_900, 5);
    scene.send(fill);
    assert_eq!(scene.account().size_atoms, BTC / 10 + BTC / 50);
    assert_eq!((scene.account().open_orders, scene.account().waiting_increases), (0, 0));
}

#[test]
fn execute_order_ok_never_flips_a_position() {
    for size_atoms in [u64::MAX, BTC, BTC / 10] {
        let mut scene = scene(PositionSide::Short);
        let profit = Waiting::decrease(OrderKind::TakeProfit, size_atoms, 59_000 * E12);
        let id = place(&mut scene, profit);
        trigger_at(&mut scene, id, 58_900);
        scene.price(58_900, 5);
        let fill = execution(&scene, id);
        scene.send(fill);
        assert_eq!((scene.account().status, scene.account().size_atoms), (2, 0));
        let market = scene.world.market();
        assert_eq!((market.long.open_interest_atoms, market.short.open_interest_atoms), (0, 0));
    }
}

#[test]
fn execute_order_ok_spends_a_triggered_order_that_cannot_be_borne() {
    let mut scene = scene(PositionSide::Long);
    let id = place(&mut scene, Waiting::limit_increase(BTC, 59_000 * E12));
    trigger_at(&mut scene, id, 58_900);
    scene.price(58_900, 5);
    let fill = execution(&scene, id);
    spent(&mut scene.world, &fill, BulkheadError::InitialMarginShort);
    assert_eq!(scene.account().waiting_increases, 0);
}

#[test]
fn execute_order_ok_opens_by_a_limit_order() {
    let mut world = World::new().unwrap();
    let owner = world.actor(10_000 * USD);
    let opening = Opening::new(PositionSide::Short, BTC / 10, 1_000 * USD);
    let position = world.place_limit(&owner, &opening, 61_000 * E12, 0).unwrap();
    assert_eq!((world.position(&position).open_orders, world.position(&position).waiting_increases), (1, 0));
    world.advance(86_400);
    world.send(&[ix::update_market(&world.keys)]).unwrap();
    let trigger = ix::trigger_order(&world.keys, world.keeper.key, position, 0);
    refused(&mut world, &trigger, BulkheadError::TriggerNotMet);
    bulkhead_tests::keeping::publish(&mut world, 61_000 * E8, 400, 5);
    world.send(&[trigger]).unwrap();
    assert_eq!(world.position(&position).waiting_increases, 1);
    bulkhead_tests::keeping::publish(&mut world, 61_200 * E8, 400, 5);
    world.execute(position, 0).unwrap();
    let account = world.position(&position);
    assert_eq!((account.status, account.size_atoms, account.waiting_increases), (1, BTC / 10, 0));
    assert_eq!(account.entry_price_e12, 61_175_520_000_000_000, "the bid of the window's price");
}

#[test]
fn execute_order_ok_of_a_market_order_beside_waiting_ones() {
    let mut scene = scene(PositionSide::Long);
    let waiting = [place(&mut scene, limit()), place(&mut scene, stop())];
    let (owner, position) = (scene.owner, scene.position);
    let id = scene.world.place_order(&owner, position, OrderAction::Increase, BTC / 50).unwrap();
    assert_eq!((scene.account().open_orders, scene.account().waiting_increases), (3, 1));
    scene.price(60_000, 5);
    let fill = execution(&scene, id);
    scene.send(fill);
    assert_eq!((scene.account().open_orders, scene.account().waiting_increases), (2, 0));
    assert!(waiting.iter().all(|id| order(&scene, *id).triggered_at == 0));
}
