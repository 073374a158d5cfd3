//! Who trades, and the shortest ways to a position.

use bulkhead::constants::TIP_LAMPORTS_MIN;
use bulkhead::instructions::{ExecuteOrderArgs, PlaceOpeningOrderArgs, PlaceOrderArgs};
use bulkhead::state::{OrderAction, OrderKind, PositionSide, Trader};
use bulkhead_client::{MarketKeys, ix, pda};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use super::{TxFailed, TxOk, World};

/// A wallet with lamports and one account of collateral.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    pub key: Pubkey,
    /// Their collateral.
    pub tokens: Pubkey,
}

/// A position to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    pub side: PositionSide,
    pub size_atoms: u64,
    pub collateral_atoms: u64,
    pub payout_cap_ppm: u32,
    pub acceptable_price_e12: u64,
    pub tip_lamports: u64,
}

impl Opening {
    /// At any price, with the whole notional as the most it can win.
    pub fn new(side: PositionSide, size_atoms: u64, collateral_atoms: u64) -> Self {
        Self {
            side,
            size_atoms,
            collateral_atoms,
            payout_cap_ppm: 1_000_000,
            acceptable_price_e12: any_price(side, OrderAction::Increase),
            tip_lamports: TIP_LAMPORTS_MIN,
        }
    }

    pub fn with_payout_cap(self, payout_cap_ppm: u32) -> Self {
        Self { payout_cap_ppm, ..self }
    }
}

/// The acceptable price that every fill meets.
pub fn any_price(side: PositionSide, action: OrderAction) -> u64 {
    match (side, action) {
        (PositionSide::Long, OrderAction::Increase) | (PositionSide::Short, OrderAction::Decrease) => {
            u64::MAX
        }
        _ => 0,
    }
}

/// Time between placing and executing in [`World::open`]: within the default window.
const FILL_AFTER_SECS: i64 = 5;

impl World {
    /// Somebody with lamports and `collateral_atoms` of the world's mint.
    pub fn actor(&mut self, collateral_atoms: u64) -> Actor {
        self.actor_of(self.mint, collateral_atoms)
    }

    /// The same with another mint.
    pub fn actor_of(&mut self, mint: Pubkey, collateral_atoms: u64) -> Actor {
        let key = self.wallet();
        let tokens = self.create_token_account(mint, key);
        if collateral_atoms > 0 {
            self.mint_to(tokens, collateral_atoms);
        }
        Actor { key, tokens }
    }

    /// Places the order that opens a position of `trader` in market 0; the address is the position's.
    pub fn place(&mut self, trader: &Actor, opening: &Opening) -> Result<Pubkey, TxFailed> {
        let keys = self.keys;
        self.place_in(&keys, trader, opening).map(|(position, _)| position)
    }

    /// The same in any market, with what the transaction came to.
    pub fn place_in(
        &mut self,
        keys: &MarketKeys,
        trader: &Actor,
        opening: &Opening,
    ) -> Result<(Pubkey, TxOk), TxFailed> {
        let (position, place) = self.placement(keys, trader, opening);
        self.send(&[place]).map(|done| (position, done))
    }

    /// What [`World::place_in`] sends, and the address of the position to be.
    pub fn placement(&self, keys: &MarketKeys, trader: &Actor, opening: &Opening) -> (Pubkey, Instruction) {
        let counters = self.load::<Trader>(&pda::trader(&keys.market, &trader.key));
        let position_id = counters.map_or(0, |counters| counters.next_position_id);
        let args = PlaceOpeningOrderArgs {
            position_id,
            side: opening.side,
            collateral_atoms: opening.collateral_atoms,
            kind: OrderKind::Market,
            size_atoms: opening.size_atoms,
            acceptable_price_e12: opening.acceptable_price_e12,
            payout_cap_ppm: opening.payout_cap_ppm,
            tip_lamports: opening.tip_lamports,
            trigger_price_e12: 0,
            expires_at: 0,
        };
        let place = ix::place_opening_order(keys, trader.key, trader.key, trader.tokens, args);
        (pda::position(&keys.market, &trader.key, position_id), place)
    }

    /// Places an order of the owner on an open position; returns its id.
    pub fn place_order(
        &mut self,
        owner: &Actor,
        position: Pubkey,
        action: OrderAction,
        size_atoms: u64,
    ) -> Result<u32, TxFailed> {
        let keys = self.keys;
        let account = self.position(&position);
        let side = if account.side == 0 { PositionSide::Long } else { PositionSide::Short };
        let args = PlaceOrderArgs {
            order_id: account.next_order_id,
            action,
            kind: OrderKind::Market,
            size_atoms,
            acceptable_price_e12: any_price(side, action),
            payout_cap_ppm: 1_000_000,
            tip_lamports: TIP_LAMPORTS_MIN,
            trigger_price_e12: 0,
            expires_at: 0,
        };
        self.send(&[ix::place_order(&keys, owner.key, owner.key, position, args)])?;
        Ok(args.order_id)
    }

    /// Executes an order as the keeper, at the price that stands.
    pub fn execute(&mut self, position: Pubkey, order_id: u32) -> Result<TxOk, TxFailed> {
        let keys = self.keys;
        self.execute_in(&keys, position, order_id)
    }

    /// The same in any market.
    pub fn execute_in(
        &mut self,
        keys: &MarketKeys,
        position: Pubkey,
        order_id: u32,
    ) -> Result<TxOk, TxFailed> {
        let execute = self.execution(keys, position, order_id);
        self.send(&[execute])
    }

    /// What [`World::execute_in`] sends.
    pub fn execution(&self, keys: &MarketKeys, position: Pubkey, order_id: u32) -> Instruction {
        let order = self.order(&pda::order(&position, order_id));
        let args = ExecuteOrderArgs { placed_at: order.placed_at, tip_lamports_min: order.tip_lamports };
        ix::execute_order(keys, self.keeper.key, position, order_id, order.payer, args)
    }

    /// Opens a position in market 0: places the order, lets five seconds pass at the same price, executes it.
    pub fn open(&mut self, trader: &Actor, opening: &Opening) -> Result<Pubkey, TxFailed> {
        let position = self.place(trader, opening)?;
        self.advance(FILL_AFTER_SECS);
        self.execute(position, 0)?;
        Ok(position)
    }

    /// Publishes another price for market 0, `secs` later, and takes it into the market.
    pub fn move_price(&mut self, price_e8: u64, secs: i64) -> Result<TxOk, TxFailed> {
        self.warp_to(self.now() + secs);
        self.set_price(&super::PriceUpdate::at(price_e8, self.now()));
        self.send(&[ix::update_market(&self.keys)])
    }
}
