//! Price impact through whole transitions: one attacker with several accounts, at a constant price. Whatever he
//! does with them, impact, rebates and fees alone earn him nothing.
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

#[path = "props_impact/world.rs"]
mod world;

use common::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use world::*;

#[derive(Clone, Debug)]
struct Life {
    scale: u64,
    rates: Rates,
    /// What he does before the price jumps, and so many ppm of it.
    before: Vec<Action>,
    jump: u64,
    after: Vec<Action>,
    settles: bool,
}

fn lives() -> impl Strategy<Value = Life> {
    prop_oneof![3 => any_lives(), 1 => pairs()]
}

fn rates() -> impl Strategy<Value = Rates> {
    (any::<bool>(), any::<bool>()).prop_map(|(live_fees, carry)| Rates { live_fees, carry })
}

fn any_lives() -> impl Strategy<Value = Life> {
    let jump = prop_oneof![
        2 => Just(1_000_000_u64),
        3 => 900_000_u64..1_100_000,
        2 => 700_000_u64..1_400_000,
        1 => 300_000_u64..3_000_000,
    ];
    let many = |count| prop::collection::vec(actions(), 0..count);
    let scale = prop_oneof![4 => 4_000_u64..40_000, 2 => 40_000_u64..4_000_000, 1 => Just(0)];
    let before = prop_oneof![1 => Just(vec![]), 2 => many(30)];
    (scale, rates(), before, jump, many(60), prop::bool::weighted(0.25)).prop_map(
        |(scale, rates, before, jump, after, settles)| Life { scale, rates, before, jump, after, settles },
    )
}

/// A long and a short that cancel each other's skew, until a jump takes the one below its maintenance margin: he
/// liquidates it, its vault frozen or not, and the other is left with the skew that this makes.
fn pairs() -> impl Strategy<Value = Life> {
    let opened = (side(), 500_000_u64..4_000_000, 75_u64..300, 0_u64..50_000);
    let frozen = prop::bool::weighted(0.3).prop_map(|vault| Frozen { vault, insurance: false });
    let rest = (prop::collection::vec(actions(), 0..20), prop::bool::weighted(0.2));
    (4_000_u64..40_000, rates(), opened, frozen, rest).prop_map(
        |(scale, rates, (side, dollars, margin, left), frozen, (rest, settles))| {
            let fall = (margin * 1_000).saturating_sub(left);
            let jump = if side == Side::Long { 1_000_000 - fall } else { 1_000_000 + fall };
            let open = |side, margin| Action::Open(side, dollars, margin, 1_000_000);
            let before = vec![open(side, margin), open(side.opposite(), 500)];
            let after = [vec![Action::Liquidate(0, frozen)], rest].concat();
            Life { scale, rates, before, jump, after, settles }
        },
    )
}

/// What the attacker ends with beyond what he can have: zero or less unless something is wrong.
fn live(life: &Life, wrong: Wrong) -> (i128, BTreeMap<&'static str, u32>) {
    let mut world = World::new(life.scale, life.rates, wrong);
    life.before.iter().for_each(|action| world.act(action));
    let price = PriceE12((u128::from(PRICE.0) * u128::from(life.jump) / 1_000_000) as u64);
    world.observe(price, 60);
    // From here on the price stands.
    let (worth, bad) = world.standing();
    let (potential, short) = (world.potential(), i128::from(world.market.ledger.shortfall_total.0));
    let (crank, floors) = (i128::from(world.market.ledger.crank_budget.0), world.floors);
    life.after.iter().for_each(|action| world.act(action));
    world.end(life.settles);
    let short = i128::from(world.market.ledger.shortfall_total.0) - short;
    // What he paid into the crank budget before may come back, and so may what the skew was charged.
    let most = worth + potential + crank + (short - bad).max(0);
    // Floors are bounded by open fees, and those of before are spent: `insurance_ok_floors_never_bring_...`.
    let floors = if life.before.is_empty() { world.floors - floors } else { 0 };
    (world.standing().0 + floors - most, world.seen)
}

proptest! {
    #![proptest_config(cases(3_000))]

    /// REQ-187, through transitions: opened, grown, shrunk, closed by order, liquidated in part, whole or
    /// insolvent, at the cap, frozen, or settled with the market; at fees of nothing and live ones, with and
    /// without funding and borrow fee, and whatever the scale becomes.
    #[test]
    fn impact_ok_no_sequence_at_one_price_gains(life in lives()) {
        let (gained, _) = live(&life, Wrong::Nothing);
        prop_assert!(gained <= 0, "gained {gained} atoms");
    }
}

/// Lives drawn without a seed: the same ones in each run.
fn drawn(count: u32) -> Vec<Life> {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    (0..count).map(|_| lives().new_tree(&mut runner).unwrap().current()).collect()
}

/// Lives in which nothing happens prove nothing.
#[test]
fn impact_ok_sequences_meet_every_way_out() {
    let mut seen = BTreeMap::<&'static str, u32>::new();
    for life in drawn(600) {
        for (what, count) in live(&life, Wrong::Nothing).1 {
            *seen.entry(what).or_default() += count;
        }
    }
    println!("{seen:#?}");
    let ways = "open, increase, decrease, close, remove, liquidated in part, liquidated whole, insolvent, \
                liquidated at the cap, settled at the cap, frozen, collected, scale, settled at the end";
    for what in ways.split(", ") {
        assert!(seen.contains_key(what), "{what} never happens");
    }
}

/// The property can fail: with either rule of the reference left out, the same lives find a gain.
#[test]
fn impact_fails_to_hold_where_the_reference_forgives() {
    for wrong in [Wrong::EverythingCountsAsPaid, Wrong::ScaleKeepsTheReference] {
        let gained = drawn(3_000).iter().map(|life| live(life, wrong).0).max().unwrap();
        assert!(gained > 0, "{wrong:?} gains nothing: {gained}");
        println!("{wrong:?}: up to {gained} atoms");
    }
}
