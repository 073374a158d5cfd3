//! The same of the instructions that few positions ever see.

use super::*;
use bulkhead::instructions::{DepositArgs, ExecuteOrderArgs};
use bulkhead::state::OrderKind;
use bulkhead_lab::world::Waiting;
use bulkhead_tests::top_ups::{PLAN, planned};

const HOUR: i64 = 3_600;

fn vault_lacks_one(scene: &mut Scene) {
    let (vault, held) = (scene.vault(), scene.tokens().vault);
    set_tokens(&mut scene.world, vault, held - 1);
}

/// A position that is closed cannot have a margin, nor a pending or open one what a frozen vault owes.
fn owes_frozen(scene: &mut Scene) {
    let position = scene.position;
    poke(&mut scene.world, &position, |position: &mut Position| position.frozen_owed_atoms = 1);
}

#[test]
fn collect_frozen_fails_with_vaults_below_booked() {
    let mut scene = Scene::long();
    let vault = scene.vault();
    scene.world.freeze(vault);
    scene.sighted_at(57_000);
    let liquidation = scene.liquidation();
    scene.send(liquidation);
    scene.world.thaw(vault);
    let collection = scene.collection();
    fires(&mut scene, &collection, BulkheadError::VaultBelowBooked, vault_lacks_one);
    fires(&mut scene, &collection, BulkheadError::PoolVaultBelowBooked, pool_lacks_one);
}

#[test]
fn crank_market_fails_with_a_pool_vault_below_booked() {
    let world = world_with(|params| {
        params.trade_fee_ppm = 1_000;
        params.crank_fee_quote_atoms = 1_000;
    });
    let mut scene = Scene::with(world, &Opening::new(PositionSide::Long, BTC / 10, 500 * USD));
    scene.price(60_000, 61);
    let crank = ix::crank_market(&scene.world.keys, scene.world.keeper.tokens);
    fires(&mut scene, &crank, BulkheadError::PoolVaultBelowBooked, pool_lacks_one);
}

#[test]
fn execute_top_up_fails_with_a_vault_below_booked() {
    let mut scene = planned(PLAN);
    scene.price(57_900, 10);
    let top_up = scene.world.top_up(scene.position);
    fires(&mut scene, &top_up, BulkheadError::VaultBelowBooked, vault_lacks_one);
}

#[test]
fn settle_position_fails_with_vaults_below_booked() {
    for usd in [57_000, 63_000] {
        let mut scene = Scene::long();
        scene.world.move_price(usd * E8, 60).unwrap();
        scene.world.warp_to(scene.world.now() + 604_800);
        scene.world.settle_market().unwrap();
        let settlement = ix::settle_position(&scene.world.keys, scene.world.keeper.key, scene.position);
        fires(&mut scene, &settlement, BulkheadError::VaultBelowBooked, vault_lacks_one);
        fires(&mut scene, &settlement, BulkheadError::PoolVaultBelowBooked, pool_lacks_one);
    }
}

#[test]
fn execute_order_fails_to_increase_with_vaults_below_booked() {
    let mut scene = open();
    let (keys, owner, position) = (scene.world.keys, scene.owner, scene.position);
    let id = scene.world.place_order(&owner, position, OrderAction::Increase, BTC / 100).unwrap();
    scene.price(60_000, 5);
    let order = scene.world.order(&pda::order(&position, id));
    let args = ExecuteOrderArgs { placed_at: order.placed_at, tip_lamports_min: order.tip_lamports };
    let keeper = scene.world.keeper.key;
    let execution = ix::execute_order(&keys, keeper, position, id, order.payer, args);
    fires(&mut scene, &execution, BulkheadError::VaultBelowBooked, vault_lacks_one);
    fires(&mut scene, &execution, BulkheadError::PoolVaultBelowBooked, pool_lacks_one);
}

#[test]
fn liquidity_fails_with_a_pool_vault_below_booked() {
    let mut scene = open();
    let keys = scene.world.keys;
    let provider = scene.world.provider(2_000 * USD, 1_000 * USD).unwrap();
    let withdrawal = scene.world.request_withdrawal(&provider, 500 * USD).unwrap();
    scene.world.move_price(60_000 * E8, HOUR).unwrap();
    let account = scene.world.withdrawal(&withdrawal);
    let execution = ix::execute_withdrawal(&keys, scene.world.keeper.key, withdrawal, &account);
    fires(&mut scene, &execution, BulkheadError::PoolVaultBelowBooked, pool_lacks_one);
    let args = DepositArgs { amount_atoms: USD, shares_min: 0 };
    let deposit = ix::deposit(&keys, provider.who.key, provider.who.tokens, provider.shares, args);
    fires(&mut scene, &deposit, BulkheadError::PoolVaultBelowBooked, pool_lacks_one);
}

#[test]
fn looking_fails_at_a_position_that_is_inconsistent() {
    let mut scene = Scene::long();
    scene.price(57_000, 10);
    let (flag, refresh, skipped) = (scene.flag(), scene.refresh(), scene.liquidation());
    // Below maintenance for the first time: the liquidation is skipped, and notes the sighting.
    for instruction in [flag, refresh, skipped] {
        fires(&mut scene, &instruction, BulkheadError::PositionInconsistent, owes_frozen);
    }
}

#[test]
fn trigger_order_fails_at_a_position_that_is_inconsistent() {
    let mut scene = Scene::long();
    let (owner, position) = (scene.owner, scene.position);
    let stop = Waiting::decrease(OrderKind::StopLoss, u64::MAX, 59_000 * E12);
    let id = scene.world.place_waiting(&owner, position, &stop).unwrap();
    scene.price(58_500, 10);
    let trigger = ix::trigger_order(&scene.world.keys, scene.world.keeper.key, position, id);
    fires(&mut scene, &trigger, BulkheadError::PositionInconsistent, owes_frozen);
}
