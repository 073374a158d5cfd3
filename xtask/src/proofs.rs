//! `cargo xtask prove`: lemmas about the arithmetic, proved by z3.

use crate::{process, repo::Repo, setup};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const PROOFS: &str = "crates/risk/proofs";

/// Proves the lemmas named, or all.
pub(crate) fn command(repo: &Repo, names: &[String]) -> Result<()> {
    let python = prover(repo)?;
    let mut prove = Command::new(python);
    prove.current_dir(repo.join(PROOFS)).stdin(Stdio::null()).env("PYTHONDONTWRITEBYTECODE", "1");
    prove.arg("prove.py").args(names);
    process::run(&mut prove, "The lines above say which lemma, and with what.")
}

/// A Python that has the packages of requirements.txt, installed unless they are there already.
fn prover(repo: &Repo) -> Result<PathBuf> {
    let requirements = repo.join(PROOFS).join("requirements.txt");
    let home = setup::cache_dir("PROOF_TOOLCHAIN", "proofs")?;
    let installed = home.join("installed-requirements.txt");
    let python = home.join("bin/python");
    let wanted = fs::read(&requirements).with_context(|| format!("cannot read {PROOFS}/requirements.txt"))?;
    if python.is_file() && fs::read(&installed).is_ok_and(|copy| copy == wanted) {
        return Ok(python);
    }
    println!("installing what {PROOFS}/requirements.txt names, about 40 MB");
    install(&home, &python, &requirements)?;
    fs::write(installed, wanted)?;
    Ok(python)
}

fn install(home: &Path, python: &Path, requirements: &Path) -> Result<()> {
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(home).stdin(Stdio::null());
    process::run(&mut venv, "It needs Python 3.9 or newer with its venv module (Debian: python3-venv).")?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]);
    pip.arg("--requirement").arg(requirements).stdin(Stdio::null());
    process::run(&mut pip, "It needs the Python package index; start again.")
}
