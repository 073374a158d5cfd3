//! Random sequences of actions on the compiled program; every invariant after every action.
//!
//! `BULKHEAD_ACTIONS` and `BULKHEAD_SEED` for longer or other runs. A failure names the seed and after how
//! many actions it came, which is the shortest prefix: put both into regressions.txt once it is understood.

use std::collections::BTreeMap;

use bulkhead::error::BulkheadError;
use bulkhead::events::{LiquidationReason, PositionLiquidated};
use bulkhead_client::events::AnyEvent;
use bulkhead_lab::world::TxFailed;
use bulkhead_risk::liquidation::Readiness;
use bulkhead_tests::random::{Random, from_environment};

use crate::actions::{Plan, draw};
use crate::books::{Snapshot, check, readiness};
use crate::town::Town;

const ACTIONS: u64 = 10_000;
const SEED: u64 = 7;

/// Actions that must have gone through in a run of [`ACTIONS`], so that it cannot silently test nothing.
const DONE_AT_LEAST: [(&str, u64); 27] = [
    ("update", 100),
    ("open", 50),
    ("execute increase", 100),
    ("execute decrease", 50),
    ("increased", 50),
    ("decreased", 30),
    ("order spent", 10),
    ("place", 50),
    ("cancel", 10),
    ("add", 20),
    ("remove", 5),
    ("close", 10),
    ("refresh", 20),
    ("flag", 20),
    ("liquidate", 50),
    ("refresh and liquidate", 10),
    ("settle", 1),
    ("collect frozen", 1),
    ("delegate", 10),
    ("view", 5),
    ("collect fees", 5),
    ("deposit", 10),
    ("liquidated in part", 3),
    ("liquidated whole", 1),
    ("liquidated, insolvent", 1),
    ("liquidated, capped", 1),
    ("liquidated, frozen", 1),
];

#[test]
fn random_actions_keep_every_invariant() {
    let actions = from_environment("BULKHEAD_ACTIONS", ACTIONS);
    let seed = from_environment("BULKHEAD_SEED", SEED);
    let (done, refused) = run(seed, actions);
    for (name, count) in &done {
        println!("{count:>6} {name}");
    }
    for (name, count) in &refused {
        println!("{count:>6} refused: {name}");
    }
    if (actions, seed) == (ACTIONS, SEED) {
        for (name, least) in DONE_AT_LEAST {
            let count = done.get(name).copied().unwrap_or(0);
            assert!(count >= least, "{name}: {count} went through, at least {least} should");
        }
    }
}

/// What once failed: a seed and a number of actions a line, and behind a number sign why.
#[test]
fn regressions_stay_mended() {
    for line in include_str!("regressions.txt").lines() {
        let mut numbers = line.split('#').next().unwrap_or_default().split_whitespace().map(str::parse);
        if let (Some(Ok(seed)), Some(Ok(actions))) = (numbers.next(), numbers.next()) {
            run(seed, actions);
        }
    }
}

type Counts = BTreeMap<String, u64>;

fn run(seed: u64, actions: u64) -> (Counts, Counts) {
    let (mut done, mut refused) = (Counts::new(), Counts::new());
    let mut town = Town::new();
    let mut random = Random::new(seed);
    for number in 1..=actions {
        let Some(plan) = draw(&mut random, &mut town) else { continue };
        if let Err(breach) = act(&mut town, &plan, &mut done, &mut refused) {
            panic!("BULKHEAD_SEED={seed} BULKHEAD_ACTIONS={number}, {}: {breach}", plan.name);
        }
    }
    (done, refused)
}

fn act(town: &mut Town, plan: &Plan, done: &mut Counts, refused: &mut Counts) -> Result<(), String> {
    let before = Snapshot::of(town);
    let ready = plan.refreshed.and_then(|known| readiness(town, &known));
    let events = match town.send(&plan.instructions) {
        Ok((_, events)) => events,
        Err(failed) => {
            before.unchanged(town)?;
            *refused.entry(acceptable(plan, &failed)?).or_default() += 1;
            return check(town);
        }
    };
    *done.entry(plan.name.to_owned()).or_default() += 1;
    before.others_unchanged(town, &plan.instructions)?;
    check(town)?;
    for event in &events {
        let kind = match event {
            AnyEvent::PositionIncreased(_) => "increased",
            AnyEvent::PositionDecreased(_) => "decreased",
            AnyEvent::OrderFailed(_) => "order spent",
            AnyEvent::PositionLiquidated(event) => liquidated(town, plan, ready, event)?,
            _ => continue,
        };
        *done.entry(kind.to_owned()).or_default() += 1;
    }
    Ok(())
}

/// INV-07 and INV-09, and what kind of liquidation it was.
fn liquidated(
    town: &Town,
    plan: &Plan,
    ready: Option<Readiness>,
    event: &PositionLiquidated,
) -> Result<&'static str, String> {
    if plan.refreshed.is_some() && !matches!(ready, Some(Readiness::Ready(_))) {
        return Err(format!("INV-09: it was {ready:?} before the refresh and was liquidated after it"));
    }
    let known = town.positions.iter().find(|known| known.key == event.position);
    if let Some(known) = known.filter(|_| event.closed.size_left_atoms != 0) {
        match readiness(town, known) {
            Some(Readiness::Healthy) => (),
            other => return Err(format!("INV-07: after a partial liquidation it is {other:?}")),
        }
    }
    Ok(match (event.vault_frozen, event.reason, event.closed.size_left_atoms) {
        (true, ..) => "liquidated, frozen",
        (_, LiquidationReason::PayoutCapped, _) => "liquidated, capped",
        (_, LiquidationReason::Insolvent, _) => "liquidated, insolvent",
        (_, LiquidationReason::BelowMaintenance, 0) => "liquidated whole",
        (_, LiquidationReason::BelowMaintenance, _) => "liquidated in part",
    })
}

/// Its name, if this is a refusal that may happen: never one of accounting or arithmetic, never a crash.
fn acceptable(plan: &Plan, failed: &TxFailed) -> Result<String, String> {
    let Some(code) = failed.code() else {
        let is_chain_check =
            plan.name == "wrong account" && !format!("{:?}", failed.error).contains("Complete");
        let name = format!("{}, {}", plan.name, failed.error);
        return if is_chain_check { Ok(name) } else { Err(format!("{failed}\n{:#?}", failed.logs)) };
    };
    if code >= u32::from(BulkheadError::VaultBelowBooked) && plan.name != "wrong account" {
        return Err(format!("{failed}"));
    }
    Ok(format!("{}, {}", plan.name, bulkhead_client::error::describe(code)))
}
