//! Random sequences of actions on the compiled program; every invariant after every action.
//!
//! A run is a number of lives: a fresh town each, in which a market is wound down and the oracle of another
//! dies. `BULKHEAD_ACTIONS` and `BULKHEAD_SEED` for longer or other runs. A failure names the seed of its life
//! and after how many actions it came, which is the shortest prefix: the two variables repeat it. Put both
//! into regressions.txt once it is understood.

use std::sync::atomic::{AtomicU64, Ordering};

use bulkhead::error::BulkheadError;
use bulkhead::events::{LiquidationReason, PositionLiquidated, SettlementReason, ToppedUp};
use bulkhead_client::events::AnyEvent;
use bulkhead_lab::world::TxFailed;
use bulkhead_risk::liquidation::Readiness;
use bulkhead_tests::random::{Random, from_environment};

use crate::actions::{Plan, draw};
use crate::books::{check, equal, readiness};
use crate::coverage::{Counts, assert_complete, count};
use crate::ending::LIFE;
use crate::snapshot::Snapshot;
use crate::town::{Known, Town};
use crate::views::check_answer;

const ACTIONS: u64 = 40_000;
const SEED: u64 = 7;
/// Lives at a time.
const THREADS: u64 = 2;

#[test]
fn random_actions_keep_every_invariant() {
    let actions = from_environment("BULKHEAD_ACTIONS", ACTIONS);
    let seed = from_environment("BULKHEAD_SEED", SEED);
    let done = run(seed, actions);
    for (name, count) in &done {
        println!("{count:>6} {name}");
    }
    if actions >= ACTIONS {
        assert_complete(&done);
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

/// All lives, as many at a time as there are threads; each stands on its own seed.
fn run(seed: u64, actions: u64) -> Counts {
    let (lives, next) = (actions.div_ceil(LIFE), AtomicU64::new(0));
    let work = || {
        let mut done = Counts::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= lives {
                return done;
            }
            live(seed + number, LIFE.min(actions - number * LIFE), &mut done);
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS.min(lives)).map(|_| scope.spawn(work)).collect();
        let mut all = Counts::new();
        for thread in threads {
            let done = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            for (name, count) in done {
                *all.entry(name).or_default() += count;
            }
        }
        all
    })
}

fn live(seed: u64, actions: u64, done: &mut Counts) {
    let mut town = Town::new(seed);
    let mut random = Random::new(seed);
    for number in 1..=actions {
        let Some(plan) = draw(&mut random, &mut town, number) else { continue };
        if let Err(breach) = act(&mut town, &plan, done) {
            panic!("BULKHEAD_SEED={seed} BULKHEAD_ACTIONS={number}, {}: {breach}", plan.name);
        }
    }
}

fn act(town: &mut Town, plan: &Plan, done: &mut Counts) -> Result<(), String> {
    let before = Snapshot::of(town);
    let ready = plan.liquidates.and_then(|known| readiness(town, &known));
    let positions = town.positions.clone();
    let budgets: Vec<_> = positions.iter().map(|known| (known.key, funds(town, known))).collect();
    *done.entry("sent".to_owned()).or_default() += 1;
    let (answer, events) = match town.send(&plan.instructions) {
        Ok((answer, events)) => (answer, events),
        Err(failed) => {
            before.unchanged(town)?;
            let name = acceptable(plan, &failed)?;
            *done.entry(format!("refused: {}", plan.name)).or_default() += 1;
            *done.entry(format!("refused: {name}")).or_default() += 1;
            return check(town);
        }
    };
    equal("an action that must be refused went through", plan.is_hopeless, false)?;
    count(done, &plan.instructions);
    before.others_unchanged(town, &plan.instructions)?;
    check(town)?;
    if let Some(asked) = plan.view {
        before.unchanged(town)?;
        check_answer(town, asked, &answer.return_data)?;
    }
    for event in &events {
        *done.entry(event.name().to_owned()).or_default() += 1;
        let kind = match event {
            AnyEvent::PositionLiquidated(event) => liquidated(town, plan, ready, event)?,
            AnyEvent::WithdrawalExecuted(event) if event.shares_left != 0 => "withdrawn in part",
            AnyEvent::MarketSettledAt(event) if event.reason == SettlementReason::WindDown => {
                "settled by wind-down"
            }
            AnyEvent::MarketSettledAt(_) => "settled by a dead oracle",
            AnyEvent::ToppedUp(event) => {
                let before = budgets.iter().find(|(key, _)| *key == event.position);
                topped_up(town, before.ok_or("a position out of nowhere")?.1, event)?;
                continue;
            }
            _ => continue,
        };
        *done.entry(kind.to_owned()).or_default() += 1;
    }
    let is_missing = plan.is_sure && plan.liquidates.is_some() && !events.iter().any(is_liquidation);
    equal("an exit that did nothing", is_missing, false)
}

fn is_liquidation(event: &AnyEvent) -> bool {
    matches!(event, AnyEvent::PositionLiquidated(_))
}

/// A plan's budget, and what lies in its source, in the position's vault and with the keeper.
fn funds(town: &Town, known: &Known) -> [u64; 4] {
    let Some(plan) = town.plan_of(&known.key) else { return [0; 4] };
    let held = |account| town.world.token_balance(account);
    [plan.budget_atoms, held(&plan.source), held(&known.vault), held(&town.keeper_tokens[known.market])]
}

/// INV-20.
fn topped_up(town: &Town, before: [u64; 4], event: &ToppedUp) -> Result<(), String> {
    let known = town.known(&event.position).ok_or("a position out of nowhere")?;
    let [budget, source, vault, keeper] = before;
    let (pay, added) = (event.keeper_pay_atoms, event.into_vault_atoms);
    let moved = pay + added;
    equal(
        "INV-20: a top-up",
        funds(town, &known),
        [budget - moved, source - moved, vault + added, keeper + pay],
    )
}

/// INV-07 and INV-09, and what kind of liquidation it was. Nothing healthy is ever liquidated.
fn liquidated(
    town: &Town,
    plan: &Plan,
    ready: Option<Readiness>,
    event: &PositionLiquidated,
) -> Result<&'static str, String> {
    if plan.liquidates.is_some() && !matches!(ready, Some(Readiness::Ready(_))) {
        return Err(format!("INV-09: it was {ready:?} before and was liquidated"));
    }
    if let Some(known) = town.known(&event.position).filter(|_| event.closed.size_left_atoms != 0) {
        match readiness(town, &known) {
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

/// Its name, if this is a refusal that may happen: never one of accounting or arithmetic, never a crash, and
/// never of an exit whose conditions are met.
fn acceptable(plan: &Plan, failed: &TxFailed) -> Result<String, String> {
    if plan.is_sure {
        return Err(format!("it had to go through: {failed}\n{:#?}", failed.logs));
    }
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
