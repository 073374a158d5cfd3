//! Notes which positions are below maintenance at this sample, so that a second sample can confirm it, and
//! calls those that come near it.
//! Anyone may; positions come as remaining accounts, and only they are written.

use anchor_lang::prelude::*;
use bulkhead_risk::Purpose;
use bulkhead_risk::liquidation::{self, Readiness};
use bulkhead_risk::margin_call::Standing;

use crate::error::{BulkheadError, IntoProgram};
use crate::events::PositionSighted;
use crate::margin_calls;
use crate::observe::{Projection, observe};
use crate::state::{Market, Position};
use crate::views::to_event_atoms;

/// Accounts of `flag`. Positions of the market follow as remaining accounts, writable.
#[derive(Accounts)]
pub struct Flag<'info> {
    /// Market of the positions; only looked at.
    pub market: AccountLoader<'info, Market>,
    /// Price account.
    /// CHECK: `oracle::read`.
    pub price: UncheckedAccount<'info>,
}

/// Handler of `flag`.
pub fn handle_flag<'info>(ctx: Context<'info, Flag<'info>>) -> Result<()> {
    let seen = observe(&*ctx.accounts.market.load()?, &ctx.accounts.price, Purpose::Liquidate)?;
    for account in ctx.remaining_accounts {
        require!(account.is_writable, BulkheadError::NotAPosition);
        // Gone: its owner closed it meanwhile, which is no reason for a batch to fail.
        let Some(mut position) = Position::find(account)? else { continue };
        require!(position.market == ctx.accounts.market.key(), BulkheadError::PositionMarketMismatch);
        sight(&seen, &mut position, account.key)?;
    }
    Ok(())
}

#[inline(never)] // In the loop, the compiler would keep a position's fields across its turns: 170 units each.
fn sight(seen: &Projection, position: &mut Position, key: &Pubkey) -> Result<()> {
    let before = position.view()?;
    let mut current = before;
    current.accrue(&seen.market.params, &seen.market.ledger).or_refuse()?;
    current.lower(&seen.market).or_refuse()?;
    let standing = liquidation::assess(&seen.market, &current, &seen.sample, seen.now).or_refuse()?;
    let call = Standing::of(&standing);
    let after = current.sighted(standing.readiness, &seen.sample).called(&call).or_refuse()?;
    // What is not open, or needs neither a second sample nor a margin call, stays as it is.
    let same_call = after.margin_called == before.margin_called;
    if standing.readiness == Readiness::Healthy && before.below_since.is_zero() && same_call {
        return Ok(());
    }
    margin_calls::store_requirement(position, key, &after, &call)?;
    position.assert_consistent()?;
    if after.below_since != before.below_since {
        emit!(PositionSighted {
            position: *key,
            below_since: after.below_since.get(),
            equity_atoms: to_event_atoms(standing.valuation.equity)?,
            maintenance_atoms: standing.maintenance_margin.get(),
        });
    }
    Ok(())
}
