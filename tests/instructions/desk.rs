//! Where most tests begin: a world with somebody who has a position in it.

use bulkhead::constants::TIP_LAMPORTS_MIN;
use bulkhead::instructions::{ExecuteOrderArgs, PlaceOrderArgs};
use bulkhead::oracle::OracleSource;
use bulkhead::state::{OrderAction, OrderKind, PositionSide};
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_lab::world::{Actor, MarketSetup, Opening, PriceUpdate, World, WorldOptions, any_price};
use bulkhead_tests::*;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

/// Trade fee of a desk's market: 0.1 %.
pub(crate) const FEE_PPM: u32 = 1_000;

/// A world, an owner, and the position that is looked at: 0.1 BTC on 1,000 USD.
pub(crate) struct Desk {
    pub(crate) world: World,
    pub(crate) owner: Actor,
    pub(crate) position: Pubkey,
}

impl Desk {
    /// The position waits for its opening order, number 0.
    pub(crate) fn pending(side: PositionSide) -> Self {
        Self::pending_in(world_with(|params| params.trade_fee_ppm = FEE_PPM), side)
    }

    pub(crate) fn pending_in(mut world: World, side: PositionSide) -> Self {
        let owner = world.actor(10_000 * USD);
        let position = world.place(&owner, &opening(side)).unwrap();
        Self { world, owner, position }
    }

    /// The position is open.
    pub(crate) fn open(side: PositionSide) -> Self {
        Self::open_in(world_with(|params| params.trade_fee_ppm = FEE_PPM), side)
    }

    pub(crate) fn open_in(world: World, side: PositionSide) -> Self {
        let mut desk = Self::pending_in(world, side);
        desk.world.advance(5);
        desk.world.execute(desk.position, 0).unwrap();
        desk
    }

    /// The position is closed, at the price of its opening.
    pub(crate) fn closed() -> Self {
        let mut desk = Self::open(PositionSide::Long);
        desk.close_all();
        desk
    }

    /// Closes all of the position by an order.
    pub(crate) fn close_all(&mut self) {
        let id = self.order(OrderAction::Decrease, u64::MAX);
        self.world.advance(5);
        self.world.execute(self.position, id).unwrap();
        assert_eq!(self.world.position(&self.position).status, 2);
    }

    /// Places an order of the owner at any price; returns its id.
    pub(crate) fn order(&mut self, action: OrderAction, size_atoms: u64) -> u32 {
        self.world.place_order(&self.owner, self.position, action, size_atoms).unwrap()
    }

    /// Arguments of the position's next order, at any price.
    pub(crate) fn order_args(&self, action: OrderAction, size_atoms: u64) -> PlaceOrderArgs {
        let account = self.world.position(&self.position);
        let side = if account.side == 0 { PositionSide::Long } else { PositionSide::Short };
        PlaceOrderArgs {
            order_id: account.next_order_id,
            action,
            kind: OrderKind::Market,
            size_atoms,
            acceptable_price_e12: any_price(side, action),
            payout_cap_ppm: 1_000_000,
            tip_lamports: TIP_LAMPORTS_MIN,
            trigger_price_e12: 0,
            expires_at: 0,
        }
    }

    /// What the keeper sends to execute an order of the position.
    pub(crate) fn execution(&self, id: u32) -> Instruction {
        execution(&self.world, self.position, id)
    }

    /// The market's keys.
    pub(crate) fn keys(&self) -> MarketKeys {
        self.world.keys
    }

    /// Another open position, of somebody else.
    pub(crate) fn neighbour(&mut self, side: PositionSide) -> (Actor, Pubkey) {
        let owner = self.world.actor(10_000 * USD);
        let position = self.world.open(&owner, &opening(side)).unwrap();
        (owner, position)
    }
}

/// The position of every desk.
pub(crate) fn opening(side: PositionSide) -> Opening {
    Opening::new(side, BTC / 10, 1_000 * USD)
}

/// What the keeper sends to execute an order.
pub(crate) fn execution(world: &World, position: Pubkey, id: u32) -> Instruction {
    let order = world.order(&pda::order(&position, id));
    let args = ExecuteOrderArgs { placed_at: order.placed_at, tip_lamports_min: order.tip_lamports };
    ix::execute_order(&world.keys, world.keeper.key, position, id, order.payer, args)
}

/// A second market with the same collateral, a price and a pool.
pub(crate) fn second_market(world: &mut World) -> MarketKeys {
    let options = WorldOptions {
        oracle: OracleSource::PythCore { shard: 7, feed_id: [3; 32] },
        ..WorldOptions::default()
    };
    let setup = MarketSetup::of(&options, world);
    let keys = world.create_market(&setup).unwrap();
    world.set_price_of(keys.price, &PriceUpdate::at(options.price_e8, world.now()));
    world.send(&[ix::update_market(&keys)]).unwrap();
    let provider = world.actor(1_000_000 * USD);
    world.deposit(&keys, &provider, 1_000_000 * USD).unwrap();
    keys
}

/// Another mint, as good as the market's.
pub(crate) fn other_mint(world: &mut World) -> Pubkey {
    world.create_mint(spl_token_interface::ID, 6)
}
