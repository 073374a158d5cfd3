//! `settle_position`: every position of a settled market leaves at the one price, whatever its owner does.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::PositionSettled;
use bulkhead::instructions::{DepositArgs, PlaceOrderArgs};
use bulkhead::state::{Market, OrderAction, OrderKind, POSITION_CLOSED, Position, PositionSide};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, World};
use bulkhead_risk::QuoteAtoms;
use bulkhead_risk::transition::settle_final;
use bulkhead_tests::foreign::{Others, refuses_foreign_accounts};
use bulkhead_tests::keeping::{Scene, Tokens, WEALTH, closed};
use bulkhead_tests::*;
use solana_instruction::Instruction;

const DEAD: i64 = 604_800;

/// 6,000 USD on 500, in a market with fees and rates.
fn scene(side: PositionSide) -> Scene {
    let world = world_with(|params| {
        params.trade_fee_ppm = 1_000;
        (params.borrow_kink_rate_e12, params.borrow_full_rate_e12) = (6_342, 95_129);
        params.funding_skew_scale_quote_atoms = 50_000 * USD;
        (params.funding_velocity_max_e18, params.funding_rate_max_e12) = (1_000_000, 100_000);
    });
    Scene::with(world, &Opening::new(side, BTC / 10, 500 * USD))
}

/// The oracle dies at this price; seven days later somebody settles the market.
fn end(scene: &mut Scene, usd: u64) {
    scene.world.move_price(usd * E8, 60).unwrap();
    scene.world.warp_to(scene.world.now() + DEAD);
    scene.world.settle_market().unwrap();
}

fn settlement(scene: &Scene) -> Instruction {
    ix::settle_position(&scene.world.keys, scene.world.keeper.key, scene.position)
}

/// Settles; accounts, tokens and the event are what the host makes of it.
#[track_caller]
fn settles_as_the_host(scene: &mut Scene) -> PositionSettled {
    let vault_frozen = scene.world.data(&scene.vault()).unwrap()[108] == 2;
    let view = scene.world.market().view().unwrap();
    let report = settle_final(&view, &scene.account().view().unwrap(), vault_frozen).unwrap();
    let (expected, mut market) = (scene.stored(&report.position), scene.world.market());
    market.store_ledger(&report.ledger);
    let before = scene.tokens();
    let instruction = settlement(scene);
    let done = scene.send(instruction);
    assert_eq!((scene.account(), scene.world.market()), (expected, market));
    let (to_vault, to_pool) = (report.flow.to_vault.get(), report.flow.to_pool.get());
    let vault = before.vault + to_vault - to_pool;
    assert_eq!(scene.tokens(), Tokens { vault, pool: before.pool + to_pool - to_vault, ..before });
    let event = PositionSettled {
        market: scene.world.keys.market,
        position: scene.position,
        by: scene.world.keeper.key,
        vault_frozen,
        closed: closed(&report.closed, QuoteAtoms::ZERO, &report.position),
    };
    assert_events(&done, [event.clone().into()]);
    event
}

fn go_home(scene: &mut Scene) -> u64 {
    let (owner, position) = (scene.owner, scene.position);
    let close = ix::close_position(&scene.world.keys, owner.key, position, owner.tokens);
    scene.send(close);
    assert_eq!(scene.world.lamports(&scene.vault()), 0);
    scene.world.token_balance(&owner.tokens)
}

#[test]
fn settle_position_ok_gain_and_loss_without_a_fee_and_home() {
    for (side, usd) in [
        (PositionSide::Long, 63_000),
        (PositionSide::Long, 57_000),
        (PositionSide::Short, 57_000),
        (PositionSide::Short, 63_000),
    ] {
        let mut scene = scene(side);
        end(&mut scene, usd);
        let (account, market) = (scene.account(), scene.world.market());
        let event = settles_as_the_host(&mut scene);
        assert_eq!((event.closed.fill_price_e12, event.closed.trade_fee_atoms), (usd * E12, 0));
        let after = scene.world.market();
        let fees =
            |market: &Market| (market.protocol_fees_atoms, market.crank_budget_atoms, market.insurance_atoms);
        assert_eq!(fees(&after), fees(&market));
        assert_eq!((after.long.positions + after.short.positions, after.long.reserved_atoms), (0, 0));
        let kept = account.collateral_atoms + event.closed.payout_atoms
            - event.closed.loss_paid_atoms
            - event.closed.owed_paid_atoms;
        assert!(event.closed.owed_paid_atoms > 0, "borrow ran until the settlement");
        assert_eq!(go_home(&mut scene), WEALTH - 500 * USD + kept);
    }
}

#[test]
fn settle_position_ok_gain_at_most_what_is_set_aside_and_loss_at_most_the_collateral() {
    let capped = Opening::new(PositionSide::Long, BTC / 10, 500 * USD).with_payout_cap(50_000);
    let mut scene = Scene::with(World::new().unwrap(), &capped);
    let reserved = scene.account().reserved_atoms;
    end(&mut scene, 90_000);
    assert_eq!(settles_as_the_host(&mut scene).closed.payout_atoms, reserved);
    assert_eq!(go_home(&mut scene), WEALTH + reserved);

    let mut scene =
        Scene::with(World::new().unwrap(), &Opening::new(PositionSide::Long, BTC / 10, 500 * USD));
    end(&mut scene, 40_000);
    let event = settles_as_the_host(&mut scene);
    // 2,002.40 lost of 500.
    assert_eq!((event.closed.loss_paid_atoms, event.closed.shortfall_atoms), (500 * USD, 1_502_400_000));
    assert_eq!(go_home(&mut scene), WEALTH - 500 * USD);
}

/// REQ-180: what a settled loser cannot pay is the pool's, whatever insurance holds.
#[test]
fn settle_position_ok_insurance_covers_no_shortfall() {
    let mut scene =
        Scene::with(World::new().unwrap(), &Opening::new(PositionSide::Long, BTC / 10, 500 * USD));
    let market = scene.world.keys.market;
    scene.world.mint_to(pda::insurance_vault(&market), 10_000 * USD);
    poke::<Market>(&mut scene.world, &market, |market| market.insurance_atoms = 10_000 * USD);
    end(&mut scene, 40_000);
    let before = scene.world.market();
    let event = settles_as_the_host(&mut scene);
    let after = scene.world.market();
    assert_eq!((after.insurance_atoms, after.insurance_outflow_atoms), (10_000 * USD, 0));
    // 500 of what was lost came in, and 1,502.40 did not.
    assert_eq!(after.pool_atoms - before.pool_atoms, 500 * USD);
    assert_eq!(after.shortfall_total_atoms - before.shortfall_total_atoms, event.closed.shortfall_atoms);
    assert_eq!(event.closed.shortfall_atoms, 1_502_400_000);
}

#[test]
fn settle_position_ok_no_later_than_the_settlement_does_anything_run() {
    let mut early = scene(PositionSide::Long);
    end(&mut early, 61_000);
    let mut late = scene(PositionSide::Long);
    end(&mut late, 61_000);
    late.world.warp_to(late.world.now() + 365 * 86_400);
    let price = late.world.keys.price;
    late.world.set_account(price, Default::default());
    assert_eq!(settles_as_the_host(&mut early).closed, settles_as_the_host(&mut late).closed);
}

#[test]
fn settle_position_ok_in_a_frozen_vault_and_collected_when_it_thaws() {
    for (usd, to_pool) in [(57_000, true), (63_000, false)] {
        let mut scene = scene(PositionSide::Long);
        let vault = scene.vault();
        scene.world.freeze(vault);
        end(&mut scene, usd);
        assert!(settles_as_the_host(&mut scene).vault_frozen);
        let account = scene.account();
        assert_eq!((account.frozen_owed_atoms > 0, account.reserved_atoms > 0), (to_pool, !to_pool));
        let accrued_at = scene.world.market().accrued_at;
        scene.world.thaw(vault);
        scene.world.warp_to(scene.world.now() + 86_400);
        let collection = scene.collection();
        scene.send(collection);
        assert_eq!(scene.world.market().accrued_at, accrued_at, "indexes stand");
        let expected = account.collateral_atoms + account.reserved_atoms - account.frozen_owed_atoms;
        assert_eq!(go_home(&mut scene), WEALTH - 500 * USD + expected);
    }
}

#[test]
fn settle_position_ok_after_a_wind_down_at_its_median() {
    let mut scene = scene(PositionSide::Short);
    crate::settle_market::wound_down(&mut scene.world, 59, |minute| (59_000 + minute) * E8);
    scene.world.warp_to(scene.world.market().wind_down_from + 3_600);
    scene.world.settle_market().unwrap();
    assert_eq!(settles_as_the_host(&mut scene).closed.fill_price_e12, 59_029 * E12);
    go_home(&mut scene);
}

/// Orders are void: anybody sweeps them, and a position that never opened goes home with its collateral.
#[test]
fn settle_position_ok_orders_are_swept_at_once() {
    let mut scene = scene(PositionSide::Long);
    let late = scene.world.actor(WEALTH);
    scene.world.move_price(61_000 * E8, 60).unwrap();
    let (market, owner) = (scene.world.keys.market, scene.owner);
    scene.world.warp_to(scene.world.now() + DEAD);
    let pending = scene.world.place(&late, &Opening::new(PositionSide::Short, BTC / 10, 500 * USD)).unwrap();
    scene.world.place_order(&owner, scene.position, OrderAction::Decrease, u64::MAX).unwrap();
    let keys = scene.world.keys;
    let sweep_of = |position, order, payer, by| ix::cancel_order(&keys, by, position, order, payer);
    let stranger = scene.world.wallet();
    let sweep = sweep_of(pending, 0, late.key, stranger);
    refused(&mut scene.world, &sweep, BulkheadError::OrderInWindow);
    scene.world.settle_market().unwrap();
    scene.send(sweep);
    let sweep = sweep_of(scene.position, 1, owner.key, stranger);
    scene.send(sweep);
    let close = ix::close_position(&keys, late.key, pending, late.tokens);
    scene.send(close);
    assert_eq!(scene.world.token_balance(&late.tokens), WEALTH);
    settles_as_the_host(&mut scene);
    assert_eq!(scene.world.market_of(&market).long.positions, 0);
}

#[test]
fn settle_position_fails_in_a_market_that_lives() {
    let mut scene = scene(PositionSide::Long);
    let instruction = settlement(&scene);
    refused(&mut scene.world, &instruction, BulkheadError::MarketNotSettled);
    scene.world.wind_down().unwrap();
    refused(&mut scene.world, &instruction, BulkheadError::MarketNotSettled);
}

#[test]
fn settle_position_fails_unless_open() {
    let mut scene = scene(PositionSide::Long);
    let late = scene.world.actor(WEALTH);
    let pending = scene.world.place(&late, &Opening::new(PositionSide::Long, BTC / 10, 500 * USD)).unwrap();
    end(&mut scene, 61_000);
    let of_pending = ix::settle_position(&scene.world.keys, scene.world.keeper.key, pending);
    refused(&mut scene.world, &of_pending, BulkheadError::PositionNotOpen);
    let instruction = settlement(&scene);
    settles_as_the_host(&mut scene);
    assert_eq!(scene.account().status, POSITION_CLOSED);
    scene.world.warp_to(scene.world.now() + 1);
    refused(&mut scene.world, &instruction, BulkheadError::PositionClosed);
}

#[test]
fn settle_position_fails_with_another_account() {
    let mut scene = scene(PositionSide::Long);
    let others = Others::beside(&mut scene.world);
    end(&mut scene, 61_000);
    let (instruction, keeper) = (settlement(&scene), scene.world.keeper.key);
    refused(&mut scene.world, &unsigned(&instruction, keeper), ErrorCode::AccountNotSigner);
    refuses_foreign_accounts(&mut scene, &others, &instruction);
    refuses_impostors(&mut scene.world, &instruction, &[]);
    refuses_readonly(&mut scene.world, &instruction, &[]);
    let position = scene.position;
    poke(&mut scene.world, &position, |position: &mut Position| position.version = 2);
    refused(&mut scene.world, &instruction, BulkheadError::AccountVersionMismatch);
}

/// Everything else that follows a price is refused with the one error that says why.
#[test]
fn a_settled_market_refuses_whatever_needs_a_price() {
    let mut scene = scene(PositionSide::Long);
    let keys = scene.world.keys;
    let lp = scene.world.actor(USD);
    let shares = scene.world.create_token_account(pda::lp_mint(&keys.market), lp.key);
    let (owner, position) = (scene.owner, scene.position);
    let id = scene.world.place_order(&owner, position, OrderAction::Decrease, u64::MAX).unwrap();
    end(&mut scene, 61_000);
    scene.world.advance(1);
    let order = scene.world.order(&pda::order(&position, id));
    let args = bulkhead::instructions::ExecuteOrderArgs { placed_at: order.placed_at, tip_lamports_min: 0 };
    let place = PlaceOrderArgs {
        order_id: id + 1,
        action: OrderAction::Decrease,
        kind: OrderKind::Market,
        size_atoms: 1,
        trigger_price_e12: 0,
        expires_at: 0,
        acceptable_price_e12: 0,
        payout_cap_ppm: 0,
        tip_lamports: 10_000,
    };
    let all = [
        scene.liquidation(),
        scene.flag(),
        scene.refresh(),
        scene.settlement(),
        ix::update_market(&keys),
        ix::execute_order(&keys, scene.world.keeper.key, position, id, owner.key, args),
        ix::place_order(&keys, owner.key, owner.key, position, place),
        ix::remove_collateral(&keys, owner.key, position, owner.tokens, 1),
        ix::deposit(&keys, lp.key, lp.tokens, shares, DepositArgs { amount_atoms: USD, shares_min: 0 }),
    ];
    for instruction in all {
        refused(&mut scene.world, &instruction, BulkheadError::MarketSettled);
    }
}
