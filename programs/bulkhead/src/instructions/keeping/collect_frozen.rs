//! Moves what stayed owed when a position was closed while its vault was frozen. Anyone may, once it thaws.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use bulkhead_risk::{RiskError, UnixSeconds, transition};

use crate::error::{BulkheadError, IntoProgram};
use crate::events::FrozenCollected;
use crate::invariants;
use crate::state::{Market, Position};
use crate::transfers::{PositionTransfers, SignerKeys};

/// Accounts of `collect_frozen`.
#[derive(Accounts)]
pub struct CollectFrozen<'info> {
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

/// Handler of `collect_frozen`.
pub fn handle_collect_frozen(ctx: Context<CollectFrozen>) -> Result<()> {
    let accounts = &ctx.accounts;
    let (report, keys) = {
        let mut market = accounts.market.load_mut()?;
        let mut position = accounts.position.load_mut()?;
        let mut view = market.view()?;
        // What is set aside changes here, and the borrow rate with it: first accrue at the rate until now.
        let now = UnixSeconds(Clock::get()?.unix_timestamp);
        view.accrue(now).or_refuse()?;
        let report = match transition::collect_frozen(&view.ledger, &position.view()?) {
            Err(RiskError::AmountZero) => return err!(BulkheadError::NothingToCollect),
            other => other.or_refuse()?,
        };
        market.store_ledger(&report.ledger);
        position.store(&report.position);
        (report, SignerKeys::of(&market, &position))
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
    emit!(FrozenCollected {
        position: accounts.position.key(),
        to_pool_atoms: report.flow.to_pool.get(),
        to_vault_atoms: report.flow.to_vault.get(),
    });
    Ok(())
}
