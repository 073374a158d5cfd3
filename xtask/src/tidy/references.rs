//! Rules about what must be named elsewhere: every error in a test, every invariant in code and in a test, and every
//! test that the threat model names.

use super::{Finding, Rule, Source, text::contains_word};
use std::collections::BTreeMap;
use syn::Item;

const ERRORS: (&str, &str) = ("programs/bulkhead/src/error.rs", "BulkheadError");
const INVARIANTS: &str = "docs/invariants.md";
const THREATS: &str = "docs/threat-model.md";

pub(super) fn check(sources: &[Source], findings: &mut Vec<Finding>) {
    let with = |path: &str| sources.iter().find(|source| source.path == path);
    let tests = || sources.iter().filter(|source| source.is_rust() && source.is_test());
    let (file, name) = ERRORS;
    if let Some(errors) = with(file) {
        for (line, variant) in variants(&errors.text, name) {
            // A retired code keeps its number and can no longer be provoked.
            let retired = variant.starts_with("Retired");
            let tested =
                |test: &Source| test.path.starts_with("tests/") && contains_word(&test.text, &variant);
            if !retired && !tests().any(tested) {
                let message =
                    format!("{name}::{variant} is named by no test under tests/: provoke it in one");
                findings.push(Finding { file: file.into(), line, rule: Rule::Untested, message });
            }
        }
    }
    if let Some(invariants) = with(INVARIANTS) {
        let on_chain = || sources.iter().filter(|source| source.is_on_chain());
        for (id, line) in invariant_ids(&invariants.text) {
            let mut require = |found: bool, message: &str| {
                if !found {
                    let message = format!("{id} {message}");
                    findings.push(Finding { file: INVARIANTS.into(), line, rule: Rule::Untested, message });
                }
            };
            let names = |source: &Source| contains_word(&source.text, &id);
            require(
                on_chain().any(names),
                "is named by no code in programs/ or crates/risk/src that keeps it",
            );
            require(tests().any(names), "is named by no test");
        }
    }
    if let Some(threats) = with(THREATS) {
        for (line, name) in named_tests(&threats.text) {
            let function = format!("fn {name}(");
            if !tests().any(|test| test.text.contains(&function)) {
                let message = format!("`{name}` is no test of this repository");
                findings.push(Finding { file: THREATS.into(), line, rule: Rule::Untested, message });
            }
        }
    }
}

/// What stands between backticks in the columns of tables whose head speaks of tests.
fn named_tests(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut column = None;
    for (number, line) in text.lines().enumerate() {
        let Some(row) = line.strip_prefix('|') else {
            column = None;
            continue;
        };
        let cells: Vec<_> = row.split(" | ").collect();
        let Some(place) = column else {
            // The head of a table; no place of it fits where it does not speak of tests.
            column = Some(cells.iter().position(|cell| cell.contains("test")).unwrap_or(usize::MAX));
            continue;
        };
        let Some(cell) = cells.get(place) else { continue };
        for name in cell.split('`').skip(1).step_by(2) {
            found.push((number + 1, name.to_owned()));
        }
    }
    found
}

/// The variants of one enum, with their lines.
fn variants(text: &str, name: &str) -> Vec<(usize, String)> {
    let Ok(file) = syn::parse_file(text) else {
        return Vec::new(); // The syntax rules have already said so.
    };
    let enums = file.items.into_iter().filter_map(|item| match item {
        Item::Enum(item) if item.ident == name => Some(item),
        _ => None,
    });
    enums.flat_map(|item| item.variants).map(|v| (v.ident.span().start().line, v.ident.to_string())).collect()
}

/// Every id of the form INV-07 and the line that first names it.
fn invariant_ids(text: &str) -> BTreeMap<String, usize> {
    let mut ids = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        for (at, prefix) in line.match_indices("INV-") {
            let digits: String = line[at + prefix.len()..].chars().take_while(char::is_ascii_digit).collect();
            if !digits.is_empty() {
                ids.entry(format!("{prefix}{digits}")).or_insert(number + 1);
            }
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<(usize, String)> {
        let sources: Vec<_> =
            files.iter().map(|(path, text)| Source { path: (*path).into(), text: (*text).into() }).collect();
        let mut findings = Vec::new();
        check(&sources, &mut findings);
        findings.into_iter().map(|finding| (finding.line, finding.message)).collect()
    }

    const ERROR_ENUM: &str = "enum Other { X }\n#[error_code]\npub enum BulkheadError {\n    /// Too old.\n    Stale = 200,\n    \
                              StaleSlot,\n    RetiredOld,\n}";

    #[test]
    fn every_error_needs_a_test() {
        let found = found(&[
            ("programs/bulkhead/src/error.rs", ERROR_ENUM),
            ("tests/tests/a.rs", "assert_error(BulkheadError::StaleSlot)"),
            ("crates/lab/tests/b.rs", "Stale"),
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, 5);
        assert!(found[0].1.starts_with("BulkheadError::Stale is named by no test"));
    }

    #[test]
    fn every_test_that_the_threat_model_names_is_there() {
        let model = "| attack | where | invariant, test |\n|---|---|---|\n| a | `code` | INV-01; `one_ok`, `two_ok` |\n\n\
                     | asset | lost |\n|---|---|\n| `x` | `y` |\n\ntext `z`";
        let found = found(&[
            ("docs/threat-model.md", model),
            ("tests/a.rs", "fn one_ok() {}"),
            ("crates/risk/src/a.rs", "fn two_ok() {}"),
        ]);
        assert_eq!(found, [(3, "`two_ok` is no test of this repository".to_owned())]);
    }

    #[test]
    fn every_invariant_needs_code_and_a_test() {
        let found = found(&[
            ("docs/invariants.md", "# Invariants\nINV-01 sums. INV-02 seals; see INV-01.\nINV-03"),
            ("crates/risk/src/a.rs", "/// INV-01\nfn f() {} // INV-02"),
            ("crates/risk/tests/a.rs", "// INV-01"),
            ("programs/bulkhead/src/a.rs", "// INV-031"),
        ]);
        let expected = [
            (2, "INV-02 is named by no test"),
            (3, "INV-03 is named by no code in programs/ or crates/risk/src that keeps it"),
            (3, "INV-03 is named by no test"),
        ];
        assert_eq!(found, expected.map(|(line, message)| (line, message.to_owned())));
    }
}
