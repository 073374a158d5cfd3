//! Liquidation: why, when, how much, and that nothing blocks it.
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

use bulkhead_risk::liquidation::*;
use common::*;

/// A long of 10,000 USD at maintenance 4.5 %, first seen below it ten seconds ago.
fn sighted(collateral: u64) -> (Market, Position) {
    let (market, mut position) = open(&market(), Side::Long, 10_000, usd(collateral));
    position.below_since = UnixSeconds(NOW.0 - 10);
    (market, position)
}

fn done(market: &Market, position: &Position) -> LiquidationReport {
    match liquidate(market, position, &sample(PRICE), Frozen::default(), NOW).unwrap() {
        Liquidation::Done(report) => report,
        Liquidation::Skipped { assessment, .. } => panic!("skipped: {assessment:?}"),
    }
}

fn skipped(market: &Market, position: &Position, sample: &Sample, now: UnixSeconds) -> (Readiness, Position) {
    match liquidate(market, position, sample, Frozen::default(), now).unwrap() {
        Liquidation::Skipped { assessment, position } => (assessment.readiness, position),
        Liquidation::Done(report) => panic!("done: {report:?}"),
    }
}

#[test]
fn liquidate_ok_skips_the_healthy_and_forgets_the_sighting() {
    let (market, position) = sighted(450);
    let (readiness, after) = skipped(&market, &position, &sample(PRICE), NOW);
    assert_eq!((readiness, after.below_since), (Readiness::Healthy, UnixSeconds::ZERO));
}

#[test]
fn liquidate_ok_waits_for_a_second_sighting() {
    let (market, mut position) = sighted(400);
    position.below_since = UnixSeconds::ZERO;
    let (readiness, first) = skipped(&market, &position, &sample(PRICE), NOW);
    assert_eq!((readiness, first.below_since), (Readiness::FirstSighting, NOW));
    for seconds in [0, 1] {
        let time = UnixSeconds(NOW.0 + seconds);
        let (readiness, after) = skipped(&market, &first, &sample_at(PRICE, time), time);
        assert_eq!((readiness, after), (Readiness::Unconfirmed, first));
    }
    for (seconds, ready) in [(2, true), (60, true), (61, false)] {
        let time = UnixSeconds(NOW.0 + seconds);
        let assessment = assess(&market, &first, &sample_at(PRICE, time), time).unwrap();
        let expected = match ready {
            true => Readiness::Ready(LiquidationReason::BelowMaintenance),
            false => Readiness::FirstSighting,
        };
        assert_eq!(assessment.readiness, expected);
    }
}

#[test]
fn liquidate_ok_waits_ten_minutes_for_wide_confidence() {
    let (mut market, position) = sighted(400);
    let wide = Sample { conf: PriceE12(PRICE.0 / 1_000), ..sample(PRICE) };
    market.oracle.conf_wide_since = UnixSeconds(NOW.0 - 599);
    assert_eq!(skipped(&market, &position, &wide, NOW).0, Readiness::HeldBack);
    market.oracle.conf_wide_since = UnixSeconds(NOW.0 - 600);
    let assessment = assess(&market, &position, &wide, NOW).unwrap();
    // At the edge that favours the position.
    assert_eq!(assessment.price, PriceE12(PRICE.0 / 1_000 * 1_001));
    assert_eq!(assessment.readiness, Readiness::Ready(LiquidationReason::BelowMaintenance));
    let short = Position { side: Side::Short, ..position };
    assert_eq!(assess(&market, &short, &wide, NOW).unwrap().price, PriceE12(PRICE.0 / 1_000 * 999));
}

/// Confidence has been 5 % for ten minutes; each position has set aside 3 %, and the price has not moved.
#[test]
fn liquidate_ok_wide_confidence_pays_no_cap_that_the_price_has_not_reached() {
    let (mut market, mut long) = sighted(1_000);
    market.oracle.conf_wide_since = UnixSeconds(NOW.0 - 600);
    long.reserved = usd(300);
    let at = |price: PriceE12| Sample { conf: PriceE12(price.0 / 20), ..sample(price) };
    for side in [Side::Long, Side::Short] {
        let position = Position { side, ..long };
        let assessment = assess(&market, &position, &at(PRICE), NOW).unwrap();
        assert_eq!((assessment.price, assessment.readiness), (PRICE, Readiness::Healthy));
    }
    // At 8.5 % above its entry it has, even at the edge against it: settled there.
    let high = PriceE12(PRICE.0 / 1_000 * 1_085);
    let assessment = assess(&market, &long, &at(high), NOW).unwrap();
    assert_eq!(assessment.readiness, Readiness::Ready(LiquidationReason::PayoutCapped));
    assert_eq!(assessment.price, PriceE12(high.0 - high.0 / 20));
    // Not reached there, and under water: its margin alone counts, at the index.
    let poor = Position { collateral: usd(10), ..long };
    let assessment = assess(&market, &poor, &at(PRICE), NOW).unwrap();
    assert_eq!(assessment.readiness, Readiness::Ready(LiquidationReason::BelowMaintenance));
    assert_eq!(assessment.price, PRICE);
}

#[test]
fn liquidate_ok_insolvent_needs_one_sighting_and_no_narrow_price() {
    let (mut market, mut position) = sighted(400);
    position.below_since = UnixSeconds::ZERO;
    market.oracle.conf_wide_since = UnixSeconds(NOW.0 - 5);
    let low = PriceE12(PRICE.0 / 100 * 95);
    let assessment = assess(&at(&market, low, NOW), &position, &sample(low), NOW).unwrap();
    assert_eq!(assessment.readiness, Readiness::Ready(LiquidationReason::Insolvent));
}

#[test]
fn liquidate_ok_partial_cures_to_the_target() {
    let (market, position) = sighted(400);
    let report = done(&market, &position);
    // T = 5.625 %; the fee at 40/45 of the margin is 0.3055 %, with 0.05 % of close fee phi = 0.3555 %:
    // C = (562.5 - 400) / (5.625 % - 0.3555 %) = 3,083.8 USD.
    assert_eq!(report.closed.notional.0 / USD, 3_083);
    assert_eq!(report.fee, QuoteAtoms(9_420_961));
    assert_eq!((report.keeper_pay, report.insurance_pay), (QuoteAtoms(5_652_576), QuoteAtoms(3_768_385)));
    let value = report.position.value(&market.params, PRICE).unwrap();
    assert!(value.health_ppm_floor().unwrap() >= 56_250);
    assert_eq!(report.position.reserved.plus(report.closed.reserved_released), Ok(usd(10_000)));
}

#[test]
fn liquidate_ok_full_when_a_part_would_leave_too_little() {
    let (mut market, position) = sighted(400);
    market.params.notional_min_quote_atoms = usd(7_000);
    assert!(done(&market, &position).closed.is_full);
    let (market, position) = sighted(100); // 75 % would not cure it.
    let report = done(&market, &position);
    assert!(report.closed.is_full);
    assert_eq!(report.fee, usd(50)); // Half a per cent is half of what is left.
    assert_eq!(report.trade_fee, usd(5));
    assert_eq!(report.position.collateral, usd(45)); // The owner's.
    assert_eq!(report.position.status, PositionStatus::Closed);
    assert_eq!(report.ledger.long, SideLedger::default());
}

#[test]
fn liquidate_ok_at_least_the_chunk() {
    let (mut market, position) = sighted(449);
    (market.params.chunk_min_quote_atoms, market.params.notional_min_quote_atoms) = (usd(4_000), usd(4_000));
    assert_eq!(done(&market, &position).closed.notional, usd(4_000));
}

#[test]
fn liquidate_ok_insolvent_books_the_shortfall() {
    let (market, position) = sighted(400);
    let low = PriceE12(PRICE.0 / 100 * 95);
    let market = at(&market, low, NOW);
    let Liquidation::Done(report) =
        liquidate(&market, &position, &sample(low), Frozen::default(), NOW).unwrap()
    else {
        panic!("skipped")
    };
    assert_eq!(report.reason, LiquidationReason::Insolvent);
    assert_eq!((report.closed.loss_paid, report.closed.shortfall), (usd(400), usd(100)));
    assert_eq!((report.fee, report.trade_fee), (QuoteAtoms::ZERO, QuoteAtoms::ZERO));
    assert_eq!(report.ledger.shortfall_total, usd(100));
    // Insurance covers all of it: no more than a tenth of the vault.
    assert_eq!(report.insured, insurance::InsurancePayout { to_keeper: QuoteAtoms::ZERO, to_pool: usd(100) });
    assert_eq!(report.ledger.pool, market.ledger.pool.plus(usd(500)).unwrap());
}

/// Owed exceeds the collateral while an unpaid gain carries the equity: a part of the gain cannot pay all
/// that is owed, so that a partial liquidation is impossible. It must become a full one, not an error.
#[test]
fn liquidate_ok_when_only_the_gain_can_pay_what_is_owed() {
    let (market, mut position) = sighted(100);
    position.owed_funding = usd(600);
    let up = PriceE12(PRICE.0 / 1_000 * 1_095);
    let market = at(&market, up, NOW);
    let assessment = assess(&market, &position, &sample(up), NOW).unwrap();
    assert_eq!(assessment.readiness, Readiness::Ready(LiquidationReason::BelowMaintenance));
    let size = size_to_close(&market, &position, &assessment, Ppm(3_000)).unwrap();
    assert!(size < position.size, "the plan is a partial one");
    let Liquidation::Done(report) =
        liquidate(&market, &position, &sample(up), Frozen::default(), NOW).unwrap()
    else {
        panic!("skipped")
    };
    assert!(report.closed.is_full);
    assert_eq!((report.closed.owed_paid, report.closed.shortfall), (usd(600), QuoteAtoms::ZERO));
}

/// Found by the comparison of program and host: the size of the minimum chunk did not fit, which blocked the
/// liquidation of a position that is worth less than the chunk.
#[test]
fn size_to_close_ok_when_the_minimum_chunk_has_no_size() {
    let (mut market, mut position) = sighted(400);
    market.params.base_decimals = 12;
    market.params.notional_divisor = 1_000_000_000_000_000_000;
    market.params.chunk_min_quote_atoms = usd(50);
    position.size = BaseAtoms(4_000_000_000_000_000_000);
    let price = PriceE12(1_000_000);
    position.entry = price;
    let assessment = assess(&at(&market, price, NOW), &position, &sample(price), NOW).unwrap();
    assert!(market.params.size_ceil(usd(50), price).is_err(), "no size of base atoms is worth it");
    let size = size_to_close(&market, &position, &assessment, Ppm(3_000)).unwrap();
    assert_eq!(size, position.size);
}

#[test]
fn liquidate_ok_payout_capped_pays_the_cap_and_no_liquidation_fee() {
    let (market, mut position) = sighted(400);
    position.reserved = usd(500);
    let up = PriceE12(PRICE.0 / 100 * 106);
    let market = at(&market, up, NOW);
    let Liquidation::Done(report) =
        liquidate(&market, &position, &sample(up), Frozen::default(), NOW).unwrap()
    else {
        panic!("skipped")
    };
    assert_eq!(report.reason, LiquidationReason::PayoutCapped);
    assert_eq!((report.closed.payout, report.fee), (usd(500), QuoteAtoms::ZERO));
    assert_eq!(report.trade_fee, QuoteAtoms(5_300_000));
}

#[test]
fn liquidate_ok_with_the_pool_reserved_to_the_last_atom() {
    let (mut market, mut position) = sighted(400);
    position.owed_borrow = usd(50);
    market.ledger.pool = market.ledger.reserved().unwrap();
    let report = done(&market, &position);
    assert_eq!(report.ledger.assert_reserve_covered(), Ok(()));
}

#[test]
fn liquidate_fails_without_a_position() {
    let pending = Position::pending(Side::Long, usd(5));
    let on = |position: &Position| {
        liquidate(&market(), position, &sample(PRICE), Frozen::default(), NOW).map(|_| ())
    };
    assert_eq!(on(&pending), Err(RiskError::PositionNotOpen));
    let closed = Position { status: PositionStatus::Closed, ..pending };
    assert_eq!(on(&closed), Err(RiskError::PositionClosed));
}

#[test]
fn liquidate_ok_lowers_the_requirement_before_its_test() {
    let (mut market, position) = sighted(400);
    market.volatility.ramp_ppb = 34_000_000;
    let (readiness, after) = skipped(&market, &position, &sample(PRICE), NOW);
    assert_eq!((readiness, after.margin_ppm), (Readiness::Healthy, Ppm(34_000)));
}

#[test]
fn fee_ok_from_half_to_full() {
    let rate = |collateral| {
        let (market, position) = sighted(collateral);
        let assessment = assess(&market, &position, &sample(PRICE), NOW).unwrap();
        fee_ppm_floor(&position, &assessment).unwrap()
    };
    assert_eq!([rate(450), rate(225), rate(0)], [Ppm(2_500), Ppm(5_000), Ppm(5_000)]);
    assert_eq!(rate(400), Ppm(3_055));
}

#[test]
fn close_frozen_ok_keeps_what_the_vault_owes() {
    let (market, position) = sighted(400);
    let low = PriceE12(PRICE.0 / 100 * 97);
    let market = at(&market, low, NOW);
    let Liquidation::Done(report) =
        liquidate(&market, &position, &sample(low), Frozen { vault: true, insurance: false }, NOW).unwrap()
    else {
        panic!("skipped")
    };
    assert_eq!((report.position.collateral, report.position.frozen_owed), (usd(400), usd(300)));
    assert_eq!((report.flow, report.ledger.pool), (PoolFlow::default(), market.ledger.pool));
    let collected = collect_frozen(&report.ledger, &report.position).unwrap();
    assert_eq!(collected.flow.to_pool, usd(300));
    assert_eq!(collected.position.collateral, usd(100));
    assert_eq!(collected.ledger.pool, market.ledger.pool.plus(usd(300)).unwrap());
    let again = collect_frozen(&collected.ledger, &collected.position);
    assert_eq!(again, Err(RiskError::AmountZero));
}

#[test]
fn close_frozen_ok_keeps_the_gain_set_aside() {
    let (market, mut position) = sighted(400);
    position.reserved = usd(500);
    let up = PriceE12(PRICE.0 / 100 * 106);
    let market = at(&market, up, NOW);
    let Liquidation::Done(report) =
        liquidate(&market, &position, &sample(up), Frozen { vault: true, insurance: false }, NOW).unwrap()
    else {
        panic!("skipped")
    };
    assert_eq!(report.position.reserved, usd(500));
    assert_eq!(report.ledger.long.reserved, usd(500 + 9_500)); // The rest of the sum is none of its own.
    let collected = collect_frozen(&report.ledger, &report.position).unwrap();
    assert_eq!((collected.flow.to_vault, collected.position.collateral), (usd(500), usd(900)));
    assert_eq!(collected.ledger.long.reserved, usd(9_500));
}

#[test]
fn collect_frozen_fails_on_an_open_position() {
    let (market, position) = sighted(400);
    assert_eq!(collect_frozen(&market.ledger, &position), Err(RiskError::PositionNotFlat));
}

#[test]
fn size_to_close_ok_closes_everything_where_the_amount_would_not_fit_its_type() {
    let (market, mut position) = sighted(400);
    (position.margin_ppm, position.liquidation_fee_ppm) = (Ppm(10_000), Ppm(1_000));
    let notional = QuoteAtoms(u64::MAX);
    let none = SignedQuoteAtoms(0);
    // The least margin, and nearly no equity: 1.375 % of the notional over 0.775 % is 1.77 of it.
    let assessment = Assessment {
        price: PRICE,
        valuation: bulkhead_risk::position::Valuation {
            notional,
            pnl: none,
            gain: none,
            equity: SignedQuoteAtoms(1),
        },
        maintenance_margin: position.maintenance_margin(notional).unwrap(),
        readiness: Readiness::Ready(LiquidationReason::BelowMaintenance),
    };
    assert_eq!(size_to_close(&market, &position, &assessment, Ppm(6_000)), Ok(position.size));
}
