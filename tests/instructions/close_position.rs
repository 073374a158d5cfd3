//! `close_position`: everything out of a flat position, and nothing else.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::PositionClosed;
use bulkhead::state::{OrderAction, Position, PositionSide};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::expect_error;
use bulkhead_tests::*;
use solana_instruction::Instruction;

use crate::desk::{Desk, opening, other_mint, second_market};

fn close(desk: &Desk) -> Instruction {
    ix::close_position(&desk.keys(), desk.owner.key, desk.position, desk.owner.tokens)
}

/// A position whose opening order was cancelled.
fn abandoned() -> Desk {
    let mut desk = Desk::pending(PositionSide::Long);
    desk.world.advance(26);
    let keys = desk.keys();
    let cancel = ix::cancel_order(&keys, desk.owner.key, desk.position, 0, desk.owner.key);
    desk.world.send(&[cancel]).unwrap();
    desk
}

#[test]
fn close_position_ok_returns_every_atom_and_lamport() {
    let mut desk = Desk::closed();
    let (position, vault) = (desk.position, pda::vault(&desk.position));
    let booked = desk.world.position(&position).collateral_atoms;
    assert_eq!(booked, desk.world.vault_balance(&position));
    let tokens = desk.world.token_balance(&desk.owner.tokens);
    let lamports = desk.world.lamports(&desk.owner.key);
    let others = Snapshot::of(&desk.world, [desk.keys().market, pda::pool_vault(&desk.keys().market)]);

    let instruction = close(&desk);
    let done = desk.world.send(&[instruction]).unwrap();
    assert_eq!(desk.world.token_balance(&desk.owner.tokens), tokens + booked);
    let rents = rent_of::<Position>(&desk.world) + rent(&desk.world, TOKEN_ACCOUNT_LEN);
    assert_eq!(desk.world.lamports(&desk.owner.key), lamports + rents);
    for gone in [position, vault] {
        assert_eq!(desk.world.lamports(&gone), 0);
        assert!(desk.world.data(&gone).is_none_or(|data| data.is_empty()));
    }
    others.assert_unchanged(&desk.world);
    let event = PositionClosed { position, owner: desk.owner.key, returned_atoms: booked };
    assert_events(&done, [event.into()]);
}

#[test]
fn close_position_ok_with_donations_of_tokens_and_lamports() {
    let mut desk = Desk::closed();
    let (position, vault) = (desk.position, pda::vault(&desk.position));
    let booked = desk.world.position(&position).collateral_atoms;
    desk.world.mint_to(vault, 1_234_567);
    for address in [position, vault] {
        desk.world.set_lamports(address, desk.world.lamports(&address) + 5_000);
    }
    let tokens = desk.world.token_balance(&desk.owner.tokens);
    let lamports = desk.world.lamports(&desk.owner.key);
    let instruction = close(&desk);
    let done = desk.world.send(&[instruction]).unwrap();
    assert_eq!(desk.world.token_balance(&desk.owner.tokens), tokens + booked + 1_234_567);
    let rents = rent_of::<Position>(&desk.world) + rent(&desk.world, TOKEN_ACCOUNT_LEN);
    assert_eq!(desk.world.lamports(&desk.owner.key), lamports + rents + 10_000);
    let event = PositionClosed { position, owner: desk.owner.key, returned_atoms: booked + 1_234_567 };
    assert_events(&done, [event.into()]);
}

#[test]
fn close_position_ok_never_opened() {
    let mut desk = abandoned();
    let instruction = close(&desk);
    desk.world.send(&[instruction]).unwrap();
    assert_eq!(desk.world.token_balance(&desk.owner.tokens), 10_000 * USD);
}

#[test]
fn close_position_ok_to_any_account_that_the_owner_names() {
    let mut desk = abandoned();
    let friend = desk.world.actor(0);
    let instruction = swapped(&close(&desk), desk.owner.tokens, friend.tokens);
    desk.world.send(&[instruction]).unwrap();
    assert_eq!(desk.world.token_balance(&friend.tokens), 1_000 * USD);
}

#[test]
fn close_position_ok_with_orders_that_are_void() {
    let mut desk = Desk::open(PositionSide::Long);
    desk.order(OrderAction::Decrease, BTC / 50);
    desk.order(OrderAction::Increase, BTC / 50);
    desk.close_all();
    assert_eq!(desk.world.position(&desk.position).open_orders, 2);
    let instruction = close(&desk);
    desk.world.send(&[instruction]).unwrap();
}

#[test]
fn close_position_ok_with_an_empty_vault() {
    let mut desk = Desk::open(PositionSide::Long);
    // A fall of a third takes all of the collateral and more.
    desk.world.move_price(40_000 * E8, 10).unwrap();
    desk.close_all();
    assert_eq!(desk.world.vault_balance(&desk.position), 0);
    let instruction = close(&desk);
    desk.world.send(&[instruction]).unwrap();
    assert_eq!(desk.world.token_balance(&desk.owner.tokens), 9_000 * USD);
}

#[test]
fn close_position_ok_then_the_next_has_another_id_and_address() {
    let mut desk = Desk::closed();
    let first = desk.position;
    let instruction = close(&desk);
    desk.world.send(std::slice::from_ref(&instruction)).unwrap();
    refused(&mut desk.world, &instruction, ErrorCode::AccountOwnedByWrongProgram);
    // Somebody sends lamports to where the next one will be, and to where the last one was.
    let next = pda::position(&desk.keys().market, &desk.owner.key, 1);
    for address in [first, next, pda::vault(&next), pda::order(&next, 0)] {
        desk.world.set_lamports(address, 1);
    }
    let second = desk.world.place(&desk.owner, &opening(PositionSide::Long)).unwrap();
    assert_eq!(second, next);
    assert_eq!(desk.world.position(&second).id, 1);
    assert_eq!(desk.world.trader(&desk.owner.key).unwrap().next_position_id, 2);
}

#[test]
fn close_position_fails_while_it_holds_size() {
    let mut desk = Desk::open(PositionSide::Long);
    let instruction = close(&desk);
    refused(&mut desk.world, &instruction, BulkheadError::PositionNotFlat);
}

#[test]
fn close_position_fails_while_its_opening_order_waits() {
    let mut desk = Desk::pending(PositionSide::Long);
    let instruction = close(&desk);
    refused(&mut desk.world, &instruction, BulkheadError::OrdersWaiting);
    desk.world.advance(1_000);
    refused(&mut desk.world, &instruction, BulkheadError::OrdersWaiting);
}

#[test]
fn close_position_fails_while_frozen_amounts_stay_owed() {
    let mut desk = Desk::closed();
    let (instruction, position) = (close(&desk), desk.position);
    let good = desk.world.account(&position).unwrap();
    poke(&mut desk.world, &position, |position: &mut Position| position.frozen_owed_atoms = 1);
    refused(&mut desk.world, &instruction, BulkheadError::FrozenAmountsOpen);
    desk.world.set_account(position, good);
    poke(&mut desk.world, &position, |position: &mut Position| position.reserved_atoms = 1);
    refused(&mut desk.world, &instruction, BulkheadError::FrozenAmountsOpen);
}

#[test]
fn close_position_fails_by_anybody_but_the_owner() {
    let mut desk = Desk::closed();
    let delegate = desk.world.actor(0);
    let set = ix::set_delegate(desk.owner.key, desk.position, delegate.key);
    desk.world.send(&[set]).unwrap();
    for other in [delegate.key, desk.world.admin, desk.world.keeper.key] {
        let instruction = ix::close_position(&desk.keys(), other, desk.position, delegate.tokens);
        refused(&mut desk.world, &instruction, BulkheadError::OwnerRequired);
    }
    let instruction = unsigned(&close(&desk), desk.owner.key);
    refused(&mut desk.world, &instruction, ErrorCode::AccountNotSigner);
}

#[test]
fn close_position_fails_with_the_vault_of_another_position() {
    let mut desk = Desk::closed();
    let (_, neighbour) = desk.neighbour(PositionSide::Long);
    let (instruction, vault) = (close(&desk), pda::vault(&desk.position));
    let market = desk.keys().market;
    for other in [pda::vault(&neighbour), pda::pool_vault(&market), pda::insurance_vault(&market)] {
        let tampered = swapped(&instruction, vault, other);
        refused(&mut desk.world, &tampered, BulkheadError::PositionVaultMismatch);
    }
}

#[test]
fn close_position_fails_with_another_market_mint_or_token_program() {
    let mut desk = Desk::closed();
    let other = second_market(&mut desk.world);
    let (instruction, mint) = (close(&desk), other_mint(&mut desk.world));
    let tampered = swapped(&instruction, desk.keys().market, other.market);
    refused(&mut desk.world, &tampered, BulkheadError::PositionMarketMismatch);
    let tampered = swapped(&instruction, desk.keys().collateral_mint, mint);
    refused(&mut desk.world, &tampered, BulkheadError::CollateralMintMismatch);
    let tampered = swapped(&instruction, spl_token_interface::ID, spl_token_2022_interface::ID);
    refused(&mut desk.world, &tampered, BulkheadError::TokenProgramMismatch);
    let elsewhere = desk.world.create_token_account(mint, desk.owner.key);
    let tampered = swapped(&instruction, desk.owner.tokens, elsewhere);
    refused(&mut desk.world, &tampered, token_error::MINT_MISMATCH);
}

/// INV-08: both token accounts change by the amount booked, or nothing happens.
#[test]
fn close_position_fails_into_its_own_vault() {
    let mut desk = Desk::closed();
    let tampered = swapped(&close(&desk), desk.owner.tokens, pda::vault(&desk.position));
    refused(&mut desk.world, &tampered, BulkheadError::TokenDeltaMismatch);
    let tampered = swapped(&close(&desk), desk.owner.tokens, desk.owner.key);
    refused(&mut desk.world, &tampered, BulkheadError::NotATokenAccount);
}

#[test]
fn close_position_fails_while_a_token_account_is_frozen() {
    let mut desk = Desk::closed();
    let (instruction, vault) = (close(&desk), pda::vault(&desk.position));
    desk.world.freeze(vault);
    refused(&mut desk.world, &instruction, token_error::FROZEN);
    desk.world.thaw(vault);
    desk.world.freeze(desk.owner.tokens);
    refused(&mut desk.world, &instruction, token_error::FROZEN);
    // The owner names another account, and nothing holds the position back.
    let elsewhere = desk.world.create_token_account(desk.world.mint, desk.owner.key);
    let instruction = swapped(&instruction, desk.owner.tokens, elsewhere);
    desk.world.send(&[instruction]).unwrap();
}

#[test]
fn close_position_fails_on_broken_books() {
    let mut desk = Desk::closed();
    let (instruction, position) = (close(&desk), desk.position);
    let good = desk.world.account(&position).unwrap();
    let mut broken = |change: fn(&mut Position), error: BulkheadError| {
        desk.world.set_account(position, good.clone());
        poke(&mut desk.world, &position, change);
        refused(&mut desk.world, &instruction, error);
    };
    broken(|position| position.collateral_atoms += 1, BulkheadError::VaultBelowBooked);
    broken(|position| position.entry_price_e12 = 1, BulkheadError::PositionInconsistent);
    broken(|position| position.size_atoms = 1, BulkheadError::PositionInconsistent);
}

#[test]
fn close_position_fails_readonly_or_forged() {
    let mut desk = Desk::closed();
    let instruction = close(&desk);
    refuses_readonly(&mut desk.world, &instruction, &[]);
    refuses_impostors(&mut desk.world, &instruction, &[]);
    let position = desk.position;
    let again = [instruction.clone(), instruction];
    let before = Snapshot::of_all(&desk.world, &again);
    expect_error(desk.world.send(&again), ErrorCode::AccountOwnedByWrongProgram);
    before.assert_unchanged(&desk.world);
    assert_eq!(desk.world.position(&position).status, 2);
}
