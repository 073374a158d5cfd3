//! `collect_fees`: the protocol's share, to its fee receiver and nobody else.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::FeesCollected;
use bulkhead::state::{Market, PositionSide};
use bulkhead_client::{ix, pda};
use bulkhead_tests::*;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::desk::{Desk, other_mint, second_market};

/// A tenth of 0.1 % of the 6,002.4 USD that 0.1 BTC cost at 60,024.
const FEES: u64 = 600_240;

fn with_fees() -> (Desk, Pubkey, Instruction) {
    let mut desk = Desk::open(PositionSide::Long);
    let receiver = desk.world.create_token_account(desk.world.mint, desk.world.fee_receiver);
    let collect = ix::collect_fees(&desk.keys(), receiver);
    (desk, receiver, collect)
}

#[test]
fn collect_fees_ok_moves_exactly_the_protocols_share() {
    let (mut desk, receiver, collect) = with_fees();
    let (market, pool_vault) = (desk.keys().market, pda::pool_vault(&desk.keys().market));
    desk.world.mint_to(pool_vault, 1_000);
    let before = desk.world.market();
    let held = desk.world.token_balance(&pool_vault);
    assert_eq!(before.protocol_fees_atoms, FEES);
    // Anyone sends it: no signature but that of whoever pays the transaction.
    let done = desk.world.send(&[collect]).unwrap();
    assert_eq!(desk.world.token_balance(&receiver), FEES);
    assert_eq!(desk.world.token_balance(&pool_vault), held - FEES);
    assert_eq!(desk.world.market(), Market { protocol_fees_atoms: 0, ..before });
    assert_events(&done, [FeesCollected { market, amount_atoms: FEES }.into()]);
}

#[test]
fn collect_fees_fails_with_nothing_to_collect() {
    let (mut desk, _, collect) = with_fees();
    desk.world.send(std::slice::from_ref(&collect)).unwrap();
    // Donated tokens are no fees.
    desk.world.mint_to(pda::pool_vault(&desk.keys().market), USD);
    refused(&mut desk.world, &collect, BulkheadError::NothingToCollect);
}

#[test]
fn collect_fees_fails_to_another_receiver() {
    let (mut desk, receiver, collect) = with_fees();
    let keeper = desk.world.keeper.tokens;
    for other in [keeper, pda::pool_vault(&desk.keys().market), pda::vault(&desk.position)] {
        let tampered = swapped(&collect, receiver, other);
        refused(&mut desk.world, &tampered, BulkheadError::FeeReceiverMismatch);
    }
    let mint = other_mint(&mut desk.world);
    let elsewhere = desk.world.create_token_account(mint, desk.world.fee_receiver);
    let tampered = swapped(&collect, receiver, elsewhere);
    refused(&mut desk.world, &tampered, token_error::MINT_MISMATCH);
    let forged = impostor(&mut desk.world, &receiver);
    let tampered = swapped(&collect, receiver, forged);
    refused(&mut desk.world, &tampered, ErrorCode::AccountOwnedByWrongProgram);
    desk.world.freeze(receiver);
    refused(&mut desk.world, &collect, token_error::FROZEN);
}

#[test]
fn collect_fees_fails_out_of_another_vault() {
    let (mut desk, _, collect) = with_fees();
    let other = second_market(&mut desk.world);
    let market = desk.keys().market;
    let others = [pda::pool_vault(&other.market), pda::insurance_vault(&market), pda::vault(&desk.position)];
    for vault in others {
        let tampered = swapped(&collect, pda::pool_vault(&market), vault);
        refused(&mut desk.world, &tampered, BulkheadError::PoolVaultMismatch);
    }
    let tampered = swapped(&collect, market, other.market);
    refused(&mut desk.world, &tampered, BulkheadError::PoolVaultMismatch);
}

#[test]
fn collect_fees_fails_with_another_mint_or_token_program() {
    let (mut desk, _, collect) = with_fees();
    let mint = other_mint(&mut desk.world);
    let tampered = swapped(&collect, desk.keys().collateral_mint, mint);
    refused(&mut desk.world, &tampered, BulkheadError::CollateralMintMismatch);
    let tampered = swapped(&collect, spl_token_interface::ID, spl_token_2022_interface::ID);
    refused(&mut desk.world, &tampered, BulkheadError::TokenProgramMismatch);
}

#[test]
fn collect_fees_fails_readonly_or_forged() {
    let (mut desk, _, collect) = with_fees();
    refuses_readonly(&mut desk.world, &collect, &[]);
    refuses_impostors(&mut desk.world, &collect, &[]);
}

#[test]
fn collect_fees_fails_where_the_pool_vault_would_hold_less_than_booked() {
    let (mut desk, _, collect) = with_fees();
    let market = desk.keys().market;
    poke(&mut desk.world, &market, |market: &mut Market| market.pool_atoms += 1);
    refused(&mut desk.world, &collect, BulkheadError::PoolVaultBelowBooked);
    poke(&mut desk.world, &market, |market: &mut Market| {
        market.pool_atoms -= 1;
        market.long.reserved_atoms = market.pool_atoms + 1;
    });
    refused(&mut desk.world, &collect, BulkheadError::ReserveNotCovered);
    poke(&mut desk.world, &market, |market: &mut Market| {
        market.long.reserved_atoms = 0;
        market.long.positions = 0;
    });
    refused(&mut desk.world, &collect, BulkheadError::LedgerInconsistent);
}
