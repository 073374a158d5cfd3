//! `pause` and `unpause`: for a day, once a week, and never an exit.

use anchor_lang::error::ErrorCode;
use bulkhead::constants::TIP_LAMPORTS_MIN;
use bulkhead::error::BulkheadError;
use bulkhead::events::{PauseLifted, PauseSet};
use bulkhead::instructions::{DepositArgs, RequestWithdrawalArgs};
use bulkhead::state::{OrderAction, Pause, PauseKind, PositionSide, Protocol};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{World, has_error};
use bulkhead_tests::*;

use crate::desk::{Desk, opening};
use crate::queue_change::DAY;

const KINDS: [PauseKind; 3] = [PauseKind::NewRisk, PauseKind::Deposits, PauseKind::Withdrawals];

fn with(kind: PauseKind, before: Protocol, pause: Pause) -> Protocol {
    let mut after = before;
    *after.pause_mut(kind) = pause;
    after
}

#[test]
fn pause_ok_each_for_a_day_and_again_after_a_week() {
    let mut world = World::new().unwrap();
    let guardian = world.guardian;
    for kind in KINDS {
        let (start, before) = (world.now(), world.protocol().unwrap());
        let (until, again_from) = (start + DAY, start + 7 * DAY);
        let done = world.send(&[ix::pause(guardian, kind)]).unwrap();
        assert_eq!(world.protocol().unwrap(), with(kind, before, Pause { until, again_from }));
        assert_events(&done, [PauseSet { kind, until, again_from }.into()]);
        for wait in [1, DAY, 7 * DAY - 1] {
            world.warp_to(start + wait);
            refused(&mut world, &ix::pause(guardian, kind), BulkheadError::PauseTooSoon);
        }
        world.warp_to(start + 7 * DAY);
        world.send(&[ix::pause(guardian, kind)]).unwrap();
    }
}

#[test]
fn pause_ok_lapses_to_the_second() {
    let mut desk = Desk::open(PositionSide::Long);
    let start = desk.world.now();
    desk.world.send(&[ix::pause(desk.world.guardian, PauseKind::NewRisk)]).unwrap();
    let late = desk.world.actor(10_000 * USD);
    desk.world.warp_to(start + DAY - 1);
    let early = desk.world.place(&late, &opening(PositionSide::Long));
    assert!(has_error(&early, BulkheadError::NewRiskPaused));
    desk.world.warp_to(start + DAY);
    desk.world.place(&late, &opening(PositionSide::Long)).unwrap();
}

#[test]
fn pause_ok_of_deposits_and_withdrawals_lapses_to_the_second() {
    let mut world = World::new().unwrap();
    let provider = world.provider(3_000 * USD, 1_000 * USD).unwrap();
    let (keys, owner, guardian) = (world.keys, provider.who.key, world.guardian);
    let start = world.now();
    let deposit = DepositArgs { amount_atoms: 1_000 * USD, shares_min: 0 };
    let deposit = ix::deposit(&keys, owner, provider.who.tokens, provider.shares, deposit);
    let request = RequestWithdrawalArgs { withdrawal_id: 0, shares: USD, tip_lamports: TIP_LAMPORTS_MIN };
    let tokens = provider.who.tokens;
    let request = ix::request_withdrawal(&keys, owner, owner, provider.shares, tokens, request);
    for kind in [PauseKind::Deposits, PauseKind::Withdrawals] {
        world.send(&[ix::pause(guardian, kind)]).unwrap();
    }
    world.move_price(60_000 * E8, DAY - 1).unwrap();
    assert_eq!(world.now(), start + DAY - 1);
    refused(&mut world, &deposit, BulkheadError::DepositsPaused);
    refused(&mut world, &request, BulkheadError::WithdrawalsPaused);
    world.advance(1);
    world.send(&[deposit]).unwrap();
    world.send(&[request]).unwrap();
}

#[test]
fn pause_fails_by_anybody_but_the_guardian() {
    let mut world = World::new().unwrap();
    for other in [world.admin, world.wallet(), world.keeper.key] {
        let theirs = ix::pause(other, PauseKind::NewRisk);
        refused(&mut world, &theirs, BulkheadError::GuardianRequired);
    }
    let mine = ix::pause(world.guardian, PauseKind::NewRisk);
    let bare = unsigned(&mine, world.guardian);
    refused(&mut world, &bare, ErrorCode::AccountNotSigner);
    refuses_readonly(&mut world, &mine, &[]);
    refuses_impostors(&mut world, &mine, &[]);
}

#[test]
fn unpause_ok_by_guardian_and_admin_and_the_week_runs_on() {
    for kind in KINDS {
        for by_admin in [false, true] {
            let mut world = World::new().unwrap();
            let guardian = world.guardian;
            let by = if by_admin { world.admin } else { guardian };
            let start = world.now();
            world.send(&[ix::pause(guardian, kind)]).unwrap();
            let before = world.protocol().unwrap();
            let done = world.send(&[ix::unpause(by, kind)]).unwrap();
            let pause = Pause { until: 0, again_from: start + 7 * DAY };
            assert_eq!(world.protocol().unwrap(), with(kind, before, pause));
            assert_events(&done, [PauseLifted { kind, by }.into()]);
            refused(&mut world, &ix::pause(guardian, kind), BulkheadError::PauseTooSoon);
        }
    }
}

#[test]
fn unpause_fails_by_others_and_where_nothing_is_paused() {
    let mut world = World::new().unwrap();
    let guardian = world.guardian;
    let start = world.now();
    world.send(&[ix::pause(guardian, PauseKind::Deposits)]).unwrap();
    for other in [world.wallet(), world.keeper.key] {
        let theirs = ix::unpause(other, PauseKind::Deposits);
        refused(&mut world, &theirs, BulkheadError::GuardianOrAdminRequired);
    }
    refused(&mut world, &ix::unpause(guardian, PauseKind::NewRisk), BulkheadError::NotPaused);
    let mine = ix::unpause(guardian, PauseKind::Deposits);
    refused(&mut world, &unsigned(&mine, guardian), ErrorCode::AccountNotSigner);
    refuses_readonly(&mut world, &mine, &[]);
    refuses_impostors(&mut world, &mine, &[]);
    world.warp_to(start + DAY);
    refused(&mut world, &mine, BulkheadError::NotPaused);
}

#[test]
fn pause_ok_every_exit_works_while_everything_is_paused() {
    let mut desk = Desk::open(PositionSide::Long);
    let (keys, owner, position) = (desk.keys(), desk.owner, desk.position);
    let increase = desk.order(OrderAction::Increase, BTC / 50);
    let pauses = KINDS.map(|kind| ix::pause(desk.world.guardian, kind));
    desk.world.send(&pauses).unwrap();
    desk.world.advance(5);

    let execution = desk.execution(increase);
    refused(&mut desk.world, &execution, BulkheadError::NewRiskPaused);
    let lp = desk.world.actor(100 * USD);
    let shares = desk.world.create_token_account(pda::lp_mint(&keys.market), lp.key);
    let args = DepositArgs { amount_atoms: 100 * USD, shares_min: 0 };
    let deposit = ix::deposit(&keys, lp.key, lp.tokens, shares, args);
    refused(&mut desk.world, &deposit, BulkheadError::DepositsPaused);

    desk.world.advance(30);
    let keeper = desk.world.keeper;
    let exits = [
        ix::update_market(&keys),
        ix::cancel_order(&keys, keeper.key, position, increase, owner.key),
        ix::add_collateral(&keys, owner.key, owner.tokens, position, 100 * USD),
        ix::remove_collateral(&keys, owner.key, position, owner.tokens, 50 * USD),
        ix::refresh_position(&keys, position),
        ix::flag(&keys, &[position]),
        ix::liquidate(&keys, keeper.key, keeper.tokens, position),
    ];
    for exit in exits {
        desk.world.send(&[exit]).unwrap();
    }
    desk.close_all();
    desk.world.send(&[ix::close_position(&keys, owner.key, position, owner.tokens)]).unwrap();
}
