//! What is planned, and what is not: a market of 50,000 USD with round numbers.

mod bringing;
mod leaving;
mod top_ups;
mod triggers;

use anchor_lang::Discriminator;
use bulkhead::constants::{ACCOUNT_VERSION, MARKET_VERSION};
use bulkhead::state::{
    Market, Order, OrderAction, OrderKind, POSITION_CLOSED, POSITION_OPEN, Position, Protocol,
};
use bulkhead::views::MarketParams;
use bulkhead_client::accounts::{self, Account, AnyAccount};
use bulkhead_client::quote::{Look, quote_open};
use bulkhead_client::{ix, pda};
use bulkhead_risk::transition::IncreaseArgs;
use bulkhead_risk::{BaseAtoms, Ppm, PriceE12, Purpose, QuoteAtoms, Sample, Side, UnixSeconds};
use solana_pubkey::Pubkey;

use super::Duty;
use crate::action::{Action, Reward};
use crate::config::Duties;
use crate::state::{State, Update, View};

const USD: u64 = 1_000_000;
const NOW: i64 = 1_700_000_000;
const CENTS: u64 = 5_000_000;
const KEEPER: Pubkey = Pubkey::new_from_array([200; 32]);

/// An account whose every byte but the version is zero.
fn zeroed<T: Account>(version: u8) -> T {
    let mut bytes = vec![0; T::LEN];
    bytes[..8].copy_from_slice(<T as Discriminator>::DISCRIMINATOR);
    bytes[8] = version;
    accounts::decode(&bytes).unwrap()
}

fn params() -> MarketParams {
    MarketParams {
        base_decimals: 8,
        stress_variance_e24: 20_294_266_869_609_335,
        margin_min_ppm: 25_000,
        margin_max_ppm: 200_000,
        initial_margin_min_ppm: 20_000,
        liquidation_fee_ppm: 5_000,
        trade_fee_ppm: 500,
        confidence_max_ppm: 20_000,
        utilisation_max_ppm: 800_000,
        pool_share_max_ppm: 200_000,
        depth_quote_atoms: 20_000_000 * USD,
        open_interest_cap_quote_atoms: 50_000_000 * USD,
        skew_cap_quote_atoms: 50_000_000 * USD,
        notional_min_quote_atoms: 100 * USD,
        chunk_min_quote_atoms: 50 * USD,
        order_delay_secs: 2,
        order_window_secs: 15,
        borrow_kink_utilisation_ppm: 700_000,
        borrow_kink_rate_e12: 6_342,
        borrow_full_utilisation_ppm: 950_000,
        borrow_full_rate_e12: 95_129,
        funding_skew_scale_quote_atoms: 0,
        funding_velocity_max_e18: 0,
        funding_rate_max_e12: 0,
        impact_scale_quote_atoms: 0,
        keeper_floor_quote_atoms: 100_000,
        crank_fee_quote_atoms: 1_000,
    }
}

fn sample(cents: u64, seconds: i64) -> Sample {
    let price = PriceE12(cents * 10_000_000_000);
    Sample { price, conf: PriceE12::ZERO, ema: price, publish_time: UnixSeconds(NOW + seconds) }
}

/// A chain with one market, and a keeper that looks at it.
struct World {
    state: State,
    market: Market,
    key: Pubkey,
    duties: Duties,
    seconds: i64,
}

impl World {
    fn new() -> Self {
        let mut market: Market = zeroed(MARKET_VERSION);
        market.params.store(&params().checked(6).unwrap());
        (market.pool_atoms, market.shares) = (100_000_000 * USD, 100_000_000 * USD);
        market.insurance_atoms = 1_000_000 * USD;
        market.crank_budget_atoms = 1_500;
        let mut view = market.view().unwrap();
        let _ = view.observe(&sample(CENTS, 0), Purpose::Update, UnixSeconds(NOW)).unwrap();
        market.store_observed(&view);
        let mut world = Self {
            state: State::default(),
            market,
            key: pda::market(0),
            duties: Duties::default(),
            seconds: 0,
        };
        world.put(pda::protocol(), AnyAccount::Protocol(Box::new(zeroed::<Protocol>(ACCOUNT_VERSION))));
        world.store_market();
        world.at(CENTS, 0);
        world
    }

    fn put(&mut self, key: Pubkey, account: AnyAccount) {
        let doubt = self.state.apply(Update::Account { key, slot: 1, account: Some(account) });
        assert!(doubt.keys.is_empty());
    }

    fn store_market(&mut self) {
        self.put(self.key, AnyAccount::Market(Box::new(self.market)));
    }

    /// A price of `cents`, `seconds` after the beginning, which is then.
    fn at(&mut self, cents: u64, seconds: i64) {
        self.seconds = seconds;
        self.state.market_mut(&self.key).sample = Some(sample(cents, seconds));
    }

    /// Opens a long position of 10,000 USD with `collateral` dollars.
    fn open(&mut self, number: u8, collateral: u64) -> Pubkey {
        let key = Pubkey::new_from_array([number; 32]);
        let look = Look::new(&self.market, sample(CENTS, 0), UnixSeconds(NOW)).unwrap();
        let size = BaseAtoms(10_000 * 100_000_000 / 50_000);
        let args = IncreaseArgs { size, payout_cap_ppm: Ppm(1_000_000), acceptable: PriceE12(u64::MAX) };
        let quote = quote_open(&look, Side::Long, QuoteAtoms(collateral * USD), &args).unwrap();
        self.market.store_ledger(&quote.report.ledger);
        let mut position: Position = zeroed(ACCOUNT_VERSION);
        position.market = self.key;
        position.store(&quote.report.position);
        self.store_market();
        self.put(key, AnyAccount::Position(Box::new(position)));
        key
    }

    fn change(&mut self, key: Pubkey, change: impl FnOnce(&mut Position)) {
        let mut position = *self.state.position(&key).unwrap();
        change(&mut position);
        self.put(key, AnyAccount::Position(Box::new(position)));
    }

    /// A market order of `position` that was placed at the beginning.
    fn order(&mut self, position: Pubkey, acceptable_price_e12: u64) -> Pubkey {
        self.order_with(position, |order| order.acceptable_price_e12 = acceptable_price_e12)
    }

    /// A stop-loss at 48,000 USD that was placed at the beginning and expires 1,000 s later.
    fn stop_loss(&mut self, position: Pubkey, change: impl FnOnce(&mut Order)) -> Pubkey {
        self.order_with(position, |order| {
            order.kind = OrderKind::StopLoss.into();
            order.trigger_price_e12 = 4_800_000 * 10_000_000_000;
            order.expires_at = NOW + 1_000;
            change(order);
        })
    }

    fn order_with(&mut self, position: Pubkey, change: impl FnOnce(&mut Order)) -> Pubkey {
        let mut order: Order = zeroed(ACCOUNT_VERSION);
        order.position = position;
        order.action = OrderAction::Decrease.into();
        order.size_atoms = u64::MAX;
        order.placed_at = NOW;
        order.tip_lamports = 50_000;
        order.payer = Pubkey::new_from_array([9; 32]);
        change(&mut order);
        self.change(position, |position| position.open_orders = 1);
        let key = pda::order(&position, 0);
        self.put(key, AnyAccount::Order(Box::new(order)));
        key
    }

    fn plan(&mut self, duty: Duty) -> Vec<Action> {
        let now = UnixSeconds(NOW + self.seconds);
        self.state.judge(now);
        let slice = self.state.slice(None, 100);
        let view = View { state: &self.state, keeper: KEEPER, duties: &self.duties, slice: &slice };
        duty.plan(&view, now)
    }

    fn targets(&mut self, duty: Duty) -> Vec<Pubkey> {
        self.plan(duty).into_iter().map(|action| action.key.target).collect()
    }
}

#[test]
fn update_markets_ok_once_a_bucket_while_the_budget_pays() {
    let mut world = World::new();
    assert_eq!(world.targets(Duty::UpdateMarkets), []);
    world.at(CENTS, 60);
    let plan = world.plan(Duty::UpdateMarkets);
    assert_eq!(plan[0].reward.quote_atoms, 1_000);
    world.market.crank_budget_atoms = 10;
    world.store_market();
    assert_eq!(world.plan(Duty::UpdateMarkets)[0].reward.quote_atoms, 10);
    // A price that is too old opens nothing.
    world.seconds = 71;
    assert_eq!(world.targets(Duty::UpdateMarkets), []);
}

#[test]
fn flag_and_liquidate_ok_in_turn() {
    let mut world = World::new();
    let (weak, strong) = (world.open(1, 800), world.open(2, 5_000));
    assert_eq!((world.targets(Duty::Flag), world.targets(Duty::Liquidate)), (vec![], vec![]));
    world.at(4_700_000, 3);
    let flags = world.plan(Duty::Flag);
    assert_eq!(flags.len(), 1);
    assert_eq!(flags[0].instruction, ix::flag(&world.state.market(&world.key).unwrap().keys, &[weak]));
    assert!(flags[0].reward.quote_atoms > 0, "a flag leads to pay");
    assert_eq!(world.targets(Duty::Liquidate), []);
    // Seen now: one second later it is not confirmed, two seconds later it is.
    world.change(weak, |position| position.below_since = NOW + 3);
    world.at(4_700_000, 4);
    assert_eq!((world.targets(Duty::Flag), world.targets(Duty::Liquidate)), (vec![], vec![]));
    world.at(4_700_000, 5);
    let liquidations = world.plan(Duty::Liquidate);
    assert_eq!((liquidations[0].key.target, liquidations.len()), (weak, 1));
    assert!(liquidations[0].reward.quote_atoms >= flags[0].reward.quote_atoms);
    // Insolvent ones need no second sighting, and pay the least that insurance gives.
    world.at(2_000_000, 6);
    let mut targets = world.targets(Duty::Liquidate);
    targets.sort_unstable();
    assert_eq!(targets, [weak, strong]);
    assert_eq!(world.plan(Duty::Liquidate)[0].reward.quote_atoms, 100_000);
    // Old prices and sightings count no longer.
    world.at(4_700_000, 64);
    assert_eq!((world.targets(Duty::Flag), world.targets(Duty::Liquidate)), (vec![weak], vec![]));
    world.seconds = 75;
    assert_eq!(world.targets(Duty::Flag), []);
}

#[test]
fn capped_positions_are_settled_once() {
    let mut world = World::new();
    let winner = world.open(1, 5_000);
    world.market.crank_budget_atoms = USD;
    world.store_market();
    world.at(10_000_000, 3);
    assert_eq!(world.targets(Duty::SettleCapped), [winner]);
    assert_eq!(world.plan(Duty::SettleCapped)[0].reward.quote_atoms, 100_000);
    assert_eq!(world.targets(Duty::Liquidate), []);
    world.duties.settle_capped.enabled = false;
    assert_eq!(world.targets(Duty::Liquidate), [winner]);
}

#[test]
fn execute_orders_ok_within_the_window_at_an_acceptable_price() {
    let mut world = World::new();
    let position = world.open(1, 5_000);
    let order = world.order(position, 0);
    assert_eq!(world.targets(Duty::ExecuteOrders), []);
    world.at(CENTS, 1);
    assert_eq!(world.targets(Duty::ExecuteOrders), []);
    for seconds in [2, 15] {
        world.at(CENTS, seconds);
        let plan = world.plan(Duty::ExecuteOrders);
        assert_eq!((plan.len(), plan[0].key.target, plan[0].needs), (1, order, Some(order)));
        assert_eq!(plan[0].reward.lamports, 50_000);
    }
    world.at(CENTS, 16);
    assert_eq!(world.targets(Duty::ExecuteOrders), []);
    // A seller's least price.
    world.order(position, u64::MAX);
    world.at(CENTS, 5);
    assert_eq!(world.targets(Duty::ExecuteOrders), []);
}

#[test]
fn dead_orders_are_cancelled_and_those_of_closed_positions_swept() {
    let mut world = World::new();
    let position = world.open(1, 5_000);
    let order = world.order(position, 0);
    // A window of 15 s, a price of up to 120 s: the last fill at 135 s.
    world.at(CENTS, 136);
    assert_eq!(world.targets(Duty::CancelOrders), []);
    world.at(CENTS, 137);
    let plan = world.plan(Duty::CancelOrders);
    assert_eq!((plan[0].key.target, plan[0].reward.lamports), (order, 10_000));
    assert_eq!(world.targets(Duty::SweepOrders), []);
    world.change(position, |position| position.status = POSITION_CLOSED);
    world.at(CENTS, 1);
    assert_eq!(world.targets(Duty::SweepOrders), [order]);
    assert_eq!(world.targets(Duty::CancelOrders), []);
    // Gone with its account, and not only not seen yet.
    world.state.apply(Update::Account { key: position, slot: 2, account: None });
    assert_eq!(world.targets(Duty::SweepOrders), []);
    world.at(CENTS, 31);
    assert_eq!(world.targets(Duty::SweepOrders), [order]);
}

#[test]
fn refresh_ok_where_the_requirement_has_moved() {
    let mut world = World::new();
    let position = world.open(1, 5_000);
    world.at(CENTS, 700);
    assert_eq!(world.targets(Duty::Refresh), []);
    world.change(position, |position| position.margin_ppm += 5_000);
    assert_eq!(world.targets(Duty::Refresh), [position]);
    world.change(position, |position| position.margin_refreshed_at = NOW + 200);
    assert_eq!(world.targets(Duty::Refresh), []);
}

#[test]
fn fees_and_thawed_vaults_are_collected() {
    let mut world = World::new();
    let position = world.open(1, 5_000);
    assert_eq!((world.targets(Duty::CollectFees), world.targets(Duty::CollectFrozen)), (vec![], vec![]));
    world.market.protocol_fees_atoms = 100 * USD;
    world.market.long.reserved_atoms += USD;
    world.store_market();
    assert_eq!(world.targets(Duty::CollectFees), [world.key]);
    world.change(position, |position| {
        (position.status, position.frozen_owed_atoms, position.reserved_atoms) = (POSITION_CLOSED, 5, 0);
    });
    assert_eq!(world.targets(Duty::CollectFrozen), [position]);
}

#[test]
fn newer_states_stay_and_missing_orders_are_doubted() {
    let mut world = World::new();
    let position = world.open(1, 5_000);
    let order = world.order(position, 0);
    let update = |slot, open_orders| {
        let mut account: Position = zeroed(ACCOUNT_VERSION);
        (account.open_orders, account.status) = (open_orders, POSITION_OPEN);
        let account = Some(AnyAccount::Position(Box::new(account)));
        Update::Account { key: position, slot, account }
    };
    assert_eq!(world.state.apply(update(0, 0)).keys, [], "an older state changes nothing");
    assert_eq!(world.state.position(&position).unwrap().open_orders, 1);
    let doubt = world.state.apply(update(5, 0));
    assert_eq!((doubt.keys, doubt.slot), (vec![order], 5));
    world.state.apply(Update::Account { key: order, slot: 5, account: None });
    assert_eq!(world.state.order_count(), 0);
    assert_eq!(world.state.apply(update(6, 0)).keys, []);
}

#[test]
fn what_is_known_of_a_lost_chain_hinders_no_lower_slot() {
    let mut world = World::new();
    let position = world.open(1, 5_000);
    let account = *world.state.position(&position).unwrap();
    let put = |world: &mut World, slot| {
        let account = Some(AnyAccount::Position(Box::new(account)));
        world.state.apply(Update::Account { key: position, slot, account });
    };
    put(&mut world, 500);
    world.state.apply(Update::Lost);
    assert!(world.state.position(&position).is_none());
    assert_eq!((world.state.slot(), world.state.now()), (0, None));
    put(&mut world, 3);
    assert!(world.state.position(&position).is_some());
}

#[test]
fn rewards_carry_the_collaterals_decimals() {
    let world = World::new();
    let none = world.state.market(&world.key).unwrap().no_reward();
    assert_eq!(none, Reward { quote_decimals: 6, ..Reward::default() });
}
