//! What the fuzzer has found worth keeping, replayed: every life of `fuzz/corpus/program` keeps every invariant.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::bytes::Starts;
use crate::coverage::Counts;

#[test]
fn lives_of_the_fuzzer_ok_keep_every_invariant() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/program");
    let entries = fs::read_dir(corpus).expect("fuzz/corpus/program is there");
    let files: BTreeSet<_> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty(), "the corpus is empty");
    let (starts, mut done) = (Starts::new(), Counts::new());
    for file in files {
        let life = fs::read(&file).unwrap();
        starts.live(&life, &mut done).unwrap_or_else(|breach| panic!("{}: {breach}", file.display()));
    }
    println!("{done:#?}");
}
