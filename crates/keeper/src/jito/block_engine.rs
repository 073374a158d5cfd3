//! The four questions that a block engine is asked, over JSON-RPC.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use solana_pubkey::Pubkey;

const AUTH_HEADER: &str = "x-jito-auth";
const CONNECT_MAX: Duration = Duration::from_secs(2);
/// Longest wait for an answer: what lasts longer is overtaken by the node.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EngineError {
    /// The block engine said no, or was never reached: it has nothing.
    Refused(String),
    /// Whether it has what it was sent is not known.
    Unknown(String),
}

impl fmt::Display for EngineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Refused(reason) | Self::Unknown(reason)) = self;
        formatter.write_str(reason)
    }
}

/// A block engine.
pub(super) struct BlockEngine {
    http: reqwest::Client,
    url: String,
    auth: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    result: Option<Value>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: i64,
    message: String,
}

#[derive(Deserialize)]
struct Statuses {
    value: Option<Vec<InFlight>>,
}

#[derive(Deserialize)]
struct InFlight {
    bundle_id: String,
    status: String,
}

impl BlockEngine {
    /// The one whose methods are under `url`; `auth` is the UUID that lifts its rate limit.
    pub(super) fn new(url: &str, auth: Option<String>) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder().connect_timeout(CONNECT_MAX).timeout(ANSWER_MAX).build()?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned(), auth })
    }

    /// Accounts that a tip may be paid to.
    pub(super) async fn tip_accounts(&self) -> Result<Vec<Pubkey>, EngineError> {
        let accounts: Vec<String> = self.ask("bundles", "getTipAccounts", json!([])).await?;
        let parsed: Vec<Pubkey> = accounts.iter().filter_map(|account| account.parse().ok()).collect();
        match parsed.is_empty() {
            true => Err(EngineError::Refused("it names no tip accounts".into())),
            false => Ok(parsed),
        }
    }

    /// Hands it a bundle of one transaction; its id.
    pub(super) async fn send(&self, wire: &[u8]) -> Result<String, EngineError> {
        let params = json!([[STANDARD.encode(wire)], { "encoding": "base64" }]);
        self.ask("bundles", "sendBundle", params).await
    }

    /// Whether it has given the bundle up without forwarding it to a leader.
    pub(super) async fn has_failed(&self, id: &str) -> Result<bool, EngineError> {
        let method = "getInflightBundleStatuses";
        let statuses: Statuses = self.ask(method, method, json!([[id]])).await?;
        let found = statuses.value.unwrap_or_default();
        // "Invalid" only says that it does not know it, or not yet.
        Ok(found.iter().any(|bundle| bundle.bundle_id == id && bundle.status == "Failed"))
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        method: &str,
        params: Value,
    ) -> Result<T, EngineError> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut request = self.http.post(format!("{}/{path}", self.url)).json(&body);
        if let Some(auth) = &self.auth {
            request = request.header(AUTH_HEADER, auth);
        }
        // A request's address may hold a key: it is kept out of logs.
        let response = request.send().await.map_err(|error| match error.is_connect() {
            true => EngineError::Refused(error.without_url().to_string()),
            false => EngineError::Unknown(error.without_url().to_string()),
        })?;
        let status = response.status();
        let unread = |reason: String| match status.is_client_error() {
            true => EngineError::Refused(format!("HTTP {status}")),
            false => EngineError::Unknown(format!("HTTP {status}: {reason}")),
        };
        let answer: Answer =
            response.json().await.map_err(|error| unread(error.without_url().to_string()))?;
        if let Some(Refusal { code, message }) = answer.error {
            return Err(EngineError::Refused(format!("{message} ({code})")));
        }
        let result = answer.result.unwrap_or_default();
        serde_json::from_value(result).map_err(|error| unread(error.to_string()))
    }
}
