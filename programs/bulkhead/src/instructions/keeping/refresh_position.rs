//! Lets a position's requirement follow the market's: down at once, up as far as it has shown. Anyone may.

use anchor_lang::prelude::*;
use bulkhead_risk::margin_call::Standing;
use bulkhead_risk::{Purpose, liquidation};

use crate::error::{BulkheadError, IntoProgram};
use crate::events::PositionRefreshed;
use crate::margin_calls;
use crate::observe::observe;
use crate::state::{Market, Position};

/// Accounts of `refresh_position`.
#[derive(Accounts)]
pub struct RefreshPosition<'info> {
    /// Market of the position; only looked at.
    pub market: AccountLoader<'info, Market>,
    /// Position.
    #[account(
        mut,
        constraint = position.load()?.market == market.key() @ BulkheadError::PositionMarketMismatch
    )]
    pub position: AccountLoader<'info, Position>,
    /// Price account.
    /// CHECK: `oracle::read`.
    pub price: UncheckedAccount<'info>,
}

/// Handler of `refresh_position`.
pub fn handle_refresh_position(ctx: Context<RefreshPosition>) -> Result<()> {
    let seen = observe(&*ctx.accounts.market.load()?, &ctx.accounts.price, Purpose::Observe)?;
    let mut position = ctx.accounts.position.load_mut()?;
    let before = position.view()?;
    before.require_open().or_refuse()?;
    let mut refreshed = before;
    refreshed.accrue(&seen.market.params, &seen.market.ledger).or_refuse()?;
    refreshed.refresh(&seen.market, &seen.sample, seen.now).or_refuse()?;
    let standing = liquidation::assess(&seen.market, &refreshed, &seen.sample, seen.now).or_refuse()?;
    // A sample at which it is healthy clears an older sighting; a refresh never makes one.
    let refreshed = match standing.readiness {
        liquidation::Readiness::Healthy => refreshed.sighted(standing.readiness, &seen.sample),
        _ => refreshed,
    };
    let call = Standing::of(&standing);
    let after = refreshed.called(&call).or_refuse()?;
    margin_calls::store_requirement(&mut position, &ctx.accounts.position.key(), &after, &call)?;
    position.assert_consistent()?;
    emit!(PositionRefreshed {
        position: ctx.accounts.position.key(),
        margin_before_ppm: before.margin_ppm.get(),
        margin_ppm: after.margin_ppm.get(),
        addon_ppm: after.addon_ppm.get(),
        ramp_ppm: seen.market.volatility.ramp_ppm_ceil().or_refuse()?.get(),
        below_since: after.below_since.get(),
    });
    Ok(())
}
