//! `request_withdrawal`: shares go into escrow for an hour.

use anchor_lang::error::ErrorCode;
use bulkhead::constants::TIP_LAMPORTS_MIN;
use bulkhead::error::BulkheadError;
use bulkhead::events::WithdrawalRequested;
use bulkhead::instructions::RequestWithdrawalArgs;
use bulkhead::state::{Market, PositionSide, Protocol, Trader, Withdrawal};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, Provider, World};
use bulkhead_tests::*;
use bytemuck::Zeroable;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_transaction::InstructionError;

use crate::desk::{other_mint, second_market};
use crate::exits::{DEPOSIT, HOUR};

fn start() -> (World, Provider) {
    let mut world = World::new().unwrap();
    let lp = world.provider(DEPOSIT, DEPOSIT).unwrap();
    (world, lp)
}

fn args(withdrawal_id: u32, shares: u64) -> RequestWithdrawalArgs {
    RequestWithdrawalArgs { withdrawal_id, shares, tip_lamports: TIP_LAMPORTS_MIN }
}

fn request(world: &World, lp: &Provider, args: RequestWithdrawalArgs) -> Instruction {
    let who = lp.who;
    ix::request_withdrawal(&world.keys, who.key, who.key, lp.shares, who.tokens, args)
}

#[test]
fn request_withdrawal_ok_moves_shares_and_tip_and_nothing_of_the_market() {
    let (mut world, lp) = start();
    let (keys, owner, payer) = (world.keys, lp.who.key, world.wallet());
    let withdrawal = pda::withdrawal(&keys.market, &owner, 0);
    let vault = pda::withdrawal_vault(&withdrawal);
    let (market, lamports) = (world.market(), world.lamports(&payer));
    let asked = RequestWithdrawalArgs { tip_lamports: 77_777, ..args(0, 5 * USD) };
    let done =
        world.send(&[ix::request_withdrawal(&keys, owner, payer, lp.shares, lp.who.tokens, asked)]).unwrap();
    assert_eq!(world.market(), market);
    assert_eq!(world.token_balance(&lp.shares), DEPOSIT - 5 * USD);
    assert_eq!(world.token_balance(&vault), 5 * USD);
    let now = world.now();
    let account = world.withdrawal(&withdrawal);
    let expected = Withdrawal {
        version: 1,
        bump: account.bump,
        vault_bump: account.vault_bump,
        market: keys.market,
        owner,
        payer,
        vault,
        destination: lp.who.tokens,
        shares_requested: 5 * USD,
        shares: 5 * USD,
        tip_lamports: 77_777,
        requested_at: now,
        executable_from: now + HOUR,
        lapses_at: now + 2 * HOUR,
        ..Withdrawal::zeroed()
    };
    assert_eq!(account, expected);
    let rents = rent_of::<Withdrawal>(&world) + rent_of::<Trader>(&world) + rent(&world, TOKEN_ACCOUNT_LEN);
    assert_eq!(world.lamports(&payer), lamports - rents - 77_777);
    assert_eq!(world.lamports(&withdrawal), rent_of::<Withdrawal>(&world) + 77_777);
    let trader = world.trader(&owner).unwrap();
    assert_eq!((trader.next_withdrawal_id, trader.next_position_id), (1, 0));
    let event = WithdrawalRequested {
        market: keys.market,
        withdrawal,
        owner,
        id: 0,
        shares: 5 * USD,
        destination: lp.who.tokens,
        executable_from: now + HOUR,
        lapses_at: now + 2 * HOUR,
        tip_lamports: 77_777,
    };
    assert_events(&done, [event.into()]);
}

#[test]
fn request_withdrawal_ok_counts_beside_positions() {
    let (mut world, lp) = start();
    world.mint_to(lp.who.tokens, 10_000 * USD);
    world.request_withdrawal(&lp, USD).unwrap();
    let opening = Opening::new(PositionSide::Long, BTC / 10, 1_000 * USD);
    world.place(&lp.who, &opening).unwrap();
    world.request_withdrawal(&lp, USD).unwrap();
    world.place(&lp.who, &opening).unwrap();
    let trader = world.trader(&lp.who.key).unwrap();
    assert_eq!((trader.next_withdrawal_id, trader.next_position_id), (2, 2));
}

#[test]
fn request_withdrawal_ok_in_a_market_that_winds_down_and_without_a_price() {
    let (mut world, lp) = start();
    let market = world.keys.market;
    poke(&mut world, &market, |market: &mut Market| market.status = 1);
    world.warp_to(world.now() + 86_400);
    world.request_withdrawal(&lp, USD).unwrap();
}

#[test]
fn request_withdrawal_ok_on_addresses_that_hold_lamports() {
    let (mut world, lp) = start();
    let withdrawal = pda::withdrawal(&world.keys.market, &lp.who.key, 0);
    for address in [withdrawal, pda::withdrawal_vault(&withdrawal)] {
        world.set_lamports(address, 1_000_000);
    }
    world.request_withdrawal(&lp, USD).unwrap();
}

#[test]
fn request_withdrawal_fails_of_too_few_too_many_or_none() {
    let (mut world, lp) = start();
    for (shares, error) in [
        (0, u32::from(BulkheadError::AmountZero)),
        (9_999, BulkheadError::WithdrawalTooSmall.into()),
        (DEPOSIT + 1, token_error::INSUFFICIENT_FUNDS),
        (u64::MAX, BulkheadError::WithdrawalTooSmall.into()),
    ] {
        let instruction = request(&world, &lp, args(0, shares));
        refused(&mut world, &instruction, error);
    }
    let poor = RequestWithdrawalArgs { tip_lamports: TIP_LAMPORTS_MIN - 1, ..args(0, USD) };
    let instruction = request(&world, &lp, poor);
    refused(&mut world, &instruction, BulkheadError::TipTooSmall);
    world.request_withdrawal(&lp, 10_000).unwrap();
}

#[test]
fn request_withdrawal_fails_with_another_id_and_twice() {
    let (mut world, lp) = start();
    let first = request(&world, &lp, args(1, USD));
    refused(&mut world, &first, BulkheadError::IdMismatch);
    world.request_withdrawal(&lp, USD).unwrap();
    let again = request(&world, &lp, args(0, USD));
    refused(&mut world, &again, ALREADY_IN_USE);
    let skipped = request(&world, &lp, args(2, USD));
    refused(&mut world, &skipped, BulkheadError::IdMismatch);
}

#[test]
fn request_withdrawal_fails_while_withdrawals_are_paused() {
    let (mut world, lp) = start();
    let until = world.now() + 10;
    poke(&mut world, &pda::protocol(), |protocol: &mut Protocol| protocol.pause_withdrawals.until = until);
    let instruction = request(&world, &lp, args(0, USD));
    refused(&mut world, &instruction, BulkheadError::WithdrawalsPaused);
    world.advance(9);
    refused(&mut world, &instruction, BulkheadError::WithdrawalsPaused);
    world.advance(1);
    poke(&mut world, &pda::protocol(), |protocol: &mut Protocol| protocol.pause_deposits.until = i64::MAX);
    world.send(&[instruction]).unwrap();
}

#[test]
fn request_withdrawal_fails_with_a_destination_that_is_none() {
    let (mut world, lp) = start();
    let (keys, mint) = (world.keys, other_mint(&mut world));
    let elsewhere = world.create_token_account(mint, lp.who.key);
    let instruction = request(&world, &lp, args(0, USD));
    let pool = pda::pool_vault(&keys.market);
    for wrong in [
        elsewhere,
        lp.shares,
        lp.who.key,
        Pubkey::new_unique(),
        keys.collateral_mint,
        keys.market,
        pool,
        pda::insurance_vault(&keys.market),
    ] {
        let tampered = swapped(&instruction, lp.who.tokens, wrong);
        refused(&mut world, &tampered, BulkheadError::DestinationMismatch);
    }
    let fake = impostor(&mut world, &lp.who.tokens);
    let tampered = swapped(&instruction, lp.who.tokens, fake);
    refused(&mut world, &tampered, BulkheadError::DestinationMismatch);
    // Somebody else's account is the owner's choice.
    let other = world.actor(0);
    world.send(&[swapped(&instruction, lp.who.tokens, other.tokens)]).unwrap();
}

#[test]
fn request_withdrawal_fails_with_anothers_shares_counters_or_market() {
    let (mut world, lp) = start();
    let other = world.provider(DEPOSIT, DEPOSIT).unwrap();
    let there = second_market(&mut world);
    let instruction = request(&world, &lp, args(0, USD));
    let tampered = swapped(&instruction, lp.shares, other.shares);
    refused(&mut world, &tampered, token_error::OWNER_MISMATCH);
    world.mint_to(lp.who.tokens, USD);
    let tampered = swapped(&instruction, lp.shares, lp.who.tokens);
    // The source of the shares, and the destination, are both the collateral account now.
    refused(&mut world, &tampered, token_error::MINT_MISMATCH);
    let market = world.keys.market;
    let theirs = pda::trader(&market, &other.who.key);
    let tampered = swapped(&instruction, pda::trader(&market, &lp.who.key), theirs);
    refused(&mut world, &tampered, ErrorCode::ConstraintSeeds);
    let tampered = swapped(&instruction, pda::lp_mint(&market), pda::lp_mint(&there.market));
    refused(&mut world, &tampered, BulkheadError::LpMintMismatch);
    let tampered = swapped(&instruction, spl_token_interface::ID, spl_token_2022_interface::ID);
    // The creation of the escrow, which comes first, notices that it is another's mint.
    refused_by_chain(&mut world, &tampered, InstructionError::IncorrectProgramId);
    let tampered = swapped(&instruction, market, there.market);
    refused(&mut world, &tampered, ErrorCode::ConstraintSeeds);
}

#[test]
fn request_withdrawal_fails_unsigned_readonly_or_forged() {
    let (mut world, lp) = start();
    let (keys, owner, payer) = (world.keys, lp.who.key, world.wallet());
    let instruction = ix::request_withdrawal(&keys, owner, payer, lp.shares, lp.who.tokens, args(0, USD));
    for signer in [owner, payer] {
        refused(&mut world, &unsigned(&instruction, signer), ErrorCode::AccountNotSigner);
    }
    let withdrawal = pda::withdrawal(&keys.market, &owner, 0);
    let vault = pda::withdrawal_vault(&withdrawal);
    let created = [pda::trader(&keys.market, &owner), withdrawal, vault, payer];
    refuses_readonly(&mut world, &instruction, &created);
    refuses_impostors(&mut world, &instruction, &[]);
    poke(&mut world, &keys.market, |market: &mut Market| market.version = 1);
    refused(&mut world, &instruction, BulkheadError::AccountVersionMismatch);
}
