//! `settle_market`: to the second of a dead oracle, at the median of a complete wind-down, once, by anyone.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::{MarketSettledAt, SettlementReason};
use bulkhead::instructions::{Change, MarketMode};
use bulkhead::state::{Market, PauseKind, PositionSide, Settlement};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, World};
use bulkhead_tests::*;

use crate::desk::second_market;
use crate::queue_change::{dearer, queue};

const DEAD: i64 = 604_800;

/// A market with an open position and rates that run.
pub(crate) fn world() -> World {
    let mut world = world_with(|params| {
        (params.borrow_kink_rate_e12, params.borrow_full_rate_e12) = (6_342, 95_129);
        params.funding_skew_scale_quote_atoms = 50_000 * USD;
        (params.funding_velocity_max_e18, params.funding_rate_max_e12) = (1_000_000, 100_000);
        params.trade_fee_ppm = 1_000;
    });
    let owner = world.actor(10_000 * USD);
    world.open(&owner, &Opening::new(PositionSide::Long, BTC / 10, 1_000 * USD)).unwrap();
    world
}

/// Wound down, with these prices of so many minutes.
pub(crate) fn wound_down(world: &mut World, minutes: u64, price_e8: impl Fn(u64) -> u64) {
    world.wind_down().unwrap();
    for minute in 0..minutes {
        world.record_minute(price_e8(minute)).unwrap();
    }
}

#[test]
fn settle_market_ok_at_the_last_index_when_the_oracle_is_dead() {
    let mut world = world();
    let before = world.market();
    let published = before.observations.published_at;
    let anybody = world.wallet();
    let settle = ix::settle_market(world.keys.market, anybody);
    world.warp_to(published + DEAD - 1);
    refused(&mut world, &settle, BulkheadError::SettlementNotDue);
    world.warp_to(published + 2 * DEAD);
    let done = world.send(std::slice::from_ref(&settle)).unwrap();
    let mut view = before.view().unwrap();
    view.accrue(bulkhead_risk::UnixSeconds(published + DEAD)).unwrap();
    let mut expected = before;
    expected.store_ledger(&view.ledger);
    (expected.status, expected.settlement_price_e12) = (2, before.observations.index_price_e12);
    assert_eq!(world.market(), expected);
    assert!(u128::from(expected.borrow_index_e12) > 0 && expected.funding_rate_e18 > 0, "rates ran");
    let event = MarketSettledAt {
        market: world.keys.market,
        reason: SettlementReason::DeadOracle,
        price_e12: 60_000 * E12,
        minutes: 0,
        accrued_at: published + DEAD,
    };
    assert_events(&done, [event.into()]);
    world.warp_to(world.now() + 1);
    refused(&mut world, &settle, BulkheadError::MarketSettled);
}

#[test]
fn settle_market_ok_a_price_in_time_starts_the_seven_days_anew() {
    let mut world = world();
    world.warp_to(world.now() + DEAD - 60);
    world.move_price(61_000 * E8, 1).unwrap();
    world.warp_to(world.now() + DEAD - 1);
    let settle = ix::settle_market(world.keys.market, world.keeper.key);
    refused(&mut world, &settle, BulkheadError::SettlementNotDue);
    world.warp_to(world.now() + 1);
    world.send(&[settle]).unwrap();
    assert_eq!(world.market().settlement_price_e12, 61_000 * E12);
}

#[test]
fn settle_market_fails_where_no_price_ever_came() {
    let mut world = world();
    let keys = second_market(&mut world);
    poke::<Market>(&mut world, &keys.market, |market| market.observations.published_at = 0);
    world.warp_to(world.now() + 9 * DEAD);
    let settle = ix::settle_market(keys.market, world.keeper.key);
    refused(&mut world, &settle, BulkheadError::MarketUnsampled);
}

#[test]
fn settle_market_ok_at_the_lower_median_of_the_hour() {
    let mut world = world();
    let from = {
        world.wind_down().unwrap();
        world.market().wind_down_from
    };
    assert_eq!((from, world.market().status), (world.now(), 1));
    // Even minutes at 60,000 and up, odd ones 10 % lower: of 60 prices the thirtieth from below.
    for minute in 0..59 {
        let price = if minute % 2 == 0 { 60_000 + minute } else { 54_000 + minute };
        world.record_minute(price * E8).unwrap();
    }
    let keeper = world.keeper.key;
    let settle = ix::settle_market(world.keys.market, keeper);
    world.warp_to(from + 3_599);
    refused(&mut world, &settle, BulkheadError::SettlementNotDue);
    world.warp_to(from + 3_600);
    let (rent, before) = (rent_of::<Settlement>(&world), world.lamports(&keeper));
    let done = world.send(&[settle]).unwrap();
    // 29 of 59 are low: the thirtieth is the lowest of the others.
    let event = MarketSettledAt {
        market: world.keys.market,
        reason: SettlementReason::WindDown,
        price_e12: 60_000 * E12,
        minutes: 59,
        accrued_at: from + 3_600,
    };
    assert_events(&done, [event.into()]);
    assert_eq!((world.market().status, world.market().settlement_price_e12), (2, 60_000 * E12));
    assert_eq!(world.lamports(&keeper), before + rent, "the rent of the prices is back");
    assert_eq!(world.lamports(&pda::settlement(&world.keys.market)), 0);
}

#[test]
fn settle_market_ok_late_minutes_count_until_thirty_are_there() {
    let mut world = world();
    wound_down(&mut world, 29, |minute| (60_000 + minute) * E8);
    let settle = ix::settle_market(world.keys.market, world.keeper.key);
    world.warp_to(world.market().wind_down_from + 5 * 3_600);
    refused(&mut world, &settle, BulkheadError::SettlementNotDue);
    world.record_minute(70_000 * E8).unwrap();
    world.settle_market().unwrap();
    assert_eq!(world.market().settlement_price_e12, 60_014 * E12);
}

#[test]
fn settle_market_ok_an_oracle_that_dies_in_the_wind_down() {
    let mut world = world();
    wound_down(&mut world, 7, |minute| (60_000 + minute) * E8);
    let last = world.market().observations.published_at;
    world.warp_to(last + DEAD);
    let done = world.settle_market().unwrap();
    assert!(format!("{:?}", events(&done)).contains("DeadOracle"));
    assert_eq!(world.market().settlement_price_e12, 60_006 * E12);
    assert_eq!(world.lamports(&pda::settlement(&world.keys.market)), 0, "its rent is back too");
}

/// Nothing that admin or guardian can do holds a wind-down up once it has begun.
#[test]
fn settle_market_ok_a_wind_down_runs_to_its_end() {
    let mut world = world();
    world.wind_down().unwrap();
    let from = world.market().wind_down_from;
    for mode in [MarketMode::Active, MarketMode::ReduceOnly, MarketMode::WindDown] {
        let undo = queue(&world, Change::MarketStatus(mode));
        refused(&mut world, &undo, BulkheadError::WindDownBegun);
    }
    for kind in [PauseKind::NewRisk, PauseKind::Deposits, PauseKind::Withdrawals] {
        world.send(&[ix::pause(world.guardian, kind)]).unwrap();
    }
    world.change(Some(world.keys.market), Change::MarketParams(dearer())).unwrap();
    for _ in 0..59 {
        world.record_minute(60_000 * E8).unwrap();
    }
    world.warp_to(from + 3_600);
    world.settle_market().unwrap();
    assert_eq!(world.market().status, 2);
    let reopen = queue(&world, Change::MarketStatus(MarketMode::Active));
    refused(&mut world, &reopen, BulkheadError::MarketSettled);
}

/// A change that was queued before the wind-down began cannot undo it when it is applied.
#[test]
fn settle_market_ok_what_was_queued_before_does_not_undo_a_wind_down() {
    let mut world = world();
    let admin = world.admin;
    let nonce = world.protocol().unwrap().next_change;
    let early = queue(&world, Change::MarketStatus(MarketMode::Active));
    world.send(&[early]).unwrap();
    world.wind_down().unwrap();
    let apply = ix::apply_change(nonce, Some(world.keys.market), admin);
    refused(&mut world, &apply, BulkheadError::WindDownBegun);
}

#[test]
fn settle_market_fails_with_another_account() {
    let mut world = world();
    let other = second_market(&mut world);
    wound_down(&mut world, 59, |_| 60_000 * E8);
    world.warp_to(world.market().wind_down_from + 3_600);
    let (market, keeper, stranger) = (world.keys.market, world.keeper.key, world.wallet());
    let settle = ix::settle_market(market, keeper);
    let own = pda::settlement(&market);
    refused(&mut world, &swapped(&settle, keeper, stranger), BulkheadError::SettlementPayerMismatch);
    refused(&mut world, &swapped(&settle, keeper, own), BulkheadError::SettlementPayerMismatch);
    refused(&mut world, &swapped(&settle, own, pda::settlement(&other.market)), ErrorCode::ConstraintSeeds);
    refused(&mut world, &swapped(&settle, own, stranger), ErrorCode::ConstraintSeeds);
    refused(&mut world, &swapped(&settle, market, other.market), ErrorCode::ConstraintSeeds);
    refused(&mut world, &swapped(&settle, market, own), ErrorCode::AccountDiscriminatorMismatch);
    let fake = impostor(&mut world, &market);
    refused(&mut world, &swapped(&settle, market, fake), ErrorCode::AccountOwnedByWrongProgram);
    refuses_readonly(&mut world, &settle, &[]);
    poke::<Settlement>(&mut world, &own, |kept| kept.version = 2);
    refused(&mut world, &settle, BulkheadError::AccountVersionMismatch);
    poke::<Settlement>(&mut world, &own, |kept| (kept.version, kept.market) = (1, other.market));
    refused(&mut world, &settle, BulkheadError::SettlementMismatch);
    poke::<Settlement>(&mut world, &own, |kept| (kept.market, kept.count) = (market, 61));
    refused(&mut world, &settle, BulkheadError::CorruptAccount);
    poke::<Settlement>(&mut world, &own, |kept| kept.count = 59);
    world.send(&[settle]).unwrap();
}

/// Lamports that somebody sends to where prices would lie are no prices.
#[test]
fn settle_market_ok_whatever_lies_at_the_address_of_the_prices() {
    let mut world = world();
    world.set_lamports(pda::settlement(&world.keys.market), 5_000_000);
    world.warp_to(world.market().observations.published_at + DEAD);
    world.settle_market().unwrap();
    assert_eq!(world.lamports(&pda::settlement(&world.keys.market)), 5_000_000);
}
