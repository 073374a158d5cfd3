//! Two markets, a few owners, liquidity providers and a keeper, and everything that is known of them.

use std::collections::BTreeMap;

use bulkhead::oracle::OracleSource;
use bulkhead::state::{Market, Order, Position};
use bulkhead::views::MarketParams;
use bulkhead_client::events::{AnyEvent, from_logs};
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_lab::world::{Actor, MarketSetup, PriceUpdate, TxFailed, TxOk, World, WorldOptions, defaults};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

pub(crate) const USD: u64 = defaults::QUOTE_UNIT;
const OWNERS: usize = 5;
const OWNER_ATOMS: u64 = 50_000_000 * USD;

/// A position that was opened and whose account has not been closed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) market: usize,
    pub(crate) owner: usize,
    pub(crate) key: Pubkey,
}

/// An order that was placed; it may have been filled or cancelled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) market: usize,
    pub(crate) position: Pubkey,
    pub(crate) id: u32,
}

pub(crate) struct Town {
    pub(crate) world: World,
    pub(crate) markets: Vec<MarketKeys>,
    pub(crate) prices_e8: Vec<u64>,
    pub(crate) owners: Vec<Actor>,
    /// Pool shares of each owner, by market.
    pub(crate) shares: Vec<Vec<Pubkey>>,
    pub(crate) fee_tokens: Pubkey,
    pub(crate) positions: Vec<Known>,
    pub(crate) orders: Vec<Waiting>,
    /// Tokens in a vault that nothing has booked.
    pub(crate) donated: BTreeMap<Pubkey, u64>,
    /// Deposits less withdrawals: what all vaults together must hold.
    pub(crate) inside: i128,
}

/// Fees, borrow fee and funding on.
fn params() -> MarketParams {
    MarketParams {
        trade_fee_ppm: 800,
        borrow_kink_rate_e12: 6_342,
        borrow_full_rate_e12: 95_129,
        funding_skew_scale_quote_atoms: 5_000_000 * USD,
        funding_velocity_max_e18: 40_000_000,
        funding_rate_max_e12: 300_000,
        pool_share_max_ppm: 200_000,
        ..defaults::params()
    }
}

impl Town {
    pub(crate) fn new() -> Self {
        let options =
            WorldOptions { params: params(), pool_atoms: 5_000_000 * USD, ..WorldOptions::default() };
        let mut world = World::with(options).expect("the world comes up");
        let other = OracleSource::PythCore { shard: defaults::ORACLE_SHARD, feed_id: [7; 32] };
        let second = MarketSetup { oracle: other, ..MarketSetup::of(&options, &world) };
        let second = world.create_market(&second).expect("a second market");
        let prices_e8 = vec![options.price_e8, 300_000_000_000];
        world.set_price_of(second.price, &PriceUpdate::at(prices_e8[1], world.now()));
        world.send(&[ix::update_market(&second)]).expect("its first price");
        let markets = vec![world.keys, second];
        let owners: Vec<_> = (0..OWNERS).map(|_| world.actor(OWNER_ATOMS)).collect();
        let shares = owners
            .iter()
            .map(|owner| {
                let mint = |keys: &MarketKeys| pda::lp_mint(&keys.market);
                markets.iter().map(|keys| world.create_token_account(mint(keys), owner.key)).collect()
            })
            .collect();
        let fee_tokens = world.create_token_account(world.mint, world.fee_receiver);
        let lp = world.actor(5_000_000 * USD);
        world.deposit(&second, &lp, 5_000_000 * USD).expect("a pool");
        let inside = i128::from(10_000_000 * USD);
        let (positions, orders, donated) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { world, markets, prices_e8, owners, shares, fee_tokens, positions, orders, donated, inside }
    }

    pub(crate) fn market(&self, market: usize) -> Market {
        self.world.market_of(&self.markets[market].market)
    }

    pub(crate) fn position(&self, known: &Known) -> Position {
        self.world.position(&known.key)
    }

    pub(crate) fn order(&self, waiting: &Waiting) -> Option<Order> {
        self.world.load(&pda::order(&waiting.position, waiting.id))
    }

    /// Publishes the price of a market now.
    pub(crate) fn publish(&mut self, market: usize, conf_ppm: u64) {
        let price = self.prices_e8[market];
        let update = PriceUpdate::at(price, self.world.now()).with_conf(price / 1_000_000 * conf_ppm);
        self.world.set_price_of(self.markets[market].price, &update);
    }

    pub(crate) fn donate(&mut self, vault: Pubkey, amount: u64) {
        self.world.mint_to(vault, amount);
        *self.donated.entry(vault).or_default() += amount;
        self.inside += i128::from(amount);
    }

    /// Sends, and follows what the program says that it did.
    pub(crate) fn send(&mut self, instructions: &[Instruction]) -> Result<(TxOk, Vec<AnyEvent>), TxFailed> {
        let done = self.world.send(instructions)?;
        let logged = from_logs(done.logs.iter().map(String::as_str));
        assert!(logged.unreadable.is_empty() && !logged.is_truncated, "{logged:?}");
        for event in &logged.events {
            self.follow(event);
        }
        Ok((done, logged.events))
    }

    fn follow(&mut self, event: &AnyEvent) {
        match event {
            AnyEvent::Deposited(event) => self.inside += i128::from(event.amount_atoms),
            AnyEvent::PositionCreated(event) => {
                self.inside += i128::from(event.collateral_atoms);
                let is_market = |keys: &MarketKeys| keys.market == event.market;
                let market = self.markets.iter().position(is_market).expect("a known market");
                let is_owner = |actor: &Actor| actor.key == event.owner;
                let owner = self.owners.iter().position(is_owner).expect("a known owner");
                self.positions.push(Known { market, owner, key: event.position });
            }
            AnyEvent::OrderPlaced(event) => {
                let is_position = |known: &&Known| known.key == event.position;
                let known = self.positions.iter().find(is_position).expect("a known position");
                self.orders.push(Waiting { market: known.market, position: known.key, id: event.id });
            }
            AnyEvent::CollateralAdded(event) => self.inside += i128::from(event.amount_atoms),
            AnyEvent::CollateralRemoved(event) => self.inside -= i128::from(event.amount_atoms),
            AnyEvent::PositionLiquidated(event) => self.inside -= i128::from(event.keeper_pay_atoms),
            AnyEvent::FeesCollected(event) => self.inside -= i128::from(event.amount_atoms),
            AnyEvent::PositionClosed(event) => {
                self.inside -= i128::from(event.returned_atoms);
                self.donated.remove(&pda::vault(&event.position));
                self.positions.retain(|known| known.key != event.position);
            }
            _ => (),
        }
        let world = &self.world;
        self.orders.retain(|order| {
            world.data(&pda::order(&order.position, order.id)).is_some_and(|data| !data.is_empty())
        });
    }
}
