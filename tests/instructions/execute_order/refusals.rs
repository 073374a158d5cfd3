//! Accounts that are not what they should be.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::state::{Market, Order, OrderAction, Position, PositionSide};
use bulkhead_client::pda;
use bulkhead_tests::*;
use solana_instruction::Instruction;

use crate::desk::{Desk, other_mint, second_market};

/// An order that would fill now, and what the keeper would send.
fn ready(action: OrderAction) -> (Desk, Instruction) {
    let mut desk = Desk::open(PositionSide::Long);
    let (_, _) = desk.neighbour(PositionSide::Short);
    let id = desk.order(action, BTC / 50);
    desk.world.advance(5);
    let instruction = desk.execution(id);
    (desk, instruction)
}

#[test]
fn execute_order_fails_with_another_position_or_order() {
    let (mut desk, instruction) = ready(OrderAction::Decrease);
    let (victim, neighbour) = desk.neighbour(PositionSide::Long);
    let theirs = desk.world.place_order(&victim, neighbour, OrderAction::Decrease, BTC / 50).unwrap();
    let (position, order) = (desk.position, pda::order(&desk.position, 1));
    let tampered = swapped(&instruction, position, neighbour);
    refused(&mut desk.world, &tampered, BulkheadError::OrderPositionMismatch);
    let tampered = swapped(&instruction, order, pda::order(&neighbour, theirs));
    refused(&mut desk.world, &tampered, BulkheadError::OrderPositionMismatch);
    // The position twice, and the market where an order belongs.
    let tampered = swapped(&instruction, order, position);
    refused(&mut desk.world, &tampered, ErrorCode::AccountDiscriminatorMismatch);
    let tampered = swapped(&instruction, order, desk.keys().market);
    refused(&mut desk.world, &tampered, ErrorCode::AccountDiscriminatorMismatch);
}

#[test]
fn execute_order_fails_with_another_market() {
    let (mut desk, instruction) = ready(OrderAction::Decrease);
    let other = second_market(&mut desk.world);
    let tampered = swapped(&instruction, desk.keys().market, other.market);
    refused(&mut desk.world, &tampered, BulkheadError::PositionMarketMismatch);
    // With everything else of that market too.
    let tampered = swapped(&tampered, desk.keys().price, other.price);
    let pool = pda::pool_vault(&desk.keys().market);
    let tampered = swapped(&tampered, pool, pda::pool_vault(&other.market));
    refused(&mut desk.world, &tampered, BulkheadError::PositionMarketMismatch);
}

#[test]
fn execute_order_fails_to_return_the_rent_to_another() {
    let (mut desk, instruction) = ready(OrderAction::Decrease);
    let (keeper, owner) = (desk.world.keeper.key, desk.owner.key);
    let tampered = swapped(&instruction, owner, keeper);
    refused(&mut desk.world, &tampered, BulkheadError::OrderPayerMismatch);
}

#[test]
fn execute_order_fails_with_other_vaults() {
    for action in [OrderAction::Increase, OrderAction::Decrease] {
        let (mut desk, instruction) = ready(action);
        let (_, neighbour) = desk.neighbour(PositionSide::Long);
        let other = second_market(&mut desk.world);
        let market = desk.keys().market;
        let (vault, pool) = (pda::vault(&desk.position), pda::pool_vault(&market));
        for wrong in [pda::vault(&neighbour), pool, pda::insurance_vault(&market), desk.owner.tokens] {
            let tampered = swapped(&instruction, vault, wrong);
            refused(&mut desk.world, &tampered, BulkheadError::PositionVaultMismatch);
        }
        for wrong in [pda::pool_vault(&other.market), vault, pda::insurance_vault(&market)] {
            let tampered = swapped(&instruction, pool, wrong);
            refused(&mut desk.world, &tampered, BulkheadError::PoolVaultMismatch);
        }
    }
}

#[test]
fn execute_order_fails_with_another_mint_or_token_program() {
    let (mut desk, instruction) = ready(OrderAction::Decrease);
    let mint = other_mint(&mut desk.world);
    let tampered = swapped(&instruction, desk.keys().collateral_mint, mint);
    refused(&mut desk.world, &tampered, BulkheadError::CollateralMintMismatch);
    let tampered = swapped(&instruction, spl_token_interface::ID, spl_token_2022_interface::ID);
    refused(&mut desk.world, &tampered, BulkheadError::TokenProgramMismatch);
    let tampered = swapped(&instruction, spl_token_interface::ID, bulkhead::ID);
    refused(&mut desk.world, &tampered, ErrorCode::InvalidProgramId);
}

#[test]
fn execute_order_fails_unsigned_readonly_or_forged() {
    let (mut desk, instruction) = ready(OrderAction::Increase);
    let keeper = desk.world.keeper.key;
    refused(&mut desk.world, &unsigned(&instruction, keeper), ErrorCode::AccountNotSigner);
    refuses_readonly(&mut desk.world, &instruction, &[]);
    refuses_impostors(&mut desk.world, &instruction, &[]);
}

#[test]
fn execute_order_fails_while_the_vault_is_frozen() {
    let (mut desk, instruction) = ready(OrderAction::Decrease);
    desk.world.freeze(pda::vault(&desk.position));
    refused(&mut desk.world, &instruction, token_error::FROZEN);
}

/// INV-01, INV-02, INV-03, INV-05 and INV-06: the program looks at its books at the end.
#[test]
fn execute_order_fails_on_another_layout_or_broken_books() {
    let (mut desk, instruction) = ready(OrderAction::Decrease);
    let (position, order, market) = (desk.position, pda::order(&desk.position, 1), desk.keys().market);
    let good = [position, order, market].map(|address| (address, desk.world.account(&address).unwrap()));
    let mut broken = |poke: &dyn Fn(&mut bulkhead_lab::world::World), error: BulkheadError| {
        for (address, account) in &good {
            desk.world.set_account(*address, account.clone());
        }
        poke(&mut desk.world);
        refused(&mut desk.world, &instruction, error);
    };
    broken(&|w| poke(w, &order, |o: &mut Order| o.version = 2), BulkheadError::AccountVersionMismatch);
    broken(&|w| poke(w, &order, |o: &mut Order| o.action = 2), BulkheadError::CorruptAccount);
    broken(&|w| poke(w, &order, |o: &mut Order| o.size_atoms = 0), BulkheadError::SizeZero);
    broken(&|w| poke(w, &position, |p: &mut Position| p.version = 2), BulkheadError::AccountVersionMismatch);
    broken(&|w| poke(w, &position, |p: &mut Position| p.status = 0), BulkheadError::PositionNotOpen);
    broken(
        &|w| poke(w, &position, |p: &mut Position| p.open_orders = 0),
        BulkheadError::PositionInconsistent,
    );
    broken(
        &|w| poke(w, &position, |p: &mut Position| p.collateral_atoms += USD),
        BulkheadError::VaultBelowBooked,
    );
    broken(&|w| poke(w, &market, |m: &mut Market| m.version = 1), BulkheadError::AccountVersionMismatch);
    broken(&|w| poke(w, &market, |m: &mut Market| m.status = 9), BulkheadError::CorruptAccount);
    broken(&|w| poke(w, &market, |m: &mut Market| m.pool_atoms += USD), BulkheadError::PoolVaultBelowBooked);
    broken(&|w| poke(w, &market, |m: &mut Market| m.pool_atoms = USD), BulkheadError::ReserveNotCovered);
    broken(&|w| poke(w, &market, |m: &mut Market| m.short.positions = 0), BulkheadError::LedgerInconsistent);
    broken(
        &|w| poke(w, &market, |m: &mut Market| m.long.cost_e12 = 0_u128.into()),
        BulkheadError::AccountingBroken,
    );
    broken(
        &|w| poke(w, &position, |p: &mut Position| p.borrow_snapshot_e12 = 1_u128.into()),
        BulkheadError::AccountingBroken,
    );
}

#[test]
fn execute_order_fails_to_increase_with_a_payout_cap_out_of_range() {
    let (mut desk, instruction) = ready(OrderAction::Increase);
    let order = pda::order(&desk.position, 1);
    for cap in [49_999, 1_000_001] {
        poke(&mut desk.world, &order, |order: &mut Order| order.payout_cap_ppm = cap);
        refused(&mut desk.world, &instruction, BulkheadError::PayoutCapOutOfRange);
    }
}
