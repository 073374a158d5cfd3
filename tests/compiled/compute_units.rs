//! Compute units of every instruction in its dearest set-ups, against `benches/cu_budget.toml`; and
//! `docs/compute-units.md`, rendered from the same figures.
//!
//! `BULKHEAD_BLESS=1` measures anew and rewrites both.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use bulkhead_tests::set_ups;
use serde::{Deserialize, Serialize};

/// A ceiling lies so much above what was measured when it was set.
const HEADROOM_PERCENT: u64 = 2;
/// Whoever comes so far under a ceiling tightens it.
const SLACK_PERCENT: u64 = 5;
/// What no version of the program may exceed, in any set-up.
const BARS: [(&str, u64); 6] = [
    ("liquidate", 20_000),
    ("update_market", 6_000),
    ("execute_order", 28_000),
    ("place_opening_order", 38_000),
    ("place_order", 38_000),
    ("add_collateral", 6_000),
];

/// What is aimed at, by instruction and set-up. Once reached, a goal caps the ceiling.
const GOALS: [(&str, &str, u64); 17] = [
    ("update_market", "first price of a minute", 5_000),
    ("update_market", "second price of a minute", 5_000),
    ("place_opening_order", "the owner's first", 38_000),
    ("execute_order", "increases, after accruals and a refresh", 28_000),
    ("add_collateral", "by the owner", 6_000),
    ("refresh_position", "raised, over all buckets", 7_000),
    ("refresh_position", "raised, a minute after the last price", 7_000),
    ("refresh_position", "raised, on the price that the market has just taken", 7_000),
    ("refresh_position", "lowered", 7_000),
    ("refresh_position", "lowered, a minute after the last price", 7_000),
    ("refresh_position", "lowered, second price of a minute", 7_000),
    ("refresh_position", "lowered, on the price that the market has just taken", 7_000),
    ("flag", "one position, on the price that the market has just taken", 4_000),
    ("flag", "one position, first seen below", 4_000),
    ("flag", "one position, second price of a minute", 4_000),
    ("liquidate", "part", 15_000),
    ("liquidate", "part, on the price that the market has just taken", 15_000),
];

/// One instruction in one set-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    pub(crate) set_up: &'static str,
    pub(crate) units: u64,
}

#[derive(Serialize, Deserialize)]
struct Budget {
    program_bytes: u64,
    program_bytes_ceiling: u64,
    instruction: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    name: String,
    set_up: String,
    measured: u64,
    ceiling: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<u64>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where the program lies that the worlds load.
fn program_file() -> PathBuf {
    std::env::var_os("BULKHEAD_SO").map_or_else(|| root().join("target/deploy/bulkhead.so"), PathBuf::from)
}

fn measured() -> Vec<Measured> {
    let mut rows = Vec::new();
    set_ups::walk(&mut |world, set_up, instruction| {
        let done = world.send(&[instruction]).unwrap_or_else(|failed| panic!("{set_up}: {failed}"));
        let used = done.uses.first().expect("the program ran");
        rows.push(Measured { name: used.name, set_up, units: used.units });
        done
    });
    rows
}

fn ceiling(measured: u64) -> u64 {
    (measured * (100 + HEADROOM_PERCENT)).div_ceil(100)
}

fn goal(name: &str, set_up: &str) -> Option<u64> {
    GOALS.iter().find(|goal| (goal.0, goal.1) == (name, set_up)).map(|goal| goal.2)
}

/// The ceiling of a row: the headroom does not reach beyond a goal that is met.
fn ceiling_of(row: &Measured) -> u64 {
    let ceiling = ceiling(row.units);
    goal(row.name, row.set_up).filter(|goal| *goal >= row.units).map_or(ceiling, |goal| ceiling.min(goal))
}

#[test]
fn compute_units_are_within_the_budget() {
    let measured = measured();
    let program_bytes = fs::metadata(program_file()).expect("the program is there").len();
    let (budget_file, table_file) =
        (root().join("benches/cu_budget.toml"), root().join("docs/compute-units.md"));
    if std::env::var("BULKHEAD_BLESS").is_ok_and(|bless| bless == "1") {
        let budget = Budget::of(&measured, program_bytes);
        fs::create_dir_all(root().join("benches")).expect("benches can be created");
        fs::write(&budget_file, budget.to_text()).expect("the budget can be written");
        fs::write(&table_file, budget.table()).expect("the table can be written");
    }
    let text = fs::read_to_string(&budget_file).expect("benches/cu_budget.toml is there");
    let budget: Budget = toml::from_str(&text).expect("benches/cu_budget.toml is a budget");
    let mut complaints = budget.complaints(&measured);
    check("bytes of the program", program_bytes, budget.program_bytes_ceiling, &mut complaints);
    if fs::read_to_string(&table_file).unwrap_or_default() != budget.table() {
        complaints.push("docs/compute-units.md is not what benches/cu_budget.toml says".to_owned());
    }
    for row in &measured {
        println!("{:>7} {}: {}", row.units, row.name, row.set_up);
    }
    println!("{program_bytes:>7} bytes of the program");
    let hint = "BULKHEAD_BLESS=1 writes what was measured into both files";
    assert!(complaints.is_empty(), "{}\n{hint}", complaints.join("\n"));
}

fn check(what: &str, measured: u64, ceiling: u64, complaints: &mut Vec<String>) {
    if measured > ceiling {
        complaints.push(format!("{what}: {measured} is over the ceiling of {ceiling}"));
    } else if measured * 100 < ceiling * (100 - SLACK_PERCENT) {
        complaints.push(format!("{what}: {measured} is far under the ceiling of {ceiling}: tighten it"));
    }
}

impl Budget {
    fn of(measured: &[Measured], program_bytes: u64) -> Self {
        let row = |row: &Measured| Row {
            name: row.name.to_owned(),
            set_up: row.set_up.to_owned(),
            measured: row.units,
            ceiling: ceiling_of(row),
            goal: goal(row.name, row.set_up),
        };
        Self {
            program_bytes,
            program_bytes_ceiling: ceiling(program_bytes),
            instruction: measured.iter().map(row).collect(),
        }
    }

    fn complaints(&self, measured: &[Measured]) -> Vec<String> {
        let mut complaints = Vec::new();
        let key = |name: &str, set_up: &str| format!("{name}, {set_up}");
        for row in &self.instruction {
            if row.goal != goal(&row.name, &row.set_up) {
                complaints.push(format!("{}: the goal is another", key(&row.name, &row.set_up)));
            }
            let is_known = measured.iter().any(|known| known.name == row.name && known.set_up == row.set_up);
            if !is_known {
                complaints.push(format!("{}: nobody measures it", key(&row.name, &row.set_up)));
            }
        }
        for row in measured {
            let what = key(row.name, row.set_up);
            match self.instruction.iter().find(|known| known.name == row.name && known.set_up == row.set_up) {
                Some(known) => check(&what, row.units, known.ceiling, &mut complaints),
                None => complaints.push(format!("{what}: it has no ceiling")),
            }
            for (name, bar) in BARS {
                if row.name == name && row.units > bar {
                    complaints.push(format!("{what}: {} is over the bar of {bar}", row.units));
                }
            }
        }
        complaints
    }

    fn to_text(&self) -> String {
        let rows = toml::to_string(self).expect("plain numbers and strings");
        format!(
            "# Ceilings of compute units: measured + {HEADROOM_PERCENT} %. tests/compiled/compute_units.rs measures and\n\
             # compares; BULKHEAD_BLESS=1 rewrites this file and docs/compute-units.md.\n\n{rows}"
        )
    }

    fn table(&self) -> String {
        let mut text = String::from(HEAD);
        for row in &self.instruction {
            let (measured, ceiling) = (grouped(row.measured), grouped(row.ceiling));
            let goal = row.goal.map(grouped).unwrap_or_default();
            writeln!(text, "| `{}` | {} | {measured} | {ceiling} | {goal} |", row.name, row.set_up)
                .expect("a String");
        }
        let (bytes, ceiling) = (grouped(self.program_bytes), grouped(self.program_bytes_ceiling));
        writeln!(text, "\nThe program has {bytes} bytes; its ceiling is {ceiling}.").expect("a String");
        text
    }
}

const HEAD: &str = "\
# Compute units

Generated by `tests/compiled/compute_units.rs` from `benches/cu_budget.toml`; this writes both:

    BULKHEAD_BLESS=1 cargo test --locked --workspace --exclude xtask --test compiled compute

Measured in LiteSVM with the features active on mainnet, of the instruction alone, what it calls included. A test fails above a
ceiling, and 5 % under one. A goal is what is aimed at; once it is met, the ceiling lies no higher. Where the units go, and why
goals are missed: [benchmarks/units.md](benchmarks/units.md).

Toolchain: `cargo xtask build`, that is rustc 1.97 from packages for sBPF v3, linked by sbpf-linker
([ADR 0013](adr/0013-toolchain-from-packages.md)). Solana's platform tools give figures some per cent apart.

Market: borrow fee, funding, trade fee and price impact are on, both sides hold open interest, all eighteen four-hour buckets are
full. Unless a set-up says otherwise the price is the first of its minute and opens a volatility bucket. Addresses that the program
derives when it creates accounts have a bump of 255; each step below costs 1,500 more. (`create_market` takes them as they fall.)

| instruction | set-up | units | ceiling | goal |
|---|---|--:|--:|--:|
";

fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
