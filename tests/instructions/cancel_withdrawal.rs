//! `cancel_withdrawal`: the shares come back, in time by the owner and after the window by anyone.

use anchor_lang::error::ErrorCode;
use bulkhead::constants::{CANCEL_TIP_LAMPORTS, TIP_LAMPORTS_MIN};
use bulkhead::error::BulkheadError;
use bulkhead::events::WithdrawalCancelled;
use bulkhead::instructions::RequestWithdrawalArgs;
use bulkhead::state::{Market, Protocol, Withdrawal};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::World;
use bulkhead_tests::*;
use solana_account::Account;

use crate::desk::second_market;
use crate::exits::{DEPOSIT, Exit, HOUR, Holdings, SHARES};

#[test]
fn cancel_withdrawal_ok_by_the_owner_in_time() {
    let mut exit = Exit::requested();
    let (before, market, owner) = (exit.holdings(), exit.world.market(), exit.lp.who.key);
    let lamports = exit.world.lamports(&owner);
    exit.world.warp_to(exit.world.now() + HOUR - 601);
    let done = exit.send(exit.by_owner());
    assert_eq!(exit.holdings(), Holdings { shares: DEPOSIT, escrow: 0, ..before });
    assert_eq!(exit.world.market(), market);
    let back = rent_of::<Withdrawal>(&exit.world) + rent(&exit.world, TOKEN_ACCOUNT_LEN) + TIP_LAMPORTS_MIN;
    assert_eq!(exit.world.lamports(&owner), lamports + back);
    let event = WithdrawalCancelled {
        market: exit.keys().market,
        withdrawal: exit.withdrawal,
        owner,
        by: owner,
        shares_returned: SHARES,
        tip_lamports: 0,
    };
    assert_events(&done, [event.into()]);
}

#[test]
fn cancel_withdrawal_ok_once_lapsed_by_anyone_for_the_tip() {
    let mut world = World::new().unwrap();
    let (lp, payer) = (world.provider(DEPOSIT, DEPOSIT).unwrap(), world.wallet());
    let args = RequestWithdrawalArgs { withdrawal_id: 0, shares: SHARES, tip_lamports: 50_000 };
    let keys = world.keys;
    let tokens = lp.who.tokens;
    world.send(&[ix::request_withdrawal(&keys, lp.who.key, payer, lp.shares, tokens, args)]).unwrap();
    let withdrawal = pda::withdrawal(&keys.market, &lp.who.key, 0);
    let mut exit = Exit { world, lp, withdrawal };
    exit.world.warp_to(exit.world.now() + 2 * HOUR);
    let canceller = exit.world.actor(0);
    let lamports = [canceller.key, payer].map(|key| exit.world.lamports(&key));
    let cancellation = exit.cancellation(canceller.key);
    exit.send(cancellation.clone());
    assert_eq!(exit.holdings().shares, DEPOSIT);
    assert_eq!(exit.world.lamports(&canceller.key), lamports[0] + CANCEL_TIP_LAMPORTS);
    let rents = rent_of::<Withdrawal>(&exit.world) + rent(&exit.world, TOKEN_ACCOUNT_LEN);
    assert_eq!(exit.world.lamports(&payer), lamports[1] + rents + 50_000 - CANCEL_TIP_LAMPORTS);
    refused(&mut exit.world, &cancellation, ErrorCode::AccountOwnedByWrongProgram);
}

/// The tip was the payer's: neither they nor the owner, who may cancel for nothing, earn it.
#[test]
fn cancel_withdrawal_ok_owner_and_payer_earn_no_tip() {
    for by_payer in [false, true] {
        let mut world = World::new().unwrap();
        let (lp, payer) = (world.provider(DEPOSIT, DEPOSIT).unwrap(), world.wallet());
        let args = RequestWithdrawalArgs { withdrawal_id: 0, shares: SHARES, tip_lamports: 50_000 };
        let (keys, owner, tokens) = (world.keys, lp.who.key, lp.who.tokens);
        world.send(&[ix::request_withdrawal(&keys, owner, payer, lp.shares, tokens, args)]).unwrap();
        let mut exit = Exit { world, lp, withdrawal: pda::withdrawal(&keys.market, &owner, 0) };
        exit.world.warp_to(exit.world.now() + 2 * HOUR);
        let lamports = [owner, payer].map(|key| exit.world.lamports(&key));
        let by = if by_payer { payer } else { owner };
        let done = exit.send(exit.cancellation(by));
        let rents = rent_of::<Withdrawal>(&exit.world) + rent(&exit.world, TOKEN_ACCOUNT_LEN);
        let after = [owner, payer].map(|key| exit.world.lamports(&key));
        assert_eq!(after, [lamports[0], lamports[1] + rents + 50_000]);
        let (market, withdrawal) = (keys.market, exit.withdrawal);
        let shares_returned = SHARES;
        let event = WithdrawalCancelled { market, withdrawal, owner, by, shares_returned, tip_lamports: 0 };
        assert_events(&done, [event.into()]);
    }
}

#[test]
fn cancel_withdrawal_fails_where_it_would_be_an_option() {
    let mut exit = Exit::requested();
    let stranger = exit.world.actor(0).key;
    let refusal = BulkheadError::WithdrawalNotCancellable;
    let (owners, strangers) = (exit.by_owner(), exit.cancellation(stranger));
    refused(&mut exit.world, &strangers, refusal);
    let requested_at = exit.account().requested_at;
    for secs in [HOUR - 600, HOUR - 1, HOUR, 2 * HOUR - 1] {
        exit.world.warp_to(requested_at + secs);
        refused(&mut exit.world, &owners, refusal);
        refused(&mut exit.world, &strangers, refusal);
    }
    exit.world.warp_to(requested_at + 2 * HOUR);
    exit.send(owners);
}

#[test]
fn cancel_withdrawal_ok_of_one_that_waited_counts_it_out() {
    let mut exit = Exit::matured();
    exit.set_aside_all(true);
    exit.send(exit.execution());
    assert_eq!(exit.world.market().withdrawals_short, 1);
    let owners = exit.by_owner();
    refused(&mut exit.world, &owners, BulkheadError::WithdrawalNotCancellable);
    exit.world.warp_to(exit.world.now() + HOUR);
    let stranger = exit.world.actor(0).key;
    exit.send(exit.cancellation(stranger));
    let market = exit.world.market();
    assert_eq!((market.withdrawals_short, market.withdrawals_short_since), (0, 0));
    assert_eq!(exit.holdings().shares, DEPOSIT);
}

#[test]
fn cancel_withdrawal_ok_nobody_can_keep_it_open_for_more_than_a_day() {
    let mut exit = Exit::matured();
    exit.set_aside_all(true);
    exit.send(exit.execution());
    let since = exit.world.now();
    while exit.world.now() < since + 86_400 - HOUR {
        exit.wait(HOUR / 2);
        exit.send(exit.execution());
    }
    let owners = exit.by_owner();
    exit.world.warp_to(since + 86_399);
    refused(&mut exit.world, &owners, BulkheadError::WithdrawalNotCancellable);
    exit.world.advance(1);
    exit.send(owners);
    assert_eq!(exit.world.market().withdrawals_short, 0);
}

#[test]
fn cancel_withdrawal_ok_whatever_is_paused_closed_or_sent() {
    let mut exit = Exit::requested();
    poke(&mut exit.world, &pda::protocol(), |protocol: &mut Protocol| {
        for pause in
            [&mut protocol.pause_withdrawals, &mut protocol.pause_deposits, &mut protocol.pause_new_risk]
        {
            pause.until = i64::MAX;
        }
    });
    let (market, shares, vault, tokens) =
        (exit.keys().market, exit.lp.shares, exit.vault(), exit.lp.who.tokens);
    for status in [1, 2] {
        poke(&mut exit.world, &market, |market: &mut Market| market.status = status);
    }
    // The owner has closed both accounts; somebody has sent shares to the escrow, and no price stands.
    exit.world.set_account(shares, Account::default());
    exit.world.set_account(tokens, Account::default());
    exit.world.mint_to(vault, 3);
    exit.world.warp_to(exit.world.now() + 5 * HOUR);
    let (owner, stranger) = (exit.lp.who.key, exit.world.actor(0).key);
    let cancellation = exit.cancellation(stranger);
    refused(&mut exit.world, &cancellation, BulkheadError::SharesAccountMismatch);
    let mint = pda::lp_mint(&market);
    let theirs = exit.world.create_token_account(mint, stranger);
    let tampered = swapped(&cancellation, shares, theirs);
    refused(&mut exit.world, &tampered, BulkheadError::SharesAccountMismatch);
    let made = exit.world.create_token_account(mint, owner);
    exit.send(swapped(&cancellation, shares, made));
    assert_eq!(exit.world.token_balance(&made), SHARES + 3);
}

#[test]
fn cancel_withdrawal_fails_with_another_account_in_each_place() {
    let mut exit = Exit::requested();
    let (keys, there) = (exit.keys(), second_market(&mut exit.world));
    let other = exit.world.provider(DEPOSIT, DEPOSIT).unwrap();
    let sibling = exit.world.request_withdrawal(&other, USD).unwrap();
    exit.world.warp_to(exit.world.now() + 2 * HOUR);
    let stranger = exit.world.actor(0).key;
    let cancellation = exit.cancellation(stranger);
    let vault = exit.vault();
    for (own, wrong, error) in [
        (keys.market, there.market, BulkheadError::WithdrawalMarketMismatch),
        (exit.withdrawal, sibling, BulkheadError::WithdrawalPayerMismatch),
        (exit.lp.who.key, stranger, BulkheadError::WithdrawalPayerMismatch),
        (vault, pda::withdrawal_vault(&sibling), BulkheadError::WithdrawalVaultMismatch),
        (exit.lp.shares, other.shares, BulkheadError::SharesAccountMismatch),
        (exit.lp.shares, exit.lp.who.tokens, BulkheadError::SharesAccountMismatch),
        (exit.lp.shares, vault, BulkheadError::SharesAccountMismatch),
        (pda::lp_mint(&keys.market), pda::lp_mint(&there.market), BulkheadError::LpMintMismatch),
        (keys.token_program, spl_token_2022_interface::ID, BulkheadError::TokenProgramMismatch),
    ] {
        refused(&mut exit.world, &swapped(&cancellation, own, wrong), error);
    }
    refused(&mut exit.world, &unsigned(&cancellation, stranger), ErrorCode::AccountNotSigner);
    refuses_readonly(&mut exit.world, &cancellation, &[]);
    refuses_impostors(&mut exit.world, &cancellation, &[]);
}
