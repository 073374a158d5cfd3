//! `cargo xtask build`: the program, compiled for the chain.

use crate::{process, repo::Repo, setup};
use anyhow::{Context, Result, ensure};
use std::{fs, path::PathBuf};

/// Where the committed keypair of the localnet address lies, and the name under which tools look for it.
const LOCALNET_KEYPAIR: (&str, &str) = ("migrations/localnet/bulkhead-keypair.json", "bulkhead-keypair.json");

/// Builds target/deploy/bulkhead.so and returns its path. Cargo decides whether there is anything to do.
pub(crate) fn command(repo: &Repo) -> Result<PathBuf> {
    place_localnet_keypair(repo)?;
    println!("building the program");
    sbf(repo, "programs/bulkhead", "bulkhead.so")
}

/// Builds what stands in for Pyth's programs on a local chain.
pub(crate) fn stand_in(repo: &Repo) -> Result<PathBuf> {
    println!("building the stand-in for Pyth's programs");
    sbf(repo, "tests/stand-ins/pyth", "pyth_stand_in.so")
}

fn sbf(repo: &Repo, package: &str, file: &str) -> Result<PathBuf> {
    let tools = setup::sbf(repo)?;
    let out = repo.deploy_dir();
    let mut cargo = tools.cargo(repo)?;
    cargo.args(["build-sbf", "--manifest-path", &format!("{package}/Cargo.toml"), "--sbf-out-dir"]);
    // What follows the dashes goes to cargo itself, in our cargo-build-sbf as in the platform tools' one.
    cargo.arg(&out).args(["--", "--locked"]);
    process::run(&mut cargo, "A program does not compile for sBPF; the lines above say why.")?;
    let so = out.join(file);
    let size = fs::metadata(&so).with_context(|| format!("the build left no {}", so.display()))?.len();
    ensure!(size > 0, "{} is empty: delete it and build again", so.display());
    println!("target/deploy/{file}: {size} bytes");
    Ok(so)
}

/// Puts the localnet keypair where Anchor and validators look for it.
pub(crate) fn place_localnet_keypair(repo: &Repo) -> Result<()> {
    let (from, name) = LOCALNET_KEYPAIR;
    let to = repo.deploy_dir().join(name);
    let keypair = fs::read(repo.join(from)).with_context(|| format!("cannot read {from}"))?;
    if fs::read(&to).is_ok_and(|old| old == keypair) {
        return Ok(());
    }
    fs::create_dir_all(repo.deploy_dir())?;
    fs::write(&to, keypair).with_context(|| format!("cannot write {}", to.display()))
}
