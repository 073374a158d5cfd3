//! Bytes as people hand them over: base64, hexadecimal, or a file.

use std::path::Path;

use bulkhead_client::rpc::decode_base64;
use serde_json::Value;

use crate::error::{CliError, Result};

/// Reads base64, or hexadecimal behind "0x".
pub fn read(text: &str) -> Result<Vec<u8>> {
    let text = text.trim();
    let bytes = match text.strip_prefix("0x") {
        Some(hex) => from_hex(hex),
        None => decode_base64(text),
    };
    bytes.ok_or_else(|| CliError::usage("the data are neither base64 nor hexadecimal behind 0x"))
}

/// Reads a file: raw bytes, or an account as nodes and the Solana CLI print it in JSON.
pub fn read_file(path: &Path) -> Result<Vec<u8>> {
    let bytes =
        std::fs::read(path).map_err(|error| CliError::usage(format!("{}: {error}", path.display())))?;
    match serde_json::from_slice::<Value>(&bytes) {
        Ok(value) => {
            let data = value.pointer("/account/data/0").or_else(|| value.pointer("/data/0"));
            let text = data.and_then(Value::as_str).ok_or_else(|| {
                CliError::usage(format!("{}: JSON without an account's data", path.display()))
            })?;
            read(text)
        }
        Err(_) => Ok(bytes),
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [_, _] => u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_from_base64_and_hexadecimal() {
        assert_eq!(read("AAEC/w=="), Ok(vec![0, 1, 2, 255]));
        assert_eq!(read(" 0x000102ff\n"), Ok(vec![0, 1, 2, 255]));
        for wrong in ["0x0", "0xzz", "not base64!", "AAE"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
