//! `initialize_protocol`: once, by the upgrade authority.

use anchor_lang::error::ErrorCode;
use bulkhead::constants::{TIMELOCK_SECS_MAX, TIMELOCK_SECS_MIN_MAINNET};
use bulkhead::error::BulkheadError;
use bulkhead::events::ProtocolInitialized;
use bulkhead::instructions::InitializeProtocolArgs;
use bulkhead::state::{Cluster, Pause, Protocol};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{World, WorldOptions, expect_error};
use bulkhead_tests::*;
use solana_account::Account;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

fn bare() -> World {
    World::bare(&WorldOptions::default()).unwrap()
}

fn args(world: &World) -> InitializeProtocolArgs {
    InitializeProtocolArgs {
        cluster: Cluster::Devnet,
        timelock_secs: 3_600,
        guardian: world.guardian,
        fee_receiver: world.fee_receiver,
    }
}

fn by_admin(world: &World, args: InitializeProtocolArgs) -> Instruction {
    ix::initialize_protocol(world.admin, args)
}

#[test]
fn initialize_protocol_ok_every_field_and_lamport() {
    let mut world = bare();
    let args = args(&world);
    let lamports = world.lamports(&world.admin);
    let done = world.send(&[by_admin(&world, args)]).unwrap();

    let (_, bump) = Pubkey::find_program_address(&[b"protocol"], &bulkhead::ID);
    let expected = Protocol {
        version: 1,
        bump,
        cluster: 1,
        _pad: 0,
        market_count: 0,
        _pad_2: [0; 2],
        timelock_secs: 3_600,
        _pad_3: [0; 4],
        admin: world.admin,
        pending_admin: Pubkey::default(),
        guardian: world.guardian,
        fee_receiver: world.fee_receiver,
        pause_new_risk: Pause::default(),
        pause_deposits: Pause::default(),
        pause_withdrawals: Pause::default(),
        next_change: 0,
        _reserved: [0; 128],
    };
    assert_eq!(world.protocol(), Some(expected));
    let rent = rent_of::<Protocol>(&world);
    assert_eq!(world.lamports(&pda::protocol()), rent);
    assert_eq!(world.lamports(&world.admin), lamports - rent);
    let event = ProtocolInitialized {
        admin: world.admin,
        guardian: args.guardian,
        fee_receiver: args.fee_receiver,
        cluster: args.cluster,
        timelock_secs: args.timelock_secs,
    };
    assert_events(&done, [event.into()]);
}

#[test]
fn initialize_protocol_ok_where_somebody_has_sent_lamports_before() {
    for sent in [1, 10_000_000_000] {
        let mut world = bare();
        world.set_lamports(pda::protocol(), sent);
        world.send(&[by_admin(&world, args(&world))]).unwrap();
        assert_eq!(world.lamports(&pda::protocol()), rent_of::<Protocol>(&world).max(sent));
        assert_eq!(world.protocol().unwrap().admin, world.admin);
    }
}

#[test]
fn initialize_protocol_ok_at_the_ends_of_the_timelock() {
    let ends = [
        (Cluster::Localnet, 0),
        (Cluster::Devnet, 0),
        (Cluster::Devnet, TIMELOCK_SECS_MAX),
        (Cluster::Mainnet, TIMELOCK_SECS_MIN_MAINNET),
        (Cluster::Mainnet, TIMELOCK_SECS_MAX),
    ];
    for (cluster, timelock_secs) in ends {
        let mut world = bare();
        let args = InitializeProtocolArgs { cluster, timelock_secs, ..args(&world) };
        world.send(&[by_admin(&world, args)]).unwrap();
        assert_eq!(world.protocol().unwrap().timelock_secs, timelock_secs);
    }
}

#[test]
fn initialize_protocol_fails_with_timelock_out_of_bounds() {
    let mut world = bare();
    let beyond = [
        (Cluster::Mainnet, 0),
        (Cluster::Mainnet, TIMELOCK_SECS_MIN_MAINNET - 1),
        (Cluster::Mainnet, TIMELOCK_SECS_MAX + 1),
        (Cluster::Devnet, TIMELOCK_SECS_MAX + 1),
        (Cluster::Localnet, u32::MAX),
    ];
    for (cluster, timelock_secs) in beyond {
        let args = InitializeProtocolArgs { cluster, timelock_secs, ..args(&world) };
        let instruction = by_admin(&world, args);
        refused(&mut world, &instruction, BulkheadError::TimelockOutOfBounds);
    }
}

#[test]
fn initialize_protocol_fails_by_somebody_else() {
    let mut world = bare();
    let stranger = world.wallet();
    let instruction = ix::initialize_protocol(stranger, args(&world));
    refused(&mut world, &instruction, BulkheadError::AdminRequired);
}

#[test]
fn initialize_protocol_fails_of_an_immutable_program() {
    let mut world = bare();
    let mut data = world.account(&pda::program_data()).unwrap();
    data.data[12] = 0;
    world.set_account(pda::program_data(), data);
    let instruction = by_admin(&world, args(&world));
    refused(&mut world, &instruction, BulkheadError::AdminRequired);
}

#[test]
fn initialize_protocol_fails_with_other_program_data() {
    let mut world = bare();
    let stranger = world.wallet();
    let mut forged = world.account(&pda::program_data()).unwrap();
    forged.data[13..45].copy_from_slice(stranger.as_ref());
    let instruction = ix::initialize_protocol(stranger, args(&world));

    // The loader's own account, but of another program.
    let elsewhere = world.key();
    world.set_account(elsewhere, forged.clone());
    let tampered = swapped(&instruction, pda::program_data(), elsewhere);
    refused(&mut world, &tampered, BulkheadError::AdminRequired);
    // The right bytes under another owner.
    world.set_account(elsewhere, Account { owner: stranger, ..forged });
    refused(&mut world, &tampered, ErrorCode::AccountOwnedByWrongProgram);
    // Another program, whose data is the stranger's.
    let tampered = swapped(&instruction, bulkhead::ID, spl_token_interface::ID);
    refused(&mut world, &tampered, ErrorCode::InvalidProgramId);
}

#[test]
fn initialize_protocol_fails_twice() {
    let mut world = bare();
    let instruction = by_admin(&world, args(&world));
    world.send(std::slice::from_ref(&instruction)).unwrap();
    refused(&mut world, &instruction, ALREADY_IN_USE);
}

#[test]
fn initialize_protocol_fails_at_another_address() {
    let mut world = bare();
    let elsewhere = world.key();
    let tampered = swapped(&by_admin(&world, args(&world)), pda::protocol(), elsewhere);
    refused(&mut world, &tampered, ErrorCode::ConstraintSeeds);
}

#[test]
fn initialize_protocol_fails_unsigned_or_readonly() {
    let mut world = bare();
    let instruction = by_admin(&world, args(&world));
    let admin = world.admin;
    refused(&mut world, &unsigned(&instruction, admin), ErrorCode::AccountNotSigner);
    refuses_readonly(&mut world, &instruction, &[pda::protocol(), admin]);
    let fake_system = swapped(&instruction, Pubkey::default(), spl_token_interface::ID);
    expect_error(world.send(&[fake_system]), ErrorCode::InvalidProgramId);
}
