//! What this program logged in a transaction. Its layout is the generated client's to read: decoders of every
//! event would weigh as much here as all of the arithmetic, and most visits need none.

use bulkhead_client::events::{bytes, data_from_logs};
use bulkhead_risk::fixed;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

const E9: u64 = 1_000_000_000;

/// The data of the program's events, discriminators included, in their order; nothing of a transaction that
/// failed. What other programs have logged is not among it, whatever it looks like.
#[wasm_bindgen(js_name = eventData, unchecked_return_type = "Uint8Array[]")]
pub fn event_data(logs: Vec<String>) -> JsValue {
    let all = Array::new();
    let end = data_from_logs(logs.iter().map(String::as_str), |data| {
        if let Ok(bytes) = bytes(data) {
            all.push(&Uint8Array::from(bytes.as_slice()));
        }
    });
    if end.has_failed { Array::new().into() } else { all.into() }
}

/// What a share went for, in 10^-9 atoms, rounded down; zero for none.
#[wasm_bindgen(js_name = sharePriceE9)]
pub fn share_price(amount_atoms: u64, shares: u64) -> u64 {
    fixed::mul_div_u64_floor(amount_atoms, E9, shares).unwrap_or(0)
}
