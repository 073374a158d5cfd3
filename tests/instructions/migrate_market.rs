//! `migrate_market`: a market that the program before wrote, field by field in this one's layout, and alive.

use anchor_lang::Discriminator;
use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::MarketMigrated;
use bulkhead::state::legacy::MarketV1;
use bulkhead::state::{Position, PositionSide};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, PriceUpdate, World};
use bulkhead_tests::random::Random;
use bulkhead_tests::*;
use solana_account::Account;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

/// Account of the market of a world like [`world`], as the program of version 1 left it.
const FIXTURE: &[u8] = include_bytes!("../fixtures/market_v1.bin");
/// Bytes of both layouts, those of the kind included.
const OLD_LEN: usize = 1_448;
const NEW_LEN: usize = 1_624;
/// Where version 1 kept the funding rate.
const RATE: usize = 1_176;

/// The world that the fixture is of, with one position on either side, and the account as it was then.
fn world() -> (World, Vec<Pubkey>) {
    let mut world = world_with(|params| {
        params.trade_fee_ppm = 1_000;
        (params.borrow_kink_rate_e12, params.borrow_full_rate_e12) = (6_342, 95_129);
        params.funding_skew_scale_quote_atoms = 50_000_000 * USD;
        (params.funding_velocity_max_e18, params.funding_rate_max_e12) = (1_000_000, 100_000);
    });
    let others = world.actor(10_000_000 * USD);
    let mut open = |side, btc, usd| world.open(&others, &Opening::new(side, btc * BTC, usd * USD)).unwrap();
    let positions = vec![open(PositionSide::Long, 7, 100_000), open(PositionSide::Short, 5, 70_000)];
    write(&mut world, FIXTURE);
    (world, positions)
}

/// Puts the bytes of a market of version 1 where market 0 lies.
fn write(world: &mut World, data: &[u8]) {
    let (market, lamports) = (world.keys.market, rent(world, data.len()));
    let account = world.account(&market).unwrap();
    world.set_account(market, Account { data: data.to_vec(), lamports, ..account });
}

fn migration(world: &World) -> Instruction {
    ix::migrate_market(world.keeper.key, world.keys.market)
}

fn rate(data: &[u8]) -> i64 {
    i64::from_le_bytes(data[RATE..RATE + 8].try_into().unwrap())
}

/// The account of version 2, put together from the bytes of version 1 by their places alone.
fn expected(old: &[u8]) -> Vec<u8> {
    let mut new = old[..280].to_vec();
    new[8] = 2;
    new.extend([0; 104]); // No oracle of the collateral.
    new.extend(&old[280..RATE]);
    new.extend((rate(old) * 1_000_000).to_le_bytes());
    new.extend(&old[RATE + 8..RATE + 16]);
    new.resize(NEW_LEN, 0);
    new
}

#[test]
fn migrate_market_ok_carries_every_field_over() {
    let (mut world, _) = world();
    let (market, keeper) = (world.keys.market, world.keeper.key);
    let (owner, added) =
        (world.account(&market).unwrap().owner, rent(&world, NEW_LEN) - rent(&world, OLD_LEN));
    let before = world.lamports(&keeper);
    let done = world.send(&[migration(&world)]).unwrap();
    let account = world.account(&market).unwrap();
    assert_eq!(account.data, expected(FIXTURE));
    assert_eq!((account.owner, account.lamports), (owner, rent(&world, NEW_LEN)));
    assert_eq!(world.lamports(&keeper), before - added, "the added rent and no more");
    let event = MarketMigrated { market, from_version: 1, to_version: 2 };
    assert_events(&done, [event.into()]);
    // The numbers, read as numbers: the fixture is the market that this world has.
    let read = world.market();
    assert_eq!((read.collateral_mint, read.pool_vault), (world.mint, pda::pool_vault(&market)));
    assert_eq!((read.long.open_interest_atoms, read.short.open_interest_atoms), (7 * BTC, 5 * BTC));
    assert_eq!((u128::from(read.borrow_index_e12), read.borrow_owed_atoms), (5_771_150, 4_155_179));
    read.view().unwrap().params.validate().unwrap();
}

/// Bytes that no market ever held, so that two fields that change places are found out.
#[test]
fn migrate_market_ok_each_field_from_its_own_place() {
    let (mut world, _) = world();
    for case in 0..8 {
        let mut random = Random::of_case(0x6d_69_67, case);
        let mut old: Vec<u8> = (0..OLD_LEN).map(|_| random.bits() as u8).collect();
        old[..9].copy_from_slice(&FIXTURE[..9]);
        // Alignment and room for later: version 1 left them zero.
        for zeros in [273..280, 434..440, 440..504, 637..640, 1_012..1_016, 1_092..1_096, 1_192..1_448] {
            old[zeros].fill(0);
        }
        let negative = random.range_i64(-100_000, 100_000);
        old[RATE..RATE + 8].copy_from_slice(&negative.to_le_bytes());
        write(&mut world, &old);
        let now = world.now();
        world.warp_to(now + 1);
        world.send(&[migration(&world)]).unwrap();
        assert_eq!(world.account(&world.keys.market).unwrap().data, expected(&old));
    }
}

/// The positions of version 1 live on: a price, and the liquidation of one of them.
#[test]
fn migrate_market_ok_its_positions_are_updated_and_liquidated() {
    let (mut world, positions) = world();
    world.send(&[migration(&world)]).unwrap();
    let last = world.market().observations.published_at;
    world.warp_to(last + 60);
    let keeper = world.keeper;
    let keys = world.keys;
    let liquidate = ix::liquidate(&keys, keeper.key, keeper.tokens, positions[0]);
    for price in [60_000, 48_000, 48_000] {
        world.warp_to(world.now() + 4);
        world.set_price(&PriceUpdate::at(price * E8, world.now()));
        world.send(&[ix::update_market(&keys)]).unwrap();
        world.send(std::slice::from_ref(&liquidate)).unwrap();
    }
    let (market, long) = (world.market(), world.position(&positions[0]));
    assert!(long.size_atoms < 7 * BTC, "some of it was closed");
    assert_eq!(market.long.open_interest_atoms, long.size_atoms);
    assert!(world.token_balance(&keeper.tokens) > 0, "and the keeper was paid");
    let short: Position = world.position(&positions[1]);
    assert_eq!(short.size_atoms, 5 * BTC);
}

#[test]
fn migrate_market_ok_only_what_is_missing_is_paid() {
    for (held, paid) in [(rent(&World::new().unwrap(), NEW_LEN) - 1, 1), (9_000_000_000, 0)] {
        let (mut world, _) = world();
        let (market, keeper) = (world.keys.market, world.keeper.key);
        world.set_lamports(market, held);
        let before = world.lamports(&keeper);
        world.send(&[migration(&world)]).unwrap();
        assert_eq!((world.lamports(&market), world.lamports(&keeper)), (held + paid, before - paid));
    }
}

/// What has not been migrated is not misread: whatever names it fails, and anyone can mend that.
#[test]
fn migrate_market_ok_until_then_every_instruction_on_it_fails() {
    let (mut world, positions) = world();
    let keys = world.keys;
    let update = ix::update_market(&keys);
    refused(&mut world, &update, ErrorCode::AccountDidNotDeserialize);
    let add = ix::add_collateral(&keys, world.lp.key, world.lp.tokens, positions[0], 1);
    refused(&mut world, &add, ErrorCode::AccountDidNotDeserialize);
    world.send(&[migration(&world)]).unwrap();
    world.warp_to(world.market().observations.published_at + 5);
    world.set_price(&PriceUpdate::at(60_000 * E8, world.now()));
    world.send(&[update]).unwrap();
}

#[test]
fn migrate_market_fails_twice() {
    let (mut world, _) = world();
    let instruction = migration(&world);
    world.send(std::slice::from_ref(&instruction)).unwrap();
    world.warp_to(world.now() + 1);
    refused(&mut world, &instruction, BulkheadError::MarketAlreadyMigrated);
    let mut fresh = World::new().unwrap();
    let instruction = migration(&fresh);
    refused(&mut fresh, &instruction, BulkheadError::MarketAlreadyMigrated);
}

#[test]
fn migrate_market_fails_at_another_length_version_or_kind() {
    let (mut world, _) = world();
    let instruction = migration(&world);
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut data = FIXTURE.to_vec();
        change(&mut data);
        data
    };
    for broken in [
        with(&|data| data.truncate(OLD_LEN - 1)),
        with(&|data| data.push(0)),
        with(&|data| data.resize(NEW_LEN, 0)),
        with(&|data| data.truncate(8)),
        with(&|data| data.clear()),
        with(&|data| data[8] = 0),
        with(&|data| data[8] = 2),
        with(&|data| data[8] = 3),
        with(&|data| data[..8].fill(0)),
        with(&|data| data[..8].copy_from_slice(Position::DISCRIMINATOR)),
    ] {
        write(&mut world, &broken);
        refused(&mut world, &instruction, BulkheadError::MarketNotMigratable);
    }
    let too_fast =
        with(&|data| data[RATE..RATE + 8].copy_from_slice(&(i64::MAX / 1_000_000 + 1).to_le_bytes()));
    write(&mut world, &too_fast);
    refused(&mut world, &instruction, BulkheadError::Overflow);
    assert_eq!((MarketV1::LEN, MarketV1::NEXT_LEN), (OLD_LEN, NEW_LEN));
}

#[test]
fn migrate_market_fails_with_another_account() {
    let (mut world, positions) = world();
    let (market, keeper) = (world.keys.market, world.keeper.key);
    let instruction = migration(&world);
    let fake = impostor(&mut world, &market);
    refused(&mut world, &swapped(&instruction, market, fake), BulkheadError::MarketNotMigratable);
    for other in [positions[0], pda::protocol()] {
        refused(&mut world, &swapped(&instruction, market, other), BulkheadError::MarketNotMigratable);
    }
    refused(&mut world, &unsigned(&instruction, keeper), ErrorCode::AccountNotSigner);
    refuses_readonly(&mut world, &instruction, &[]);
    let poor = world.key();
    world.set_lamports(poor, 1_000_000);
    refused(&mut world, &swapped(&instruction, keeper, poor), 1_u32);
}
