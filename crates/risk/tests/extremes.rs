//! Four-hour highs and lows of 72 hours, against the history itself.
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

use bulkhead_risk::extremes::{BUCKET_SECS, BUCKETS, Extremes, bucket_of};
use common::*;
use proptest::prelude::*;

fn noted(samples: &[(i64, u64)]) -> Extremes {
    let mut extremes = Extremes::default();
    for (time, price) in samples {
        extremes.note(PriceE12(*price), UnixSeconds(*time)).unwrap();
    }
    extremes
}

/// The rule in words: every sample of the bucket in which `since` lies and later, of the newest 18 buckets.
fn naive(samples: &[(i64, u64)], side: Side, since: i64, now_price: u64) -> u64 {
    let newest = samples.iter().map(|(time, _)| time.div_euclid(BUCKET_SECS)).max().unwrap_or(0);
    let kept = samples.iter().filter(|(time, _)| {
        let bucket = time.div_euclid(BUCKET_SECS);
        bucket > newest - BUCKETS as i64 && bucket >= since.div_euclid(BUCKET_SECS)
    });
    let prices = kept.map(|(_, price)| *price).chain([now_price]);
    if side == Side::Long { prices.min().unwrap() } else { prices.max().unwrap() }
}

#[test]
fn worst_since_ok_counts_the_opening_bucket_whole() {
    let start = 118_055 * BUCKET_SECS;
    let extremes = noted(&[(start, 90), (start + 100, 120), (start + 200, 100)]);
    let worst = |side| extremes.worst_since(side, UnixSeconds(start + 200), PriceE12(100));
    assert_eq!(worst(Side::Long), Ok(PriceE12(90)));
    assert_eq!(worst(Side::Short), Ok(PriceE12(120)));
    let next = extremes.worst_since(Side::Long, UnixSeconds(start + BUCKET_SECS), PriceE12(100));
    assert_eq!(next, Ok(PriceE12(100)));
}

#[test]
fn worst_since_ok_forgets_after_18_buckets() {
    let start = 118_055 * BUCKET_SECS;
    let mut samples = vec![(start, 50)];
    samples.extend((1..18).map(|bucket| (start + bucket * BUCKET_SECS, 100)));
    let worst = |samples: &[(i64, u64)]| {
        noted(samples).worst_since(Side::Long, UnixSeconds(0), PriceE12(100)).unwrap().0
    };
    assert_eq!(worst(&samples), 50);
    samples.push((start + 18 * BUCKET_SECS, 100));
    assert_eq!(worst(&samples), 100);
}

#[test]
fn note_ok_empties_what_a_gap_skips() {
    let start = 118_055 * BUCKET_SECS;
    for gap in [1, 2, 17, 18, 19, 1_000_000] {
        let extremes = noted(&[(start, 50), (start + gap * BUCKET_SECS, 100)]);
        assert_eq!(extremes.newest, bucket_of(UnixSeconds(start)) + gap);
        let filled = extremes.ring.iter().filter(|bucket| !bucket.low.is_zero()).count();
        assert_eq!(filled, if gap < 18 { 2 } else { 1 }, "gap {gap}");
    }
}

proptest! {
    #[test]
    fn worst_since_ok_equals_the_history(
        steps in prop::collection::vec((0_i64..40_000, 1_u64..1_000), 1..120),
        leap in prop_oneof![Just(0_i64), 0_i64..500_000],
        since_ago in 0_i64..600_000,
        now_price in 1_u64..1_000,
    ) {
        let mut time = 1_700_000_000;
        let samples: Vec<(i64, u64)> = steps.iter().enumerate().map(|(number, (gap, price))| {
            time += gap / if number % 3 == 0 { 1 } else { 40 } + if number == 60 { leap } else { 0 };
            (time, *price)
        }).collect();
        let extremes = noted(&samples);
        for side in [Side::Long, Side::Short] {
            let ours = extremes.worst_since(side, UnixSeconds(time - since_ago), PriceE12(now_price)).unwrap();
            prop_assert_eq!(ours.0, naive(&samples, side, time - since_ago, now_price));
        }
    }
}
