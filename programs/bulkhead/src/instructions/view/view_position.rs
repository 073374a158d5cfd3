//! A position's health, as return data: what any client may show is what the chain would do.

use anchor_lang::prelude::*;
use bulkhead_risk::Purpose;
use bulkhead_risk::health::health;
use bulkhead_risk::liquidation::Readiness;

use crate::error::{BulkheadError, IntoProgram};
use crate::events::LiquidationReason;
use crate::observe::observe;
use crate::state::{Market, Position};
use crate::views::to_event_atoms;

/// Health of a position at a sample. Amounts in atoms of the collateral.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionHealth {
    /// Price at which it was valued.
    pub price_e12: u64,
    /// Value of its size.
    pub notional_atoms: u64,
    /// Collateral - owed + min(profit and loss + due, reserved).
    pub equity_atoms: i64,
    /// Profit and loss.
    pub pnl_atoms: i64,
    /// Borrow fee and funding owed.
    pub owed_atoms: u64,
    /// Funding receivable.
    pub due_atoms: u64,
    /// Maintenance margin.
    pub maintenance_atoms: u64,
    /// Initial margin that an increase or a removal would be held to.
    pub initial_atoms: u64,
    /// Equity over notional.
    pub health_ppm: i64,
    /// Maintenance margin over notional.
    pub maintenance_ppm: u32,
    /// Index at which it becomes liquidatable if nothing else changes; zero if none does that.
    pub liquidation_price_e12: u64,
    /// Whether it may only shrink.
    pub reduce_only: bool,
    /// Why it may be liquidated at this sample, if it may.
    pub liquidatable: Option<LiquidationReason>,
    /// Whether it is below maintenance but not confirmed, or held back.
    pub below_maintenance: bool,
}

/// Accounts of `view_position`.
#[derive(Accounts)]
pub struct ViewPosition<'info> {
    /// Market of the position.
    pub market: AccountLoader<'info, Market>,
    /// Position.
    #[account(
        constraint = position.load()?.market == market.key() @ BulkheadError::PositionMarketMismatch
    )]
    pub position: AccountLoader<'info, Position>,
    /// Price account.
    /// CHECK: `oracle::read`.
    pub price: UncheckedAccount<'info>,
}

/// Handler of `view_position`.
pub fn handle_view_position(ctx: Context<ViewPosition>) -> Result<PositionHealth> {
    let seen = observe(&*ctx.accounts.market.load()?, &ctx.accounts.price, Purpose::Observe)?;
    let position = ctx.accounts.position.load()?.view()?;
    let health = health(&seen.market, &position, &seen.sample, seen.now).or_refuse()?;
    let standing = health.assessment;
    let liquidatable = match standing.readiness {
        Readiness::Ready(reason) => Some(reason.into()),
        _ => None,
    };
    Ok(PositionHealth {
        price_e12: standing.price.get(),
        notional_atoms: standing.valuation.notional.get(),
        equity_atoms: to_event_atoms(standing.valuation.equity)?,
        pnl_atoms: to_event_atoms(standing.valuation.pnl)?,
        owed_atoms: health.owed.get(),
        due_atoms: health.due.get(),
        maintenance_atoms: standing.maintenance_margin.get(),
        initial_atoms: health.initial_margin.get(),
        health_ppm: health.health_ppm,
        maintenance_ppm: health.maintenance_ppm.get(),
        liquidation_price_e12: health.liquidation_price.get(),
        reduce_only: health.reduce_only,
        liquidatable,
        below_maintenance: standing.readiness != Readiness::Healthy && liquidatable.is_none(),
    })
}
