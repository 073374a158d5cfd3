//! Margin calls: stores what a look at a position taught, and announces a crossing once.

use anchor_lang::prelude::*;
use bulkhead_risk as risk;
use risk::margin_call::Standing;

use crate::error::IntoProgram;
use crate::events::MarginCalled;
use crate::observe::Projection;
use crate::state::Position;
use crate::views::to_event_atoms;

/// Stores `after`, with the call that `standing` makes of it.
pub(crate) fn store_called(
    account: &mut Position,
    key: &Pubkey,
    after: &risk::Position,
    standing: &Standing,
) -> Result<()> {
    let was_called = account.margin_called != 0;
    let after = after.called(standing).or_refuse()?;
    account.store(&after);
    announce(account, key, was_called, standing)
}

/// Of a look at a market that is not written: stores the requirement, the sighting and the call of `projected`.
pub(crate) fn store_requirement(
    account: &mut Position,
    key: &Pubkey,
    projected: &risk::Position,
    standing: &Standing,
) -> Result<()> {
    let was_called = account.margin_called != 0;
    account.store_requirement(projected);
    announce(account, key, was_called, standing)
}

fn announce(account: &Position, key: &Pubkey, was_called: bool, standing: &Standing) -> Result<()> {
    if account.margin_called != 0 && !was_called {
        emit!(MarginCalled {
            position: *key,
            owner: account.owner,
            equity_atoms: to_event_atoms(standing.equity)?,
            maintenance_atoms: standing.maintenance_margin.get(),
            price_e12: standing.price.get(),
        });
    }
    Ok(())
}

/// The same after a change: `after` is valued anew at the sample that was seen. Nothing calls a closed one.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
pub(crate) fn store_changed(
    account: &mut Position,
    key: &Pubkey,
    after: &risk::Position,
    seen: &Projection,
) -> Result<()> {
    if after.status != risk::PositionStatus::Open {
        account.store(after);
        return Ok(());
    }
    let standing = Standing::at(&seen.market, after, &seen.sample, seen.now).or_refuse()?;
    store_called(account, key, after, &standing)
}
