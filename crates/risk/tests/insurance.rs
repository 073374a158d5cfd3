//! What insurance pays at liquidations, against those who liquidate themselves for it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::panic,
    clippy::unwrap_used
)] // Tests may panic; that is how they fail.

mod common;

use common::*;

const DAY: i64 = 86_400;

/// Opens `dollars` of a side at the market's index with `collateral`.
fn open_for(market: &Market, side: Side, dollars: u64, collateral: QuoteAtoms) -> IncreaseReport {
    let index = market.oracle.index;
    let size = market.params.size_ceil(usd(dollars), index).unwrap();
    let acceptable = if side == Side::Long { PriceE12(u64::MAX) } else { PriceE12(1) };
    let args = IncreaseArgs { size, payout_cap_ppm: Ppm(1_000_000), acceptable };
    increase(market, &Position::pending(side, collateral), &sample(index), &args, NOW).unwrap()
}

/// An attacker opens positions of the least notional on both sides, lets a jump take the one and then the
/// other, and liquidates both himself: the best case for him, day after day, with the floor at its bound.
#[test]
fn insurance_ok_floors_never_bring_more_than_the_open_fees() {
    let mut market = market();
    market.params.trade_fee_ppm = Ppm(600);
    market.params.notional_min_quote_atoms = usd(100);
    market.params.keeper_floor_quote_atoms = QuoteAtoms(150_000);
    market.ledger.insurance = usd(500);
    assert_eq!(market.params.validate(), Ok(()));
    let (mut profit, mut pairs) = (0_i128, 0);
    for day in 0..10 {
        let before = market.ledger.insurance;
        for round in 0..500 {
            let now = UnixSeconds(NOW.0 + day * DAY + round * 100);
            for (side, jump) in [(Side::Long, 80), (Side::Short, 120)] {
                let opened = open_for(&market, side, 101, usd(10));
                profit -= i128::from(opened.trade_fee.0);
                market.ledger = opened.ledger;
                let moved = at(&market, PriceE12(PRICE.0 / 100 * jump), now);
                let sample = sample_at(moved.oracle.index, now);
                let Liquidation::Done(done) =
                    liquidate(&moved, &opened.position, &sample, Frozen::default(), now).unwrap()
                else {
                    panic!("it is insolvent")
                };
                assert_eq!(done.reason, LiquidationReason::Insolvent);
                assert!(done.insured.to_keeper <= opened.trade_fee);
                profit += i128::from(done.keeper_pay.0) + i128::from(done.insured.to_keeper.0);
                market.ledger = done.ledger;
                pairs += 1;
            }
            assert!(profit <= 0, "{profit} after {pairs} positions");
        }
        let lost = before.0 - market.ledger.insurance.0;
        assert!(lost <= before.0 / 2, "{lost} of {} on one day", before.0);
    }
    println!("{profit} atoms in {pairs} positions");
}

/// What a keeper gets of a position does not grow by taking it in parts: only the last closing has a floor.
#[test]
fn insurance_ok_a_partial_liquidation_earns_no_floor() {
    let (mut market, mut position) = open(&market(), Side::Long, 10_000, usd(400));
    market.params.keeper_floor_quote_atoms = usd(1_000);
    position.below_since = UnixSeconds(NOW.0 - 10);
    let Liquidation::Done(done) =
        liquidate(&market, &position, &sample(PRICE), Frozen::default(), NOW).unwrap()
    else {
        panic!("skipped")
    };
    assert!(!done.closed.is_full && done.insured.to_keeper.is_zero());
}

/// A capped position is settled, which its crank budget pays: insurance has no part in it.
#[test]
fn insurance_ok_settling_a_capped_position_earns_no_floor() {
    let (mut market, mut position) = open(&market(), Side::Long, 1_000, usd(400));
    market.params.keeper_floor_quote_atoms = usd(1);
    position.reserved = usd(100);
    let market = at(&market, PriceE12(PRICE.0 / 10 * 12), NOW);
    for vault in [false, true] {
        let frozen = Frozen { vault, insurance: false };
        let done = liquidate(&market, &position, &sample(market.oracle.index), frozen, NOW).unwrap();
        let Liquidation::Done(done) = done else { panic!("skipped") };
        assert_eq!(done.reason, LiquidationReason::PayoutCapped);
        assert_eq!((done.insured.to_keeper, done.ledger.insurance), (QuoteAtoms::ZERO, usd(100_000)));
    }
}

/// Up to the open fee, whose notional and share are rounded down: half a thousandth of 999,999,999 atoms.
#[test]
fn insurance_ok_the_floor_stops_at_the_open_fee() {
    let (mut market, mut position) = open(&market(), Side::Long, 1_000, QuoteAtoms::ZERO);
    market.params.keeper_floor_quote_atoms = usd(1);
    position.entry = PriceE12(PRICE.0 - 1);
    let done = liquidate(&market, &position, &sample(PRICE), Frozen::default(), NOW).unwrap();
    let Liquidation::Done(done) = done else { panic!("skipped") };
    assert_eq!((done.reason, done.insured.to_keeper), (LiquidationReason::Insolvent, QuoteAtoms(499_999)));
}
