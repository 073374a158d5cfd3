//! `set_top_up` and `cancel_top_up`: whose money may stand behind a position, and how that ends.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::{TopUpCancelled, TopUpSet};
use bulkhead::instructions::SetTopUpArgs;
use bulkhead::state::{Market, OrderAction, Position, PositionSide, TopUpPlan};
use bulkhead_client::{ix, pda};
use bulkhead_tests::*;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::desk::{Desk, other_mint, second_market};

const PLAN: SetTopUpArgs = SetTopUpArgs {
    budget_atoms: 1_000 * USD,
    trigger_ppm: 1_500_000,
    amount_atoms: 300 * USD,
    interval_secs: 60,
    keeper_pay_atoms: USD,
};

fn set(desk: &Desk, args: SetTopUpArgs) -> Instruction {
    let owner = desk.owner;
    ix::set_top_up(&desk.keys(), owner.key, owner.key, desk.position, owner.tokens, args)
}

fn with_plan(mut desk: Desk) -> Desk {
    let set = set(&desk, PLAN);
    desk.world.send(&[set]).unwrap();
    desk
}

#[test]
fn set_top_up_ok_pending_and_open() {
    for mut desk in [Desk::pending(PositionSide::Long), Desk::open(PositionSide::Short)] {
        let (position, owner) = (desk.position, desk.owner);
        let payer = desk.world.wallet();
        let before = Snapshot::of(&desk.world, [position, desk.keys().market, owner.key, owner.tokens]);
        let lamports = desk.world.lamports(&payer);
        let set = ix::set_top_up(&desk.keys(), owner.key, payer, position, owner.tokens, PLAN);
        let done = desk.world.send(&[set]).unwrap();

        let seeds = |seeds: &[&[u8]]| Pubkey::find_program_address(seeds, &bulkhead::ID).1;
        let expected = TopUpPlan {
            version: 1,
            bump: seeds(&[b"top_up", position.as_ref()]),
            authority_bump: seeds(&[b"top_up_authority", owner.key.as_ref()]),
            _pad: 0,
            trigger_ppm: 1_500_000,
            position,
            owner: owner.key,
            payer,
            source: owner.tokens,
            budget_atoms: 1_000 * USD,
            amount_atoms: 300 * USD,
            keeper_pay_atoms: USD,
            last_at: 0,
            interval_secs: 60,
            _pad_2: [0; 4],
            _reserved: [0; 64],
        };
        assert_eq!(desk.world.top_up_plan(&position), Some(expected));
        before.assert_unchanged(&desk.world);
        assert_eq!(desk.world.lamports(&payer), lamports - rent_of::<TopUpPlan>(&desk.world));
        let event = TopUpSet {
            position,
            owner: owner.key,
            source: owner.tokens,
            budget_atoms: 1_000 * USD,
            trigger_ppm: 1_500_000,
            amount_atoms: 300 * USD,
            interval_secs: 60,
            keeper_pay_atoms: USD,
        };
        assert_events(&done, [event.into()]);
    }
}

#[test]
fn set_top_up_ok_replaces_and_keeps_payer_and_last_time() {
    let mut desk = with_plan(Desk::open(PositionSide::Long));
    let (position, owner) = (desk.position, desk.owner);
    poke(&mut desk.world, &pda::top_up(&position), |plan: &mut TopUpPlan| plan.last_at = 77);
    let before = desk.world.top_up_plan(&position).unwrap();
    let other = desk.world.create_token_account(desk.world.mint, owner.key);
    let payer = desk.world.wallet();
    let lamports = desk.world.lamports(&payer);
    let args = SetTopUpArgs { budget_atoms: 5 * USD, amount_atoms: 5 * USD, keeper_pay_atoms: 0, ..PLAN };
    let set = ix::set_top_up(&desk.keys(), owner.key, payer, position, other, args);
    desk.world.send(&[set]).unwrap();
    let expected = TopUpPlan {
        source: other,
        budget_atoms: 5 * USD,
        amount_atoms: 5 * USD,
        keeper_pay_atoms: 0,
        ..before
    };
    assert_eq!(desk.world.top_up_plan(&position), Some(expected));
    assert_eq!(desk.world.lamports(&payer), lamports, "the rent stays the first payer's");
}

#[test]
fn set_top_up_ok_where_lamports_were_sent_before() {
    let mut desk = Desk::open(PositionSide::Long);
    desk.world.set_lamports(pda::top_up(&desk.position), 1);
    let set = set(&desk, PLAN);
    desk.world.send(&[set]).unwrap();
}

#[test]
fn set_top_up_ok_at_the_bounds() {
    let mut desk = Desk::open(PositionSide::Long);
    for args in [
        SetTopUpArgs { trigger_ppm: 1_000_000, interval_secs: 15, ..PLAN },
        SetTopUpArgs { trigger_ppm: 5_000_000, interval_secs: 604_800, ..PLAN },
        SetTopUpArgs { keeper_pay_atoms: 15 * USD, ..PLAN },
        SetTopUpArgs { budget_atoms: 1, amount_atoms: u64::MAX, keeper_pay_atoms: u64::MAX / 20, ..PLAN },
    ] {
        let set = set(&desk, args);
        desk.world.send(&[set]).unwrap();
    }
}

#[test]
fn set_top_up_fails_out_of_bounds() {
    let mut desk = with_plan(Desk::open(PositionSide::Long));
    for (args, error) in [
        (SetTopUpArgs { trigger_ppm: 999_999, ..PLAN }, BulkheadError::TopUpTriggerOutOfRange),
        (SetTopUpArgs { trigger_ppm: 5_000_001, ..PLAN }, BulkheadError::TopUpTriggerOutOfRange),
        (SetTopUpArgs { interval_secs: 14, ..PLAN }, BulkheadError::TopUpIntervalOutOfRange),
        (SetTopUpArgs { interval_secs: 604_801, ..PLAN }, BulkheadError::TopUpIntervalOutOfRange),
        (SetTopUpArgs { keeper_pay_atoms: 15 * USD + 1, ..PLAN }, BulkheadError::TopUpKeeperPayTooLarge),
        (
            SetTopUpArgs { amount_atoms: 19, keeper_pay_atoms: 1, ..PLAN },
            BulkheadError::TopUpKeeperPayTooLarge,
        ),
        (SetTopUpArgs { amount_atoms: 0, ..PLAN }, BulkheadError::AmountZero),
        (SetTopUpArgs { budget_atoms: 0, ..PLAN }, BulkheadError::AmountZero),
    ] {
        let set = set(&desk, args);
        refused(&mut desk.world, &set, error);
    }
}

#[test]
fn set_top_up_fails_for_anyone_but_the_owner() {
    let mut desk = Desk::open(PositionSide::Long);
    let (keys, position, owner) = (desk.keys(), desk.position, desk.owner);
    let delegate = desk.world.actor(1_000 * USD);
    desk.world.send(&[ix::set_delegate(owner.key, position, delegate.key)]).unwrap();
    // Out of the owner's account, and out of the delegate's own.
    for source in [owner.tokens, delegate.tokens] {
        let by_delegate = ix::set_top_up(&keys, delegate.key, delegate.key, position, source, PLAN);
        refused(&mut desk.world, &by_delegate, BulkheadError::OwnerRequired);
    }
    let set = set(&desk, PLAN);
    let forged = unsigned(&unsigned(&set, owner.key), owner.key);
    refused(&mut desk.world, &forged, ErrorCode::AccountNotSigner);
    let payer = desk.world.wallet();
    let set = ix::set_top_up(&keys, owner.key, payer, position, owner.tokens, PLAN);
    refused(&mut desk.world, &unsigned(&set, owner.key), ErrorCode::AccountNotSigner);
    refused(&mut desk.world, &unsigned(&set, payer), ErrorCode::AccountNotSigner);
}

#[test]
fn set_top_up_fails_with_a_source_that_is_not_the_owners() {
    let mut desk = Desk::open(PositionSide::Long);
    let (victim, neighbour) = desk.neighbour(PositionSide::Long);
    let (set, source) = (set(&desk, PLAN), desk.owner.tokens);
    let market = desk.keys().market;
    // The victim has even approved an authority: its own.
    desk.world.approve_top_ups(&victim, u64::MAX).unwrap();
    for other in [
        victim.tokens,
        pda::vault(&desk.position),
        pda::vault(&neighbour),
        pda::pool_vault(&market),
        pda::insurance_vault(&market),
    ] {
        let tampered = swapped(&set, source, other);
        refused(&mut desk.world, &tampered, BulkheadError::TopUpSourceOwnerMismatch);
    }
    let mint = other_mint(&mut desk.world);
    let foreign = desk.world.create_token_account(mint, desk.owner.key);
    refused(&mut desk.world, &swapped(&set, source, foreign), BulkheadError::CollateralMintMismatch);
    let fake = impostor(&mut desk.world, &source);
    for other in [fake, desk.owner.key, desk.world.mint, market] {
        refused(&mut desk.world, &swapped(&set, source, other), BulkheadError::NotATokenAccount);
    }
}

#[test]
fn set_top_up_fails_with_another_plan_authority_or_market() {
    let mut desk = Desk::open(PositionSide::Long);
    let (victim, neighbour) = desk.neighbour(PositionSide::Long);
    let other = second_market(&mut desk.world);
    let set = set(&desk, PLAN);
    let seeds = ErrorCode::ConstraintSeeds;
    let plan = pda::top_up(&desk.position);
    refused(&mut desk.world, &swapped(&set, plan, pda::top_up(&neighbour)), seeds);
    let authority = pda::top_up_authority(&desk.owner.key);
    refused(&mut desk.world, &swapped(&set, authority, pda::top_up_authority(&victim.key)), seeds);
    let tampered = swapped(&set, desk.keys().market, other.market);
    refused(&mut desk.world, &tampered, BulkheadError::PositionMarketMismatch);
    refused(&mut desk.world, &swapped(&set, desk.position, neighbour), seeds);
    let theirs = swapped(&swapped(&set, desk.position, neighbour), plan, pda::top_up(&neighbour));
    refused(&mut desk.world, &theirs, BulkheadError::OwnerRequired);
    refuses_impostors(&mut desk.world, &set, &[]);
}

#[test]
fn set_top_up_fails_on_a_closed_position_and_on_another_layout() {
    let mut desk = Desk::closed();
    let made = set(&desk, PLAN);
    refused(&mut desk.world, &made, BulkheadError::PositionClosed);
    let mut desk = with_plan(Desk::open(PositionSide::Long));
    let made = set(&desk, PLAN);
    let (position, market, plan) = (desk.position, desk.keys().market, pda::top_up(&desk.position));
    let version = BulkheadError::AccountVersionMismatch;
    poke(&mut desk.world, &plan, |plan: &mut TopUpPlan| plan.version = 2);
    refused(&mut desk.world, &made, version);
    poke(&mut desk.world, &plan, |plan: &mut TopUpPlan| plan.version = 1);
    poke(&mut desk.world, &position, |position: &mut Position| position.version = 2);
    refused(&mut desk.world, &made, version);
    poke(&mut desk.world, &position, |position: &mut Position| position.version = 1);
    poke(&mut desk.world, &market, |market: &mut Market| market.version = 1);
    refused(&mut desk.world, &made, version);
}

#[test]
fn cancel_top_up_ok_by_the_owner_at_any_time() {
    let mut desk = Desk::open(PositionSide::Long);
    let (position, owner) = (desk.position, desk.owner);
    let payer = desk.world.wallet();
    let lamports = desk.world.lamports(&payer);
    let set = ix::set_top_up(&desk.keys(), owner.key, payer, position, owner.tokens, PLAN);
    desk.world.send(&[set]).unwrap();
    let before = Snapshot::of(&desk.world, [position, owner.tokens, owner.key]);
    let done = desk.world.cancel_top_up(&owner, position).unwrap();
    assert!(desk.world.top_up_plan(&position).is_none());
    assert_eq!(desk.world.lamports(&payer), lamports, "all of the rent is back");
    before.assert_unchanged(&desk.world);
    let event = TopUpCancelled { position, by: owner.key, budget_atoms: 1_000 * USD };
    assert_events(&done, [event.into()]);
    // Once is once.
    let again = ix::cancel_top_up(owner.key, position, payer);
    refused(&mut desk.world, &again, ErrorCode::AccountOwnedByWrongProgram);
}

#[test]
fn cancel_top_up_ok_by_the_owner_whatever_the_position_says() {
    let mut desk = with_plan(Desk::open(PositionSide::Long));
    let (owner, position) = (desk.owner, desk.position);
    poke(&mut desk.world, &position, |position: &mut Position| position.version = 9);
    desk.world.cancel_top_up(&owner, position).unwrap();
}

#[test]
fn cancel_top_up_ok_by_anyone_once_closed_or_gone() {
    for is_gone in [false, true] {
        let mut desk = with_plan(Desk::open(PositionSide::Long));
        let (owner, position, keys) = (desk.owner, desk.position, desk.keys());
        desk.close_all();
        if is_gone {
            desk.world.send(&[ix::close_position(&keys, owner.key, position, owner.tokens)]).unwrap();
        }
        let lamports = desk.world.lamports(&owner.key);
        let sweeper = desk.world.actor(0);
        desk.world.cancel_top_up(&sweeper, position).unwrap();
        assert_eq!(desk.world.lamports(&owner.key), lamports + rent_of::<TopUpPlan>(&desk.world));
    }
}

#[test]
fn cancel_top_up_fails_for_strangers_while_the_position_lives() {
    for mut desk in [Desk::pending(PositionSide::Long), Desk::open(PositionSide::Long)] {
        desk = with_plan(desk);
        let (owner, position) = (desk.owner, desk.position);
        let stranger = desk.world.actor(0);
        desk.world.send(&[ix::set_delegate(owner.key, position, stranger.key)]).unwrap();
        let cancel = ix::cancel_top_up(stranger.key, position, owner.key);
        refused(&mut desk.world, &cancel, BulkheadError::OwnerRequired);
        let cancel = ix::cancel_top_up(owner.key, position, owner.key);
        refused(&mut desk.world, &unsigned(&cancel, owner.key), ErrorCode::AccountNotSigner);
    }
}

#[test]
fn cancel_top_up_fails_with_other_accounts() {
    let mut desk = with_plan(Desk::open(PositionSide::Long));
    let (_, neighbour) = desk.neighbour(PositionSide::Long);
    let (owner, position) = (desk.owner, desk.position);
    let stranger = desk.world.actor(0);
    let cancel = ix::cancel_top_up(stranger.key, position, owner.key);
    // An address at which nothing lies looks like a position that is gone.
    let nobody = desk.world.key();
    for other in [neighbour, nobody] {
        refused(&mut desk.world, &swapped(&cancel, position, other), BulkheadError::TopUpPlanMismatch);
    }
    refused(&mut desk.world, &swapped(&cancel, owner.key, stranger.key), BulkheadError::TopUpPayerMismatch);
    let cancel = ix::cancel_top_up(owner.key, position, owner.key);
    refuses_readonly(&mut desk.world, &cancel, &[]);
    refuses_impostors(&mut desk.world, &cancel, &[position]);
}

#[test]
fn cancel_top_up_ok_while_an_order_waits() {
    let mut desk = with_plan(Desk::open(PositionSide::Long));
    desk.order(OrderAction::Increase, BTC / 100);
    let owner = desk.owner;
    desk.world.cancel_top_up(&owner, desk.position).unwrap();
}
