//! Takes a top-up plan back: its owner at any time, anyone once its position is closed. Nothing can block it.

use anchor_lang::prelude::*;

use crate::error::BulkheadError;
use crate::events::TopUpCancelled;
use crate::state::{POSITION_CLOSED, Position, TopUpPlan};

/// Accounts of `cancel_top_up`.
#[derive(Accounts)]
pub struct CancelTopUp<'info> {
    /// Owner; anyone once the position is closed or gone.
    pub canceller: Signer<'info>,
    /// Position of the plan; may be closed and gone.
    /// CHECK: address; read only if it still is a position.
    #[account(address = plan.load()?.position @ BulkheadError::TopUpPlanMismatch)]
    pub position: UncheckedAccount<'info>,
    /// The plan.
    #[account(mut, close = payer)]
    pub plan: AccountLoader<'info, TopUpPlan>,
    /// Who paid for the plan; gets the rent back.
    /// CHECK: address.
    #[account(mut, address = plan.load()?.payer @ BulkheadError::TopUpPayerMismatch, dup)]
    pub payer: UncheckedAccount<'info>,
}

impl CancelTopUp<'_> {
    fn validate(&self) -> Result<()> {
        // payer - checked in the #[account] attribute.
        if self.canceller.key() == self.plan.load()?.owner {
            return Ok(());
        }
        // CANNOT take away what protects somebody else's position.
        if let Some(position) = Position::find(&self.position)? {
            position.require_version()?;
            require!(position.status == POSITION_CLOSED, BulkheadError::OwnerRequired);
        }
        Ok(())
    }
}

/// Handler of `cancel_top_up`.
#[access_control(ctx.accounts.validate())]
pub fn handle_cancel_top_up(ctx: Context<CancelTopUp>) -> Result<()> {
    let accounts = &ctx.accounts;
    emit!(TopUpCancelled {
        position: accounts.position.key(),
        by: accounts.canceller.key(),
        budget_atoms: accounts.plan.load()?.budget_atoms,
    });
    Ok(())
}
