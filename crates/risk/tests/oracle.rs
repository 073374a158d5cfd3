//! Which samples count, at which edge, and what a market learns from them.
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

use bulkhead_risk::oracle::OracleState;
use common::*;

const MAX: Ppm = Ppm(20_000);

fn admit(state: &OracleState, purpose: Purpose, age: i64, conf_ppm: u64) -> Result<()> {
    let sample = Sample {
        conf: PriceE12(PRICE.0 / 1_000_000 * conf_ppm),
        ..sample_at(PRICE, UnixSeconds(NOW.0 - age))
    };
    state.admit(&sample, purpose, MAX, NOW).map(|confidence| assert_eq!(confidence, Ppm(conf_ppm as u32)))
}

#[test]
fn from_raw_ok_scales_exactly() {
    let sample = Sample::from_raw(6_543_210_987_654, 1_234_567, -5, -8, 77).unwrap();
    assert_eq!(sample.price, PriceE12(65_432_109_876_540_000));
    assert_eq!(sample.conf, PriceE12(12_345_670_000));
    assert_eq!(sample.ema, PriceE12::ZERO);
    assert_eq!(sample.publish_time, UnixSeconds(77));
    assert_eq!(Sample::from_raw(18, 0, 18, 0, 0).unwrap().price, PriceE12(18 * DOLLAR_E12));
    assert_eq!(Sample::from_raw(18, 0, 18, -12, 0).unwrap().price, PriceE12(18));
}

#[test]
fn from_raw_fails_on_prices_out_of_range() {
    let from = |price, exponent| Sample::from_raw(price, 0, 1, exponent, 0).map(|_| ());
    assert_eq!(from(0, -8), Err(RiskError::PriceNotPositive));
    assert_eq!(from(i64::MIN, -8), Err(RiskError::PriceNotPositive));
    assert_eq!(from(1, 1), Err(RiskError::PriceOutOfRange));
    assert_eq!(from(1, -13), Err(RiskError::PriceOutOfRange));
    assert_eq!(from(1, i32::MAX), Err(RiskError::PriceOutOfRange));
    assert_eq!(from(1, i32::MIN), Err(RiskError::PriceOutOfRange));
    assert_eq!(from(18_446_745, 0), Err(RiskError::PriceOutOfRange));
    let wide = Sample::from_raw(1, u64::MAX, 1, 0, 0).map(|_| ());
    assert_eq!(wide, Err(RiskError::PriceOutOfRange));
}

#[test]
fn edges_ok_against_whoever_acts() {
    let sample = Sample { conf: PriceE12(10), ..sample(PriceE12(100)) };
    assert_eq!(sample.opening_edge(Side::Long), Ok(PriceE12(110)));
    assert_eq!(sample.opening_edge(Side::Short), Ok(PriceE12(90)));
    assert_eq!(sample.closing_edge(Side::Long), Ok(PriceE12(90)));
    assert_eq!(sample.closing_edge(Side::Short), Ok(PriceE12(110)));
}

#[test]
fn edges_fail_at_zero_and_beyond_the_type() {
    let zero = Sample { conf: PriceE12(100), ..sample(PriceE12(100)) };
    assert_eq!(zero.bid(), Err(RiskError::PriceNotPositive));
    let high = Sample { conf: PriceE12(1), ..sample(PriceE12(u64::MAX)) };
    assert_eq!(high.ask(), Err(RiskError::Overflow));
}

#[test]
fn admit_ok_up_to_each_age() {
    let state = OracleState::default();
    for purpose in [Purpose::Risk, Purpose::Liquidate, Purpose::Update, Purpose::Observe] {
        assert_eq!(admit(&state, purpose, 10, 0), Ok(()));
        assert_eq!(admit(&state, purpose, 11, 0), Err(RiskError::PriceTooOld));
    }
    assert_eq!(admit(&state, Purpose::Decrease, 120, 0), Ok(()));
    assert_eq!(admit(&state, Purpose::Decrease, 121, 0), Err(RiskError::PriceTooOld));
}

#[test]
fn admit_fails_out_of_order_and_from_the_future() {
    let state = OracleState { published_at: UnixSeconds(NOW.0 - 5), ..OracleState::default() };
    assert_eq!(admit(&state, Purpose::Risk, 5, 0), Ok(()));
    assert_eq!(admit(&state, Purpose::Risk, 6, 0), Err(RiskError::PriceNotMonotonic));
    assert_eq!(admit(&state, Purpose::Decrease, 6, 0), Err(RiskError::PriceNotMonotonic));
    assert_eq!(admit(&state, Purpose::Risk, -2, 0), Ok(()));
    assert_eq!(admit(&state, Purpose::Risk, -3, 0), Err(RiskError::PriceFromFuture));
    let zero = state.admit(&sample(PriceE12::ZERO), Purpose::Update, MAX, NOW);
    assert_eq!(zero, Err(RiskError::PriceNotPositive));
}

#[test]
fn admit_fails_on_wide_confidence_until_it_has_lasted() {
    let fresh = OracleState::default();
    assert_eq!(admit(&fresh, Purpose::Risk, 0, 20_000), Ok(()));
    assert_eq!(admit(&fresh, Purpose::Risk, 0, 20_001), Err(RiskError::ConfidenceTooWide));
    let waiting = OracleState { conf_wide_since: UnixSeconds(NOW.0 - 599), ..fresh };
    assert_eq!(admit(&waiting, Purpose::Liquidate, 0, 20_001), Err(RiskError::ConfidenceTooWide));
    let matured = OracleState { conf_wide_since: UnixSeconds(NOW.0 - 600), ..fresh };
    for purpose in [Purpose::Liquidate, Purpose::Decrease] {
        assert_eq!(admit(&matured, purpose, 0, 100_000), Ok(()));
        assert_eq!(admit(&matured, purpose, 0, 100_001), Err(RiskError::ConfidenceTooWide));
    }
    assert_eq!(admit(&matured, Purpose::Risk, 0, 20_001), Err(RiskError::ConfidenceTooWide));
    let wider_than_price = Sample { conf: PriceE12(PRICE.0 + 1), ..sample(PRICE) };
    assert_eq!(wider_than_price.confidence_ppm_ceil(), Err(RiskError::ConfidenceTooWide));
}

#[test]
fn mark_ok_goes_half_the_way_in_a_minute() {
    let state = OracleState { mark: PriceE12(1_000_000), published_at: NOW, ..OracleState::default() };
    let mark = |price, seconds| {
        state.mark_after(&sample_at(PriceE12(price), UnixSeconds(NOW.0 + seconds))).unwrap().0
    };
    assert_eq!(mark(2_000_000, 60), 1_500_000);
    assert_eq!(mark(2_000_000, 120), 1_750_000);
    assert_eq!(mark(2_000_000, 0), 1_000_000);
    assert_eq!(mark(1_000_000, 7), 1_000_000);
    assert_eq!(mark(5, 1_000_000), 5);
    assert_eq!(OracleState::default().mark_after(&sample(PRICE)), Ok(PRICE));
}

fn note(state: &mut OracleState, sample: &Sample, opens: bool) {
    let confidence = sample.confidence_ppm_ceil().unwrap();
    state.note_confidence(confidence, sample.publish_time, Ppm(25_000), opens).unwrap();
}

#[test]
fn note_confidence_ok_three_narrow_buckets_end_it() {
    let mut state = OracleState::default();
    let narrow = sample(PRICE);
    let at_limit = Sample { conf: PriceE12(PRICE.0 / 1_000_000 * 6_250), ..narrow };
    let wide = Sample { conf: PriceE12(at_limit.conf.0 + 1), ..narrow };
    note(&mut state, &at_limit, true);
    assert!(state.conf_wide_since.is_zero());
    note(&mut state, &wide, true);
    assert_eq!(state.conf_wide_since, NOW);
    for (sample, opens, expected) in [
        (narrow, true, 1),
        (narrow, false, 1),
        (narrow, true, 2),
        (wide, false, 0),
        (narrow, true, 1),
        (narrow, true, 2),
    ] {
        note(&mut state, &sample, opens);
        assert_eq!(state.narrow_buckets, expected);
        assert_eq!(state.conf_wide_since, NOW);
    }
    note(&mut state, &narrow, true);
    assert!(state.conf_wide_since.is_zero());
}

#[test]
fn observe_ok_wide_samples_move_nothing_but_the_flag() {
    let before = market();
    let mut market = before;
    let conf = PriceE12(PRICE.0 / 20);
    let wide = Sample { conf, ..sample_at(PriceE12(PRICE.0 / 2), UnixSeconds(NOW.0 + 60)) };
    let seen = market.observe(&wide, Purpose::Update, UnixSeconds(NOW.0 + 60)).unwrap();
    assert!(!seen.counted && !seen.opened_bucket);
    assert_eq!(market.oracle.conf_wide_since, wide.publish_time);
    assert_eq!(market.oracle.index, before.oracle.index);
    assert_eq!(market.oracle.published_at, before.oracle.published_at);
    assert_eq!((market.volatility, market.extremes), (before.volatility, before.extremes));
}

#[test]
fn observe_ok_opens_one_bucket_and_moves_the_index_always() {
    let mut market = market();
    let time = |seconds| UnixSeconds(NOW.0 - NOW.0 % 60 + 60 + seconds);
    let seen = market.observe(&sample_at(PRICE, time(0)), Purpose::Observe, time(0)).unwrap();
    assert!(seen.counted && seen.opened_bucket);
    let volatility = market.volatility;
    let price = PriceE12(PRICE.0 + 5);
    let seen = market.observe(&sample_at(price, time(59)), Purpose::Observe, time(59)).unwrap();
    assert!(seen.counted && !seen.opened_bucket);
    assert_eq!(seen.gap_secs, 59);
    assert_eq!((market.volatility, market.oracle.index), (volatility, price));
}

#[test]
fn observe_for_risk_fails_on_a_market_without_samples_or_stale() {
    let mut market = market();
    let later = |seconds| UnixSeconds(market.volatility.sampled_at.0 + seconds);
    let (at_limit, beyond) = (later(300), later(301));
    let mut copy = market;
    assert!(copy.observe_for_risk(&sample_at(PRICE, at_limit), at_limit).is_ok());
    let stale = market.observe_for_risk(&sample_at(PRICE, beyond), beyond).map(|_| ());
    assert_eq!(stale, Err(RiskError::MarketStale));
    market.volatility = Volatility::default();
    let unsampled = market.observe_for_risk(&sample(PRICE), NOW).map(|_| ());
    assert_eq!(unsampled, Err(RiskError::MarketUnsampled));
}
