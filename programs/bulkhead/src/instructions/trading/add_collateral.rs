//! Adds collateral to a position. Anyone may; it needs no price and nothing can pause it.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use bulkhead_risk::{QuoteAtoms, transition};

use crate::error::{BulkheadError, IntoProgram};
use crate::events::CollateralAdded;
use crate::invariants;
use crate::state::{Market, Position};
use crate::token::Transfer;

/// Accounts of `add_collateral`.
#[derive(Accounts)]
pub struct AddCollateral<'info> {
    /// Whoever gives.
    pub from: Signer<'info>,
    /// Market of the position.
    pub market: AccountLoader<'info, Market>,
    /// Position.
    #[account(
        mut,
        constraint = position.load()?.market == market.key() @ BulkheadError::PositionMarketMismatch
    )]
    pub position: AccountLoader<'info, Position>,
    /// Vault of the position.
    /// CHECK: address.
    #[account(mut, address = position.load()?.vault @ BulkheadError::PositionVaultMismatch)]
    pub vault: UncheckedAccount<'info>,
    /// Source of the collateral.
    /// CHECK: the token program checks mint and authority.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// Collateral mint.
    /// CHECK: address.
    #[account(address = market.load()?.collateral_mint @ BulkheadError::CollateralMintMismatch)]
    pub collateral_mint: UncheckedAccount<'info>,
    /// Token program of the collateral.
    #[account(address = market.load()?.token_program @ BulkheadError::TokenProgramMismatch)]
    pub token_program: Interface<'info, TokenInterface>,
}

/// Handler of `add_collateral`.
pub fn handle_add_collateral(ctx: Context<AddCollateral>, amount_atoms: u64) -> Result<()> {
    let accounts = &ctx.accounts;
    let after = {
        let mut position = accounts.position.load_mut()?;
        let after = transition::add_collateral(&position.view()?, QuoteAtoms(amount_atoms)).or_refuse()?;
        position.store(&after);
        after
    };
    Transfer {
        program: accounts.token_program.as_ref(),
        mint: &accounts.collateral_mint,
        decimals: accounts.market.load()?.params.quote_decimals,
        from: &accounts.source,
        to: &accounts.vault,
        authority: accounts.from.as_ref(),
    }
    .send(amount_atoms, &[])?;
    invariants::assert_position(&*accounts.position.load()?, &accounts.vault)?;
    emit!(CollateralAdded {
        position: accounts.position.key(),
        from: accounts.from.key(),
        amount_atoms,
        collateral_atoms: after.collateral.get(),
    });
    Ok(())
}
