//! Lives of a market and its positions out of arbitrary bytes.
#![no_main]
#![allow(dead_code)] // Tests use the rest of these files.

#[path = "../../crates/risk/tests/common/life/mod.rs"]
mod life;
#[path = "../../crates/risk/tests/common/state.rs"]
mod state;

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(life::bytes::live_of_bytes(data)));
