//! Which substitutes may go through, alone or two together, and why: `accepted.toml`.

use serde::Deserialize;

use super::families::FAMILY;
use super::{Matrix, Tried};

/// Errors that say nothing about what was wrong.
pub(super) const UNSPECIFIC: [&str; 6] = [
    "ProgramFailedToComplete",
    "ComputationalBudgetExceeded",
    "VaultBelowBooked",
    "PoolVaultBelowBooked",
    "AccountingBroken",
    "LedgerInconsistent",
];

#[derive(Deserialize)]
pub(super) struct Accepted {
    accepted: Vec<Entry>,
    #[serde(default)]
    together: Vec<Together>,
}

/// Two substitutes of which one goes through only with the other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Together {
    instructions: Vec<String>,
    /// `slot: substitute` each, with stars as above.
    pair: [String; 2],
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// `instruction.slot` each; `*.slot` for that slot of every instruction.
    slots: Vec<String>,
    /// Names of substitutes; one that ends in `*` stands for all that begin so.
    substitutes: Vec<String>,
    /// In these set-ups only; in all, where it is left out.
    #[serde(default)]
    set_ups: Vec<String>,
    reason: String,
}

fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        Some((before, after)) => {
            text.len() >= before.len() + after.len() && text.starts_with(before) && text.ends_with(after)
        }
        None => pattern == text,
    }
}

impl Entry {
    /// Whether a substitute that went through in a set-up is one of these.
    fn covers(&self, (substitute, set_up): &(String, String)) -> bool {
        (self.set_ups.is_empty() || self.set_ups.contains(set_up))
            && self.substitutes.iter().any(|pattern| matches(pattern, substitute))
    }
}

impl Accepted {
    pub(super) fn committed() -> Self {
        let accepted: Self = toml::from_str(include_str!("accepted.toml")).expect("accepted.toml is a list");
        let reasons = accepted.reasons().map(|(_, reason)| reason).chain(accepted.together_reasons());
        assert!(reasons.into_iter().all(|reason| !reason.is_empty()), "an entry without a reason");
        accepted
    }

    /// Number of the entry that lets it through, from 1, and why it does.
    pub(super) fn reason(&self, instruction: &str, slot: &str, done: &(String, String)) -> Option<usize> {
        let slot = format!("{instruction}.{slot}");
        let is_it =
            |entry: &Entry| entry.slots.iter().any(|pattern| matches(pattern, &slot)) && entry.covers(done);
        self.accepted.iter().position(is_it).map(|place| place + 1)
    }

    pub(super) fn reasons(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.accepted.iter().map(|entry| entry.reason.as_str()))
    }

    /// Whether two that do not both go through alone may go through together.
    pub(super) fn may_together(&self, instruction: &str, [one, other]: [&str; 2]) -> bool {
        self.together.iter().any(|Together { instructions, pair: [first, second], .. }| {
            let fits = |one, other| matches(first, one) && matches(second, other);
            instructions.iter().any(|known| known == instruction) && (fits(one, other) || fits(other, one))
        })
    }

    pub(super) fn together_reasons(&self) -> impl Iterator<Item = &str> {
        self.together.iter().map(|entry| entry.reason.as_str())
    }

    /// `docs/substitution.md` of them.
    pub(super) fn together_table(&self) -> String {
        let line = |Together { instructions, pair: [one, other], reason }: &Together| {
            format!("| {} | {one} | {other} | {reason} |\n", instructions.join(", "))
        };
        self.together.iter().map(line).collect()
    }

    /// What went through is on the list, what is on the list went through, each slot refuses something, and errors say
    /// what is wrong.
    pub(super) fn judge(&self, matrix: &Matrix, complaints: &mut Vec<String>) {
        for ((instruction, slot), tried) in matrix {
            for done in &tried.succeeded {
                if self.reason(instruction, slot, done).is_none() {
                    let (substitute, set_up) = done;
                    complaints.push(format!("{instruction}.{slot}: {substitute} goes through, {set_up}"));
                }
            }
            if tried.refused.is_empty() && slot != FAMILY {
                complaints.push(format!("{instruction}.{slot} refuses nothing"));
            }
            for error in tried.refused.keys().filter(|error| UNSPECIFIC.contains(&error.as_str())) {
                complaints
                    .push(format!("{instruction}.{slot}: {:?} is refused by {error}", tried.refused[error]));
            }
        }
        for entry in &self.accepted {
            for (slot, substitute) in
                entry.slots.iter().flat_map(|slot| entry.substitutes.iter().map(move |name| (slot, name)))
            {
                let is_used = |((instruction, known), tried): (&(String, String), &Tried)| {
                    matches(slot, &format!("{instruction}.{known}"))
                        && tried
                            .succeeded
                            .iter()
                            .any(|done| entry.covers(done) && matches(substitute, &done.0))
                };
                if !matrix.iter().any(is_used) {
                    complaints.push(format!("accepted.toml: {slot}, {substitute}: it never goes through"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(list: &str, error: Option<&str>, succeeded: Option<(&str, &str)>) -> Vec<String> {
        let mut tried = Tried::default();
        if let Some(error) = error {
            tried.refused.entry(error.to_owned()).or_default().insert("a wallet".to_owned());
        }
        tried.succeeded.extend(succeeded.map(|(name, set_up)| (name.to_owned(), set_up.to_owned())));
        let matrix = Matrix::from([(("flag".to_owned(), "price".to_owned()), tried)]);
        let accepted: Accepted = toml::from_str(list).unwrap();
        let mut complaints = Vec::new();
        accepted.judge(&matrix, &mut complaints);
        complaints
    }

    const LIST: &str =
        "[[accepted]]\nslots = ['*.price']\nsubstitutes = ['a *']\nset_ups = ['late']\nreason = 'so'";

    #[test]
    fn judge_ok_with_what_is_refused_or_on_the_list() {
        assert!(complaints("accepted = []", Some("ConstraintMut"), None).is_empty());
        assert!(complaints(LIST, Some("ConstraintMut"), Some(("a twin", "late"))).is_empty());
    }

    #[test]
    fn judge_fails_on_what_goes_through_on_stale_entries_and_on_errors_that_say_nothing() {
        let found = |list, error, succeeded| complaints(list, error, succeeded).join("; ");
        let through = "flag.price: a twin goes through, early";
        assert_eq!(found("accepted = []", Some("ConstraintMut"), Some(("a twin", "early"))), through);
        assert!(found(LIST, Some("ConstraintMut"), Some(("a twin", "early"))).starts_with(through));
        assert!(found(LIST, Some("ConstraintMut"), None).ends_with("it never goes through"));
        assert_eq!(found("accepted = []", None, None), "flag.price refuses nothing");
        assert!(found("accepted = []", Some("AccountingBroken"), None).ends_with("by AccountingBroken"));
    }

    #[test]
    fn may_together_ok_in_either_order_and_of_that_instruction_only() {
        let list =
            "accepted = []\n[[together]]\ninstructions = ['flag']\npair = ['a: x*', 'b: y']\nreason = 'so'";
        let accepted: Accepted = toml::from_str(list).unwrap();
        assert!(accepted.may_together("flag", ["a: x1", "b: y"]));
        assert!(accepted.may_together("flag", ["b: y", "a: x1"]));
        assert!(!accepted.may_together("flag", ["a: x1", "b: y1"]));
        assert!(!accepted.may_together("pause", ["a: x1", "b: y"]));
    }
}
