//! `cargo xtask localnet`: a validator on this machine with the program, markets, prices and traders.

use crate::{build, process, repo::Repo};
use anyhow::{Context, Result};
use std::{os::unix::process::CommandExt, process::Command};

/// Said before the build, so that nobody takes its first ten minutes for a fault.
const FIRST_BUILD: &str = "building the local validator (the first time takes about ten minutes, afterwards it is a matter of seconds)";

pub(crate) fn command(repo: &Repo, args: &[String]) -> Result<()> {
    // Whoever only asks for the options need not wait for the program.
    if !args.iter().any(|arg| arg == "--help" || arg == "-h") {
        build::command(repo)?;
    }
    println!("{FIRST_BUILD}");
    // The packages are selected as `cargo xtask test` does, so that both use the same compiled dependencies.
    let mut cargo = process::cargo(repo);
    cargo.args(["build", "--locked", "--workspace", "--exclude", "xtask", "--bin", "bulkhead-localnet"]);
    process::run(&mut cargo, "The local validator does not compile; the lines above say why.")?;
    // It runs where the caller is, so that relative paths mean what the caller meant.
    let mut localnet = Command::new(repo.built_binary("bulkhead-localnet"));
    localnet.args(args);
    process::forget_own_package(&mut localnet);
    // In the place of xtask: an interrupt goes to one process, and the prompt returns when that has stopped everything.
    Err(localnet.exec()).context("cannot start the local validator")
}
