//! Runs a test binary until its first failure.

use anyhow::{Context, Result};
use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// A test binary and how it is run.
#[derive(Debug, Clone)]
pub(crate) struct Suite {
    pub(crate) name: String,
    pub(crate) binary: PathBuf,
    pub(crate) dir: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) variables: Vec<(String, String)>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    Passed,
    /// With the first test that failed.
    Failed(String),
    TimedOut,
}

impl Suite {
    /// Runs the tests whose names begin or contain one of `filters`; all of them where there is none.
    pub(crate) fn run(
        &self,
        filters: &[String],
        variables: &[(&str, String)],
        longest: Duration,
    ) -> Result<Ending> {
        let mut command = Command::new(&self.binary);
        command.args(&self.arguments).args(filters).arg("--test-threads=1");
        command.current_dir(&self.dir).envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        // A case that fails is reason enough: nobody asks for the smallest one.
        command.env("PROPTEST_MAX_SHRINK_ITERS", "0");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().with_context(|| format!("cannot start {}", self.binary.display()))?;
        let ending = follow(&mut child, Instant::now() + longest);
        if ending != Ok(Ending::Passed) {
            let _ = child.kill(); // It may have ended by itself.
        }
        let succeeded = child.wait()?.success();
        Ok(match ending {
            Ok(Ending::Passed) if succeeded => Ending::Passed,
            Ok(Ending::Passed) => Ending::Failed("(ended without a verdict)".to_owned()),
            Ok(other) => other,
            Err(running) => Ending::Failed(format!("{running} (crashed)")),
        })
    }
}

/// Reads what a test binary prints. An error names the test that ran when it fell silent.
fn follow(child: &mut Child, until: Instant) -> Result<Ending, String> {
    let (sender, lines) = mpsc::channel();
    if let Some(printed) = child.stdout.take() {
        thread::spawn(move || {
            for line in BufReader::new(printed).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    let mut running = String::from("(nothing)");
    loop {
        match lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                if line.starts_with("test result: ok") {
                    return Ok(Ending::Passed);
                }
                let Some((name, verdict)) =
                    line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... "))
                else {
                    continue;
                };
                running = name.to_owned();
                if verdict.ends_with("FAILED") {
                    return Ok(Ending::Failed(running));
                }
            }
            Err(RecvTimeoutError::Timeout) => return Ok(Ending::TimedOut),
            Err(RecvTimeoutError::Disconnected) => return Err(running),
        }
    }
}
