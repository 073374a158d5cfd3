//! Starting other programs.

use crate::repo::Repo;
use anyhow::{Context, Result, bail};
use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A cargo command at the repository's root, with the environment of a cargo that is started by hand.
///
/// `cargo run` describes xtask's own package to xtask in variables. Build scripts of some dependencies watch them
/// (ring's does), so leaving them in would rebuild half of the tree at every change between the two ways to start.
pub(crate) fn cargo(repo: &Repo) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(repo.root()).stdin(Stdio::null());
    forget_own_package(&mut command);
    command
}

/// Removes what `cargo run` said about xtask's own package.
pub(crate) fn forget_own_package(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let own =
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|prefix| text.starts_with(prefix));
        if own || ["CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"].contains(&&*text) {
            command.env_remove(&name);
        }
    }
}

/// Puts folders before the others on the command's PATH.
pub(crate) fn prepend_path(command: &mut Command, dirs: &[PathBuf]) -> Result<()> {
    let old = env::var_os("PATH").unwrap_or_default();
    let new = env::join_paths(dirs.iter().cloned().chain(env::split_paths(&old)))
        .context("a folder of PATH has a colon in its name")?;
    command.env("PATH", new);
    Ok(())
}

/// Runs to the end with the terminal as it is; `advice` tells the user what to do if it fails.
pub(crate) fn run(command: &mut Command, advice: &str) -> Result<()> {
    let shown = show(command);
    let status = command.status().with_context(|| format!("cannot start {shown}"))?;
    if !status.success() {
        bail!("{shown} failed ({status}). {advice}");
    }
    Ok(())
}

/// Runs to the end and returns what it wrote to standard output; standard error goes to the terminal.
pub(crate) fn output(command: &mut Command, advice: &str) -> Result<String> {
    let shown = show(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {shown}. {advice}"))?;
    if !output.status.success() {
        print!("{}", String::from_utf8_lossy(&output.stdout));
        bail!("{shown} failed ({}). {advice}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{shown} wrote text that is not UTF-8"))
}

/// The first program of that name on PATH.
pub(crate) fn find_on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(name)).find(|path| path.is_file())
}

fn show(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words: Vec<_> =
        std::iter::once(program).chain(command.get_args()).map(OsStr::to_string_lossy).collect();
    format!("`{}`", words.join(" "))
}
