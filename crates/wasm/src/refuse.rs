//! Refusals and error codes in words.

use bulkhead_client::{Refusal, error};
use bulkhead_risk::RiskError;
use js_sys::{Error, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Result of what the page calls.
pub(crate) type Result<T> = std::result::Result<T, Refused>;

/// A refusal on its way to the page.
pub(crate) struct Refused(JsValue);

impl From<Refused> for JsValue {
    fn from(refused: Refused) -> Self {
        refused.0
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let thrown = Error::new(&refusal.0.to_string());
        thrown.set_name(&refusal.0.name());
        // Setting a field of a fresh error cannot fail.
        let _ = Reflect::set(&thrown, &"code".into(), &refusal.code().into());
        Self(thrown.into())
    }
}

impl From<RiskError> for Refused {
    fn from(error: RiskError) -> Self {
        Refusal::from(error).into()
    }
}

impl From<bulkhead_client::accounts::AccountError> for Refused {
    fn from(error: bulkhead_client::accounts::AccountError) -> Self {
        Self(Error::new(&error.to_string()).into())
    }
}

/// What the page got wrong itself.
pub(crate) fn mistake(message: &str) -> Refused {
    Refused(Error::new(message).into())
}

/// The error behind a failed transaction: from its logs where they name one, else from its code alone.
#[wasm_bindgen]
pub fn explain(logs: Vec<String>, code: Option<u32>) -> Option<String> {
    let logged = error::from_logs(logs.iter().map(String::as_str));
    let known = logged.or_else(|| code.and_then(error::find))?;
    Some(known.message)
}
