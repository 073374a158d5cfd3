//! Deposits: what the pool is worth to those who enter.
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

use bulkhead_risk::pool::{SHARES_LOCKED, deposit, value_for_deposit};
use common::*;
use proptest::prelude::*;

fn empty() -> Market {
    Market { ledger: Ledger { accrued_at: NOW, ..Ledger::default() }, ..market() }
}

#[test]
fn deposit_ok_first_locks_shares() {
    let done = deposit(&empty(), usd(1_000)).unwrap();
    assert_eq!(done.shares, Shares(1_000 * USD - SHARES_LOCKED.0));
    assert_eq!((done.ledger.shares, done.ledger.pool), (Shares(1_000 * USD), usd(1_000)));
}

#[test]
fn deposit_fails_too_small() {
    assert_eq!(deposit(&empty(), QuoteAtoms::ZERO), Err(RiskError::AmountZero));
    assert_eq!(deposit(&empty(), QuoteAtoms(SHARES_LOCKED.0)), Err(RiskError::DepositTooSmall));
    assert_eq!(deposit(&empty(), QuoteAtoms(SHARES_LOCKED.0 - 1)), Err(RiskError::DepositTooSmall));
    let mut dear = market();
    dear.ledger.shares = Shares(50_000_000 * USD);
    assert_eq!(deposit(&dear, QuoteAtoms(1)), Err(RiskError::DepositTooSmall));
}

#[test]
fn deposit_fails_in_a_market_that_winds_down() {
    for status in [MarketStatus::ReduceOnly, MarketStatus::Settled] {
        let market = Market { status, ..market() };
        assert_eq!(deposit(&market, usd(1)), Err(RiskError::MarketNotActive));
    }
}

#[test]
fn value_for_deposit_ok_counts_losses_and_gains_of_traders() {
    let (market, _) = open(&market(), Side::Long, 1_000_000, usd(50_000));
    let value = |percent: u64| value_for_deposit(&market, PriceE12(PRICE.0 / 100 * percent)).unwrap();
    assert_eq!(value(100), usd(100_000_000));
    assert_eq!(value(110), usd(99_900_000));
    assert_eq!(value(250), usd(99_000_000)); // Never more than is set aside.
    assert_eq!(value(97), usd(100_030_000));
    assert_eq!(value(50), usd(100_500_000)); // Collateral added since may pay for all of it.
}

#[test]
fn deposit_fails_into_a_pool_that_owes_more_than_it_holds() {
    let (market, _) = open(&market(), Side::Long, 1_000_000, usd(50_000));
    let mut market = at(&market, PriceE12(PRICE.0 * 2), NOW);
    for pool in [usd(1_000_000), usd(999_999)] {
        market.ledger.pool = pool;
        assert_eq!(deposit(&market, usd(1)), Err(RiskError::PoolInsolvent));
    }
}

proptest! {
    /// A share is never worth less to those already in, and depositing and valuing at once never gains.
    #[test]
    fn deposit_ok_never_dilutes(
        pool in 1_u64..1_000_000_000_000_000,
        shares in 1_u64..1_000_000_000_000_000,
        amount in 1_u64..1_000_000_000_000,
    ) {
        let mut market = market();
        (market.ledger.pool, market.ledger.shares) = (QuoteAtoms(pool), Shares(shares));
        if let Ok(done) = deposit(&market, QuoteAtoms(amount)) {
            let value = value_for_deposit(&Market { ledger: done.ledger, ..market }, PRICE).unwrap();
            let wide = |a: u64, b: u64| u128::from(a) * u128::from(b);
            prop_assert!(wide(value.0, shares) >= wide(pool, done.ledger.shares.0));
            prop_assert!(wide(done.shares.0, value.0) <= wide(amount, done.ledger.shares.0));
        }
    }
}
