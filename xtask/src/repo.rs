//! Where things lie in the repository.

use anyhow::{Context, Result};
use std::{
    env,
    path::{Path, PathBuf},
};

/// The checkout that this xtask was built from.
pub(crate) struct Repo {
    root: PathBuf,
    target: PathBuf,
}

impl Repo {
    pub(crate) fn find() -> Result<Self> {
        // `cargo run` says it; the value from the build serves a binary that is started by hand.
        let manifest_dir = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = manifest_dir.parent().context("xtask lies in a folder of the repository")?.to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => env::current_dir()?.join(dir),
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn join(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// A program of the workspace that a development build has left.
    pub(crate) fn built_binary(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }

    /// What our own toolchain's build of the program has left.
    pub(crate) fn built_for_chain(&self, path: &str) -> PathBuf {
        self.target.join("sbpf-solana-solana/release").join(path)
    }

    /// An empty folder for what a command generates only to compare it.
    pub(crate) fn scratch(&self, name: &str) -> Result<PathBuf> {
        let dir = self.target.join("xtask").join(name);
        if dir.exists() {
            std::fs::remove_dir_all(&dir).with_context(|| format!("cannot empty {}", dir.display()))?;
        }
        std::fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        Ok(dir)
    }

    /// The mutated copy of the workspace, and what is known of its mutants.
    pub(crate) fn mutants_dir(&self) -> PathBuf {
        self.target.join("mutants")
    }

    /// The compiled program. Its place does not follow CARGO_TARGET_DIR, since tests, lab and Anchor look here.
    pub(crate) fn deploy_dir(&self) -> PathBuf {
        self.root.join("target/deploy")
    }
}
