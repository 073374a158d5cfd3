//! The section `[yellowstone]`: a Geyser stream instead of the websocket.

use anyhow::{Result, ensure};
use serde::Deserialize;

section!(
    /// A Geyser stream: without an `endpoint` it is the websocket.
    Yellowstone {
        endpoint: Option<String> = None,
        x_token: Option<String> = None,
        closings: bool = true,
    }
);

impl Yellowstone {
    pub(super) fn check(&self) -> Result<()> {
        let Some(endpoint) = &self.endpoint else { return Ok(()) };
        ensure!(
            cfg!(feature = "yellowstone"),
            "yellowstone.endpoint: this keeper was built without the feature yellowstone"
        );
        let is_http = ["http://", "https://"].iter().any(|scheme| endpoint.starts_with(scheme));
        ensure!(is_http, "yellowstone.endpoint: {endpoint:?} does not begin with http:// or https://");
        Ok(())
    }
}
