//! Which tests are tried on a mutant, in which order: what is quick and likely first.

use super::{
    site::Site,
    suite::Suite,
    workshop::{NUMBER_VARIABLE, Workshop, copied, test_binaries},
};
use crate::{process, repo::Repo};
use anyhow::{Context, Result};
use std::{collections::BTreeMap, path::Path};

/// Names the program to the tests.
pub(crate) const PROGRAM_VARIABLE: &str = "BULKHEAD_SO";
/// Suites of the compiled program, the quick ones first. Units spent are not compared: the switch itself costs some.
const SUITES: [(&str, &[&str]); 4] = [
    ("scenarios", &[]),
    ("attacks", &[]),
    ("compiled", &["--skip", "compute_units::"]),
    ("instructions", &[]),
];
/// Fewer random actions than a run for its own sake has.
const ACTIONS: (&str, &str) = ("BULKHEAD_ACTIONS", "2000");
/// Mutants at once where a suite takes long.
const TOGETHER: usize = 64;
/// Files whose likely killers are not in a module of the same name.
const LIKELY: [(&str, &[&str]); 12] = [
    (
        "programs/bulkhead/src/guard.rs",
        &["pause::", "queue_change::", "apply_change::", "initialize_protocol::", "settle_market::"],
    ),
    ("programs/bulkhead/src/oracle.rs", &["update_market::", "create_market::"]),
    ("programs/bulkhead/src/oracle/pyth_receiver.rs", &["update_market::"]),
    ("programs/bulkhead/src/token.rs", &["create_market::", "collect_fees::", "execute_top_up", "deposit::"]),
    ("programs/bulkhead/src/margin_calls.rs", &["margin_calls::"]),
    ("programs/bulkhead/src/observe.rs", &["collateral_price::", "deposit::", "update_market::"]),
    ("programs/bulkhead/src/state/order.rs", &["place_order::", "cancel_order::", "trigger_order::"]),
    (
        "programs/bulkhead/src/state/position.rs",
        &["place_order::", "add_collateral::", "close_position::", "cancel_order::", "flag::"],
    ),
    ("programs/bulkhead/src/state/market.rs", &["update_market::", "deposit::"]),
    ("programs/bulkhead/src/state/withdrawal.rs", &["execute_withdrawal::", "cancel_withdrawal::"]),
    ("programs/bulkhead/src/state/settlement.rs", &["record_settlement_price::", "settle_market::"]),
    ("programs/bulkhead/src/views/settlement.rs", &["record_settlement_price::", "settle_market::"]),
];

/// A number of runs, which a mutant passes together.
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) suites: Vec<Suite>,
    /// Of which suite only the likely tests of a mutant are run.
    pub(crate) likely: Option<&'static str>,
    /// Whether it is only for mutants of the risk crate.
    pub(crate) is_risk_only: bool,
    /// Mutants that are tried at once. Most of those that live until a long suite live on: where many pass it
    /// together, each does; where they do not, halves of them are tried.
    pub(crate) together: usize,
}

impl Stage {
    /// The filters of a mutant, or nothing if this stage has nothing to say about it.
    pub(crate) fn filters(&self, site: &Site) -> Option<Vec<String>> {
        let is_risk = site.file.starts_with("crates/risk/");
        if self.is_risk_only {
            return is_risk.then(Vec::new);
        }
        match self.likely {
            None => Some(Vec::new()),
            Some(_) if is_risk => None,
            Some("attacks") => likely_attacks(site),
            Some(_) => likely_instructions(site),
        }
    }
}

/// The instruction's own tests, or those of the instructions that a shared file serves most.
fn likely_instructions(site: &Site) -> Option<Vec<String>> {
    if let Some((_, filters)) = LIKELY.iter().find(|(file, _)| *file == site.file) {
        return Some(filters.iter().map(|filter| (*filter).to_owned()).collect());
    }
    let in_instructions = site.file.starts_with("programs/bulkhead/src/instructions/");
    let stem = Path::new(&site.file).file_stem()?.to_str()?;
    in_instructions.then(|| vec![stem.to_owned()])
}

/// Invariants that are broken by hand, accounts of another version, and prices to the byte.
fn likely_attacks(site: &Site) -> Option<Vec<String>> {
    let is_invariant = ["assert_", "require_version"].iter().any(|name| site.text.contains(name))
        || site.within.contains("assert_");
    let is_price = site.file.starts_with("programs/bulkhead/src/oracle");
    let filter = if is_invariant { "invariants::" } else { "oracle" };
    (is_invariant || is_price).then(|| vec![filter.to_owned()])
}

/// All stages, with the tests built.
pub(crate) fn stages(repo: &Repo, workshop: &Workshop, dir: &Path) -> Result<Vec<Stage>> {
    println!("building the suites of the compiled program");
    let mut cargo = process::cargo(repo);
    // Selected as `cargo xtask test` does, so that both use the same compiled dependencies.
    cargo.args(["test", "--locked", "--workspace", "--exclude", "xtask", "--no-run"]);
    cargo.args(SUITES.iter().flat_map(|(name, _)| ["--test", name]));
    let binaries = copied(test_binaries(&mut cargo)?, &dir.join("suites"))?;
    let mut suites = BTreeMap::new();
    for (name, arguments) in SUITES {
        let binary = binaries.get(name).with_context(|| format!("cargo built no tests {name}"))?.clone();
        let skip_printing = ["--skip", crate::idl::PRINTING_TESTS];
        let arguments = arguments.iter().chain(&skip_printing).map(|text| (*text).to_owned()).collect();
        let variables = vec![(ACTIONS.0.to_owned(), ACTIONS.1.to_owned())];
        let suite = Suite { name: name.to_owned(), binary, dir: repo.join("tests"), arguments, variables };
        suites.insert(name, suite);
    }
    let risk = workshop.risk_suites.iter().map(|(name, binary)| Suite {
        name: format!("risk/{name}"),
        binary: binary.clone(),
        dir: workshop.risk_dir.clone(),
        arguments: Vec::new(),
        variables: Vec::new(),
    });
    let stage = |name: &str, suites: Vec<Suite>| Stage {
        name: name.to_owned(),
        suites,
        likely: None,
        is_risk_only: false,
        together: TOGETHER,
    };
    let one = |name: &str| suites.get(name).cloned().into_iter().collect::<Vec<_>>();
    let likely = |name: &'static str| Stage {
        likely: Some(name),
        together: 1,
        ..stage(&format!("likely {name}"), one(name))
    };
    let mut all = vec![
        Stage { is_risk_only: true, together: 1, ..stage("risk", risk.collect()) },
        likely("instructions"),
        likely("attacks"),
    ];
    all.extend(SUITES.iter().map(|(name, _)| stage(name, one(name))));
    Ok(all)
}

/// What tells a suite which mutant it runs.
pub(crate) fn variables(number: u32, program: &Path) -> [(&'static str, String); 2] {
    [(NUMBER_VARIABLE, number.to_string()), (PROGRAM_VARIABLE, program.display().to_string())]
}
