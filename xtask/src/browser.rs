//! Chromium for the browser tests: the system's, else Debian's package.

use crate::process;
use anyhow::{Result, bail};
use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
};

/// Names a browser that is neither on PATH nor to be installed.
const VARIABLE: &str = "CHROMIUM";
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The browser as found, or as installed with apt-get where there is one.
pub(crate) fn find_or_install() -> Result<PathBuf> {
    if let Some(named) = env::var_os(VARIABLE) {
        return Ok(PathBuf::from(named));
    }
    if let Some(found) = find() {
        return Ok(found);
    }
    if process::find_on_path("apt-get").is_none() {
        bail!("Chromium is missing: install it, or set {VARIABLE} to a browser of its kind");
    }
    println!("installing Debian's chromium for the browser tests (apt-get)");
    let advice = "The browser tests need Chromium: install it, or set CHROMIUM to one.";
    process::run(&mut apt(&["update", "--quiet"]), advice)?;
    process::run(&mut apt(&["install", "--yes", "--quiet", "--no-install-recommends", "chromium"]), advice)?;
    match find() {
        Some(installed) => Ok(installed),
        None => bail!("apt-get has installed no chromium that is on PATH"),
    }
}

fn find() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| process::find_on_path(name))
}

fn apt(args: &[&str]) -> Command {
    let mut command = match is_root() {
        true => Command::new("apt-get"),
        false => {
            let mut sudo = Command::new("sudo");
            sudo.args(["--non-interactive", "apt-get"]);
            sudo
        }
    };
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    command
}

/// By the effective user id that Linux tells of this process.
fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    ids.and_then(|ids| ids.split_whitespace().nth(1)) == Some("0")
}
