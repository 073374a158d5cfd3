//! `deposit`: shares at the pool's worth, never less than those already in it deserve.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::Deposited;
use bulkhead::instructions::DepositArgs;
use bulkhead::state::{Market, PositionSide, Protocol};
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_lab::world::{Actor, PriceUpdate, World, WorldOptions, defaults};
use bulkhead_risk::Purpose;
use bulkhead_risk::pool::{self, value_for_deposit};
use bulkhead_tests::*;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::desk::{Desk, other_mint, second_market};

const POOL: u64 = defaults::POOL_ATOMS;

struct Provider {
    who: Actor,
    shares: Pubkey,
}

fn provider(world: &mut World, keys: &MarketKeys, atoms: u64) -> Provider {
    let who = world.actor(atoms);
    Provider { who, shares: world.create_token_account(pda::lp_mint(&keys.market), who.key) }
}

impl Provider {
    fn deposit(&self, keys: &MarketKeys, amount_atoms: u64, shares_min: u64) -> Instruction {
        let args = DepositArgs { amount_atoms, shares_min };
        ix::deposit(keys, self.who.key, self.who.tokens, self.shares, args)
    }
}

/// Market 0 with a price and an empty pool.
fn empty() -> World {
    World::with(WorldOptions { pool_atoms: 0, ..WorldOptions::default() }).unwrap()
}

fn supply(world: &World, mint: &Pubkey) -> u64 {
    u64::from_le_bytes(world.data(mint).unwrap()[36..44].try_into().unwrap())
}

#[test]
fn deposit_ok_the_first_locks_shares_that_nobody_gets() {
    let mut world = empty();
    let keys = world.keys;
    let lp = provider(&mut world, &keys, 5_000_000);
    let before = world.market();
    let done = world.send(&[lp.deposit(&keys, 5_000_000, 4_000_000)]).unwrap();
    assert_eq!(world.token_balance(&lp.shares), 4_000_000);
    assert_eq!(world.token_balance(&lp.who.tokens), 0);
    assert_eq!(world.token_balance(&pda::pool_vault(&keys.market)), 5_000_000);
    assert_eq!(supply(&world, &pda::lp_mint(&keys.market)), 4_000_000);
    let market = world.market();
    assert_eq!(market, Market { pool_atoms: 5_000_000, shares: 5_000_000, ..before });
    let event = Deposited {
        market: keys.market,
        owner: lp.who.key,
        amount_atoms: 5_000_000,
        shares: 4_000_000,
        value_before_atoms: 0,
        pool_atoms: 5_000_000,
    };
    assert_events(&done, [event.into()]);
}

#[test]
fn deposit_fails_where_the_first_is_no_more_than_the_locked_shares() {
    let mut world = empty();
    let keys = world.keys;
    let lp = provider(&mut world, &keys, 5_000_000);
    for amount in [1, 999_999, 1_000_000] {
        let instruction = lp.deposit(&keys, amount, 0);
        refused(&mut world, &instruction, BulkheadError::DepositTooSmall);
    }
    world.send(&[lp.deposit(&keys, 1_000_001, 1)]).unwrap();
    assert_eq!(world.token_balance(&lp.shares), 1);
}

#[test]
fn deposit_ok_donations_do_not_move_the_price_of_a_share() {
    // The first depositor owns one share and sends a fortune to the vault: the next loses nothing by it.
    let mut world = empty();
    let keys = world.keys;
    let first = provider(&mut world, &keys, 1_000_001);
    world.send(&[first.deposit(&keys, 1_000_001, 0)]).unwrap();
    world.mint_to(pda::pool_vault(&keys.market), 1_000_000 * USD);
    let second = provider(&mut world, &keys, 1_000 * USD);
    let done = world.send(&[second.deposit(&keys, 1_000 * USD, 1_000 * USD)]).unwrap();
    assert_eq!(world.token_balance(&second.shares), 1_000 * USD);
    let market = world.market();
    assert_eq!((market.pool_atoms, market.shares), (1_001_000_001, 1_001_000_001));
    let event = Deposited {
        market: keys.market,
        owner: second.who.key,
        amount_atoms: 1_000 * USD,
        shares: 1_000 * USD,
        value_before_atoms: 1_000_001,
        pool_atoms: 1_001_000_001,
    };
    assert_events(&done, [event.into()]);
}

/// Deposits at a price away from a position's entry; the shares, and the worth of the pool that the risk
/// crate finds.
fn deposit_at(side: PositionSide, price: u64) -> (u64, u64, Market) {
    let mut desk = Desk::open_in(World::new().unwrap(), side);
    desk.world.move_price(price * E8, 10).unwrap();
    let worth =
        value_for_deposit(&seen(&desk.world, Purpose::Risk).market, bulkhead_risk::PriceE12(price * E12));
    let (before, keys) = (desk.world.market(), desk.keys());
    let lp = provider(&mut desk.world, &keys, 1_000_000 * USD);
    desk.world.send(&[lp.deposit(&keys, 1_000_000 * USD, 0)]).unwrap();
    (desk.world.token_balance(&lp.shares), worth.unwrap().get(), before)
}

#[test]
fn deposit_ok_an_open_winners_gain_is_no_longer_the_pools() {
    // 0.1 BTC bought at 60,024 is worth 297.6 more at 63,000; sold at 59,976, 297.6 more at 57,000.
    for (side, price) in [(PositionSide::Long, 63_000), (PositionSide::Short, 57_000)] {
        let (shares, worth, before) = deposit_at(side, price);
        assert_eq!(worth, POOL - 297_600_000);
        assert_eq!(u128::from(shares), 1_000_000_000_000 * u128::from(before.shares) / u128::from(worth));
    }
}

#[test]
fn deposit_ok_an_open_losers_loss_counts_as_the_pools() {
    for (side, price) in [(PositionSide::Long, 57_000), (PositionSide::Short, 63_000)] {
        let (shares, worth, before) = deposit_at(side, price);
        assert_eq!(worth, POOL + 302_400_000);
        assert_eq!(u128::from(shares), 1_000_000_000_000 * u128::from(before.shares) / u128::from(worth));
    }
    // A loss of 2,002.4 on a collateral of 1,000 counts whole: the doubt is the newcomer's.
    let (_, worth, _) = deposit_at(PositionSide::Long, 40_000);
    assert_eq!(worth, POOL + 2_002_400_000);
}

#[test]
fn deposit_ok_a_winners_gain_counts_up_to_its_payout_cap() {
    let (_, worth, before) = deposit_at(PositionSide::Long, 130_000);
    assert_eq!(before.long.reserved_atoms, 6_002_400_000);
    assert_eq!(worth, POOL - 6_002_400_000);
}

#[test]
fn deposit_ok_with_exactly_the_least_shares_and_not_one_less() {
    let mut world = World::new().unwrap();
    let keys = world.keys;
    let lp = provider(&mut world, &keys, 1_000 * USD);
    let expected = pool::deposit(&seen(&world, Purpose::Risk).market, bulkhead_risk::QuoteAtoms(1_000 * USD));
    let shares = expected.unwrap().shares.get();
    let instruction = lp.deposit(&keys, 1_000 * USD, shares + 1);
    refused(&mut world, &instruction, BulkheadError::SharesBelowMinimum);
    world.send(&[lp.deposit(&keys, 1_000 * USD, shares)]).unwrap();
    assert_eq!(world.token_balance(&lp.shares), shares);
}

#[test]
fn deposit_fails_where_the_amount_buys_no_share() {
    let mut world = World::new().unwrap();
    let keys = world.keys;
    let lp = provider(&mut world, &keys, 10 * USD);
    let instruction = lp.deposit(&keys, 0, 0);
    refused(&mut world, &instruction, BulkheadError::AmountZero);
    poke(&mut world, &keys.market, |market: &mut Market| market.shares /= 10);
    let instruction = lp.deposit(&keys, 9, 0);
    refused(&mut world, &instruction, BulkheadError::DepositTooSmall);
    world.send(&[lp.deposit(&keys, 10, 1)]).unwrap();
}

#[test]
fn deposit_fails_where_the_pool_owes_all_it_has() {
    let mut desk = Desk::open_in(World::new().unwrap(), PositionSide::Long);
    let keys = desk.keys();
    let lp = provider(&mut desk.world, &keys, 1_000 * USD);
    let instruction = lp.deposit(&keys, 1_000 * USD, 0);
    // All that the pool holds is set aside, and all of it won.
    poke(&mut desk.world, &keys.market, |market: &mut Market| market.pool_atoms = market.long.reserved_atoms);
    desk.world.move_price(130_000 * E8, 10).unwrap();
    refused(&mut desk.world, &instruction, BulkheadError::PoolInsolvent);
    // Even less than promised: never by the program's own doing.
    poke(&mut desk.world, &keys.market, |market: &mut Market| market.pool_atoms -= 1);
    refused(&mut desk.world, &instruction, BulkheadError::PoolInsolvent);
}

#[test]
fn deposit_fails_while_deposits_are_paused() {
    let mut world = World::new().unwrap();
    let keys = world.keys;
    let lp = provider(&mut world, &keys, 1_000 * USD);
    let until = world.now() + 10;
    poke(&mut world, &pda::protocol(), |protocol: &mut Protocol| protocol.pause_deposits.until = until);
    let instruction = lp.deposit(&keys, USD, 0);
    refused(&mut world, &instruction, BulkheadError::DepositsPaused);
    world.advance(9);
    refused(&mut world, &instruction, BulkheadError::DepositsPaused);
    world.advance(1);
    // Another pause is no matter of deposits.
    poke(&mut world, &pda::protocol(), |protocol: &mut Protocol| protocol.pause_new_risk.until = i64::MAX);
    world.send(&[instruction]).unwrap();
}

#[test]
fn deposit_fails_in_a_market_that_is_not_active() {
    let mut world = World::new().unwrap();
    let keys = world.keys;
    let lp = provider(&mut world, &keys, USD);
    let instruction = lp.deposit(&keys, USD, 0);
    for (status, error) in [(1, BulkheadError::MarketNotActive), (2, BulkheadError::MarketSettled)] {
        poke(&mut world, &keys.market, |market: &mut Market| market.status = status);
        refused(&mut world, &instruction, error);
    }
    poke(&mut world, &keys.market, |market: &mut Market| market.status = 3);
    refused(&mut world, &instruction, BulkheadError::CorruptAccount);
    poke(&mut world, &keys.market, |market: &mut Market| {
        market.status = 0;
        market.version = 1;
    });
    refused(&mut world, &instruction, BulkheadError::AccountVersionMismatch);
}

#[test]
fn deposit_fails_in_a_market_without_a_sample_for_five_minutes() {
    let mut world = World::new().unwrap();
    let keys = world.keys;
    let lp = provider(&mut world, &keys, 100 * USD);
    let instruction = lp.deposit(&keys, USD, 0);
    world.advance(300);
    world.send(std::slice::from_ref(&instruction)).unwrap();
    world.advance(301);
    refused(&mut world, &instruction, BulkheadError::MarketStale);
    world.send(&[ix::update_market(&keys), instruction]).unwrap();
}

#[test]
fn deposit_fails_before_the_first_sample() {
    let mut world = World::new().unwrap();
    let options = WorldOptions {
        oracle: bulkhead::oracle::OracleSource::PythCore { shard: 7, feed_id: [3; 32] },
        ..WorldOptions::default()
    };
    let setup = bulkhead_lab::world::MarketSetup::of(&options, &world);
    let keys = world.create_market(&setup).unwrap();
    world.set_price_of(keys.price, &PriceUpdate::at(defaults::START_PRICE_E8, world.now()));
    let lp = provider(&mut world, &keys, 100 * USD);
    let instruction = lp.deposit(&keys, 100 * USD, 0);
    refused(&mut world, &instruction, BulkheadError::MarketUnsampled);
}

#[test]
fn deposit_fails_with_a_bad_price() {
    let mut world = World::new().unwrap();
    let keys = world.keys;
    let lp = provider(&mut world, &keys, 100 * USD);
    let instruction = lp.deposit(&keys, USD, 0);
    refuses_bad_prices(&mut world, &instruction);
    world.warp_to(world.now() + 11);
    refused(&mut world, &instruction, BulkheadError::PriceTooOld);
}

#[test]
fn deposit_fails_with_other_vaults_mints_or_programs() {
    let mut world = World::new().unwrap();
    let (keys, mint) = (world.keys, other_mint(&mut world));
    let other = second_market(&mut world);
    let lp = provider(&mut world, &keys, 100 * USD);
    let instruction = lp.deposit(&keys, USD, 0);
    let pool = pda::pool_vault(&keys.market);
    for wrong in [pda::pool_vault(&other.market), pda::insurance_vault(&keys.market), lp.who.tokens] {
        let tampered = swapped(&instruction, pool, wrong);
        refused(&mut world, &tampered, BulkheadError::PoolVaultMismatch);
    }
    let tampered = swapped(&instruction, pda::lp_mint(&keys.market), pda::lp_mint(&other.market));
    refused(&mut world, &tampered, BulkheadError::LpMintMismatch);
    let tampered = swapped(&instruction, keys.collateral_mint, mint);
    refused(&mut world, &tampered, BulkheadError::CollateralMintMismatch);
    let tampered = swapped(&instruction, spl_token_interface::ID, spl_token_2022_interface::ID);
    refused(&mut world, &tampered, BulkheadError::TokenProgramMismatch);
    let tampered = swapped(&instruction, keys.market, other.market);
    refused(&mut world, &tampered, BulkheadError::PoolVaultMismatch);
}

#[test]
fn deposit_fails_with_token_accounts_that_do_not_fit() {
    let mut world = World::new().unwrap();
    let (keys, mint) = (world.keys, other_mint(&mut world));
    let (lp, victim) = (provider(&mut world, &keys, 100 * USD), world.actor(100 * USD));
    let instruction = lp.deposit(&keys, USD, 0);
    let too_much = lp.deposit(&keys, 100 * USD + 1, 0);
    refused(&mut world, &too_much, token_error::INSUFFICIENT_FUNDS);
    // The pool's own tokens as the depositor's.
    for source in [victim.tokens, pda::pool_vault(&keys.market)] {
        let tampered = swapped(&instruction, lp.who.tokens, source);
        refused(&mut world, &tampered, token_error::OWNER_MISMATCH);
    }
    let elsewhere = world.create_token_account(mint, lp.who.key);
    world.mint_to(elsewhere, USD);
    let tampered = swapped(&instruction, lp.who.tokens, elsewhere);
    refused(&mut world, &tampered, token_error::MINT_MISMATCH);
    let tampered = swapped(&instruction, lp.shares, elsewhere);
    refused(&mut world, &tampered, token_error::MINT_MISMATCH);
    let tampered = swapped(&instruction, lp.shares, lp.who.key);
    refused(&mut world, &tampered, BulkheadError::NotATokenAccount);
    world.freeze(lp.who.tokens);
    refused(&mut world, &instruction, token_error::FROZEN);
}

#[test]
fn deposit_fails_unsigned_readonly_or_forged() {
    let mut world = World::new().unwrap();
    let keys = world.keys;
    let lp = provider(&mut world, &keys, 100 * USD);
    let instruction = lp.deposit(&keys, USD, 0);
    refused(&mut world, &unsigned(&instruction, lp.who.key), ErrorCode::AccountNotSigner);
    refuses_readonly(&mut world, &instruction, &[]);
    refuses_impostors(&mut world, &instruction, &[]);
}
