//! Cancels an order that can no longer fill, or whose position is gone: anyone. One that waits for its trigger:
//! the owner or the delegate. Nothing can block it.

use anchor_lang::prelude::*;
use bulkhead_risk::UnixSeconds;
use bulkhead_risk::orders::CancelRight;

use crate::constants::CANCEL_TIP_LAMPORTS;
use crate::error::{BulkheadError, IntoProgram};
use crate::events::OrderCancelled;
use crate::state::{MARKET_SETTLED, Market, Order, POSITION_CLOSED, Position};

/// Accounts of `cancel_order`.
#[derive(Accounts)]
pub struct CancelOrder<'info> {
    /// Anyone; gets the cancel tip where anyone may cancel, unless it is the payer.
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
    /// An error unless the canceller may; otherwise who may.
    fn validate(&self) -> Result<CancelRight> {
        // canceller - by the order's state. payer - checked in the #[account] attribute.
        let Some(position) = Position::find(&self.position)? else { return Ok(CancelRight::Anyone) };
        position.require_version()?;
        self.market.load()?.require_version()?;
        require!(position.market == self.market.key(), BulkheadError::PositionMarketMismatch);
        // CAN always cancel what no price will fill any more.
        if position.status == POSITION_CLOSED || self.market.load()?.status == MARKET_SETTLED {
            return Ok(CancelRight::Anyone);
        }
        let order = self.order.load()?.view()?;
        let params = self.market.load()?.params.view();
        let now = UnixSeconds(Clock::get()?.unix_timestamp);
        let right = order.cancel_right(&params, now).or_refuse()?;
        // CANNOT cancel while a price of its window may still fill it.
        require!(right != CancelRight::Nobody, BulkheadError::OrderInWindow);
        // CANNOT cancel for others what waits for its trigger.
        let may = right == CancelRight::Anyone || position.is_owner_or_delegate(self.canceller.key);
        require!(may, BulkheadError::OwnerOrDelegateRequired);
        Ok(right)
    }
}

/// Handler of `cancel_order`.
pub fn handle_cancel_order(ctx: Context<CancelOrder>) -> Result<()> {
    let accounts = &ctx.accounts;
    let right = accounts.validate()?;
    if let Some(mut position) = Position::find(&accounts.position)? {
        position.remove_order(&*accounts.order.load()?)?;
    }
    // Owner and delegate change their mind for nothing: the tip was not theirs to take from the payer.
    let is_unpaid = right == CancelRight::OwnerOrDelegate || accounts.canceller.key() == accounts.payer.key();
    let tip_lamports = match is_unpaid {
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
