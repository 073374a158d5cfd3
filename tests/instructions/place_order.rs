//! `place_order`: on an open position, by owner or delegate.

use anchor_lang::error::ErrorCode;
use bulkhead::constants::{ORDERS_PER_POSITION_MAX, TIP_LAMPORTS_MIN};
use bulkhead::error::BulkheadError;
use bulkhead::events::OrderPlaced;
use bulkhead::instructions::PlaceOrderArgs;
use bulkhead::state::{Market, Order, OrderAction, OrderKind, Position, PositionSide, Protocol};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{PriceUpdate, defaults};
use bulkhead_tests::*;
use bytemuck::Zeroable;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::desk::{Desk, second_market};

fn place(desk: &Desk, args: PlaceOrderArgs) -> Instruction {
    ix::place_order(&desk.keys(), desk.owner.key, desk.owner.key, desk.position, args)
}

#[test]
fn place_order_ok_every_field_and_lamport() {
    let mut desk = Desk::open(PositionSide::Long);
    let payer = desk.world.wallet();
    let args = PlaceOrderArgs {
        acceptable_price_e12: 59_000 * E12,
        payout_cap_ppm: 123_456,
        tip_lamports: 33_333,
        ..desk.order_args(OrderAction::Decrease, BTC / 50)
    };
    let (position, address) = (desk.position, pda::order(&desk.position, 1));
    let before = desk.world.position(&position);
    let untouched = [desk.keys().market, pda::vault(&position), desk.owner.key, desk.owner.tokens];
    let rest = Snapshot::of(&desk.world, untouched);
    let lamports = desk.world.lamports(&payer);
    let instruction = ix::place_order(&desk.keys(), desk.owner.key, payer, position, args);
    let done = desk.world.send(&[instruction]).unwrap();

    let seeds: &[&[u8]] = &[b"order", position.as_ref(), &1_u32.to_le_bytes()];
    let expected = Order {
        version: 1,
        bump: Pubkey::find_program_address(seeds, &bulkhead::ID).1,
        action: 1,
        kind: 0,
        id: 1,
        position,
        payer,
        size_atoms: BTC / 50,
        acceptable_price_e12: 59_000 * E12,
        placed_at: desk.world.now(),
        placed_slot: desk.world.slot(),
        tip_lamports: 33_333,
        payout_cap_ppm: 123_456,
        ..Order::zeroed()
    };
    assert_eq!(desk.world.order(&address), expected);
    assert_eq!(desk.world.position(&position), Position { open_orders: 1, next_order_id: 2, ..before });
    let cost = rent_of::<Order>(&desk.world) + 33_333;
    assert_eq!(desk.world.lamports(&address), cost);
    assert_eq!(desk.world.lamports(&payer), lamports - cost);
    rest.assert_unchanged(&desk.world);
    let event = OrderPlaced {
        position,
        order: address,
        id: 1,
        action: OrderAction::Decrease,
        size_atoms: BTC / 50,
        acceptable_price_e12: 59_000 * E12,
        placed_at: desk.world.now(),
        tip_lamports: 33_333,
        kind: OrderKind::Market,
        trigger_price_e12: 0,
        expires_at: 0,
    };
    assert_events(&done, [event.into()]);
}

#[test]
fn place_order_ok_placed_at_a_price_that_is_ahead_of_the_clock() {
    let mut desk = Desk::open(PositionSide::Long);
    desk.world.advance(60);
    let now = desk.world.now();
    desk.world.set_price(&PriceUpdate::at(defaults::START_PRICE_E8, now + 2));
    let update = ix::update_market(&desk.keys());
    desk.world.send(&[update]).unwrap();
    let id = desk.order(OrderAction::Decrease, BTC / 50);
    assert_eq!(desk.world.order(&pda::order(&desk.position, id)).placed_at, now + 2);
}

#[test]
fn place_order_ok_where_somebody_has_sent_lamports_before() {
    for sent in [1, 10_000_000_000] {
        let mut desk = Desk::open(PositionSide::Long);
        let address = pda::order(&desk.position, 1);
        desk.world.set_lamports(address, sent);
        desk.order(OrderAction::Decrease, BTC / 50);
        let held = rent_of::<Order>(&desk.world).max(sent) + TIP_LAMPORTS_MIN;
        assert_eq!(desk.world.lamports(&address), held);
    }
}

#[test]
fn place_order_ok_both_ways_while_new_risk_is_paused_or_the_market_takes_none() {
    let mut desk = Desk::open(PositionSide::Long);
    let (protocol, market) = (pda::protocol(), desk.keys().market);
    poke(&mut desk.world, &protocol, |protocol: &mut Protocol| protocol.pause_new_risk.until = i64::MAX);
    poke(&mut desk.world, &market, |market: &mut Market| market.status = 1);
    desk.world.warp_to(desk.world.now() + 86_400);
    desk.order(OrderAction::Decrease, u64::MAX);
    // It cannot fill before the pause is over: that is checked when it is executed.
    desk.order(OrderAction::Increase, BTC / 50);
    assert_eq!(desk.world.position(&desk.position).open_orders, 2);
}

#[test]
fn place_order_ok_at_the_bounds() {
    let mut desk = Desk::open(PositionSide::Long);
    for payout_cap_ppm in [50_000, 1_000_000] {
        let args = desk.order_args(OrderAction::Increase, 1);
        let instruction = place(&desk, PlaceOrderArgs { payout_cap_ppm, ..args });
        desk.world.send(&[instruction]).unwrap();
    }
    // A decrease sets no payout aside.
    for payout_cap_ppm in [0, u32::MAX] {
        let args = desk.order_args(OrderAction::Decrease, 1);
        let instruction = place(&desk, PlaceOrderArgs { payout_cap_ppm, ..args });
        desk.world.send(&[instruction]).unwrap();
    }
}

#[test]
fn place_order_fails_by_somebody_else() {
    let mut desk = Desk::open(PositionSide::Long);
    let args = desk.order_args(OrderAction::Decrease, BTC / 50);
    for other in [desk.world.keeper.key, desk.world.admin] {
        let instruction = ix::place_order(&desk.keys(), other, other, desk.position, args);
        refused(&mut desk.world, &instruction, BulkheadError::OwnerOrDelegateRequired);
    }
}

#[test]
fn place_order_fails_on_a_position_that_is_not_open() {
    let mut desk = Desk::pending(PositionSide::Long);
    let instruction = place(&desk, desk.order_args(OrderAction::Increase, BTC / 50));
    refused(&mut desk.world, &instruction, BulkheadError::PositionNotOpen);
    let mut desk = Desk::closed();
    let instruction = place(&desk, desk.order_args(OrderAction::Increase, BTC / 50));
    refused(&mut desk.world, &instruction, BulkheadError::PositionClosed);
}

#[test]
fn place_order_fails_in_a_settled_market() {
    let mut desk = Desk::open(PositionSide::Long);
    let market = desk.keys().market;
    poke(&mut desk.world, &market, |market: &mut Market| market.status = 2);
    for action in [OrderAction::Increase, OrderAction::Decrease] {
        let instruction = place(&desk, desk.order_args(action, BTC / 50));
        refused(&mut desk.world, &instruction, BulkheadError::MarketSettled);
    }
}

#[test]
fn place_order_fails_with_an_id_that_is_not_the_next() {
    let mut desk = Desk::open(PositionSide::Long);
    let args = desk.order_args(OrderAction::Decrease, BTC / 50);
    // 0 was the opening order: it is gone, and its id is used up.
    for order_id in [0, 2, u32::MAX] {
        let instruction = place(&desk, PlaceOrderArgs { order_id, ..args });
        refused(&mut desk.world, &instruction, BulkheadError::IdMismatch);
    }
    let instruction = place(&desk, args);
    desk.world.send(std::slice::from_ref(&instruction)).unwrap();
    refused(&mut desk.world, &instruction, ALREADY_IN_USE);
    // Cancelled is used up too.
    desk.world.advance(136);
    let keys = desk.keys();
    let cancel = ix::cancel_order(&keys, desk.owner.key, desk.position, 1, desk.owner.key);
    desk.world.send(&[cancel]).unwrap();
    refused(&mut desk.world, &instruction, BulkheadError::IdMismatch);
}

#[test]
fn place_order_fails_with_a_tip_that_is_too_small() {
    let mut desk = Desk::open(PositionSide::Long);
    let args = desk.order_args(OrderAction::Decrease, BTC / 50);
    for tip_lamports in [0, TIP_LAMPORTS_MIN - 1] {
        let instruction = place(&desk, PlaceOrderArgs { tip_lamports, ..args });
        refused(&mut desk.world, &instruction, BulkheadError::TipTooSmall);
    }
    // More than the payer has: the system program says so.
    let instruction = place(&desk, PlaceOrderArgs { tip_lamports: u64::MAX, ..args });
    refused(&mut desk.world, &instruction, 1_u32);
}

#[test]
fn place_order_fails_with_no_size_or_a_payout_cap_out_of_range() {
    let mut desk = Desk::open(PositionSide::Long);
    for action in [OrderAction::Increase, OrderAction::Decrease] {
        let instruction = place(&desk, desk.order_args(action, 0));
        refused(&mut desk.world, &instruction, BulkheadError::SizeZero);
    }
    let args = desk.order_args(OrderAction::Increase, BTC / 50);
    for payout_cap_ppm in [0, 49_999, 1_000_001, u32::MAX] {
        let instruction = place(&desk, PlaceOrderArgs { payout_cap_ppm, ..args });
        refused(&mut desk.world, &instruction, BulkheadError::PayoutCapOutOfRange);
    }
}

#[test]
fn place_order_fails_with_too_many_orders_until_one_is_gone() {
    let mut desk = Desk::open(PositionSide::Long);
    for _ in 0..ORDERS_PER_POSITION_MAX {
        desk.order(OrderAction::Decrease, BTC / 100);
    }
    let instruction = place(&desk, desk.order_args(OrderAction::Decrease, BTC / 100));
    refused(&mut desk.world, &instruction, BulkheadError::TooManyOrders);
    desk.world.advance(5);
    desk.world.execute(desk.position, 4).unwrap();
    desk.world.send(&[instruction]).unwrap();
    assert_eq!(desk.world.position(&desk.position).open_orders, ORDERS_PER_POSITION_MAX);
}

#[test]
fn place_order_fails_at_another_address_or_market() {
    let mut desk = Desk::open(PositionSide::Long);
    let (victim, neighbour) = desk.neighbour(PositionSide::Long);
    let other = second_market(&mut desk.world);
    let instruction = place(&desk, desk.order_args(OrderAction::Decrease, BTC / 50));
    let order = pda::order(&desk.position, 1);
    let tampered = swapped(&instruction, order, pda::order(&neighbour, 1));
    refused(&mut desk.world, &tampered, ErrorCode::ConstraintSeeds);
    let tampered = swapped(&instruction, desk.keys().market, other.market);
    refused(&mut desk.world, &tampered, BulkheadError::PositionMarketMismatch);
    // On somebody else's position, at its own address.
    let args = desk.order_args(OrderAction::Decrease, BTC / 50);
    let theirs = ix::place_order(&desk.keys(), desk.owner.key, desk.owner.key, neighbour, args);
    refused(&mut desk.world, &theirs, BulkheadError::OwnerOrDelegateRequired);
    let theirs = ix::place_order(&desk.keys(), victim.key, desk.owner.key, neighbour, args);
    refused(&mut desk.world, &unsigned(&theirs, victim.key), ErrorCode::AccountNotSigner);
}

#[test]
fn place_order_fails_unsigned_readonly_or_forged() {
    let mut desk = Desk::open(PositionSide::Long);
    let payer = desk.world.wallet();
    let args = desk.order_args(OrderAction::Decrease, BTC / 50);
    let instruction = ix::place_order(&desk.keys(), desk.owner.key, payer, desk.position, args);
    for signer in [desk.owner.key, payer] {
        refused(&mut desk.world, &unsigned(&instruction, signer), ErrorCode::AccountNotSigner);
    }
    refuses_readonly(&mut desk.world, &instruction, &[pda::order(&desk.position, 1), payer]);
    // The order's address follows from the position's, so that a forged position has another one.
    let position = desk.position;
    refuses_impostors(&mut desk.world, &instruction, &[position]);
    let fake = impostor(&mut desk.world, &position);
    let tampered = swapped(&instruction, position, fake);
    refused(&mut desk.world, &tampered, ErrorCode::AccountOwnedByWrongProgram);
    let tampered = swapped(&instruction, Pubkey::default(), spl_token_interface::ID);
    refused(&mut desk.world, &tampered, ErrorCode::InvalidProgramId);
}

/// The owner always finds room: a delegate places only while fewer than four orders exist.
#[test]
fn place_order_fails_for_a_delegate_beyond_four_orders_but_not_for_the_owner() {
    let mut desk = Desk::open(PositionSide::Long);
    let (keys, position, delegate) = (desk.keys(), desk.position, desk.world.wallet());
    desk.world.send(&[ix::set_delegate(desk.owner.key, position, delegate)]).unwrap();
    let by = |desk: &Desk, key: Pubkey| {
        let args = desk.order_args(OrderAction::Decrease, BTC / 50);
        ix::place_order(&keys, key, delegate, position, args)
    };
    for _ in 0..4 {
        let placing = by(&desk, delegate);
        desk.world.send(&[placing]).unwrap();
    }
    let fifth = by(&desk, delegate);
    refused(&mut desk.world, &fifth, BulkheadError::TooManyOrders);
    let owners = by(&desk, desk.owner.key);
    desk.world.send(&[owners]).unwrap();
    assert_eq!(desk.world.position(&position).open_orders, 5);
}
