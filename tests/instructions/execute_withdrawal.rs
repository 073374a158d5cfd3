//! `execute_withdrawal`: who leaves is paid what their shares are worth, within what may leave.

mod sandwiches;

use anchor_lang::error::ErrorCode;
use bulkhead::constants::TIP_LAMPORTS_MIN;
use bulkhead::error::BulkheadError;
use bulkhead::events::WithdrawalExecuted;
use bulkhead::state::{Market, PositionSide, Protocol, Withdrawal};
use bulkhead_client::pda;
use bulkhead_lab::world::{Opening, World};
use bulkhead_tests::*;
use solana_account::Account;

use crate::desk::{other_mint, second_market};
use crate::exits::{DEPOSIT, Exit, HOUR, Holdings, SHARES};

#[test]
fn execute_withdrawal_ok_pays_all_burns_and_closes() {
    let mut exit = Exit::matured();
    let (before, market) = (exit.holdings(), exit.world.market());
    let (owner, keeper) = (exit.lp.who.key, exit.world.keeper.key);
    let lamports = [owner, keeper].map(|key| exit.world.lamports(&key));
    let done = exit.send(exit.execution());
    assert_eq!(
        exit.holdings(),
        Holdings {
            pool: before.pool - SHARES,
            collateral: before.collateral + SHARES,
            shares: before.shares,
            escrow: 0,
            supply: before.supply - SHARES,
        }
    );
    let after = exit.world.market();
    assert_eq!((after.pool_atoms, after.shares), (market.pool_atoms - SHARES, market.shares - SHARES));
    assert_eq!((after.withdrawal_outflow_atoms, after.withdrawal_outflow_at), (SHARES, exit.world.now()));
    assert_eq!((after.withdrawals_short, after.withdrawals_short_since), (0, 0));
    // Rent of both accounts to who paid it, the tip to the keeper.
    let rents = rent_of::<Withdrawal>(&exit.world) + rent(&exit.world, TOKEN_ACCOUNT_LEN);
    assert_eq!(exit.world.lamports(&owner), lamports[0] + rents);
    assert_eq!(exit.world.lamports(&keeper), lamports[1] + TIP_LAMPORTS_MIN);
    for gone in [exit.withdrawal, exit.vault()] {
        assert_eq!(exit.world.lamports(&gone), 0);
    }
    let event = WithdrawalExecuted {
        market: exit.keys().market,
        withdrawal: exit.withdrawal,
        owner,
        executor: keeper,
        amount_atoms: SHARES,
        shares_burnt: SHARES,
        shares_left: 0,
        lapses_at: exit.world.now() + HOUR,
        value_before_atoms: market.pool_atoms,
        pool_atoms: after.pool_atoms,
        tip_lamports: TIP_LAMPORTS_MIN,
    };
    assert_events(&done, [event.into()]);
}

#[test]
fn execute_withdrawal_ok_in_its_window_and_never_outside() {
    for (secs, error) in [
        (HOUR - 1, Some(BulkheadError::WithdrawalNotMatured)),
        (HOUR, None),
        (2 * HOUR - 1, None),
        (2 * HOUR, Some(BulkheadError::WithdrawalLapsed)),
    ] {
        let mut exit = Exit::requested().after(secs);
        let execution = exit.execution();
        match error {
            Some(error) => drop(refused(&mut exit.world, &execution, error)),
            None => drop(exit.send(execution)),
        }
    }
}

#[test]
fn execute_withdrawal_ok_bears_gains_and_gets_nothing_of_losses() {
    for (side, price, gain) in [
        (PositionSide::Long, 63_000, 297_600_000),
        (PositionSide::Long, 57_000, 0),
        (PositionSide::Short, 57_000, 297_600_000),
        (PositionSide::Short, 63_000, 0),
    ] {
        let mut world = World::new().unwrap();
        let trader = world.actor(10_000 * USD);
        world.open(&trader, &Opening::new(side, BTC / 10, 1_000 * USD)).unwrap();
        let mut exit = Exit::requested_in(world, SHARES).after(HOUR);
        exit.world.move_price(price * E8, 10).unwrap();
        let (before, market) = (exit.holdings(), exit.world.market());
        assert_eq!(market.pool_atoms, 21_000_000 * USD);
        exit.send(exit.execution());
        let value = u128::from(market.pool_atoms - gain);
        let worth = u128::from(SHARES) * value / u128::from(market.shares);
        assert_eq!(u128::from(exit.holdings().collateral - before.collateral), worth, "{side:?} {price}");
    }
}

#[test]
fn execute_withdrawal_ok_pays_a_fifth_of_the_pool_an_hour() {
    let mut world = World::new().unwrap();
    let lp = world.provider(60_000_000 * USD, 60_000_000 * USD).unwrap();
    let withdrawal = world.request_withdrawal(&lp, 60_000_000 * USD).unwrap();
    let mut exit = Exit { world, lp, withdrawal }.after(HOUR);
    let keeper = exit.world.keeper.key;
    let tips = exit.world.lamports(&keeper);
    exit.send(exit.execution());
    // 16 of the 80 million; the tip in the share of what was paid.
    let first = exit.holdings();
    assert_eq!((first.collateral, first.pool), (16_000_000 * USD, 64_000_000 * USD));
    let account = exit.account();
    assert_eq!((account.shares, account.paid_atoms), (44_000_000 * USD, 16_000_000 * USD));
    assert_eq!((account.short_since, account.lapses_at), (exit.world.now(), exit.world.now() + HOUR));
    let tip = TIP_LAMPORTS_MIN * 16 / 60;
    assert_eq!(exit.world.lamports(&keeper), tips + tip);
    assert_eq!(account.tip_lamports, TIP_LAMPORTS_MIN - tip);
    assert_eq!(
        exit.world.lamports(&exit.withdrawal),
        rent_of::<Withdrawal>(&exit.world) + account.tip_lamports
    );
    let market = exit.world.market();
    assert_eq!((market.withdrawals_short, market.withdrawals_short_since), (1, exit.world.now()));
    // Again at once: nothing moves, nothing is paid for it.
    exit.send(exit.execution());
    assert_eq!((exit.holdings(), exit.account()), (first, account));
    assert_eq!(exit.world.lamports(&keeper), tips + tip);
    // Hour by hour all of it goes, to the last share.
    let mut hours = 1;
    while exit.world.withdrawal_at(&exit.withdrawal).is_some() {
        exit.wait(HOUR - 1);
        exit.send(exit.execution());
        hours += 1;
    }
    assert_eq!(hours, 7);
    let last = exit.holdings();
    // An atom may be lost to each payment.
    assert!((60_000_000 * USD - 7..=60_000_000 * USD).contains(&last.collateral), "{last:?}");
    assert_eq!(last.pool, 80_000_000 * USD - last.collateral);
    let market = exit.world.market();
    assert_eq!((market.withdrawals_short, market.withdrawals_short_since), (0, 0));
    assert_eq!((market.pool_atoms, market.shares), (last.pool, 20_000_000 * USD));
    assert_eq!(exit.world.lamports(&keeper), tips + TIP_LAMPORTS_MIN);
}

#[test]
fn execute_withdrawal_ok_waits_where_all_is_set_aside_and_holds_new_risk_back_after_a_day() {
    let mut exit = Exit::matured();
    exit.set_aside_all(true);
    let (before, since) = (exit.holdings(), exit.world.now());
    exit.send(exit.execution());
    assert_eq!(exit.holdings(), before);
    assert_eq!((exit.account().shares, exit.account().tip_lamports), (SHARES, TIP_LAMPORTS_MIN));
    // For a day somebody keeps it open; nobody is paid for that.
    for _ in 0..24 {
        exit.wait(HOUR - 1);
        exit.send(exit.execution());
        assert_eq!(exit.world.market().withdrawals_short_since, since);
    }
    exit.set_aside_all(false);
    let trader = exit.world.actor(10_000 * USD);
    let opening = Opening::new(PositionSide::Long, BTC / 10, 1_000 * USD);
    exit.world.warp_to(since + 86_395);
    let position = exit.world.place(&trader, &opening).unwrap();
    exit.world.advance(5);
    exit.world.execute(position, 0).unwrap();
    let second = exit.world.place(&trader, &opening).unwrap();
    exit.world.advance(5);
    let order = crate::desk::execution(&exit.world, second, 0);
    refused(&mut exit.world, &order, BulkheadError::WithdrawalsWaiting);
    // What waited is paid first; the order has its window and fills.
    exit.send(exit.execution());
    assert_eq!(exit.world.market().withdrawals_short, 0);
    exit.world.advance(5);
    exit.send(order);
    assert_eq!(exit.world.position(&second).status, 1);
}

#[test]
fn execute_withdrawal_ok_what_others_send_to_the_escrow_blocks_and_pays_nothing() {
    let mut exit = Exit::matured();
    let market = exit.world.market();
    let (vault, before) = (exit.vault(), exit.holdings());
    exit.world.mint_to(vault, 7);
    exit.send(exit.execution());
    let after = exit.holdings();
    assert_eq!(after.collateral - before.collateral, SHARES);
    assert_eq!(
        (after.supply, exit.world.market().shares),
        (before.supply - SHARES, market.shares - SHARES - 7)
    );
    assert_eq!(exit.world.lamports(&vault), 0);
}

#[test]
fn execute_withdrawal_ok_in_a_market_that_winds_down() {
    let mut exit = Exit::matured();
    let market = exit.keys().market;
    poke(&mut exit.world, &market, |market: &mut Market| market.status = 1);
    exit.send(exit.execution());
    assert!(exit.world.withdrawal_at(&exit.withdrawal).is_none());
}

#[test]
fn execute_withdrawal_ok_by_the_owner_who_paid_for_it() {
    let mut exit = Exit::matured();
    let owner = exit.lp.who.key;
    let execution = swapped(&exit.execution(), exit.world.keeper.key, owner);
    let lamports = exit.world.lamports(&owner);
    exit.send(execution);
    let back = rent_of::<Withdrawal>(&exit.world) + rent(&exit.world, TOKEN_ACCOUNT_LEN) + TIP_LAMPORTS_MIN;
    assert_eq!(exit.world.lamports(&owner), lamports + back);
}

#[test]
fn execute_withdrawal_fails_to_a_destination_frozen_or_gone_and_blocks_nobody() {
    let mut exit = Exit::matured();
    let execution = exit.execution();
    let destination = exit.lp.who.tokens;
    exit.world.freeze(destination);
    refused(&mut exit.world, &execution, token_error::FROZEN);
    exit.world.set_account(destination, Account::default());
    refused(&mut exit.world, &execution, BulkheadError::NotATokenAccount);
    assert_eq!(exit.world.market().withdrawals_short, 0);
    let other = exit.world.provider(DEPOSIT, DEPOSIT).unwrap();
    let second = exit.world.request_withdrawal(&other, USD).unwrap();
    exit.wait(HOUR);
    exit.world.execute_withdrawal(second).unwrap();
    assert_eq!(exit.world.token_balance(&other.who.tokens), USD);
}

#[test]
fn execute_withdrawal_fails_twice() {
    let mut exit = Exit::matured();
    let execution = exit.execution();
    exit.send(execution.clone());
    refused(&mut exit.world, &execution, ErrorCode::AccountOwnedByWrongProgram);
}

#[test]
fn execute_withdrawal_fails_while_withdrawals_are_paused() {
    let mut exit = Exit::matured();
    let until = exit.world.now() + 10;
    poke(&mut exit.world, &pda::protocol(), |protocol: &mut Protocol| {
        protocol.pause_withdrawals.until = until
    });
    let execution = exit.execution();
    refused(&mut exit.world, &execution, BulkheadError::WithdrawalsPaused);
    exit.world.advance(10);
    exit.send(execution);
}

#[test]
fn execute_withdrawal_fails_with_a_bad_old_or_stale_price() {
    let mut exit = Exit::matured();
    let execution = exit.execution();
    refuses_bad_prices(&mut exit.world, &execution);
    exit.world.warp_to(exit.world.now() + 11);
    refused(&mut exit.world, &execution, BulkheadError::PriceTooOld);
    exit.world.advance(301);
    refused(&mut exit.world, &execution, BulkheadError::MarketStale);
}

#[test]
fn execute_withdrawal_fails_with_another_account_in_each_place() {
    let mut exit = Exit::matured();
    let (keys, there) = (exit.keys(), second_market(&mut exit.world));
    let mint = other_mint(&mut exit.world);
    let other = exit.world.provider(DEPOSIT, DEPOSIT).unwrap();
    let sibling = exit.world.request_withdrawal(&other, USD).unwrap();
    let execution = exit.execution();
    let pool = pda::pool_vault(&keys.market);
    let vault = exit.vault();
    for (own, wrong, error) in [
        (keys.market, there.market, BulkheadError::WithdrawalMarketMismatch),
        (exit.withdrawal, sibling, BulkheadError::WithdrawalPayerMismatch),
        (exit.lp.who.key, other.who.key, BulkheadError::WithdrawalPayerMismatch),
        (vault, pda::withdrawal_vault(&sibling), BulkheadError::WithdrawalVaultMismatch),
        (vault, exit.lp.shares, BulkheadError::WithdrawalVaultMismatch),
        (exit.lp.who.tokens, other.who.tokens, BulkheadError::DestinationMismatch),
        (pool, pda::insurance_vault(&keys.market), BulkheadError::PoolVaultMismatch),
        (pool, pda::pool_vault(&there.market), BulkheadError::PoolVaultMismatch),
        (pda::lp_mint(&keys.market), pda::lp_mint(&there.market), BulkheadError::LpMintMismatch),
        (keys.collateral_mint, mint, BulkheadError::CollateralMintMismatch),
        (keys.token_program, spl_token_2022_interface::ID, BulkheadError::TokenProgramMismatch),
    ] {
        refused(&mut exit.world, &swapped(&execution, own, wrong), error);
    }
    let kind = ErrorCode::AccountDiscriminatorMismatch;
    refused(&mut exit.world, &swapped(&execution, exit.withdrawal, keys.market), kind);
}

#[test]
fn execute_withdrawal_fails_unsigned_readonly_or_forged() {
    let mut exit = Exit::matured();
    let execution = exit.execution();
    let keeper = exit.world.keeper.key;
    refused(&mut exit.world, &unsigned(&execution, keeper), ErrorCode::AccountNotSigner);
    refuses_readonly(&mut exit.world, &execution, &[]);
    refuses_impostors(&mut exit.world, &execution, &[]);
    let (withdrawal, market) = (exit.withdrawal, exit.keys().market);
    poke(&mut exit.world, &withdrawal, |account: &mut Withdrawal| account.version = 2);
    refused(&mut exit.world, &execution, BulkheadError::AccountVersionMismatch);
    poke(&mut exit.world, &withdrawal, |account: &mut Withdrawal| account.version = 1);
    poke(&mut exit.world, &market, |market: &mut Market| market.version = 1);
    refused(&mut exit.world, &execution, BulkheadError::AccountVersionMismatch);
}
