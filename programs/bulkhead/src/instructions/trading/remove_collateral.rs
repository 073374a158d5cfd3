//! The owner takes collateral out, down to the initial margin and a week's carry.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use bulkhead_risk::{Purpose, QuoteAtoms, transition};

use crate::error::{BulkheadError, IntoProgram};
use crate::events::CollateralRemoved;
use crate::invariants;
use crate::margin_calls;
use crate::observe::observe;
use crate::state::{Market, Position};
use crate::transfers::{PositionTransfers, SignerKeys};

/// Accounts of `remove_collateral`.
#[derive(Accounts)]
pub struct RemoveCollateral<'info> {
    /// Owner; a delegate cannot.
    #[account(address = position.load()?.owner @ BulkheadError::OwnerRequired)]
    pub owner: Signer<'info>,
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
    /// Pool vault, for what is owed.
    /// CHECK: address.
    #[account(mut, address = market.load()?.pool_vault @ BulkheadError::PoolVaultMismatch)]
    pub pool_vault: UncheckedAccount<'info>,
    /// Where the collateral goes: any token account that the owner names.
    /// CHECK: the token program checks the mint.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// Collateral mint.
    /// CHECK: address.
    #[account(address = market.load()?.collateral_mint @ BulkheadError::CollateralMintMismatch)]
    pub collateral_mint: UncheckedAccount<'info>,
    /// Token program of the collateral.
    #[account(address = market.load()?.token_program @ BulkheadError::TokenProgramMismatch)]
    pub token_program: Interface<'info, TokenInterface>,
}

impl RemoveCollateral<'_> {
    fn validate(&self) -> Result<()> {
        // owner, market, vaults, mint, program - checked in the #[account] attributes.
        // CANNOT take out what a waiting increase may need: its owner could let it fail at a known price.
        let waiting = self.position.load()?.waiting_increases != 0;
        require!(!waiting, BulkheadError::OrdersWaiting);
        Ok(())
    }
}

/// Handler of `remove_collateral`.
#[access_control(ctx.accounts.validate())]
pub fn handle_remove_collateral(ctx: Context<RemoveCollateral>, amount_atoms: u64) -> Result<()> {
    let accounts = &ctx.accounts;
    let (report, keys) = {
        let mut market = accounts.market.load_mut()?;
        let mut position = accounts.position.load_mut()?;
        let mut seen = observe(&market, &accounts.price, Purpose::Risk)?;
        let report = transition::remove_collateral(
            &seen.market,
            &position.view()?,
            &seen.sample,
            QuoteAtoms(amount_atoms),
            seen.now,
        )
        .or_refuse()?;
        seen.market.ledger = report.ledger;
        market.store_observed(&seen.market);
        margin_calls::store_changed(&mut position, &accounts.position.key(), &report.position, &seen)?;
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
    transfers.out_of_vault(&accounts.destination, report.removed.get())?;
    invariants::assert_position(&*accounts.position.load()?, &accounts.vault)?;
    invariants::assert_market(&*accounts.market.load()?, &accounts.pool_vault)?;
    emit!(CollateralRemoved {
        position: accounts.position.key(),
        amount_atoms: report.removed.get(),
        owed_paid_atoms: report.owed_paid.get(),
        required_atoms: report.required.get(),
        collateral_atoms: report.position.collateral.get(),
    });
    Ok(())
}
