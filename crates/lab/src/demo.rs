//! `bulkhead-lab demo`: path, replay, summary, report.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::path::instant::parse_instant;
use crate::path::{ConfidenceModel, Expansion, PricePath, load, synthetic};
use crate::record::{MarginMode, Rates, RunRecord};
use crate::report;
use crate::runner::ReplayConfig;
use crate::summary::terminal;

/// A market trusts its stress figure more than its own samples for so long.
const WARM_UP_SECS: i64 = 48 * 3_600;

#[derive(Args, Clone, Debug)]
pub struct DemoArgs {
    /// Minute bars to replay: CSV or gzipped CSV with the header ts,open,high,low,close,volume (ts in Unix
    /// seconds). Without it, a built-in crash is replayed: two calm days, then a fall of about 40 % within
    /// hours.
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,

    /// Start here: a date (2020-03-10, 2020-03-10T12:30, in UTC) or Unix seconds. Leave two days before what
    /// you want to see: for its first 48 hours a market leans on its stress volatility.
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub from: Option<i64>,

    /// Stop before this time: --to 2020-03-14 ends with the last minute of 13 March.
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub to: Option<i64>,

    /// How many positions are opened, of both sides and many sizes and leverages: three quarters in the first
    /// half of the path, the others at any time after.
    #[arg(long, value_name = "COUNT", default_value_t = 300)]
    pub positions: u32,

    /// Draws the positions, and without --data the path as well. Same seed, same run.
    #[arg(long, default_value_t = synthetic::DEFAULT_SEED)]
    pub seed: u64,

    /// Oracle samples made of each minute: 1, 2, 4, 12, 20 or 60. From 4 on each visits open, both extremes
    /// and close.
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    pub samples_per_minute: u32,

    /// Replay a second time with a fixed margin and show both side by side: the first run's mean, weighted by
    /// open interest.
    #[arg(long)]
    pub static_margin: bool,

    /// Trade fee, borrow fee, funding, price impact and keepers' pay: as live markets have them, or none.
    #[arg(long, value_enum, default_value_t = Rates::Live)]
    pub rates: Rates,

    /// Where to write the report: one HTML file, complete in itself.
    #[arg(long, value_name = "FILE", default_value = "target/demo/report.html")]
    pub out: PathBuf,

    /// Also write everything that was recorded, as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

#[derive(Serialize)]
struct JsonOutput<'a> {
    runs: &'a [RunRecord],
}

/// Runs the demo with `replay` as the runner and prints the summary to `out`. True if every promise held in
/// every run.
pub fn run(
    args: &DemoArgs,
    replay: impl Fn(&PricePath, &ReplayConfig, &ProgressBar) -> Result<RunRecord>,
    out: &mut impl Write,
) -> Result<bool> {
    let path = price_path(args)?;
    let expansion = Expansion::new(args.samples_per_minute, ConfidenceModel::default())?;
    note_what_is_unusual(&path);
    let replay_with = |margin| {
        let (positions, seed, rates) = (args.positions, args.seed, args.rates);
        let config = ReplayConfig { positions, seed, margin, rates, expansion };
        let progress = progress_bar(expansion.sample_count(&path), margin);
        let record = replay(&path, &config, &progress);
        progress.finish_and_clear();
        record.with_context(|| format!("replay with {}", margin.label()))
    };
    let mut runs = vec![replay_with(MarginMode::VolatilityScaled)?];
    if args.static_margin {
        let margin_ppm =
            runs[0].mean_margin_ppm().context("the first run has no minute to take a mean margin of")?;
        runs.push(replay_with(MarginMode::Static { margin_ppm })?);
    }
    write!(out, "{}", terminal::render(&runs[0], runs.get(1)))?;
    write_file(&args.out, &report::render(&runs[0], runs.get(1)))?;
    writeln!(out, "Report: {}", args.out.display())?;
    if let Some(file) = &args.json {
        write_file(file, &serde_json::to_string(&JsonOutput { runs: &runs })?)?;
        writeln!(out, "Record: {}", file.display())?;
    }
    Ok(runs.iter().all(|run| run.summary.promises_hold()))
}

fn price_path(args: &DemoArgs) -> Result<PricePath> {
    let (path, named) = match &args.data {
        Some(file) => {
            let named = file.display().to_string();
            (load::load(file).with_context(|| named.clone())?, named)
        }
        None => (synthetic::crash(args.seed), "the built-in crash".to_owned()),
    };
    path.slice(args.from, args.to).with_context(|| named)
}

fn note_what_is_unusual(path: &PricePath) {
    if path.to_secs() - path.from_secs() <= WARM_UP_SECS {
        eprintln!(
            "Note: the path is no longer than a market's 48-hour warm-up; its margin never shows itself."
        );
    }
    let gaps = path.gaps();
    if !gaps.is_empty() {
        let minutes: i64 = gaps.iter().map(crate::path::Gap::minutes).sum();
        eprintln!(
            "Note: the path lacks {minutes} minutes, in {} places; nothing is posted then.",
            gaps.len()
        );
    }
}

/// Drawn on standard error, and only where that is a terminal.
fn progress_bar(sample_count: u64, margin: MarginMode) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{prefix} {wide_bar} {percent:>3} %  {msg}  {elapsed} (left: {eta})")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(sample_count).with_style(style).with_prefix(margin.label())
}

fn write_file(file: &Path, text: &str) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use clap::Parser;

    use super::*;
    use crate::record::MinuteRow;
    use crate::summary::fixture;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        demo: DemoArgs,
    }

    fn args(folder: &Path, extra: &[&str]) -> DemoArgs {
        let out = folder.join("sub/report.html");
        let words = ["demo", "--out", out.to_str().unwrap()];
        Cli::parse_from(words.iter().chain(extra)).demo
    }

    fn folder(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("bulkhead-lab-{name}-{}", std::process::id()))
    }

    fn recorded(margin: MarginMode) -> RunRecord {
        let mut record = fixture::record();
        record.info.margin = margin;
        record.rows = [30_000, 50_000]
            .map(|m_ramp_ppm| MinuteRow { m_ramp_ppm, open_positions: 1, price_e8: 1, ..Default::default() })
            .to_vec();
        record
    }

    #[test]
    fn demo_replays_the_cut_path_twice_and_writes_report_and_record() {
        let folder = folder("demo");
        let json = folder.join("record.json");
        let extra =
            ["--static-margin", "--from", "2026-01-06", "--seed", "9", "--json", json.to_str().unwrap()];
        let seen = RefCell::new(vec![]);
        let mut printed = vec![];
        let replay = |path: &PricePath, config: &ReplayConfig, progress: &ProgressBar| {
            assert_eq!(path.bars().len(), 2 * 1_440);
            assert_eq!((config.positions, config.seed, progress.length()), (300, 9, Some(4 * 2 * 1_440)));
            assert_eq!(config.rates, Rates::Live);
            seen.borrow_mut().push(config.margin);
            Ok(recorded(config.margin))
        };
        assert!(run(&args(&folder, &extra), replay, &mut printed).unwrap());
        assert_eq!(
            seen.into_inner(),
            [MarginMode::VolatilityScaled, MarginMode::Static { margin_ppm: 40_000 }]
        );
        assert!(fs::read_to_string(folder.join("sub/report.html")).unwrap().starts_with("<!doctype html>"));
        let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
        assert_eq!(json["runs"].as_array().unwrap().len(), 2);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn demo_tells_a_broken_promise() {
        let folder = folder("broken");
        let replay = |_: &PricePath, config: &ReplayConfig, _: &ProgressBar| {
            let mut record = recorded(config.margin);
            record.summary.promises.payouts_refused = 1;
            Ok(record)
        };
        assert!(!run(&args(&folder, &[]), replay, &mut vec![]).unwrap());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn demo_fails_before_any_replay_when_there_is_nothing_to_replay() {
        let folder = folder("none");
        let replay =
            |_: &PricePath, _: &ReplayConfig, _: &ProgressBar| -> Result<RunRecord> { unreachable!() };
        let missing = args(&folder, &["--data", "/nowhere/prices.csv"]);
        let error = format!("{:#}", run(&missing, replay, &mut vec![]).unwrap_err());
        assert!(error.starts_with("/nowhere/prices.csv: cannot be read"), "{error}");
        let error = run(&args(&folder, &["--samples-per-minute", "3"]), replay, &mut vec![]).unwrap_err();
        assert!(error.to_string().contains("use 1, 2, 4"));
    }
}
