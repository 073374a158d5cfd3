//! Hermes: Pyth's web service of signed prices.
//!
//! `GET /v2/updates/price/latest` gives the newest update of all feeds asked for, in one signed message. Since
//! August 2026 every caller needs an API key, sent as a bearer token.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;
use serde::Deserialize;

use crate::update::{FeedId, Update, UpdateError};

/// Pyth's own instance.
pub const PYTH_URL: &str = "https://pyth.dourolabs.app/hermes";
const PATH: &str = "v2/updates/price/latest";

/// Why there is no update.
#[derive(Debug, thiserror::Error)]
pub enum HermesError {
    /// The address, or the connection.
    #[error("Hermes cannot be reached: {0}")]
    Connection(String),
    /// No key, or one that is not taken.
    #[error("Hermes refuses the API key (HTTP {0}): is hermes.api_key set, and paid for?")]
    Key(StatusCode),
    /// Asked too often.
    #[error("Hermes asks to be left alone: too many requests")]
    Throttled {
        /// How long, where it said so.
        wait: Option<Duration>,
    },
    /// Something else than 200.
    #[error("Hermes answers HTTP {0}")]
    Status(StatusCode),
    /// An answer without an update.
    #[error("the answer of Hermes is not what its interface says: {0}")]
    Answer(String),
    /// An update that is none.
    #[error("the update of Hermes: {0}")]
    Update(#[from] UpdateError),
}

/// Asks one Hermes for some feeds.
#[derive(Clone)]
pub struct Hermes {
    client: reqwest::Client,
    url: String,
    key: Option<String>,
    feeds: Vec<FeedId>,
}

impl fmt::Debug for Hermes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the key.
        formatter.debug_struct("Hermes").field("url", &self.url).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Answer {
    binary: Binary,
}

#[derive(Deserialize)]
struct Binary {
    data: Vec<String>,
}

impl Hermes {
    /// At `url`, with an API key if it wants one, given up after `timeout`.
    pub fn new(
        url: &str,
        key: Option<String>,
        feeds: Vec<FeedId>,
        timeout: Duration,
    ) -> Result<Self, HermesError> {
        let client = reqwest::Client::builder().timeout(timeout).build();
        let client = client.map_err(|error| HermesError::Connection(words(error)))?;
        Ok(Self { client, url: format!("{}/{PATH}", url.trim_end_matches('/')), key, feeds })
    }

    /// The newest update.
    pub async fn latest(&self) -> Result<Update, HermesError> {
        let ids = self.feeds.iter().map(|feed| ("ids[]".to_owned(), hex(feed)));
        let more = [("encoding", "base64"), ("parsed", "false"), ("ignore_invalid_price_ids", "true")];
        let more = more.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let query: Vec<(String, String)> = ids.chain(more).collect();
        let mut request = self.client.get(&self.url).query(&query);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.map_err(|error| HermesError::Connection(words(error)))?;
        match response.status() {
            StatusCode::OK => {}
            status @ (StatusCode::UNAUTHORIZED | StatusCode::PAYMENT_REQUIRED | StatusCode::FORBIDDEN) => {
                return Err(HermesError::Key(status));
            }
            StatusCode::TOO_MANY_REQUESTS => {
                let wait = response.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok());
                let wait = wait.and_then(|secs| secs.parse().ok()).map(Duration::from_secs);
                return Err(HermesError::Throttled { wait });
            }
            status => return Err(HermesError::Status(status)),
        }
        let answer: Answer = response.json().await.map_err(|error| HermesError::Answer(words(error)))?;
        let data = answer.binary.data.first().ok_or_else(|| HermesError::Answer("no update".into()))?;
        let bytes = STANDARD.decode(data).map_err(|error| HermesError::Answer(error.to_string()))?;
        Ok(Update::parse(&bytes)?)
    }
}

/// Without the address: its query is long and the same every time.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}

fn hex(feed: &FeedId) -> String {
    feed.iter().map(|byte| format!("{byte:02x}")).collect()
}
