//! Three markets, owners, liquidity providers and a keeper, and everything that is known of them.

use std::collections::BTreeMap;

use bulkhead::oracle::OracleSource;
use bulkhead::state::{Market, Order, Position, TopUpPlan, Withdrawal};
use bulkhead::views::MarketParams;
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_lab::world::{MarketSetup, PriceUpdate, World, WorldOptions, defaults};
use solana_pubkey::Pubkey;

pub(crate) const USD: u64 = defaults::QUOTE_UNIT;
pub(crate) const MARKETS: usize = 3;
/// Those who trade; the one behind them only provides liquidity.
pub(crate) const TRADERS: usize = 5;
const OWNER_ATOMS: u64 = 50_000_000 * USD;
const POOL_ATOMS: u64 = 5_000_000 * USD;
/// Feed of each market, and below it that of the collateral.
const FEEDS: [[u8; 32]; MARKETS] = [defaults::FEED_ID_BTC, [7; 32], [8; 32]];
const COLLATERAL_FEED: [u8; 32] = [9; 32];

/// Somebody with accounts of every market's collateral and shares.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) key: Pubkey,
    pub(crate) tokens: Vec<Pubkey>,
    pub(crate) shares: Vec<Pubkey>,
}

/// A position that was opened and whose account has not been closed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) market: usize,
    pub(crate) owner: usize,
    pub(crate) key: Pubkey,
    pub(crate) vault: Pubkey,
    pub(crate) plan: Pubkey,
}

/// An order that was placed and whose account has not been closed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) market: usize,
    pub(crate) position: Pubkey,
    pub(crate) id: u32,
    pub(crate) key: Pubkey,
}

/// A withdrawal that was requested and whose account has not been closed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaving {
    pub(crate) market: usize,
    pub(crate) owner: usize,
    pub(crate) key: Pubkey,
}

/// A change that was queued and neither applied nor cancelled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queued {
    pub(crate) nonce: u64,
    pub(crate) market: Option<usize>,
    pub(crate) key: Pubkey,
    pub(crate) is_wind_down: bool,
}

/// A market's vaults and mint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vaults {
    pub(crate) pool: Pubkey,
    pub(crate) insurance: Pubkey,
    pub(crate) lp_mint: Pubkey,
    pub(crate) settlement: Pubkey,
}

#[derive(Clone)]
pub(crate) struct Town {
    pub(crate) world: World,
    pub(crate) markets: Vec<MarketKeys>,
    pub(crate) vaults: Vec<Vaults>,
    pub(crate) prices_e8: Vec<u64>,
    pub(crate) owners: Vec<Owner>,
    /// The keeper's account of each market's collateral.
    pub(crate) keeper_tokens: Vec<Pubkey>,
    /// The fee receiver's.
    pub(crate) fee_tokens: Vec<Pubkey>,
    pub(crate) positions: Vec<Known>,
    pub(crate) orders: Vec<Waiting>,
    pub(crate) leaving: Vec<Leaving>,
    /// Plans by position; they may outlive it.
    pub(crate) plans: Vec<Pubkey>,
    pub(crate) changes: Vec<Queued>,
    /// Accounts that the issuer has frozen.
    pub(crate) frozen: Vec<Pubkey>,
    /// Tokens in a vault, or shares in an escrow, that nothing has booked.
    pub(crate) donated: BTreeMap<Pubkey, u64>,
    /// Deposits less withdrawals: what all vaults of a market together must hold.
    pub(crate) inside: Vec<i128>,
    /// A market whose oracle publishes nothing any more.
    pub(crate) silent: Option<usize>,
    /// The market that is wound down, and the one whose oracle dies.
    pub(crate) ending: (usize, usize),
}

/// Everything that has a rate or a fee is on.
pub(crate) fn params() -> MarketParams {
    MarketParams {
        trade_fee_ppm: 800,
        borrow_kink_rate_e12: 6_342,
        borrow_full_rate_e12: 95_129,
        funding_skew_scale_quote_atoms: 5_000_000 * USD,
        funding_velocity_max_e18: 40_000_000,
        funding_rate_max_e12: 300_000,
        pool_share_max_ppm: 200_000,
        impact_scale_quote_atoms: 400_000_000 * USD,
        keeper_floor_quote_atoms: 150_000,
        crank_fee_quote_atoms: 100_000,
        ..defaults::params()
    }
}

/// Where a market reads its prices, by receiver generation.
pub(crate) fn oracle_of(market: usize, generation: u64) -> OracleSource {
    let (shard, feed_id) = (defaults::ORACLE_SHARD, FEEDS[market]);
    match generation {
        0 => OracleSource::PythCore { shard, feed_id },
        _ => OracleSource::PythCompatible { shard, feed_id },
    }
}

/// Where markets read what their collateral is worth.
pub(crate) fn collateral_oracle() -> OracleSource {
    OracleSource::PythCore { shard: defaults::ORACLE_SHARD, feed_id: COLLATERAL_FEED }
}

/// The market that is wound down in this life, and the one whose oracle dies.
pub(crate) fn ending_of(seed: u64) -> (usize, usize) {
    let wound_down = (seed % MARKETS as u64) as usize;
    (wound_down, (wound_down + 1) % MARKETS)
}

impl Town {
    /// The second market's collateral lives under Token-2022. Which market ends how depends on `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        let options = WorldOptions { params: params(), pool_atoms: 0, ..WorldOptions::default() };
        let mut world = World::with(options).expect("the world comes up");
        let other_mint = world.create_mint(spl_token_2022_interface::ID, defaults::QUOTE_DECIMALS);
        let mut markets = vec![world.keys];
        for (market, mint) in [(1, other_mint), (2, world.mint)] {
            let oracle = oracle_of(market, 0);
            let setup = MarketSetup { oracle, mint, ..MarketSetup::of(&options, &world) };
            let token_program = world.account(&mint).expect("it was created").owner;
            let setup = MarketSetup { token_program, ..setup };
            markets.push(world.create_market(&setup).expect("another market"));
        }
        let prices_e8 = vec![options.price_e8, 300_000_000_000, 15_000_000_000];
        let accounts = |world: &mut World, key: Pubkey| -> Vec<Pubkey> {
            markets.iter().map(|keys| world.create_token_account(keys.collateral_mint, key)).collect()
        };
        let (keeper, fee_receiver) = (world.keeper.key, world.fee_receiver);
        let (keeper_tokens, fee_tokens) = (accounts(&mut world, keeper), accounts(&mut world, fee_receiver));
        let vaults: Vec<_> = markets.iter().map(|keys| Vaults::of(&keys.market)).collect();
        let mut owners = Vec::new();
        for _ in 0..=TRADERS {
            let key = world.wallet();
            let tokens = accounts(&mut world, key);
            for account in &tokens {
                world.mint_to(*account, OWNER_ATOMS);
            }
            let shares =
                vaults.iter().map(|vaults| world.create_token_account(vaults.lp_mint, key)).collect();
            owners.push(Owner { key, tokens, shares });
        }
        let mut town = Self {
            world,
            markets,
            vaults,
            prices_e8,
            owners,
            keeper_tokens,
            fee_tokens,
            positions: Vec::new(),
            orders: Vec::new(),
            leaving: Vec::new(),
            plans: Vec::new(),
            changes: Vec::new(),
            frozen: Vec::new(),
            donated: BTreeMap::new(),
            inside: vec![0; MARKETS],
            silent: None,
            ending: ending_of(seed),
        };
        town.fund_pools();
        town
    }

    fn fund_pools(&mut self) {
        for market in 0..MARKETS {
            self.publish(market, 400);
            let (keys, provider) = (self.markets[market], self.owners[TRADERS].clone());
            let args = bulkhead::instructions::DepositArgs { amount_atoms: POOL_ATOMS, shares_min: 0 };
            let (from, to) = (provider.tokens[market], provider.shares[market]);
            let deposit = ix::deposit(&keys, provider.key, from, to, args);
            self.send(&[ix::update_market(&keys), deposit]).expect("a first deposit");
        }
    }

    pub(crate) fn market(&self, market: usize) -> Market {
        self.world.market_of(&self.markets[market].market)
    }

    pub(crate) fn position(&self, known: &Known) -> Position {
        self.world.position(&known.key)
    }

    pub(crate) fn order(&self, waiting: &Waiting) -> Option<Order> {
        self.world.load(&waiting.key)
    }

    pub(crate) fn withdrawal(&self, leaving: &Leaving) -> Withdrawal {
        self.world.withdrawal(&leaving.key)
    }

    pub(crate) fn plan_of(&self, position: &Pubkey) -> Option<TopUpPlan> {
        self.world.top_up_plan(position)
    }

    pub(crate) fn is_settled(&self, market: usize) -> bool {
        self.market(market).status == bulkhead::state::MARKET_SETTLED
    }

    /// Publishes the price of a market now.
    pub(crate) fn publish(&mut self, market: usize, conf_ppm: u64) {
        let price = self.prices_e8[market];
        self.publish_at(market, price, conf_ppm, 0);
    }

    /// Publishes any price of a market, whose average deviates by so much; and what collateral is worth.
    pub(crate) fn publish_at(&mut self, market: usize, price_e8: u64, conf_ppm: u64, ema_off_ppm: i64) {
        if self.silent == Some(market) {
            return;
        }
        let ema = price_e8 as i64 + price_e8 as i64 / 1_000_000 * ema_off_ppm;
        let update = PriceUpdate::at(price_e8, self.world.now());
        let update = update.with_conf(price_e8 / 1_000_000 * conf_ppm).with_ema(ema);
        let keys = self.markets[market];
        self.world.set_price_of(keys.price, &update);
        if let Some(collateral) = keys.collateral_price {
            // Rarely under 0.98.
            let worth = if price_e8.is_multiple_of(16) { 97_000_000 } else { 99_990_000 };
            self.world.set_price_of(collateral, &PriceUpdate::at(worth, self.world.now()).with_conf(20_000));
        }
    }

    pub(crate) fn donate(&mut self, market: usize, vault: Pubkey, amount: u64) {
        self.world.mint_to(vault, amount);
        *self.donated.entry(vault).or_default() += amount;
        self.inside[market] += i128::from(amount);
    }

    pub(crate) fn freeze(&mut self, account: Pubkey) {
        self.world.freeze(account);
        self.frozen.push(account);
    }

    pub(crate) fn thaw_all(&mut self) {
        for account in std::mem::take(&mut self.frozen) {
            if self.world.data(&account).is_some_and(|data| !data.is_empty()) {
                self.world.thaw(account);
            }
        }
    }

    pub(crate) fn is_frozen(&self, account: &Pubkey) -> bool {
        self.frozen.contains(account)
    }

    /// Whether an account is there, with anything in it.
    pub(crate) fn exists(&self, address: &Pubkey) -> bool {
        self.world.data(address).is_some_and(|data| !data.is_empty())
    }
}

impl Vaults {
    fn of(market: &Pubkey) -> Self {
        Self {
            pool: pda::pool_vault(market),
            insurance: pda::insurance_vault(market),
            lp_mint: pda::lp_mint(market),
            settlement: pda::settlement(market),
        }
    }
}
