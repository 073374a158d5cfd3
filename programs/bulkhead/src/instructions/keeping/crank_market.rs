//! `update_market`, paid: the first sample of a bucket earns the crank fee while the crank budget lasts.
//! Anyone may.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use bulkhead_risk::Purpose;

use super::update_market::emit_updated;
use crate::error::{BulkheadError, IntoProgram};
use crate::events::CrankPaid;
use crate::invariants;
use crate::observe::observe;
use crate::state::{Market, market_signer};
use crate::token::Transfer;

/// Accounts of `crank_market`.
#[derive(Accounts)]
pub struct CrankMarket<'info> {
    /// Market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// Price account.
    /// CHECK: `oracle::read`.
    pub price: UncheckedAccount<'info>,
    /// Pool vault, where the crank budget lies.
    /// CHECK: address.
    #[account(mut, address = market.load()?.pool_vault @ BulkheadError::PoolVaultMismatch)]
    pub pool_vault: UncheckedAccount<'info>,
    /// Where the fee goes.
    /// CHECK: the token program checks the mint; it may not be the pool vault.
    #[account(mut, constraint = keeper_account.key() != pool_vault.key() @ BulkheadError::KeeperAccountIsOurs)]
    pub keeper_account: UncheckedAccount<'info>,
    /// Collateral mint.
    /// CHECK: address.
    #[account(address = market.load()?.collateral_mint @ BulkheadError::CollateralMintMismatch)]
    pub collateral_mint: UncheckedAccount<'info>,
    /// Token program of the collateral.
    #[account(address = market.load()?.token_program @ BulkheadError::TokenProgramMismatch)]
    pub token_program: Interface<'info, TokenInterface>,
}

/// Handler of `crank_market`.
pub fn handle_crank_market(ctx: Context<CrankMarket>) -> Result<()> {
    let accounts = &ctx.accounts;
    let (amount_atoms, decimals, tail) = {
        let mut market = accounts.market.load_mut()?;
        let mut seen = observe(&market, &accounts.price, Purpose::Update)?;
        let fee = seen.market.take_crank_fee(&seen.observed).or_refuse()?;
        market.store_observed(&seen.market);
        emit_updated(accounts.market.key(), &seen)?;
        (fee.get(), market.params.quote_decimals, market.seed_tail())
    };
    Transfer {
        program: accounts.token_program.as_ref(),
        mint: &accounts.collateral_mint,
        decimals,
        from: &accounts.pool_vault,
        to: &accounts.keeper_account,
        authority: accounts.market.as_ref(),
    }
    .send(amount_atoms, &market_signer(&tail))?;
    invariants::assert_market(&*accounts.market.load()?, &accounts.pool_vault)?;
    if amount_atoms != 0 {
        emit!(CrankPaid {
            market: accounts.market.key(),
            keeper_account: accounts.keeper_account.key(),
            amount_atoms,
        });
    }
    Ok(())
}
