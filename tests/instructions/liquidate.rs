//! `liquidate`: when it acts, when it waits, and whom it refuses. Amounts: `liquidate_amounts`.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::{LiquidationSkipped, SkipReason};
use bulkhead::state::Position;
use bulkhead_client::pda;
use bulkhead_lab::world::{Opening, World};
use bulkhead_risk::Purpose;
use bulkhead_risk::liquidation::Readiness;
use bulkhead_risk::margin_call::Standing;
use bulkhead_risk::transition::Liquidation;
use bulkhead_tests::foreign::{Others, refuses_foreign_accounts};
use bulkhead_tests::keeping::{Scene, WEALTH};
use bulkhead_tests::*;
use solana_transaction::InstructionError;

/// Nothing moves but what looking at it taught: position, market and event are the host's.
#[track_caller]
fn skips_as_the_host(scene: &mut Scene) -> SkipReason {
    let Liquidation::Skipped { assessment, position } = scene.outcome() else {
        panic!("the host would liquidate it");
    };
    let reason = match assessment.readiness {
        Readiness::Healthy => SkipReason::Healthy,
        Readiness::FirstSighting => SkipReason::FirstSighting,
        Readiness::Unconfirmed => SkipReason::Unconfirmed,
        Readiness::HeldBack => SkipReason::HeldBack,
        Readiness::Ready(_) => unreachable!(),
    };
    let seen = seen(&scene.world, Purpose::Liquidate);
    let position = position.called(&Standing::of(&assessment)).unwrap();
    let (expected, market) = (scene.stored(&position), scene.market_stored(&seen.market));
    let tokens = scene.tokens();
    let liquidation = scene.liquidation();
    let done = scene.send(liquidation);
    assert_eq!((scene.account(), scene.world.market()), (expected, market));
    assert_eq!(scene.tokens(), tokens);
    let event = LiquidationSkipped {
        position: scene.position,
        reason,
        equity_atoms: i64::try_from(assessment.valuation.equity.get()).unwrap(),
        maintenance_atoms: assessment.maintenance_margin.get(),
    };
    let skipped = events(&done).into_iter().filter(|event| event.name() != "MarginCalled");
    assert_eq!(skipped.collect::<Vec<_>>(), [event.into()]);
    reason
}

/// It is liquidated now; whether in part or whole.
#[track_caller]
fn acts(scene: &mut Scene) {
    let size = scene.account().size_atoms;
    let liquidation = scene.liquidation();
    scene.send(liquidation);
    assert!(scene.account().size_atoms < size, "nothing was closed");
}

#[test]
fn liquidate_ok_first_sighting_by_flag() {
    let mut scene = Scene::long();
    scene.price(57_000, 10);
    let flag = scene.flag();
    scene.send(flag);
    scene.price(57_000, 1);
    assert_eq!(skips_as_the_host(&mut scene), SkipReason::Unconfirmed);
    scene.price(57_000, 1);
    acts(&mut scene);
}

#[test]
fn liquidate_ok_first_sighting_by_itself() {
    let mut scene = Scene::long();
    scene.price(57_000, 10);
    assert_eq!(skips_as_the_host(&mut scene), SkipReason::FirstSighting);
    assert_eq!(scene.account().below_since, scene.world.now());
    scene.price(57_000, 2);
    acts(&mut scene);
}

#[test]
fn liquidate_ok_same_sample_is_no_second_one() {
    let mut scene = Scene::long();
    scene.price(57_000, 10);
    assert_eq!(skips_as_the_host(&mut scene), SkipReason::FirstSighting);
    // The clock goes on, the price does not.
    scene.world.warp_to(scene.world.now() + 9);
    assert_eq!(skips_as_the_host(&mut scene), SkipReason::Unconfirmed);
    let (flag, liquidation) = (scene.flag(), scene.liquidation());
    scene.world.send(&[flag.clone(), liquidation.clone(), flag, liquidation]).unwrap();
    assert_eq!(scene.account().size_atoms, BTC / 10);
}

#[test]
fn liquidate_ok_lapses_after_a_minute() {
    for (secs, lapsed) in [(60, false), (61, true)] {
        let mut scene = Scene::long();
        scene.price(57_000, 10);
        let flag = scene.flag();
        scene.send(flag);
        scene.price(57_000, secs);
        if lapsed {
            assert_eq!(skips_as_the_host(&mut scene), SkipReason::FirstSighting);
            assert_eq!(scene.account().below_since, scene.world.now());
            scene.price(57_000, 2);
        }
        acts(&mut scene);
    }
}

#[test]
fn liquidate_ok_healthy_is_skipped_and_forgets_the_sighting() {
    let mut scene = Scene::long();
    scene.price(59_000, 10);
    assert_eq!(skips_as_the_host(&mut scene), SkipReason::Healthy);
    scene.price(57_000, 10);
    assert_eq!(skips_as_the_host(&mut scene), SkipReason::FirstSighting);
    scene.price(59_000, 2);
    assert_eq!(skips_as_the_host(&mut scene), SkipReason::Healthy);
    assert_eq!(scene.account().below_since, 0);
    scene.price(57_000, 2);
    assert_eq!(skips_as_the_host(&mut scene), SkipReason::FirstSighting, "it begins anew");
}

#[test]
fn liquidate_ok_wick_between_two_flags_takes_nothing() {
    let mut scene = Scene::long();
    for _ in 0..5 {
        scene.price(57_000, 10);
        let flag = scene.flag();
        scene.send(flag.clone());
        scene.price(60_000, 3);
        scene.send(flag);
        scene.price(57_000, 3);
        assert_eq!(skips_as_the_host(&mut scene), SkipReason::FirstSighting);
        scene.price(60_000, 3);
        assert_eq!(skips_as_the_host(&mut scene), SkipReason::Healthy);
    }
}

#[test]
fn liquidate_ok_collateral_in_time_saves_it() {
    let mut scene = Scene::long();
    scene.sighted_at(57_000);
    let owner = scene.owner;
    let keys = scene.world.keys;
    let add = bulkhead_client::ix::add_collateral(&keys, owner.key, owner.tokens, scene.position, 500 * USD);
    scene.send(add);
    assert_eq!(skips_as_the_host(&mut scene), SkipReason::Healthy);
}

#[test]
fn liquidate_ok_lowers_the_requirement_before_it_tests() {
    let mut scene = Scene::long();
    let market = scene.world.keys.market;
    poke(&mut scene.world, &market, |market: &mut bulkhead::state::Market| {
        market.observations.ramp_ppb = 25_000_000;
    });
    // Below the 4.75 % of its opening, above the 3 % of now.
    scene.price(57_000, 10);
    assert_eq!(skips_as_the_host(&mut scene), SkipReason::Healthy);
    assert!(
        (25_000..25_200).contains(&scene.account().margin_ppm),
        "it follows the market's: {:?}",
        scene.account()
    );
}

#[test]
fn liquidate_ok_skips_pending_and_closed() {
    let mut world = World::new().unwrap();
    let owner = world.actor(WEALTH);
    let opening = Opening::new(bulkhead::state::PositionSide::Long, BTC / 10, 500 * USD);
    let position = world.place(&owner, &opening).unwrap();
    let mut scene = Scene { world, owner, position };
    let not_open = |scene: &mut Scene| {
        let (account, market, tokens) = (scene.account(), scene.world.market(), scene.tokens());
        let liquidation = scene.liquidation();
        let done = scene.send(liquidation);
        let reason = SkipReason::NotOpen;
        let position = scene.position;
        assert_events(
            &done,
            [LiquidationSkipped { position, reason, equity_atoms: 0, maintenance_atoms: 0 }.into()],
        );
        assert_eq!((scene.account(), scene.world.market(), scene.tokens()), (account, market, tokens));
    };
    not_open(&mut scene);
    scene.world.advance(5);
    scene.world.execute(position, 0).unwrap();
    scene.price(54_000, 10);
    acts(&mut scene);
    not_open(&mut scene);
}

#[test]
fn liquidate_ok_healthy_one_does_not_fail_a_batch() {
    let mut scene = Scene::long();
    let rich = scene.world.actor(WEALTH);
    let opening = Opening::new(bulkhead::state::PositionSide::Long, BTC / 10, 5_000 * USD);
    let healthy = scene.world.open(&rich, &opening).unwrap();
    scene.price(54_000, 10);
    let keeper = scene.world.keeper;
    let other = bulkhead_client::ix::liquidate(&scene.world.keys, keeper.key, keeper.tokens, healthy);
    let liquidation = scene.liquidation();
    scene.world.send(&[other, liquidation]).unwrap();
    assert_eq!(scene.account().status, 2);
    assert_eq!(scene.world.position(&healthy).status, 1);
}

#[test]
fn liquidate_fails_with_a_bad_price() {
    let mut scene = Scene::long();
    scene.sighted_at(57_000);
    let liquidation = scene.liquidation();
    refuses_bad_prices(&mut scene.world, &liquidation);
    scene.world.warp_to(scene.world.now() + 11);
    refused(&mut scene.world, &liquidation, BulkheadError::PriceTooOld);
}

#[test]
fn liquidate_fails_with_another_account() {
    let mut scene = Scene::long();
    let others = Others::beside(&mut scene.world);
    scene.sighted_at(57_000);
    let liquidation = scene.liquidation();
    let keeper = scene.world.keeper;
    refused(&mut scene.world, &unsigned(&liquidation, keeper.key), ErrorCode::AccountNotSigner);
    refuses_foreign_accounts(&mut scene, &others, &liquidation);
    refuses_impostors(&mut scene.world, &liquidation, &[]);
    refuses_readonly(&mut scene.world, &liquidation, &[]);
    acts(&mut scene);
}

#[test]
fn liquidate_fails_to_pay_one_of_our_own_accounts() {
    let mut scene = Scene::long();
    scene.sighted_at(57_000);
    let market = scene.world.keys.market;
    let liquidation = scene.liquidation();
    let keeper = scene.world.keeper;
    for ours in [scene.vault(), pda::pool_vault(&market), pda::insurance_vault(&market)] {
        let tampered = swapped(&liquidation, keeper.tokens, ours);
        refused(&mut scene.world, &tampered, BulkheadError::KeeperAccountIsOurs);
    }
    // Nor what cannot take the collateral: another mint's, a frozen one, a wallet, the market itself.
    let mint = scene.world.create_mint(scene.world.keys.token_program, 6);
    let other = scene.world.actor_of(mint, 1);
    let tampered = swapped(&liquidation, keeper.tokens, other.tokens);
    refused(&mut scene.world, &tampered, token_error::MINT_MISMATCH);
    let wallet = scene.world.wallet();
    let tampered = swapped(&liquidation, keeper.tokens, wallet);
    refused(&mut scene.world, &tampered, BulkheadError::NotATokenAccount);
    scene.world.freeze(keeper.tokens);
    refused(&mut scene.world, &liquidation, token_error::FROZEN);
    scene.world.thaw(keeper.tokens);
    // Accounts of the program are no token accounts: the token program says so.
    for ours in [market, scene.position] {
        let tampered = swapped(&liquidation, keeper.tokens, ours);
        refused_by_chain(&mut scene.world, &tampered, InstructionError::InvalidAccountData);
    }
    acts(&mut scene);
}

#[test]
fn liquidate_fails_of_a_position_that_is_not_as_written() {
    let mut scene = Scene::long();
    scene.sighted_at(57_000);
    let (position, liquidation) = (scene.position, scene.liquidation());
    let world = &mut scene.world;
    poke(world, &position, |position: &mut Position| position.version = 2);
    refused(world, &liquidation, BulkheadError::AccountVersionMismatch);
    poke(world, &position, |position: &mut Position| (position.version, position.side) = (1, 2));
    refused(world, &liquidation, BulkheadError::CorruptAccount);
    let vault = pda::vault(&position);
    let mut account = world.account(&vault).unwrap();
    poke(world, &position, |position: &mut Position| position.side = 0);
    account.data.truncate(164);
    world.set_account(vault, account);
    refused(world, &liquidation, BulkheadError::NotATokenAccount);
}
