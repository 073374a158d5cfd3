//! `cargo xtask vectors`: the risk crate's test vectors, written by an oracle in another language.

use crate::{process, repo::Repo};
use anyhow::{Context, Result, bail, ensure};
use std::{collections::BTreeMap, ffi::OsString, fs, path::Path, process::Command, process::Stdio};

const VECTORS: &str = "crates/risk/tests/vectors";

pub(crate) fn command(repo: &Repo, check: bool) -> Result<()> {
    let committed = repo.join(VECTORS);
    if !check {
        return generate(repo, &committed);
    }
    let fresh = repo.scratch("vectors")?;
    generate(repo, &fresh)?;
    let differing = differences(&json_files(&committed)?, &json_files(&fresh)?);
    if !differing.is_empty() {
        bail!(
            "{VECTORS}: {} not as generate.py writes them. If the script is right, run `cargo xtask vectors` and commit.",
            differing.join(", ")
        );
    }
    Ok(())
}

fn generate(repo: &Repo, out: &Path) -> Result<()> {
    let script = repo.join(VECTORS).join("generate.py");
    ensure!(script.is_file(), "{VECTORS}/generate.py is not there");
    let mut python = Command::new("python3");
    python.arg(script).arg("--out").arg(out).current_dir(repo.root()).stdin(Stdio::null());
    process::run(&mut python, "It needs Python 3.9 or newer, and nothing besides.")
}

fn json_files(dir: &Path) -> Result<BTreeMap<OsString, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        if let (Some("json"), Some(name)) = (path.extension().and_then(|e| e.to_str()), path.file_name()) {
            files.insert(name.to_owned(), fs::read(&path)?);
        }
    }
    Ok(files)
}

/// Names of the files that are on one side only or have other bytes.
fn differences(a: &BTreeMap<OsString, Vec<u8>>, b: &BTreeMap<OsString, Vec<u8>>) -> Vec<String> {
    let mut names: Vec<_> = a.keys().chain(b.keys()).filter(|name| a.get(*name) != b.get(*name)).collect();
    names.sort();
    names.dedup();
    names.into_iter().map(|name| name.to_string_lossy().into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_name_missing_extra_and_changed_files_once() {
        let side = |files: &[(&str, &str)]| {
            files.iter().map(|(name, bytes)| (OsString::from(name), bytes.as_bytes().to_vec())).collect()
        };
        let committed = side(&[("same.json", "1"), ("changed.json", "1"), ("gone.json", "1")]);
        let fresh = side(&[("same.json", "1"), ("changed.json", "2"), ("new.json", "1")]);
        assert_eq!(differences(&committed, &fresh), ["changed.json", "gone.json", "new.json"]);
        assert!(differences(&committed, &committed).is_empty());
    }
}
