//! Rules about the ids that documents give: each is defined once, none is named that is not defined, and every
//! requirement names the tests that show it.

use super::{Finding, Rule, Source};
use std::collections::{BTreeMap, BTreeSet};

/// Where the ids of a kind are defined, and what stands before and after one there.
struct Kind {
    prefix: &'static str,
    file: &'static str,
    before: &'static str,
    after: &'static str,
}

const KINDS: [Kind; 3] = [
    Kind { prefix: "REQ-", file: "docs/spec.md", before: "**", after: "**" },
    Kind { prefix: "W-", file: "docs/math.md", before: "- **", after: "**" },
    Kind { prefix: "INV-", file: "docs/invariants.md", before: "| ", after: " |" },
];

/// A row for each requirement, with its tests.
const COVERAGE: &str = "docs/coverage.md";

pub(super) fn check(sources: &[Source], findings: &mut Vec<Finding>) {
    let mut add = |file: &str, line: usize, message: String| {
        findings.push(Finding { file: file.into(), line, rule: Rule::Id, message });
    };
    for kind in &KINDS {
        let Some(home) = sources.iter().find(|source| source.path == kind.file) else { continue };
        let mut defined = BTreeMap::new();
        for (line, id) in definitions(kind, &home.text) {
            if let Some(first) = defined.insert(id.clone(), line) {
                add(
                    kind.file,
                    line,
                    format!("{id} is defined in line {first} already: give it a free number"),
                );
            }
        }
        // The ids in this folder are examples.
        for source in sources.iter().filter(|source| !source.path.starts_with("xtask/")) {
            for (line, id) in mentions(kind.prefix, &source.text) {
                if !defined.contains_key(&id) {
                    add(&source.path, line, format!("{id} is not defined in {}", kind.file));
                }
            }
        }
        if let (true, Some(coverage)) =
            (kind.file == KINDS[0].file, sources.iter().find(|source| source.path == COVERAGE))
        {
            check_coverage(&defined, coverage, sources, &mut add);
        }
    }
}

/// Every requirement has one row, and every test in it exists.
fn check_coverage(
    defined: &BTreeMap<String, usize>,
    coverage: &Source,
    sources: &[Source],
    add: &mut impl FnMut(&str, usize, String),
) {
    let tests: BTreeSet<_> =
        sources.iter().filter(|source| source.is_rust()).flat_map(|source| functions(&source.text)).collect();
    let mut rows = BTreeMap::new();
    for (number, text) in coverage.text.lines().enumerate() {
        let Some((id, shown_by)) = text.strip_prefix("| REQ-").and_then(|rest| rest.split_once(" | ")) else {
            continue;
        };
        let (line, id) = (number + 1, format!("REQ-{id}"));
        if let Some(first) = rows.insert(id.clone(), line) {
            add(COVERAGE, line, format!("{id} has its row in line {first}"));
        }
        let named: Vec<_> = shown_by.split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            add(COVERAGE, line, format!("{id} names no test"));
        }
        for test in named.into_iter().filter(|test| !tests.contains(test)) {
            add(COVERAGE, line, format!("{id}: there is no test {test}"));
        }
    }
    for (id, line) in defined.iter().filter(|(id, _)| !rows.contains_key(*id)) {
        add(KINDS[0].file, *line, format!("{id} has no row in {COVERAGE}: name the tests that show it"));
    }
}

/// Names of all functions: `fn name(`.
fn functions(text: &str) -> impl Iterator<Item = &str> {
    text.split("fn ").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
        Some(&rest[..end])
    })
}

fn definitions(kind: &Kind, text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for (at, id) in ids(kind.prefix, line) {
            let is_defined =
                line[..at].ends_with(kind.before) && line[at + id.len()..].starts_with(kind.after);
            // In a table the first column defines.
            if is_defined && (kind.before != "| " || at == kind.before.len()) {
                found.push((number + 1, id));
            }
        }
    }
    found
}

fn mentions(prefix: &str, text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate();
    lines
        .flat_map(|(number, line)| ids(prefix, line).into_iter().map(move |(_, id)| (number + 1, id)))
        .collect()
}

/// Ids of a prefix in a line, with where they begin; no part of a longer word.
fn ids(prefix: &str, line: &str) -> Vec<(usize, String)> {
    let starts = line.match_indices(prefix).map(|(at, _)| at);
    let whole =
        starts.filter(|at| !line[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-'));
    let with_digits = whole.filter_map(|at| {
        let rest = &line[at + prefix.len()..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        (digits > 0).then(|| (at, format!("{prefix}{}", &rest[..digits])))
    });
    with_digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<_> =
            files.iter().map(|(path, text)| Source { path: (*path).into(), text: (*text).into() }).collect();
        let mut findings = Vec::new();
        check(&sources, &mut findings);
        findings.iter().map(Finding::to_string).collect()
    }

    const SPEC: &str = "- **REQ-01** one, see REQ-02.\nEffects: **REQ-02** two.";
    const COVERED: &str = "| REQ-01 | `sums_ok` |\n| REQ-02 | `sums_ok`, `sums_fails` |";
    const TESTS: &str = "#[test]\nfn sums_ok() {}\nfn sums_fails() {} // REQ-01";

    #[test]
    fn defined_once_named_and_covered_is_fine() {
        let files = [
            ("docs/spec.md", SPEC),
            ("docs/coverage.md", COVERED),
            ("tests/a.rs", TESTS),
            ("docs/math.md", "- **W-10** a = `1`\nas W-10 says"),
            ("docs/invariants.md", "| INV-01 | sums; see INV-02 | x |\n| INV-02 | INV-01 | y |"),
            ("xtask/src/a.rs", "REQ-99"),
        ];
        assert_eq!(found(&files), Vec::<String>::new());
    }

    #[test]
    fn an_id_is_defined_once_and_named_only_where_it_is() {
        let spec = "**REQ-01** one\n**REQ-01** two\nREQ-03, not PREREQ-04";
        let math = "- **W-10** a\n- **W-10** b\n- W-11";
        assert_eq!(
            found(&[("docs/spec.md", spec), ("docs/math.md", math), ("a.rs", "// REQ-05")]),
            [
                "docs/spec.md:2: REQ-01 is defined in line 1 already: give it a free number",
                "docs/spec.md:3: REQ-03 is not defined in docs/spec.md",
                "a.rs:1: REQ-05 is not defined in docs/spec.md",
                "docs/math.md:2: W-10 is defined in line 1 already: give it a free number",
                "docs/math.md:3: W-11 is not defined in docs/math.md",
            ]
        );
    }

    #[test]
    fn every_requirement_names_tests_that_exist() {
        let coverage = "| REQ-01 | `sums_ok`, `gone` |\n| REQ-01 | words |";
        assert_eq!(
            found(&[("docs/spec.md", SPEC), ("docs/coverage.md", coverage), ("tests/a.rs", TESTS)]),
            [
                "docs/coverage.md:1: REQ-01: there is no test gone",
                "docs/coverage.md:2: REQ-01 has its row in line 1",
                "docs/coverage.md:2: REQ-01 names no test",
                "docs/spec.md:2: REQ-02 has no row in docs/coverage.md: name the tests that show it",
            ]
        );
    }
}
