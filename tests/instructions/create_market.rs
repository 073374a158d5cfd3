//! `create_market`: by the admin, within the program's bounds, for collateral that stays what it is.

mod bounds;
mod token_2022;

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::MarketCreated;
use bulkhead::instructions::CreateMarketArgs;
use bulkhead::oracle::{OracleSource, PYTH_LEGACY_DEVNET, PYTH_LEGACY_MAINNET, PYTH_RECEIVER_COMPATIBLE};
use bulkhead::state::{Cluster, Market, OracleConfig, Protocol};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{World, WorldOptions, defaults, expect_error};
use bulkhead_tests::*;
use bytemuck::Zeroable;
use solana_instruction::Instruction;
use solana_program_pack::Pack;
use solana_pubkey::Pubkey;
use solana_transaction::InstructionError;
use spl_token_interface::state::{Account as TokenAccount, AccountState, Mint};

use crate::desk::other_mint;

/// A protocol without markets.
fn ready(cluster: Cluster) -> World {
    let mut world = World::bare(&WorldOptions::default()).unwrap();
    world.initialize_protocol(cluster).unwrap();
    world
}

fn args() -> CreateMarketArgs {
    CreateMarketArgs {
        index: 0,
        oracle: defaults::oracle(),
        params: defaults::params(),
        collateral_oracle: None,
    }
}

fn create(world: &World, args: CreateMarketArgs) -> Instruction {
    ix::create_market(world.admin, world.mint, spl_token_interface::ID, args)
}

fn created(market: &Pubkey) -> [Pubkey; 4] {
    [*market, pda::pool_vault(market), pda::insurance_vault(market), pda::lp_mint(market)]
}

fn bump(seeds: &[&[u8]]) -> u8 {
    Pubkey::find_program_address(seeds, &bulkhead::ID).1
}

fn expected_market(world: &World) -> Market {
    let address = pda::market(0);
    let mut market = Market {
        version: 2,
        bump: bump(&[b"market", &[0, 0]]),
        pool_bump: bump(&[b"pool", address.as_ref()]),
        insurance_bump: bump(&[b"insurance", address.as_ref()]),
        lp_mint_bump: bump(&[b"lp_mint", address.as_ref()]),
        collateral_mint: world.mint,
        token_program: spl_token_interface::ID,
        pool_vault: pda::pool_vault(&address),
        insurance_vault: pda::insurance_vault(&address),
        lp_mint: pda::lp_mint(&address),
        ..Market::zeroed()
    };
    let account = pda::push_feed(
        &bulkhead::oracle::PYTH_PUSH_COMPATIBLE,
        defaults::ORACLE_SHARD,
        &defaults::FEED_ID_BTC,
    );
    market.oracle = OracleConfig {
        program: PYTH_RECEIVER_COMPATIBLE,
        feed_id: defaults::FEED_ID_BTC,
        account,
        kind: 0,
        _pad: [0; 7],
    };
    market.params.store(&defaults::params().checked(6).unwrap());
    market
}

#[test]
fn create_market_ok_every_field_and_lamport() {
    let mut world = ready(Cluster::Localnet);
    let lamports = world.lamports(&world.admin);
    let before = world.protocol().unwrap();
    let done = world.send(&[create(&world, args())]).unwrap();
    let address = pda::market(0);
    assert_eq!(world.market_of(&address), expected_market(&world));
    assert_eq!(world.protocol(), Some(Protocol { market_count: 1, ..before }));
    for vault in [pda::pool_vault(&address), pda::insurance_vault(&address)] {
        let account = TokenAccount::unpack(world.data(&vault).unwrap()).unwrap();
        let expected = TokenAccount {
            mint: world.mint,
            owner: address,
            state: AccountState::Initialized,
            ..TokenAccount::default()
        };
        assert_eq!(account, expected);
    }
    let shares = Mint::unpack(world.data(&pda::lp_mint(&address)).unwrap()).unwrap();
    let expected =
        Mint { mint_authority: Some(address).into(), decimals: 6, is_initialized: true, ..Mint::default() };
    assert_eq!(shares, expected);
    let rents = rent_of::<Market>(&world) + 2 * rent(&world, TOKEN_ACCOUNT_LEN) + rent(&world, Mint::LEN);
    assert_eq!(world.lamports(&world.admin), lamports - rents);
    let event = MarketCreated {
        market: address,
        index: 0,
        collateral_mint: world.mint,
        oracle_account: expected_market(&world).oracle.account,
    };
    assert_events(&done, [event.into()]);
}

#[test]
fn create_market_ok_where_somebody_has_sent_lamports_before() {
    for sent in [1, 10_000_000_000] {
        let mut world = ready(Cluster::Localnet);
        for address in created(&pda::market(0)) {
            world.set_lamports(address, sent);
        }
        world.send(&[create(&world, args())]).unwrap();
        assert_eq!(world.market_of(&pda::market(0)), expected_market(&world));
        assert_eq!(world.lamports(&pda::market(0)), rent_of::<Market>(&world).max(sent));
    }
}

#[test]
fn create_market_ok_the_next_has_the_next_index() {
    let mut world = ready(Cluster::Localnet);
    world.send(&[create(&world, args())]).unwrap();
    let second = CreateMarketArgs { index: 1, ..args() };
    world.send(&[create(&world, second)]).unwrap();
    assert_eq!(world.market_of(&pda::market(1)).index, 1);
    assert_eq!(world.protocol().unwrap().market_count, 2);
}

#[test]
fn create_market_fails_with_an_index_that_is_not_the_next() {
    let mut world = ready(Cluster::Localnet);
    for index in [1, u16::MAX] {
        let instruction = create(&world, CreateMarketArgs { index, ..args() });
        refused(&mut world, &instruction, BulkheadError::MarketIndexMismatch);
    }
    let instruction = create(&world, args());
    world.send(std::slice::from_ref(&instruction)).unwrap();
    refused(&mut world, &instruction, ALREADY_IN_USE);
    poke(&mut world, &pda::protocol(), |protocol: &mut Protocol| protocol.market_count = u16::MAX);
    let last = create(&world, CreateMarketArgs { index: u16::MAX, ..args() });
    refused(&mut world, &last, BulkheadError::Overflow);
}

#[test]
fn create_market_fails_by_anybody_but_the_admin() {
    let mut world = ready(Cluster::Localnet);
    let stranger = world.wallet();
    for other in [stranger, world.guardian, world.fee_receiver] {
        let instruction = ix::create_market(other, world.mint, spl_token_interface::ID, args());
        refused(&mut world, &instruction, BulkheadError::AdminRequired);
    }
    let instruction = create(&world, args());
    let instruction = unsigned(&instruction, world.admin);
    refused(&mut world, &instruction, ErrorCode::AccountNotSigner);
}

#[test]
fn create_market_fails_with_a_forged_protocol() {
    let mut world = ready(Cluster::Localnet);
    let thief = world.wallet();
    let forged = impostor(&mut world, &pda::protocol());
    poke(&mut world, &forged, |protocol: &mut Protocol| protocol.admin = thief);
    let instruction = ix::create_market(thief, world.mint, spl_token_interface::ID, args());
    let tampered = swapped(&instruction, pda::protocol(), forged);
    refused(&mut world, &tampered, ErrorCode::AccountOwnedByWrongProgram);
    let nothing = world.key();
    let tampered = swapped(&create(&world, args()), pda::protocol(), nothing);
    refused(&mut world, &tampered, ErrorCode::AccountOwnedByWrongProgram);
}

#[test]
fn create_market_fails_at_other_addresses() {
    let mut world = ready(Cluster::Localnet);
    let instruction = create(&world, args());
    for (right, wrong) in created(&pda::market(0)).into_iter().zip(created(&pda::market(1))) {
        let tampered = swapped(&instruction, right, wrong);
        refused(&mut world, &tampered, ErrorCode::ConstraintSeeds);
    }
}

#[test]
fn create_market_fails_readonly() {
    let mut world = ready(Cluster::Localnet);
    let instruction = create(&world, args());
    let mut written_first = created(&pda::market(0)).to_vec();
    written_first.push(world.admin);
    refuses_readonly(&mut world, &instruction, &written_first);
}

#[test]
fn create_market_fails_with_what_is_no_mint_or_no_token_program() {
    let mut world = ready(Cluster::Localnet);
    let instruction = create(&world, args());
    let keeper = world.keeper.tokens;
    let token_account = swapped(&instruction, world.mint, keeper);
    refused_by_chain(&mut world, &token_account, InstructionError::InvalidAccountData);
    let wallet = swapped(&instruction, world.mint, world.guardian);
    refused(&mut world, &wallet, ErrorCode::AccountOwnedByWrongProgram);
    let mint = world.mint;
    let forged = impostor(&mut world, &mint);
    let tampered = swapped(&instruction, world.mint, forged);
    refused(&mut world, &tampered, ErrorCode::AccountOwnedByWrongProgram);
    let tampered = swapped(&instruction, spl_token_interface::ID, bulkhead::ID);
    refused(&mut world, &tampered, ErrorCode::InvalidProgramId);
    // Token-2022 for a mint of SPL Token.
    let tampered = swapped(&instruction, spl_token_interface::ID, spl_token_2022_interface::ID);
    refused_by_chain(&mut world, &tampered, InstructionError::IncorrectProgramId);
}

#[test]
fn create_market_ok_and_fails_with_the_older_oracle() {
    let account = Pubkey::new_from_array([5; 32]);
    let legacy =
        |program| CreateMarketArgs { oracle: OracleSource::PythLegacy { program, account }, ..args() };
    let mut world = ready(Cluster::Mainnet);
    for program in [PYTH_LEGACY_MAINNET, PYTH_LEGACY_DEVNET, PYTH_RECEIVER_COMPATIBLE] {
        let instruction = create(&world, legacy(program));
        refused(&mut world, &instruction, BulkheadError::LegacyOracleOnMainnet);
    }
    world.send(&[create(&world, args())]).unwrap();
    for cluster in [Cluster::Localnet, Cluster::Devnet] {
        let mut world = ready(cluster);
        for program in [PYTH_RECEIVER_COMPATIBLE, bulkhead::ID, Pubkey::default()] {
            let instruction = create(&world, legacy(program));
            refused(&mut world, &instruction, BulkheadError::OracleProgramUnknown);
        }
        for (index, program) in [(0, PYTH_LEGACY_DEVNET), (1, PYTH_LEGACY_MAINNET)] {
            world.send(&[create(&world, CreateMarketArgs { index, ..legacy(program) })]).unwrap();
            let oracle = world.market_of(&pda::market(index)).oracle;
            let expected =
                OracleConfig { program, feed_id: account.to_bytes(), account, kind: 1, _pad: [0; 7] };
            assert_eq!(oracle, expected);
        }
    }
}

#[test]
fn create_market_ok_with_a_mint_that_another_market_has_or_with_its_own() {
    let mut world = ready(Cluster::Localnet);
    world.send(&[create(&world, args())]).unwrap();
    let mint = other_mint(&mut world);
    let args = CreateMarketArgs { index: 1, ..args() };
    world.send(&[ix::create_market(world.admin, mint, spl_token_interface::ID, args)]).unwrap();
    assert_eq!(world.market_of(&pda::market(1)).collateral_mint, mint);
    // Not twice in one transaction either.
    let args = CreateMarketArgs { index: 2, ..args };
    let instruction = create(&world, args);
    expect_error(world.send(&[instruction.clone(), instruction]), ALREADY_IN_USE);
}
