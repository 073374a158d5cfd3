//! The dearest of a market's end, of its move to another layout, and of the collateral's own price.

use bulkhead::instructions::{Change, DepositArgs, MarketMode};
use bulkhead::oracle::OracleSource;
use bulkhead::state::{Market, OrderAction, PositionSide};
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_lab::world::{Opening, PriceUpdate, World, defaults};
use solana_account::Account;

use super::{Step, busy, next_minute, options};
use crate::poke;

const BTC: u64 = defaults::BASE_UNIT;
const USD: u64 = defaults::QUOTE_UNIT;
const PRICE: u64 = defaults::START_PRICE_E8;

pub(super) fn walk(step: &mut Step) {
    wind_down(step);
    dead_oracle(step);
    leftovers(step);
    migration(step);
    collateral(step);
}

fn wind_down(step: &mut Step) {
    let mut world = busy();
    let (keys, keeper) = (world.keys, world.keeper.key);
    step(&mut world, "both sides open", ix::view_rates(keys.market));
    let begin = Change::MarketStatus(MarketMode::WindDown);
    let apply = world.queue_change(Some(keys.market), begin).expect("queue");
    step(&mut world, "begins a wind-down", apply);
    let record = ix::record_settlement_price(&keys, keeper);
    for minute in 0..59 {
        next_minute(&mut world, PRICE + minute * 7_919 % 60 * 1_000_000);
        match minute {
            0 => drop(step(&mut world, "the first minute", record.clone())),
            58 => drop(step(&mut world, "the last minute", record.clone())),
            _ => drop(world.send(std::slice::from_ref(&record)).expect("record")),
        }
    }
    world.warp_to(world.market().wind_down_from + 3_600);
    step(&mut world, "the median of an hour", ix::settle_market(keys.market, keeper));
}

fn dead_oracle(step: &mut Step) {
    let mut world = busy();
    let (keys, keeper) = (world.keys, world.keeper.key);
    let owner = world.actor(1_000_000 * USD);
    let opening = Opening::new(PositionSide::Long, BTC, 20_000 * USD);
    let [gains, frozen] = [0, 1].map(|_| world.open(&owner, &opening).expect("open"));
    let short = Opening::new(PositionSide::Short, BTC, 20_000 * USD);
    let loses = world.open(&owner, &short).expect("open");
    world.place_order(&owner, gains, OrderAction::Decrease, u64::MAX).expect("place");
    world.freeze(pda::vault(&frozen));
    next_minute(&mut world, PRICE * 108 / 100);
    world.send(&[ix::update_market(&keys)]).expect("update");
    world.warp_to(world.now() + 604_800);
    step(&mut world, "a dead oracle", ix::settle_market(keys.market, keeper));
    for (set_up, position) in [("at a gain", gains), ("at a loss", loses), ("in a frozen vault", frozen)] {
        step(&mut world, set_up, ix::settle_position(&keys, keeper, position));
    }
}

fn leftovers(step: &mut Step) {
    let mut world = World::with(options()).expect("the world comes up");
    let (keys, owner) = (world.keys, world.actor(1_000_000 * USD));
    let position = world.open(&owner, &Opening::new(PositionSide::Long, BTC, 20_000 * USD)).expect("open");
    let insurance = pda::insurance_vault(&keys.market);
    world.mint_to(insurance, USD);
    poke::<Market>(&mut world, &keys.market, |market| market.insurance_atoms += USD);
    world.warp_to(world.now() + 604_800);
    world.settle_market().expect("settle the market");
    world.settle_position(&keys, position).expect("settle the position");
    step(&mut world, "insurance and crank budget", ix::release_funds(&keys));
}

fn migration(step: &mut Step) {
    let mut world = busy();
    let (market, keeper) = (world.keys.market, world.keeper.key);
    let data = include_bytes!("../../fixtures/market_v1.bin").to_vec();
    let lamports = world.svm.minimum_balance_for_rent_exemption(data.len());
    let account = world.account(&market).expect("the market");
    world.set_account(market, Account { data, lamports, ..account });
    step(&mut world, "version 1", ix::migrate_market(keeper, market));
}

fn collateral(step: &mut Step) {
    let mut world: World = busy();
    let source = OracleSource::PythCore { shard: 9, feed_id: [0xc0; 32] };
    let market = world.keys.market;
    let apply = world.queue_change(Some(market), Change::CollateralOracle(Some(source))).expect("queue");
    step(&mut world, "oracle of the collateral", apply);
    let keys = MarketKeys::of(market, &world.market());
    world.keys = keys;
    let dollar = keys.collateral_price.expect("it was set");
    world.set_price_of(dollar, &PriceUpdate::at(100_000_000, world.now()));
    next_minute(&mut world, PRICE);
    world.send(&[ix::update_market(&keys)]).expect("update");
    let lp = world.actor(1_000 * USD);
    let shares = world.create_token_account(pda::lp_mint(&market), lp.key);
    let args = DepositArgs { amount_atoms: USD, shares_min: 1 };
    let deposit = ix::deposit(&keys, lp.key, lp.tokens, shares, args);
    world.advance(1);
    step(&mut world, "with a price of the collateral", deposit);
    let owner = world.actor(1_000_000 * USD);
    let opening = Opening::new(PositionSide::Long, BTC, 20_000 * USD);
    let position = world.place(&owner, &opening).expect("place");
    world.advance(5);
    let execute = world.execution(&keys, position, 0);
    step(&mut world, "opens, with a price of the collateral", execute);
}
