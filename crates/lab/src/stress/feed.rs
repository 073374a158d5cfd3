//! The events that are played: prices of two markets over one window around its worst half hour.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use crate::path::{ConfidenceModel, Expansion, MINUTE_SECS, PathSample, PricePath, load, synthetic};

/// Markets that are played together.
pub const MARKETS: usize = 2;
/// Their names, in order.
pub const SYMBOLS: [&str; MARKETS] = ["BTC", "ETH"];
/// Before the crash every sample is played for so long; of what is older, one a minute, so that the market knows
/// its volatility.
const DENSE_SECS: i64 = 26 * 3_600;
/// How far back at most.
const BEFORE_SECS: i64 = 10 * 86_400;
/// After its beginning.
const AFTER_SECS: i64 = 24 * 3_600;
/// The fall whose beginning is looked for.
const FALL_MINUTES: usize = 30;
/// What the built-in second market moves for every per cent of the first: 1.2, and where it starts.
const BETA_E1: i128 = 12;
const ETH_START_E8: i128 = 3_000 * 100_000_000;

/// Prices of both markets at one time.
#[derive(Clone, Copy, Debug)]
pub struct Tick {
    /// Unix seconds.
    pub at: i64,
    /// Sample of each market; none in a gap of its source.
    pub samples: [Option<PathSample>; MARKETS],
}

/// One event.
#[derive(Clone, Debug)]
pub struct Event {
    /// What to call it.
    pub name: String,
    /// In order of time.
    pub ticks: Vec<Tick>,
    /// When the worst half hour of the first market began.
    pub onset: i64,
    /// Largest fall within half an hour of each market, high to low, in ppm.
    pub worst_fall_ppm: [u64; MARKETS],
}

impl Event {
    /// Of two paths.
    pub fn of(name: String, paths: [PricePath; MARKETS], samples_per_minute: u32) -> Result<Self> {
        let falls = [worst_fall(&paths[0]), worst_fall(&paths[1])];
        let onset = falls[0].0;
        let expansion = Expansion::new(samples_per_minute, ConfidenceModel::default())?;
        let mut by_time: BTreeMap<i64, [Option<PathSample>; MARKETS]> = BTreeMap::new();
        for (market, path) in paths.iter().enumerate() {
            let cut = path.slice(Some(onset - BEFORE_SECS), Some(onset + AFTER_SECS))?;
            let counts = |at: i64| at >= onset - DENSE_SECS || at % MINUTE_SECS == 0;
            for sample in expansion.samples(&cut).filter(|sample| counts(sample.ts_secs)) {
                by_time.entry(sample.ts_secs).or_default()[market] = Some(sample);
            }
        }
        let ticks: Vec<_> = by_time.into_iter().map(|(at, samples)| Tick { at, samples }).collect();
        ensure!(ticks.len() > 1, "{name}: nothing to play");
        Ok(Self { name, ticks, onset, worst_fall_ppm: [falls[0].1, falls[1].1] })
    }

    /// The built-in crash, and a second market that falls with it.
    pub fn built_in(seed: u64, samples_per_minute: u32) -> Result<Self> {
        let btc = synthetic::crash(seed);
        let start = btc.bars().first().map_or(1, |bar| i128::from(bar.open_e8));
        let eth = btc.mapped("built-in second market", |price_e8| {
            let moved = (i128::from(price_e8) - start) * BETA_E1 / 10;
            u64::try_from((ETH_START_E8 + ETH_START_E8 * moved / start).max(1)).unwrap_or(1)
        });
        Self::of(format!("built-in crash, seed {seed}"), [btc, eth], samples_per_minute)
    }

    /// One event for every pair of files that differ in the asset alone.
    pub fn load(files: &[PathBuf], samples_per_minute: u32) -> Result<Vec<Self>> {
        let mut pairs: BTreeMap<String, [Option<PricePath>; MARKETS]> = BTreeMap::new();
        for file in files {
            let path = load::load(file).with_context(|| file.display().to_string())?;
            let name = path.name().to_owned();
            let Some(market) = SYMBOLS.iter().position(|symbol| name.starts_with(symbol)) else {
                bail!("{name}: its name begins with neither BTC nor ETH");
            };
            let rest = name[SYMBOLS[market].len()..].trim_end_matches(".gz").trim_end_matches(".csv");
            let rest = rest.trim_start_matches("USDT").trim_start_matches("_1m").trim_start_matches('_');
            pairs.entry(rest.to_owned()).or_default()[market] = Some(path);
        }
        pairs
            .into_iter()
            .map(|(name, paths)| match paths {
                [Some(btc), Some(eth)] => Self::of(name, [btc, eth], samples_per_minute),
                _ => bail!("{name}: both a BTC and an ETH file of an event are needed"),
            })
            .collect()
    }
}

/// Beginning and size of the largest fall from a high to a low within half an hour.
fn worst_fall(path: &PricePath) -> (i64, u64) {
    let bars = path.bars();
    let mut worst = (path.from_secs(), 0);
    for (start, bar) in bars.iter().enumerate() {
        let until = bar.ts_secs + FALL_MINUTES as i64 * MINUTE_SECS;
        let window = bars[start..].iter().take(FALL_MINUTES).take_while(|bar| bar.ts_secs < until);
        let low = window.map(|bar| bar.low_e8).min().unwrap_or(bar.open_e8);
        let fall = u128::from(bar.open_e8.saturating_sub(low)) * 1_000_000 / u128::from(bar.open_e8);
        if fall as u64 > worst.1 {
            worst = (bar.ts_secs, fall as u64);
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_event_holds_both_markets_around_its_worst_half_hour() {
        let event = Event::built_in(synthetic::DEFAULT_SEED, 4).unwrap();
        assert!(event.worst_fall_ppm[0] > 100_000 && event.worst_fall_ppm[1] > event.worst_fall_ppm[0]);
        assert!(event.ticks.iter().all(|tick| tick.samples.iter().all(Option::is_some)));
        assert!(event.ticks.windows(2).all(|pair| pair[0].at < pair[1].at));
        let first = event.ticks[0].at;
        assert!(event.onset - first >= 48 * 3_600, "{}", event.onset - first);
    }

    #[test]
    fn load_fails_without_the_other_market() {
        let error = Event::load(&[PathBuf::from("/nowhere/BTC.csv")], 4).unwrap_err();
        assert!(format!("{error:#}").starts_with("/nowhere/BTC.csv: cannot be read"), "{error:#}");
    }
}
