//! `settle_capped`: whoever has won what was set aside is paid exactly that, by anyone's hand.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::CappedSettled;
use bulkhead::state::PositionSide;
use bulkhead_lab::world::{Opening, World};
use bulkhead_risk::Purpose;
use bulkhead_risk::transition::settle_capped;
use bulkhead_tests::foreign::{Others, refuses_foreign_accounts};
use bulkhead_tests::keeping::{Scene, Tokens, WEALTH, closed};
use bulkhead_tests::*;

/// 6,000 USD with 5 % of it as the most it can win, in a market with a close fee of 0.1 %.
fn scene(side: PositionSide) -> Scene {
    let opening = Opening::new(side, BTC / 10, 500 * USD).with_payout_cap(50_000);
    Scene::with(world_with(|params| params.trade_fee_ppm = 1_000), &opening)
}

/// Settles; accounts, tokens and the event are what the host makes of it.
#[track_caller]
fn settles_as_the_host(scene: &mut Scene) -> CappedSettled {
    let mut seen = seen(&scene.world, Purpose::Observe);
    let position = scene.account().view().unwrap();
    let report = settle_capped(&seen.market, &position, &seen.sample).unwrap();
    seen.market.ledger = report.ledger;
    let (expected, market) = (scene.stored(&report.position), scene.market_stored(&seen.market));
    let before = scene.tokens();
    let settlement = scene.settlement();
    let done = scene.send(settlement);
    assert_eq!(scene.account(), expected);
    assert_eq!(scene.world.market(), market);
    let (to_vault, to_pool) = (report.flow.to_vault.get(), report.flow.to_pool.get());
    let vault = before.vault + to_vault - to_pool;
    let (paid, pool) = (report.keeper_pay.get(), before.pool + to_pool - to_vault);
    let expected = Tokens { vault, pool: pool - paid, keeper: before.keeper + paid, ..before };
    assert_eq!(scene.tokens(), expected);
    let event = CappedSettled {
        market: scene.world.keys.market,
        position: scene.position,
        by: scene.world.keeper.key,
        keeper_pay_atoms: report.keeper_pay.get(),
        closed: closed(&report.closed, report.trade_fee, &report.position),
    };
    assert_events(&done, [event.clone().into()]);
    event
}

#[test]
fn settle_capped_ok_pays_the_cap_and_no_more() {
    for (side, usd) in [(PositionSide::Long, 66_000), (PositionSide::Short, 54_000)] {
        let mut scene = scene(side);
        let (reserved, collateral) = (scene.account().reserved_atoms, scene.account().collateral_atoms);
        scene.price(usd, 60);
        let event = settles_as_the_host(&mut scene);
        assert_eq!(event.closed.payout_atoms, reserved);
        assert!(event.closed.pnl_atoms > reserved as i64, "the price went further than the cap");
        // A tenth of a bitcoin at 0.1 %.
        let fee = usd * USD / 10_000;
        assert_eq!(event.closed.trade_fee_atoms, fee);
        let account = scene.account();
        assert_eq!((account.status, account.size_atoms, account.reserved_atoms), (2, 0, 0));
        assert_eq!(account.collateral_atoms, collateral + reserved - fee);
        assert_eq!(scene.world.market().long.positions + scene.world.market().short.positions, 0);
    }
}

#[test]
fn settle_capped_ok_at_the_cap_exactly() {
    let mut scene = scene(PositionSide::Long);
    let account = scene.account();
    // The first price, to 10^-8 USD, at which 0.1 BTC has gained what was set aside.
    let gain_e8 = account.reserved_atoms * 10 * 100;
    let at = account.entry_price_e12 / 10_000 + gain_e8;
    keeping::publish(&mut scene.world, at - 10, 400, 60);
    let settlement = scene.settlement();
    refused(&mut scene.world, &settlement, BulkheadError::PayoutCapNotReached);
    keeping::publish(&mut scene.world, at, 400, 0);
    let event = settles_as_the_host(&mut scene);
    assert_eq!(event.closed.pnl_atoms as u64, event.closed.payout_atoms);
}

#[test]
fn settle_capped_ok_whatever_the_owner_does() {
    let mut scene = scene(PositionSide::Long);
    let tokens = scene.owner.tokens;
    scene.world.set_account(tokens, Default::default());
    scene.price(66_000, 60);
    settles_as_the_host(&mut scene);
}

#[test]
fn settle_capped_ok_its_owner_takes_the_gain_home() {
    let mut scene = scene(PositionSide::Long);
    let open_fee = 500 * USD - scene.account().collateral_atoms;
    let reserved = scene.account().reserved_atoms;
    scene.price(66_000, 60);
    settles_as_the_host(&mut scene);
    let (owner, position) = (scene.owner, scene.position);
    let close = bulkhead_client::ix::close_position(&scene.world.keys, owner.key, position, owner.tokens);
    scene.send(close);
    assert_eq!(scene.world.token_balance(&owner.tokens), WEALTH + reserved - open_fee - 6_600_000);
}

#[test]
fn settle_capped_fails_below_the_cap() {
    let mut scene = scene(PositionSide::Long);
    for usd in [50_000, 60_000, 62_000] {
        scene.price(usd, 60);
        let settlement = scene.settlement();
        refused(&mut scene.world, &settlement, BulkheadError::PayoutCapNotReached);
    }
}

#[test]
fn settle_capped_fails_unless_open() {
    let mut world = World::new().unwrap();
    let owner = world.actor(WEALTH);
    let opening = Opening::new(PositionSide::Long, BTC / 10, 500 * USD).with_payout_cap(50_000);
    let position = world.place(&owner, &opening).unwrap();
    let mut scene = Scene { world, owner, position };
    let settlement = scene.settlement();
    refused(&mut scene.world, &settlement, BulkheadError::PositionNotOpen);
    scene.world.advance(5);
    scene.world.execute(position, 0).unwrap();
    scene.price(66_000, 60);
    settles_as_the_host(&mut scene);
    refused(&mut scene.world, &settlement, BulkheadError::PositionClosed);
}

#[test]
fn settle_capped_fails_with_a_bad_price_or_another_account() {
    let mut scene = scene(PositionSide::Long);
    let others = Others::beside(&mut scene.world);
    scene.price(66_000, 10);
    let settlement = scene.settlement();
    let keeper = scene.world.keeper.key;
    refused(&mut scene.world, &unsigned(&settlement, keeper), ErrorCode::AccountNotSigner);
    refuses_bad_prices(&mut scene.world, &settlement);
    refuses_foreign_accounts(&mut scene, &others, &settlement);
    refuses_impostors(&mut scene.world, &settlement, &[]);
    refuses_readonly(&mut scene.world, &settlement, &[]);
    scene.world.warp_to(scene.world.now() + 11);
    refused(&mut scene.world, &settlement, BulkheadError::PriceTooOld);
}

#[test]
fn settle_capped_fails_while_the_vault_is_frozen() {
    let mut scene = scene(PositionSide::Long);
    scene.price(66_000, 60);
    let vault = scene.vault();
    scene.world.freeze(vault);
    let settlement = scene.settlement();
    // Whoever wants it closed while it is frozen calls liquidate: that closes it in the books.
    refused(&mut scene.world, &settlement, token_error::FROZEN);
    scene.world.thaw(vault);
    settles_as_the_host(&mut scene);
}

/// The keeper's least pay, from the crank budget, and never more than the close fee.
#[test]
fn settle_capped_ok_pays_the_keeper_out_of_the_crank_budget() {
    for (floor, fee_ppm) in [(150_000, 1_000), (150_000, 10)] {
        let world = world_with(|params| {
            params.trade_fee_ppm = fee_ppm;
            params.keeper_floor_quote_atoms = floor;
        });
        let opening = Opening::new(PositionSide::Long, BTC / 10, 500 * USD).with_payout_cap(50_000);
        let mut scene = Scene::with(world, &opening);
        scene.price(66_000, 60);
        let event = settles_as_the_host(&mut scene);
        assert!(event.keeper_pay_atoms > 0 && event.keeper_pay_atoms <= event.closed.trade_fee_atoms);
        assert!(event.keeper_pay_atoms <= floor);
    }
}

#[test]
fn settle_capped_fails_with_a_vault_as_the_keepers_account() {
    let mut scene = scene(PositionSide::Long);
    scene.price(66_000, 60);
    let (settlement, keeper) = (scene.settlement(), scene.world.keeper.tokens);
    for ours in [scene.vault(), bulkhead_client::pda::pool_vault(&scene.world.keys.market)] {
        let tampered = swapped(&settlement, keeper, ours);
        refused(&mut scene.world, &tampered, BulkheadError::KeeperAccountIsOurs);
    }
}
