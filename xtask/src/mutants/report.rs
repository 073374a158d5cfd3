//! Writes docs/mutation.md, and fails where a mutant lives that nobody has explained.

use super::{
    results::Results,
    site::{Kind, Site},
};
use crate::repo::Repo;
use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
};

const ACCEPTED: &str = "tests/mutants/accepted.toml";
const REPORT: &str = "docs/mutation.md";
/// What stands between the part of the report that people write and the part that is written here.
const MARK: &str = "<!-- What follows is written by `cargo xtask mutants`. -->";

#[derive(Default, Clone, Copy)]
struct Count {
    sites: usize,
    killed: usize,
    timed_out: usize,
    lives: usize,
    untried: usize,
}

impl Count {
    fn add(&mut self, site: &Site, results: &Results) {
        self.sites += 1;
        match results.known.get(&site.key()) {
            Some(known) if known.timed_out => self.timed_out += 1,
            Some(known) if known.killed_by.is_some() => self.killed += 1,
            Some(_) => self.lives += 1,
            None => self.untried += 1,
        }
    }

    fn row(&self) -> String {
        format!("{} | {} | {} | {}", self.sites, self.killed, self.timed_out, self.lives)
    }
}

pub(crate) fn write(repo: &Repo, sites: &[Site], results: &Results) -> Result<()> {
    let reasons = reasons(&fs::read_to_string(repo.join(ACCEPTED)).unwrap_or_default())?;
    let mut all = Count::default();
    for site in sites {
        all.add(site, results);
    }
    let path = repo.join(REPORT);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {REPORT}"))?;
    let (ours, _) = text.split_once(MARK).with_context(|| format!("{REPORT} has lost its line {MARK}"))?;
    fs::write(&path, format!("{ours}{MARK}\n\n{}", tables(sites, results, &reasons)?))?;
    println!(
        "{} mutants: {} killed, {} by not ending, {} live",
        all.sites, all.killed, all.timed_out, all.lives
    );
    judge(sites, results, &reasons, all)
}

/// Every mutant that lives has a reason, and no other has.
fn judge(sites: &[Site], results: &Results, reasons: &BTreeMap<String, String>, all: Count) -> Result<()> {
    let living: BTreeSet<String> =
        sites.iter().map(Site::key).filter(|key| !results.is_killed(key)).collect();
    let unexplained: Vec<_> = living.iter().filter(|key| !reasons.contains_key(*key)).collect();
    let needless: Vec<_> = reasons.keys().filter(|key| !living.contains(*key)).collect();
    for key in &unexplained {
        println!("lives, and {ACCEPTED} gives no reason: {key}");
    }
    for key in &needless {
        println!("{ACCEPTED} gives a reason for what does not live: {key}");
    }
    if all.untried > 0 {
        bail!("{} mutants have not been tried: run `cargo xtask mutants`", all.untried);
    }
    ensure!(
        unexplained.is_empty() && needless.is_empty(),
        "{} mutants live without a reason, {} reasons are needless; each is named above",
        unexplained.len(),
        needless.len()
    );
    Ok(())
}

/// Reasons by key: `[[accepted]]` with `reason` and the list `mutants`.
fn reasons(text: &str) -> Result<BTreeMap<String, String>> {
    let table: toml::Table = text.parse().with_context(|| format!("{ACCEPTED} is not TOML"))?;
    let mut reasons = BTreeMap::new();
    for entry in table.get("accepted").and_then(toml::Value::as_array).into_iter().flatten() {
        let reason = entry.get("reason").and_then(toml::Value::as_str);
        let reason = reason.with_context(|| format!("an entry of {ACCEPTED} has no reason"))?;
        let mutants = entry.get("mutants").and_then(toml::Value::as_array);
        for key in mutants.with_context(|| format!("an entry of {ACCEPTED} has no list of mutants"))? {
            let key = key.as_str().with_context(|| format!("a mutant in {ACCEPTED} is no text"))?;
            let before = reasons.insert(key.to_owned(), reason.to_owned());
            ensure!(before.is_none(), "{ACCEPTED} names a mutant twice: {key}");
        }
    }
    Ok(reasons)
}

fn tables(sites: &[Site], results: &Results, reasons: &BTreeMap<String, String>) -> Result<String> {
    let mut out = String::new();
    let mut all = Count::default();
    let (mut by_kind, mut by_file) = (BTreeMap::<Kind, Count>::new(), BTreeMap::<&str, Count>::new());
    for site in sites {
        for count in [&mut all, by_kind.entry(site.kind).or_default(), by_file.entry(&site.file).or_default()]
        {
            count.add(site, results);
        }
    }
    writeln!(out, "## By kind\n\n| kind | what the mutant is | sites | killed | did not end | live |")?;
    writeln!(out, "|---|---|--:|--:|--:|--:|")?;
    for kind in Kind::ALL {
        let count = by_kind.get(&kind).copied().unwrap_or_default();
        writeln!(out, "| {kind} | {} | {} |", kind.meaning(), count.row())?;
    }
    writeln!(out, "| all | | {} |", all.row())?;
    writeln!(out, "\n## By what killed them\n\n| suite | mutants |\n|---|--:|")?;
    for (suite, count) in killers(sites, results) {
        writeln!(out, "| {suite} | {count} |")?;
    }
    writeln!(out, "\n## By file\n\n| file | sites | killed | did not end | live |\n|---|--:|--:|--:|--:|")?;
    for (file, count) in by_file {
        writeln!(out, "| `{file}` | {} |", count.row())?;
    }
    write!(out, "\n{}", survivors(sites, results, reasons)?)?;
    Ok(out)
}

fn killers<'a>(sites: &[Site], results: &'a Results) -> BTreeMap<&'a str, usize> {
    let mut killers = BTreeMap::new();
    for site in sites {
        let by = results.known.get(&site.key()).and_then(|known| known.killed_by.as_deref());
        if let Some(by) = by {
            let suite = by.split(':').next().unwrap_or(by);
            *killers.entry(suite).or_default() += 1;
        }
    }
    killers
}

/// By reason, so that the same is not said twenty times.
fn survivors(sites: &[Site], results: &Results, reasons: &BTreeMap<String, String>) -> Result<String> {
    let mut by_reason: BTreeMap<&str, Vec<&Site>> = BTreeMap::new();
    for site in sites.iter().filter(|site| !results.is_killed(&site.key())) {
        let reason = reasons.get(&site.key()).map_or("No reason is given yet.", String::as_str);
        by_reason.entry(reason).or_default().push(site);
    }
    let mut out = String::from("## Those that live\n");
    for (reason, sites) in by_reason {
        writeln!(out, "\n{reason}\n")?;
        for site in sites {
            let Site { file, line, within, kind, text, .. } = site;
            writeln!(out, "- `{file}:{line}` `{within}`, {kind}: `{text}`")?;
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_holds_for_a_list_and_a_mutant_has_one() -> Result<()> {
        let found = reasons("[[accepted]]\nreason = 'r'\nmutants = ['a', 'b']")?;
        assert_eq!(found.get("b").map(String::as_str), Some("r"));
        assert!(reasons("[[accepted]]\nreason = 'r'\nmutants = ['a', 'a']").is_err());
        assert!(reasons("[[accepted]]\nmutants = ['a']").is_err());
        Ok(())
    }
}
