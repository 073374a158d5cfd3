//! Events in words. Those that a trader meets have sentences; any other shows its fields.

use bulkhead::events::ClosedAmounts;
use bulkhead::state::PositionSide;
use bulkhead_client::events::AnyEvent;
use bulkhead_client::{error, events};

use crate::amount::{percent, price, sol};
use crate::idl;
use crate::units::Units;

/// An event in words, with amounts as the market writes them.
pub fn narrate(event: &AnyEvent, units: &Units) -> String {
    match event {
        AnyEvent::PositionCreated(event) => {
            let side = match event.side {
                PositionSide::Long => "long",
                PositionSide::Short => "short",
            };
            let collateral = units.quote(event.collateral_atoms);
            format!("position {} created, {side}, {collateral} in its vault", event.position)
        }
        AnyEvent::OrderPlaced(event) => {
            format!("order {} placed, tip {}", event.id, sol(event.tip_lamports.into()))
        }
        AnyEvent::OrderFailed(event) => {
            format!("the order could not be filled and is spent: {}", error::describe(event.error_code))
        }
        AnyEvent::OrderCancelled(_) => "order cancelled, rent and tip returned to its payer".into(),
        AnyEvent::PositionIncreased(event) => format!(
            "filled at {}, fee {}; size now {}, entry {}, collateral {}, maintenance margin {} and {} for size",
            price(event.fill_price_e12),
            units.quote(event.trade_fee_atoms),
            units.base(event.size_atoms),
            price(event.entry_price_e12),
            units.quote(event.collateral_atoms),
            percent(event.margin_ppm.into()),
            percent(event.addon_ppm.into()),
        ),
        AnyEvent::PositionDecreased(event) => closed(&event.closed, units),
        AnyEvent::PositionLiquidated(event) => format!(
            "liquidated ({:?}): {}; {} to the keeper",
            event.reason,
            closed(&event.closed, units),
            units.quote(event.keeper_pay_atoms)
        ),
        AnyEvent::CappedSettled(event) => format!("settled at its cap: {}", closed(&event.closed, units)),
        AnyEvent::LiquidationSkipped(event) => format!(
            "nothing to liquidate ({:?}): equity {}, maintenance margin {}",
            event.reason,
            units.signed_quote(event.equity_atoms.into()),
            units.quote(event.maintenance_atoms)
        ),
        other => narrate_upkeep(other, units),
    }
}

/// Events of collateral, deposits and the running of a market.
fn narrate_upkeep(event: &AnyEvent, units: &Units) -> String {
    match event {
        AnyEvent::CollateralAdded(event) => format!(
            "{} added, collateral now {}",
            units.quote(event.amount_atoms),
            units.quote(event.collateral_atoms)
        ),
        AnyEvent::CollateralRemoved(event) => format!(
            "{} removed, collateral now {}, of which {} must stay",
            units.quote(event.amount_atoms),
            units.quote(event.collateral_atoms),
            units.quote(event.required_atoms)
        ),
        AnyEvent::PositionClosed(event) => {
            format!("position closed, {} returned to its owner", units.quote(event.returned_atoms))
        }
        AnyEvent::Deposited(event) => format!(
            "{} deposited for {} shares",
            units.quote(event.amount_atoms),
            units.plain_quote(event.shares.into())
        ),
        AnyEvent::MarketUpdated(event) => {
            format!(
                "market updated: index {}, mark {}",
                price(event.index_price_e12),
                price(event.mark_price_e12)
            )
        }
        AnyEvent::MarginCalled(event) => format!(
            "margin call: equity {}, maintenance margin {}",
            units.signed_quote(event.equity_atoms.into()),
            units.quote(event.maintenance_atoms)
        ),
        AnyEvent::OrderTriggered(event) => format!(
            "order triggered at {}; {} to whoever did it",
            price(event.index_price_e12),
            sol(event.tip_lamports.into())
        ),
        AnyEvent::CrankPaid(event) => format!("{} paid for the update", units.quote(event.amount_atoms)),
        other => narrate_pool(other, units),
    }
}

/// Events of pools, top-ups and the end of a market.
fn narrate_pool(event: &AnyEvent, units: &Units) -> String {
    match event {
        AnyEvent::WithdrawalRequested(event) => {
            format!("withdrawal of {} shares requested", units.plain_quote(event.shares.into()))
        }
        AnyEvent::WithdrawalExecuted(event) => format!(
            "{} paid for {} shares; {} shares left",
            units.quote(event.amount_atoms),
            units.plain_quote(event.shares_burnt.into()),
            units.plain_quote(event.shares_left.into())
        ),
        AnyEvent::WithdrawalCancelled(event) => format!(
            "withdrawal cancelled, {} shares returned to its owner",
            units.plain_quote(event.shares_returned.into())
        ),
        AnyEvent::TopUpSet(event) => format!(
            "top-up plan set: below {} of the maintenance margin, {} at a time, {} in all",
            percent(event.trigger_ppm.into()),
            units.quote(event.amount_atoms),
            units.quote(event.budget_atoms)
        ),
        AnyEvent::ToppedUp(event) => format!(
            "topped up by {}, collateral now {}; {} to the keeper, {} left of the budget",
            units.quote(event.into_vault_atoms),
            units.quote(event.collateral_atoms),
            units.quote(event.keeper_pay_atoms),
            units.quote(event.budget_atoms)
        ),
        AnyEvent::SettlementPriceRecorded(event) => {
            format!("{} kept as price number {} of the wind-down", price(event.price_e12), event.count)
        }
        AnyEvent::MarketSettledAt(event) => format!(
            "market settled ({:?}): every position leaves at {}",
            event.reason,
            price(event.price_e12)
        ),
        AnyEvent::FundsReleased(event) => format!(
            "{} of insurance and {} of the crank budget are the pool's now",
            units.quote(event.insurance_atoms),
            units.quote(event.crank_budget_atoms)
        ),
        AnyEvent::PositionSettled(event) => {
            format!("settled with its market: {}", closed(&event.closed, units))
        }
        other => narrate_plain(other),
    }
}

fn closed(closed: &ClosedAmounts, units: &Units) -> String {
    let left = match closed.size_left_atoms {
        0 => "nothing left open".to_owned(),
        left => format!("{} left open", units.base(left)),
    };
    format!(
        "{} closed at {}, profit and loss {}, fee {}, funding and borrow fee {}; {left}, collateral {}",
        units.base(closed.size_atoms),
        price(closed.fill_price_e12),
        units.signed_quote(closed.pnl_atoms.into()),
        units.quote(closed.trade_fee_atoms),
        units.quote(closed.owed_paid_atoms),
        units.quote(closed.collateral_atoms),
    )
}

/// An event with its fields in one line, raw.
pub fn narrate_plain(event: &AnyEvent) -> String {
    match idl::event(&event.data()) {
        Ok(decoded) => {
            let fields = decoded.fields.text(0).replace(":\n", ":").replace('\n', ", ");
            let fields = fields.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("{}: {}", decoded.name, fields.trim_end_matches(','))
        }
        Err(_) => event.name().to_owned(),
    }
}

/// Events of a transaction, a line each.
pub fn narrate_all(events: &[AnyEvent], units: &Units) -> String {
    events.iter().map(|event| format!("{}\n", narrate(event, units))).collect()
}

/// The error with which an order was spent, if the events say that it was.
pub fn spent_with(events: &[events::AnyEvent]) -> Option<u32> {
    events.iter().find_map(|event| match event {
        AnyEvent::OrderFailed(failed) => Some(failed.error_code),
        _ => None,
    })
}
