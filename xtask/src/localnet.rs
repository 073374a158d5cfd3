//! `cargo xtask localnet`: a validator on this machine with the program, markets, prices, traders and a keeper.

use crate::{build, process, repo::Repo};
use anyhow::{Context, Result};
use std::{os::unix::process::CommandExt, process::Command};

/// Said before the build, so that nobody takes its first ten minutes for a fault.
const FIRST_BUILD: &str = "building the local validator (the first time takes about ten minutes, afterwards it is a matter of seconds)";

/// Leaves the keeper out; the validator's own attendant does what a market needs then.
const NO_KEEPER: &str = "--no-keeper";
/// With these the caller has decided about keepers, or only asks.
const DECIDED: [&str; 4] = ["--keeper", "--no-attendant", "--help", "-h"];

pub(crate) fn command(repo: &Repo, args: &[String]) -> Result<()> {
    // Whoever only asks for the options need not wait for the program.
    if !args.iter().any(|arg| arg == "--help" || arg == "-h") {
        build::command(repo)?;
    }
    println!("{FIRST_BUILD}");
    // The packages are selected as `cargo xtask test` does, so that both use the same compiled dependencies.
    let mut cargo = process::cargo(repo);
    cargo.args(["build", "--locked", "--workspace", "--exclude", "xtask", "--bin", "bulkhead-localnet"]);
    cargo.args(["--bin", "bulkhead-keeper"]);
    process::run(&mut cargo, "The local validator does not compile; the lines above say why.")?;
    // It runs where the caller is, so that relative paths mean what the caller meant.
    let mut localnet = Command::new(repo.built_binary("bulkhead-localnet"));
    localnet.args(args.iter().filter(|arg| *arg != NO_KEEPER));
    if wants_keeper(args) {
        localnet.arg("--keeper").arg(repo.built_binary("bulkhead-keeper"));
    }
    process::forget_own_package(&mut localnet);
    // In the place of xtask: an interrupt goes to one process, and the prompt returns when that has stopped everything.
    Err(localnet.exec()).context("cannot start the local validator")
}

fn wants_keeper(args: &[String]) -> bool {
    let decides = |arg: &String| {
        let name = arg.split('=').next().unwrap_or(arg);
        name == NO_KEEPER || DECIDED.contains(&name)
    };
    !args.iter().any(decides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keeper_runs_unless_the_caller_decides_otherwise() {
        let wants = |args: &[&str]| wants_keeper(&args.iter().map(|arg| arg.to_string()).collect::<Vec<_>>());
        assert!(wants(&[]) && wants(&["--surge", "100"]));
        let decided =
            [["--no-keeper"], ["--keeper=mine"], ["--keeper"], ["--no-attendant"], ["--help"], ["-h"]];
        assert!(decided.iter().all(|args| !wants(args)));
    }
}
