//! The TypeScript parts: their packages, the generated client, their types.

use crate::{process, repo::Repo};
use anyhow::{Result, bail};
use std::{fs, path::PathBuf, process::Command, process::Stdio};

const LOCK: &str = "package-lock.json";
/// A copy of the lock that `node_modules` was installed from.
const INSTALLED: &str = "node_modules/.installed-from.json";

fn npm(repo: &Repo, args: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(repo.root()).stdin(Stdio::null()).args(args);
    command
}

/// Installs what the lock names, unless it is there already.
pub(crate) fn packages(repo: &Repo) -> Result<()> {
    if process::find_on_path("node").is_none() || process::find_on_path("npm").is_none() {
        bail!(
            "Node.js is missing: install version 20 or later, with npm (nodejs.org, or your system's packages)"
        );
    }
    let lock = fs::read(repo.root().join(LOCK))?;
    let installed: PathBuf = repo.root().join(INSTALLED);
    if fs::read(&installed).is_ok_and(|copy| copy == lock) {
        return Ok(());
    }
    println!("installing the packages of {LOCK}");
    let args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    process::run(&mut npm(repo, &args), "It needs the npm registry; start again.")?;
    fs::write(installed, lock)?;
    Ok(())
}

/// The committed TypeScript client is what the generator makes of the committed IDL.
pub(crate) fn check_client(repo: &Repo) -> Result<()> {
    let mut node = Command::new("node");
    node.current_dir(repo.root().join("clients/js")).stdin(Stdio::null()).args(["generate.mjs", "--check"]);
    process::run(&mut node, "Run `npm run generate`.")
}

/// Types of everything that is written in TypeScript.
pub(crate) fn check_types(repo: &Repo) -> Result<()> {
    process::run(&mut npm(repo, &["run", "--silent", "typecheck"]), "The lines above say where.")
}
