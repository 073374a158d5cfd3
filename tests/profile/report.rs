//! Units by function and by group of functions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::program::{EXIT, Program};
use crate::trace::Run;

/// Groups by what a function's name contains; the first that fits counts.
const GROUPS: [(&str, &[&str]); 6] = [
    (
        "wide products, quotients, roots, decay",
        &["__multi3", "__udivti3", "bulkhead_risk::fixed", "int_sqrt", "isqrt"],
    ),
    (RULES, &["bulkhead_risk::"]),
    ("account checks", &["try_accounts", "AccountLoader", "anchor_lang"]),
    (
        "transfers, without the calls",
        &["bulkhead::transfers", "bulkhead::token", "invoke", "TokenInstruction"],
    ),
    (
        "state in and out, bytes of the price",
        &[
            "bulkhead::views",
            "bulkhead::state",
            "bulkhead::oracle",
            "bulkhead::observe",
            "memcpy",
            "memmove",
            "memset",
        ],
    ),
    ("accounts read, dispatch", &["entrypoint", "deserialize", "drop_in_place", "drop_glue", "drop_slow"]),
];
const RULES: &str = "rules, handlers, events";
const OTHERS: &str = "called programs' own";
const RUNTIME: &str = "what the runtime charges";

/// What one function took.
#[derive(Clone, Copy, Default)]
struct Taken {
    own: u64,
    with_called: u64,
    calls: u64,
}

/// One instruction in one set-up.
pub(crate) struct Profile {
    name: &'static str,
    set_up: &'static str,
    units: u64,
    functions: BTreeMap<usize, Taken>,
    groups: BTreeMap<&'static str, u64>,
}

impl Profile {
    /// Of an instruction that took `units` and during which `runs` were seen.
    pub(crate) fn of(
        program: &Program,
        name: &'static str,
        set_up: &'static str,
        units: u64,
        runs: &[Run],
    ) -> Self {
        let ours = bulkhead_client::ID.to_string();
        let functions = runs.iter().find(|run| run.program == ours).map(|run| by_function(program, run));
        let functions = functions.unwrap_or_default();
        let mut groups = BTreeMap::<_, u64>::new();
        for (start, taken) in &functions {
            *groups.entry(group(&program.name(*start))).or_default() += taken.own;
        }
        let is_called = |run: &&Run| run.program != ours && !run.program.starts_with("ComputeBudget");
        let called = runs.iter().filter(is_called).map(|run| run.counters.len() as u64).sum::<u64>();
        let executed = groups.values().sum::<u64>() + called;
        groups.insert(OTHERS, called);
        groups.insert(RUNTIME, units.saturating_sub(executed));
        Self { name, set_up, units, functions, groups }
    }

    /// The functions that took most.
    pub(crate) fn functions(&self, program: &Program, count: usize) -> String {
        let mut rows: Vec<_> = self.functions.iter().collect();
        rows.sort_by_key(|(_, taken)| std::cmp::Reverse(taken.own));
        let mut text = format!("\n{}, {}: {} units\n", self.name, self.set_up, self.units);
        text.push_str("    own  with called  calls  function\n");
        for (start, taken) in rows.into_iter().take(count) {
            let name = program.name(*start);
            writeln!(text, "{:>7} {:>12} {:>6}  {name}", taken.own, taken.with_called, taken.calls)
                .expect("a String");
        }
        text
    }
}

fn group(name: &str) -> &'static str {
    let fits = |parts: &&[&str]| parts.iter().any(|part| name.contains(part));
    GROUPS.iter().find(|(_, parts)| fits(&parts)).map_or(RULES, |(group, _)| group)
}

/// A table of groups, a column for each profile.
pub(crate) fn groups(profiles: &[Profile]) -> String {
    let names: BTreeSet<_> = profiles.iter().flat_map(|profile| profile.groups.keys().copied()).collect();
    let mut text = String::from("| |");
    for profile in profiles {
        write!(text, " `{}` {} |", profile.name, profile.set_up).expect("a String");
    }
    text.push_str("\n|---|");
    text.push_str(&"--:|".repeat(profiles.len()));
    for name in names {
        write!(text, "\n| {name} |").expect("a String");
        for profile in profiles {
            write!(text, " {} |", profile.groups.get(name).copied().unwrap_or_default()).expect("a String");
        }
    }
    text.push_str("\n| together |");
    for profile in profiles {
        write!(text, " {} |", profile.units).expect("a String");
    }
    text
}

/// What each function executed itself, and with what it called.
fn by_function(program: &Program, run: &Run) -> BTreeMap<usize, Taken> {
    let mut functions = BTreeMap::<usize, Taken>::new();
    let Some(first) = run.counters.first() else { return functions };
    let mut stack = vec![(program.function_at(*first), 0_u64)];
    for (done, at) in (1_u64..).zip(&run.counters) {
        let Some(&(current, since)) = stack.last() else { break };
        functions.entry(current).or_default().own += 1;
        let instruction = program.instructions[*at];
        if instruction.is_inner_call() {
            if let Some(next) = usize::try_from(done).ok().and_then(|place| run.counters.get(place)) {
                let called = program.function_at(*next);
                functions.entry(called).or_default().calls += 1;
                stack.push((called, done));
            }
        } else if instruction.operation == EXIT {
            stack.pop();
            // Of a function that calls itself, the outermost call counts.
            if stack.iter().all(|(outer, _)| *outer != current) {
                functions.entry(current).or_default().with_called += done - since;
            }
        }
    }
    functions
}
