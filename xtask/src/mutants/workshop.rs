//! The mutated copy of the workspace: written, built once, and switched to one mutant or another.

use super::{find::Finder, pairs::Pairs, rewrite::rewrite, site::Site};
use crate::{process, repo::Repo, setup};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What is mutated, and how each calls the switch.
const MUTATED: [(&str, &str); 2] =
    [("crates/risk/src/", "crate::mutants"), ("programs/bulkhead/src/", "bulkhead_risk::mutants")];
/// Where the switch is added.
const SWITCH_AT: &str = "crates/risk/src/lib.rs";
/// Cargo reads the manifests of all members, and the lock file holds for all of them: so all are copied.
const COPIED: [&str; 10] = [
    ".cargo",
    "Cargo.lock",
    "Cargo.toml",
    "crates",
    "docs",
    "fuzz/corpus",
    "programs",
    "rust-toolchain.toml",
    "tests",
    "xtask",
];
/// Stands in the program before the switches. Shorter pieces, so that it stands nowhere else.
const MARK: &[u8; 16] = b"\x7fmutant\x01bulkhead";
/// Says to a test of the risk crate which mutant it runs.
pub(crate) const NUMBER_VARIABLE: &str = "BULKHEAD_MUTANT";

/// More than there are; a bit each.
const SWITCHES: usize = 2048;

/// The switches. They are read at every question, so that no compiler decides beforehand.
const SWITCH: &str = r#"
/// Which mutants run.
#[allow(missing_docs, unreachable_pub, unsafe_code, clippy::all)]
pub mod mutants {
    #[repr(C)]
    pub struct Marked {
        mark: [u8; 16],
        bits: [u8; 256],
    }

    #[used]
    pub static MARKED: Marked = Marked { mark: *b"\x7fmutant\x01bulkhead", bits: [0; 256] };

    #[cfg(target_os = "solana")]
    #[inline(always)]
    pub fn on(number: u32) -> bool {
        (unsafe { core::ptr::read_volatile(&MARKED.bits[(number >> 3) as usize]) }) & (1 << (number & 7)) != 0
    }

    #[cfg(not(target_os = "solana"))]
    #[inline]
    pub fn on(number: u32) -> bool {
        extern crate std;
        static NUMBER: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
        let read = || std::env::var("BULKHEAD_MUTANT").ok().and_then(|text| text.parse().ok());
        *NUMBER.get_or_init(|| read().unwrap_or_default()) == number
    }

    #[inline(always)]
    pub fn lt<T: PartialOrd>(number: u32, a: &T, b: &T) -> bool {
        if on(number) { a <= b } else { a < b }
    }

    #[inline(always)]
    pub fn le<T: PartialOrd>(number: u32, a: &T, b: &T) -> bool {
        if on(number) { a < b } else { a <= b }
    }

    #[inline(always)]
    pub fn gt<T: PartialOrd>(number: u32, a: &T, b: &T) -> bool {
        if on(number) { a >= b } else { a > b }
    }

    #[inline(always)]
    pub fn ge<T: PartialOrd>(number: u32, a: &T, b: &T) -> bool {
        if on(number) { a > b } else { a >= b }
    }
}
"#;

/// The copy, built.
pub(crate) struct Workshop {
    pub(crate) sites: Vec<Site>,
    /// The mutated program.
    program: Vec<u8>,
    bits_at: usize,
    /// Test binaries of the mutated risk crate, by name.
    pub(crate) risk_suites: BTreeMap<String, PathBuf>,
    /// Where those run.
    pub(crate) risk_dir: PathBuf,
}

impl Workshop {
    /// Copies, mutates and builds.
    pub(crate) fn build(repo: &Repo, dir: &Path) -> Result<Self> {
        let copy = dir.join("copy");
        let (sites, sources) = mutated(repo)?;
        println!("{} mutants in {} files", sites.len(), sources.len());
        write_copy(repo, &copy, sources)?;
        println!("building the program with all of them");
        let so = build_program(repo, &copy)?;
        let program = fs::read(&so)?;
        let bits_at = bits_at(&program)?;
        println!("building the risk crate's tests with all of them");
        let mut cargo = process::cargo(repo);
        cargo.current_dir(&copy).args(["test", "--locked", "-p", "bulkhead-risk", "--no-run"]);
        let risk_suites = copied(test_binaries(&mut cargo)?, &dir.join("risk"))?;
        Ok(Self { sites, program, bits_at, risk_suites, risk_dir: copy.join("crates/risk") })
    }

    /// Writes the program with some mutants switched on.
    pub(crate) fn write_program(&self, numbers: &[u32], to: &Path) -> Result<()> {
        let mut bytes = self.program.clone();
        for number in numbers {
            let place = self.bits_at + usize::try_from(number >> 3)?;
            *bytes.get_mut(place).context("the program ends behind its mark")? |= 1 << (number & 7);
        }
        fs::write(to, bytes).with_context(|| format!("cannot write {}", to.display()))
    }
}

/// All mutants, and the mutated sources by path.
pub(crate) fn mutated(repo: &Repo) -> Result<(Vec<Site>, BTreeMap<String, String>)> {
    let mut originals = BTreeMap::new();
    let mut pairs = Pairs::default();
    for path in tracked(repo, &MUTATED.map(|(folder, _)| folder))? {
        if path.ends_with(".rs") {
            let source = fs::read_to_string(repo.join(&path))?;
            pairs.read(&source).with_context(|| format!("cannot parse {path}"))?;
            originals.insert(path, source);
        }
    }
    let (mut sites, mut sources) = (Vec::new(), BTreeMap::new());
    for (path, source) in originals {
        let (_, switch) = MUTATED
            .iter()
            .find(|(folder, _)| path.starts_with(folder))
            .context("a source outside of what is mutated")?;
        let first = u32::try_from(sites.len())? + 1;
        let found = Finder::of(&path, &source, switch, &pairs, first)
            .with_context(|| format!("cannot mutate {path}"))?;
        let mut mutated = rewrite(&source, found.edits);
        if path == SWITCH_AT {
            mutated.push_str(SWITCH);
        }
        sites.extend(found.sites);
        sources.insert(path, mutated);
    }
    ensure!(sites.len() < SWITCHES, "{} mutants, and only {SWITCHES} switches", sites.len());
    Ok((sites, sources))
}

fn tracked(repo: &Repo, paths: &[&str]) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "--"]).args(paths);
    git.current_dir(repo.root());
    let listed = process::output(&mut git, "The mutants are made of git's files: is this a git checkout?")?;
    Ok(listed.lines().filter(|path| repo.join(path).is_file()).map(str::to_owned).collect())
}

/// Files that are as they were are left alone, so that cargo builds only what has changed.
fn write_copy(repo: &Repo, copy: &Path, mut mutated: BTreeMap<String, String>) -> Result<()> {
    for path in tracked(repo, &COPIED)? {
        let bytes = match mutated.remove(&path) {
            Some(source) => source.into_bytes(),
            None => fs::read(repo.join(&path))?,
        };
        let bytes = match path.as_str() {
            // The switch reads what is volatile, and nobody reads what the compiler finds ugly in mutants.
            "crates/risk/Cargo.toml" | "programs/bulkhead/Cargo.toml" => {
                let manifest = String::from_utf8(bytes)?;
                let before = manifest.split("[lints").next().unwrap_or_default();
                format!("{before}[lints.rust]\nwarnings = \"allow\"\n").into_bytes()
            }
            _ => bytes,
        };
        let to = copy.join(&path);
        if fs::read(&to).is_ok_and(|old| old == bytes) {
            continue;
        }
        fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
        fs::write(&to, bytes).with_context(|| format!("cannot write {}", to.display()))?;
    }
    ensure!(mutated.is_empty(), "mutated, but not copied: {:?}", mutated.keys());
    Ok(())
}

fn build_program(repo: &Repo, copy: &Path) -> Result<PathBuf> {
    let out = copy.join("target/deploy");
    let mut cargo = setup::sbf(repo)?.cargo(repo)?;
    cargo.current_dir(copy);
    cargo.args(["build-sbf", "--manifest-path", "programs/bulkhead/Cargo.toml", "--sbf-out-dir"]);
    cargo.arg(&out).args(["--", "--locked"]);
    process::run(&mut cargo, "The mutated program does not compile: a mutant is written wrong.")?;
    Ok(out.join("bulkhead.so"))
}

fn bits_at(program: &[u8]) -> Result<usize> {
    let mut found = program.windows(MARK.len()).enumerate().filter(|(_, bytes)| bytes == MARK);
    let Some((at, _)) = found.next() else { bail!("the mutated program has no mark") };
    ensure!(found.next().is_none(), "the mutated program has its mark twice");
    Ok(at + MARK.len())
}

/// Copies test binaries, so that tests can be written and built while a run goes on: where checkouts share a
/// folder for what cargo builds, the next build writes to the same place.
pub(crate) fn copied(binaries: BTreeMap<String, PathBuf>, to: &Path) -> Result<BTreeMap<String, PathBuf>> {
    fs::create_dir_all(to)?;
    let copy = |(name, built): (String, PathBuf)| {
        let copy = to.join(&name);
        fs::copy(&built, &copy).with_context(|| format!("cannot copy the tests {name}"))?;
        Ok((name, copy))
    };
    binaries.into_iter().map(copy).collect()
}

/// Builds tests and returns their binaries by the names of their targets.
pub(crate) fn test_binaries(cargo: &mut Command) -> Result<BTreeMap<String, PathBuf>> {
    cargo.args(["--message-format", "json-render-diagnostics"]);
    let printed = process::output(cargo, "The lines above say what does not compile.")?;
    let mut binaries = BTreeMap::new();
    for line in printed.lines() {
        let message: Value = serde_json::from_str(line)?;
        let (name, executable) = (message["target"]["name"].as_str(), message["executable"].as_str());
        if let (Some(name), Some(executable), Some(true)) =
            (name, executable, message["profile"]["test"].as_bool())
        {
            binaries.insert(name.to_owned(), PathBuf::from(executable));
        }
    }
    ensure!(!binaries.is_empty(), "cargo built no tests");
    Ok(binaries)
}
