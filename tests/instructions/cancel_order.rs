//! `cancel_order`: never while a price may still fill it, and by anyone afterwards.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::OrderCancelled;
use bulkhead::state::{Market, Order, OrderAction, Position, PositionSide, Protocol};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, PriceUpdate, defaults};
use bulkhead_tests::*;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::desk::{Desk, execution, opening, second_market};

const TIP: u64 = 25_000;

fn cancel(desk: &Desk, by: Pubkey, id: u32) -> Instruction {
    let payer = desk.world.order(&pda::order(&desk.position, id)).payer;
    ix::cancel_order(&desk.keys(), by, desk.position, id, payer)
}

/// A pending position whose opening order pays a tip of 25,000.
fn tipped() -> Desk {
    let mut world = bulkhead_lab::world::World::new().unwrap();
    let owner = world.actor(10_000 * USD);
    let position =
        world.place(&owner, &Opening { tip_lamports: TIP, ..opening(PositionSide::Long) }).unwrap();
    Desk { world, owner, position }
}

#[test]
fn cancel_order_ok_by_anyone_for_the_cancel_tip() {
    let mut desk = tipped();
    let (order, stranger) = (pda::order(&desk.position, 0), desk.world.wallet());
    desk.world.advance(26);
    let before = desk.world.position(&desk.position);
    let payer = desk.world.lamports(&desk.owner.key);
    let canceller = desk.world.lamports(&stranger);
    let rest = Snapshot::of(&desk.world, [desk.keys().market, pda::vault(&desk.position), desk.owner.tokens]);
    let instruction = cancel(&desk, stranger, 0);
    let done = desk.world.send(&[instruction]).unwrap();

    assert_eq!(desk.world.lamports(&order), 0);
    assert_eq!(desk.world.lamports(&stranger), canceller + 10_000);
    let back = rent_of::<Order>(&desk.world) + TIP - 10_000;
    assert_eq!(desk.world.lamports(&desk.owner.key), payer + back);
    assert_eq!(
        desk.world.position(&desk.position),
        Position { open_orders: 0, waiting_increases: 0, ..before }
    );
    rest.assert_unchanged(&desk.world);
    let event = OrderCancelled { position: desk.position, order, by: stranger, tip_lamports: 10_000 };
    assert_events(&done, [event.into()]);
}

#[test]
fn cancel_order_ok_by_its_payer_who_gets_everything_back() {
    let mut desk = tipped();
    let order = pda::order(&desk.position, 0);
    desk.world.advance(26);
    let lamports = desk.world.lamports(&desk.owner.key);
    let instruction = cancel(&desk, desk.owner.key, 0);
    let done = desk.world.send(&[instruction]).unwrap();
    assert_eq!(desk.world.lamports(&desk.owner.key), lamports + rent_of::<Order>(&desk.world) + TIP);
    let event = OrderCancelled { position: desk.position, order, by: desk.owner.key, tip_lamports: 0 };
    assert_events(&done, [event.into()]);
}

#[test]
fn cancel_order_ok_refunds_the_payer_and_not_the_owner() {
    let mut desk = Desk::open(PositionSide::Long);
    let friend = desk.world.wallet();
    let lamports = desk.world.lamports(&friend);
    let args = desk.order_args(OrderAction::Decrease, BTC / 50);
    let place = ix::place_order(&desk.keys(), desk.owner.key, friend, desk.position, args);
    desk.world.send(&[place]).unwrap();
    desk.world.advance(136);
    let owner = desk.world.lamports(&desk.owner.key);
    let instruction = cancel(&desk, desk.owner.key, 1);
    desk.world.send(&[instruction]).unwrap();
    // The owner is anyone here: the tip is the owner's, the rent the friend's.
    assert_eq!(desk.world.lamports(&desk.owner.key), owner + 10_000);
    assert_eq!(desk.world.lamports(&friend), lamports - args.tip_lamports);
}

#[test]
fn cancel_order_ok_with_lamports_that_were_sent_to_the_order() {
    let mut desk = tipped();
    let order = pda::order(&desk.position, 0);
    desk.world.set_lamports(order, desk.world.lamports(&order) + 777);
    desk.world.advance(26);
    let lamports = desk.world.lamports(&desk.owner.key);
    let instruction = cancel(&desk, desk.owner.key, 0);
    desk.world.send(&[instruction]).unwrap();
    assert_eq!(desk.world.lamports(&desk.owner.key), lamports + rent_of::<Order>(&desk.world) + TIP + 777);
}

#[test]
fn cancel_order_fails_in_the_window_whoever_asks() {
    let mut desk = tipped();
    let stranger = desk.world.wallet();
    for secs in [0, 1, 14, 10] {
        desk.world.advance(secs);
        for by in [desk.owner.key, stranger, desk.world.admin] {
            let instruction = cancel(&desk, by, 0);
            refused(&mut desk.world, &instruction, BulkheadError::OrderInWindow);
        }
    }
}

/// Publishes the last price that may fill an order and looks at both actions `secs` after the placing.
fn at_the_border(desk: &mut Desk, id: u32, secs: i64) -> (Instruction, Instruction) {
    let placed_at = desk.world.order(&pda::order(&desk.position, id)).placed_at;
    desk.world.warp_to(placed_at + secs);
    desk.world.set_price(&PriceUpdate::at(defaults::START_PRICE_E8, placed_at + 15));
    (execution(&desk.world, desk.position, id), cancel(desk, desk.world.keeper.key, id))
}

#[test]
fn cancel_order_ok_only_from_when_an_increase_cannot_fill() {
    let mut desk = Desk::pending(PositionSide::Long);
    let (_, cancel) = at_the_border(&mut desk, 0, 25);
    refused(&mut desk.world, &cancel, BulkheadError::OrderInWindow);
    let (fill, cancel) = at_the_border(&mut desk, 0, 26);
    refused(&mut desk.world, &fill, BulkheadError::PriceTooOld);
    desk.world.send(&[cancel]).unwrap();

    let mut desk = Desk::pending(PositionSide::Long);
    let (fill, _) = at_the_border(&mut desk, 0, 25);
    desk.world.send(&[fill]).unwrap();
    assert_eq!(desk.world.position(&desk.position).status, 1);
}

#[test]
fn cancel_order_ok_only_from_when_a_decrease_cannot_fill() {
    let mut desk = Desk::open(PositionSide::Long);
    let id = desk.order(OrderAction::Decrease, u64::MAX);
    let (_, cancel) = at_the_border(&mut desk, id, 135);
    refused(&mut desk.world, &cancel, BulkheadError::OrderInWindow);
    let (fill, cancel) = at_the_border(&mut desk, id, 136);
    refused(&mut desk.world, &fill, BulkheadError::PriceTooOld);
    desk.world.send(&[cancel]).unwrap();

    let mut desk = Desk::open(PositionSide::Long);
    let id = desk.order(OrderAction::Decrease, u64::MAX);
    let (fill, _) = at_the_border(&mut desk, id, 135);
    desk.world.send(&[fill]).unwrap();
    assert_eq!(desk.world.position(&desk.position).status, 2);
}

#[test]
fn cancel_order_ok_at_once_where_the_position_is_closed() {
    let mut desk = Desk::open(PositionSide::Long);
    let waiting = desk.order(OrderAction::Increase, BTC / 50);
    desk.close_all();
    let stranger = desk.world.wallet();
    let (owner, canceller) = (desk.world.lamports(&desk.owner.key), desk.world.lamports(&stranger));
    let instruction = cancel(&desk, stranger, waiting);
    desk.world.send(&[instruction]).unwrap();
    assert_eq!(desk.world.position(&desk.position).open_orders, 0);
    assert_eq!(desk.world.lamports(&stranger), canceller + 10_000);
    assert_eq!(desk.world.lamports(&desk.owner.key), owner + rent_of::<Order>(&desk.world));
}

#[test]
fn cancel_order_ok_at_once_in_a_settled_market() {
    let mut desk = Desk::open(PositionSide::Long);
    let waiting = desk.order(OrderAction::Increase, BTC / 50);
    let (market, stranger) = (desk.keys().market, desk.world.wallet());
    let instruction = cancel(&desk, stranger, waiting);
    refused(&mut desk.world, &instruction, BulkheadError::OrderInWindow);
    poke(&mut desk.world, &market, |market: &mut Market| market.status = 2);
    desk.world.send(&[instruction]).unwrap();
    assert_eq!(desk.world.position(&desk.position).open_orders, 0);
}

#[test]
fn cancel_order_ok_where_the_position_is_gone() {
    for lamports in [0, 5_000_000] {
        let mut desk = Desk::open(PositionSide::Long);
        let waiting = desk.order(OrderAction::Increase, BTC / 50);
        desk.close_all();
        let close = ix::close_position(&desk.keys(), desk.owner.key, desk.position, desk.owner.tokens);
        desk.world.send(&[close]).unwrap();
        desk.world.set_lamports(desk.position, lamports);
        let stranger = desk.world.wallet();
        let (owner, canceller) = (desk.world.lamports(&desk.owner.key), desk.world.lamports(&stranger));
        let instruction = cancel(&desk, stranger, waiting);
        desk.world.send(&[instruction]).unwrap();
        assert_eq!(desk.world.lamports(&stranger), canceller + 10_000);
        assert_eq!(desk.world.lamports(&desk.owner.key), owner + rent_of::<Order>(&desk.world));
        assert_eq!(desk.world.lamports(&desk.position), lamports);
    }
}

#[test]
fn cancel_order_ok_while_everything_is_paused() {
    let mut desk = tipped();
    let protocol = pda::protocol();
    poke(&mut desk.world, &protocol, |protocol: &mut Protocol| protocol.pause_new_risk.until = i64::MAX);
    desk.world.warp_to(desk.world.now() + 30 * 86_400);
    let instruction = cancel(&desk, desk.owner.key, 0);
    desk.world.send(&[instruction]).unwrap();
}

#[test]
fn cancel_order_fails_with_the_position_of_another_order() {
    let mut desk = tipped();
    let (_, neighbour) = desk.neighbour(PositionSide::Long);
    desk.world.advance(1_000);
    let instruction = cancel(&desk, desk.world.keeper.key, 0);
    let empty = desk.world.key();
    for other in [neighbour, empty, desk.keys().market] {
        let tampered = swapped(&instruction, desk.position, other);
        refused(&mut desk.world, &tampered, BulkheadError::OrderPositionMismatch);
    }
    let other = second_market(&mut desk.world);
    let tampered = swapped(&instruction, desk.keys().market, other.market);
    refused(&mut desk.world, &tampered, BulkheadError::PositionMarketMismatch);
}

#[test]
fn cancel_order_fails_to_pay_rent_to_another() {
    let mut desk = tipped();
    desk.world.advance(26);
    let thief = desk.world.wallet();
    let instruction = ix::cancel_order(&desk.keys(), thief, desk.position, 0, thief);
    refused(&mut desk.world, &instruction, BulkheadError::OrderPayerMismatch);
}

#[test]
fn cancel_order_fails_twice() {
    let mut desk = tipped();
    desk.world.advance(26);
    let instruction = cancel(&desk, desk.world.keeper.key, 0);
    desk.world.send(std::slice::from_ref(&instruction)).unwrap();
    refused(&mut desk.world, &instruction, ErrorCode::AccountOwnedByWrongProgram);
}

#[test]
fn cancel_order_fails_unsigned_readonly_or_forged() {
    let mut desk = tipped();
    desk.world.advance(26);
    let instruction = cancel(&desk, desk.world.keeper.key, 0);
    let keeper = desk.world.keeper.key;
    refused(&mut desk.world, &unsigned(&instruction, keeper), ErrorCode::AccountNotSigner);
    refuses_readonly(&mut desk.world, &instruction, &[]);
    // A copy of the position elsewhere is not the order's position: tested above with its own error.
    let position = desk.position;
    refuses_impostors(&mut desk.world, &instruction, &[position]);
    let market_as_order = swapped(&instruction, pda::order(&position, 0), desk.keys().market);
    refused(&mut desk.world, &market_as_order, ErrorCode::AccountDiscriminatorMismatch);
}

#[test]
fn cancel_order_fails_on_broken_books() {
    let mut desk = tipped();
    desk.world.advance(26);
    let (instruction, position) = (cancel(&desk, desk.owner.key, 0), desk.position);
    let good = desk.world.account(&position).unwrap();
    poke(&mut desk.world, &position, |position: &mut Position| position.open_orders = 0);
    refused(&mut desk.world, &instruction, BulkheadError::PositionInconsistent);
    // Another kind of account at the position's address.
    let trader = pda::trader(&desk.keys().market, &desk.owner.key);
    let other_kind = desk.world.account(&trader).unwrap();
    desk.world.set_account(position, other_kind);
    refused(&mut desk.world, &instruction, BulkheadError::NotAPosition);
    desk.world.set_account(position, good);
    poke(&mut desk.world, &pda::order(&position, 0), |order: &mut Order| order.action = 2);
    refused(&mut desk.world, &instruction, BulkheadError::CorruptAccount);
}
