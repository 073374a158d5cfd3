//! The end of a market: when, at which price, and how everybody leaves. And what the collateral must be worth.
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

use bulkhead_risk::collateral_price::{COLLATERAL_PRICE_MIN, require_worth};
use bulkhead_risk::rates::rates;
use bulkhead_risk::settlement::{
    DEAD_ORACLE_SECS, MINUTES_MAX, MINUTES_MIN, SettlementCause, WIND_DOWN_SECS, lower_median,
    price_to_record, settle_market,
};
use bulkhead_risk::transition::{release_funds, settle_final};
use common::strategies::{cases, scenes};
use common::*;
use proptest::prelude::*;

fn prices(of: &[u64]) -> Vec<PriceE12> {
    of.iter().copied().map(PriceE12).collect()
}

fn after(secs: i64) -> UnixSeconds {
    UnixSeconds(NOW.0 + secs)
}

/// Wound down since `secs` after the first moment.
fn wound_down(secs: i64) -> Market {
    Market { status: MarketStatus::ReduceOnly, wind_down_from: after(secs), ..market() }
}

/// The market with a first sample of a minute at `secs`.
fn sampled(market: &Market, secs: i64, price: u64) -> Market {
    let mut market = *market;
    market.volatility.sampled_at = after(secs);
    market.volatility.sampled_price = PriceE12(price);
    market
}

fn settled(market: &Market, price: PriceE12) -> Market {
    Market { status: MarketStatus::Settled, settlement_price: price, ..*market }
}

#[test]
fn lower_median_ok_by_hand() {
    for (of, middle) in [
        (&[7][..], 7),
        (&[9, 4], 4),
        (&[5, 1, 9], 5),
        (&[8, 2, 6, 4], 4),
        (&[1, 1, 1, u64::MAX], 1),
        (&[3, u64::MAX, u64::MAX, 1, 2], 3),
    ] {
        assert_eq!(lower_median(&prices(of)).unwrap(), PriceE12(middle), "{of:?}");
    }
}

#[test]
fn lower_median_fails_of_none_and_of_too_many() {
    assert_eq!(lower_median(&[]), Err(RiskError::SettlementNotDue));
    assert_eq!(lower_median(&[PRICE; MINUTES_MAX + 1]), Err(RiskError::Overflow));
    assert_eq!(lower_median(&[PRICE; MINUTES_MAX]), Ok(PRICE));
}

#[test]
fn price_to_record_ok_is_the_minutes_first_accepted_sample() {
    let mut market = wound_down(0);
    market.volatility.sampled_at = after(0);
    market.volatility.sampled_price = PRICE;
    // The first sample of a new minute, then a second: what is kept is the first.
    let minute = UnixSeconds(NOW.0 - NOW.0.rem_euclid(60) + 60);
    let first = sample_at(PriceE12(PRICE.0 + 5), minute);
    let _ = market.observe(&first, Purpose::Liquidate, minute).unwrap();
    let later = UnixSeconds(minute.0 + 9);
    let _ = market.observe(&sample_at(PriceE12(PRICE.0 * 2), later), Purpose::Observe, later).unwrap();
    assert_eq!(price_to_record(&market, UnixSeconds::ZERO, 0).unwrap(), (first.price, minute));
}

#[test]
fn price_to_record_fails_twice_in_a_minute_and_before_the_wind_down() {
    let market = wound_down(70);
    let again = Err(RiskError::SettlementMinuteRecorded);
    assert_eq!(price_to_record(&sampled(&market, 69, 5), UnixSeconds::ZERO, 0), again);
    let kept = Ok((PriceE12(5), after(70)));
    assert_eq!(price_to_record(&sampled(&market, 70, 5), UnixSeconds::ZERO, 0), kept);
    let start = 3_600 - NOW.0.rem_euclid(60); // A whole minute.
    for (last, at, fits) in [(0, 0, false), (0, 59, false), (59, 60, true), (0, 60, true), (60, 59, false)] {
        let outcome = price_to_record(&sampled(&market, start + at, 6), after(start + last), 1);
        assert_eq!(outcome.is_ok(), fits, "{last} {at}: {outcome:?}");
    }
}

#[test]
fn price_to_record_ok_late_only_until_half_of_the_minutes_are_there() {
    let market = wound_down(0);
    let complete = Err(RiskError::SettlementPricesComplete);
    let at = |secs: i64, count| price_to_record(&sampled(&market, secs, 5), UnixSeconds::ZERO, count);
    let end = i64::from(WIND_DOWN_SECS);
    assert!(at(end - 1, MINUTES_MIN).is_ok() && at(end - 1, MINUTES_MAX - 1).is_ok());
    assert_eq!(at(end - 1, MINUTES_MAX), complete);
    assert_eq!(at(end, MINUTES_MIN), complete);
    assert!(at(end, MINUTES_MIN - 1).is_ok() && at(end * 20, MINUTES_MIN - 1).is_ok());
}

#[test]
fn price_to_record_fails_without_a_wind_down_and_after_the_settlement() {
    let nothing = price_to_record(&sampled(&market(), 60, 5), UnixSeconds::ZERO, 0);
    assert_eq!(nothing, Err(RiskError::NotWindingDown));
    let over = settled(&wound_down(0), PRICE);
    assert_eq!(price_to_record(&over, UnixSeconds::ZERO, 0), Err(RiskError::MarketSettled));
}

#[test]
fn settle_market_ok_to_the_second_of_seven_days() {
    let (market, _) = open(&market(), Side::Long, 1_000_000, usd(100_000));
    let dead = i64::from(DEAD_ORACLE_SECS);
    assert_eq!(settle_market(&market, &[], after(dead - 1)), Err(RiskError::SettlementNotDue));
    let report = settle_market(&market, &[], after(dead)).unwrap();
    assert_eq!((report.cause, report.price), (SettlementCause::DeadOracle, PRICE));
    assert_eq!(report.ledger.accrued_at, after(dead));
    assert!(report.ledger.borrow_index_e12 > 0 && report.ledger.long.funding_paid_e24 > 0);
    // Whoever calls later changes nothing.
    assert_eq!(settle_market(&market, &[], after(dead * 9)).unwrap(), report);
    // Nor does it run back where something has accrued since.
    let mut ahead = market;
    ahead.accrue(after(dead + 99)).unwrap();
    assert_eq!(settle_market(&ahead, &[], after(dead * 9)).unwrap().ledger, ahead.ledger);
}

#[test]
fn settle_market_fails_without_a_first_price_or_twice() {
    let mut unsampled = market();
    unsampled.oracle.published_at = UnixSeconds::ZERO;
    let much_later = after(i64::from(DEAD_ORACLE_SECS) * 9);
    assert_eq!(settle_market(&unsampled, &[], much_later), Err(RiskError::MarketUnsampled));
    let over = settled(&market(), PRICE);
    assert_eq!(settle_market(&over, &[], much_later), Err(RiskError::MarketSettled));
}

#[test]
fn settle_market_ok_after_an_hour_with_half_of_its_minutes() {
    let mut market = wound_down(0);
    let end = i64::from(WIND_DOWN_SECS);
    let kept: Vec<_> = (0..MINUTES_MIN as u64).map(|minute| PriceE12(PRICE.0 + minute)).collect();
    assert_eq!(settle_market(&market, &kept, after(end - 1)), Err(RiskError::SettlementNotDue));
    assert_eq!(settle_market(&market, &kept[1..], after(end)), Err(RiskError::SettlementNotDue));
    let report = settle_market(&market, &kept, after(end)).unwrap();
    assert_eq!((report.cause, report.price), (SettlementCause::WindDown, PriceE12(PRICE.0 + 14)));
    assert_eq!(report.ledger.accrued_at, after(end));
    // Prices without a wind-down decide nothing.
    market.wind_down_from = UnixSeconds::ZERO;
    assert_eq!(settle_market(&market, &kept, after(end)), Err(RiskError::SettlementNotDue));
}

#[test]
fn settle_market_ok_an_oracle_that_dies_in_the_wind_down_ends_it_too() {
    let market = wound_down(0);
    let dead = after(i64::from(DEAD_ORACLE_SECS));
    let kept = [PriceE12(1); MINUTES_MIN];
    let report = settle_market(&market, &kept[1..], dead).unwrap();
    assert_eq!((report.cause, report.price), (SettlementCause::DeadOracle, PRICE));
    assert_eq!(settle_market(&market, &kept, dead).unwrap().cause, SettlementCause::WindDown);
}

#[test]
fn a_settled_market_follows_no_price_and_no_clock() {
    let mut market = settled(&market(), PRICE);
    let before = market;
    let later = after(60);
    for purpose in [Purpose::Risk, Purpose::Decrease, Purpose::Liquidate, Purpose::Update, Purpose::Observe] {
        let seen = market.observe(&sample_at(PRICE, later), purpose, later);
        assert_eq!(seen, Err(RiskError::MarketSettled));
    }
    let stale = after(999_999);
    let seen = market.observe_for_risk(&sample_at(PRICE, stale), stale);
    assert_eq!(seen, Err(RiskError::MarketSettled));
    market.accrue(stale).unwrap();
    assert_eq!(market, before);
}

#[test]
fn settle_final_ok_gain_loss_and_nothing_for_anybody_else() {
    for (side, up) in [(Side::Long, true), (Side::Short, false)] {
        let (market, position) = open(&market(), side, 10_000, usd(1_000));
        let (high, low) = (PriceE12(PRICE.0 / 100 * 105), PriceE12(PRICE.0 / 100 * 95));
        let (gain, loss) = if up { (high, low) } else { (low, high) };
        let won = settle_final(&settled(&market, gain), &position, false).unwrap();
        assert_eq!((won.closed.payout, won.flow.to_vault), (usd(500), usd(500)));
        assert_eq!((won.position.status, won.position.collateral), (PositionStatus::Closed, usd(1_500)));
        let lost = settle_final(&settled(&market, loss), &position, false).unwrap();
        assert_eq!((lost.closed.loss_paid, lost.flow.to_pool), (usd(500), usd(500)));
        assert_eq!(lost.position.collateral, usd(500));
        // No fee: nobody but position and pool has another amount.
        let fees = |ledger: &Ledger| (ledger.protocol_fees, ledger.crank_budget, ledger.insurance);
        assert_eq!((fees(&won.ledger), fees(&lost.ledger)), (fees(&market.ledger), fees(&market.ledger)));
        assert_eq!(lost.ledger.side(side).positions, 0);
    }
}

#[test]
fn settle_final_fails_in_a_market_that_lives_and_of_what_is_not_open() {
    let (market, position) = open(&market(), Side::Long, 10_000, usd(1_000));
    for status in [MarketStatus::Active, MarketStatus::ReduceOnly] {
        let outcome = settle_final(&Market { status, ..market }, &position, false);
        assert_eq!(outcome, Err(RiskError::MarketNotSettled));
    }
    let over = settled(&market, PRICE);
    for (status, error) in [
        (PositionStatus::Pending, RiskError::PositionNotOpen),
        (PositionStatus::Closed, RiskError::PositionClosed),
    ] {
        assert_eq!(settle_final(&over, &Position { status, ..position }, false), Err(error));
    }
}

#[test]
fn settle_final_ok_the_order_of_leaving_changes_nothing() {
    let (market, long) = open(&market(), Side::Long, 10_000, usd(400));
    let (market, short) = open(&market, Side::Short, 4_000, usd(300));
    let mut market = market;
    market.accrue(after(900_000)).unwrap();
    let market = settled(&market, PriceE12(PRICE.0 / 100 * 93));
    let leave = |market: &Market, position: &Position| {
        let report = settle_final(market, position, false).unwrap();
        (Market { ledger: report.ledger, ..*market }, report.position.collateral)
    };
    let (after_long, long_first) = leave(&market, &long);
    let (end, short_second) = leave(&after_long, &short);
    let (after_short, short_first) = leave(&market, &short);
    let (other_end, long_second) = leave(&after_short, &long);
    assert_eq!((end, long_first, short_first), (other_end, long_second, short_second));
    assert_eq!(end.ledger.reserved().unwrap(), QuoteAtoms::ZERO);
    assert!(end.ledger.shortfall_total > usd(300), "700 less 400, and what the long owed");
}

#[test]
fn release_funds_ok_is_the_pools_and_nothing_else_changes() {
    let mut market = settled(&market(), PRICE);
    (market.ledger.insurance, market.ledger.crank_budget) = (usd(40), usd(3));
    let report = release_funds(&market).unwrap();
    assert_eq!((report.insurance, report.crank_budget), (usd(40), usd(3)));
    let pool = QuoteAtoms(market.ledger.pool.0 + usd(43).0);
    let nothing = QuoteAtoms::ZERO;
    let expected = Ledger { pool, insurance: nothing, crank_budget: nothing, ..market.ledger };
    assert_eq!(report.ledger, expected);
    let again = Market { ledger: report.ledger, ..market };
    assert_eq!(release_funds(&again), Err(RiskError::AmountZero));
}

#[test]
fn release_funds_fails_in_a_market_that_lives_and_with_positions_of_either_side() {
    let mut market = market();
    market.ledger.insurance = usd(40);
    for status in [MarketStatus::Active, MarketStatus::ReduceOnly] {
        assert_eq!(release_funds(&Market { status, ..market }), Err(RiskError::MarketNotSettled));
    }
    for side in [Side::Long, Side::Short] {
        let (held, position) = open(&market, side, 10_000, usd(1_000));
        let mut held = settled(&held, PRICE);
        assert_eq!(release_funds(&held), Err(RiskError::PositionsRemain));
        held.ledger = settle_final(&held, &position, false).unwrap().ledger;
        assert_eq!(release_funds(&held).unwrap().insurance, usd(40));
    }
    let mut overfull = settled(&market, PRICE);
    overfull.ledger.pool = QuoteAtoms(u64::MAX - usd(39).0);
    assert_eq!(release_funds(&overfull), Err(RiskError::Overflow));
}

#[test]
fn require_worth_ok_to_the_atom_and_the_second() {
    let fits = |price: u64, conf: u64, age: i64| {
        let sample = Sample {
            price: PriceE12(price),
            conf: PriceE12(conf),
            ema: PriceE12::ZERO,
            publish_time: after(-age),
        };
        require_worth(&sample, NOW)
    };
    let least = COLLATERAL_PRICE_MIN.0;
    assert_eq!(fits(least, 0, 0), Ok(()));
    assert_eq!(fits(least + 7, 7, 60), Ok(()));
    assert_eq!(fits(least, 0, -2), Ok(()));
    assert_eq!(fits(least - 1, 0, 0), Err(RiskError::CollateralDepegged));
    assert_eq!(fits(least + 6, 7, 0), Err(RiskError::CollateralDepegged));
    assert_eq!(fits(least, least, 0), Err(RiskError::CollateralDepegged));
    assert_eq!(fits(least, u64::MAX, 0), Err(RiskError::CollateralDepegged));
    assert_eq!(fits(least, 0, 61), Err(RiskError::CollateralPriceTooOld));
    assert_eq!(fits(least, 0, -3), Err(RiskError::CollateralPriceTooOld));
}

#[test]
fn rates_ok_now_and_none_of_a_settled_market() {
    let (market, _) = open(&market(), Side::Long, 10_000_000, usd(1_000_000));
    let (market, _) = open(&market, Side::Short, 4_000_000, usd(1_000_000));
    let now = after(3_600);
    let shown = rates(&market, now).unwrap();
    let mut accrued = market;
    accrued.accrue(now).unwrap();
    assert_eq!(shown.ledger, accrued.ledger);
    assert_eq!((shown.long, shown.short), (usd(10_000_000), usd(4_000_000)));
    assert_eq!(shown.skew, SignedQuoteAtoms(6_000_000 * i128::from(USD)));
    assert_eq!((shown.funding_payer, shown.utilisation), (Some(Side::Long), Ppm(140_000)));
    assert!(shown.funding_rate_e18 > 0 && shown.borrow_rate_e12 > 0);
    assert_eq!((shown.target, shown.ramp, shown.sigmas.hour_ppm), (Ppm(40_000), Ppm(40_000), 8_547));
    let over = settled(&market, PriceE12(PRICE.0 / 2));
    let shown = rates(&over, now).unwrap();
    assert_eq!((shown.funding_rate_e18, shown.borrow_rate_e12, shown.funding_payer), (0, 0, None));
    assert_eq!((shown.index, shown.long), (PriceE12(PRICE.0 / 2), usd(5_000_000)));
    assert_eq!(shown.ledger, market.ledger);
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn the_median_lies_among_the_prices_and_half_of_them_on_either_side(
        of in prop::collection::vec(any::<u64>(), 1..=MINUTES_MAX)
    ) {
        let middle = lower_median(&prices(&of)).unwrap().0;
        prop_assert!(of.contains(&middle));
        let below = of.iter().filter(|price| **price < middle).count();
        let above = of.iter().filter(|price| **price > middle).count();
        prop_assert!(below <= (of.len() - 1) / 2 && above <= of.len() / 2, "{below} {above}");
    }

    /// Whoever picks fewer than half of the minutes cannot move the price out of what the others saw.
    #[test]
    fn a_minority_of_minutes_cannot_leave_the_range_of_the_others(
        honest in prop::collection::vec(any::<u64>(), 31..=45),
        bought in prop::collection::vec(any::<u64>(), 0..=15),
    ) {
        let all = [honest.clone(), bought].concat();
        let middle = lower_median(&prices(&all)).unwrap().0;
        prop_assert!(honest.iter().min().unwrap() <= &middle && &middle <= honest.iter().max().unwrap());
    }

    #[test]
    fn settle_final_moves_what_it_says_and_never_more_than_is_there(
        scene in scenes(), price_ppm in 300_000_u64..2_500_000, vault_frozen in any::<bool>()
    ) {
        let price = PriceE12((u128::from(scene.sample.price.0) * u128::from(price_ppm) / 1_000_000)
            .clamp(1, u128::from(u64::MAX)) as u64);
        let market = settled(&scene.market, price);
        let Ok(accrued) = scene.position.accrued(&market.params, &market.ledger) else { return Ok(()) };
        let report = match settle_final(&market, &scene.position, vault_frozen) {
            Ok(report) => report,
            Err(RiskError::Overflow) => return Ok(()), // A notional beyond the type.
            Err(other) => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        let (closed, after) = (&report.closed, &report.position);
        prop_assert_eq!(after.status, PositionStatus::Closed);
        prop_assert!(closed.payout <= accrued.reserved);
        prop_assert!(closed.loss_paid.0 + closed.owed_paid.0 <= accrued.collateral.0 + closed.payout.0);
        prop_assert!(report.ledger.assert_reserve_covered().is_ok());
        prop_assert_eq!(total(&report.ledger, after), total(&market.ledger, &scene.position));
        let worth = after.collateral.0 + after.reserved.0 - after.frozen_owed.0;
        let plain = settle_final(&market, &scene.position, false).unwrap();
        prop_assert_eq!(worth, plain.position.collateral.0);
        prop_assert!(!vault_frozen || report.flow == Default::default());
    }
}
