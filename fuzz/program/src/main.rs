//! Lives of whole markets on the compiled program, out of arbitrary bytes: the random actions of the scenarios, every
//! invariant after each, and libFuzzer's counters are the branches that the virtual machine took in the program.
//!
//! `cargo xtask fuzz program` builds it, gives the program a section table and turns the machine's tracing on.
#![no_main]
#![allow(dead_code)] // The suite uses the rest of these files.

#[path = "../../../tests/scenarios/act.rs"]
mod act;
#[path = "../../../tests/scenarios/actions.rs"]
mod actions;
#[path = "../../../tests/scenarios/books.rs"]
mod books;
#[path = "../../../tests/scenarios/bytes.rs"]
mod bytes;
#[path = "../../../tests/scenarios/coverage.rs"]
mod coverage;
#[path = "../../../tests/scenarios/ending.rs"]
mod ending;
#[path = "../../../tests/scenarios/follow.rs"]
mod follow;
#[path = "../../../tests/scenarios/governance.rs"]
mod governance;
#[path = "../../../tests/scenarios/keeping.rs"]
mod keeping;
#[path = "../../../tests/scenarios/liquidity.rs"]
mod liquidity;
mod mutate;
#[path = "../../../tests/scenarios/pools.rs"]
mod pools;
#[path = "../../../tests/scenarios/prices.rs"]
mod prices;
#[path = "../../../tests/src/random.rs"]
mod random;
#[path = "../../../tests/scenarios/snapshot.rs"]
mod snapshot;
#[path = "../../../tests/scenarios/top_ups.rs"]
mod top_ups;
#[path = "../../../tests/scenarios/town.rs"]
mod town;
mod trace;
#[path = "../../../tests/scenarios/trading.rs"]
mod trading;
#[path = "../../../tests/scenarios/views.rs"]
mod views;

use std::sync::OnceLock;

use bytes::Starts;
use coverage::Counts;
use trace::Trace;

static STARTS: OnceLock<Starts> = OnceLock::new();

libfuzzer_sys::fuzz_target!(
    init: { STARTS.get_or_init(starts); },
    |data: &[u8]| {
        let mut done = Counts::new();
        if let Err(breach) = STARTS.get_or_init(starts).live(data, &mut done) {
            panic!("{breach}");
        }
        trace::report(done.get("sent").copied().unwrap_or(0));
    }
);

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::mutate(data, size, max_size, seed)
});

libfuzzer_sys::fuzz_crossover!(|data1: &[u8], data2: &[u8], out: &mut [u8], seed: u32| {
    mutate::cross(data1, data2, out, seed)
});

/// The towns, each of whose chains is traced from now on.
fn starts() -> Starts {
    let mut starts = Starts::new();
    let trace =
        Trace::new(&std::env::var("BULKHEAD_SO").expect("cargo xtask fuzz program names the program"));
    starts.each_chain(|chain| chain.set_invocation_inspect_callback(trace));
    starts
}
