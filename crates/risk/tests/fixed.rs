//! Fixed point: wide products, roots, decay.
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

use bulkhead_risk::fixed::*;
use common::*;
use proptest::prelude::*;

#[test]
fn mul_div_ok_through_256_bits() {
    assert_eq!(mul_div_floor(u128::MAX, u128::MAX, u128::MAX), Ok(u128::MAX));
    assert_eq!(mul_div_ceil(u128::MAX, u128::MAX, u128::MAX), Ok(u128::MAX));
    // (2^128 - 1)(2^127) / (2^128 - 2) lies just above 2^127.
    assert_eq!(mul_div_floor(u128::MAX, 1 << 127, u128::MAX - 1), Ok(1 << 127));
    assert_eq!(mul_div_ceil(u128::MAX, 1 << 127, u128::MAX - 1), Ok((1 << 127) + 1));
}

#[test]
fn mul_div_ok_at_the_edges_of_rounding() {
    assert_eq!((mul_div_floor(7, 3, 2), mul_div_ceil(7, 3, 2)), (Ok(10), Ok(11)));
    assert_eq!((mul_div_floor(8, 3, 2), mul_div_ceil(8, 3, 2)), (Ok(12), Ok(12)));
    assert_eq!((mul_div_floor(0, 3, 2), mul_div_ceil(0, 3, 2)), (Ok(0), Ok(0)));
    assert_eq!((mul_div_u64_floor(u64::MAX, 3, 4), mul_div_u64_ceil(u64::MAX, 3, 4)), {
        (Ok(13_835_058_055_282_163_711), Ok(13_835_058_055_282_163_712))
    });
}

#[test]
fn mul_div_fails_on_zero_divisors_and_overflow() {
    assert_eq!(mul_div_floor(1, 1, 0), Err(RiskError::DivisionByZero));
    assert_eq!(mul_div_ceil(1, 1, 0), Err(RiskError::DivisionByZero));
    assert_eq!(mul_div_floor(u128::MAX, 2, 0), Err(RiskError::DivisionByZero));
    assert_eq!(mul_div_u64_floor(1, 1, 0), Err(RiskError::DivisionByZero));
    assert_eq!(div_u64_ceil(u128::MAX, 0), Err(RiskError::DivisionByZero));
    assert_eq!(mul_div_floor(u128::MAX, 2, 1), Err(RiskError::Overflow));
    assert_eq!(mul_div_ceil(u128::MAX, u128::MAX, u128::MAX - 1), Err(RiskError::Overflow));
    assert_eq!(mul_div_u64_ceil(u64::MAX, 2, 1), Err(RiskError::Overflow));
    assert_eq!(narrow(1 << 64), Err(RiskError::Overflow));
}

#[test]
fn sqrt_ceil_ok_around_squares() {
    for root in [0_u128, 1, 2, 1_000_000, u128::from(u64::MAX)] {
        assert_eq!(sqrt_ceil(root * root), Ok(root));
        assert_eq!(sqrt_ceil(root * root + 1), Ok(root + 1));
    }
    assert_eq!(sqrt_ceil(u128::MAX), Ok(1 << 64));
}

#[test]
fn above_ok_never_below_zero() {
    assert_eq!((above(5, 3), above(3, 5), above(3, 3)), (Ok(2), Ok(0), Ok(0)));
}

/// 1 - weight is what a new sample weighs: its relative error, not the weight's, is what counts.
#[test]
fn weight_ok_against_floats() {
    let rates = [
        (DecayRate::TAU_1H, 3_600.0),
        (DecayRate::TAU_1D, 86_400.0),
        (DecayRate::TAU_30D, 2_592_000.0),
        (DecayRate::HALF_LIFE_60S, 60.0 / core::f64::consts::LN_2),
    ];
    for (rate, tau) in rates {
        let mut seconds = 1_u64;
        while seconds < 400_000_000 {
            let gained = 1.0 - rate.weight_q48(seconds).unwrap() as f64 / ONE_Q48 as f64;
            let exact = -(-(seconds as f64) / tau).exp_m1();
            assert!((gained / exact - 1.0).abs() < 1e-6, "{seconds} s of {tau}: {gained} for {exact}");
            seconds += seconds / 50 + 1;
        }
    }
}

#[test]
fn weight_ok_at_the_ends() {
    assert_eq!(DecayRate::TAU_1H.weight_q48(0), Ok(ONE_Q48));
    let half = DecayRate::HALF_LIFE_60S.weight_q48(60).unwrap();
    assert!(half.abs_diff(ONE_Q48 / 2) < ONE_Q48 / 1_000_000_000, "{half}");
    assert_eq!(DecayRate::TAU_1H.weight_q48(u64::MAX), Ok(0));
    assert_eq!(DecayRate::HALF_LIFE_60S.weight_q48(u64::MAX), Ok(0));
}

#[test]
fn weight_ok_tables_hold_what_is_computed() {
    for rate in [DecayRate::TAU_1H, DecayRate::TAU_1D, DecayRate::TAU_30D, DecayRate::HALF_LIFE_60S] {
        for seconds in 0..240 {
            assert_eq!(rate.weight_q48(seconds), rate.computed_q48(seconds), "{rate:?} after {seconds} s");
        }
    }
}

proptest! {
    #[test]
    fn mul_div_ok_is_exact(a: u128, b: u64, divisor in 1_u128..) {
        let floor = mul_div_floor(a, u128::from(b), divisor);
        let ceil = mul_div_ceil(a, u128::from(b), divisor);
        if let (Ok(floor), Ok(ceil)) = (floor, ceil) {
            let wide = |x: u128, y: u128| ruint::Uint::<256, 4>::from(x) * ruint::Uint::<256, 4>::from(y);
            prop_assert!(wide(floor, divisor) <= wide(a, u128::from(b)));
            prop_assert!(wide(ceil, divisor) >= wide(a, u128::from(b)));
            prop_assert!(ceil - floor <= 1);
            prop_assert_eq!(ceil == floor, wide(floor, divisor) == wide(a, u128::from(b)));
        } else {
            prop_assert!(u128::from(b) > divisor);
        }
    }

    #[test]
    fn weight_ok_falls_with_time(seconds in 0_u64..10_000_000) {
        for rate in [DecayRate::TAU_1H, DecayRate::TAU_1D, DecayRate::TAU_30D, DecayRate::HALF_LIFE_60S] {
            prop_assert!(rate.weight_q48(seconds + 1).unwrap() <= rate.weight_q48(seconds).unwrap());
        }
    }
}

proptest::proptest! {
    #[test]
    fn div_u64_ok_is_the_quotient(value: u128, divisor in 1..=u64::MAX, shift in 0_u32..64) {
        let divisor = (divisor >> shift).max(1);
        proptest::prop_assert_eq!(div_u64_floor(value, divisor), Ok(value / u128::from(divisor)));
        proptest::prop_assert_eq!(div_u64_floor(value, 0), Err(RiskError::DivisionByZero));
    }
}

#[test]
fn div_u64_ok_at_the_edges() {
    let edges = [
        1,
        2,
        3,
        u64::from(u32::MAX),
        1 << 32,
        (1 << 32) + 1,
        1 << 63,
        (1 << 63) + 1,
        u64::MAX - 1,
        u64::MAX,
    ];
    for divisor in edges {
        for value in
            edges.iter().flat_map(|high| edges.map(|low| (u128::from(*high) << 64) | u128::from(low)))
        {
            assert_eq!(div_u64_floor(value, divisor), Ok(value / u128::from(divisor)), "{value} / {divisor}");
        }
    }
}

proptest! {
    #[test]
    fn product_ok_as_in_128_bits(a in any_bits(), b in any_bits()) {
        let whole = u128::from(a) * u128::from(b);
        prop_assert_eq!(product(a, b), whole);
        prop_assert_eq!(mul(a, b).ok(), u64::try_from(whole).ok());
    }

    #[test]
    fn times_ok_as_in_128_bits(high in any_bits(), low in any_bits(), factor in any_bits()) {
        let value = (u128::from(high) << 64) | u128::from(low);
        prop_assert_eq!(times(value, factor).ok(), value.checked_mul(u128::from(factor)));
    }

    /// Divisors of every kind: of 32 bits, powers of ten and their multiples, any.
    #[test]
    fn div_ok_as_in_128_bits(high in any_bits(), low in any_bits(), any in any_bits(), zeros in 0_u32..19) {
        let value = (u128::from(high) << 64) | u128::from(low);
        let power = 10_u64.pow(zeros);
        for divisor in [any, power, (any % 18 + 1).saturating_mul(power)] {
            let wide = u128::from(divisor);
            prop_assert_eq!(div_u64_floor(value, divisor).ok(), value.checked_div(wide));
            let up = (divisor != 0).then(|| value.div_ceil(wide));
            prop_assert_eq!(div_u64_ceil(value, divisor).ok(), up);
            let halves = mul_div_ceil(value, 1, wide).ok();
            prop_assert_eq!(halves, up);
        }
    }
}

/// Numbers of every length, not nearly all of 64 bits.
fn any_bits() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0_u32..65).prop_map(|(value, bits)| value.checked_shr(bits).unwrap_or(0))
}

proptest! {
    #[test]
    fn sqrt_ceil_ok_as_in_128_bits(high in any_bits(), low in any_bits(), around in 0_u128..3) {
        let value = (u128::from(high) << 64) | u128::from(low);
        let square = u128::from(low) * u128::from(low);
        for value in [value, value >> 56, square.saturating_add(around), square.saturating_sub(around)] {
            let root = value.isqrt();
            prop_assert_eq!(sqrt_ceil(value), Ok(root + u128::from(root * root != value)));
        }
    }
    #[test]
    fn mul_div_q48_floor_ok_as_in_128_bits(
        value in any_bits(), small in 0_u64..70_000, factor in any_bits(), divisor in any_bits(),
    ) {
        prop_assert_eq!(mul_div_q48_floor(value, factor, 0), Err(RiskError::DivisionByZero));
        let divisor = divisor.max(1);
        for (value, factor) in [(value, factor), (small, factor), (small, factor >> 16), (small, ONE_Q48)] {
            let exact = u128::from(value) * u128::from(factor) / u128::from(divisor);
            let expected = u64::try_from(exact).map_err(|_| RiskError::Overflow);
            prop_assert_eq!(mul_div_q48_floor(value, factor, divisor), expected);
        }
    }

    #[test]
    fn div_rest_ok_as_in_128_bits(high in any_bits(), low in any_bits(), divisor in any_bits()) {
        let value = (u128::from(high) << 64) | u128::from(low);
        let divisor = divisor.max(1);
        let (quotient, rest) = div_rest_u64(value, divisor).unwrap();
        prop_assert_eq!(quotient, value / u128::from(divisor));
        prop_assert_eq!(u128::from(rest), value % u128::from(divisor));
    }
}
