//! Who may call off an order that waits for a price, and what a triggered one may still need.

use bulkhead::constants::TRIGGER_TIP_LAMPORTS;
use bulkhead::error::BulkheadError;
use bulkhead::state::{Order, OrderAction, PositionSide};
use bulkhead_client::ix;
use bulkhead_lab::world::{Opening, Waiting, World};
use bulkhead_tests::*;

use super::*;

const TIP: u64 = 10_000;

#[test]
fn cancel_order_ok_by_the_owner_while_it_waits() {
    for waiting in [limit(), stop()] {
        for secs in [0, 1, 15, 1_000] {
            let mut scene = scene(PositionSide::Long);
            let (owner, lamports) = (scene.owner.key, scene.world.lamports(&scene.owner.key));
            let id = place(&mut scene, waiting);
            let escrow = rent_of::<Order>(&scene.world) + TIP + TRIGGER_TIP_LAMPORTS;
            assert_eq!(scene.world.lamports(&owner), lamports - escrow);
            scene.world.advance(secs);
            let cancel = cancelling(&scene, owner, id);
            scene.send(cancel);
            assert_eq!(scene.world.lamports(&owner), lamports, "everything comes back");
            assert_eq!((scene.account().open_orders, scene.account().waiting_increases), (0, 0));
        }
    }
}

#[test]
fn cancel_order_ok_by_owner_or_delegate_for_nothing() {
    for by_delegate in [false, true] {
        let mut scene = scene(PositionSide::Long);
        let (friend, delegate) = (scene.world.wallet(), scene.world.wallet());
        let (owner, keys, position) = (scene.owner.key, scene.world.keys, scene.position);
        scene.send(ix::set_delegate(owner, position, delegate));
        let lamports = scene.world.lamports(&friend);
        let args = stop().args(&scene.world, &position);
        scene.send(ix::place_order(&keys, owner, friend, position, args));
        let by = if by_delegate { delegate } else { owner };
        let had = scene.world.lamports(&by);
        let cancel = cancelling(&scene, by, args.order_id);
        scene.send(cancel);
        assert_eq!(scene.world.lamports(&friend), lamports, "all of it to who paid");
        assert_eq!(scene.world.lamports(&by), had);
    }
}

#[test]
fn cancel_order_fails_by_strangers_until_expiry() {
    let mut scene = scene(PositionSide::Long);
    let expires_at = scene.world.now() + 500;
    let ids = [place(&mut scene, stop().until(expires_at)), place(&mut scene, stop())];
    let stranger = scene.world.wallet();
    for clock in [expires_at - 500, expires_at - 1] {
        scene.world.warp_to(clock);
        for id in ids {
            let cancel = cancelling(&scene, stranger, id);
            refused(&mut scene.world, &cancel, BulkheadError::OwnerOrDelegateRequired);
        }
    }
    scene.world.warp_to(expires_at);
    let (owner, had) = (scene.world.lamports(&scene.owner.key), scene.world.lamports(&stranger));
    let cancel = cancelling(&scene, stranger, ids[0]);
    scene.send(cancel);
    assert_eq!(scene.world.lamports(&stranger), had + 10_000, "the cancel tip");
    let rest = rent_of::<Order>(&scene.world) + TIP + TRIGGER_TIP_LAMPORTS - 10_000;
    assert_eq!(scene.world.lamports(&scene.owner.key), owner + rest);
    // What never expires stays the owner's to call off; with no delegate, nobody is one.
    scene.world.warp_to(expires_at + 365 * 86_400);
    for by in [stranger, scene.world.keeper.key, scene.world.admin] {
        let cancel = cancelling(&scene, by, ids[1]);
        refused(&mut scene.world, &cancel, BulkheadError::OwnerOrDelegateRequired);
    }
}

#[test]
fn cancel_order_fails_in_the_window_of_a_trigger_whoever_asks() {
    for (waiting, usd, lapses) in [(limit(), 58_900, 26), (stop(), 57_900, 136)] {
        let mut scene = scene(PositionSide::Long);
        // Expired long before the window ends: that changes nothing.
        let expires_at = scene.world.now() + 6;
        let id = place(&mut scene, waiting.until(expires_at));
        trigger_at(&mut scene, id, usd);
        let (at, stranger) = (order(&scene, id).triggered_at, scene.world.wallet());
        for after in [0, 2, 15, lapses - 1] {
            scene.world.warp_to(at + after);
            for by in [scene.owner.key, stranger] {
                let cancel = cancelling(&scene, by, id);
                refused(&mut scene.world, &cancel, BulkheadError::OrderInWindow);
            }
        }
        scene.world.warp_to(at + lapses);
        let had = scene.world.lamports(&stranger);
        let cancel = cancelling(&scene, stranger, id);
        scene.send(cancel);
        assert_eq!(scene.world.lamports(&stranger), had + 10_000);
    }
}

#[test]
fn cancel_order_ok_by_the_owner_alone_once_a_window_has_lapsed() {
    let mut scene = scene(PositionSide::Long);
    let id = place(&mut scene, limit());
    let owner = scene.world.lamports(&scene.owner.key);
    trigger_at(&mut scene, id, 58_900);
    scene.world.advance(26);
    let stranger = scene.world.wallet();
    let cancel = cancelling(&scene, stranger, id);
    refused(&mut scene.world, &cancel, BulkheadError::OwnerOrDelegateRequired);
    let cancel = cancelling(&scene, scene.owner.key, id);
    scene.send(cancel);
    let back = rent_of::<Order>(&scene.world) + TIP;
    assert_eq!(scene.world.lamports(&scene.owner.key), owner + back, "the trigger was paid for");
    assert_eq!((scene.account().open_orders, scene.account().waiting_increases), (0, 0));
}

#[test]
fn cancel_order_fails_early_for_the_owner_of_a_market_order() {
    let mut scene = scene(PositionSide::Long);
    let (owner, position) = (scene.owner, scene.position);
    let id = scene.world.place_order(&owner, position, OrderAction::Increase, BTC / 50).unwrap();
    let cancel = cancelling(&scene, owner.key, id);
    refused(&mut scene.world, &cancel, BulkheadError::OrderInWindow);
}

#[test]
fn cancel_order_ok_then_close_gives_a_limit_openers_collateral_back() {
    let mut world = World::new().unwrap();
    let owner = world.actor(10_000 * USD);
    let opening = Opening::new(PositionSide::Long, BTC / 10, 1_000 * USD);
    let position = world.place_limit(&owner, &opening, 50_000 * E12, 0).unwrap();
    assert_eq!(world.token_balance(&owner.tokens), 9_000 * USD);
    let close = ix::close_position(&world.keys, owner.key, position, owner.tokens);
    refused(&mut world, &close, BulkheadError::OrdersWaiting);
    let cancel = ix::cancel_order(&world.keys, owner.key, position, 0, owner.key);
    world.send(&[cancel, close]).unwrap();
    assert_eq!(world.token_balance(&owner.tokens), 10_000 * USD);
    assert!(world.account(&position).is_none());
}

#[test]
fn cancel_order_fails_on_a_limit_openers_window_and_so_does_closing() {
    let mut world = World::new().unwrap();
    let owner = world.actor(10_000 * USD);
    let opening = Opening::new(PositionSide::Long, BTC / 10, 1_000 * USD);
    let position = world.place_limit(&owner, &opening, 60_000 * E12, 0).unwrap();
    world.advance(1);
    world.trigger(position, 0).unwrap();
    for _ in 0..25 {
        let cancel = ix::cancel_order(&world.keys, owner.key, position, 0, owner.key);
        refused(&mut world, &cancel, BulkheadError::OrderInWindow);
        let close = ix::close_position(&world.keys, owner.key, position, owner.tokens);
        refused(&mut world, &close, BulkheadError::OrdersWaiting);
        world.advance(1);
    }
    world.advance(1);
    let cancel = ix::cancel_order(&world.keys, owner.key, position, 0, owner.key);
    let close = ix::close_position(&world.keys, owner.key, position, owner.tokens);
    world.send(&[cancel, close]).unwrap();
    assert_eq!(world.token_balance(&owner.tokens), 10_000 * USD);
}

#[test]
fn remove_collateral_ok_until_the_trigger_and_again_once_it_is_cancelled() {
    let mut scene = scene(PositionSide::Long);
    let (owner, keys, position) = (scene.owner, scene.world.keys, scene.position);
    let remove = |amount| ix::remove_collateral(&keys, owner.key, position, owner.tokens, amount);
    let id = place(&mut scene, limit());
    scene.price(60_000, 5);
    scene.send(remove(10 * USD));
    trigger_at(&mut scene, id, 58_900);
    refused(&mut scene.world, &remove(11 * USD), BulkheadError::OrdersWaiting);
    // A window that has passed may be followed by another at any time.
    scene.price(60_000, 40);
    refused(&mut scene.world, &remove(11 * USD), BulkheadError::OrdersWaiting);
    let cancel = cancelling(&scene, owner.key, id);
    scene.send(cancel);
    scene.send(remove(11 * USD));
    // A decrease needs no collateral.
    let id = place(&mut scene, Waiting { trigger_price_e12: 61_000 * E12, ..stop() });
    trigger_at(&mut scene, id, 60_000);
    scene.send(remove(12 * USD));
}
