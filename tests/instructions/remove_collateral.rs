//! `remove_collateral`: by the owner, down to the initial margin and a week's carry, to the atom.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::CollateralRemoved;
use bulkhead::state::{Market, OrderAction, Position, PositionSide, Protocol};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::PriceUpdate;
use bulkhead_risk::transition::{self, CollateralReport};
use bulkhead_risk::{Purpose, QuoteAtoms, RiskError};
use bulkhead_tests::*;
use solana_instruction::Instruction;

use crate::desk::{Desk, other_mint, second_market};

fn remove(desk: &Desk, amount_atoms: u64) -> Instruction {
    ix::remove_collateral(&desk.keys(), desk.owner.key, desk.position, desk.owner.tokens, amount_atoms)
}

/// What the risk crate says of a removal now.
fn report(desk: &Desk, amount_atoms: u64) -> Result<CollateralReport, RiskError> {
    let seen = seen(&desk.world, Purpose::Risk);
    let position = desk.world.position(&desk.position).view().unwrap();
    transition::remove_collateral(&seen.market, &position, &seen.sample, QuoteAtoms(amount_atoms), seen.now)
}

/// The largest amount that the risk crate lets go, found by halving.
fn largest(desk: &Desk) -> u64 {
    let (mut good, mut bad) = (0, desk.world.position(&desk.position).collateral_atoms + 1);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        match report(desk, middle) {
            Ok(_) => good = middle,
            Err(_) => bad = middle,
        }
    }
    good
}

/// An open position a while later, so that every part of its requirement is at work.
fn aged(side: PositionSide) -> Desk {
    let mut desk = Desk::open(side);
    desk.world.advance(90);
    desk.world.send(&[ix::update_market(&desk.world.keys)]).unwrap();
    desk
}

/// A market in which borrowing costs about 100 % a year at 30 % of utilisation.
fn borrowing(side: PositionSide) -> Desk {
    let world = world_with(|params| {
        params.borrow_kink_utilisation_ppm = 0;
        params.borrow_kink_rate_e12 = 31_709;
        params.borrow_full_rate_e12 = 31_709;
    });
    Desk::open_in(world, side)
}

#[test]
fn remove_collateral_ok_the_largest_amount_and_not_one_atom_more() {
    for side in [PositionSide::Long, PositionSide::Short] {
        let mut desk = aged(side);
        let amount_atoms = largest(&desk);
        assert!(amount_atoms > 400 * USD, "{amount_atoms}");
        let too_much = remove(&desk, amount_atoms + 1);
        refused(&mut desk.world, &too_much, BulkheadError::InitialMarginShort);

        let expected = report(&desk, amount_atoms).unwrap();
        let tokens = desk.world.token_balance(&desk.owner.tokens);
        let pool = Snapshot::of(&desk.world, [pda::pool_vault(&desk.keys().market), desk.owner.key]);
        let instruction = remove(&desk, amount_atoms);
        let done = desk.world.send(&[instruction]).unwrap();
        assert_eq!(desk.world.token_balance(&desk.owner.tokens), tokens + amount_atoms);
        assert_eq!(desk.world.position(&desk.position).view().unwrap(), expected.position);
        assert_eq!(desk.world.market().ledger(), expected.ledger);
        assert_eq!(desk.world.vault_balance(&desk.position), expected.position.collateral.get());
        pool.assert_unchanged(&desk.world);
        let event = CollateralRemoved {
            position: desk.position,
            amount_atoms,
            owed_paid_atoms: 0,
            required_atoms: expected.required.get(),
            collateral_atoms: expected.position.collateral.get(),
        };
        assert_events(&done, [event.into()]);
        // Nothing more to be had, and in the same moment the position is far from liquidation.
        assert_eq!(largest(&desk), 0);
        let again = remove(&desk, 1);
        refused(&mut desk.world, &again, BulkheadError::InitialMarginShort);
    }
}

#[test]
fn remove_collateral_ok_pays_what_is_owed_first_and_keeps_a_weeks_carry() {
    let mut desk = borrowing(PositionSide::Long);
    desk.world.advance(86_400);
    desk.world.send(&[ix::update_market(&desk.world.keys)]).unwrap();
    let amount_atoms = largest(&desk);
    let too_much = remove(&desk, amount_atoms + 1);
    refused(&mut desk.world, &too_much, BulkheadError::InitialMarginShort);
    let expected = report(&desk, amount_atoms).unwrap();
    let owed = expected.owed_paid.get();
    // A day at 31,709e-12 a second on the 6,002.4 USD set aside: 16.4 USD.
    assert!(owed.abs_diff(16_444_000) < 10_000, "{owed}");
    let pool_vault = pda::pool_vault(&desk.keys().market);
    let (pool, vault) = (desk.world.token_balance(&pool_vault), desk.world.vault_balance(&desk.position));
    let instruction = remove(&desk, amount_atoms);
    desk.world.send(&[instruction]).unwrap();
    assert_eq!(desk.world.token_balance(&pool_vault), pool + owed);
    assert_eq!(desk.world.vault_balance(&desk.position), vault - owed - amount_atoms);
    let market = desk.world.market();
    assert_eq!(market.pool_atoms, expected.ledger.pool.get());
    assert_eq!(market.borrow_owed_atoms, 0);
    let left = desk.world.position(&desk.position);
    assert_eq!((left.owed_borrow_atoms, left.owed_funding_atoms), (0, 0));
    // Seven days of it stay.
    let initial = expected.required.get() - owed * 7;
    assert!(initial.abs_diff(6_000 * USD * 7_400 / 100_000) < 20 * USD, "{initial}");
}

#[test]
fn remove_collateral_ok_while_new_risk_is_paused() {
    let mut desk = aged(PositionSide::Long);
    poke(&mut desk.world, &pda::protocol(), |p: &mut Protocol| p.pause_new_risk.until = i64::MAX);
    let instruction = remove(&desk, USD);
    desk.world.send(&[instruction]).unwrap();
}

#[test]
fn remove_collateral_ok_donations_in_the_vault_are_not_collateral() {
    let mut desk = aged(PositionSide::Long);
    let most = largest(&desk);
    desk.world.mint_to(pda::vault(&desk.position), 10_000 * USD);
    assert_eq!(largest(&desk), most);
    let too_much = remove(&desk, most + 1);
    refused(&mut desk.world, &too_much, BulkheadError::InitialMarginShort);
}

#[test]
fn remove_collateral_fails_to_take_a_gain() {
    let mut desk = aged(PositionSide::Long);
    let at_entry = largest(&desk);
    desk.world.move_price(63_000 * E8, 10).unwrap();
    // 300 USD of gain, and a higher notional: less can go than before, not more.
    let most = largest(&desk);
    assert!(most < at_entry);
    let too_much = remove(&desk, most + 1);
    refused(&mut desk.world, &too_much, BulkheadError::InitialMarginShort);
}

#[test]
fn remove_collateral_fails_with_nothing_or_with_more_than_there_is() {
    let mut desk = aged(PositionSide::Long);
    let nothing = remove(&desk, 0);
    refused(&mut desk.world, &nothing, BulkheadError::AmountZero);
    let booked = desk.world.position(&desk.position).collateral_atoms;
    let all = remove(&desk, booked);
    refused(&mut desk.world, &all, BulkheadError::InitialMarginShort);
    let more = remove(&desk, booked + 1);
    refused(&mut desk.world, &more, BulkheadError::InsufficientCollateral);
    let most = remove(&desk, u64::MAX);
    refused(&mut desk.world, &most, BulkheadError::InsufficientCollateral);
}

#[test]
fn remove_collateral_fails_unless_the_position_is_open() {
    let mut desk = Desk::pending(PositionSide::Long);
    let instruction = remove(&desk, USD);
    refused(&mut desk.world, &instruction, BulkheadError::OrdersWaiting);
    desk.world.advance(26);
    let keys = desk.keys();
    desk.world.send(&[ix::cancel_order(&keys, desk.owner.key, desk.position, 0, desk.owner.key)]).unwrap();
    refused(&mut desk.world, &instruction, BulkheadError::PositionNotOpen);
    let mut desk = Desk::closed();
    let instruction = remove(&desk, USD);
    refused(&mut desk.world, &instruction, BulkheadError::PositionClosed);
}

#[test]
fn remove_collateral_fails_while_an_increase_waits() {
    let mut desk = aged(PositionSide::Long);
    let instruction = remove(&desk, USD);
    let grow = desk.order(OrderAction::Increase, BTC / 50);
    refused(&mut desk.world, &instruction, BulkheadError::OrdersWaiting);
    desk.world.advance(5);
    refused(&mut desk.world, &instruction, BulkheadError::OrdersWaiting);
    desk.world.execute(desk.position, grow).unwrap();
    // A decrease that waits needs no collateral.
    desk.order(OrderAction::Decrease, BTC / 50);
    desk.world.send(&[instruction]).unwrap();
}

/// Puts the position's stored requirement just under the market's; returns the market's.
fn fall_behind(desk: &mut Desk) -> u32 {
    let (position, now) = (desk.position, desk.world.now());
    let ramp = desk.world.market().view().unwrap().volatility.ramp_ppm_ceil().unwrap().get();
    poke(&mut desk.world, &position, |position: &mut Position| {
        position.margin_ppm = ramp - 1;
        position.margin_refreshed_at = now;
    });
    ramp
}

#[test]
fn remove_collateral_fails_while_the_position_may_only_shrink() {
    let mut desk = aged(PositionSide::Long);
    // Equity of 5.1 % is above maintenance, and not so far above that the requirement could rise.
    desk.world.move_price(52_775 * E8, 10).unwrap();
    fall_behind(&mut desk);
    let instruction = remove(&desk, 1);
    refused(&mut desk.world, &instruction, BulkheadError::PositionReduceOnly);
}

#[test]
fn remove_collateral_ok_lifts_the_requirement_of_who_can_meet_it_at_once() {
    let mut desk = aged(PositionSide::Long);
    let ramp = fall_behind(&mut desk);
    let instruction = remove(&desk, 1);
    desk.world.send(&[instruction]).unwrap();
    assert_eq!(desk.world.position(&desk.position).margin_ppm, ramp);
}

#[test]
fn remove_collateral_fails_in_a_stale_market() {
    let mut desk = aged(PositionSide::Long);
    let instruction = remove(&desk, USD);
    desk.world.advance(300);
    desk.world.send(std::slice::from_ref(&instruction)).unwrap();
    desk.world.advance(301);
    refused(&mut desk.world, &instruction, BulkheadError::MarketStale);
    let update = ix::update_market(&desk.keys());
    desk.world.send(&[update, instruction]).unwrap();
}

#[test]
fn remove_collateral_fails_with_a_bad_price() {
    let mut desk = aged(PositionSide::Long);
    let instruction = remove(&desk, USD);
    refuses_bad_prices(&mut desk.world, &instruction);
    let now = desk.world.now();
    desk.world.set_price(&PriceUpdate::at(60_000 * E8, now + 1));
    desk.world.warp_to(now + 12);
    refused(&mut desk.world, &instruction, BulkheadError::PriceTooOld);
    desk.world.warp_to(now + 11);
    desk.world.send(&[instruction]).unwrap();
}

#[test]
fn remove_collateral_fails_by_anybody_but_the_owner() {
    let mut desk = aged(PositionSide::Long);
    let delegate = desk.world.actor(0);
    let set = ix::set_delegate(desk.owner.key, desk.position, delegate.key);
    desk.world.send(&[set]).unwrap();
    for other in [delegate.key, desk.world.admin] {
        let instruction = ix::remove_collateral(&desk.keys(), other, desk.position, delegate.tokens, 1);
        refused(&mut desk.world, &instruction, BulkheadError::OwnerRequired);
    }
    let instruction = unsigned(&remove(&desk, 1), desk.owner.key);
    refused(&mut desk.world, &instruction, ErrorCode::AccountNotSigner);
}

#[test]
fn remove_collateral_fails_with_other_vaults() {
    let mut desk = aged(PositionSide::Long);
    let (_, neighbour) = desk.neighbour(PositionSide::Long);
    let other = second_market(&mut desk.world);
    let (instruction, market) = (remove(&desk, USD), desk.keys().market);
    let (vault, pool) = (pda::vault(&desk.position), pda::pool_vault(&market));
    for wrong in [pda::vault(&neighbour), pool, pda::insurance_vault(&market)] {
        let tampered = swapped(&instruction, vault, wrong);
        refused(&mut desk.world, &tampered, BulkheadError::PositionVaultMismatch);
    }
    for wrong in [pda::pool_vault(&other.market), vault, pda::insurance_vault(&market)] {
        let tampered = swapped(&instruction, pool, wrong);
        refused(&mut desk.world, &tampered, BulkheadError::PoolVaultMismatch);
    }
    let tampered = swapped(&instruction, market, other.market);
    refused(&mut desk.world, &tampered, BulkheadError::PositionMarketMismatch);
}

#[test]
fn remove_collateral_fails_with_another_mint_token_program_or_destination() {
    let mut desk = aged(PositionSide::Long);
    let (instruction, mint) = (remove(&desk, USD), other_mint(&mut desk.world));
    let tampered = swapped(&instruction, desk.keys().collateral_mint, mint);
    refused(&mut desk.world, &tampered, BulkheadError::CollateralMintMismatch);
    let tampered = swapped(&instruction, spl_token_interface::ID, spl_token_2022_interface::ID);
    refused(&mut desk.world, &tampered, BulkheadError::TokenProgramMismatch);
    let tokens = desk.owner.tokens;
    let elsewhere = desk.world.create_token_account(mint, desk.owner.key);
    let tampered = swapped(&instruction, tokens, elsewhere);
    refused(&mut desk.world, &tampered, token_error::MINT_MISMATCH);
    let tampered = swapped(&instruction, tokens, pda::vault(&desk.position));
    refused(&mut desk.world, &tampered, BulkheadError::TokenDeltaMismatch);
    let tampered = swapped(&instruction, tokens, desk.owner.key);
    refused(&mut desk.world, &tampered, BulkheadError::NotATokenAccount);
    desk.world.freeze(pda::vault(&desk.position));
    refused(&mut desk.world, &instruction, token_error::FROZEN);
}

#[test]
fn remove_collateral_fails_readonly_forged_or_of_another_layout() {
    let mut desk = aged(PositionSide::Long);
    let (instruction, position) = (remove(&desk, USD), desk.position);
    refuses_readonly(&mut desk.world, &instruction, &[]);
    refuses_impostors(&mut desk.world, &instruction, &[]);
    poke(&mut desk.world, &position, |position: &mut Position| position.version = 2);
    refused(&mut desk.world, &instruction, BulkheadError::AccountVersionMismatch);
    poke(&mut desk.world, &position, |position: &mut Position| position.version = 1);
    let market = desk.keys().market;
    poke(&mut desk.world, &market, |market: &mut Market| market.version = 1);
    refused(&mut desk.world, &instruction, BulkheadError::AccountVersionMismatch);
}
