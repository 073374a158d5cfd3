//! Cancels an order that can no longer fill, or whose position is gone. Nothing can block it.

use anchor_lang::prelude::*;
use bulkhead_risk::orders;

use crate::constants::CANCEL_TIP_LAMPORTS;
use crate::error::{BulkheadError, IntoProgram};
use crate::events::OrderCancelled;
use crate::state::{MARKET_SETTLED, Market, Order, POSITION_CLOSED, Position};

/// Accounts of `cancel_order`.
#[derive(Accounts)]
pub struct CancelOrder<'info> {
    /// Anyone; gets the cancel tip unless it is the payer.
    #[account(mut)]
    pub canceller: Signer<'info>,
    /// Market of the position.
    pub market: AccountLoader<'info, Market>,
    /// Position of the order; may be closed and gone.
    /// CHECK: address; read only if it still is a position.
    #[account(mut, address = order.load()?.position @ BulkheadError::OrderPositionMismatch)]
    pub position: UncheckedAccount<'info>,
    /// The order.
    #[account(mut, close = payer)]
    pub order: AccountLoader<'info, Order>,
    /// Who paid for the order; gets rent and tip back.
    /// CHECK: address.
    #[account(mut, address = order.load()?.payer @ BulkheadError::OrderPayerMismatch, dup)]
    pub payer: UncheckedAccount<'info>,
}

impl CancelOrder<'_> {
    fn validate(&self) -> Result<()> {
        // canceller - anyone. payer - checked in the #[account] attribute.
        let Some(position) = Position::find(&self.position)? else { return Ok(()) };
        position.require_version()?;
        self.market.load()?.require_version()?;
        require!(position.market == self.market.key(), BulkheadError::PositionMarketMismatch);
        // CAN always cancel what no price will fill any more.
        if position.status == POSITION_CLOSED || self.market.load()?.status == MARKET_SETTLED {
            return Ok(());
        }
        // CANNOT cancel while a price of its window may still fill it.
        let order = self.order.load()?;
        let params = self.market.load()?.params.view();
        let since = bulkhead_risk::UnixSeconds(order.placed_at);
        let from = orders::cancellable_from(&params, order.action()?.into(), since).or_refuse()?;
        require!(Clock::get()?.unix_timestamp >= from.get(), BulkheadError::OrderInWindow);
        Ok(())
    }
}

/// Handler of `cancel_order`.
#[access_control(ctx.accounts.validate())]
pub fn handle_cancel_order(ctx: Context<CancelOrder>) -> Result<()> {
    let accounts = &ctx.accounts;
    if let Some(mut position) = Position::find(&accounts.position)? {
        position.remove_order(accounts.order.load()?.action()?)?;
    }
    let tip_lamports = match accounts.canceller.key() == accounts.payer.key() {
        true => 0,
        false => accounts.order.load()?.tip_lamports.min(CANCEL_TIP_LAMPORTS),
    };
    // The rest goes to the payer when the order is closed.
    accounts.order.sub_lamports(tip_lamports)?;
    accounts.canceller.add_lamports(tip_lamports)?;
    emit!(OrderCancelled {
        position: accounts.position.key(),
        order: accounts.order.key(),
        by: accounts.canceller.key(),
        tip_lamports,
    });
    Ok(())
}
