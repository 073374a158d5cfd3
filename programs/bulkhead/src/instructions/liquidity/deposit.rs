//! A liquidity provider puts collateral into the pool and gets shares at the pool's worth.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use bulkhead_risk::{Purpose, QuoteAtoms, pool};

use crate::error::{BulkheadError, IntoProgram};
use crate::events::Deposited;
use crate::invariants;
use crate::observe::{observe, require_collateral_worth};
use crate::state::{Market, Protocol, market_signer};
use crate::token::{Transfer, mint_shares};

/// What to deposit.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct DepositArgs {
    /// Collateral in.
    pub amount_atoms: u64,
    /// Least shares out.
    pub shares_min: u64,
}

/// Accounts of `deposit`.
#[derive(Accounts)]
pub struct Deposit<'info> {
    /// Depositor.
    pub owner: Signer<'info>,
    /// The protocol: pauses.
    pub protocol: AccountLoader<'info, Protocol>,
    /// Market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// Price account.
    /// CHECK: `oracle::read`.
    pub price: UncheckedAccount<'info>,
    /// Pool vault.
    /// CHECK: address.
    #[account(mut, address = market.load()?.pool_vault @ BulkheadError::PoolVaultMismatch)]
    pub pool_vault: UncheckedAccount<'info>,
    /// Mint of pool shares.
    /// CHECK: address.
    #[account(mut, address = market.load()?.lp_mint @ BulkheadError::LpMintMismatch)]
    pub lp_mint: UncheckedAccount<'info>,
    /// Source of the collateral.
    /// CHECK: the token program checks mint and authority.
    #[account(mut)]
    pub owner_collateral: UncheckedAccount<'info>,
    /// Where the shares go.
    /// CHECK: the token program checks the mint.
    #[account(mut)]
    pub owner_shares: UncheckedAccount<'info>,
    /// Collateral mint.
    /// CHECK: address.
    #[account(address = market.load()?.collateral_mint @ BulkheadError::CollateralMintMismatch)]
    pub collateral_mint: UncheckedAccount<'info>,
    /// Token program of the collateral.
    #[account(address = market.load()?.token_program @ BulkheadError::TokenProgramMismatch)]
    pub token_program: Interface<'info, TokenInterface>,
    /// Price account of the collateral, where the market asks for it.
    /// CHECK: `oracle::read`.
    pub collateral_price: Option<UncheckedAccount<'info>>,
}

/// Handler of `deposit`.
pub fn handle_deposit(ctx: Context<Deposit>, args: DepositArgs) -> Result<()> {
    let accounts = &ctx.accounts;
    let (report, decimals, tail) = {
        let mut market = accounts.market.load_mut()?;
        let mut seen = observe(&market, &accounts.price, Purpose::Risk)?;
        accounts.protocol.load()?.require_deposits(seen.now.get())?;
        require_collateral_worth(&market, accounts.collateral_price.as_deref(), seen.now)?;
        let report = pool::deposit(&seen.market, QuoteAtoms(args.amount_atoms)).or_refuse()?;
        seen.market.ledger = report.ledger;
        market.store_observed(&seen.market);
        (report, market.params.quote_decimals, market.seed_tail())
    };
    require!(report.shares.get() >= args.shares_min, BulkheadError::SharesBelowMinimum);
    Transfer {
        program: accounts.token_program.as_ref(),
        mint: &accounts.collateral_mint,
        decimals,
        from: &accounts.owner_collateral,
        to: &accounts.pool_vault,
        authority: accounts.owner.as_ref(),
    }
    .send(report.amount.get(), &[])?;
    mint_shares(
        accounts.token_program.as_ref(),
        &accounts.lp_mint,
        &accounts.owner_shares,
        accounts.market.as_ref(),
        report.shares.get(),
        &market_signer(&tail),
    )?;
    invariants::assert_market(&*accounts.market.load()?, &accounts.pool_vault)?;
    emit!(Deposited {
        market: accounts.market.key(),
        owner: accounts.owner.key(),
        amount_atoms: report.amount.get(),
        shares: report.shares.get(),
        value_before_atoms: report.value_before.get(),
        pool_atoms: report.ledger.pool.get(),
    });
    Ok(())
}
