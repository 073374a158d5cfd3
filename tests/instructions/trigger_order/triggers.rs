//! What triggers an order, and what that changes.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::OrderTriggered;
use bulkhead::instructions::OrderState;
use bulkhead::state::{Market, Order, OrderAction, OrderKind, Position, PositionSide, Protocol};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::Waiting;
use bulkhead_tests::foreign::{Others, refuses_foreign_accounts};
use bulkhead_tests::keeping::{all_accounts, changed};
use bulkhead_tests::*;

use super::*;

#[test]
fn trigger_order_ok_counts_an_increase_and_pays() {
    let mut scene = scene(PositionSide::Long);
    let id = place(&mut scene, limit());
    let (address, keeper) = (address(&scene, id), scene.world.keeper.key);
    scene.price(58_990, 5);
    let (before, position) = (order(&scene, id), scene.account());
    assert_eq!((position.open_orders, position.waiting_increases), (1, 0));
    let lamports = [address, keeper].map(|key| scene.world.lamports(&key));
    let all = all_accounts(&scene.world);
    let trigger = triggering(&scene, id);
    let done = scene.send(trigger);

    let (now, slot) = (scene.world.now(), scene.world.slot());
    assert_eq!(order(&scene, id), Order { triggered_at: now, triggered_slot: slot, counted: 1, ..before });
    assert_eq!(scene.account(), Position { waiting_increases: 1, ..position });
    let after = [address, keeper].map(|key| scene.world.lamports(&key));
    assert_eq!(after, [lamports[0] - 10_000, lamports[1] + 10_000]);
    let mut touched = changed(&all, &all_accounts(&scene.world));
    touched.sort_unstable();
    let mut expected = vec![address, keeper, scene.position, scene.world.fee_payer];
    expected.sort_unstable();
    assert_eq!(touched, expected, "the market is only looked at");
    let event = OrderTriggered {
        position: scene.position,
        order: address,
        by: keeper,
        index_price_e12: 58_990 * E12,
        published_at: now,
        triggered_at: now,
        tip_lamports: 10_000,
    };
    assert_events(&done, [event.into()]);
}

#[test]
fn trigger_order_ok_leaves_the_position_of_a_decrease_alone() {
    let mut scene = scene(PositionSide::Long);
    let id = place(&mut scene, stop());
    scene.price(58_000, 5);
    let (before, position) = (order(&scene, id), scene.account());
    let trigger = triggering(&scene, id);
    scene.send(trigger);
    let (now, slot) = (scene.world.now(), scene.world.slot());
    assert_eq!(order(&scene, id), Order { triggered_at: now, triggered_slot: slot, ..before });
    assert_eq!(scene.account(), position);
}

#[test]
fn trigger_order_ok_from_the_right_side_only() {
    use OrderAction::{Decrease, Increase};
    use OrderKind::{Limit, StopLoss, TakeProfit};
    use PositionSide::{Long, Short};
    for (side, kind, action, rises) in [
        (Long, Limit, Increase, false),
        (Short, Limit, Increase, true),
        (Long, Limit, Decrease, true),
        (Short, Limit, Decrease, false),
        (Long, StopLoss, Decrease, false),
        (Short, StopLoss, Decrease, true),
        (Long, TakeProfit, Decrease, true),
        (Short, TakeProfit, Decrease, false),
    ] {
        let mut scene = scene(side);
        let trigger_price_e12 = if rises { 60_500 * E12 } else { 59_500 * E12 };
        let waiting = Waiting { kind, action, size_atoms: BTC / 50, trigger_price_e12, expires_at: 0 };
        let id = place(&mut scene, waiting);
        let (met, missed) = if rises { (60_500, 60_499) } else { (59_500, 59_501) };
        let trigger = triggering(&scene, id);
        for price in [60_000, missed] {
            scene.price(price, 1);
            refused(&mut scene.world, &trigger, BulkheadError::TriggerNotMet);
        }
        scene.price(met, 1);
        scene.send(trigger);
        assert_ne!(order(&scene, id).triggered_at, 0, "{side:?} {kind:?} {action:?}");
    }
}

#[test]
fn trigger_order_ok_on_the_price_of_its_placing() {
    let mut scene = scene(PositionSide::Long);
    scene.price(58_500, 5);
    let id = place(&mut scene, limit());
    let trigger = triggering(&scene, id);
    scene.send(trigger);
    assert_eq!(order(&scene, id).triggered_at, order(&scene, id).placed_at);
}

#[test]
fn trigger_order_ok_counts_from_a_price_ahead_of_the_clock() {
    let mut scene = scene(PositionSide::Long);
    let id = place(&mut scene, limit());
    let now = scene.world.now();
    published(&mut scene, 58_500, now + 7, now + 5);
    let trigger = triggering(&scene, id);
    scene.send(trigger);
    assert_eq!(order(&scene, id).triggered_at, now + 7);
    // The fastest fill is of a time that nobody could know.
    published(&mut scene, 58_400, now + 8, now + 8);
    let fill = execution(&scene, id);
    refused(&mut scene.world, &fill, BulkheadError::PriceBeforeWindow);
    published(&mut scene, 58_400, now + 9, now + 9);
    scene.send(fill);
}

#[test]
fn trigger_order_fails_on_a_price_older_than_the_order() {
    let mut scene = scene(PositionSide::Long);
    let now = scene.world.now();
    published(&mut scene, 58_500, now + 1, now + 5);
    let id = place(&mut scene, limit());
    let trigger = triggering(&scene, id);
    refused(&mut scene.world, &trigger, BulkheadError::PriceBeforeOrder);
    published(&mut scene, 58_500, now + 4, now + 6);
    refused(&mut scene.world, &trigger, BulkheadError::PriceBeforeOrder);
    published(&mut scene, 58_500, now + 5, now + 6);
    scene.send(trigger);
}

#[test]
fn trigger_order_fails_on_bad_and_old_prices() {
    let mut scene = scene(PositionSide::Long);
    let id = place(&mut scene, limit());
    let now = scene.world.now();
    let trigger = triggering(&scene, id);
    published(&mut scene, 58_500, now + 20, now + 31);
    refused(&mut scene.world, &trigger, BulkheadError::PriceTooOld);
    published(&mut scene, 58_500, now + 20, now + 30);
    refuses_bad_prices(&mut scene.world, &trigger);
    scene.send(trigger);
}

#[test]
fn trigger_order_fails_for_market_orders() {
    let mut scene = scene(PositionSide::Long);
    let (owner, position) = (scene.owner, scene.position);
    let id = scene.world.place_order(&owner, position, OrderAction::Decrease, u64::MAX).unwrap();
    scene.price(1_000, 5);
    let trigger = triggering(&scene, id);
    refused(&mut scene.world, &trigger, BulkheadError::OrderHasNoTrigger);
}

#[test]
fn trigger_order_fails_after_expiry() {
    let mut scene = scene(PositionSide::Long);
    let expires_at = scene.world.now() + 60;
    let id = place(&mut scene, limit().until(expires_at));
    let trigger = triggering(&scene, id);
    // The price met it in time, nobody brought it in time.
    published(&mut scene, 58_500, expires_at - 1, expires_at);
    refused(&mut scene.world, &trigger, BulkheadError::OrderExpired);
    // In time by the clock, and not by the price.
    published(&mut scene, 58_500, expires_at, expires_at - 1);
    refused(&mut scene.world, &trigger, BulkheadError::OrderExpired);
    published(&mut scene, 58_500, expires_at - 1, expires_at - 1);
    scene.send(trigger);
}

#[test]
fn trigger_order_fails_where_the_position_is_closed_or_gone() {
    let mut scene = scene(PositionSide::Long);
    let (waiting, first) = (place(&mut scene, limit()), place(&mut scene, stop()));
    trigger_at(&mut scene, first, 57_900);
    scene.price(57_900, 5);
    let fill = execution(&scene, first);
    scene.send(fill);
    assert_eq!(scene.account().status, 2);
    let trigger = triggering(&scene, waiting);
    refused(&mut scene.world, &trigger, BulkheadError::OrderVoid);
    let (owner, keys) = (scene.owner, scene.world.keys);
    scene.send(ix::close_position(&keys, owner.key, scene.position, owner.tokens));
    refused(&mut scene.world, &trigger, ErrorCode::AccountOwnedByWrongProgram);
}

#[test]
fn trigger_order_ok_while_new_risk_is_paused_and_fills_only_decreases() {
    let mut scene = scene(PositionSide::Long);
    let (increase, decrease) = (place(&mut scene, limit()), place(&mut scene, stop()));
    poke(&mut scene.world, &pda::protocol(), |it: &mut Protocol| it.pause_new_risk.until = i64::MAX);
    trigger_at(&mut scene, increase, 57_900);
    let trigger = triggering(&scene, decrease);
    scene.send(trigger);
    scene.price(57_900, 5);
    let fill = execution(&scene, increase);
    refused(&mut scene.world, &fill, BulkheadError::NewRiskPaused);
    let fill = execution(&scene, decrease);
    scene.send(fill);
    assert_eq!(scene.account().status, 2);
}

#[test]
fn trigger_order_fails_with_accounts_of_others() {
    let mut scene = scene(PositionSide::Long);
    let others = Others::beside(&mut scene.world);
    let id = place(&mut scene, limit());
    scene.price(58_900, 5);
    let trigger = triggering(&scene, id);
    refuses_foreign_accounts(&mut scene, &others, &trigger);
    let sibling = swapped(&trigger, scene.position, others.sibling);
    refused(&mut scene.world, &sibling, BulkheadError::OrderPositionMismatch);
    let market_as_order = swapped(&trigger, address(&scene, id), scene.world.keys.market);
    refused(&mut scene.world, &market_as_order, ErrorCode::AccountDiscriminatorMismatch);
    let position_as_order = swapped(&trigger, address(&scene, id), scene.position);
    refused(&mut scene.world, &position_as_order, ErrorCode::AccountDiscriminatorMismatch);
    scene.send(trigger);
}

#[test]
fn trigger_order_fails_unsigned_readonly_forged_or_of_another_version() {
    let mut scene = scene(PositionSide::Long);
    let id = place(&mut scene, limit());
    scene.price(58_900, 5);
    let (trigger, keeper) = (triggering(&scene, id), scene.world.keeper.key);
    refused(&mut scene.world, &unsigned(&trigger, keeper), ErrorCode::AccountNotSigner);
    refuses_readonly(&mut scene.world, &trigger, &[]);
    refuses_impostors(&mut scene.world, &trigger, &[]);
    let (order, position, market) = (address(&scene, id), scene.position, scene.world.keys.market);
    poke(&mut scene.world, &order, |it: &mut Order| it.version = 2);
    refused(&mut scene.world, &trigger, BulkheadError::AccountVersionMismatch);
    poke(&mut scene.world, &order, |it: &mut Order| it.version = 1);
    poke(&mut scene.world, &position, |it: &mut Position| it.version = 2);
    refused(&mut scene.world, &trigger, BulkheadError::AccountVersionMismatch);
    poke(&mut scene.world, &position, |it: &mut Position| it.version = 1);
    poke(&mut scene.world, &market, |it: &mut Market| it.version = 1);
    refused(&mut scene.world, &trigger, BulkheadError::AccountVersionMismatch);
    poke(&mut scene.world, &market, |it: &mut Market| it.version = 2);
    poke(&mut scene.world, &order, |it: &mut Order| it.kind = 4);
    refused(&mut scene.world, &trigger, BulkheadError::CorruptAccount);
    poke(&mut scene.world, &order, |it: &mut Order| it.kind = 1);
    scene.send(trigger);
}

/// Nothing could fill it: a trigger would take the tip for nothing.
#[test]
fn trigger_order_fails_in_a_settled_market() {
    let mut scene = scene(PositionSide::Long);
    let id = place(&mut scene, limit());
    scene.world.warp_to(scene.world.now() + 604_800);
    scene.world.settle_market().unwrap();
    scene.price(58_990, 5);
    let trigger = triggering(&scene, id);
    refused(&mut scene.world, &trigger, BulkheadError::MarketSettled);

    let view = scene.world.view_order(scene.position, id).unwrap();
    assert_eq!((view.state, view.fill_price_e12), (OrderState::Void, 0));
    assert_eq!(view.error_code, u32::from(BulkheadError::MarketSettled));
    let cancel = cancelling(&scene, scene.world.keeper.key, id);
    scene.world.send(&[cancel]).unwrap();
}
