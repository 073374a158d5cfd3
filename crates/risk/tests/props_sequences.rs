//! Random lives of a market: prices, time, and several positions of both sides, one action after another.
//! After each, what is booked is what was moved, and the sums are the sums.
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

use common::life::{Action, live};
use common::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn actions() -> impl Strategy<Value = Action> {
    let price = prop_oneof![4 => 985_000_u64..1_015_000, 1 => 850_000_u64..1_170_000];
    let seconds = prop_oneof![3 => 1_i64..40, 1 => 60_i64..20_000];
    let conf = prop_oneof![4 => Just(0_u64), 1 => 0_u64..12_000];
    let place = 0_usize..8;
    prop_oneof![
        6 => (price, seconds, conf).prop_map(|(price, seconds, conf)| Action::Sample(price, seconds, conf)),
        4 => (side(), 20_u64..200_000, 70_u64..250, 50_000_u32..=1_000_000)
            .prop_map(|(side, dollars, margin, cap)| Action::Open(side, dollars, margin, cap)),
        2 => (place.clone(), 1_u64..50_000).prop_map(|(place, dollars)| Action::Increase(place, dollars)),
        2 => (place.clone(), 1_u64..1_300_000).prop_map(|(place, part)| Action::Decrease(place, part)),
        1 => (place.clone(), 1_u64..5_000).prop_map(|(place, dollars)| Action::Add(place, dollars)),
        2 => (place.clone(), 1_u64..1_000_000).prop_map(|(place, part)| Action::Remove(place, part)),
        2 => place.clone().prop_map(Action::Refresh),
        6 => (prop::bool::weighted(0.1), prop::bool::weighted(0.1))
            .prop_map(|(vault, insurance)| Action::Liquidate(Frozen { vault, insurance })),
        1 => place.clone().prop_map(Action::Settle),
        1 => place.clone().prop_map(Action::Collect),
        1 => (place, 1_u64..5_000).prop_map(|(place, dollars)| Action::TopUp(place, dollars)),
        1 => (1_u64..500_000).prop_map(Action::Withdraw),
        1 => (1_u64..100_000).prop_map(Action::Deposit),
    ]
}

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn sequences_ok_keep_every_sum(actions in prop::collection::vec(actions(), 1..120), tight: bool) {
        live(&actions, tight);
    }
}

/// Lives in which nothing happens prove nothing: each kind of event occurs.
#[test]
fn sequences_ok_meet_every_event() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = BTreeMap::<String, u32>::new();
    for life in 0..300 {
        let actions = prop::collection::vec(actions(), 100..120).new_tree(&mut runner).unwrap().current();
        for (what, count) in live(&actions, life % 2 == 0) {
            *seen.entry(what).or_default() += count;
        }
    }
    println!("{seen:#?}");
    for what in [
        "sample",
        "open",
        "increase",
        "decrease",
        "add",
        "remove",
        "refresh",
        "settle",
        "collect",
        "deposit",
        "withdraw",
        "top up",
        "Healthy",
        "FirstSighting",
        "Unconfirmed",
        "HeldBack",
        "liquidated partial: BelowMaintenance",
        "liquidated full: BelowMaintenance",
        "liquidated full: Insolvent",
        "liquidated full: PayoutCapped",
        "open: ReserveUnavailable",
        "open: InitialMarginShort",
        "increase: PositionReduceOnly",
        "decrease: DecreaseWorsensHealth",
        "floor paid",
        "shortfall covered",
        "settling paid",
    ] {
        assert!(seen.contains_key(what), "{what} never happens");
    }
}
