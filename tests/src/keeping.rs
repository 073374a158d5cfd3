//! A position on its way down, what the host makes of it, and a second market beside it.

use bulkhead::events::ClosedAmounts;
use bulkhead::oracle::OracleSource;
use bulkhead::state::{Market, Position, PositionSide};
use bulkhead::views::closed_amounts;
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_lab::world::{Actor, MarketSetup, Opening, PriceUpdate, TxOk, World, WorldOptions, defaults};
use bulkhead_risk as risk;
use risk::transition::{ClosedPart, Frozen, Liquidation, LiquidationReport, liquidate};
use risk::{Purpose, QuoteAtoms};
use solana_account::Account;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use std::collections::BTreeMap;

use crate::{BTC, E8, USD, seen};

/// A world with one open position in market 0.
pub struct Scene {
    pub world: World,
    pub owner: Actor,
    pub position: Pubkey,
}

/// What a scene's owner had before opening.
pub const WEALTH: u64 = 10_000 * USD;

impl Scene {
    /// 0.1 BTC at 60,000 with 500 USD behind it: a long below maintenance from about 57,740 down and worth
    /// nothing from 55,000 down, a short from about 62,030 up and 65,000 up.
    pub fn of(side: PositionSide) -> Self {
        Self::with(World::new().unwrap(), &Opening::new(side, BTC / 10, 500 * USD))
    }

    pub fn long() -> Self {
        Self::of(PositionSide::Long)
    }

    pub fn with(mut world: World, opening: &Opening) -> Self {
        let owner = world.actor(WEALTH);
        let position = world.open(&owner, opening).unwrap();
        assert_eq!(world.position(&position).status, 1, "the opening order was spent");
        Self { world, owner, position }
    }

    /// Publishes a price in whole dollars, so many seconds later.
    pub fn price(&mut self, usd: u64, secs: i64) {
        publish(&mut self.world, usd * E8, 400, secs);
    }

    /// The instruction of the world's keeper.
    pub fn liquidation(&self) -> Instruction {
        let keeper = self.world.keeper;
        ix::liquidate(&self.world.keys, keeper.key, keeper.tokens, self.position)
    }

    pub fn flag(&self) -> Instruction {
        ix::flag(&self.world.keys, &[self.position])
    }

    pub fn refresh(&self) -> Instruction {
        ix::refresh_position(&self.world.keys, self.position)
    }

    pub fn view(&self) -> Instruction {
        ix::view_position(&self.world.keys, self.position)
    }

    pub fn settlement(&self) -> Instruction {
        ix::settle_capped(&self.world.keys, self.world.keeper.key, self.world.keeper.tokens, self.position)
    }

    pub fn collection(&self) -> Instruction {
        ix::collect_frozen(&self.world.keys, self.position)
    }

    pub fn account(&self) -> Position {
        self.world.position(&self.position)
    }

    pub fn vault(&self) -> Pubkey {
        pda::vault(&self.position)
    }

    #[track_caller]
    pub fn send(&mut self, instruction: Instruction) -> TxOk {
        self.world.send(&[instruction]).unwrap()
    }

    /// Two samples, two seconds apart, at which it is below maintenance: it may be liquidated now.
    pub fn sighted_at(&mut self, usd: u64) {
        self.price(usd, 10);
        let flag = self.flag();
        self.send(flag);
        self.price(usd, 2);
    }

    /// What liquidating would do now, by the host.
    pub fn outcome(&self) -> Liquidation {
        let seen = seen(&self.world, Purpose::Liquidate);
        let position = self.account().view().unwrap();
        let is_frozen = |account: &Pubkey| self.world.data(account).unwrap()[108] == 2;
        let insurance = is_frozen(&pda::insurance_vault(&self.world.keys.market));
        let frozen = Frozen { vault: is_frozen(&self.vault()), insurance };
        liquidate(&seen.market, &position, &seen.sample, frozen, seen.now).unwrap()
    }

    #[track_caller]
    pub fn report(&self) -> LiquidationReport {
        match self.outcome() {
            Liquidation::Done(report) => report,
            Liquidation::Skipped { assessment, .. } => panic!("would be skipped: {assessment:?}"),
        }
    }

    /// Tokens that matter to a liquidation.
    pub fn tokens(&self) -> Tokens {
        Tokens {
            vault: self.world.token_balance(&self.vault()),
            pool: self.world.token_balance(&pda::pool_vault(&self.world.keys.market)),
            insurance: self.world.token_balance(&pda::insurance_vault(&self.world.keys.market)),
            keeper: self.world.token_balance(&self.world.keeper.tokens),
            owner: self.world.token_balance(&self.owner.tokens),
        }
    }

    /// The position's account with the arithmetic part of `view`.
    pub fn stored(&self, view: &risk::Position) -> Position {
        let mut account = self.account();
        account.store(view);
        account
    }

    /// The market's account with all that `view` has learnt and booked.
    pub fn market_stored(&self, view: &risk::Market) -> Market {
        let mut account = self.world.market();
        account.store_observed(view);
        account
    }
}

/// Balances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    pub vault: u64,
    pub pool: u64,
    pub insurance: u64,
    pub keeper: u64,
    pub owner: u64,
}

impl Tokens {
    /// After what a report says.
    pub fn after(&self, report: &LiquidationReport) -> Self {
        let paid = report.keeper_pay.get() + report.insurance_pay.get();
        Self {
            vault: self.vault + report.flow.to_vault.get() - report.flow.to_pool.get() - paid,
            pool: self.pool + report.flow.to_pool.get() + report.insured.to_pool.get()
                - report.flow.to_vault.get()
                - report.settle_pay.get(),
            insurance: self.insurance + report.insurance_pay.get()
                - report.insured.to_keeper.get()
                - report.insured.to_pool.get(),
            keeper: self.keeper
                + report.keeper_pay.get()
                + report.insured.to_keeper.get()
                + report.settle_pay.get(),
            owner: self.owner,
        }
    }

    pub fn sum(&self) -> u64 {
        self.vault + self.pool + self.insurance + self.keeper + self.owner
    }
}

/// What an event must say about a closing.
pub fn closed(part: &ClosedPart, trade_fee: QuoteAtoms, after: &risk::Position) -> ClosedAmounts {
    closed_amounts(part, trade_fee, after).unwrap()
}

/// Publishes a price with a confidence, so many seconds later; nobody takes it in.
pub fn publish(world: &mut World, price_e8: u64, conf_ppm: u64, secs: i64) {
    world.warp_to(world.now() + secs);
    let conf = u128::from(price_e8) * u128::from(conf_ppm) / 1_000_000;
    let update = PriceUpdate::at(price_e8, world.now()).with_conf(conf as u64);
    world.set_price(&update);
}

/// Another market on the same mint, with its own feed, pool, owner and position.
pub struct Neighbour {
    pub keys: MarketKeys,
    pub owner: Actor,
    pub position: Pubkey,
}

/// Feed of the second market: first receiver generation.
pub const OTHER_FEED: OracleSource =
    OracleSource::PythCore { shard: defaults::ORACLE_SHARD, feed_id: [0x5a; 32] };

impl Neighbour {
    pub fn beside(world: &mut World) -> Self {
        let setup = MarketSetup { oracle: OTHER_FEED, ..MarketSetup::of(&WorldOptions::default(), world) };
        let keys = world.create_market(&setup).unwrap();
        world.set_price_of(keys.price, &PriceUpdate::at(2_000 * E8, world.now()));
        world.send(&[ix::update_market(&keys)]).unwrap();
        let provider = world.actor(defaults::POOL_ATOMS);
        world.deposit(&keys, &provider, defaults::POOL_ATOMS).unwrap();
        let owner = world.actor(WEALTH);
        let opening = Opening::new(PositionSide::Long, 3 * BTC, 500 * USD);
        let (position, _) = world.place_in(&keys, &owner, &opening).unwrap();
        world.advance(5);
        world.execute_in(&keys, position, 0).unwrap();
        assert_eq!(world.position(&position).status, 1, "the opening order was spent");
        Self { keys, owner, position }
    }
}

/// Every account on the chain.
pub fn all_accounts(world: &World) -> BTreeMap<Pubkey, Account> {
    let inner = &world.svm.accounts_db().inner;
    inner.iter().map(|(address, account)| (*address, account.clone().into())).collect()
}

/// Addresses at which anything differs. What lacks lamports is nothing.
pub fn changed(before: &BTreeMap<Pubkey, Account>, after: &BTreeMap<Pubkey, Account>) -> Vec<Pubkey> {
    let is_there = |account: &&Account| account.lamports != 0;
    let addresses = before.keys().chain(after.keys()).collect::<std::collections::BTreeSet<_>>();
    let differs =
        |address: &&&Pubkey| before.get(**address).filter(is_there) != after.get(**address).filter(is_there);
    addresses.iter().filter(differs).map(|address| **address).collect()
}
