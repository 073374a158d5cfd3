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

use std::fs;
use std::path::Path;

#[test]
fn lives_of_the_corpus_ok_keep_every_sum() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/transitions");
    let mut replayed = 0;
    for entry in fs::read_dir(corpus).expect("fuzz/corpus/transitions is there") {
        let file = entry.unwrap().path();
        println!("{}", file.display());
        common::life::bytes::live_of_bytes(&fs::read(file).unwrap());
        replayed += 1;
    }
    assert!(replayed > 0, "the corpus is empty");
}
