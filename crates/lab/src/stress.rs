//! `bulkhead-lab stress`: the economics of a crash with thousands of traders, whose liquidations move the price
//! that liquidates the next, under keepers that fail, on `bulkhead-risk` directly.
//!
//! The same people meet the same prices at three venues: the protocol, the same with a margin that never moves
//! (of the same mean), and one account a trader over both markets. See docs/benchmarks/stress.md.

pub mod book;
mod cross;
pub mod feed;
mod held;
mod keepers;
mod owners;
pub mod people;
pub mod report;
pub mod run;
pub mod scenario;
pub mod tally;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

pub use book::Feedback;
pub use feed::Event;
pub use people::draw;
pub use report::{Row, holds, render};
pub use run::{Setting, play};
pub use scenario::{SCENARIOS, Scenario, Venue};
pub use tally::Tally;

use crate::path::synthetic;

const QUOTE_UNIT: u64 = 1_000_000;

#[derive(Args, Clone, Debug)]
pub struct StressArgs {
    /// Minute bars of BTC or ETH: a file whose name begins with the asset; both assets of an event are needed.
    /// Without any, a built-in crash is played.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub data: Vec<PathBuf>,

    /// Traders; six of ten hold a position in both markets.
    #[arg(long, value_name = "COUNT", default_value_t = 3_000)]
    pub traders: u32,

    /// Draws people and the built-in crash. Same seed, same run.
    #[arg(long, default_value_t = synthetic::DEFAULT_SEED)]
    pub seed: u64,

    /// Oracle samples made of each minute: 4, 12, 20 or 60.
    #[arg(long, value_name = "COUNT", default_value_t = 12)]
    pub samples_per_minute: u32,

    /// First deposit into the pool of each market, whole US dollars.
    #[arg(long, value_name = "USD", default_value_t = 25_000_000)]
    pub pool: u64,

    /// What the insurance of each market holds at the beginning, whole US dollars.
    #[arg(long, value_name = "USD", default_value_t = 100_000)]
    pub insurance: u64,

    /// Depth of the reference market that is left in a crash, in per cent of the parameter; 0: no feedback.
    #[arg(long, value_name = "PERCENT", default_value_t = 25)]
    pub depth: u32,

    /// In this time half of what a trade moved is back.
    #[arg(long, value_name = "SECS", default_value_t = 300)]
    pub half_life: i64,

    /// Also write the tables to this file.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Plays everything and prints the tables. True if every promise held.
pub fn run(args: &StressArgs, out: &mut impl Write) -> Result<bool> {
    let events = match args.data.is_empty() {
        true => vec![Event::built_in(args.seed, args.samples_per_minute)?],
        false => Event::load(&args.data, args.samples_per_minute)?,
    };
    let setting = Setting {
        people: draw(args.traders, args.seed),
        seed: args.seed,
        pool_atoms: args.pool * QUOTE_UNIT,
        insurance_atoms: args.insurance * QUOTE_UNIT,
        feedback: Feedback { depth_percent: args.depth, half_life_secs: args.half_life },
    };
    let mut rows = Vec::new();
    for event in &events {
        eprintln!("{}", event.name);
        rows.extend(play_event(event, &setting)?);
    }
    let text = render(&events, &rows);
    write!(out, "{text}")?;
    if let Some(file) = &args.out {
        std::fs::write(file, &text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(holds(&rows))
}

/// All scenarios and venues of one event.
pub fn play_event(event: &Event, setting: &Setting) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut fixed = None;
    for scenario in SCENARIOS {
        let scaled = play(event, setting, scenario, Venue::Bulkhead)?;
        // Of the first scenario: a venue sets its margin before it knows how keepers will do.
        let (before, all) = *fixed.get_or_insert((scaled.mean_ramp_before_ppm, scaled.mean_ramp_ppm));
        let mut note = |venue, tally| {
            rows.push(Row { event: event.name.clone(), scenario, venue, tally });
        };
        note(Venue::Bulkhead, scaled);
        for venue in [Venue::FixedBefore(before), Venue::FixedAll(all), Venue::Cross] {
            note(venue, play(event, setting, scenario, venue)?);
        }
    }
    Ok(rows)
}
