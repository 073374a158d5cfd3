//! `cargo xtask demo`: a price path through the compiled program, in the lab.

use crate::{build, process, repo::Repo};
use anyhow::Result;
use std::process::Command;

pub(crate) fn command(repo: &Repo, args: &[String]) -> Result<()> {
    build::command(repo)?;
    println!("building the lab");
    // The features of shared dependencies are settled over all selected packages. Selecting as `cargo xtask test` does
    // makes both use the same compiled dependencies; selecting the lab alone would compile agave's crates twice.
    let mut cargo = process::cargo(repo);
    cargo.args(["build", "--locked", "--workspace", "--exclude", "xtask", "--bin", "bulkhead-lab"]);
    process::run(&mut cargo, "The lab does not compile; the lines above say why.")?;
    // The lab runs where the caller is, so that relative paths mean what the caller meant.
    let mut lab = Command::new(repo.built_binary("bulkhead-lab"));
    lab.arg("demo").args(args);
    process::forget_own_package(&mut lab);
    process::run(&mut lab, "The lab's own lines above say why.")
}
