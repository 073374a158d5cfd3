//! `liquidate`: nothing that an owner, an issuer or an empty pool does keeps a position from being closed.

use bulkhead::state::{Market, PositionSide};
use bulkhead_client::events::AnyEvent;
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, World, WorldOptions};
use bulkhead_tests::keeping::Scene;
use bulkhead_tests::*;
use solana_account::Account;

/// Sends what the keeper sends; tokens are where the host says. Returns what the event says.
#[track_caller]
fn liquidates(scene: &mut Scene) -> bulkhead::events::PositionLiquidated {
    let (report, tokens) = (scene.report(), scene.tokens());
    let liquidation = scene.liquidation();
    let done = scene.send(liquidation);
    assert_eq!(scene.tokens(), tokens.after(&report));
    match events(&done).pop() {
        Some(AnyEvent::PositionLiquidated(event)) => event,
        other => panic!("not liquidated, but {other:?}"),
    }
}

#[test]
fn liquidate_ok_with_the_owners_account_closed_or_frozen() {
    for usd in [57_700, 55_600, 54_000] {
        for closed in [true, false] {
            let mut scene = Scene::long();
            let tokens = scene.owner.tokens;
            match closed {
                true => scene.world.set_account(tokens, Account::default()),
                false => scene.world.freeze(tokens),
            }
            scene.sighted_at(usd);
            liquidates(&mut scene);
        }
    }
}

#[test]
fn liquidate_ok_with_the_owner_gone() {
    let mut scene = Scene::long();
    let (owner, tokens) = (scene.owner.key, scene.owner.tokens);
    scene.world.set_account(owner, Account::default());
    scene.world.set_account(tokens, Account::default());
    scene.sighted_at(55_600);
    liquidates(&mut scene);
}

/// A pool of 20,000 USD, of which 80 % are set aside: nothing more can be opened.
fn fully_reserved() -> Scene {
    let mut options = WorldOptions { pool_atoms: 20_000 * USD, ..WorldOptions::default() };
    options.params.pool_share_max_ppm = 500_000;
    let mut scene =
        Scene::with(World::with(options).unwrap(), &Opening::new(PositionSide::Long, BTC / 10, 500 * USD));
    let other = scene.world.actor(10_000 * USD);
    for size in [BTC / 10, BTC / 16] {
        scene.world.open(&other, &Opening::new(PositionSide::Short, size, 2_000 * USD)).unwrap();
    }
    let more = scene.world.place(&other, &Opening::new(PositionSide::Short, BTC / 100, 500 * USD)).unwrap();
    scene.world.advance(5);
    scene.world.execute(more, 0).unwrap();
    assert_eq!(scene.world.position(&more).status, 0, "there was room for more");
    scene
}

#[test]
fn liquidate_ok_with_utilisation_at_its_limit() {
    for usd in [57_700, 55_600, 54_000] {
        let mut scene = fully_reserved();
        scene.sighted_at(usd);
        liquidates(&mut scene);
    }
}

#[test]
fn liquidate_ok_with_every_atom_of_the_pool_set_aside() {
    for usd in [57_700, 55_600, 54_000, 121_000] {
        let mut scene = fully_reserved();
        let market = scene.world.keys.market;
        let pool_vault = pda::pool_vault(&market);
        let reserved = scene.world.market().long.reserved_atoms + scene.world.market().short.reserved_atoms;
        poke(&mut scene.world, &market, |market: &mut Market| market.pool_atoms = reserved);
        let mut account = scene.world.account(&pool_vault).unwrap();
        account.data[64..72].copy_from_slice(&reserved.to_le_bytes());
        scene.world.set_account(pool_vault, account);
        scene.sighted_at(usd);
        // At 121,000 the long has won all that was set aside for it: paid out of a pool that has nothing else.
        let event = liquidates(&mut scene);
        assert_eq!(event.closed.shortfall_atoms > 0, usd == 54_000);
    }
}

#[test]
fn liquidate_ok_with_nothing_left_to_pay_a_fee_from() {
    // To the atom: nothing left, and what a fee and then a close fee can still be taken from.
    for atoms in [0, 1, 2, 3, 1_000] {
        let world = world_with(|params| params.trade_fee_ppm = 5_000);
        let mut scene = Scene::with(world, &Opening::new(PositionSide::Long, BTC / 10, 540 * USD));
        let account = scene.account();
        let at_e12 = account.entry_price_e12 - (account.collateral_atoms - atoms) * 10_000_000;
        keeping::publish(&mut scene.world, at_e12 / 10_000, 400, 10);
        let flag = scene.flag();
        scene.send(flag);
        keeping::publish(&mut scene.world, at_e12 / 10_000, 400, 2);
        let report = scene.report();
        assert_eq!(report.assessment.valuation.equity.get(), i128::from(atoms));
        assert_eq!((report.fee.get(), report.trade_fee.get()), (atoms / 2, atoms - atoms / 2));
        liquidates(&mut scene);
        assert_eq!((scene.tokens().vault, scene.account().status), (0, 2));
    }
}

#[test]
fn liquidate_ok_frozen_vault_closes_in_the_books_without_a_token() {
    for (usd, owed) in [(57_700, 232_400_000), (55_600, 442_400_000), (54_000, 500_000_000)] {
        let mut scene = Scene::long();
        let (vault, collateral) = (scene.vault(), scene.account().collateral_atoms);
        let pool = scene.world.market().pool_atoms;
        scene.world.freeze(vault);
        scene.sighted_at(usd);
        let before = scene.tokens();
        let event = liquidates(&mut scene);
        assert!(event.vault_frozen);
        assert_eq!((event.keeper_pay_atoms, event.insurance_pay_atoms), (0, 0));
        assert_eq!(scene.tokens(), before);
        let account = scene.account();
        assert_eq!((account.status, account.size_atoms), (2, 0), "whole, though a part would have cured it");
        assert_eq!((account.collateral_atoms, account.frozen_owed_atoms), (collateral, owed));
        let market = scene.world.market();
        assert_eq!((market.long.positions, market.long.reserved_atoms), (0, 0));
        assert_eq!(market.pool_atoms, pool, "what is owed is no pool yet");
    }
}

#[test]
fn liquidate_ok_frozen_vault_of_a_winner_keeps_its_gain_set_aside() {
    let opening = Opening::new(PositionSide::Short, BTC / 10, 500 * USD).with_payout_cap(50_000);
    let mut scene = Scene::with(World::new().unwrap(), &opening);
    let (vault, reserved) = (scene.vault(), scene.account().reserved_atoms);
    scene.world.freeze(vault);
    scene.price(54_000, 10);
    let event = liquidates(&mut scene);
    assert_eq!((event.closed.payout_atoms, event.vault_frozen), (reserved, true));
    assert_eq!(scene.account().reserved_atoms, reserved);
    assert_eq!(scene.world.market().short.reserved_atoms, reserved);
    // Two in a row, and a market that goes on: the books stand.
    scene.world.thaw(vault);
    let collection = scene.collection();
    scene.send(collection);
    assert_eq!(scene.world.market().short.reserved_atoms, 0);
}

#[test]
fn liquidate_ok_while_new_risk_and_deposits_are_paused() {
    let mut scene = Scene::long();
    poke(&mut scene.world, &pda::protocol(), |protocol: &mut bulkhead::state::Protocol| {
        protocol.pause_new_risk.until = i64::MAX;
        protocol.pause_deposits.until = i64::MAX;
        protocol.pause_withdrawals.until = i64::MAX;
    });
    scene.sighted_at(57_000);
    liquidates(&mut scene);
}

#[test]
fn liquidate_ok_in_a_market_that_takes_no_new_risk() {
    let mut scene = Scene::long();
    let market = scene.world.keys.market;
    poke(&mut scene.world, &market, |market: &mut Market| market.status = 1);
    scene.sighted_at(57_000);
    liquidates(&mut scene);
}

#[test]
fn liquidate_ok_though_the_market_was_stale_for_a_week() {
    let mut scene = Scene::long();
    scene.world.warp_to(scene.world.now() + 7 * 86_400);
    scene.sighted_at(57_000);
    liquidates(&mut scene);
}

#[test]
fn liquidate_ok_with_all_order_slots_in_use_and_cancels_them_after() {
    let mut scene = Scene::long();
    let (owner, position) = (scene.owner, scene.position);
    for _ in 0..8 {
        let action = bulkhead::state::OrderAction::Decrease;
        scene.world.place_order(&owner, position, action, BTC / 100).unwrap();
    }
    scene.price(54_000, 10);
    liquidates(&mut scene);
    let keeper = scene.world.keeper.key;
    for id in 1..=8 {
        let cancel = ix::cancel_order(&scene.world.keys, keeper, position, id, owner.key);
        scene.send(cancel);
    }
    assert_eq!(scene.account().open_orders, 0);
}

#[test]
fn liquidate_ok_by_the_owner() {
    let mut scene = Scene::long();
    scene.sighted_at(57_000);
    let owner = scene.owner;
    let report = scene.report();
    let liquidation = ix::liquidate(&scene.world.keys, owner.key, owner.tokens, scene.position);
    let before = scene.tokens();
    scene.send(liquidation);
    assert_eq!(scene.tokens().owner, before.owner + report.keeper_pay.get());
}
