//! Rules about a file's lines, whatever the language.

use super::{Finding, Rule, Source};

const MAX_FILE_LINES: usize = 400;

/// What marks work as not done. Written in two parts, so that this file does not find itself.
const MARKERS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("to", "do!"),
    concat!("unimple", "mented!"),
];

const CODE: &[&str] = &[".rs", ".ts", ".tsx", ".py", ".sh", ".toml", ".yml"];

pub(super) fn check(source: &Source, findings: &mut Vec<Finding>) {
    let is = |endings: &[&str]| endings.iter().any(|ending| source.path.ends_with(ending));
    let mut add =
        |line, rule, message| findings.push(Finding { file: source.path.clone(), line, rule, message });
    let count = source.text.lines().count();
    if is(&[".rs", ".ts", ".tsx"]) && count > MAX_FILE_LINES {
        add(
            MAX_FILE_LINES + 1,
            Rule::FileLength,
            format!("{count} lines, and {MAX_FILE_LINES} are allowed: split the file"),
        );
    }
    if is(CODE) {
        for (line, marker) in markers(&source.text) {
            add(line, Rule::Marker, format!("{marker}: do it, or make an issue of it"));
        }
    }
    let documents_module = source.text.trim_start().starts_with("//!");
    if source.is_rust() && !source.path.ends_with("build.rs") && !documents_module {
        add(1, Rule::ModuleDoc, "begins without a `//!` line that says what the file is for".into());
    }
}

/// Line and text of every marker that stands as a word of its own.
fn markers(text: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for &marker in MARKERS {
            if contains_word(line, marker) {
                found.push((number + 1, marker));
            }
        }
    }
    found
}

/// Whether `word` stands in the text with neither a letter, a digit nor an underscore beside it.
pub(super) fn contains_word(text: &str, word: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(joins) && (word.ends_with('!') || !after.is_some_and(joins))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(usize, Rule)> {
        let mut findings = Vec::new();
        check(&Source { path: path.into(), text: text.into() }, &mut findings);
        findings.into_iter().map(|finding| (finding.line, finding.rule)).collect()
    }

    #[test]
    fn long_files_are_found_in_code_only() {
        let long = format!("//! Doc.\n{}", "\n".repeat(400));
        assert_eq!(found("a.rs", &long), [(401, Rule::FileLength)]);
        assert_eq!(found("a.md", &long), []);
        assert_eq!(found("a.rs", &format!("//! Doc.\n{}", "\n".repeat(399))), []);
    }

    #[test]
    fn markers_are_found_as_words() {
        let marked =
            format!("//! Doc.\n// {} later\nfn f() {{ {}() }}", concat!("TO", "DO"), concat!("to", "do!"));
        assert_eq!(found("a.rs", &marked), [(2, Rule::Marker), (3, Rule::Marker)]);
        assert_eq!(found("a.rs", "//! Doc.\n// MASTODON, todos and the unimplemented"), []);
    }

    #[test]
    fn a_module_says_what_it_is_for() {
        assert_eq!(found("src/a.rs", "// Plain.\n"), [(1, Rule::ModuleDoc)]);
        assert_eq!(found("build.rs", "fn main() {}\n"), []);
    }

    #[test]
    fn words_end_where_identifiers_end() {
        assert!(contains_word("a.Stale, b", "Stale"));
        assert!(!contains_word("StalePrice", "Stale"));
        assert!(!contains_word("NotStale", "Stale"));
        assert!(contains_word("StalePrice Stale", "Stale"));
    }
}
