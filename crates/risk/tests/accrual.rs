//! Borrow and funding: rates, indexes, and what positions accrue of them.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::panic,
    clippy::unwrap_used
)] // Tests may panic; that is how they fail.

mod common;

use bulkhead_risk::accrual::{borrow_rate_e12_floor, funding_rate_e18_after};
use common::*;

fn later(seconds: i64) -> UnixSeconds {
    UnixSeconds(NOW.0 + seconds)
}

#[test]
fn borrow_rate_ok_bends_at_the_kink_and_ends_at_full() {
    let at = |used_ppm: u64| {
        let mut ledger = Ledger { pool: QuoteAtoms(1_000_000), ..Ledger::default() };
        ledger.long.reserved = QuoteAtoms(used_ppm);
        borrow_rate_e12_floor(&params(), &ledger).unwrap()
    };
    assert_eq!([at(0), at(350_000), at(700_000)], [0, 3_171, 6_342]);
    assert_eq!([at(825_000), at(950_000), at(1_000_000)], [50_735, 95_129, 95_129]);
    let empty =
        Ledger { long: SideLedger { reserved: usd(1), ..SideLedger::default() }, ..Ledger::default() };
    assert_eq!(borrow_rate_e12_floor(&params(), &empty), Ok(95_129));
}

#[test]
fn accrue_ok_borrow_for_a_year_at_the_kink() {
    let (mut market, position) = open(&market(), Side::Long, 70_000_000, usd(7_000_000));
    market.params.funding_rate_max_e12 = 0;
    market.ledger.accrue(&market.params, PRICE, later(31_536_000)).unwrap();
    let held = position.accrued(&market.params, &market.ledger).unwrap();
    // 6,342e-12 * 31,536,000 s = 0.200001312 of 70 million.
    assert_eq!(held.owed_borrow, QuoteAtoms(14_000_091_840_000));
    assert_eq!(market.ledger.borrow_owed, held.owed_borrow);
    assert_eq!(held.accrued(&market.params, &market.ledger), Ok(held));
}

#[test]
fn accrue_ok_only_starts_the_clock_at_first_and_never_runs_back() {
    let (mut market, _) = open(&market(), Side::Long, 70_000_000, usd(7_000_000));
    market.ledger.accrued_at = UnixSeconds::ZERO;
    market.ledger.accrue(&market.params, PRICE, NOW).unwrap();
    assert_eq!((market.ledger.borrow_index_e12, market.ledger.accrued_at), (0, NOW));
    market.ledger.accrue(&market.params, PRICE, later(-5)).unwrap();
    assert_eq!((market.ledger.borrow_index_e12, market.ledger.accrued_at), (0, NOW));
}

#[test]
fn funding_rate_ok_stops_at_its_bound_however_far_it_would_drift() {
    let (mut market, _) = open(&market(), Side::Long, 10_000_000, usd(1_000_000));
    let params = Params { funding_velocity_max_e18: u64::MAX, ..params() };
    let rate = |ledger: &Ledger, seconds| funding_rate_e18_after(&params, ledger, PRICE, seconds);
    for before in [0, -60_000_000_000, 90_000_000_000] {
        market.ledger.funding_rate_e18 = before;
        let mut short = market.ledger;
        core::mem::swap(&mut short.long, &mut short.short);
        for seconds in [1, 2, 1_000_000_000] {
            assert_eq!(rate(&market.ledger, seconds), Ok(60_000_000_000));
            assert_eq!(rate(&short, seconds), Ok(-60_000_000_000));
        }
    }
}

#[test]
fn funding_rate_ok_moves_with_skew_and_stops_at_its_bound() {
    let (market, _) = open(&market(), Side::Long, 10_000_000, usd(1_000_000));
    let rate = |ledger: &Ledger, seconds| funding_rate_e18_after(&params(), ledger, PRICE, seconds).unwrap();
    // Half of the scale: half of 8e-12 a second per second.
    assert_eq!(
        [rate(&market.ledger, 0), rate(&market.ledger, 1), rate(&market.ledger, 3_600)],
        [0, 4_000_000, 14_400_000_000]
    );
    assert_eq!(rate(&market.ledger, 1_000_000), 60_000_000_000);
    let mut short = market.ledger;
    core::mem::swap(&mut short.long, &mut short.short);
    assert_eq!([rate(&short, 3_600), rate(&short, 1_000_000)], [-14_400_000_000, -60_000_000_000]);
    let mut wide = market.ledger;
    wide.long.open_interest = worth(90_000_000);
    assert_eq!(rate(&wide, 100), 800_000_000);
}

#[test]
fn accrue_ok_payers_pay_what_receivers_get_and_the_pool_the_rest() {
    let (market, long) = open(&market(), Side::Long, 10_000_000, usd(1_000_000));
    let (mut market, short) = open(&market, Side::Short, 4_000_000, usd(1_000_000));
    market.params.borrow_full_rate_e12 = 0;
    market.ledger.funding_rate_e18 = 10_000_000_000;
    market.params.funding_velocity_max_e18 = 0;
    market.ledger.accrue(&market.params, PRICE, later(1_000)).unwrap();
    let paid = long.accrued(&market.params, &market.ledger).unwrap();
    let got = short.accrued(&market.params, &market.ledger).unwrap();
    // 1e-8 a second for 1,000 s: 1e-5 of the notional.
    assert_eq!((paid.owed_funding, paid.due), (usd(100), QuoteAtoms::ZERO));
    assert_eq!((got.owed_funding, got.due), (QuoteAtoms::ZERO, usd(40)));
    assert_eq!(market.ledger.funding_due, usd(40));

    // The other way round ten million receive what four million pay.
    market.ledger.funding_rate_e18 = -10_000_000_000;
    market.ledger.accrue(&market.params, PRICE, later(2_000)).unwrap();
    let paid = short.accrued(&market.params, &market.ledger).unwrap();
    let got = long.accrued(&market.params, &market.ledger).unwrap();
    assert_eq!((paid.owed_funding, got.due), (usd(40), usd(40)));
    assert_eq!(market.ledger.funding_due, usd(80));
}

#[test]
fn accrued_ok_a_receivable_is_whole_before_it_counts() {
    let position = Position { size: BaseAtoms(1), ..Position::pending(Side::Long, QuoteAtoms::ZERO) };
    let params = market().params;
    let one_atom = u128::from(params.notional_divisor) * 1_000_000_000_000;
    let due = |growth| {
        let mut ledger = Ledger::default();
        ledger.long.funding_received_e24 = growth;
        position.accrued(&params, &ledger).unwrap().due
    };
    // Both divisions round down: the first may not round up what the second then takes for whole.
    assert_eq!((due(one_atom - 1), due(one_atom)), (QuoteAtoms::ZERO, QuoteAtoms(1)));
    assert_eq!((due(2 * one_atom - 1), due(2 * one_atom)), (QuoteAtoms(1), QuoteAtoms(2)));
}

#[test]
fn accrue_ok_trapezoid_between_the_rates() {
    let (mut market, long) = open(&market(), Side::Long, 20_000_000, usd(1_000_000));
    market.params.borrow_full_rate_e12 = 0;
    market.ledger.accrue(&market.params, PRICE, later(1_000)).unwrap();
    assert_eq!(market.ledger.funding_rate_e18, 8_000_000_000);
    let paid = long.accrued(&market.params, &market.ledger).unwrap();
    assert_eq!(paid.owed_funding, usd(80)); // Mean rate 4e-9, 1,000 s, 20 million.
}

#[test]
fn accrue_ok_without_rates_moves_nothing_but_the_clock() {
    let (mut market, position) = open(&market(), Side::Long, 10_000_000, usd(1_000_000));
    market.params.borrow_full_rate_e12 = 0;
    market.params.funding_rate_max_e12 = 0;
    let before = market.ledger;
    market.ledger.accrue(&market.params, PRICE, later(1_000_000)).unwrap();
    assert_eq!(market.ledger, Ledger { accrued_at: later(1_000_000), ..before });
    assert_eq!(position.accrued(&market.params, &market.ledger), Ok(position));
}

#[test]
fn accrued_fails_on_an_index_that_ran_back() {
    let (market, position) = open(&market(), Side::Long, 1_000, usd(100));
    let ahead = Position { borrow_snapshot_e12: 1, ..position };
    assert_eq!(ahead.accrued(&market.params, &market.ledger), Err(RiskError::AccountingBroken));
    let ahead = Position { funding_paid_snapshot_e24: 1, ..position };
    assert_eq!(ahead.accrued(&market.params, &market.ledger), Err(RiskError::AccountingBroken));
}

#[test]
fn carry_ok_counts_payables_only() {
    let (mut market, long) = open(&market(), Side::Long, 10_000_000, usd(1_000_000));
    market.ledger.funding_rate_e18 = 10_000_000_000;
    let short = Position { side: Side::Short, ..long };
    let carry =
        |position: &Position| position.carry_ceil(&market.params, &market.ledger, PRICE, 1_000).unwrap();
    // Borrow: 10 % of 70 % of 6,342e-12, floor 906e-12, times 1,000 s, of 10 million: 9.06 USD.
    assert_eq!(carry(&short), QuoteAtoms(9_060_000));
    assert_eq!(carry(&long), QuoteAtoms(109_060_000));
}

#[test]
fn assert_reserve_covered_fails_when_promises_exceed_the_pool() {
    let (mut market, _) = open(&market(), Side::Long, 1_000, usd(100));
    assert_eq!(market.ledger.assert_reserve_covered(), Ok(()));
    market.ledger.pool = QuoteAtoms(usd(1_000).0 - 1);
    assert_eq!(market.ledger.assert_reserve_covered(), Err(RiskError::AccountingBroken));
}
