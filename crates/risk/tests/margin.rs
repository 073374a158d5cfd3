//! Requirements: add-on, initial margin, parameters, and a position's value and health.
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

use bulkhead_risk::health::{health, liquidation_price};
use bulkhead_risk::margin::{Judgement, addon_ppm_ceil, weighted_ppm_ceil};
use common::*;

#[test]
fn addon_ok_grows_with_the_root_up_to_its_cap() {
    let at = |dollars| addon_ppm_ceil(&params(), usd(dollars)).unwrap();
    assert_eq!(at(0), Ppm(0));
    assert_eq!(at(50_000), Ppm(1_000)); // A hundredth of the depth.
    assert_eq!(at(5_000_000), Ppm(10_000));
    assert_eq!(at(20_000_000), Ppm(20_000));
    assert_eq!(at(500_000_000), Ppm(100_000));
    assert_eq!(at(5_000_000_000), Ppm(100_000));
    assert_eq!(addon_ppm_ceil(&params(), QuoteAtoms(1)), Ppm(1).plus(Ppm(0)));
}

#[test]
fn addon_fails_without_depth() {
    let params = Params { depth_quote_atoms: QuoteAtoms::ZERO, ..params() };
    assert_eq!(addon_ppm_ceil(&params, usd(1)), Err(RiskError::DivisionByZero));
}

#[test]
fn weighted_ok_and_fails_without_size() {
    let mean = |a, b| weighted_ppm_ceil(a, b);
    assert_eq!(mean((Ppm(10), BaseAtoms(1)), (Ppm(20), BaseAtoms(2))), Ok(Ppm(17)));
    assert_eq!(mean((Ppm(10), BaseAtoms(0)), (Ppm(20), BaseAtoms(5))), Ok(Ppm(20)));
    let empty = mean((Ppm(10), BaseAtoms(0)), (Ppm(20), BaseAtoms(0)));
    assert_eq!(empty, Err(RiskError::DivisionByZero));
}

#[test]
fn initial_ok_takes_the_larger_of_target_and_ramp() {
    let mut market = market();
    let sample = sample(PRICE);
    // 1.6 * 4 % + 0 + 0.5 %.
    assert_eq!(market.initial_ppm(Ppm(0), &sample), Ok(Ppm(69_000)));
    market.volatility.target_ppm = Ppm(50_000);
    assert_eq!(market.initial_ppm(Ppm(7), &sample), Ok(Ppm(85_007)));
    market.volatility.target_ppm = Ppm(25_000);
    assert_eq!(market.initial_ppm(Ppm(0), &sample), Ok(Ppm(69_000)));
    market.params.initial_margin_min_ppm = Ppm(200_000);
    let wide = Sample { conf: PriceE12(PRICE.0 / 1_000), ..sample };
    assert_eq!(market.initial_ppm(Ppm(0), &wide), Ok(Ppm(207_000)));
}

#[test]
fn initial_of_ok_never_forgets_a_higher_stored_fee_or_addon() {
    let (mut market, mut position) = open(&market(), Side::Long, 1_000, usd(100));
    let rate = |market: &Market, position: &Position| {
        market.initial_ppm_of(position, Ppm(300), &sample(PRICE)).unwrap()
    };
    assert_eq!(rate(&market, &position), Ppm(69_300));
    position.addon_ppm = Ppm(900);
    assert_eq!(rate(&market, &position), Ppm(69_900));
    market.params.liquidation_fee_ppm = Ppm(1_000);
    assert_eq!(rate(&market, &position), Ppm(69_900));
}

#[test]
fn judgement_ok_takes_the_worst_of_edge_and_mark() {
    let mut market = market();
    let sample = Sample { conf: PriceE12(10), ..sample(PRICE) };
    for (mark, low, high) in [(0, 10, 10), (-50, 50, 10), (50, 10, 50)] {
        market.oracle.mark = PriceE12(PRICE.0.checked_add_signed(mark).unwrap());
        let long = Judgement::of(&market, Side::Long, &sample).unwrap();
        let short = Judgement::of(&market, Side::Short, &sample).unwrap();
        assert_eq!(long.equity_price, PriceE12(PRICE.0 - low));
        assert_eq!(short.equity_price, PriceE12(PRICE.0 + high));
        assert_eq!([long.notional_price, short.notional_price], [PriceE12(PRICE.0 + high); 2]);
    }
}

#[test]
fn value_ok_caps_gains_and_not_losses() {
    let (market, mut position) = open(&market(), Side::Long, 1_000, usd(100));
    position.reserved = usd(50);
    position.owed_borrow = usd(3);
    position.owed_funding = usd(4);
    position.due = usd(10);
    let at = |percent: u64| position.value(&market.params, PriceE12(PRICE.0 / 100 * percent)).unwrap();
    assert_eq!(at(100).equity, usd(103).signed());
    assert_eq!(at(104).gain, usd(50).signed());
    assert_eq!(at(104).equity, usd(143).signed());
    assert_eq!(at(200).equity, usd(143).signed());
    assert_eq!(at(80).equity, SignedQuoteAtoms(-97_000_000));
    assert_eq!(at(80).health_ppm_floor(), Ok(-121_250));
    let without = position.equity_without_gains(&market.params, PriceE12(PRICE.0 * 2)).unwrap();
    assert_eq!(without, usd(93).signed());
}

/// A short whose price has gone to nearly nothing has a ratio that fits no type. It must still be able to
/// leave, and anyone may add to its vault.
#[test]
fn health_ppm_ok_where_the_notional_has_vanished() {
    let (market, position) = open(&market(), Side::Short, 1_000, usd(20_000_000));
    let value = position.value(&market.params, PriceE12(1)).unwrap();
    assert_eq!(value.notional, QuoteAtoms(1));
    assert_eq!(value.health_ppm_floor(), Ok(i64::MAX));
    let ramp = at(&market, PriceE12(1), NOW);
    let mut behind = position;
    (behind.margin_ppm, behind.margin_refreshed_at) = (Ppm(30_000), UnixSeconds(NOW.0 - 60));
    assert!(behind.refreshed(&ramp, &sample(PriceE12(1)), NOW).is_ok());
}

#[test]
fn health_ok_shows_what_a_removal_is_held_to() {
    let (mut market, position) = open(&market(), Side::Long, 1_000, usd(200));
    market.oracle.mark = PriceE12(PRICE.0 / 100 * 103);
    market.params.liquidation_fee_ppm = Ppm(1_000);
    market.params.borrow_kink_rate_e12 = 0;
    let sample = Sample { conf: PriceE12(PRICE.0 / 1_000), ..sample(PRICE) };
    let shown = health(&market, &position, &sample, NOW).unwrap();
    let held = remove_collateral(&market, &position, &sample, QuoteAtoms(1), NOW).unwrap();
    assert_eq!(shown.initial_margin, held.required);
    assert_eq!(shown.assessment.readiness, Readiness::Healthy);
    assert!(!shown.reduce_only);
}

#[test]
fn health_ok_without_a_position() {
    let pending = Position::pending(Side::Long, usd(5));
    let shown = health(&market(), &pending, &sample(PRICE), NOW).unwrap();
    assert_eq!((shown.health_ppm, shown.initial_margin), (i64::MAX, QuoteAtoms::ZERO));
    assert_eq!(shown.liquidation_price, PriceE12::ZERO);
}

#[test]
fn liquidation_price_ok_in_round_numbers() {
    // Collateral 145, maintenance 4.5 %: a long of 1,000 at 50,000 falls until 1000 x - 855 = 45 x.
    let (market, long) = open(&market(), Side::Long, 1_000, usd(145));
    let price = liquidation_price(&market, &long).unwrap();
    assert_eq!(price, PriceE12(44_764_397_905_759_163)); // 50,000 * 855 / 955, rounded up.
    let (market, short) = open(&market, Side::Short, 1_000, usd(145));
    let price = liquidation_price(&market, &short).unwrap();
    assert_eq!(price, PriceE12(54_784_688_995_215_311)); // 50,000 * 1145 / 1045, rounded down.
    let (market, covered) = open(&market, Side::Long, 1_000, usd(1_000_001));
    assert_eq!(liquidation_price(&market, &covered), Ok(PriceE12::ZERO));
}

#[test]
fn validate_ok_and_fails_on_each_parameter() {
    assert_eq!(params().validate(), Ok(()));
    type Spoil = fn(&mut Params);
    let bad: [(u8, Spoil); 32] = [
        (1, |p| p.base_decimals = 13),
        (2, |p| p.quote_decimals = 5),
        (3, |p| p.stress_variance_e24 = 1_268_391_679_350_582),
        (4, |p| p.margin_min_ppm = Ppm(9_999)),
        (5, |p| p.margin_max_ppm = Ppm(400_001)),
        (6, |p| p.initial_margin_min_ppm = Ppm(9_999)),
        (7, |p| p.liquidation_fee_ppm = Ppm(999)),
        (8, |p| p.trade_fee_ppm = Ppm(5_001)),
        (9, |p| p.confidence_max_ppm = Ppm(20_001)),
        (10, |p| p.utilisation_max_ppm = Ppm(900_001)),
        (11, |p| p.pool_share_max_ppm = Ppm(999)),
        (12, |p| p.order_delay_secs = 1),
        (13, |p| p.order_window_secs = 61),
        (14, |p| p.borrow_kink_rate_e12 = 317_099),
        (15, |p| p.borrow_full_rate_e12 = 317_099),
        (16, |p| p.funding_rate_max_e12 = 317_099),
        (17, |p| p.funding_velocity_max_e18 = 88_082_779),
        (101, |p| p.notional_divisor += 1),
        (102, |p| (p.margin_min_ppm, p.margin_max_ppm) = (Ppm(200_000), Ppm(199_999))),
        (103, |p| p.liquidation_fee_ppm = Ppm(12_501)),
        (104, |p| (p.order_delay_secs, p.order_window_secs) = (5, 5)),
        (105, |p| p.depth_quote_atoms = QuoteAtoms::ZERO),
        (106, |p| p.notional_min_quote_atoms = QuoteAtoms::ZERO),
        (107, |p| p.chunk_min_quote_atoms = QuoteAtoms::ZERO),
        (108, |p| p.chunk_min_quote_atoms = usd(21)),
        (109, |p| p.borrow_kink_utilisation_ppm = p.borrow_full_utilisation_ppm),
        (110, |p| p.borrow_full_utilisation_ppm = Ppm(1_000_001)),
        (111, |p| p.borrow_kink_rate_e12 = 95_130),
        (112, |p| p.impact_scale_quote_atoms = QuoteAtoms(1)),
        (113, |p| p.open_interest_cap_quote_atoms = QuoteAtoms(u64::MAX / 100 + 1)),
        (114, |p| p.keeper_floor_quote_atoms = QuoteAtoms(30_001)),
        (115, |p| p.crank_fee_quote_atoms = QuoteAtoms(20_001)),
    ];
    for (place, spoil) in bad {
        let mut params = params();
        spoil(&mut params);
        assert_eq!(params.validate(), Err(RiskError::ParameterOutOfBounds(place)));
    }
}

#[test]
fn arithmetic_fails_beyond_the_types() {
    assert_eq!(QuoteAtoms(u64::MAX).plus(QuoteAtoms(1)), Err(RiskError::Overflow));
    assert_eq!(QuoteAtoms(0).minus(QuoteAtoms(1)), Err(RiskError::Overflow));
    assert_eq!(SignedQuoteAtoms(i128::MIN).negative_part(), Err(RiskError::Overflow));
    assert_eq!(UnixSeconds(i64::MAX).after_secs(1), Err(RiskError::Overflow));
    assert_eq!(UnixSeconds(i64::MAX).since(UnixSeconds(i64::MIN)), Err(RiskError::Overflow));
    let size = BaseAtoms(u64::MAX);
    assert_eq!(params().notional_floor(size, PriceE12(u64::MAX)), Err(RiskError::Overflow));
}
