//! Tops a position up by its owner's plan. Anyone may; the plan pays for it. The market is only looked at.
//!
//! The owner's approval bounds it, the plan's budget bounds it, and a top-up that would not leave the position
//! at 1.1 times its maintenance margin moves nothing.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::program_option::COption;
use anchor_spl::token_2022::spl_token_2022::state::AccountState;
use anchor_spl::token_interface::TokenInterface;
use bulkhead_risk::Purpose;
use bulkhead_risk::top_up::{self, TopUpReport};

use crate::constants::TOP_UP_AUTHORITY_SEED;
use crate::error::{BulkheadError, IntoProgram};
use crate::events::ToppedUp;
use crate::invariants;
use crate::margin_calls;
use crate::observe::observe;
use crate::state::{Market, Position, TopUpPlan, top_up_signer};
use crate::token::{self, Transfer};
use crate::views::to_event_atoms;

/// Accounts of `execute_top_up`.
#[derive(Accounts)]
pub struct ExecuteTopUp<'info> {
    /// Whoever executes it.
    pub keeper: Signer<'info>,
    /// Market of the position; only looked at.
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
    /// The position's plan.
    #[account(
        mut,
        constraint = plan.load()?.position == position.key() @ BulkheadError::TopUpPlanMismatch
    )]
    pub plan: AccountLoader<'info, TopUpPlan>,
    /// Where the money comes from.
    /// CHECK: address; its owner in the handler; the token program checks the rest.
    #[account(mut, address = plan.load()?.source @ BulkheadError::TopUpSourceMismatch)]
    pub source: UncheckedAccount<'info>,
    /// The delegate that the owner has approved.
    /// CHECK: seeds.
    #[account(
        seeds = [TOP_UP_AUTHORITY_SEED, plan.load()?.owner.as_ref()], bump = plan.load()?.authority_bump
    )]
    pub top_up_authority: UncheckedAccount<'info>,
    /// Where the keeper's pay goes.
    /// CHECK: the token program checks the mint; it may not be one of the accounts above.
    #[account(
        mut,
        constraint = ![vault.key(), source.key()].contains(&keeper_account.key())
            @ BulkheadError::TopUpKeeperAccountRefused
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

/// Handler of `execute_top_up`.
pub fn handle_execute_top_up(ctx: Context<ExecuteTopUp>) -> Result<()> {
    let accounts = &ctx.accounts;
    let report = decide(accounts)?;
    require_approved(accounts, report.split.moved().or_refuse()?.get())?;
    pay(accounts, &accounts.keeper_account, report.split.keeper_pay.get())?;
    pay(accounts, &accounts.vault, report.split.into_vault.get())?;
    invariants::assert_position(&*accounts.position.load()?, &accounts.vault)?;
    emit_topped_up(accounts, &report)
}

/// Books the top-up and says what to transfer.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
fn decide(accounts: &ExecuteTopUp) -> Result<Box<TopUpReport>> {
    let mut position = accounts.position.load_mut()?;
    let mut plan = accounts.plan.load_mut()?;
    let seen = observe(&*accounts.market.load()?, &accounts.price, Purpose::Liquidate)?;
    let report =
        top_up::top_up(&seen.market, &position.view()?, &plan.view()?, &seen.sample, seen.now).or_refuse()?;
    plan.store(&report.plan);
    let key = accounts.position.key();
    margin_calls::store_called(&mut position, &key, &report.position, &report.after)?;
    Ok(Box::new(report))
}

/// An error unless the source is still the owner's, can pay, and the owner's approval covers it.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
fn require_approved(accounts: &ExecuteTopUp, moved_atoms: u64) -> Result<()> {
    let source = token::holding(&accounts.source)?;
    let is_owners = source.owner == accounts.plan.load()?.owner;
    require!(is_owners, BulkheadError::TopUpSourceOwnerMismatch);
    let is_delegate = source.delegate == COption::Some(accounts.top_up_authority.key());
    let is_approved = is_delegate && source.delegated_amount >= moved_atoms;
    require!(is_approved, BulkheadError::TopUpNotApproved);
    let can_pay = source.state != AccountState::Frozen && source.amount >= moved_atoms;
    require!(can_pay, BulkheadError::TopUpSourceUnable);
    Ok(())
}

/// Moves tokens out of the owner's account, by the owner's approval and nothing else.
fn pay<'info>(accounts: &ExecuteTopUp<'info>, to: &UncheckedAccount<'info>, amount_atoms: u64) -> Result<()> {
    let (owner, bump) = {
        let plan = accounts.plan.load()?;
        (plan.owner, [plan.authority_bump])
    };
    Transfer {
        program: accounts.token_program.as_ref(),
        mint: &accounts.collateral_mint,
        decimals: accounts.market.load()?.params.quote_decimals,
        from: &accounts.source,
        to,
        authority: &accounts.top_up_authority,
    }
    .send(amount_atoms, &top_up_signer(&owner, &bump))
}

fn emit_topped_up(accounts: &ExecuteTopUp, report: &TopUpReport) -> Result<()> {
    emit!(ToppedUp {
        position: accounts.position.key(),
        owner: accounts.plan.load()?.owner,
        keeper: accounts.keeper.key(),
        into_vault_atoms: report.split.into_vault.get(),
        keeper_pay_atoms: report.split.keeper_pay.get(),
        budget_atoms: report.plan.budget.get(),
        collateral_atoms: report.position.collateral.get(),
        equity_before_atoms: to_event_atoms(report.assessment.valuation.equity)?,
        maintenance_atoms: report.assessment.maintenance_margin.get(),
        price_e12: report.assessment.price.get(),
    });
    Ok(())
}
