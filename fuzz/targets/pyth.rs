//! Arbitrary bytes where a price account should be.
#![no_main]

#[path = "../../tests/src/price_bytes.rs"]
mod price_bytes;

libfuzzer_sys::fuzz_target!(|data: &[u8]| price_bytes::read_bytes(data));
