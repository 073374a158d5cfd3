//! Settles a position whose gain has reached its payout cap: it could only lose from there. Anyone may.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use bulkhead_risk::{Purpose, transition};

use crate::error::{BulkheadError, IntoProgram};
use crate::events::CappedSettled;
use crate::invariants;
use crate::observe::observe;
use crate::state::{Market, Position};
use crate::transfers::{PositionTransfers, SignerKeys};
use crate::views::closed_amounts;

/// Accounts of `settle_capped`.
#[derive(Accounts)]
pub struct SettleCapped<'info> {
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
    /// Price account.
    /// CHECK: `oracle::read`.
    pub price: UncheckedAccount<'info>,
    /// Vault of the position.
    /// CHECK: address.
    #[account(mut, address = position.load()?.vault @ BulkheadError::PositionVaultMismatch)]
    pub vault: UncheckedAccount<'info>,
    /// Pool vault.
    /// CHECK: address.
    #[account(mut, address = market.load()?.pool_vault @ BulkheadError::PoolVaultMismatch)]
    pub pool_vault: UncheckedAccount<'info>,
    /// Where the keeper's pay goes.
    /// CHECK: the token program checks the mint; it may not be one of the accounts above.
    #[account(
        mut,
        constraint = ![vault.key(), pool_vault.key()].contains(&keeper_account.key())
            @ BulkheadError::KeeperAccountIsOurs
    )]
    pub keeper_account: UncheckedAccount<'info>,
    /// Collateral mint.
    /// CHECK: address.
    #[account(address = market.load()?.collateral_mint @ BulkheadError::CollateralMintMismatch)]
    pub collateral_mint: UncheckedAccount<'info>,
    /// Token program of the collateral.
    #[account(address = market.load()?.token_program @ BulkheadError::TokenProgramMismatch)]
    pub token_program: Interface<'info, TokenInterface>,
}

/// Handler of `settle_capped`.
pub fn handle_settle_capped(ctx: Context<SettleCapped>) -> Result<()> {
    let accounts = &ctx.accounts;
    let (report, keys) = {
        let mut market = accounts.market.load_mut()?;
        let mut position = accounts.position.load_mut()?;
        let mut seen = observe(&market, &accounts.price, Purpose::Observe)?;
        let report = transition::settle_capped(&seen.market, &position.view()?, &seen.sample).or_refuse()?;
        seen.market.ledger = report.ledger;
        market.store_observed(&seen.market);
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
    let keeper_pay = report.keeper_pay.get();
    transfers.out_of_market(&accounts.pool_vault, &accounts.keeper_account, keeper_pay)?;
    invariants::assert_position(&*accounts.position.load()?, &accounts.vault)?;
    invariants::assert_market(&*accounts.market.load()?, &accounts.pool_vault)?;
    emit!(CappedSettled {
        market: accounts.market.key(),
        position: accounts.position.key(),
        by: accounts.keeper.key(),
        keeper_pay_atoms: keeper_pay,
        closed: closed_amounts(&report.closed, report.trade_fee, &report.position)?,
    });
    Ok(())
}
