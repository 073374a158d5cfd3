//! The bucket that limits what leaves a store, and what insurance pays through it.
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

use bulkhead_risk::insurance::DAILY;
use bulkhead_risk::outflow::Outflow;
use common::*;
use proptest::prelude::*;

const DAY: i64 = 86_400;

fn left(outflow: &Outflow, balance: u64, now: i64) -> u64 {
    outflow.left_floor(QuoteAtoms(balance), DAILY, UnixSeconds(now)).unwrap().0
}

fn take(outflow: &Outflow, balance: u64, amount: u64, now: i64) -> Outflow {
    outflow.taken(QuoteAtoms(balance), QuoteAtoms(amount), DAILY, UnixSeconds(now)).unwrap()
}

#[test]
fn left_ok_a_quarter_and_all_of_it_again_after_a_day() {
    let empty = Outflow::default();
    assert_eq!(left(&empty, 1_000_000, 5), 250_000);
    let full = take(&empty, 1_000_000, 250_000, 5);
    assert_eq!(left(&full, 750_000, 5), 0);
    // Half a day drains half of a quarter of what was there.
    assert_eq!(left(&full, 750_000, 5 + DAY / 2), 93_750);
    assert_eq!(left(&full, 750_000, 5 + DAY), 187_500);
    assert_eq!(left(&full, 750_000, 5 + 99 * DAY), 187_500);
    // The clock never runs back.
    assert_eq!(left(&full, 750_000, 0), 0);
}

proptest! {
    #![proptest_config(cases(500))]

    /// Whatever is taken whenever it can be, no day sees more than twice the limit leave.
    #[test]
    fn taken_ok_never_more_than_twice_the_limit_in_a_day(
        start in 1_000_000_u64..1_000_000_000_000,
        steps in prop::collection::vec((0_i64..20_000, 0_u64..=1_000_000), 1..120),
    ) {
        let (mut outflow, mut balance, mut now) = (Outflow::default(), start, 1_000);
        let mut log: Vec<(i64, u64)> = Vec::new();
        for (seconds, greed) in steps {
            now += seconds;
            let may = left(&outflow, balance, now);
            let amount = (u128::from(may) * u128::from(greed) / 1_000_000) as u64;
            outflow = take(&outflow, balance, amount, now);
            balance -= amount;
            prop_assert!(left(&outflow, balance, now) <= may - amount + 1);
            log.push((now, amount));
            let lately: u64 = log.iter().filter(|(at, _)| *at > now - DAY).map(|(_, amount)| amount).sum();
            // The limit at its largest: a quarter of all that there was.
            prop_assert!(lately <= 2 * (start / 4) + 2, "{lately} of {start}");
        }
        // It drains to nothing in a day without payments.
        prop_assert_eq!(left(&outflow, balance, now + DAY), balance / 4);
    }

    /// INV-04: insurance pays no event more than a tenth, no day more than twice a quarter, and what it pays
    /// is what it has less.
    #[test]
    fn insurance_ok_pays_within_its_limits(
        start in 10_000_u64..1_000_000_000_000,
        steps in prop::collection::vec((0_i64..20_000, 0_u64..2_000_000, 0_u64..10_000_000_000), 1..120),
    ) {
        let mut ledger = Ledger { insurance: QuoteAtoms(start), ..Ledger::default() };
        let (mut now, mut log) = (1_000, Vec::<(i64, u64)>::new());
        for (seconds, to_keeper, to_pool) in steps {
            now += seconds;
            let before = ledger;
            let paid = ledger.pay_from_insurance(QuoteAtoms(to_keeper), QuoteAtoms(to_pool), UnixSeconds(now)).unwrap();
            let sum = paid.to_keeper.0 + paid.to_pool.0;
            prop_assert!(sum <= before.insurance.0 / 10);
            prop_assert!(paid.to_keeper.0 <= to_keeper && paid.to_pool.0 <= to_pool);
            prop_assert_eq!(ledger.insurance.0, before.insurance.0 - sum);
            prop_assert_eq!(ledger.pool.0, before.pool.0 + paid.to_pool.0);
            prop_assert!(paid.to_pool.is_zero() || paid.to_keeper.0 == to_keeper, "the keeper comes first");
            log.push((now, sum));
            let lately: u64 = log.iter().filter(|(at, _)| *at > now - DAY).map(|(_, amount)| amount).sum();
            prop_assert!(lately <= 2 * (start / 4) + 2, "{lately} of {start}");
        }
    }
}
