//! `record_settlement_price`: one price a minute, the first that the market has accepted, whoever brings it.

use anchor_lang::error::ErrorCode;
use bulkhead::constants::SETTLEMENT_SEED;
use bulkhead::error::BulkheadError;
use bulkhead::events::SettlementPriceRecorded;
use bulkhead::state::{Market, Settlement};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{PriceUpdate, World};
use bulkhead_risk::Purpose;
use bulkhead_tests::*;
use bytemuck::Zeroable;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::desk::second_market;
use crate::settle_market::wound_down;

fn record(world: &World) -> Instruction {
    ix::record_settlement_price(&world.keys, world.keeper.key)
}

/// The next minute, at this price; nobody has taken it in.
fn next_minute(world: &mut World, price_e8: u64) {
    let now = world.now();
    world.warp_to(now - now.rem_euclid(60) + 60);
    world.set_price(&PriceUpdate::at(price_e8, world.now()));
}

fn begun() -> World {
    let mut world = World::new().unwrap();
    world.wind_down().unwrap();
    next_minute(&mut world, 60_100 * E8);
    world
}

#[test]
fn record_settlement_price_ok_the_first_creates_the_account_and_updates_the_market() {
    let mut world = begun();
    let (market, keeper) = (world.keys.market, world.keeper.key);
    let observed = seen(&world, Purpose::Observe).market;
    let mut expected = world.market();
    expected.store_observed(&observed);
    let before = world.lamports(&keeper);
    let done = world.send(&[record(&world)]).unwrap();
    assert_eq!(world.market(), expected);
    let mut kept = Settlement {
        version: 1,
        bump: Pubkey::find_program_address(&[SETTLEMENT_SEED, market.as_ref()], &bulkhead::ID).1,
        count: 1,
        market,
        payer: keeper,
        recorded_at: world.now(),
        ..Settlement::zeroed()
    };
    kept.prices_e12[0] = 60_100 * E12;
    assert_eq!(world.settlement(&market), Some(kept));
    assert_eq!(world.lamports(&keeper), before - rent_of::<Settlement>(&world));
    let event =
        SettlementPriceRecorded { market, published_at: world.now(), price_e12: 60_100 * E12, count: 1 };
    assert_events(&done, [event.into()]);

    // Another payer changes nothing but the next price.
    next_minute(&mut world, 60_200 * E8);
    let other = world.wallet();
    world.send(&[ix::record_settlement_price(&world.keys, other)]).unwrap();
    (kept.count, kept.recorded_at, kept.prices_e12[1]) = (2, world.now(), 60_200 * E12);
    assert_eq!(world.settlement(&market), Some(kept));
}

/// Whoever records cannot pick: the price is the first that anyone has brought in the minute.
#[test]
fn record_settlement_price_ok_keeps_the_minutes_first_price_not_the_callers() {
    let mut world = begun();
    world.send(&[ix::update_market(&world.keys)]).unwrap();
    let first = world.now();
    world.warp_to(first + 20);
    world.set_price(&PriceUpdate::at(70_000 * E8, world.now()));
    world.send(&[record(&world)]).unwrap();
    let kept = world.settlement(&world.keys.market).unwrap();
    assert_eq!((kept.prices_e12[0], kept.recorded_at), (60_100 * E12, first));
    assert_eq!(world.market().observations.index_price_e12, 70_000 * E12);
    world.warp_to(first + 30);
    world.set_price(&PriceUpdate::at(50_000 * E8, world.now()));
    let again = record(&world);
    refused(&mut world, &again, BulkheadError::SettlementMinuteRecorded);
}

#[test]
fn record_settlement_price_fails_without_a_wind_down_and_before_its_first_second() {
    let mut world = World::new().unwrap();
    next_minute(&mut world, 60_000 * E8);
    let instruction = record(&world);
    refused(&mut world, &instruction, BulkheadError::NotWindingDown);
    // The first price of the minute was there before the wind-down began.
    world.send(&[ix::update_market(&world.keys)]).unwrap();
    let minute = world.now();
    world.wind_down().unwrap();
    world.warp_to(minute + 30);
    world.set_price(&PriceUpdate::at(61_000 * E8, world.now()));
    refused(&mut world, &instruction, BulkheadError::SettlementMinuteRecorded);
    world.record_minute(62_000 * E8).unwrap();
    assert_eq!(world.settlement(&world.keys.market).unwrap().prices_e12[..2], [62_000 * E12, 0]);
}

#[test]
fn record_settlement_price_fails_once_complete_and_after_the_settlement() {
    let mut world = World::new().unwrap();
    wound_down(&mut world, 30, |_| 60_000 * E8);
    let from = world.market().wind_down_from;
    world.warp_to(from + 3_600);
    next_minute(&mut world, 60_000 * E8);
    let instruction = record(&world);
    refused(&mut world, &instruction, BulkheadError::SettlementPricesComplete);
    world.settle_market().unwrap();
    refused(&mut world, &instruction, BulkheadError::MarketSettled);
}

#[test]
fn record_settlement_price_fails_beyond_sixty() {
    let mut world = begun();
    world.send(&[record(&world)]).unwrap();
    let kept = pda::settlement(&world.keys.market);
    poke::<Settlement>(&mut world, &kept, |kept| kept.count = 60);
    next_minute(&mut world, 60_000 * E8);
    let instruction = record(&world);
    refused(&mut world, &instruction, BulkheadError::SettlementPricesComplete);
    poke::<Settlement>(&mut world, &kept, |kept| kept.count = 59);
    world.send(&[instruction]).unwrap();
    assert_eq!(world.settlement(&world.keys.market).unwrap().prices_e12[59], 60_000 * E12);
}

#[test]
fn record_settlement_price_ok_on_an_address_that_holds_lamports() {
    let mut world = begun();
    world.set_lamports(pda::settlement(&world.keys.market), 1);
    world.send(&[record(&world)]).unwrap();
    assert_eq!(world.settlement(&world.keys.market).unwrap().count, 1);
}

#[test]
fn record_settlement_price_fails_with_a_bad_price_or_another_account() {
    let mut world = begun();
    let other = second_market(&mut world);
    next_minute(&mut world, 60_000 * E8);
    world.send(&[record(&world)]).unwrap();
    next_minute(&mut world, 60_000 * E8);
    let (market, keeper, price) = (world.keys.market, world.keeper.key, world.keys.price);
    let instruction = record(&world);
    refused(&mut world, &unsigned(&instruction, keeper), ErrorCode::AccountNotSigner);
    refuses_bad_prices(&mut world, &instruction);
    let kept = pda::settlement(&market);
    let elsewhere = pda::settlement(&other.market);
    refused(&mut world, &swapped(&instruction, kept, elsewhere), ErrorCode::ConstraintSeeds);
    refused(&mut world, &swapped(&instruction, market, other.market), ErrorCode::ConstraintSeeds);
    refused(&mut world, &swapped(&instruction, price, other.price), BulkheadError::OracleAccountMismatch);
    let fake = impostor(&mut world, &market);
    refused(&mut world, &swapped(&instruction, market, fake), ErrorCode::AccountOwnedByWrongProgram);
    refuses_readonly(&mut world, &instruction, &[]);
    poke::<Settlement>(&mut world, &kept, |kept| kept.version = 2);
    refused(&mut world, &instruction, BulkheadError::AccountVersionMismatch);
    poke::<Settlement>(&mut world, &kept, |kept| kept.version = 1);
    poke::<Market>(&mut world, &market, |market| market.version = 1);
    refused(&mut world, &instruction, BulkheadError::AccountVersionMismatch);
    poke::<Market>(&mut world, &market, |market| market.version = 2);
    world.warp_to(world.now() + 11);
    refused(&mut world, &instruction, BulkheadError::PriceTooOld);
}
