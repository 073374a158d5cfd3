//! `bulkhead-lab adversary`: what somebody gains who may choose which valid price lands and when: a trader with his
//! own orders, a liquidator with his sightings, a cranker with the samples of a market.
//!
//! Each plays by the rules of `bulkhead-risk`, second by second, along real minutes or walks. See
//! docs/benchmarks/adversary.md for what it means.

pub mod cranker;
pub mod liquidator;
mod market;
pub mod orders;
pub mod report;
pub mod seconds;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

pub use report::render;
pub use seconds::Seconds;

use crate::live;
use crate::path::{MINUTE_SECS, PricePath, load, synthetic};
use orders::{Book, Leg, Others, Terms};

const DAY_SECS: usize = 86_400;

#[derive(Args, Clone, Debug)]
pub struct AdversaryArgs {
    /// Minute bars; the day before the worst half hour and the twelve hours after its beginning are played. Without
    /// any, the built-in crash and two walks.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub data: Vec<PathBuf>,

    /// Draws what lies between the minutes, the victims and the walks. Same seed, same run.
    #[arg(long, default_value_t = synthetic::DEFAULT_SEED)]
    pub seed: u64,

    /// Also write the tables to this file.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What others do, from nothing to a price every second.
pub const OTHERS: [Others; 6] = [
    Others { push_every: None, execute: false },
    Others { push_every: Some(60), execute: false },
    Others { push_every: Some(15), execute: false },
    Others { push_every: Some(5), execute: false },
    Others { push_every: Some(2), execute: false },
    Others { push_every: Some(5), execute: true },
];
/// Fees that are tried for the break-even, in ppm.
const FEES_PPM: [u32; 14] = [0, 100, 200, 300, 400, 500, 600, 800, 1_000, 1_500, 2_000, 3_000, 4_000, 5_000];
/// Below this an order is not worth its own transactions: two signatures, at 100,000 USD of notional and 200 USD a
/// SOL, in ppb: 10,000 lamports are 0.002 USD, or 20 ppb. The tip comes back to an owner who executes or cancels.
pub const COST_OF_AN_ORDER_PPB: i64 = 20;
/// Profit that is not negligible: a hundredth of the trade fee of an order.
pub const NEGLIGIBLE_PPB: i64 = 6_000;

/// Other terms that are tried, against somebody whom nobody disturbs.
const WHAT_IFS: [(&str, Terms); 7] = [
    ("open, window 5 s", Terms { window_secs: (2, 5), age_max_secs: 10, age_charge_percent: 0 }),
    ("open, window 5 s, age 3 s", Terms { window_secs: (2, 5), age_max_secs: 3, age_charge_percent: 0 }),
    ("close, window 5 s", Terms { window_secs: (2, 5), age_max_secs: 120, age_charge_percent: 200 }),
    (
        "close, nothing charged, age 30 s",
        Terms { window_secs: (2, 15), age_max_secs: 30, age_charge_percent: 0 },
    ),
    (
        "close, sigma of its age charged",
        Terms { window_secs: (2, 15), age_max_secs: 120, age_charge_percent: 100 },
    ),
    ("close, nothing charged", Terms { window_secs: (2, 15), age_max_secs: 120, age_charge_percent: 0 }),
    ("close, age 10 s", Terms { window_secs: (2, 15), age_max_secs: 10, age_charge_percent: 0 }),
];

/// A leg against others.
#[derive(Clone, Copy, Debug)]
pub struct OrderRow {
    /// Opening or closing, and under which terms where not the live ones.
    pub leg: &'static str,
    /// What others do.
    pub others: Others,
    /// At the live trade fee.
    pub live: orders::Outcome,
    /// Least fee tried at which an order brings no more than [`NEGLIGIBLE_PPB`]; none of them.
    pub fee_ppm: Option<u32>,
}

/// Everything about one path.
#[derive(Clone, Debug)]
pub struct PathResult {
    /// Its name.
    pub name: String,
    /// Mean deviation of a second, in ppb.
    pub sigma_ppb: i128,
    /// Traders.
    pub orders: Vec<OrderRow>,
    /// Liquidators.
    pub liquidator: liquidator::Outcome,
    /// Crankers.
    pub cranker: cranker::Outcome,
}

/// Searches everything and prints the tables. True if what must not happen did not.
pub fn run(args: &AdversaryArgs, out: &mut impl Write) -> Result<bool> {
    let mut results = Vec::new();
    for seconds in series(args)? {
        eprintln!("{}", seconds.name);
        results.push(search(&seconds, args.seed)?);
    }
    let text = render(&results);
    write!(out, "{text}")?;
    if let Some(file) = &args.out {
        std::fs::write(file, &text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(results.iter().all(|result| result.cranker.tipped == 0))
}

fn series(args: &AdversaryArgs) -> Result<Vec<Seconds>> {
    if args.data.is_empty() {
        let crash = synthetic::crash(args.seed);
        let mut all = vec![
            Seconds::walk(2 * DAY_SECS, 500_000, args.seed)?,
            Seconds::walk(2 * DAY_SECS, 1_000_000, args.seed)?,
        ];
        all.extend(around_the_worst(&crash, args.seed)?);
        return Ok(all);
    }
    let mut all = Vec::new();
    for file in &args.data {
        let path = load::load(file).with_context(|| file.display().to_string())?;
        all.extend(around_the_worst(&path, args.seed)?);
    }
    Ok(all)
}

/// The day before the worst half hour, and the twelve hours from its beginning.
fn around_the_worst(path: &PricePath, seed: u64) -> Result<[Seconds; 2]> {
    let bars = path.bars();
    let fall = |start: usize| {
        let window = &bars[start..bars.len().min(start + 30)];
        let low = window.iter().map(|bar| bar.low_e8).min().unwrap_or(u64::MAX);
        u128::from(bars[start].open_e8.saturating_sub(low)) * 1_000_000 / u128::from(bars[start].open_e8)
    };
    let worst = (0..bars.len()).max_by_key(|start| fall(*start)).unwrap_or(0);
    let onset = bars[worst].ts_secs;
    let from = (onset - DAY_SECS as i64).max(path.from_secs());
    let cut = path.slice(Some(from), Some(onset + DAY_SECS as i64 / 2))?;
    let seconds = Seconds::of(&cut, seed)?;
    let middle = usize::try_from(onset - cut.from_secs())?.max(2 * MINUTE_SECS as usize);
    Ok([seconds.part("day before", 0, middle), seconds.part("crash", middle, seconds.len())])
}

/// Everything about one path.
pub fn search(seconds: &Seconds, seed: u64) -> Result<PathResult> {
    let params = if seconds.name.starts_with("ETH") { live::eth()? } else { live::btc()? };
    let live_fee = params.trade_fee_ppm.get();
    let row = |leg, terms, others| {
        let book = Book::of(seconds, terms, others);
        let negligible = |fee: &u32| book.best_response(*fee).per_order_ppb <= NEGLIGIBLE_PPB;
        let fee_ppm = FEES_PPM.into_iter().find(negligible);
        OrderRow { leg, others, live: book.best_response(live_fee), fee_ppm }
    };
    let mut rows = Vec::new();
    for (name, leg) in [("open", Leg::Open), ("close", Leg::Close)] {
        rows.extend(OTHERS.into_iter().map(|others| row(name, Terms::of(&params, leg), others)));
    }
    rows.extend(WHAT_IFS.into_iter().map(|(name, terms)| row(name, terms, OTHERS[0])));
    let looks = (600..seconds.len()).step_by(600);
    let count = looks.len().max(1) as i128;
    Ok(PathResult {
        name: seconds.name.clone(),
        sigma_ppb: looks.map(|at| seconds.sigma_ppb(at)).sum::<i128>() / count,
        orders: rows,
        liquidator: liquidator::search(seconds, &params, seed)?,
        cranker: cranker::search(seconds, &params)?,
    })
}
