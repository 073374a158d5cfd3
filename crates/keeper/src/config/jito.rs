//! The section `[jito]`: bundles through a block engine.

use anyhow::{Result, ensure};
use serde::Deserialize;

use crate::duty::Duty;
use crate::jito::TIP_LAMPORTS_MIN;

section!(
    /// Bundles: without a `url` there are none.
    Jito {
        url: Option<String> = None,
        auth: Option<String> = None,
        duties: Vec<DutyName> = vec![DutyName(Duty::ExecuteOrders), DutyName(Duty::Liquidate)],
        tip_share_ppm: u32 = 200_000,
        tip_lamports_min: u64 = TIP_LAMPORTS_MIN,
        tip_lamports_max: u64 = 200_000,
        wait_slots: u64 = 6,
        status_ms: u64 = 1_000,
    }
);

impl Jito {
    pub(super) fn check(&self) -> Result<()> {
        let is_http = |url: &String| ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
        ensure!(self.url.iter().all(is_http), "jito.url: does not begin with http:// or https://");
        let is_header = |text: &String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        ensure!(self.auth.iter().all(is_header), "jito.auth: a UUID as the block engine's operator gave it");
        ensure!(
            self.tip_lamports_min >= TIP_LAMPORTS_MIN,
            "jito.tip_lamports_min: at least {TIP_LAMPORTS_MIN}, block engines take no less"
        );
        ensure!(
            self.tip_lamports_max >= self.tip_lamports_min,
            "jito.tip_lamports_max: less than jito.tip_lamports_min"
        );
        ensure!(self.tip_share_ppm <= 1_000_000, "jito.tip_share_ppm: at most 1000000, all of the reward");
        ensure!((1..=100).contains(&self.wait_slots), "jito.wait_slots: 1 to 100");
        ensure!(self.status_ms >= 200, "jito.status_ms: at least 200");
        Ok(())
    }

    /// Whether transactions of this duty go out in bundles.
    pub fn is_for(&self, duty: Duty) -> bool {
        self.url.is_some() && self.duties.contains(&DutyName(duty))
    }
}

/// A duty by the name that metrics give it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub struct DutyName(pub Duty);

impl TryFrom<String> for DutyName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let found = Duty::ALL.into_iter().find(|duty| duty.name() == text);
        found.map(Self).ok_or_else(|| format!("{text:?} is no duty"))
    }
}
