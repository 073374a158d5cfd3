//! `bulkhead-lab`: replays price paths through the compiled program.

use std::process::ExitCode;

use anyhow::Result;
use bulkhead_lab::demo::{self, DemoArgs};
use bulkhead_lab::runner;
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
    }
}
