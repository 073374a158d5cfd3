//! `add_collateral`: anyone, at any time, without a price.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::CollateralAdded;
use bulkhead::state::{Market, Position, PositionSide, Protocol};
use bulkhead_client::{ix, pda};
use bulkhead_tests::*;
use solana_instruction::Instruction;

use crate::desk::{Desk, other_mint, second_market};

fn by_owner(desk: &Desk, amount_atoms: u64) -> Instruction {
    ix::add_collateral(&desk.keys(), desk.owner.key, desk.owner.tokens, desk.position, amount_atoms)
}

#[test]
fn add_collateral_ok_by_anyone_pending_and_open() {
    for mut desk in [Desk::pending(PositionSide::Long), Desk::open(PositionSide::Short)] {
        let giver = desk.world.actor(300 * USD);
        let (keys, position) = (desk.keys(), desk.position);
        let before = desk.world.position(&position);
        let market = Snapshot::of(&desk.world, [keys.market, desk.owner.key, desk.owner.tokens, giver.key]);
        let add = ix::add_collateral(&keys, giver.key, giver.tokens, position, 123_456_789);
        let done = desk.world.send(&[add]).unwrap();

        let collateral_atoms = before.collateral_atoms + 123_456_789;
        assert_eq!(desk.world.position(&position), Position { collateral_atoms, ..before });
        assert_eq!(desk.world.vault_balance(&position), collateral_atoms);
        assert_eq!(desk.world.token_balance(&giver.tokens), 300 * USD - 123_456_789);
        market.assert_unchanged(&desk.world);
        let event =
            CollateralAdded { position, from: giver.key, amount_atoms: 123_456_789, collateral_atoms };
        assert_events(&done, [event.into()]);
    }
}

#[test]
fn add_collateral_ok_whatever_is_paused_or_stale() {
    let mut desk = Desk::open(PositionSide::Long);
    let protocol = pda::protocol();
    poke(&mut desk.world, &protocol, |protocol: &mut Protocol| {
        protocol.pause_new_risk.until = i64::MAX;
        protocol.pause_deposits.until = i64::MAX;
        protocol.pause_withdrawals.until = i64::MAX;
    });
    for status in [1, 2] {
        let market = desk.keys().market;
        poke(&mut desk.world, &market, |market: &mut Market| market.status = status);
        desk.world.warp_to(desk.world.now() + 30 * 86_400);
        let add = by_owner(&desk, USD);
        desk.world.send(&[add]).unwrap();
    }
}

#[test]
fn add_collateral_ok_beside_tokens_that_were_donated() {
    let mut desk = Desk::open(PositionSide::Long);
    let booked = desk.world.position(&desk.position).collateral_atoms;
    desk.world.mint_to(pda::vault(&desk.position), 77);
    let add = by_owner(&desk, USD);
    desk.world.send(&[add]).unwrap();
    assert_eq!(desk.world.position(&desk.position).collateral_atoms, booked + USD);
    assert_eq!(desk.world.vault_balance(&desk.position), booked + USD + 77);
}

#[test]
fn add_collateral_fails_with_nothing() {
    let mut desk = Desk::open(PositionSide::Long);
    let add = by_owner(&desk, 0);
    refused(&mut desk.world, &add, BulkheadError::AmountZero);
}

#[test]
fn add_collateral_fails_on_a_closed_position() {
    let mut desk = Desk::closed();
    let add = by_owner(&desk, USD);
    refused(&mut desk.world, &add, BulkheadError::PositionClosed);
}

#[test]
fn add_collateral_fails_with_another_market() {
    let mut desk = Desk::open(PositionSide::Long);
    let other = second_market(&mut desk.world);
    let add = by_owner(&desk, USD);
    let tampered = swapped(&add, desk.keys().market, other.market);
    refused(&mut desk.world, &tampered, BulkheadError::PositionMarketMismatch);
}

#[test]
fn add_collateral_fails_with_another_vault() {
    let mut desk = Desk::open(PositionSide::Long);
    let (_, neighbour) = desk.neighbour(PositionSide::Long);
    let (add, vault, market) = (by_owner(&desk, USD), pda::vault(&desk.position), desk.keys().market);
    for other in
        [pda::vault(&neighbour), pda::pool_vault(&market), pda::insurance_vault(&market), desk.owner.tokens]
    {
        let tampered = swapped(&add, vault, other);
        refused(&mut desk.world, &tampered, BulkheadError::PositionVaultMismatch);
    }
}

#[test]
fn add_collateral_fails_with_another_mint_or_token_program() {
    let mut desk = Desk::open(PositionSide::Long);
    let (add, mint) = (by_owner(&desk, USD), other_mint(&mut desk.world));
    let tampered = swapped(&add, desk.keys().collateral_mint, mint);
    refused(&mut desk.world, &tampered, BulkheadError::CollateralMintMismatch);
    let tampered = swapped(&add, spl_token_interface::ID, spl_token_2022_interface::ID);
    refused(&mut desk.world, &tampered, BulkheadError::TokenProgramMismatch);
    let tampered = swapped(&add, spl_token_interface::ID, bulkhead::ID);
    refused(&mut desk.world, &tampered, ErrorCode::InvalidProgramId);
    // Tokens of another mint.
    let giver = desk.world.actor_of(mint, USD);
    let add = ix::add_collateral(&desk.keys(), giver.key, giver.tokens, desk.position, USD);
    refused(&mut desk.world, &add, token_error::MINT_MISMATCH);
}

#[test]
fn add_collateral_fails_out_of_what_is_not_the_givers() {
    let mut desk = Desk::open(PositionSide::Long);
    let (victim, neighbour) = desk.neighbour(PositionSide::Long);
    let (add, market) = (by_owner(&desk, USD), desk.keys().market);
    let too_much = by_owner(&desk, 9_000 * USD + 1);
    refused(&mut desk.world, &too_much, token_error::INSUFFICIENT_FUNDS);
    let vault = pda::vault(&desk.position);
    // The vault itself twice: it would book what does not come.
    for source in [victim.tokens, pda::vault(&neighbour), pda::pool_vault(&market), vault] {
        let tampered = swapped(&add, desk.owner.tokens, source);
        refused(&mut desk.world, &tampered, token_error::OWNER_MISMATCH);
    }
    let no_tokens = swapped(&add, desk.owner.tokens, victim.key);
    refused(&mut desk.world, &no_tokens, BulkheadError::NotATokenAccount);
    desk.world.freeze(desk.owner.tokens);
    refused(&mut desk.world, &add, token_error::FROZEN);
}

#[test]
fn add_collateral_fails_unsigned_readonly_or_forged() {
    let mut desk = Desk::open(PositionSide::Long);
    let add = by_owner(&desk, USD);
    refused(&mut desk.world, &unsigned(&add, desk.owner.key), ErrorCode::AccountNotSigner);
    refuses_readonly(&mut desk.world, &add, &[]);
    refuses_impostors(&mut desk.world, &add, &[]);
    let swapped_kinds = swapped(&add, desk.position, desk.keys().market);
    refused(&mut desk.world, &swapped_kinds, ErrorCode::AccountDiscriminatorMismatch);
}

#[test]
fn add_collateral_fails_on_another_layout_or_broken_books() {
    let mut desk = Desk::open(PositionSide::Long);
    let (add, position) = (by_owner(&desk, USD), desk.position);
    let good = desk.world.account(&position).unwrap();
    let mut broken = |change: fn(&mut Position), error: BulkheadError| {
        desk.world.set_account(position, good.clone());
        poke(&mut desk.world, &position, change);
        refused(&mut desk.world, &add, error);
    };
    broken(|position| position.version = 2, BulkheadError::AccountVersionMismatch);
    broken(|position| position.status = 3, BulkheadError::CorruptAccount);
    broken(|position| position.side = 2, BulkheadError::CorruptAccount);
    broken(|position| position.size_atoms = 0, BulkheadError::PositionInconsistent);
    broken(|position| position.collateral_atoms += 1, BulkheadError::VaultBelowBooked);
    broken(|position| position.collateral_atoms = u64::MAX, BulkheadError::Overflow);
}
