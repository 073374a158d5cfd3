//! Pays a matured withdrawal at the pool's worth, or as much of it as may leave now. Anyone may; the tip is
//! theirs, in the share in which it was paid.

use anchor_lang::AccountsClose;
use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use bulkhead_risk::pool::withdraw::{self, WithdrawalReport};
use bulkhead_risk::{Purpose, Shares};

use crate::error::{BulkheadError, IntoProgram};
use crate::events::WithdrawalExecuted;
use crate::invariants;
use crate::observe::observe_pool;
use crate::state::{Market, Protocol, Withdrawal, WithdrawalKeys, market_signer};
use crate::token::{self, Transfer};

/// Accounts of `execute_withdrawal`.
#[derive(Accounts)]
pub struct ExecuteWithdrawal<'info> {
    /// Anyone; gets the tip.
    #[account(mut)]
    pub executor: Signer<'info>,
    /// The protocol: pauses.
    pub protocol: AccountLoader<'info, Protocol>,
    /// Market of the withdrawal.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The withdrawal; closed once all of it is paid.
    #[account(
        mut,
        constraint = withdrawal.load()?.market == market.key() @ BulkheadError::WithdrawalMarketMismatch
    )]
    pub withdrawal: AccountLoader<'info, Withdrawal>,
    /// Who paid for the withdrawal; gets its rent back.
    /// CHECK: address.
    #[account(mut, address = withdrawal.load()?.payer @ BulkheadError::WithdrawalPayerMismatch, dup)]
    pub payer: UncheckedAccount<'info>,
    /// Price account.
    /// CHECK: `oracle::read`.
    pub price: UncheckedAccount<'info>,
    /// Escrow of the shares.
    /// CHECK: address.
    #[account(mut, address = withdrawal.load()?.vault @ BulkheadError::WithdrawalVaultMismatch)]
    pub vault: UncheckedAccount<'info>,
    /// Where the collateral goes.
    /// CHECK: address; the token program checks the mint.
    #[account(mut, address = withdrawal.load()?.destination @ BulkheadError::DestinationMismatch)]
    pub destination: UncheckedAccount<'info>,
    /// Pool vault.
    /// CHECK: address.
    #[account(mut, address = market.load()?.pool_vault @ BulkheadError::PoolVaultMismatch)]
    pub pool_vault: UncheckedAccount<'info>,
    /// Mint of pool shares.
    /// CHECK: address.
    #[account(mut, address = market.load()?.lp_mint @ BulkheadError::LpMintMismatch)]
    pub lp_mint: UncheckedAccount<'info>,
    /// Collateral mint.
    /// CHECK: address.
    #[account(address = market.load()?.collateral_mint @ BulkheadError::CollateralMintMismatch)]
    pub collateral_mint: UncheckedAccount<'info>,
    /// Token program of the collateral and the shares.
    #[account(address = market.load()?.token_program @ BulkheadError::TokenProgramMismatch)]
    pub token_program: Interface<'info, TokenInterface>,
}

/// What moving tokens needs, copied out of the accounts.
struct Keys {
    market_tail: ([u8; 2], [u8; 1]),
    decimals: u8,
    withdrawal: WithdrawalKeys,
}

/// Handler of `execute_withdrawal`.
pub fn handle_execute_withdrawal(ctx: Context<ExecuteWithdrawal>) -> Result<()> {
    let accounts = &ctx.accounts;
    let (report, keys) = book(accounts)?;
    move_tokens(accounts, &report, &keys)?;
    accounts.withdrawal.sub_lamports(report.tip_lamports)?;
    accounts.executor.add_lamports(report.tip_lamports)?;
    if report.is_done() {
        accounts.withdrawal.close(accounts.payer.to_account_info())?;
    }
    invariants::assert_market(&*accounts.market.load()?, &accounts.pool_vault)
}

/// Computes the payment and writes market and withdrawal.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
fn book(accounts: &ExecuteWithdrawal) -> Result<(Box<WithdrawalReport>, Keys)> {
    let mut market = accounts.market.load_mut()?;
    let mut withdrawal = accounts.withdrawal.load_mut()?;
    let view = withdrawal.view()?;
    // CAN be paid whatever the market's status: it is an exit.
    accounts.protocol.load()?.require_withdrawals(Clock::get()?.unix_timestamp)?;
    let mut seen = observe_pool(&market, &accounts.price, Purpose::Risk)?;
    let escrowed = Shares(token::amount(&accounts.vault)?);
    let report =
        Box::new(withdraw::execute(&seen.market, seen.price, &view, escrowed, seen.now).or_refuse()?);
    seen.market.ledger = report.ledger;
    market.store_observed(&seen.market);
    withdrawal.store(&report.withdrawal);
    withdrawal.paid_atoms = withdrawal
        .paid_atoms
        .checked_add(report.amount.get())
        .ok_or_else(|| error!(BulkheadError::Overflow))?;
    emit!(WithdrawalExecuted {
        market: accounts.market.key(),
        withdrawal: accounts.withdrawal.key(),
        owner: withdrawal.owner,
        executor: accounts.executor.key(),
        amount_atoms: report.amount.get(),
        shares_burnt: report.shares_burnt.get(),
        shares_left: report.withdrawal.shares.get(),
        lapses_at: report.withdrawal.lapses_at.get(),
        value_before_atoms: report.value_before.get(),
        pool_atoms: report.ledger.pool.get(),
        tip_lamports: report.tip_lamports,
    });
    let keys = Keys {
        market_tail: market.seed_tail(),
        decimals: market.params.quote_decimals,
        withdrawal: withdrawal.signer_keys(),
    };
    Ok((report, keys))
}

/// Burns the shares, pays for them, and closes the escrow once it is empty for good.
/// INV-13: what the market no longer books is burnt, and nothing else.
fn move_tokens(accounts: &ExecuteWithdrawal, report: &WithdrawalReport, keys: &Keys) -> Result<()> {
    let (program, authority) = (accounts.token_program.as_ref(), accounts.withdrawal.as_ref());
    let seeds = keys.withdrawal.seeds();
    let burnt = report.shares_burnt.get();
    token::burn_shares(program, &accounts.lp_mint, &accounts.vault, authority, burnt, &seeds)?;
    Transfer {
        program,
        mint: &accounts.collateral_mint,
        decimals: keys.decimals,
        from: &accounts.pool_vault,
        to: &accounts.destination,
        authority: accounts.market.as_ref(),
    }
    .send(report.amount.get(), &market_signer(&keys.market_tail))?;
    if report.is_done() {
        token::close_vault(program, &accounts.vault, &accounts.payer, authority, &seeds)?;
    }
    Ok(())
}
