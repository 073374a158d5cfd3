//! When an order may fill, and on which price.

use bulkhead::error::BulkheadError;
use bulkhead::instructions::{ExecuteOrderArgs, PlaceOrderArgs};
use bulkhead::state::{OrderAction, PositionSide, Protocol};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, PriceUpdate, World, defaults, expect_error};
use bulkhead_tests::*;

use crate::desk::{Desk, execution, opening};

fn price_at(world: &mut World, publish_time: i64) {
    world.set_price(&PriceUpdate::at(defaults::START_PRICE_E8, publish_time));
}

#[test]
fn execute_order_fails_in_the_slot_of_its_placing() {
    let mut desk = Desk::pending(PositionSide::Long);
    // The clock goes on and the slot does not.
    let mut clock = desk.world.svm.get_sysvar::<solana_clock::Clock>();
    clock.unix_timestamp += 5;
    desk.world.svm.set_sysvar(&clock);
    let now = desk.world.now();
    price_at(&mut desk.world, now);
    let instruction = desk.execution(0);
    refused(&mut desk.world, &instruction, BulkheadError::OrderSameSlot);
    desk.world.warp_to(now);
    desk.world.send(&[instruction]).unwrap();
}

#[test]
fn execute_order_fails_on_prices_before_the_window() {
    for (action, id) in [(OrderAction::Increase, 0), (OrderAction::Decrease, 1)] {
        let mut desk = match action {
            OrderAction::Increase => Desk::pending(PositionSide::Long),
            OrderAction::Decrease => {
                let mut desk = Desk::open(PositionSide::Long);
                desk.order(action, BTC / 50);
                desk
            }
        };
        let placed_at = desk.world.order(&pda::order(&desk.position, id)).placed_at;
        desk.world.warp_to(placed_at + 3);
        let instruction = desk.execution(id);
        // The price that stood when it was placed, and one a second younger.
        for publish_time in [placed_at, placed_at + 1] {
            price_at(&mut desk.world, publish_time);
            refused(&mut desk.world, &instruction, BulkheadError::PriceBeforeWindow);
        }
        price_at(&mut desk.world, placed_at + 2);
        desk.world.send(&[instruction]).unwrap();
    }
}

#[test]
fn execute_order_fails_on_a_price_older_than_the_order() {
    let mut world = World::new().unwrap();
    let owner = world.actor(10_000 * USD);
    world.warp_to(world.now() + 8);
    let known = world.now() - 1;
    price_at(&mut world, known);
    let position = world.place(&owner, &opening(PositionSide::Long)).unwrap();
    world.warp_to(world.now() + 4);
    let instruction = execution(&world, position, 0);
    refused(&mut world, &instruction, BulkheadError::PriceBeforeWindow);
}

#[test]
fn execute_order_fails_on_prices_after_the_window() {
    for last in [15, 16] {
        let mut desk = Desk::pending(PositionSide::Long);
        let placed_at = desk.world.order(&pda::order(&desk.position, 0)).placed_at;
        desk.world.warp_to(placed_at + 17);
        price_at(&mut desk.world, placed_at + last);
        let instruction = desk.execution(0);
        match last {
            15 => drop(desk.world.send(&[instruction]).unwrap()),
            _ => drop(refused(&mut desk.world, &instruction, BulkheadError::PriceAfterWindow)),
        }
    }
    // A decrease too, long before it can be cancelled.
    let mut desk = Desk::open(PositionSide::Long);
    let id = desk.order(OrderAction::Decrease, u64::MAX);
    desk.world.advance(16);
    let instruction = desk.execution(id);
    refused(&mut desk.world, &instruction, BulkheadError::PriceAfterWindow);
}

#[test]
fn execute_order_ok_an_increase_takes_ten_seconds_and_a_decrease_two_minutes() {
    let mut desk = Desk::pending(PositionSide::Long);
    let placed_at = desk.world.order(&pda::order(&desk.position, 0)).placed_at;
    price_at(&mut desk.world, placed_at + 5);
    desk.world.warp_to(placed_at + 16);
    let instruction = desk.execution(0);
    refused(&mut desk.world, &instruction, BulkheadError::PriceTooOld);
    desk.world.warp_to(placed_at + 15);
    desk.world.send(&[instruction]).unwrap();

    let id = desk.order(OrderAction::Decrease, u64::MAX);
    let placed_at = desk.world.order(&pda::order(&desk.position, id)).placed_at;
    price_at(&mut desk.world, placed_at + 5);
    desk.world.warp_to(placed_at + 126);
    let instruction = desk.execution(id);
    refused(&mut desk.world, &instruction, BulkheadError::PriceTooOld);
    desk.world.warp_to(placed_at + 125);
    desk.world.send(&[instruction]).unwrap();
    assert_eq!(desk.world.position(&desk.position).status, 2);
}

#[test]
fn execute_order_fails_on_an_old_price_where_the_market_has_seen_a_newer() {
    let mut desk = Desk::open(PositionSide::Long);
    let id = desk.order(OrderAction::Decrease, u64::MAX);
    let placed_at = desk.world.now();
    // The price of the window would be a bad one, the newer a good one: nobody may choose.
    desk.world.warp_to(placed_at + 30);
    price_at(&mut desk.world, placed_at + 30);
    desk.world.send(&[ix::update_market(&desk.world.keys)]).unwrap();
    price_at(&mut desk.world, placed_at + 5);
    let instruction = desk.execution(id);
    refused(&mut desk.world, &instruction, BulkheadError::PriceNotMonotonic);
}

#[test]
fn execute_order_fails_with_an_order_that_is_not_the_expected() {
    let mut desk = Desk::pending(PositionSide::Long);
    desk.world.advance(5);
    let order = desk.world.order(&pda::order(&desk.position, 0));
    let expecting = |args: ExecuteOrderArgs| {
        ix::execute_order(&desk.keys(), desk.world.keeper.key, desk.position, 0, order.payer, args)
    };
    let args = ExecuteOrderArgs { placed_at: order.placed_at, tip_lamports_min: order.tip_lamports };
    let bad = [
        expecting(ExecuteOrderArgs { placed_at: order.placed_at - 1, ..args }),
        expecting(ExecuteOrderArgs { placed_at: order.placed_at + 1, ..args }),
        expecting(ExecuteOrderArgs { tip_lamports_min: order.tip_lamports + 1, ..args }),
    ];
    let good = expecting(ExecuteOrderArgs { tip_lamports_min: 0, ..args });
    for instruction in bad {
        refused(&mut desk.world, &instruction, BulkheadError::OrderChanged);
    }
    desk.world.send(&[good]).unwrap();
}

#[test]
fn execute_order_fails_at_a_price_that_the_order_does_not_accept() {
    // The fills: 60,024 to buy, 59,976 to sell.
    let cases = [
        (PositionSide::Long, 60_024 * E12, 60_024 * E12 - 1),
        (PositionSide::Short, 59_976 * E12, 59_976 * E12 + 1),
    ];
    for (side, good, bad) in cases {
        for (acceptable_price_e12, fits) in [(bad, false), (good, true)] {
            let mut world = World::new().unwrap();
            let owner = world.actor(10_000 * USD);
            let position = world.place(&owner, &Opening { acceptable_price_e12, ..opening(side) }).unwrap();
            world.advance(5);
            let instruction = execution(&world, position, 0);
            match fits {
                true => drop(world.send(&[instruction]).unwrap()),
                false => drop(refused(&mut world, &instruction, BulkheadError::PriceNotAcceptable)),
            }
        }
    }
    // A long sells to close, a short buys.
    let cases = [
        (PositionSide::Long, 59_976 * E12, 59_976 * E12 + 1),
        (PositionSide::Short, 60_024 * E12, 60_024 * E12 - 1),
    ];
    for (side, good, bad) in cases {
        let mut desk = Desk::open(side);
        for acceptable_price_e12 in [bad, good] {
            let args =
                PlaceOrderArgs { acceptable_price_e12, ..desk.order_args(OrderAction::Decrease, BTC / 50) };
            let place = ix::place_order(&desk.keys(), desk.owner.key, desk.owner.key, desk.position, args);
            desk.world.send(&[place]).unwrap();
        }
        desk.world.advance(5);
        let instruction = desk.execution(1);
        refused(&mut desk.world, &instruction, BulkheadError::PriceNotAcceptable);
        desk.world.execute(desk.position, 2).unwrap();
    }
}

#[test]
fn execute_order_fails_on_a_closed_position() {
    let mut desk = Desk::open(PositionSide::Long);
    let grow = desk.order(OrderAction::Increase, BTC / 50);
    let shrink = desk.order(OrderAction::Decrease, BTC / 50);
    desk.close_all();
    for id in [grow, shrink] {
        let instruction = desk.execution(id);
        refused(&mut desk.world, &instruction, BulkheadError::OrderVoid);
    }
}

#[test]
fn execute_order_fails_twice() {
    let mut desk = Desk::open(PositionSide::Long);
    let id = desk.order(OrderAction::Decrease, BTC / 50);
    desk.world.advance(5);
    let instruction = desk.execution(id);
    let both = [instruction.clone(), instruction.clone()];
    let before = Snapshot::of_all(&desk.world, &both);
    assert!(desk.world.send(&both).is_err());
    before.assert_unchanged(&desk.world);
    desk.world.send(std::slice::from_ref(&instruction)).unwrap();
    refused(&mut desk.world, &instruction, anchor_lang::error::ErrorCode::AccountOwnedByWrongProgram);
}

#[test]
fn execute_order_fails_to_open_or_increase_while_paused_but_decreases() {
    let mut desk = Desk::pending(PositionSide::Long);
    desk.world.advance(5);
    let until = desk.world.now() + 3_600;
    let pause = |world: &mut World, until: i64| {
        poke(world, &pda::protocol(), |protocol: &mut Protocol| protocol.pause_new_risk.until = until);
    };
    pause(&mut desk.world, until);
    let open = desk.execution(0);
    refused(&mut desk.world, &open, BulkheadError::NewRiskPaused);
    pause(&mut desk.world, 0);
    desk.world.send(&[open]).unwrap();
    pause(&mut desk.world, until);
    let grow = desk.order(OrderAction::Increase, BTC / 50);
    let shrink = desk.order(OrderAction::Decrease, u64::MAX);
    desk.world.advance(5);
    let instruction = desk.execution(grow);
    refused(&mut desk.world, &instruction, BulkheadError::NewRiskPaused);
    let instruction = desk.execution(shrink);
    desk.world.send(&[instruction]).unwrap();
    let (keys, owner) = (desk.keys(), desk.owner);
    let close = ix::close_position(&keys, owner.key, desk.position, owner.tokens);
    desk.world.send(&[close]).unwrap();
}

#[test]
fn execute_order_fails_to_open_in_a_stale_market_until_it_is_updated() {
    let mut world = World::new().unwrap();
    let owner = world.actor(10_000 * USD);
    world.warp_to(world.now() + 297);
    let position = world.place(&owner, &opening(PositionSide::Long)).unwrap();
    world.advance(4);
    let instruction = execution(&world, position, 0);
    refused(&mut world, &instruction, BulkheadError::MarketStale);
    world.send(&[ix::update_market(&world.keys), instruction]).unwrap();
    // At five minutes exactly it is fresh.
    let owner = world.actor(10_000 * USD);
    world.warp_to(world.now() + 296);
    let position = world.place(&owner, &opening(PositionSide::Long)).unwrap();
    world.advance(4);
    world.execute(position, 0).unwrap();
}

#[test]
fn execute_order_ok_decreases_in_a_stale_market() {
    let mut desk = Desk::open(PositionSide::Long);
    desk.world.warp_to(desk.world.now() + 86_400);
    let id = desk.order(OrderAction::Decrease, u64::MAX);
    desk.world.advance(5);
    let instruction = desk.execution(id);
    desk.world.send(&[instruction]).unwrap();
}

#[test]
fn execute_order_fails_with_a_bad_price() {
    let mut desk = Desk::pending(PositionSide::Long);
    desk.world.advance(5);
    let instruction = desk.execution(0);
    refuses_bad_prices(&mut desk.world, &instruction);
    desk.world.send(&[instruction]).unwrap();
    let id = desk.order(OrderAction::Decrease, u64::MAX);
    desk.world.advance(5);
    let instruction = desk.execution(id);
    refuses_bad_prices(&mut desk.world, &instruction);
    expect_error(
        desk.world.send(&[unsigned(&instruction, desk.world.keeper.key)]),
        anchor_lang::error::ErrorCode::AccountNotSigner,
    );
    desk.world.send(&[instruction]).unwrap();
}
