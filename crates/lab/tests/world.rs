//! The embedded world by itself: a protocol stands, and a position lives and dies on it.

use bulkhead::error::BulkheadError;
use bulkhead::state::PositionSide;
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{
    MarketSetup, Opening, PriceUpdate, World, WorldOptions, defaults, expect_error, has_error,
};

const BTC: u64 = defaults::BASE_UNIT;
const USD: u64 = defaults::QUOTE_UNIT;

#[test]
fn a_world_has_a_market_with_a_price_and_a_funded_pool() {
    let world = World::new().unwrap();
    let market = world.market();
    assert_eq!(market.observations.index_price_e12, defaults::START_PRICE_E8 * 10_000);
    assert_eq!(market.pool_atoms, defaults::POOL_ATOMS);
    assert_eq!(world.token_balance(&pda::pool_vault(&world.keys.market)), defaults::POOL_ATOMS);
    assert_eq!(world.now(), defaults::START_SECS);
}

#[test]
fn a_position_opens_falls_below_maintenance_and_is_liquidated() {
    let mut world = World::new().unwrap();
    let trader = world.actor(10_000 * USD);
    let position = world.open(&trader, &Opening::new(PositionSide::Long, BTC / 10, 600 * USD)).unwrap();
    assert_eq!(world.position(&position).size_atoms, BTC / 10);
    assert_eq!(world.vault_balance(&position), 600 * USD);

    // 6,000 USD of notional at 10x: a fall of 6 % leaves 4 % of equity, under a maintenance margin of 4.7 %.
    world.move_price(defaults::START_PRICE_E8 * 94 / 100, 15).unwrap();
    world.send(&[ix::flag(&world.keys, &[position])]).unwrap();
    world.advance(15);
    let (keys, keeper) = (world.keys, world.keeper);
    let done = world.send(&[ix::liquidate(&keys, keeper.key, keeper.tokens, position)]).unwrap();
    assert_eq!(done.uses[0].name, "liquidate");
    assert!(done.uses[0].units > 0 && done.uses[0].units <= done.units);
    let left = world.position(&position);
    assert!(left.size_atoms > 0 && left.size_atoms < BTC / 10, "{left:?}");
    assert!(world.token_balance(&keeper.tokens) > 0);
}

#[test]
fn another_market_has_its_own_mint_price_and_pool() {
    let mut world = World::new().unwrap();
    let options = WorldOptions::default();
    let mint = world.create_mint(options.token_program, 6);
    let oracle = bulkhead::oracle::OracleSource::PythCore { shard: 3, feed_id: [9; 32] };
    let setup = MarketSetup { mint, oracle, ..MarketSetup::of(&options, &world) };
    let keys = world.create_market(&setup).unwrap();
    world.set_price_of(keys.price, &PriceUpdate::at(200_000_000_000, world.now()));
    world.send(&[ix::update_market(&keys)]).unwrap();
    let provider = world.actor_of(mint, 1_000_000 * USD);
    world.deposit(&keys, &provider, 1_000_000 * USD).unwrap();
    let trader = world.actor_of(mint, 1_000 * USD);
    let (position, _) =
        world.place_in(&keys, &trader, &Opening::new(PositionSide::Short, BTC, 500 * USD)).unwrap();
    world.advance(5);
    world.execute_in(&keys, position, 0).unwrap();
    assert_eq!(world.position(&position).status, 1);
    assert_eq!(world.market_of(&keys.market).short.positions, 1);
    assert_eq!(world.market().short.positions, 0);
}

#[test]
fn failures_carry_the_programs_codes() {
    let mut world = World::new().unwrap();
    world.set_price(&PriceUpdate::at(defaults::START_PRICE_E8, world.now() - 11));
    let outcome = world.send(&[ix::update_market(&world.keys)]);
    assert!(has_error(&outcome, BulkheadError::PriceNotMonotonic));
    let failed = expect_error(outcome, BulkheadError::PriceNotMonotonic);
    assert_eq!(failed.instruction, "update_market");
    assert!(failed.message().contains("older than one"), "{}", failed.message());
}

#[test]
fn frozen_accounts_do_not_move() {
    let mut world = World::new().unwrap();
    let trader = world.actor(1_000 * USD);
    world.freeze(trader.tokens);
    let opening = Opening::new(PositionSide::Long, BTC / 100, 100 * USD);
    assert!(world.place(&trader, &opening).is_err());
    world.thaw(trader.tokens);
    world.place(&trader, &opening).unwrap();
    assert_eq!(world.token_balance(&trader.tokens), 900 * USD);
}
