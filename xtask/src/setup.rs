//! `cargo xtask setup`: the tools that Cargo cannot bring.

use crate::{npm, process, repo::Repo};
use anyhow::{Context, Result, bail};
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The tools as found or installed; makes commands that can use them.
pub(crate) struct Tools {
    path: Vec<PathBuf>,
    described: String,
}

impl Tools {
    /// A cargo command that has `cargo build-sbf`.
    pub(crate) fn cargo(&self, repo: &Repo) -> Result<Command> {
        let mut command = process::cargo(repo);
        self.equip(&mut command)?;
        Ok(command)
    }

    /// Puts the tools before all others on the command's PATH.
    pub(crate) fn equip(&self, command: &mut Command) -> Result<()> {
        process::prepend_path(command, &self.path)
    }
}

pub(crate) fn command(repo: &Repo, anchor: bool) -> Result<()> {
    let mut tools = sbf(repo)?;
    println!("cargo build-sbf: {}", tools.described);
    if anchor {
        println!("anchor: {}", add_anchor(repo, &mut tools)?);
    }
    npm::packages(repo)?;
    println!("npm packages: as package-lock.json names them");
    for dir in &tools.path {
        println!("to use it outside of xtask: export PATH=\"{}:$PATH\"", dir.display());
    }
    Ok(())
}

/// `cargo build-sbf`: the platform tools' one where it exists, else our own.
pub(crate) fn sbf(repo: &Repo) -> Result<Tools> {
    match env::var("BULKHEAD_SBF").as_deref() {
        Ok("platform") => match platform_tools() {
            Some(tools) => return Ok(tools),
            None => bail!("BULKHEAD_SBF=platform, but no `cargo build-sbf` of the platform tools is on PATH"),
        },
        Ok("packages") => {}
        Ok(other) => bail!("BULKHEAD_SBF is platform or packages, not {other}"),
        Err(_) => {
            if let Some(tools) = platform_tools() {
                return Ok(tools);
            }
        }
    }
    own_sbf(repo)
}

/// Our own `cargo build-sbf`, whatever else there is.
pub(crate) fn own_sbf(repo: &Repo) -> Result<Tools> {
    let home = cache_dir("SBF_TOOLCHAIN", "sbf-toolchain")?;
    run_installer(repo, "toolchain/sbf/install.sh", ("SBF_TOOLCHAIN", &home))?;
    let described = format!("our own, from packages, in {}", home.display());
    Ok(Tools { path: vec![home.join("bin")], described })
}

/// Adds an `anchor` to the tools: the one on PATH, else our own. Returns where it is from.
pub(crate) fn add_anchor(repo: &Repo, tools: &mut Tools) -> Result<String> {
    if let Some(found) = process::find_on_path("anchor") {
        return Ok(found.display().to_string());
    }
    let home = cache_dir("ANCHOR_TOOLCHAIN", "anchor")?;
    run_installer(repo, "toolchain/anchor/install.sh", ("ANCHOR_TOOLCHAIN", &home))?;
    tools.path.push(home.join("bin"));
    Ok(format!("our own, from crates.io, in {}", home.display()))
}

/// The official `cargo-build-sbf` names its platform tools when asked for its version; ours does not.
fn platform_tools() -> Option<Tools> {
    let path = process::find_on_path("cargo-build-sbf")?;
    let output = Command::new(&path).arg("--version").stdin(Stdio::null()).output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    let named = output.status.success() && version.contains("platform-tools");
    let described = format!("{} ({})", path.display(), version.lines().collect::<Vec<_>>().join(", "));
    named.then_some(Tools { path: Vec::new(), described })
}

/// Asks an installer whether anything is missing, which takes no time, and runs it only then.
fn run_installer(repo: &Repo, script: &str, home: (&str, &Path)) -> Result<()> {
    let installer = || {
        let mut command = Command::new(repo.join(script));
        command.current_dir(repo.root()).stdin(Stdio::null()).env(home.0, home.1);
        process::forget_own_package(&mut command);
        command
    };
    let ready = installer().arg("--check").status().with_context(|| format!("cannot start {script}"))?;
    if ready.success() {
        return Ok(());
    }
    process::run(
        &mut installer(),
        "Its lines above say what is missing; finished steps are kept, so start again.",
    )
}

/// A folder for downloaded tools, outside of the checkout so that all checkouts share it.
pub(crate) fn cache_dir(variable: &str, name: &str) -> Result<PathBuf> {
    if let Some(dir) = env::var_os(variable) {
        return Ok(env::current_dir()?.join(dir));
    }
    let home =
        env::var_os("HOME").with_context(|| format!("HOME is not set: set it, or {variable} to a folder"))?;
    Ok(PathBuf::from(home).join(".cache/bulkhead").join(name))
}
