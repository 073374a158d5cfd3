//! Runs test suites through cargo and counts their closing lines.

use crate::watched;
use anyhow::Result;
use std::{process::Command, time::Duration};

/// What all suites and checks so far have come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// One line for each failure, to be repeated at the end of a long run.
    pub(crate) failures: Vec<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.failures.extend(other.failures);
    }

    pub(crate) fn pass(&mut self) {
        self.passed += 1;
    }

    pub(crate) fn fail(&mut self, what: String) {
        self.failed += 1;
        self.failures.push(what);
    }
}

/// Runs a `cargo test`, shows its lines as they come, and counts; what does not end within the limit is stopped.
pub(crate) fn run(mut cargo_test: Command, limit: Duration) -> Result<Tally> {
    cargo_test.env("CARGO_TERM_COLOR", "never");
    let mut counter = Counter::default();
    let ended = watched::run(cargo_test, limit, |line| {
        println!("{line}");
        counter.line(line);
    })?;
    let mut tally = counter.finish(ended.status.success());
    if let Some(stopped) = ended.stopped {
        tally.fail(stopped);
    }
    Ok(tally)
}

/// Reads the lines of a `cargo test` in order.
#[derive(Default)]
struct Counter {
    tally: Tally,
    /// The suite that has begun and not yet closed.
    open: Option<String>,
}

impl Counter {
    fn line(&mut self, line: &str) {
        if let Some(name) = suite_name(line) {
            self.close_unfinished();
            self.open = Some(name);
        } else if let Some(name) =
            line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            let suite = self.open.as_deref().unwrap_or("?");
            self.tally.failures.push(format!("{suite}: {name}"));
        } else if let Some((passed, failed)) = closing_counts(line) {
            self.open = None;
            self.tally.passed += passed;
            self.tally.failed += failed;
        }
    }

    /// A suite without a closing line has crashed or was killed: that is a failure, whatever passed in it before.
    fn close_unfinished(&mut self) {
        if let Some(name) = self.open.take() {
            self.tally.fail(format!("{name}: ended without its closing line"));
        }
    }

    fn finish(mut self, success: bool) -> Tally {
        self.close_unfinished();
        if !success && self.tally.failed == 0 {
            self.tally.fail(
                "cargo test: ended with an error that no suite counted (does everything compile?)".into(),
            );
        }
        self.tally
    }
}

/// The name in cargo's line `     Running unittests src/lib.rs (target/debug/deps/x-0123)` or `   Doc-tests x`.
fn suite_name(line: &str) -> Option<String> {
    if let Some(rest) = line.strip_prefix("     Running ") {
        let (target, binary) = rest.strip_suffix(')')?.split_once(" (")?;
        let binary = binary.rsplit('/').next()?;
        let name = binary.rsplit_once('-').map_or(binary, |(name, _hash)| name);
        return Some(format!("{name} ({target})"));
    }
    line.strip_prefix("   Doc-tests ").map(|name| format!("{name} (doc-tests)"))
}

/// The counts in `test result: ok. 12 passed; 0 failed; 0 ignored; ...`.
fn closing_counts(line: &str) -> Option<(u64, u64)> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut counts = counts.split("; ");
    let passed = counts.next()?.strip_suffix(" passed")?.parse().ok()?;
    let failed = counts.next()?.strip_suffix(" failed")?.parse().ok()?;
    Some((passed, failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(lines: &str, success: bool) -> Tally {
        let mut counter = Counter::default();
        lines.lines().for_each(|line| counter.line(line));
        counter.finish(success)
    }

    const GOOD: &str = "\
   Compiling x v0.1.0
     Running unittests src/lib.rs (target/debug/deps/bulkhead_risk-0a1b2c)
running 2 tests
test a ... ok
test b ... ok
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
     Running tests/props.rs (target/debug/deps/props-0a1b2c)
test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.20s
   Doc-tests bulkhead_risk
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";

    #[test]
    fn counts_are_summed_over_suites() {
        assert_eq!(count(GOOD, true), Tally { passed: 8, failed: 0, failures: vec![] });
    }

    #[test]
    fn a_failing_test_is_counted_once_and_named_with_its_suite() {
        let tally = count(
            "     Running tests/props.rs (target/debug/deps/props-0a1b2c)\n\
             test sum ... FAILED\n\
             test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s\n\
             error: test failed, to rerun pass `--test props`",
            false,
        );
        assert_eq!((tally.passed, tally.failed), (3, 1));
        assert_eq!(tally.failures, ["props (tests/props.rs): sum"]);
    }

    #[test]
    fn a_suite_that_crashes_is_a_failure() {
        let crashed = "     Running tests/crash.rs (target/debug/deps/crash-0a1b2c)\nrunning 3 tests";
        let tally = count(&format!("{crashed}\n{GOOD}"), false);
        assert_eq!((tally.passed, tally.failed), (8, 1));
        assert!(tally.failures[0].starts_with("crash (tests/crash.rs)"));
        assert_eq!(count(crashed, false).failed, 1);
    }

    #[test]
    fn an_error_without_a_failing_suite_is_a_failure() {
        assert_eq!(count("error: could not compile `x`", false).failed, 1);
    }

    #[test]
    fn suite_names_tell_package_and_file() {
        let line = "     Running unittests src/lib.rs (target/debug/deps/bulkhead_risk-0a1b2c)";
        assert_eq!(suite_name(line).as_deref(), Some("bulkhead_risk (unittests src/lib.rs)"));
        assert_eq!(suite_name("Running late"), None);
    }
}
