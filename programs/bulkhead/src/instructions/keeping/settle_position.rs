//! Closes a position of a settled market at the settlement price, without a fee. Anyone may; it needs no
//! price, and nothing about its owner can block it.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use bulkhead_risk::{QuoteAtoms, transition};

use crate::error::{BulkheadError, IntoProgram};
use crate::events::PositionSettled;
use crate::invariants;
use crate::state::{Market, Position};
use crate::token;
use crate::transfers::{PositionTransfers, SignerKeys};
use crate::views::closed_amounts;

/// Accounts of `settle_position`.
#[derive(Accounts)]
pub struct SettlePosition<'info> {
    /// Anyone.
    pub keeper: Signer<'info>,
    /// Market of the position.
    #[account(mut)]
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
    /// Pool vault.
    /// CHECK: address.
    #[account(mut, address = market.load()?.pool_vault @ BulkheadError::PoolVaultMismatch)]
    pub pool_vault: UncheckedAccount<'info>,
    /// Collateral mint.
    /// CHECK: address.
    #[account(address = market.load()?.collateral_mint @ BulkheadError::CollateralMintMismatch)]
    pub collateral_mint: UncheckedAccount<'info>,
    /// Token program of the collateral.
    #[account(address = market.load()?.token_program @ BulkheadError::TokenProgramMismatch)]
    pub token_program: Interface<'info, TokenInterface>,
}

/// Handler of `settle_position`.
pub fn handle_settle_position(ctx: Context<SettlePosition>) -> Result<()> {
    let accounts = &ctx.accounts;
    let vault_frozen = token::is_frozen(&accounts.vault)?;
    let (report, keys) = {
        let mut market = accounts.market.load_mut()?;
        let mut position = accounts.position.load_mut()?;
        let report =
            transition::settle_final(&market.view()?, &position.view()?, vault_frozen).or_refuse()?;
        market.store_ledger(&report.ledger);
        position.store(&report.position);
        (Box::new(report), SignerKeys::of(&market, &position))
    };
    let transfers = PositionTransfers {
        program: accounts.token_program.as_ref(),
        mint: &accounts.collateral_mint,
        market: accounts.market.as_ref(),
        position: accounts.position.as_ref(),
        vault: &accounts.vault,
        keys,
    };
    transfers.flow(report.flow, &accounts.pool_vault)?;
    invariants::assert_position(&*accounts.position.load()?, &accounts.vault)?;
    invariants::assert_market(&*accounts.market.load()?, &accounts.pool_vault)?;
    emit!(PositionSettled {
        market: accounts.market.key(),
        position: accounts.position.key(),
        by: accounts.keeper.key(),
        vault_frozen,
        closed: closed_amounts(&report.closed, QuoteAtoms::ZERO, &report.position)?,
    });
    Ok(())
}
