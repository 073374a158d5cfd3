//! Placing orders that wait for a price.

use bulkhead::constants::TRIGGER_TIP_LAMPORTS;
use bulkhead::error::BulkheadError;
use bulkhead::events::OrderPlaced;
use bulkhead::instructions::{PlaceOpeningOrderArgs, PlaceOrderArgs};
use bulkhead::state::{Order, OrderAction, OrderKind, PositionSide};
use bulkhead_client::ix;
use bulkhead_lab::world::{Waiting, World};
use bulkhead_tests::*;
use bytemuck::Zeroable;

use super::*;

fn placing(scene: &Scene, args: PlaceOrderArgs) -> Instruction {
    let (keys, owner) = (scene.world.keys, scene.owner.key);
    ix::place_order(&keys, owner, owner, scene.position, args)
}

#[test]
fn place_order_ok_writes_a_waiting_order_and_escrows_both_tips() {
    let mut scene = scene(PositionSide::Short);
    let expires_at = scene.world.now() + 1;
    let waiting = Waiting::decrease(OrderKind::TakeProfit, BTC / 50, 55_000 * E12).until(expires_at);
    let args = PlaceOrderArgs { tip_lamports: 33_333, ..waiting.args(&scene.world, &scene.position) };
    let (before, lamports) = (scene.account(), scene.world.lamports(&scene.owner.key));
    let instruction = placing(&scene, args);
    let done = scene.send(instruction);

    let (placed, at) = (order(&scene, 1), address(&scene, 1));
    let expected = Order {
        version: 1,
        bump: placed.bump,
        action: 1,
        kind: 3,
        id: 1,
        position: scene.position,
        payer: scene.owner.key,
        size_atoms: BTC / 50,
        acceptable_price_e12: u64::MAX,
        trigger_price_e12: 55_000 * E12,
        placed_at: scene.world.now(),
        placed_slot: scene.world.slot(),
        expires_at,
        tip_lamports: 33_333,
        payout_cap_ppm: 1_000_000,
        ..Order::zeroed()
    };
    assert_eq!(placed, expected);
    let escrow = rent_of::<Order>(&scene.world) + 33_333 + TRIGGER_TIP_LAMPORTS;
    assert_eq!(scene.world.lamports(&at), escrow);
    assert_eq!(scene.world.lamports(&scene.owner.key), lamports - escrow);
    let after = scene.account();
    assert_eq!((after.open_orders, after.waiting_increases, after.next_order_id), (1, 0, 2));
    assert_eq!(after.collateral_atoms, before.collateral_atoms);
    let event = OrderPlaced {
        position: scene.position,
        order: at,
        id: 1,
        action: OrderAction::Decrease,
        size_atoms: BTC / 50,
        acceptable_price_e12: u64::MAX,
        placed_at: scene.world.now(),
        tip_lamports: 33_333,
        kind: OrderKind::TakeProfit,
        trigger_price_e12: 55_000 * E12,
        expires_at,
    };
    assert_events(&done, [event.into()]);
}

#[test]
fn place_order_fails_with_terms_that_do_not_go_with_the_kind() {
    let mut scene = scene(PositionSide::Long);
    let now = scene.world.now();
    let limit = limit().args(&scene.world, &scene.position);
    let market = PlaceOrderArgs { kind: OrderKind::Market, trigger_price_e12: 0, ..limit };
    let stop = stop().args(&scene.world, &scene.position);
    let increase = OrderAction::Increase;
    use BulkheadError::*;
    for (args, error) in [
        (PlaceOrderArgs { trigger_price_e12: 1, ..market }, TriggerPriceInvalid),
        (PlaceOrderArgs { expires_at: now + 60, ..market }, ExpiryInvalid),
        (PlaceOrderArgs { expires_at: -1, ..market }, ExpiryInvalid),
        (PlaceOrderArgs { trigger_price_e12: 0, ..limit }, TriggerPriceInvalid),
        (PlaceOrderArgs { expires_at: now, ..limit }, ExpiryInvalid),
        (PlaceOrderArgs { expires_at: -1, ..limit }, ExpiryInvalid),
        (PlaceOrderArgs { trigger_price_e12: 0, ..stop }, TriggerPriceInvalid),
        (PlaceOrderArgs { action: increase, ..stop }, OrderKindOnlyDecreases),
        (PlaceOrderArgs { action: increase, kind: OrderKind::TakeProfit, ..stop }, OrderKindOnlyDecreases),
        (PlaceOrderArgs { tip_lamports: 9_999, ..limit }, TipTooSmall),
        (PlaceOrderArgs { tip_lamports: u64::MAX, ..limit }, Overflow),
        (PlaceOrderArgs { size_atoms: 0, ..stop }, SizeZero),
        (PlaceOrderArgs { payout_cap_ppm: 0, ..limit }, PayoutCapOutOfRange),
    ] {
        let instruction = placing(&scene, args);
        refused(&mut scene.world, &instruction, error);
    }
    for args in [market, PlaceOrderArgs { expires_at: i64::MAX, order_id: 2, ..limit }] {
        let instruction = placing(&scene, args);
        scene.send(instruction);
    }
}

#[test]
fn place_order_fails_with_an_unknown_kind() {
    let mut scene = scene(PositionSide::Long);
    let mut instruction = placing(&scene, limit().args(&scene.world, &scene.position));
    // Discriminator, order id, action, kind.
    assert_eq!(instruction.data[13], 1);
    instruction.data[13] = 4;
    let error = anchor_lang::error::ErrorCode::InstructionDidNotDeserialize;
    refused(&mut scene.world, &instruction, error);
}

#[test]
fn place_opening_order_fails_with_terms_that_do_not_go_with_the_kind() {
    let mut world = World::new().unwrap();
    let owner = world.actor(10_000 * USD);
    let (keys, now) = (world.keys, world.now());
    let limit = PlaceOpeningOrderArgs {
        position_id: 0,
        side: PositionSide::Long,
        collateral_atoms: 1_000 * USD,
        kind: OrderKind::Limit,
        size_atoms: BTC / 10,
        acceptable_price_e12: u64::MAX,
        payout_cap_ppm: 1_000_000,
        tip_lamports: 10_000,
        trigger_price_e12: 59_000 * E12,
        expires_at: now + 1,
    };
    use BulkheadError::*;
    for (args, error) in [
        (PlaceOpeningOrderArgs { kind: OrderKind::StopLoss, ..limit }, OrderKindOnlyDecreases),
        (PlaceOpeningOrderArgs { kind: OrderKind::TakeProfit, ..limit }, OrderKindOnlyDecreases),
        (PlaceOpeningOrderArgs { kind: OrderKind::Market, expires_at: 0, ..limit }, TriggerPriceInvalid),
        (PlaceOpeningOrderArgs { kind: OrderKind::Market, trigger_price_e12: 0, ..limit }, ExpiryInvalid),
        (PlaceOpeningOrderArgs { trigger_price_e12: 0, ..limit }, TriggerPriceInvalid),
        (PlaceOpeningOrderArgs { expires_at: now, ..limit }, ExpiryInvalid),
    ] {
        let instruction = ix::place_opening_order(&keys, owner.key, owner.key, owner.tokens, args);
        refused(&mut world, &instruction, error);
    }
    world.send(&[ix::place_opening_order(&keys, owner.key, owner.key, owner.tokens, limit)]).unwrap();
}

#[test]
fn place_order_fails_past_eight_orders_of_all_kinds_and_four_by_a_delegate() {
    let mut scene = scene(PositionSide::Long);
    let (keys, owner, position) = (scene.world.keys, scene.owner.key, scene.position);
    let delegate = scene.world.wallet();
    scene.send(ix::set_delegate(owner, position, delegate));
    let profit = Waiting::decrease(OrderKind::TakeProfit, u64::MAX, 70_000 * E12);
    for number in 0..8 {
        let waiting = [limit(), stop(), profit][number % 3];
        let args = waiting.args(&scene.world, &position);
        let by_delegate = ix::place_order(&keys, delegate, delegate, position, args);
        if number < 4 {
            scene.send(by_delegate);
        } else {
            refused(&mut scene.world, &by_delegate, BulkheadError::TooManyOrders);
            place(&mut scene, waiting);
        }
    }
    let ninth = placing(&scene, limit().args(&scene.world, &position));
    refused(&mut scene.world, &ninth, BulkheadError::TooManyOrders);
}
