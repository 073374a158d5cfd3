//! The TypeScript parts: their packages, the generated client, their types, the page and its tests.

use crate::{browser, process, repo::Repo, watched};
use anyhow::{Context, Result, bail};
use std::{fs, path::PathBuf, process::Command, process::Stdio, time::Duration};

const LOCK: &str = "package-lock.json";
/// A copy of the lock that `node_modules` was installed from.
const INSTALLED: &str = "node_modules/.installed-from.json";

/// They take two minutes.
const BROWSER_MAX: Duration = Duration::from_secs(12 * 60);

fn npm(repo: &Repo, args: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(repo.root()).stdin(Stdio::null()).args(args);
    command
}

/// Whether Node.js and npm are there.
pub(crate) fn has_node() -> bool {
    process::find_on_path("node").is_some() && process::find_on_path("npm").is_some()
}

/// Installs what the lock names, unless it is there already.
pub(crate) fn packages(repo: &Repo) -> Result<()> {
    if !has_node() {
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

/// Lints and layout of the page.
pub(crate) fn check_lints(repo: &Repo) -> Result<()> {
    let args = ["run", "--silent", "lint", "-w", "app"];
    process::run(
        &mut npm(repo, &args),
        "The lines above say where; `npm run format -w app` mends the layout.",
    )
}

/// The page's unit tests.
pub(crate) fn unit_tests(repo: &Repo) -> Result<()> {
    process::run(
        &mut npm(repo, &["run", "--silent", "test", "-w", "app"]),
        "The lines above say which failed.",
    )
}

/// The committed WebAssembly is what crates/wasm compiles to.
pub(crate) fn check_wasm(repo: &Repo) -> Result<()> {
    let mut script = Command::new(repo.join("toolchain/wasm/build.sh"));
    script.current_dir(repo.root()).stdin(Stdio::null()).arg("--check");
    process::forget_own_package(&mut script);
    process::run(&mut script, "If it has compiled: run toolchain/wasm/build.sh and commit.")
}

/// Builds the page into app/dist.
pub(crate) fn build_page(repo: &Repo) -> Result<()> {
    let args = ["run", "--silent", "build", "-w", "app", "--", "--logLevel", "warn"];
    process::run(&mut npm(repo, &args), "The page does not build; the lines above say why.")
}

/// The server of the built page, to be started; it ends with the process that starts it.
pub(crate) fn page_server(repo: &Repo, port: &str, state: &std::path::Path) -> Command {
    let mut node = Command::new("node");
    node.current_dir(repo.root()).stdin(Stdio::null()).arg("app/serve.mjs").arg("--with-parent");
    node.arg("--port").arg(port).arg("--state").arg(state);
    node
}

/// The browser tests; how many passed and failed by their closing line.
pub(crate) fn browser_tests(repo: &Repo) -> Result<(u64, u64)> {
    let chromium = browser::find_or_install()?;
    let mut cargo = process::cargo(repo);
    // The packages are selected as the suites do, so that both use the same compiled dependencies.
    cargo.args(["build", "--locked", "--workspace", "--exclude", "xtask", "--bin", "bulkhead-localnet"]);
    process::run(&mut cargo, "The local validator does not compile; the lines above say why.")?;
    let mut tests = npm(repo, &["run", "--silent", "e2e", "-w", "app"]);
    tests.env("CHROMIUM", chromium).env("BULKHEAD_LOCALNET", repo.built_binary("bulkhead-localnet"));
    let mut counts = None;
    let ended = watched::run(tests, BROWSER_MAX, |line| {
        println!("{line}");
        counts = closing_counts(line).or(counts);
    })?;
    if let Some(stopped) = ended.stopped {
        bail!(stopped);
    }
    counts.context("they ended without their closing line")
}

/// The counts in `12 passed, 0 failed`.
fn closing_counts(line: &str) -> Option<(u64, u64)> {
    let (passed, failed) = line.split_once(" passed, ")?;
    Some((passed.parse().ok()?, failed.strip_suffix(" failed")?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_of_the_browser_tests_is_counted() {
        assert_eq!(closing_counts("31 passed, 2 failed"), Some((31, 2)));
        assert_eq!(closing_counts("ok   a position opens (12 ms)"), None);
        assert_eq!(closing_counts("31 passed, 2 failed (of 33)"), None);
    }
}
