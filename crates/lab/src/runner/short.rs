//! A replay short enough for a test suite: the built-in crash from six hours before it to its low.

use anyhow::Result;
use indicatif::ProgressBar;

use super::{ReplayConfig, replay};
use crate::path::{Expansion, synthetic};
use crate::record::{MarginMode, Rates, RunRecord};

const POSITIONS: u32 = 40;
const HOUR_SECS: i64 = 3_600;
/// The fall begins at 03:00 of the third day and lasts under four hours.
const FROM_HOUR: i64 = 45;
const TO_HOUR: i64 = 55;

/// Replays ten hours with 40 positions; a second or two in the dev profile. Its market is younger than 48
/// hours, so its margin starts from the stress volatility.
pub fn replay_short(seed: u64, margin: MarginMode, rates: Rates) -> Result<RunRecord> {
    let hour = |hours: i64| Some(synthetic::START_SECS + hours * HOUR_SECS);
    let path = synthetic::crash(seed).slice(hour(FROM_HOUR), hour(TO_HOUR))?;
    let config = ReplayConfig { positions: POSITIONS, seed, margin, rates, expansion: Expansion::default() };
    replay(&path, &config, &ProgressBar::hidden())
}
