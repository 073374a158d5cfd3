//! `cargo xtask anchor`: the anchor command line tool, with the tools that it calls.

use crate::{build, process, repo::Repo, setup};
use anyhow::Result;
use std::process::Command;

pub(crate) fn command(repo: &Repo, args: &[String]) -> Result<()> {
    let mut tools = setup::sbf(repo)?;
    setup::add_anchor(repo, &mut tools)?;
    // Anchor makes a keypair of its own, and then complains of it, where it finds none.
    build::place_localnet_keypair(repo)?;
    let mut anchor = Command::new("anchor");
    anchor.args(args).current_dir(repo.root());
    process::forget_own_package(&mut anchor);
    // With this variable set, anchor 1.x calls `cargo +{toolchain}`, braces and all, and fails.
    anchor.env_remove("RUSTUP_TOOLCHAIN");
    tools.equip(&mut anchor)?;
    process::run(&mut anchor, "Anchor's own lines above say why.")
}
