//! Gives what insurance and crank budget of a settled market still hold to its pool, once no position is open.
//! Anyone may: without it the money would stay where nobody can reach it.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use bulkhead_risk::{RiskError, transition};

use crate::error::{BulkheadError, IntoProgram};
use crate::events::FundsReleased;
use crate::invariants;
use crate::state::{Market, market_signer};
use crate::token::Transfer;

/// Accounts of `release_funds`.
#[derive(Accounts)]
pub struct ReleaseFunds<'info> {
    /// Market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// Pool vault.
    /// CHECK: address.
    #[account(mut, address = market.load()?.pool_vault @ BulkheadError::PoolVaultMismatch)]
    pub pool_vault: UncheckedAccount<'info>,
    /// Insurance vault.
    /// CHECK: address.
    #[account(mut, address = market.load()?.insurance_vault @ BulkheadError::InsuranceVaultMismatch)]
    pub insurance_vault: UncheckedAccount<'info>,
    /// Collateral mint.
    /// CHECK: address.
    #[account(address = market.load()?.collateral_mint @ BulkheadError::CollateralMintMismatch)]
    pub collateral_mint: UncheckedAccount<'info>,
    /// Token program of the collateral.
    #[account(address = market.load()?.token_program @ BulkheadError::TokenProgramMismatch)]
    pub token_program: Interface<'info, TokenInterface>,
}

/// Handler of `release_funds`.
pub fn handle_release_funds(ctx: Context<ReleaseFunds>) -> Result<()> {
    let accounts = &ctx.accounts;
    let (report, decimals, tail) = {
        let mut market = accounts.market.load_mut()?;
        let report = match transition::release_funds(&market.view()?) {
            Err(RiskError::AmountZero) => return err!(BulkheadError::NothingToCollect),
            outcome => outcome.or_refuse()?,
        };
        market.store_ledger(&report.ledger);
        (report, market.params.quote_decimals, market.seed_tail())
    };
    Transfer {
        program: accounts.token_program.as_ref(),
        mint: &accounts.collateral_mint,
        decimals,
        from: &accounts.insurance_vault,
        to: &accounts.pool_vault,
        authority: accounts.market.as_ref(),
    }
    .send(report.insurance.get(), &market_signer(&tail))?;
    // INV-04 holds: nothing is booked as insurance any more.
    invariants::assert_market(&*accounts.market.load()?, &accounts.pool_vault)?;
    emit!(FundsReleased {
        market: accounts.market.key(),
        insurance_atoms: report.insurance.get(),
        crank_budget_atoms: report.crank_budget.get(),
    });
    Ok(())
}
