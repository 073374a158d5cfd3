//! Real price accounts, where they lie beside the repository. Without them their tests pass, and say so.

use std::fs;
use std::path::PathBuf;

use bulkhead_risk::Sample;
use serde_json::Value;

/// Bytes of one account, and what whoever took them decoded.
pub(crate) struct Dump {
    pub(crate) name: String,
    pub(crate) data: Vec<u8>,
    decoded: Value,
}

impl Dump {
    /// The price that stands in the index is the sample's.
    #[track_caller]
    pub(crate) fn assert_decoded_price(&self, sample: &Sample) {
        let raw = self.decoded["price_raw"].as_u64().unwrap();
        let exponent = self.decoded["expo"].as_i64().unwrap();
        assert_eq!(sample.price.get(), raw * 10_u64.pow((12 + exponent) as u32), "{}", self.name);
        assert_eq!(
            sample.publish_time.get(),
            self.decoded["publish_time"].as_i64().unwrap(),
            "{}",
            self.name
        );
    }
}

/// All dumps whose name begins so.
pub(crate) fn dumps(prefix: &str) -> Vec<Dump> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/pyth");
    let Ok(index) = fs::read(folder.join("index.json")) else {
        println!("skipped: no real price accounts beside the repository (../shared/pyth)");
        return Vec::new();
    };
    let index: Vec<Value> = serde_json::from_slice(&index).unwrap();
    let named = index.iter().filter_map(|entry| {
        let name = entry["file"].as_str().unwrap();
        let data = name.starts_with(prefix).then(|| fs::read(folder.join(name)).unwrap())?;
        Some(Dump { name: name.to_owned(), data, decoded: entry["decoded"].clone() })
    });
    let found: Vec<_> = named.collect();
    assert!(!found.is_empty(), "the index names no {prefix} file");
    found
}
