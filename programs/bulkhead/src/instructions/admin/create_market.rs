//! Creates a market with its pool vault, insurance vault and mint of pool shares.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::constants::*;
use crate::error::BulkheadError;
use crate::events::MarketCreated;
use crate::oracle::OracleSource;
use crate::state::{Market, OracleConfig, Protocol};
use crate::token;
use crate::views::MarketParams;

/// A market's definition.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct CreateMarketArgs {
    /// Index: the protocol's market count.
    pub index: u16,
    /// Where prices come from; the feed can never be changed.
    pub oracle: OracleSource,
    /// Parameters, within the program's bounds.
    pub params: MarketParams,
    /// Where the price of the collateral comes from; none asks for no such price.
    pub collateral_oracle: Option<OracleSource>,
}

/// Accounts of `create_market`.
#[derive(Accounts)]
#[instruction(args: CreateMarketArgs)]
pub struct CreateMarket<'info> {
    /// Admin; pays rent.
    #[account(mut, address = protocol.load()?.admin @ BulkheadError::AdminRequired)]
    pub admin: Signer<'info>,
    /// The protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, Protocol>,
    /// The new market.
    #[account(
        init, payer = admin, space = 8 + size_of::<Market>(),
        seeds = [MARKET_SEED, &args.index.to_le_bytes()], bump
    )]
    pub market: AccountLoader<'info, Market>,
    /// Collateral: a US dollar stablecoin without extensions that change what an amount means.
    #[account(mint::token_program = token_program)]
    pub collateral_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Pool vault.
    #[account(
        init, payer = admin, seeds = [POOL_SEED, market.key().as_ref()], bump,
        token::mint = collateral_mint, token::authority = market, token::token_program = token_program
    )]
    pub pool_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Insurance vault.
    #[account(
        init, payer = admin, seeds = [INSURANCE_SEED, market.key().as_ref()], bump,
        token::mint = collateral_mint, token::authority = market, token::token_program = token_program
    )]
    pub insurance_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Mint of pool shares.
    #[account(
        init, payer = admin, seeds = [LP_MINT_SEED, market.key().as_ref()], bump,
        mint::decimals = collateral_mint.decimals, mint::authority = market,
        mint::token_program = token_program
    )]
    pub lp_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Token program of the collateral.
    pub token_program: Interface<'info, TokenInterface>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
}

impl CreateMarket<'_> {
    fn validate(&self, args: &CreateMarketArgs) -> Result<()> {
        // admin - checked in the #[account] attribute.
        require!(args.index == self.protocol.load()?.market_count, BulkheadError::MarketIndexMismatch);
        token::require_plain_mint(self.collateral_mint.as_ref().as_ref())?;
        // vaults, lp_mint - created here.
        Ok(())
    }
}

/// Handler of `create_market`.
#[access_control(ctx.accounts.validate(&args))]
pub fn handle_create_market(ctx: Context<CreateMarket>, args: CreateMarketArgs) -> Result<()> {
    let accounts = &ctx.accounts;
    let params = args.params.checked(accounts.collateral_mint.decimals)?;
    let mut protocol = accounts.protocol.load_mut()?;
    let oracle: OracleConfig = args.oracle.resolve(protocol.is_mainnet())?;
    let mut market = accounts.market.load_init()?;
    market.version = MARKET_VERSION;
    market.bump = ctx.bumps.market;
    market.pool_bump = ctx.bumps.pool_vault;
    market.insurance_bump = ctx.bumps.insurance_vault;
    market.lp_mint_bump = ctx.bumps.lp_mint;
    market.index = args.index;
    market.collateral_mint = accounts.collateral_mint.key();
    market.token_program = accounts.token_program.key();
    market.pool_vault = accounts.pool_vault.key();
    market.insurance_vault = accounts.insurance_vault.key();
    market.lp_mint = accounts.lp_mint.key();
    market.oracle = oracle;
    // A market that was just created is zeros: no oracle of the collateral.
    if let Some(source) = args.collateral_oracle {
        market.collateral_oracle = source.resolve(protocol.is_mainnet())?;
    }
    market.params.store(&params);
    protocol.market_count =
        protocol.market_count.checked_add(1).ok_or_else(|| error!(BulkheadError::Overflow))?;
    emit!(MarketCreated {
        market: accounts.market.key(),
        index: args.index,
        collateral_mint: market.collateral_mint,
        oracle_account: oracle.account,
    });
    Ok(())
}
