//! The volatility state: buckets, gaps, warm-up, clamps, and the speed of the ramp.
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

use bulkhead_risk::volatility::{GAP_SECS, WARM_UP_SECS};
use common::*;

fn after(state: &Volatility, price: u64, seconds: i64) -> Volatility {
    let time = UnixSeconds(state.sampled_at.0 + seconds);
    state.sampled(&sample_at(PriceE12(price), time), &params()).unwrap()
}

fn first() -> Volatility {
    Volatility::default().sampled(&sample(PRICE), &params()).unwrap()
}

#[test]
fn sampled_ok_first_takes_the_stressed_variance() {
    let state = first();
    let stress = u128::from(params().stress_variance_e24);
    assert_eq!([state.variance_1h_e24, state.variance_1d_e24, state.variance_30d_e24], [stress; 3]);
    assert_eq!(state.variance_ema_e24, stress);
    // 7 * sqrt(1800 * 0.64 / 31,536,000) = 4.23078 %.
    assert_eq!(state.target_ppm, Ppm(42_308));
    assert_eq!(state.ramp_ppb, 42_308_000);
}

#[test]
fn opens_bucket_ok_once_a_minute() {
    let at = |seconds: i64| UnixSeconds(1_700_000_040 + seconds); // 1,700,000,040 is a whole minute.
    assert!(Volatility::default().opens_bucket(at(0)));
    let state = Volatility { sampled_at: at(20), first_sampled_at: at(20), ..Volatility::default() };
    assert!(!state.opens_bucket(at(20)));
    assert!(!state.opens_bucket(at(59)));
    assert!(state.opens_bucket(at(60)));
    assert!(!state.opens_bucket(at(0)));
}

#[test]
fn sampled_ok_gap_lifts_the_hour_to_the_day() {
    let mut calm_hour = first();
    calm_hour.variance_1h_e24 = 0;
    let at_gap = after(&calm_hour, PRICE.0, GAP_SECS as i64);
    let beyond = after(&calm_hour, PRICE.0, GAP_SECS as i64 + 1);
    assert_eq!(at_gap.variance_1h_e24, 0);
    let lifted = calm_hour.variance_1d_e24 as f64 * (-3_601.0_f64 / 3_600.0).exp();
    assert!((beyond.variance_1h_e24 as f64 / lifted - 1.0).abs() < 1e-6);
}

#[test]
fn sampled_ok_returns_count_up_to_ten_per_cent() {
    let state = first();
    let (ten, thirty) = (after(&state, PRICE.0 * 10 / 9, 60), after(&state, PRICE.0 * 13 / 10, 60));
    assert_eq!(ten.variance_1h_e24, thirty.variance_1h_e24);
    let quiet = after(&state, PRICE.0, 60);
    let kept = (-60.0_f64 / 3_600.0).exp();
    let gained = (thirty.variance_1h_e24 - quiet.variance_1h_e24) as f64;
    assert!((gained / (0.01 * 1e24 / 60.0 * (1.0 - kept)) - 1.0).abs() < 1e-6);
}

/// A crash to a hundredth of the oracle's slow average, or a hundredfold rise, must not stop the market:
/// while samples are refused nobody can exit and nothing can be liquidated.
#[test]
fn sampled_ok_far_from_the_oracles_average() {
    for (price, ema) in [(1, 2), (1, 3), (1, 100), (100, 1), (3, 1), (1, 18_000_000), (18_000_000, 1)] {
        let state = Volatility { sampled_price: PriceE12(price * DOLLAR_E12), ..first() };
        let sample = Sample {
            price: PriceE12(price * DOLLAR_E12),
            conf: PriceE12::ZERO,
            ema: PriceE12(ema * DOLLAR_E12),
            publish_time: UnixSeconds(NOW.0 + 100_000),
        };
        let next = state.sampled(&sample, &params());
        assert_eq!(next.map(|next| next.target_ppm), Ok(params().margin_max_ppm), "{price} against {ema}");
    }
}

#[test]
fn sampled_ok_without_an_oracle_average_keeps_its_channel() {
    let quiet = Sample { ema: PriceE12::ZERO, ..sample_at(PRICE, UnixSeconds(NOW.0 + 86_400)) };
    let next = first().sampled(&quiet, &params()).unwrap();
    assert_eq!(next.variance_ema_e24, first().variance_ema_e24);
}

#[test]
fn sampled_ok_stress_holds_for_48_hours() {
    let calm = Volatility {
        variance_1h_e24: 0,
        variance_1d_e24: 0,
        variance_30d_e24: 0,
        variance_ema_e24: 0,
        sampled_at: UnixSeconds(NOW.0 + WARM_UP_SECS as i64 - 61),
        ..first()
    };
    assert_eq!(after(&calm, PRICE.0, 60).target_ppm, Ppm(42_308));
    // A quarter of the stressed variance remains: half of its margin, here under the least one.
    assert_eq!(after(&calm, PRICE.0, 61).target_ppm, params().margin_min_ppm);
}

#[test]
fn sampled_ok_target_stays_between_its_bounds() {
    let mut state = first();
    for _ in 0..200 {
        state = after(&state, state.sampled_price.0 * 11 / 12, 60);
        assert!(state.target_ppm <= params().margin_max_ppm);
    }
    assert_eq!(state.target_ppm, params().margin_max_ppm);
    for _ in 0..200 {
        state = after(&state, state.sampled_price.0, 1_000_000);
    }
    assert_eq!(state.target_ppm, params().margin_min_ppm);
}

#[test]
fn ramp_ok_rises_25_and_falls_2_per_cent_an_hour() {
    let wild = Volatility { variance_1h_e24: 1 << 70, ramp_ppb: 40_000_000, ..first() };
    assert_eq!(after(&wild, PRICE.0, 3_600).ramp_ppb, 50_000_000);
    assert_eq!(after(&wild, PRICE.0, 36).ramp_ppb, 40_100_000);
    // A gap counts as one hour at most.
    assert_eq!(after(&wild, PRICE.0 / 2, 36_000).ramp_ppb, 50_000_000);
    let high = Volatility { ramp_ppb: 100_000_000, ..first() };
    assert_eq!(after(&high, PRICE.0, 3_600).ramp_ppb, 98_000_000);
    assert_eq!(after(&high, PRICE.0, 36_000).ramp_ppb, 98_000_000);
    // It stops where it wanted to go.
    assert_eq!(after(&Volatility { ramp_ppb: 42_309_000, ..first() }, PRICE.0, 3_600).ramp_ppb, 42_308_000);
}

#[test]
fn ramp_ok_in_minutes_loses_nothing_to_rounding() {
    let mut state = Volatility { ramp_ppb: 40_000_000, ..first() };
    for minute in 0..60 {
        let price = if minute % 2 == 0 { PRICE.0 * 11 / 10 } else { PRICE.0 };
        state = after(&state, price, 60);
    }
    let compounded = 40_000_000.0 * (1.0_f64 + 0.25 / 60.0).powi(60);
    assert!((state.ramp_ppb as f64 / compounded - 1.0).abs() < 1e-6, "{}", state.ramp_ppb);
}

#[test]
fn sigma_hour_ok_in_ppm() {
    // 80 % a year is 80 % / sqrt(8760) = 0.8547 % an hour.
    let stress = u128::from(params().stress_variance_e24);
    assert_eq!(Volatility::sigma_hour_ppm(stress), Ok(8_547));
}

#[test]
fn sampled_fails_twice_in_one_second() {
    let again = first().sampled(&sample(PRICE), &params());
    assert_eq!(again, Err(RiskError::DivisionByZero));
}
