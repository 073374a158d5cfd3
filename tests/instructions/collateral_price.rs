//! The price of the collateral: asked for where a market names an oracle of it, of new risk alone.

use bulkhead::error::BulkheadError;
use bulkhead::events::ChangeQueued;
use bulkhead::instructions::{Change, DepositArgs};
use bulkhead::oracle::{OracleSource, PYTH_LEGACY_DEVNET};
use bulkhead::state::{Cluster, Market, OracleConfig, OrderAction, PositionSide};
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_lab::world::{MarketSetup, Opening, PriceUpdate, World, WorldOptions};
use bulkhead_tests::*;
use bytemuck::Zeroable;
use pyth_solana_receiver_sdk::price_update::VerificationLevel;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::desk::{Desk, execution};
use crate::queue_change::queue;

const DOLLAR: OracleSource = OracleSource::PythCore { shard: 11, feed_id: [0xc0; 32] };

/// A market that asks for the price of its collateral, which is 1 USD now.
fn world() -> World {
    let mut world = World::with(WorldOptions { pool_atoms: 0, ..WorldOptions::default() }).unwrap();
    world.change(Some(world.keys.market), Change::CollateralOracle(Some(DOLLAR))).unwrap();
    world.keys = MarketKeys::of(world.keys.market, &world.market());
    worth(&mut world, E8);
    world.lp = world.actor(20_000_000 * USD);
    let (keys, lp) = (world.keys, world.lp);
    world.deposit(&keys, &lp, 20_000_000 * USD).unwrap();
    world
}

/// Publishes the collateral's price, with no confidence interval.
fn worth(world: &mut World, price_e8: u64) {
    let account = world.keys.collateral_price.unwrap();
    world.set_price_of(account, &PriceUpdate::at(price_e8, world.now()).with_conf(0));
}

fn deposit(world: &mut World) -> Instruction {
    let lp = world.actor(1_000 * USD);
    let shares = world.create_token_account(pda::lp_mint(&world.keys.market), lp.key);
    ix::deposit(&world.keys, lp.key, lp.tokens, shares, DepositArgs { amount_atoms: USD, shares_min: 0 })
}

/// The same instruction by a client that knows of no such account.
fn without(world: &World, instruction: &Instruction) -> Instruction {
    swapped(instruction, world.keys.collateral_price.unwrap(), bulkhead::ID)
}

/// An order that would open, five seconds after it was placed.
fn waiting(world: World) -> (Desk, Instruction) {
    let mut desk = Desk::pending_in(world, PositionSide::Long);
    desk.world.advance(5);
    let execute = execution(&desk.world, desk.position, 0);
    (desk, execute)
}

#[test]
fn create_market_ok_with_and_without_an_oracle_of_the_collateral() {
    let mut world = World::new().unwrap();
    assert_eq!(world.market().collateral_oracle, OracleConfig::zeroed());
    let setup =
        MarketSetup { collateral_oracle: Some(DOLLAR), ..MarketSetup::of(&WorldOptions::default(), &world) };
    let keys = world.create_market(&setup).unwrap();
    let config = DOLLAR.resolve(false).unwrap();
    assert_eq!(world.market_of(&keys.market).collateral_oracle, config);
    assert_eq!(keys.collateral_price, Some(config.account));
}

#[test]
fn create_market_fails_with_the_older_oracle_on_mainnet() {
    let options = WorldOptions { cluster: Cluster::Mainnet, ..WorldOptions::default() };
    let mut world = World::with(options).unwrap();
    let account = Pubkey::new_from_array([5; 32]);
    let legacy = OracleSource::PythLegacy { program: PYTH_LEGACY_DEVNET, account };
    let setup = MarketSetup { collateral_oracle: Some(legacy), ..MarketSetup::of(&options, &world) };
    let outcome = world.create_market(&setup);
    assert!(bulkhead_lab::world::has_error(&outcome, BulkheadError::LegacyOracleOnMainnet));
}

#[test]
fn change_ok_sets_and_takes_away_the_oracle_of_the_collateral() {
    let mut world = World::new().unwrap();
    let before = world.market();
    let nonce = world.protocol().unwrap().next_change;
    let definition = Change::CollateralOracle(Some(DOLLAR));
    let queued = queue(&world, definition);
    let done = world.send(&[queued]).unwrap();
    let applies_from = world.now();
    let event = ChangeQueued {
        change: pda::change(nonce),
        nonce,
        market: world.keys.market,
        definition,
        applies_from,
        expires_at: applies_from + 14 * 86_400,
    };
    assert_events(&done, [event.into()]);
    world.send(&[ix::apply_change(nonce, Some(world.keys.market), world.admin)]).unwrap();
    let config = DOLLAR.resolve(false).unwrap();
    assert_eq!(world.market(), Market { collateral_oracle: config, ..before });
    world.change(Some(world.keys.market), Change::CollateralOracle(None)).unwrap();
    assert_eq!(world.market(), before);
}

#[test]
fn deposit_and_opening_ok_at_ninety_eight_cents_a_minute_old() {
    let mut world = world();
    let (dollars, now) = (world.keys.collateral_price.unwrap(), world.now());
    worth(&mut world, 98_000_000);
    let instruction = deposit(&mut world);
    world.warp_to(now + 60);
    world.set_price(&PriceUpdate::at(60_000 * E8, now + 60));
    world.send(&[instruction]).unwrap();
    worth(&mut world, 98_000_000);
    let (mut desk, execute) = waiting(world);
    assert!(execute.accounts.iter().any(|meta| meta.pubkey == dollars && !meta.is_writable));
    desk.world.send(&[execute]).unwrap();
    assert_eq!(desk.world.position(&desk.position).status, 1);
}

#[test]
fn deposit_and_opening_fail_without_a_good_price_of_the_collateral() {
    let mut world = world();
    let instruction = deposit(&mut world);
    refuses(&mut world, &instruction);
    world.send(&[instruction]).unwrap();
    let (mut desk, execute) = waiting(world);
    refuses(&mut desk.world, &execute);
    // None of these has spent the order: it waits for a collateral that is worth its dollar again.
    desk.world.send(&[execute]).unwrap();
    assert_eq!(desk.world.position(&desk.position).status, 1);
}

#[track_caller]
fn refuses(world: &mut World, instruction: &Instruction) {
    let (account, now) = (world.keys.collateral_price.unwrap(), world.now());
    refused(world, &without(world, instruction), BulkheadError::CollateralPriceRequired);
    let other = swapped(instruction, account, world.mint);
    refused(world, &other, BulkheadError::OracleAccountMismatch);
    let dollar = PriceUpdate::at(E8, now).with_conf(0);
    let partial = VerificationLevel::Partial { num_signatures: 5 };
    let cases = [
        (PriceUpdate { price: 97_999_999, ..dollar.clone() }, BulkheadError::CollateralDepegged),
        (PriceUpdate { price: 98_000_009, conf: 10, ..dollar.clone() }, BulkheadError::CollateralDepegged),
        (PriceUpdate { conf: 2 * E8, ..dollar.clone() }, BulkheadError::CollateralDepegged),
        (PriceUpdate { publish_time: now - 61, ..dollar.clone() }, BulkheadError::CollateralPriceTooOld),
        (PriceUpdate { publish_time: now + 3, ..dollar.clone() }, BulkheadError::CollateralPriceTooOld),
        (PriceUpdate { verification: partial, ..dollar.clone() }, BulkheadError::OracleNotFullyVerified),
        (PriceUpdate { feed_id: Some([9; 32]), ..dollar.clone() }, BulkheadError::OracleFeedMismatch),
        (PriceUpdate { owner: Some(world.mint), ..dollar.clone() }, BulkheadError::OracleOwnerMismatch),
    ];
    for (update, error) in cases {
        world.set_price_of(account, &update);
        refused(world, instruction, error);
    }
    world.set_price_of(account, &dollar);
}

/// A collateral that is worth nothing, by an oracle that is gone, keeps nobody in.
#[test]
fn exits_ok_whatever_the_collateral_is_worth() {
    let (mut desk, execute) = waiting(world());
    desk.world.send(&[execute]).unwrap();
    let (keys, owner, position) = (desk.keys(), desk.owner, desk.position);
    worth(&mut desk.world, 1);
    let id = desk.order(OrderAction::Decrease, BTC / 50);
    desk.world.advance(5);
    let decrease = execution(&desk.world, position, id);
    let decrease = without(&desk.world, &decrease);
    desk.world.send(&[decrease]).unwrap();
    let remove = ix::remove_collateral(&keys, owner.key, position, owner.tokens, USD);
    desk.world.send(&[remove]).unwrap();
    let keeper = desk.world.keeper;
    desk.world.send(&[ix::liquidate(&keys, keeper.key, keeper.tokens, position)]).unwrap();
    desk.close_all();
    desk.world.send(&[ix::close_position(&keys, owner.key, position, owner.tokens)]).unwrap();
}

/// A market without such an oracle takes the account, or none, or any.
#[test]
fn deposit_ok_where_the_market_does_not_ask() {
    let mut world = World::new().unwrap();
    let lp = world.actor(3 * USD);
    let shares = world.create_token_account(pda::lp_mint(&world.keys.market), lp.key);
    let args = DepositArgs { amount_atoms: USD, shares_min: 0 };
    for collateral_price in [None, Some(world.keys.price), Some(world.mint)] {
        let keys = MarketKeys { collateral_price, ..world.keys };
        world.advance(1);
        world.send(&[ix::deposit(&keys, lp.key, lp.tokens, shares, args)]).unwrap();
    }
    assert_eq!(world.token_balance(&lp.tokens), 0);
    let owner = world.actor(10_000 * USD);
    world.open(&owner, &Opening::new(PositionSide::Long, BTC / 10, 1_000 * USD)).unwrap();
}
