//! The project's own commands: `cargo xtask --help` lists them.

mod anchor;
mod browser;
mod build;
mod demo;
mod fuzz;
mod idl;
mod localnet;
mod mutants;
mod npm;
mod process;
mod profile;
mod proofs;
mod repo;
mod setup;
mod suites;
mod test;
mod tidy;
mod vectors;
mod watched;

use anyhow::Result;
use clap::{Parser, Subcommand};
use repo::Repo;
use std::process::ExitCode;

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "Bulkhead's own commands", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Bring the tools that are missing; every other command that needs them does this by itself
    Setup {
        /// Also bring the anchor command line tool
        #[arg(long)]
        anchor: bool,
    },
    /// Build the program to target/deploy/bulkhead.so
    Build,
    /// Show where an instruction's compute units go, by function
    Profile(profile::Options),
    /// Replay a price path through the compiled program and report what happened
    Demo {
        /// Passed to the lab as they are: --data FILE, --static-margin, --help, ...
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Start a validator on this machine with the program, three markets, moving prices, traders, a keeper and the page
    #[command(disable_help_flag = true)] // --help is the validator's
    Localnet {
        /// Passed to it as they are: --rpc-port 0, --data FILE, --surge 100, --help, ...; --no-keeper and --no-page leave those out, --page-port N serves the page there
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Run every suite and every check; the last line counts what passed and what failed
    Test {
        /// Leave out the committed IDL, the committed WebAssembly and the browser tests
        #[arg(long)]
        quick: bool,
    },
    /// Remove every check from the program, one at a time, and see that a test fails; takes an hour
    Mutants(mutants::Options),
    /// Check the house rules over the repository's files
    Tidy,
    /// Write idl/bulkhead.json from the program
    Idl {
        /// Compare with the committed file instead of writing it
        #[arg(long)]
        check: bool,
    },
    /// Write the risk crate's test vectors from their Python oracle
    Vectors {
        /// Compare with the committed files instead of writing them
        #[arg(long)]
        check: bool,
    },
    /// Prove the lemmas about the arithmetic (crates/risk/proofs)
    Prove {
        /// Only these
        names: Vec<String>,
    },
    /// Look for inputs that break an invariant, guided by coverage
    Fuzz {
        /// transitions, pyth or program
        target: String,
        /// How long
        #[arg(long, default_value_t = 300)]
        secs: u64,
        /// Instead, keep of the corpus and of what was found only what adds coverage
        #[arg(long)]
        merge: bool,
    },
    /// Run the anchor command line tool with the tools that it needs, for example `cargo xtask anchor build`
    Anchor {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}"); // A backtrace of xtask would tell its user nothing.
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let repo = Repo::find()?;
    match command {
        Command::Setup { anchor } => setup::command(&repo, anchor),
        Command::Build => build::command(&repo).and_then(|_| build::stand_in(&repo)).map(drop),
        Command::Profile(options) => profile::command(&repo, &options),
        Command::Demo { args } => demo::command(&repo, &args),
        Command::Localnet { args } => localnet::command(&repo, &args),
        Command::Test { quick } => test::command(&repo, quick),
        Command::Mutants(options) => mutants::command(&repo, &options),
        Command::Tidy => tidy::command(&repo),
        Command::Idl { check } => idl::command(&repo, check),
        Command::Vectors { check } => vectors::command(&repo, check),
        Command::Prove { names } => proofs::command(&repo, &names),
        Command::Fuzz { target, secs, merge } => fuzz::command(&repo, &target, secs, merge),
        Command::Anchor { args } => anchor::command(&repo, &args),
    }
}
