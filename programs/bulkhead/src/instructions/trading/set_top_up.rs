//! The owner lets anyone top a position up out of one of the owner's token accounts, within bounds.
//!
//! The plan alone moves nothing: the owner also approves the top-up authority as the account's delegate, by
//! the token program's own instruction, and can revoke that at any time without this program.

use anchor_lang::prelude::*;
use bulkhead_risk::top_up::Plan;
use bulkhead_risk::{Ppm, QuoteAtoms, UnixSeconds};

use crate::constants::*;
use crate::error::{BulkheadError, IntoProgram};
use crate::events::TopUpSet;
use crate::state::{Market, POSITION_CLOSED, Position, TopUpPlan};
use crate::token;

/// What a plan allows.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct SetTopUpArgs {
    /// What may move in all, keeper pay included.
    pub budget_atoms: u64,
    /// Equity below this multiple of the maintenance margin calls for a top-up: 1,000,000 to 5,000,000.
    pub trigger_ppm: u32,
    /// What one top-up moves, keeper pay included.
    pub amount_atoms: u64,
    /// Least time between two top-ups: 15 seconds to 7 days.
    pub interval_secs: u32,
    /// Of the amount, to whoever executes it: at most 5 %.
    pub keeper_pay_atoms: u64,
}

/// Accounts of `set_top_up`.
#[derive(Accounts)]
pub struct SetTopUp<'info> {
    /// Owner; a delegate cannot.
    #[account(address = position.load()?.owner @ BulkheadError::OwnerRequired)]
    pub owner: Signer<'info>,
    /// Pays the rent of a new plan; gets it back.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Market of the position.
    pub market: AccountLoader<'info, Market>,
    /// Position.
    #[account(
        constraint = position.load()?.market == market.key() @ BulkheadError::PositionMarketMismatch
    )]
    pub position: AccountLoader<'info, Position>,
    /// The position's plan; replaced if there is one.
    #[account(
        init_if_needed, payer = payer, space = 8 + size_of::<TopUpPlan>(),
        seeds = [TOP_UP_SEED, position.key().as_ref()], bump
    )]
    pub plan: AccountLoader<'info, TopUpPlan>,
    /// Where the money comes from: a token account of the owner's.
    /// CHECK: program, mint and owner in `validate`.
    pub source: UncheckedAccount<'info>,
    /// The delegate that the owner approves for all plans; signs, holds nothing.
    /// CHECK: seeds.
    #[account(seeds = [TOP_UP_AUTHORITY_SEED, owner.key().as_ref()], bump)]
    pub top_up_authority: UncheckedAccount<'info>,
    /// Creates the plan.
    pub system_program: Program<'info, System>,
}

impl SetTopUp<'_> {
    fn validate(&self) -> Result<()> {
        // owner, position - checked in the #[account] attributes. payer - anyone's money.
        let market = self.market.load()?;
        market.require_version()?;
        let position = self.position.load()?;
        position.require_version()?;
        require!(position.status != POSITION_CLOSED, BulkheadError::PositionClosed);
        require!(*self.source.owner == market.token_program, BulkheadError::NotATokenAccount);
        let source = token::holding(&self.source)?;
        require!(source.mint == market.collateral_mint, BulkheadError::CollateralMintMismatch);
        require!(source.owner == position.owner, BulkheadError::TopUpSourceOwnerMismatch);
        Ok(())
    }
}

/// Handler of `set_top_up`. Replacing a plan does not shorten the wait: the last top-up still counts.
#[access_control(ctx.accounts.validate())]
pub fn handle_set_top_up(ctx: Context<SetTopUp>, args: SetTopUpArgs) -> Result<()> {
    let accounts = &ctx.accounts;
    // load_init refuses an account that has its discriminator: then it is not new.
    let mut account = match accounts.plan.load_init() {
        Ok(mut new) => {
            new.version = ACCOUNT_VERSION;
            new.bump = ctx.bumps.plan;
            new.authority_bump = ctx.bumps.top_up_authority;
            new.position = accounts.position.key();
            new.owner = accounts.owner.key();
            new.payer = accounts.payer.key();
            new
        }
        Err(_) => accounts.plan.load_mut()?,
    };
    account.require_version()?;
    let plan = Plan {
        budget: QuoteAtoms(args.budget_atoms),
        trigger_ppm: Ppm(args.trigger_ppm),
        amount: QuoteAtoms(args.amount_atoms),
        interval_secs: args.interval_secs,
        last_at: UnixSeconds(account.last_at),
        keeper_pay: QuoteAtoms(args.keeper_pay_atoms),
    };
    plan.validate().or_refuse()?;
    account.store(&plan);
    account.source = accounts.source.key();
    emit!(TopUpSet {
        position: account.position,
        owner: account.owner,
        source: account.source,
        budget_atoms: args.budget_atoms,
        trigger_ppm: args.trigger_ppm,
        amount_atoms: args.amount_atoms,
        interval_secs: args.interval_secs,
        keeper_pay_atoms: args.keeper_pay_atoms,
    });
    Ok(())
}
