//! One action on the compiled program, and every invariant after it.

use bulkhead::error::BulkheadError;
use bulkhead::events::{LiquidationReason, PositionLiquidated, SettlementReason, ToppedUp};
use bulkhead_client::events::AnyEvent;
use bulkhead_lab::world::TxFailed;
use bulkhead_risk::liquidation::{self, Readiness};

use crate::actions::Plan;
use crate::books::{check, equal, readiness};
use crate::coverage::{Counts, count};
use crate::snapshot::Snapshot;
use crate::town::{Known, Town};
use crate::views::check_answer;

/// Name of a plan whose arguments are anything.
pub(crate) const GARBLED: &str = "garbled arguments";

/// Sends it; an error is a breach of an invariant. What happened is counted.
pub(crate) fn act(town: &mut Town, plan: &Plan, done: &mut Counts) -> Result<(), String> {
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
    // At the index it has reached its cap; if the impact of settling takes too much it is healthy. None is paid to a
    // frozen vault.
    let is_capped = matches!(ready, Some(Readiness::Ready(liquidation::LiquidationReason::PayoutCapped)))
        && plan.liquidates.is_some_and(|known| !town.is_frozen(&known.vault));
    let is_missing =
        plan.is_sure && plan.liquidates.is_some() && !is_capped && !events.iter().any(is_liquidation);
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
    let may_be = match plan.name {
        "wrong account" => true,
        // Nothing can be added to the largest number.
        GARBLED => code == u32::from(BulkheadError::Overflow),
        _ => false,
    };
    if code >= u32::from(BulkheadError::VaultBelowBooked) && !may_be {
        return Err(format!("{failed}"));
    }
    Ok(format!("{}, {}", plan.name, bulkhead_client::error::describe(code)))
}
