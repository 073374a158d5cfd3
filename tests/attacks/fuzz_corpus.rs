//! What the fuzzer has found worth keeping, replayed: every file of `fuzz/corpus/pyth` is read or refused.

use std::fs;
use std::path::Path;

use bulkhead_tests::price_bytes::read_bytes;

#[test]
fn price_accounts_of_the_corpus_ok_read_or_refused() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/pyth");
    let mut replayed = 0;
    for entry in fs::read_dir(corpus).expect("fuzz/corpus/pyth is there") {
        let file = entry.unwrap().path();
        println!("{}", file.display());
        read_bytes(&fs::read(file).unwrap());
        replayed += 1;
    }
    assert!(replayed > 0, "the corpus is empty");
}
