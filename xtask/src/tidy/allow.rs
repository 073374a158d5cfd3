//! Exceptions from the house rules, each with its reason. One that nothing needs any more is itself a finding.

use super::{Finding, Rule};

struct Exception {
    file: &'static str,
    rule: Rule,
    #[allow(dead_code, reason = "read by people")]
    reason: &'static str,
}

const EXCEPTIONS: &[Exception] = &[
    Exception {
        file: "crates/risk/src/fixed/digits.rs",
        rule: Rule::Lenient,
        reason: "digits that cannot wrap, and low words that are meant to: proved in crates/risk/proofs/lemmas/digits.py",
    },
    Exception {
        file: "crates/risk/src/fixed/digits.rs",
        rule: Rule::Cast,
        reason: "a const fn knows neither From nor TryFrom: words put together, and words cut off, which is what is asked",
    },
];

pub(super) fn apply(findings: Vec<Finding>) -> Vec<Finding> {
    apply_list(findings, EXCEPTIONS)
}

fn apply_list(findings: Vec<Finding>, exceptions: &[Exception]) -> Vec<Finding> {
    let excepts = |e: &Exception, f: &Finding| e.file == f.file && e.rule == f.rule;
    let mut kept: Vec<_> = exceptions
        .iter()
        .filter(|exception| !findings.iter().any(|finding| excepts(exception, finding)))
        .map(|exception| Finding {
            file: "xtask/src/tidy/allow.rs".into(),
            line: 1,
            rule: exception.rule,
            message: format!("{} needs no exception from {:?} any more", exception.file, exception.rule),
        })
        .collect();
    kept.extend(findings.into_iter().filter(|finding| !exceptions.iter().any(|e| excepts(e, finding))));
    kept.sort();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(file: &str, rule: Rule) -> Finding {
        Finding { file: file.into(), line: 1, rule, message: String::new() }
    }

    #[test]
    fn an_exception_covers_one_rule_in_one_file() {
        let exceptions = [Exception { file: "a.rs", rule: Rule::FileLength, reason: "a table" }];
        let findings =
            vec![finding("a.rs", Rule::FileLength), finding("a.rs", Rule::Cast), finding("b.rs", Rule::Cast)];
        let left = apply_list(findings, &exceptions);
        assert_eq!(left, [finding("a.rs", Rule::Cast), finding("b.rs", Rule::Cast)]);
    }

    #[test]
    fn an_exception_that_nothing_needs_is_a_finding() {
        let exceptions = [Exception { file: "a.rs", rule: Rule::FileLength, reason: "a table" }];
        let left = apply_list(vec![], &exceptions);
        assert_eq!(left.len(), 1);
        assert!(left[0].message.contains("a.rs needs no exception from FileLength"));
    }
}
