//! `queue_change`: by the admin, within the program's bounds, never what is immutable.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::ChangeQueued;
use bulkhead::instructions::{Change, MarketMode, QueueChangeArgs};
use bulkhead::oracle::OracleSource;
use bulkhead::oracle::{PYTH_LEGACY_DEVNET, PYTH_LEGACY_MAINNET};
use bulkhead::state::{Cluster, Market, OracleConfig, ParamChange, Protocol};
use bulkhead::views::MarketParams;
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{World, WorldOptions, defaults};
use bulkhead_tests::*;
use bytemuck::Zeroable;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_transaction::InstructionError;

pub(crate) const DAY: i64 = 86_400;
pub(crate) const LIFE: i64 = 14 * DAY;

pub(crate) fn args(nonce: u64, definition: Change) -> QueueChangeArgs {
    QueueChangeArgs { nonce, definition }
}

/// Other settings than those that stand.
pub(crate) fn settings(world: &World) -> Change {
    Change::ProtocolSettings {
        guardian: Pubkey::new_from_array([21; 32]),
        fee_receiver: Pubkey::new_from_array([22; 32]),
        timelock_secs: world.protocol().unwrap().timelock_secs + 7,
    }
}

/// Parameters with a least margin of 10 % and other fees.
pub(crate) fn dearer() -> MarketParams {
    MarketParams {
        margin_min_ppm: 100_000,
        liquidation_fee_ppm: 20_000,
        trade_fee_ppm: 77,
        ..defaults::params()
    }
}

/// The other receiver generation, on another shard.
pub(crate) fn other_generation() -> OracleSource {
    OracleSource::PythCore { shard: 9, feed_id: defaults::FEED_ID_BTC }
}

/// A world whose changes wait for a day.
pub(crate) fn locked() -> World {
    let mut world = World::new().unwrap();
    poke::<Protocol>(&mut world, &pda::protocol(), |protocol| protocol.timelock_secs = 86_400);
    world
}

/// What the admin sends to queue the next change.
pub(crate) fn queue(world: &World, definition: Change) -> Instruction {
    let market = match definition {
        Change::ProtocolSettings { .. } => None,
        _ => Some(world.keys.market),
    };
    ix::queue_change(world.admin, market, args(world.protocol().unwrap().next_change, definition))
}

pub(crate) fn change(world: &World, nonce: u64) -> ParamChange {
    world.load(&pda::change(nonce)).expect("no change lies there")
}

fn blank(world: &World, nonce: u64, kind: u8) -> ParamChange {
    let protocol = pda::protocol();
    let seeds: &[&[u8]] = &[b"change", protocol.as_ref(), &nonce.to_le_bytes()];
    ParamChange {
        version: 1,
        bump: Pubkey::find_program_address(seeds, &bulkhead::ID).1,
        kind,
        nonce,
        applies_from: world.now() + DAY,
        expires_at: world.now() + DAY + LIFE,
        payer: world.admin,
        market: if kind == 3 { Pubkey::default() } else { world.keys.market },
        ..ParamChange::zeroed()
    }
}

#[test]
fn queue_change_ok_of_each_kind() {
    let mut world = locked();
    let params = dearer();
    let mut stored = world.market().params;
    stored.store(&params.checked(6).unwrap());
    let oracle: OracleConfig = other_generation().resolve(false).unwrap();
    let Change::ProtocolSettings { guardian, fee_receiver, timelock_secs } = settings(&world) else {
        panic!()
    };
    let cases = [
        (Change::MarketParams(params), ParamChange { params: stored, ..blank(&world, 0, 0) }),
        (Change::OracleGeneration(other_generation()), ParamChange { oracle, ..blank(&world, 1, 1) }),
        (Change::MarketStatus(MarketMode::ReduceOnly), ParamChange { status: 1, ..blank(&world, 2, 2) }),
        (Change::MarketStatus(MarketMode::Active), blank(&world, 3, 2)),
        (settings(&world), ParamChange { guardian, fee_receiver, timelock_secs, ..blank(&world, 4, 3) }),
    ];
    for (nonce, (definition, expected)) in (0..).zip(cases) {
        let (before, market) = (world.protocol().unwrap(), world.market());
        let instruction = queue(&world, definition);
        let done = world.send(&[instruction]).unwrap();
        assert_eq!(change(&world, nonce), expected);
        assert_eq!(world.lamports(&pda::change(nonce)), rent_of::<ParamChange>(&world));
        assert_eq!(world.protocol().unwrap(), Protocol { next_change: nonce + 1, ..before });
        assert_eq!(world.market(), market, "nothing is set yet");
        let event = ChangeQueued {
            change: pda::change(nonce),
            nonce,
            market: expected.market,
            definition,
            applies_from: expected.applies_from,
            expires_at: expected.expires_at,
        };
        assert_events(&done, [event.into()]);
    }
}

#[test]
fn queue_change_ok_on_an_address_that_holds_lamports() {
    let mut world = locked();
    world.set_lamports(pda::change(0), 5);
    let instruction = queue(&world, settings(&world));
    world.send(&[instruction]).unwrap();
    assert_eq!(change(&world, 0).nonce, 0);
}

#[test]
fn queue_change_fails_by_anybody_but_the_admin_and_with_foreign_accounts() {
    let mut world = locked();
    let mine = queue(&world, Change::MarketStatus(MarketMode::ReduceOnly));
    for other in [world.wallet(), world.guardian, world.keeper.key] {
        let theirs = swapped(&mine, world.admin, other);
        refused(&mut world, &theirs, BulkheadError::AdminRequired);
    }
    let bare = unsigned(&mine, world.admin);
    refused(&mut world, &bare, ErrorCode::AccountNotSigner);
    refuses_impostors(&mut world, &mine, &[]);
    refused(&mut world, &readonly(&mine, pda::protocol()), ErrorCode::ConstraintMut);
    let change = readonly(&mine, pda::change(0));
    refused_by_chain(&mut world, &change, InstructionError::PrivilegeEscalation);
    let elsewhere = swapped(&mine, pda::change(0), pda::change(1));
    refused(&mut world, &elsewhere, ErrorCode::ConstraintSeeds);
}

#[test]
fn queue_change_fails_out_of_turn_and_with_a_wrong_number_of_markets() {
    let mut world = locked();
    let (admin, market) = (world.admin, world.keys.market);
    let status = Change::MarketStatus(MarketMode::ReduceOnly);
    let early = ix::queue_change(admin, Some(market), args(1, status));
    refused(&mut world, &early, BulkheadError::IdMismatch);
    let none = ix::queue_change(admin, None, args(0, status));
    refused(&mut world, &none, BulkheadError::ChangeMarketMismatch);
    let one = ix::queue_change(admin, Some(market), args(0, settings(&world)));
    refused(&mut world, &one, BulkheadError::ChangeMarketMismatch);
    poke::<Market>(&mut world, &market, |market| market.version = 1);
    let queued = queue(&world, status);
    refused(&mut world, &queued, BulkheadError::AccountVersionMismatch);
}

#[test]
fn queue_change_fails_with_params_out_of_bounds_or_other_decimals() {
    let mut world = locked();
    type Break = fn(&mut MarketParams);
    let cases: &[(Break, BulkheadError)] = &[
        (|p| p.margin_min_ppm = 9_999, BulkheadError::ParameterOutOfBounds),
        (|p| p.margin_max_ppm = p.margin_min_ppm - 1, BulkheadError::ParameterOutOfBounds),
        (|p| p.trade_fee_ppm = 5_001, BulkheadError::ParameterOutOfBounds),
        (|p| p.order_window_secs = 61, BulkheadError::ParameterOutOfBounds),
        (|p| p.base_decimals = 13, BulkheadError::ParameterOutOfBounds),
        (|p| p.base_decimals = 7, BulkheadError::DecimalsImmutable),
        (|p| p.base_decimals = 9, BulkheadError::DecimalsImmutable),
    ];
    for (break_it, error) in cases {
        let mut params = defaults::params();
        break_it(&mut params);
        let instruction = queue(&world, Change::MarketParams(params));
        refused(&mut world, &instruction, *error);
    }
}

#[test]
fn queue_change_fails_with_another_feed_or_layout() {
    let mut world = locked();
    let legacy = |program, key| OracleSource::PythLegacy { program, account: Pubkey::new_from_array(key) };
    for source in [
        OracleSource::PythCore { shard: 9, feed_id: [9; 32] },
        OracleSource::PythCompatible { shard: defaults::ORACLE_SHARD, feed_id: [9; 32] },
        legacy(PYTH_LEGACY_DEVNET, defaults::FEED_ID_BTC),
    ] {
        let instruction = queue(&world, Change::OracleGeneration(source));
        refused(&mut world, &instruction, BulkheadError::FeedImmutable);
    }
    let unknown = legacy(Pubkey::new_from_array([5; 32]), [6; 32]);
    let instruction = queue(&world, Change::OracleGeneration(unknown));
    refused(&mut world, &instruction, BulkheadError::OracleProgramUnknown);

    // A market of the older layout keeps its account; on mainnet the layout itself is refused.
    let market = world.keys.market;
    poke::<Market>(&mut world, &market, |market| {
        market.oracle = legacy(PYTH_LEGACY_DEVNET, [6; 32]).resolve(false).unwrap();
    });
    let instruction = queue(&world, Change::OracleGeneration(legacy(PYTH_LEGACY_MAINNET, [7; 32])));
    refused(&mut world, &instruction, BulkheadError::FeedImmutable);
    let instruction = queue(&world, Change::OracleGeneration(legacy(PYTH_LEGACY_MAINNET, [6; 32])));
    poke::<Protocol>(&mut world, &pda::protocol(), |protocol| protocol.cluster = 2);
    refused(&mut world, &instruction, BulkheadError::LegacyOracleOnMainnet);
    poke::<Protocol>(&mut world, &pda::protocol(), |protocol| protocol.cluster = 1);
    world.send(&[instruction]).unwrap();
}

#[test]
fn queue_change_fails_to_wake_a_settled_market() {
    let mut world = locked();
    let market = world.keys.market;
    poke::<Market>(&mut world, &market, |market| market.status = 2);
    for mode in [MarketMode::Active, MarketMode::ReduceOnly] {
        let instruction = queue(&world, Change::MarketStatus(mode));
        refused(&mut world, &instruction, BulkheadError::MarketSettled);
    }
}

#[test]
fn queue_change_fails_with_a_timelock_out_of_bounds() {
    for (cluster, secs, fits) in [
        (Cluster::Localnet, 0, true),
        (Cluster::Localnet, 2_592_000, true),
        (Cluster::Localnet, 2_592_001, false),
        (Cluster::Mainnet, 86_399, false),
        (Cluster::Mainnet, 86_400, true),
    ] {
        let mut world = World::with(WorldOptions { cluster, ..WorldOptions::default() }).unwrap();
        let key = world.guardian;
        let definition = Change::ProtocolSettings { guardian: key, fee_receiver: key, timelock_secs: secs };
        let instruction = queue(&world, definition);
        match fits {
            true => drop(world.send(&[instruction]).unwrap()),
            false => drop(refused(&mut world, &instruction, BulkheadError::TimelockOutOfBounds)),
        }
    }
}
