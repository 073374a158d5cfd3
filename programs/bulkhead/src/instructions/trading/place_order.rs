//! Places an order on a position that exists. Needs no price: the price that fills it is not known yet.

use anchor_lang::prelude::*;

use crate::constants::*;
use crate::error::BulkheadError;
use crate::events::OrderPlaced;
use crate::state::{Market, Order, OrderAction, OrderKind, POSITION_OPEN, Position};

/// An order.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct PlaceOrderArgs {
    /// Id: the position's next order id.
    pub order_id: u32,
    /// Increase or decrease.
    pub action: OrderAction,
    /// When it fills.
    pub kind: OrderKind,
    /// Base atoms; for a decrease, u64::MAX closes everything.
    pub size_atoms: u64,
    /// Worst fill price.
    pub acceptable_price_e12: u64,
    /// Payout to set aside, of the notional, in ppm: 50,000 to 1,000,000; increases only.
    pub payout_cap_ppm: u32,
    /// Lamports for whoever executes it. Whoever triggers it gets TRIGGER_TIP_LAMPORTS on top.
    pub tip_lamports: u64,
    /// Index price that triggers it; zero for a market order. From which side follows from kind, action and
    /// side of the position.
    pub trigger_price_e12: u64,
    /// From when on it can no longer be triggered; zero for never, and for a market order.
    pub expires_at: i64,
}

/// Accounts of `place_order`.
#[derive(Accounts)]
#[instruction(args: PlaceOrderArgs)]
pub struct PlaceOrder<'info> {
    /// Owner or delegate.
    pub authority: Signer<'info>,
    /// Pays rent and tip; gets back what is left.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Market of the position.
    pub market: AccountLoader<'info, Market>,
    /// Position.
    #[account(
        mut,
        constraint = position.load()?.market == market.key() @ BulkheadError::PositionMarketMismatch
    )]
    pub position: AccountLoader<'info, Position>,
    /// The new order.
    #[account(
        init, payer = payer, space = 8 + size_of::<Order>(),
        seeds = [ORDER_SEED, position.key().as_ref(), &args.order_id.to_le_bytes()], bump
    )]
    pub order: AccountLoader<'info, Order>,
    /// Creates the order and moves the tip.
    pub system_program: Program<'info, System>,
}

impl PlaceOrder<'_> {
    fn validate(&self, args: &PlaceOrderArgs) -> Result<()> {
        let position = self.position.load()?;
        position.require_version()?;
        self.market.load()?.require_version()?;
        self.market.load()?.require_unsettled()?;
        let authority = self.authority.key();
        require!(position.is_owner_or_delegate(&authority), BulkheadError::OwnerOrDelegateRequired);
        let has_room = authority == position.owner || position.open_orders < ORDERS_BY_DELEGATE_MAX;
        require!(has_room, BulkheadError::TooManyOrders);
        // payer, market - anyone's money, checked in the #[account] attribute.
        // CANNOT place on a position that is flat: what opens it is place_opening_order.
        require!(position.status >= POSITION_OPEN, BulkheadError::PositionNotOpen);
        require!(position.status == POSITION_OPEN, BulkheadError::PositionClosed);
        require!(args.order_id == position.next_order_id, BulkheadError::IdMismatch);
        Ok(())
    }
}

/// Handler of `place_order`.
#[access_control(ctx.accounts.validate(&args))]
pub fn handle_place_order(ctx: Context<PlaceOrder>, args: PlaceOrderArgs) -> Result<()> {
    let accounts = &ctx.accounts;
    let placement = Placement {
        position_key: accounts.position.key(),
        payer: accounts.payer.as_ref(),
        order: &accounts.order,
        bump: ctx.bumps.order,
        system_program: accounts.system_program.key(),
    };
    placement.place(&*accounts.market.load()?, &mut *accounts.position.load_mut()?, &args)
}

/// What placing an order needs, whether the position is old or new.
pub(super) struct Placement<'a, 'info> {
    pub(super) position_key: Pubkey,
    pub(super) payer: &'a AccountInfo<'info>,
    pub(super) order: &'a AccountLoader<'info, Order>,
    pub(super) bump: u8,
    pub(super) system_program: Pubkey,
}

impl Placement<'_, '_> {
    /// Writes the order, counts it and escrows the tip.
    pub(super) fn place(
        &self,
        market: &Market,
        position: &mut Position,
        args: &PlaceOrderArgs,
    ) -> Result<()> {
        require!(args.size_atoms != 0, BulkheadError::SizeZero);
        require!(args.tip_lamports >= TIP_LAMPORTS_MIN, BulkheadError::TipTooSmall);
        require!(position.open_orders < ORDERS_PER_POSITION_MAX, BulkheadError::TooManyOrders);
        if args.action == OrderAction::Increase {
            let range = bulkhead_risk::params::PAYOUT_CAP_PPM_MIN.get()
                ..=bulkhead_risk::params::PAYOUT_CAP_PPM_MAX.get();
            require!(range.contains(&args.payout_cap_ppm), BulkheadError::PayoutCapOutOfRange);
        }
        let clock = Clock::get()?;
        // A price that the market has accepted is known, even if the chain's clock lags behind it.
        let placed_at = clock.unix_timestamp.max(market.observations.published_at);
        let escrow = require_kind(args, placed_at)?;
        let overflow = || error!(BulkheadError::Overflow);
        position.next_order_id = position.next_order_id.checked_add(1).ok_or_else(overflow)?;
        position.add_order()?;

        let mut order = self.order.load_init()?;
        order.version = ACCOUNT_VERSION;
        order.bump = self.bump;
        order.action = args.action.into();
        order.kind = args.kind.into();
        order.id = args.order_id;
        order.position = self.position_key;
        order.payer = *self.payer.key;
        order.size_atoms = args.size_atoms;
        order.acceptable_price_e12 = args.acceptable_price_e12;
        order.placed_at = placed_at;
        order.placed_slot = clock.slot;
        order.tip_lamports = args.tip_lamports;
        order.payout_cap_ppm = args.payout_cap_ppm;
        order.trigger_price_e12 = args.trigger_price_e12;
        order.expires_at = args.expires_at;
        if args.kind == OrderKind::Market {
            // It may fill from now on. The others are counted by their first trigger.
            position.await_increase(&mut order)?;
        }
        drop(order);
        self.escrow(escrow)?;
        emit!(OrderPlaced {
            position: self.position_key,
            order: self.order.key(),
            id: args.order_id,
            action: args.action,
            size_atoms: args.size_atoms,
            acceptable_price_e12: args.acceptable_price_e12,
            placed_at,
            tip_lamports: args.tip_lamports,
            kind: args.kind,
            trigger_price_e12: args.trigger_price_e12,
            expires_at: args.expires_at,
        });
        Ok(())
    }

    /// INV-15: what it will pay lies on the order itself.
    fn escrow(&self, lamports: u64) -> Result<()> {
        let accounts = anchor_lang::system_program::Transfer {
            from: self.payer.clone(),
            to: self.order.to_account_info(),
        };
        anchor_lang::system_program::transfer(CpiContext::new(self.system_program, accounts), lamports)
    }
}

/// An error for arguments that do not go with the order's kind; the lamports to escrow for one of its kind.
fn require_kind(args: &PlaceOrderArgs, placed_at: i64) -> Result<u64> {
    let kind = bulkhead_risk::orders::OrderKind::from(args.kind);
    require!(kind.allows(args.action.into()), BulkheadError::OrderKindOnlyDecreases);
    if !kind.has_trigger() {
        require!(args.trigger_price_e12 == 0, BulkheadError::TriggerPriceInvalid);
        require!(args.expires_at == 0, BulkheadError::ExpiryInvalid);
        return Ok(args.tip_lamports);
    }
    require!(args.trigger_price_e12 != 0, BulkheadError::TriggerPriceInvalid);
    require!(args.expires_at == 0 || args.expires_at > placed_at, BulkheadError::ExpiryInvalid);
    args.tip_lamports.checked_add(TRIGGER_TIP_LAMPORTS).ok_or_else(|| error!(BulkheadError::Overflow))
}
