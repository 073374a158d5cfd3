//! Creates a position with its own vault, moves the collateral in, and places the order that opens it.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use super::place_order::{PlaceOrderArgs, Placement};
use crate::constants::*;
use crate::error::BulkheadError;
use crate::events::PositionCreated;
use crate::invariants;
use crate::state::{
    MARKET_ACTIVE, Market, Order, OrderAction, OrderKind, Position, PositionSide, Protocol, Trader,
};
use crate::token::Transfer;

/// A position and the order that opens it.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct PlaceOpeningOrderArgs {
    /// Id: the trader's next position id.
    pub position_id: u32,
    /// Side.
    pub side: PositionSide,
    /// Collateral: the most that this position can lose.
    pub collateral_atoms: u64,
    /// When the order fills: market or limit.
    pub kind: OrderKind,
    /// Base atoms.
    pub size_atoms: u64,
    /// Worst fill price: highest for longs, lowest for shorts.
    pub acceptable_price_e12: u64,
    /// Payout to set aside, of the notional, in ppm: 50,000 to 1,000,000.
    pub payout_cap_ppm: u32,
    /// Lamports for whoever executes it. Whoever triggers it gets TRIGGER_TIP_LAMPORTS on top.
    pub tip_lamports: u64,
    /// Index price that triggers it: for a long from above, for a short from below; zero for a market order.
    pub trigger_price_e12: u64,
    /// From when on it can no longer be triggered; zero for never, and for a market order.
    pub expires_at: i64,
}

/// Accounts of `place_opening_order`.
#[derive(Accounts)]
#[instruction(args: PlaceOpeningOrderArgs)]
pub struct PlaceOpeningOrder<'info> {
    /// Owner of the position.
    pub owner: Signer<'info>,
    /// Pays rent and tip.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The protocol: pauses.
    pub protocol: AccountLoader<'info, Protocol>,
    /// Market.
    pub market: AccountLoader<'info, Market>,
    /// The owner's counters in this market; created with the first position.
    #[account(
        init_if_needed, payer = payer, space = 8 + size_of::<Trader>(),
        seeds = [TRADER_SEED, market.key().as_ref(), owner.key().as_ref()], bump
    )]
    pub trader: AccountLoader<'info, Trader>,
    /// The new position.
    #[account(
        init, payer = payer, space = 8 + size_of::<Position>(),
        seeds = [
            POSITION_SEED, market.key().as_ref(), owner.key().as_ref(), &args.position_id.to_le_bytes()
        ],
        bump
    )]
    pub position: AccountLoader<'info, Position>,
    /// Its vault.
    #[account(
        init, payer = payer, seeds = [VAULT_SEED, position.key().as_ref()], bump,
        token::mint = collateral_mint, token::authority = position, token::token_program = token_program
    )]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The new order: the position's first.
    #[account(
        init, payer = payer, space = 8 + size_of::<Order>(),
        seeds = [ORDER_SEED, position.key().as_ref(), &0_u32.to_le_bytes()], bump
    )]
    pub order: AccountLoader<'info, Order>,
    /// Source of the collateral.
    /// CHECK: the token program checks mint and authority.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// Collateral mint.
    #[account(address = market.load()?.collateral_mint @ BulkheadError::CollateralMintMismatch)]
    pub collateral_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Token program of the collateral.
    #[account(address = market.load()?.token_program @ BulkheadError::TokenProgramMismatch)]
    pub token_program: Interface<'info, TokenInterface>,
    /// Creates the accounts and moves the tip.
    pub system_program: Program<'info, System>,
}

impl PlaceOpeningOrder<'_> {
    fn validate(&self, args: &PlaceOpeningOrderArgs) -> Result<()> {
        // owner, payer - anyone.
        self.protocol.load()?.require_new_risk(Clock::get()?.unix_timestamp)?;
        let market = self.market.load()?;
        market.require_version()?;
        market.require_unsettled()?;
        require!(market.status == MARKET_ACTIVE, BulkheadError::MarketNotActive);
        require!(args.collateral_atoms != 0, BulkheadError::AmountZero);
        // trader, position, vault, order - created here. source - the token program's to check.
        Ok(())
    }
}

/// Handler of `place_opening_order`.
#[access_control(ctx.accounts.validate(&args))]
pub fn handle_place_opening_order(
    ctx: Context<PlaceOpeningOrder>,
    args: PlaceOpeningOrderArgs,
) -> Result<()> {
    let accounts = &ctx.accounts;
    count_position(&ctx, args.position_id)?;
    let mut position = accounts.position.load_init()?;
    position.version = ACCOUNT_VERSION;
    position.bump = ctx.bumps.position;
    position.vault_bump = ctx.bumps.vault;
    position.id = args.position_id;
    position.market = accounts.market.key();
    position.owner = accounts.owner.key();
    position.vault = accounts.vault.key();
    let amount = bulkhead_risk::QuoteAtoms(args.collateral_atoms);
    position.store(&bulkhead_risk::Position::pending(args.side.into(), amount));
    emit!(PositionCreated {
        market: position.market,
        position: accounts.position.key(),
        owner: position.owner,
        id: position.id,
        side: args.side,
        collateral_atoms: args.collateral_atoms,
    });
    let placement = Placement {
        position_key: accounts.position.key(),
        payer: accounts.payer.as_ref(),
        order: &accounts.order,
        bump: ctx.bumps.order,
        system_program: accounts.system_program.key(),
    };
    let order = PlaceOrderArgs {
        order_id: 0,
        action: OrderAction::Increase,
        kind: args.kind,
        size_atoms: args.size_atoms,
        acceptable_price_e12: args.acceptable_price_e12,
        payout_cap_ppm: args.payout_cap_ppm,
        tip_lamports: args.tip_lamports,
        trigger_price_e12: args.trigger_price_e12,
        expires_at: args.expires_at,
    };
    placement.place(&*accounts.market.load()?, &mut position, &order)?;
    drop(position);
    move_collateral_in(accounts, args.collateral_atoms)
}

fn count_position(ctx: &Context<PlaceOpeningOrder>, position_id: u32) -> Result<()> {
    // load_init refuses an account that has its discriminator: then it is not new.
    let trader = &ctx.accounts.trader;
    if let Ok(mut new) = trader.load_init() {
        new.version = ACCOUNT_VERSION;
        new.bump = ctx.bumps.trader;
        new.market = ctx.accounts.market.key();
        new.owner = ctx.accounts.owner.key();
        require!(position_id == 0, BulkheadError::IdMismatch);
        new.next_position_id = 1;
        return Ok(());
    }
    let mut known = trader.load_mut()?;
    require!(known.version == ACCOUNT_VERSION, BulkheadError::AccountVersionMismatch);
    require!(position_id == known.next_position_id, BulkheadError::IdMismatch);
    known.next_position_id =
        known.next_position_id.checked_add(1).ok_or_else(|| error!(BulkheadError::Overflow))?;
    Ok(())
}

fn move_collateral_in(accounts: &PlaceOpeningOrder, amount_atoms: u64) -> Result<()> {
    let vault: &AccountInfo = accounts.vault.as_ref().as_ref();
    Transfer {
        program: accounts.token_program.as_ref(),
        mint: accounts.collateral_mint.as_ref().as_ref(),
        decimals: accounts.collateral_mint.decimals,
        from: &accounts.source,
        to: vault,
        authority: accounts.owner.as_ref(),
    }
    .send(amount_atoms, &[])?;
    // A fresh account's discriminator is written when the instruction ends: read the bytes behind it.
    let data = accounts.position.as_ref().try_borrow_data()?;
    let bytes = data.get(8..).ok_or_else(|| error!(BulkheadError::NotAPosition))?;
    let position: &Position = bytemuck::from_bytes(bytes);
    invariants::assert_position(position, vault)
}
