//! The checks themselves: what they must find where somebody has tampered with an account, so that a run in
//! which they find nothing means something.

use crate::random::Random;
use bulkhead::state::{Market, Order, Position, Withdrawal};
use bulkhead_tests::poke;

use crate::actions::draw;
use crate::books::check;
use crate::snapshot::Snapshot;
use crate::town::Town;

/// A life far enough for every kind of account to be there.
fn lived() -> Town {
    let mut town = Town::new(1);
    let mut random = Random::new(1);
    for number in 1..=2_000 {
        if let Some(plan) = draw(&mut random, &mut town, number) {
            let _ = town.send(&plan.instructions);
        }
        let is_open = town.positions.iter().any(|known| town.position(known).status == 1);
        if is_open && !town.orders.is_empty() && !town.leaving.is_empty() {
            break;
        }
    }
    check(&town).expect("an honest life");
    town
}

#[track_caller]
fn finds(breach: &str, tamper: impl FnOnce(&mut Town)) {
    let mut town = lived();
    let before = Snapshot::of(&town);
    tamper(&mut town);
    let found = check(&town).expect_err(breach);
    assert!(found.starts_with(breach), "{breach}: {found}");
    assert!(before.unchanged(&town).is_err(), "{breach}: the snapshot has not noticed");
}

fn poke_market(town: &mut Town, change: impl FnOnce(&mut Market)) {
    let market = town.positions.iter().find(|known| town.position(known).status == 1);
    let address = town.markets[market.expect("an open position").market].market;
    poke(&mut town.world, &address, change);
}

fn poke_position(town: &mut Town, change: impl FnOnce(&mut Position)) {
    let open = town.positions.iter().find(|known| town.position(known).status == 1);
    let key = open.expect("an open position").key;
    poke(&mut town.world, &key, change);
}

#[test]
fn checks_find_what_a_position_has_wrong() {
    finds("INV-01", |town| poke_position(town, |position| position.collateral_atoms += 1));
    finds("INV-05", |town| poke_position(town, |position| position.frozen_owed_atoms = 1));
    finds("INV-16: orders", |town| poke_position(town, |position| position.open_orders += 1));
    finds("INV-16: increases", |town| poke_position(town, |position| position.waiting_increases += 1));
    finds("INV-12: size", |town| poke_position(town, |position| position.entry_price_e12 += 1));
    finds("INV-12: size", |town| poke_position(town, |position| position.reserved_atoms += 1));
    finds("INV-12: collateral", |town| {
        poke_position(town, |position| position.collateral_counted_atoms += 1)
    });
}

#[test]
fn checks_find_what_a_market_has_wrong() {
    finds("INV-02", |town| poke_market(town, |market| market.protocol_fees_atoms += 1));
    finds("INV-03", |town| {
        poke_market(town, |market| market.long.reserved_atoms = market.pool_atoms + 1);
    });
    finds("INV-04", |town| poke_market(town, |market| market.insurance_atoms += 1));
    finds("INV-06", |town| {
        poke_market(town, |market| (market.long.positions, market.short.positions) = (0, 0));
    });
    finds("INV-13: shares booked", |town| poke_market(town, |market| market.shares += 1));
    finds("INV-14", |town| poke_market(town, |market| market.withdrawals_short += 1));
}

#[test]
fn checks_find_tokens_shares_and_lamports_that_are_missing() {
    finds("INV-11: tokens of a mint", |town| {
        let (from, mint) = (town.owners[0].tokens[0], town.markets[0].collateral_mint);
        let outside = town.world.create_token_account(mint, town.owners[0].key);
        let mut account = town.world.account(&from).unwrap();
        account.data[64..72].copy_from_slice(&1_u64.to_le_bytes());
        town.world.set_account(from, account);
        town.world.mint_to(outside, 1);
    });
    finds("INV-11: tokens in all vaults", |town| {
        let vault = town.vaults[0].pool;
        town.donate(0, vault, 1);
        town.inside[0] -= 1;
    });
    finds("INV-13: escrow", |town| {
        let key = town.leaving[0].key;
        poke(&mut town.world, &key, |withdrawal: &mut Withdrawal| withdrawal.shares += 1);
    });
    finds("INV-15: lamports of a withdrawal", |town| {
        let key = town.leaving[0].key;
        poke(&mut town.world, &key, |withdrawal: &mut Withdrawal| withdrawal.tip_lamports += 1);
    });
    finds("INV-15: lamports of an order", |town| {
        let key = town.orders[0].key;
        poke(&mut town.world, &key, |order: &mut Order| order.tip_lamports += 1);
    });
}
