//! A liquidity provider asks for collateral in exchange for shares. They go into escrow for an hour, so that
//! nobody leaves at a price already known. Needs no price.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use bulkhead_risk::pool::withdraw;
use bulkhead_risk::{Shares, UnixSeconds};

use crate::constants::*;
use crate::error::{BulkheadError, IntoProgram};
use crate::events::WithdrawalRequested;
use crate::state::{Market, Protocol, Trader, Withdrawal};
use crate::token::{self, Transfer};

/// What to withdraw.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct RequestWithdrawalArgs {
    /// Id: the trader's next withdrawal id.
    pub withdrawal_id: u32,
    /// Shares.
    pub shares: u64,
    /// Lamports for whoever executes it.
    pub tip_lamports: u64,
}

/// Accounts of `request_withdrawal`.
#[derive(Accounts)]
#[instruction(args: RequestWithdrawalArgs)]
pub struct RequestWithdrawal<'info> {
    /// Owner of the shares.
    pub owner: Signer<'info>,
    /// Pays rent and tip; gets back what is left.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The protocol: pauses.
    pub protocol: AccountLoader<'info, Protocol>,
    /// Market.
    pub market: AccountLoader<'info, Market>,
    /// The owner's counters in this market; created if they have none.
    #[account(
        init_if_needed, payer = payer, space = 8 + size_of::<Trader>(),
        seeds = [TRADER_SEED, market.key().as_ref(), owner.key().as_ref()], bump
    )]
    pub trader: AccountLoader<'info, Trader>,
    /// The new withdrawal.
    #[account(
        init, payer = payer, space = 8 + size_of::<Withdrawal>(),
        seeds = [
            WITHDRAWAL_SEED, market.key().as_ref(), owner.key().as_ref(), &args.withdrawal_id.to_le_bytes()
        ],
        bump
    )]
    pub withdrawal: AccountLoader<'info, Withdrawal>,
    /// Escrow of its shares.
    #[account(
        init, payer = payer, seeds = [WITHDRAWAL_VAULT_SEED, withdrawal.key().as_ref()], bump,
        token::mint = lp_mint, token::authority = withdrawal, token::token_program = token_program
    )]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Source of the shares.
    /// CHECK: the token program checks mint and authority.
    #[account(mut)]
    pub owner_shares: UncheckedAccount<'info>,
    /// Where the collateral will go: any account of the collateral but the pool's own.
    /// CHECK: `validate`.
    pub destination: UncheckedAccount<'info>,
    /// Mint of pool shares.
    #[account(address = market.load()?.lp_mint @ BulkheadError::LpMintMismatch)]
    pub lp_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Token program of the collateral and the shares.
    #[account(address = market.load()?.token_program @ BulkheadError::TokenProgramMismatch)]
    pub token_program: Interface<'info, TokenInterface>,
    /// Creates the accounts and moves the tip.
    pub system_program: Program<'info, System>,
}

impl RequestWithdrawal<'_> {
    fn validate(&self, args: &RequestWithdrawalArgs) -> Result<()> {
        // owner, payer - anyone. CAN request in a market of any status: it is an exit.
        self.protocol.load()?.require_withdrawals(Clock::get()?.unix_timestamp)?;
        let market = self.market.load()?;
        market.require_version()?;
        require!(args.tip_lamports >= TIP_LAMPORTS_MIN, BulkheadError::TipTooSmall);
        let destination = self.destination.key();
        let is_ours = destination == market.pool_vault || destination == market.insurance_vault;
        let fits = token::is_of_mint(&self.destination, &market.token_program, &market.collateral_mint)?;
        require!(fits && !is_ours, BulkheadError::DestinationMismatch);
        // trader, withdrawal, vault - created here. owner_shares - the token program's to check.
        Ok(())
    }
}

/// Handler of `request_withdrawal`.
#[access_control(ctx.accounts.validate(&args))]
pub fn handle_request_withdrawal(ctx: Context<RequestWithdrawal>, args: RequestWithdrawalArgs) -> Result<()> {
    let accounts = &ctx.accounts;
    count_withdrawal(&ctx, args.withdrawal_id)?;
    let now = Clock::get()?.unix_timestamp;
    let market = accounts.market.load()?;
    let request = withdraw::request(
        &market.ledger(),
        &market.params.view(),
        Shares(args.shares),
        args.tip_lamports,
        UnixSeconds(now),
    )
    .or_refuse()?;
    let mut withdrawal = accounts.withdrawal.load_init()?;
    withdrawal.version = ACCOUNT_VERSION;
    withdrawal.bump = ctx.bumps.withdrawal;
    withdrawal.vault_bump = ctx.bumps.vault;
    withdrawal.id = args.withdrawal_id;
    withdrawal.market = accounts.market.key();
    withdrawal.owner = accounts.owner.key();
    withdrawal.payer = accounts.payer.key();
    withdrawal.vault = accounts.vault.key();
    withdrawal.destination = accounts.destination.key();
    withdrawal.shares_requested = args.shares;
    withdrawal.requested_at = now;
    withdrawal.store(&request);
    emit!(WithdrawalRequested {
        market: withdrawal.market,
        withdrawal: accounts.withdrawal.key(),
        owner: withdrawal.owner,
        id: withdrawal.id,
        shares: args.shares,
        destination: withdrawal.destination,
        executable_from: withdrawal.executable_from,
        lapses_at: withdrawal.lapses_at,
        tip_lamports: args.tip_lamports,
    });
    drop(withdrawal);
    escrow(accounts, &args)
}

fn count_withdrawal(ctx: &Context<RequestWithdrawal>, withdrawal_id: u32) -> Result<()> {
    // load_init refuses an account that has its discriminator: then it is not new.
    let trader = &ctx.accounts.trader;
    if let Ok(mut new) = trader.load_init() {
        new.version = ACCOUNT_VERSION;
        new.bump = ctx.bumps.trader;
        new.market = ctx.accounts.market.key();
        new.owner = ctx.accounts.owner.key();
        require!(withdrawal_id == 0, BulkheadError::IdMismatch);
        new.next_withdrawal_id = 1;
        return Ok(());
    }
    let mut known = trader.load_mut()?;
    require!(known.version == ACCOUNT_VERSION, BulkheadError::AccountVersionMismatch);
    require!(withdrawal_id == known.next_withdrawal_id, BulkheadError::IdMismatch);
    known.next_withdrawal_id =
        known.next_withdrawal_id.checked_add(1).ok_or_else(|| error!(BulkheadError::Overflow))?;
    Ok(())
}

/// Moves shares and tip in.
fn escrow(accounts: &RequestWithdrawal, args: &RequestWithdrawalArgs) -> Result<()> {
    let tip = anchor_lang::system_program::Transfer {
        from: accounts.payer.to_account_info(),
        to: accounts.withdrawal.to_account_info(),
    };
    let context = CpiContext::new(accounts.system_program.key(), tip);
    anchor_lang::system_program::transfer(context, args.tip_lamports)?;
    Transfer {
        program: accounts.token_program.as_ref(),
        mint: accounts.lp_mint.as_ref().as_ref(),
        decimals: accounts.lp_mint.decimals,
        from: &accounts.owner_shares,
        to: accounts.vault.as_ref().as_ref(),
        authority: accounts.owner.as_ref(),
    }
    .send(args.shares, &[])
}
