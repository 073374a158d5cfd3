//! Brings an order a price that meets its trigger: its window begins. Anyone may.
//!
//! The price may have been known when the order was placed: it triggers, it does not fill. What fills is
//! published later than anything that is known now. An order whose window passes without a fill is as if it
//! had never been triggered, and can be triggered again, for nothing.

use anchor_lang::prelude::*;
use bulkhead_risk::UnixSeconds;

use crate::constants::TRIGGER_TIP_LAMPORTS;
use crate::error::{BulkheadError, IntoProgram};
use crate::events::OrderTriggered;
use crate::oracle;
use crate::state::{Market, Order, POSITION_CLOSED, Position};

/// Accounts of `trigger_order`.
#[derive(Accounts)]
pub struct TriggerOrder<'info> {
    /// Anyone; gets the trigger's tip the first time.
    #[account(mut)]
    pub triggerer: Signer<'info>,
    /// Market of the position; only looked at.
    pub market: AccountLoader<'info, Market>,
    /// Position.
    #[account(
        mut,
        constraint = position.load()?.market == market.key() @ BulkheadError::PositionMarketMismatch
    )]
    pub position: AccountLoader<'info, Position>,
    /// The order.
    #[account(
        mut,
        constraint = order.load()?.position == position.key() @ BulkheadError::OrderPositionMismatch
    )]
    pub order: AccountLoader<'info, Order>,
    /// Price account.
    /// CHECK: `oracle::read`.
    pub price: UncheckedAccount<'info>,
}

impl TriggerOrder<'_> {
    fn validate(&self) -> Result<()> {
        // triggerer - anyone. market - checked in the #[account] attribute.
        self.order.load()?.require_version()?;
        let position = self.position.load()?;
        position.require_version()?;
        require!(position.status != POSITION_CLOSED, BulkheadError::OrderVoid);
        Ok(())
    }
}

/// Handler of `trigger_order`.
#[access_control(ctx.accounts.validate())]
pub fn handle_trigger_order(ctx: Context<TriggerOrder>) -> Result<()> {
    let accounts = &ctx.accounts;
    let (sample, triggered_at) = look(accounts)?;
    let mut position = accounts.position.load_mut()?;
    let mut order = accounts.order.load_mut()?;
    let tip_lamports = if order.was_triggered() { 0 } else { TRIGGER_TIP_LAMPORTS };
    order.triggered_at = triggered_at.get();
    order.triggered_slot = Clock::get()?.slot;
    // It may fill from now on: what it may need stays.
    position.await_increase(&mut order)?;
    drop(order);
    accounts.order.sub_lamports(tip_lamports)?;
    accounts.triggerer.add_lamports(tip_lamports)?;
    position.assert_consistent()?;
    emit!(OrderTriggered {
        position: accounts.position.key(),
        order: accounts.order.key(),
        by: accounts.triggerer.key(),
        index_price_e12: sample.price.get(),
        published_at: sample.publish_time.get(),
        triggered_at: triggered_at.get(),
        tip_lamports,
    });
    Ok(())
}

/// The sample, and the time from which the window counts if it meets the trigger.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
fn look(accounts: &TriggerOrder) -> Result<(bulkhead_risk::Sample, UnixSeconds)> {
    let market = accounts.market.load()?;
    let sample = oracle::read(&market.oracle, &accounts.price)?;
    let view = market.view()?;
    let side = accounts.position.load()?.view()?.side;
    let order = accounts.order.load()?.view()?;
    let now = UnixSeconds(Clock::get()?.unix_timestamp);
    let triggered_at = order.triggered(&view, side, &sample, now).or_refuse()?;
    Ok((sample, triggered_at))
}
