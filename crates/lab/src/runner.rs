//! Drives the compiled program along a price path.

use anyhow::{Result, bail};
use indicatif::ProgressBar;

use crate::path::{Expansion, PricePath};
use crate::record::{MarginMode, RunRecord};

/// Everything a replay depends on besides the path: the same configuration and path give the same record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayConfig {
    /// How many positions orders are placed for.
    pub positions: u32,
    /// Of the positions' sides, sizes, leverages and times.
    pub seed: u64,
    pub margin: MarginMode,
    pub expansion: Expansion,
}

/// Replays the path and records what happened. `progress` counts samples up to [`Expansion::sample_count`];
/// the caller has set its length.
pub fn replay(_path: &PricePath, _config: &ReplayConfig, _progress: &ProgressBar) -> Result<RunRecord> {
    bail!("the replay is not wired to the program yet")
}
