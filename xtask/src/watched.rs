//! Starting a suite that may hang: its lines as they come, a time limit, and nothing of it left running.
//!
//! A suite starts validators, browsers and keepers. One that never ends would hold its output open, and whoever reads
//! to the end of that would wait for ever without saying for what.

use anyhow::{Context, Result};
use std::{
    fs,
    io::{BufRead, BufReader, IsTerminal, pipe, stdin},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

const POLL: Duration = Duration::from_millis(100);
/// What ends after its parent has, by itself, ends within this.
const LINGER: Duration = Duration::from_secs(5);
/// Of a command, in characters.
const SHOWN_MAX: usize = 150;

pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// Why it was not left to end by itself.
    pub(crate) stopped: Option<String>,
}

/// Runs to the end, or to the limit, and gives each line of both outputs to `line`.
///
/// At a terminal there is no limit: somebody watches, and Ctrl-C must reach everything that was started.
pub(crate) fn run(command: Command, limit: Duration, line: impl FnMut(&str)) -> Result<Ended> {
    run_within(command, (!stdin().is_terminal()).then_some(limit), line)
}

fn run_within(mut command: Command, limit: Option<Duration>, mut line: impl FnMut(&str)) -> Result<Ended> {
    // Cargo names a suite on standard error and the suite closes on standard output: one pipe keeps their order.
    let (reader, writer) = pipe().context("cannot make a pipe")?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    if limit.is_some() {
        command.process_group(0); // So that all that it starts can be ended with it.
    }
    let child = command.spawn().with_context(|| format!("cannot start {:?}", command.get_program()))?;
    drop(command); // It holds the pipe's writing end, and the lines end only when nobody holds it any more.
    let watch = thread::spawn(move || watch(child, limit));
    let (send, lines) = channel();
    thread::spawn(move || {
        BufReader::new(reader).split(b'\n').map_while(Result::ok).all(|line| send.send(line).is_ok())
    });
    let mut ended_at = None;
    let is_whole = loop {
        match lines.recv_timeout(POLL) {
            Ok(bytes) => line(&String::from_utf8_lossy(&bytes)),
            Err(RecvTimeoutError::Disconnected) => break true,
            Err(RecvTimeoutError::Timeout) if watch.is_finished() => {
                if ended_at.get_or_insert_with(Instant::now).elapsed() > LINGER {
                    break false;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    };
    let mut ended = watch.join().expect("the watching thread does not panic")?;
    if !is_whole && ended.stopped.is_none() {
        ended.stopped =
            Some("something that it started, and that left its group, holds its output open".into());
    }
    Ok(ended)
}

fn watch(mut child: Child, limit: Option<Duration>) -> Result<Ended> {
    let Some(limit) = limit else { return Ok(Ended { status: child.wait()?, stopped: None }) };
    let begun = Instant::now();
    let group = child.id();
    while begun.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(Ended { status, stopped: end_leftovers(group) });
        }
        thread::sleep(POLL);
    }
    let left = members(group);
    end(group);
    let stopped =
        format!("not at its end after {} s, so it was stopped; it still ran:\n{left}", limit.as_secs());
    Ok(Ended { status: child.wait()?, stopped: Some(stopped) })
}

/// Ends what has outlived its parent, and says so: it would have held the output open.
fn end_leftovers(group: u32) -> Option<String> {
    let begun = Instant::now();
    while begun.elapsed() < LINGER {
        if members(group).is_empty() {
            return None;
        }
        thread::sleep(POLL);
    }
    let left = members(group);
    end(group);
    Some(format!("it ended and left this running:\n{left}"))
}

/// A line for each process of the group: its number and its command.
fn members(group: u32) -> String {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = processes.filter_map(|process| {
        let stat = fs::read_to_string(process.path().join("stat")).ok()?;
        // After the name in brackets, which may hold anything: state, parent, group.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let (state, of) = (fields.next()?, fields.nth(1)?);
        // What has ended and only waits to be asked how holds nothing open.
        (state != "Z" && of == group.to_string()).then_some(())?;
        let command = fs::read(process.path().join("cmdline")).ok()?;
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        let shown: String = command.chars().take(SHOWN_MAX).collect();
        Some(format!("{} {}", process.file_name().display(), shown.trim_end()))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn end(group: u32) {
    let mut kill = Command::new("sh");
    kill.args(["-c", &format!("kill -9 -{group}")]).stdin(Stdio::null()).stderr(Stdio::null());
    let _ = kill.status(); // They may just have ended by themselves.
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As where nobody watches, wherever these tests run.
    fn shell(script: &str, limit: Duration) -> (Ended, Vec<String>) {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let mut lines = Vec::new();
        let ended = run_within(command, Some(limit), |line| lines.push(line.to_owned())).unwrap();
        (ended, lines)
    }

    #[test]
    fn what_ends_in_time_is_left_alone() {
        let (ended, lines) = shell("echo one; echo two >&2; exit 3", Duration::from_secs(20));
        assert_eq!((ended.status.code(), ended.stopped), (Some(3), None));
        assert_eq!(lines, ["one", "two"]);
    }

    #[test]
    fn what_hangs_is_stopped_with_all_that_it_started() {
        let begun = Instant::now();
        let (ended, lines) = shell("echo one; sleep 61 & sleep 62", Duration::from_millis(500));
        assert!(begun.elapsed() < Duration::from_secs(20));
        let stopped = ended.stopped.unwrap();
        assert!(stopped.contains("sleep 61") && stopped.contains("sleep 62"), "{stopped}");
        assert!(!ended.status.success());
        assert_eq!(lines, ["one"]);
    }

    #[test]
    fn what_is_left_behind_is_named_and_ended() {
        let begun = Instant::now();
        let (ended, _) = shell("sleep 63 & exit 0", Duration::from_secs(20));
        assert!(begun.elapsed() < Duration::from_secs(20));
        assert!(ended.status.success());
        assert!(ended.stopped.unwrap().contains("sleep 63"));
    }

    #[test]
    fn what_has_left_the_group_holds_nothing_up() {
        let begun = Instant::now();
        let (ended, lines) = shell("setsid sleep 40 & echo one", Duration::from_secs(20));
        assert!(begun.elapsed() < Duration::from_secs(20));
        assert!(ended.stopped.unwrap().contains("holds its output open"));
        assert_eq!(lines, ["one"]);
    }
}
