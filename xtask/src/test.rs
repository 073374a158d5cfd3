//! `cargo xtask test`: every check and every suite, and one closing line.

use crate::{
    build, idl, npm, process, proofs,
    repo::Repo,
    setup,
    suites::{self, Tally},
    tidy, vectors,
};
use anyhow::Result;
use std::{
    io::{IsTerminal, Write},
    process::{Command, exit},
    time::{Duration, Instant},
};

/// What turns the keeper's feed by a Geyser stream on, and its tests.
const GEYSER: &str = "bulkhead-yellowstone/client,bulkhead-keeper/yellowstone";

/// Every failure is kept for the end instead of ending the run, so that one run shows all of them.
/// What takes seconds comes first, and what shares compiled code with the suites comes after them.
pub(crate) fn command(repo: &Repo, quick: bool) -> Result<()> {
    setup::sbf(repo)?;
    npm::packages(repo)?;
    let mut tally = Tally::default();
    check(&mut tally, "format (cargo fmt)", || process::run(&mut fmt(repo), "Run `cargo fmt --all`."));
    check(&mut tally, "house rules (cargo xtask tidy)", || tidy::command(repo));
    check(&mut tally, "vectors as their oracle writes them", || vectors::command(repo, true));
    check(&mut tally, "lemmas about the arithmetic (z3)", || proofs::command(repo, &[]));
    check(&mut tally, "the TypeScript client is as the IDL gives it", || npm::check_client(repo));
    check(&mut tally, "types (tsc)", || npm::check_types(repo));
    check(&mut tally, "lints of the page (eslint, prettier)", || npm::check_lints(repo));
    check(&mut tally, "unit tests of the page (vitest)", || npm::unit_tests(repo));
    check(&mut tally, "the program builds for sBPF", || build::command(repo).map(drop));
    check(&mut tally, "the stand-in for Pyth's programs builds for sBPF", || build::stand_in(repo).map(drop));
    suite(&mut tally, "suites of xtask", xtask_suites(repo), 10);
    suite(&mut tally, "suites of the workspace", workspace_suites(repo), 55);
    if quick {
        println!(
            "\n== left out by --quick: the keeper's Geyser stream, the committed IDL, the committed WebAssembly, \
             the browser tests"
        );
    } else {
        suite(&mut tally, "the keeper's feed by a Geyser stream", geyser_suite(repo), 25);
        browser_suite(&mut tally, repo);
        check(&mut tally, "the page's WebAssembly is what crates/wasm compiles to", || npm::check_wasm(repo));
        check(&mut tally, "the IDL is as the program describes itself", || idl::command(repo, true));
    }
    check(&mut tally, "lints (cargo clippy)", || {
        process::run(&mut clippy(repo), "The lines above say where, and often how to mend it.")
    });
    close(&tally)
}

fn check(tally: &mut Tally, name: &str, run: impl FnOnce() -> Result<()>) {
    begin(name);
    let start = Instant::now();
    match run() {
        Ok(()) => {
            tally.pass();
            println!("ok after {} s: {name}", start.elapsed().as_secs());
        }
        Err(error) => {
            println!("FAILED: {name}: {error:#}");
            tally.fail(format!("{name}: {error:#}"));
        }
    }
}

/// The limit is about twice what it takes on two cores where nothing is compiled yet.
fn suite(tally: &mut Tally, name: &str, cargo_test: Command, limit_mins: u64) {
    begin(name);
    let start = Instant::now();
    match suites::run(cargo_test, Duration::from_secs(limit_mins * 60)) {
        Ok(counted) if counted.passed + counted.failed == 0 => {
            tally.fail(format!("{name}: not a single test ran"))
        }
        Ok(counted) => {
            let seconds = start.elapsed().as_secs();
            println!("{name}: {} passed, {} failed after {seconds} s", counted.passed, counted.failed);
            tally.add(counted);
        }
        Err(error) => tally.fail(format!("{name}: {error:#}")),
    }
}

fn browser_suite(tally: &mut Tally, repo: &Repo) {
    let name = "browser tests of the page (Chromium against the local validator)";
    begin(name);
    let start = Instant::now();
    match npm::browser_tests(repo) {
        Ok((0, 0)) => tally.fail(format!("{name}: not a single test ran")),
        Ok((passed, failed)) => {
            println!("{name}: {passed} passed, {failed} failed after {} s", start.elapsed().as_secs());
            let failures = Vec::from_iter((failed > 0).then(|| format!("{name}: its lines above say which")));
            tally.add(Tally { passed, failed, failures });
        }
        Err(error) => tally.fail(format!("{name}: {error:#}")),
    }
}

fn begin(name: &str) {
    println!("\n== {name}");
    let _ = std::io::stdout().flush(); // What follows may write to the terminal by itself.
}

fn close(tally: &Tally) -> Result<()> {
    println!();
    for failure in &tally.failures {
        println!("failed: {failure}");
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    std::io::stdout().flush()?;
    if tally.failed > 0 {
        exit(1); // An error from main would print one more line after the closing one.
    }
    Ok(())
}

fn fmt(repo: &Repo) -> Command {
    let mut cargo = process::cargo(repo);
    // Left to itself, rustfmt colours its lines even where no terminal shows them.
    let color = if std::io::stdout().is_terminal() { "auto" } else { "never" };
    cargo.args(["fmt", "--all", "--", "--check", "--color", color]);
    cargo
}

fn clippy(repo: &Repo) -> Command {
    let mut cargo = process::cargo(repo);
    cargo.args(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    cargo
}

/// xtask is tested by itself, because it is built by itself: `cargo xtask` has left its dependencies compiled.
fn xtask_suites(repo: &Repo) -> Command {
    let mut cargo = process::cargo(repo);
    cargo.args(["test", "--locked", "--package", "xtask"]);
    cargo
}

/// By itself and in a folder of its own: gRPC changes features of what agave's crates stand on, and in one folder the
/// two builds would replace each other's crates. Nine minutes of one core where nothing is compiled yet.
fn geyser_suite(repo: &Repo) -> Command {
    let mut cargo = process::cargo(repo);
    cargo.args(["test", "--locked", "--package", "bulkhead-yellowstone", "--features", GEYSER]);
    cargo.arg("--no-fail-fast").arg("--target-dir").arg(repo.join("target/geyser"));
    cargo
}

fn workspace_suites(repo: &Repo) -> Command {
    let mut cargo = process::cargo(repo);
    cargo.args(["test", "--locked", "--workspace", "--exclude", "xtask", "--no-fail-fast"]);
    // Anchor generates tests that print pieces of the IDL and test nothing: they must not be counted as passed.
    cargo.args(["--", "--skip", idl::PRINTING_TESTS]);
    cargo
}
