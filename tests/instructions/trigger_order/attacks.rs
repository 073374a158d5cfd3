//! Ways to have a choice that nobody should have: a known price, a better one, one slot, another window,
//! another order, a way out once the price is seen.

use bulkhead::error::BulkheadError;
use bulkhead::instructions::{ExecuteOrderArgs, PlaceOrderArgs};
use bulkhead::state::{OrderKind, PositionSide};
use bulkhead_client::ix;
use bulkhead_lab::world::{Waiting, expect_error};
use bulkhead_tests::*;

use super::*;

/// The next order of the scene's position, and what executes it.
fn next(scene: &Scene, waiting: Waiting) -> (PlaceOrderArgs, [Instruction; 3]) {
    let args = waiting.args(&scene.world, &scene.position);
    let (keys, owner, position) = (scene.world.keys, scene.owner.key, scene.position);
    let placed_at = scene.world.now().max(scene.world.market().observations.published_at);
    let expected = ExecuteOrderArgs { placed_at, tip_lamports_min: 0 };
    let instructions = [
        ix::place_order(&keys, owner, owner, position, args),
        ix::trigger_order(&keys, owner, position, args.order_id),
        ix::execute_order(&keys, owner, position, args.order_id, owner, expected),
    ];
    (args, instructions)
}

#[test]
fn trigger_order_fails_to_place_trigger_and_fill_at_once() {
    for (waiting, usd) in [(limit(), 58_900), (stop(), 57_900)] {
        let mut scene = scene(PositionSide::Long);
        scene.price(usd, 5);
        let (_, instructions) = next(&scene, waiting);
        let before = Snapshot::of_all(&scene.world, &instructions);
        expect_error(scene.world.send(&instructions), BulkheadError::OrderSameSlot);
        before.assert_unchanged(&scene.world);
    }
}

#[test]
fn trigger_order_fails_to_fill_in_its_own_slot() {
    let mut scene = scene(PositionSide::Long);
    let id = place(&mut scene, limit());
    trigger_at(&mut scene, id, 58_900);
    // A price of the window, and still the same slot: whoever builds the block would see both.
    let mut clock = scene.world.svm.get_sysvar::<solana_clock::Clock>();
    clock.unix_timestamp += 5;
    scene.world.svm.set_sysvar(&clock);
    let now = scene.world.now();
    scene.world.set_price(&PriceUpdate::at(58_800 * E8, now));
    let fill = execution(&scene, id);
    refused(&mut scene.world, &fill, BulkheadError::OrderSameSlot);
    scene.world.warp_to(now);
    scene.send(fill);
}

#[test]
fn trigger_order_fails_to_fill_at_a_price_known_at_the_trigger() {
    let mut scene = scene(PositionSide::Long);
    let id = place(&mut scene, limit());
    scene.price(58_000, 5);
    let known = scene.world.now();
    // Triggered late, on a price that has been good for ten seconds.
    scene.world.warp_to(known + 9);
    let trigger = triggering(&scene, id);
    scene.send(trigger);
    assert_eq!(order(&scene, id).triggered_at, known + 9);
    let fill = execution(&scene, id);
    scene.world.warp_to(known + 10);
    refused(&mut scene.world, &fill, BulkheadError::PriceBeforeWindow);
    // Nor at any that appeared before the window, whenever it is brought.
    for publish_time in [known + 9, known + 10] {
        published(&mut scene, 57_000, publish_time, known + 19);
        refused(&mut scene.world, &fill, BulkheadError::PriceBeforeWindow);
    }
    published(&mut scene, 58_500, known + 11, known + 20);
    scene.send(fill);
}

#[test]
fn trigger_order_fails_to_move_a_running_window() {
    for (waiting, usd, lapses) in [(limit(), 58_900, 26), (stop(), 57_900, 136)] {
        let mut scene = scene(PositionSide::Long);
        let id = place(&mut scene, waiting);
        trigger_at(&mut scene, id, usd);
        let trigger = triggering(&scene, id);
        let before = order(&scene, id);
        for after in [0, 1, 2, 15, 16, lapses - 1] {
            let clock = before.triggered_at + after;
            published(&mut scene, usd - 100, clock, clock);
            refused(&mut scene.world, &trigger, BulkheadError::OrderAlreadyTriggered);
            assert_eq!(order(&scene, id), before);
        }
        // The last price of the window fills up to here, and from here on it does not.
        let clock = before.triggered_at + lapses;
        published(&mut scene, usd, before.triggered_at + 15, clock);
        let fill = execution(&scene, id);
        refused(&mut scene.world, &fill, BulkheadError::PriceTooOld);
        published(&mut scene, usd, clock, clock);
        scene.send(trigger);
        assert_eq!(order(&scene, id).triggered_at, clock);
    }
}

#[test]
fn trigger_order_fails_to_put_a_lapsed_price_into_a_new_window() {
    let mut scene = scene(PositionSide::Long);
    let id = place(&mut scene, stop());
    trigger_at(&mut scene, id, 57_900);
    let first = order(&scene, id).triggered_at;
    published(&mut scene, 57_500, first + 136, first + 136);
    let trigger = triggering(&scene, id);
    scene.send(trigger);
    // Of the first window, and young enough for a decrease: it is not of this one.
    scene.world.warp_to(first + 137);
    let fill = execution(&scene, id);
    for publish_time in [first + 136, first + 137] {
        published(&mut scene, 59_000, publish_time, first + 138);
        refused(&mut scene.world, &fill, BulkheadError::PriceBeforeWindow);
    }
}

#[test]
fn trigger_order_fails_to_swap_the_order_under_a_keeper() {
    let mut scene = scene(PositionSide::Long);
    let id = place(&mut scene, stop());
    trigger_at(&mut scene, id, 57_900);
    scene.price(57_900, 5);
    let (account, keys, keeper) = (order(&scene, id), scene.world.keys, scene.world.keeper.key);
    let position = scene.position;
    let expecting = |placed_at, tip_lamports_min| {
        let args = ExecuteOrderArgs { placed_at, tip_lamports_min };
        ix::execute_order(&keys, keeper, position, id, account.payer, args)
    };
    for wrong in [
        expecting(account.placed_at + 1, 0),
        expecting(account.triggered_at, 0),
        // The trigger's tip is spent: it is no part of what the executor gets.
        expecting(account.placed_at, account.tip_lamports + 10_000),
    ] {
        refused(&mut scene.world, &wrong, BulkheadError::OrderChanged);
    }
    // An order that was cancelled leaves an address that nothing else will ever have.
    scene.world.advance(200);
    let cancel = cancelling(&scene, scene.owner.key, id);
    scene.send(cancel);
    let again = PlaceOrderArgs { order_id: id, ..limit().args(&scene.world, &position) };
    let owner = scene.owner.key;
    let again = ix::place_order(&keys, owner, owner, position, again);
    refused(&mut scene.world, &again, BulkheadError::IdMismatch);
}

#[test]
fn trigger_order_fails_to_make_expiry_a_way_out() {
    let mut scene = scene(PositionSide::Long);
    let expires_at = scene.world.now() + 6;
    let id = place(&mut scene, limit().until(expires_at));
    trigger_at(&mut scene, id, 58_900);
    // The price of the window is bad for the owner, and the order expires meanwhile.
    scene.price(50_000, 5);
    assert!(scene.world.now() > expires_at);
    let cancel = cancelling(&scene, scene.owner.key, id);
    refused(&mut scene.world, &cancel, BulkheadError::OrderInWindow);
    let (owner, keys) = (scene.owner, scene.world.keys);
    let remove = ix::remove_collateral(&keys, owner.key, scene.position, owner.tokens, USD);
    refused(&mut scene.world, &remove, BulkheadError::OrdersWaiting);
    // Nor is there a second chance after it.
    scene.price(58_900, 30);
    let trigger = triggering(&scene, id);
    refused(&mut scene.world, &trigger, BulkheadError::OrderExpired);
}

#[test]
fn trigger_order_ok_collateral_that_left_before_spends_the_order_for_anyone() {
    let mut scene = scene(PositionSide::Long);
    let id = place(&mut scene, Waiting::limit_increase(BTC / 20, 59_000 * E12));
    scene.price(59_500, 5);
    let (owner, keys) = (scene.owner, scene.world.keys);
    scene.send(ix::remove_collateral(&keys, owner.key, scene.position, owner.tokens, 450 * USD));
    trigger_at(&mut scene, id, 58_900);
    // The owner could now wait and add collateral only if the price turns out well; a stranger ends it.
    scene.price(58_900, 3);
    let fill = execution(&scene, id);
    spent(&mut scene.world, &fill, BulkheadError::InitialMarginShort);
}

#[test]
fn trigger_order_ok_a_tip_for_the_first_trigger_only() {
    let mut scene = scene(PositionSide::Long);
    let id = place(&mut scene, Waiting::decrease(OrderKind::StopLoss, BTC / 50, 58_000 * E12));
    let address = address(&scene, id);
    let full = scene.world.lamports(&address);
    trigger_at(&mut scene, id, 57_900);
    for round in 1..4 {
        let clock = order(&scene, id).triggered_at + 136;
        published(&mut scene, 57_900, clock, clock);
        let trigger = triggering(&scene, id);
        scene.send(trigger);
        assert_eq!(scene.world.lamports(&address), full - 10_000, "round {round}");
    }
    // The tip of who fills it is whole.
    let keeper = scene.world.lamports(&scene.world.keeper.key);
    scene.price(57_900, 5);
    let fill = execution(&scene, id);
    scene.send(fill);
    assert_eq!(scene.world.lamports(&scene.world.keeper.key), keeper + 10_000);
}
