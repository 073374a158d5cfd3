//! What the fuzzer has found worth keeping, replayed: every file of `fuzz/corpus/transitions` is a life in which all
//! sums hold.
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

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[test]
fn lives_of_the_corpus_ok_keep_every_sum() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/transitions");
    let mut seen = BTreeMap::<String, u32>::new();
    for entry in fs::read_dir(corpus).expect("fuzz/corpus/transitions is there") {
        let file = entry.unwrap().path();
        for (what, count) in common::life::bytes::live_of_bytes(&fs::read(&file).unwrap()) {
            *seen.entry(what).or_default() += count;
        }
    }
    println!("{seen:#?}");
    // A corpus in which little happens guards little.
    for what in MET {
        assert!(seen.contains_key(what), "{what} happens in no life of the corpus");
    }
}

/// What some life of the corpus comes to.
const MET: [&str; 26] = [
    "FirstSighting",
    "Unconfirmed",
    "add",
    "collect",
    "decrease",
    "decrease: DecreaseWorsensHealth",
    "deposit",
    "end",
    "floor paid",
    "increase",
    "increase: PositionReduceOnly",
    "liquidated full: BelowMaintenance",
    "liquidated full: Insolvent",
    "liquidated full: PayoutCapped",
    "liquidated partial: BelowMaintenance",
    "open",
    "open: PoolShareExceeded",
    "refresh",
    "remove",
    "remove: PositionReduceOnly",
    "settle",
    "settle for good",
    "settling paid",
    "shortfall covered",
    "top up",
    "withdraw",
];
