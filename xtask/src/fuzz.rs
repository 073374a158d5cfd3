//! `cargo xtask fuzz`: coverage-guided fuzzing on the pinned compiler.
//!
//! `fuzz/` is a workspace of its own, so that libFuzzer stays out of the lock file of everything else. What cargo-fuzz
//! asks of a nightly compiler is stable by now: the coverage pass and its settings are LLVM's.
//!
//! The target `program` runs the compiled program. Its counters are those of the virtual machine, so it is built
//! without that pass; agave's crates come with it, which takes a quarter of an hour the first time.

mod sections;

use crate::{build, process, repo::Repo};
use anyhow::{Context, Result, ensure};
use std::{fs, path::PathBuf, process::Command};

const TARGETS: [&str; 3] = ["transitions", "pyth", PROGRAM];
const PROGRAM: &str = "program";
/// Counters, their places, and what is compared with what.
const FLAGS: [&str; 8] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Ccodegen-units=1",
    "--cfg fuzzing",
];

/// Fuzzes one target for so long, or with `merge` keeps of its corpus only what all edges need.
pub(crate) fn command(repo: &Repo, target: &str, secs: u64, merge: bool) -> Result<()> {
    ensure!(TARGETS.contains(&target), "{target} is none of {TARGETS:?}");
    let corpus = repo.join("fuzz/corpus").join(target);
    let found = repo.join("fuzz/target/found").join(target);
    for folder in [&corpus, &found] {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let mut fuzzer = fuzzer(repo, target)?;
    if merge {
        let kept = repo.join("fuzz/target/kept");
        fs::create_dir_all(&kept).with_context(|| format!("cannot create {}", kept.display()))?;
        // The fewest files that take every edge, however often, and whichever instruction takes it.
        fuzzer.env("BULKHEAD_FUZZ_PLAIN", "1");
        fuzzer.args(["-set_cover_merge=1", "-use_counters=0", "-max_len=4200"]);
        fuzzer.arg(&kept).args([&corpus, &found]);
        process::run(&mut fuzzer, "A file of the corpus fails; the lines above name it.")?;
        fs::remove_dir_all(&corpus)?;
        return fs::rename(&kept, &corpus).context("cannot put the corpus in its place");
    }
    let artifacts = format!("-artifact_prefix={}/", repo.join("fuzz/target").display());
    // What is found goes to the first folder; the corpus of the repository is only read.
    fuzzer.args([&found, &corpus]).args([format!("-max_total_time={secs}"), artifacts]);
    fuzzer.args(["-print_final_stats=1", "-max_len=4200", "-timeout=20"]);
    // A branch of the program counts once, however often it is taken; and short lives need no head start.
    fuzzer.args(if target == PROGRAM {
        ["-len_control=0", "-use_counters=0"]
    } else {
        ["-len_control=20", "-use_counters=1"]
    });
    process::run(&mut fuzzer, "The lines above say what was violated, and which file does it.")
}

/// The target, built, with what it reads.
fn fuzzer(repo: &Repo, target: &str) -> Result<Command> {
    let mut fuzzer = if target == PROGRAM {
        let traced = repo.join("fuzz/target/bulkhead.so");
        sections::add(&build::command(repo)?, &traced)?;
        let mut fuzzer = Command::new(build_program(repo)?);
        // LiteSVM traces from the start if it is told where to; nothing passes its filter, so it writes no files.
        fuzzer.env("BULKHEAD_SO", traced).env("SBF_TRACE_DIR", repo.join("fuzz/target/trace"));
        fuzzer.env("SBF_TRACE_FILTER", "program_id == none");
        fuzzer
    } else {
        Command::new(build_target(repo, target)?)
    };
    process::forget_own_package(&mut fuzzer);
    fuzzer.current_dir(repo.join("fuzz"));
    Ok(fuzzer)
}

fn build_program(repo: &Repo) -> Result<PathBuf> {
    let mut cargo = process::cargo(repo);
    cargo.current_dir(repo.join("fuzz"));
    cargo.args(["build", "--locked", "--target-dir", "target", "--package", "bulkhead-fuzz-program"]);
    cargo.args(["--profile", PROGRAM]);
    process::run(&mut cargo, "libFuzzer needs a C++ compiler; other reasons are above.")?;
    Ok(repo.join("fuzz/target").join(PROGRAM).join(PROGRAM))
}

/// Builds the target with coverage counters. `--target` keeps them out of build scripts and macros.
fn build_target(repo: &Repo, target: &str) -> Result<PathBuf> {
    let host =
        process::output(Command::new("rustc").arg("-vV").current_dir(repo.root()), "Is rustup there?")?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let mut cargo = process::cargo(repo);
    cargo.current_dir(repo.join("fuzz")).env("RUSTFLAGS", FLAGS.join(" "));
    cargo.args([
        "build",
        "--locked",
        "--release",
        "--target-dir",
        "target",
        "--target",
        host,
        "--bin",
        target,
    ]);
    process::run(&mut cargo, "libFuzzer needs a C++ compiler; other reasons are above.")?;
    Ok(repo.join("fuzz/target").join(host).join("release").join(target))
}
