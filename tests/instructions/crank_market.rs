//! `crank_market`: a sample taken in as by `update_market`, and paid once for each bucket while the budget lasts.

use bulkhead::error::BulkheadError;
use bulkhead::events::CrankPaid;
use bulkhead::state::PositionSide;
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::Opening;
use bulkhead_tests::keeping::Scene;
use bulkhead_tests::*;
use solana_instruction::Instruction;

/// What the first sample of a bucket earns.
const FEE: u64 = 1_000;

/// With the crank's part of an open fee of 6 USD: 0.30 USD.
fn scene() -> Scene {
    let world = world_with(|params| {
        params.trade_fee_ppm = 1_000;
        params.crank_fee_quote_atoms = FEE;
    });
    Scene::with(world, &Opening::new(PositionSide::Long, BTC / 10, 500 * USD))
}

fn crank(scene: &Scene) -> Instruction {
    ix::crank_market(&scene.world.keys, scene.world.keeper.tokens)
}

/// What it paid.
#[track_caller]
fn cranks(scene: &mut Scene) -> u64 {
    let (before, budget) = (scene.tokens(), scene.world.market().crank_budget_atoms);
    let instruction = crank(scene);
    let done = scene.send(instruction);
    let after = scene.tokens();
    let paid = after.keeper - before.keeper;
    assert_eq!(before.pool - after.pool, paid);
    assert_eq!(budget - scene.world.market().crank_budget_atoms, paid);
    let event = CrankPaid {
        market: scene.world.keys.market,
        keeper_account: scene.world.keeper.tokens,
        amount_atoms: paid,
    };
    let paid_events = events(&done).into_iter().filter(|it| *it == event.clone().into()).count();
    assert_eq!(paid_events, usize::from(paid > 0));
    paid
}

#[test]
fn crank_market_ok_pays_once_for_each_bucket() {
    let mut scene = scene();
    scene.price(60_100, 60);
    assert_eq!(cranks(&mut scene), FEE);
    assert_eq!(cranks(&mut scene), 0, "the same sample again");
    scene.price(60_200, 1);
    assert_eq!(cranks(&mut scene), 0, "the same bucket");
    scene.price(60_100, 300);
    assert_eq!(cranks(&mut scene), FEE);
}

#[test]
fn crank_market_ok_earns_nothing_where_another_instruction_was_first() {
    let mut scene = scene();
    scene.price(60_100, 300);
    let before = scene.tokens();
    let update = ix::update_market(&scene.world.keys);
    scene.send(update);
    assert_eq!(scene.tokens(), before, "update_market pays nobody");
    assert_eq!(cranks(&mut scene), 0);
}

#[test]
fn crank_market_ok_only_while_the_budget_lasts() {
    let mut scene = scene();
    let market = scene.world.keys.market;
    let rest = FEE + 400;
    let mut account = scene.world.market();
    let gone = account.crank_budget_atoms - rest;
    account.crank_budget_atoms = rest;
    account.pool_atoms += gone;
    poke(&mut scene.world, &market, |it: &mut bulkhead::state::Market| *it = account);
    for expected in [FEE, 400, 0] {
        scene.price(60_100, 300);
        assert_eq!(cranks(&mut scene), expected);
    }
}

#[test]
fn crank_market_fails_with_accounts_of_others_or_of_the_market() {
    let mut scene = scene();
    scene.price(60_100, 300);
    let instruction = crank(&scene);
    let (pool, keeper) = (pda::pool_vault(&scene.world.keys.market), scene.world.keeper.tokens);
    let into_the_pool = swapped(&instruction, keeper, pool);
    refused(&mut scene.world, &into_the_pool, BulkheadError::KeeperAccountIsOurs);
    let keys = scene.world.keys;
    for (from, error) in [
        (pool, BulkheadError::PoolVaultMismatch),
        (keys.collateral_mint, BulkheadError::CollateralMintMismatch),
    ] {
        let tampered = swapped(&instruction, from, pda::insurance_vault(&keys.market));
        refused(&mut scene.world, &tampered, error);
    }
    let tampered = swapped(&instruction, keys.token_program, spl_token_2022_interface::ID);
    refused(&mut scene.world, &tampered, BulkheadError::TokenProgramMismatch);
    refuses_impostors(&mut scene.world, &instruction, &[]);
    refuses_readonly(&mut scene.world, &instruction, &[]);
    scene.world.warp_to(scene.world.now() + 200);
    refused(&mut scene.world, &instruction, BulkheadError::PriceTooOld);
}
