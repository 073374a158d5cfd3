//! `bulkhead-lab`: replays price paths through the compiled program.

use std::process::ExitCode;

use anyhow::Result;
use bulkhead_lab::adversary::{self, AdversaryArgs};
use bulkhead_lab::demo::{self, DemoArgs};
use bulkhead_lab::runner;
use bulkhead_lab::side_by_side::{self, SideBySideArgs};
use bulkhead_lab::slots::{self, SlotsArgs};
use bulkhead_lab::stress::{self, StressArgs};
use clap::{Parser, Subcommand};

/// Replays price paths through the compiled Bulkhead program in an embedded SVM.
#[derive(Parser)]
#[command(name = "bulkhead-lab", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Replay a crash and prove the promises: opens positions of both sides, runs a keeper along the prices,
    /// prints the counts and writes a report with charts.
    ///
    /// Exits with 0 if every promise held, with 1 if one was broken, and with 2 if the replay could not be
    /// made.
    Demo(DemoArgs),

    /// Thousands of traders in a crash whose liquidations move the price, at this and two other kinds of venue.
    ///
    /// Exits with 1 if a promise was broken.
    Stress(StressArgs),

    /// What somebody gains who may choose which valid price lands and when: trader, liquidator, cranker.
    ///
    /// Exits with 1 if a refresh made a position liquidatable.
    Adversary(AdversaryArgs),

    /// How many positions of one market can be liquidated in a slot, by agave's cost model.
    ///
    /// Exits with 1 if fewer than 800.
    Slots(SlotsArgs),

    /// What the actions of a user cost, beside figures cited of solana-labs/perpetuals.
    SideBySide(SideBySideArgs),
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: &Cli) -> Result<bool> {
    match &cli.command {
        Command::Demo(args) => demo::run(args, runner::replay, &mut std::io::stdout().lock()),
        Command::Adversary(args) => adversary::run(args, &mut std::io::stdout().lock()),
        Command::Slots(args) => slots::run(args, &mut std::io::stdout().lock()),
        Command::SideBySide(args) => side_by_side::run(args, &mut std::io::stdout().lock()),
        Command::Stress(args) => stress::run(args, &mut std::io::stdout().lock()),
    }
}
