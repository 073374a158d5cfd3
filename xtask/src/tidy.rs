//! `cargo xtask tidy`: the house rules that no compiler checks, over the repository's files.

mod allow;
mod ids;
mod references;
mod syntax;
mod text;

use crate::{process, repo::Repo};
use anyhow::{Context, Result, bail};
use std::{collections::BTreeSet, fmt, fs, process::Command};

/// A place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    file: String,
    line: usize,
    rule: Rule,
    message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// The rules, so that exceptions can name the one that they are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    FileLength,
    FunctionLength,
    Marker,
    ModuleDoc,
    IgnoredTest,
    Unwrap,
    Lenient,
    Cast,
    Operator,
    Untested,
    Id,
    Unparsed,
}

/// A tracked file as read.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Written by a program, so that a person's measures do not fit.
    fn is_generated(&self) -> bool {
        self.path.split('/').any(|part| part == "generated")
            || self.text.lines().take(5).any(|line| line.contains(concat!("@", "generated")))
    }

    /// Only compiled for tests: a test folder, or a file that a `#[cfg(test)] mod tests;` names.
    fn is_test(&self) -> bool {
        let path = &self.path;
        path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
    }

    /// Code that runs on chain.
    fn is_on_chain(&self) -> bool {
        let on_chain = self.path.starts_with("programs/") || self.path.starts_with("crates/risk/src/");
        on_chain && self.is_rust() && !self.is_test()
    }
}

pub(crate) fn command(repo: &Repo) -> Result<()> {
    let sources = sources(repo)?;
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| !source.is_generated()) {
        text::check(source, &mut findings);
        if source.is_rust() {
            syntax::check(source, &mut findings);
        }
    }
    references::check(&sources, &mut findings);
    ids::check(&sources, &mut findings);
    let findings = allow::apply(findings);
    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        bail!("{} findings over {} files, one on each line above", findings.len(), sources.len());
    }
    println!("tidy: nothing to say about {} files", sources.len());
    Ok(())
}

/// Every text file that is tracked, or would be by `git add`: a new file is checked before it is committed.
fn sources(repo: &Repo) -> Result<Vec<Source>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(repo.root());
    let listed =
        process::output(&mut git, "The house rules are checked over git's files: is this a git checkout?")?;
    let mut sources = Vec::new();
    for path in listed.lines().collect::<BTreeSet<_>>() {
        let full = repo.join(path);
        if !full.is_file() {
            continue; // deleted, and the deletion not yet committed
        }
        let bytes = fs::read(&full).with_context(|| format!("cannot read {path}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            sources.push(Source { path: path.to_owned(), text });
        }
    }
    Ok(sources)
}
