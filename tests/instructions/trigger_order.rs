//! `trigger_order`, and the life of orders that wait for a price: what triggers them, what fills them, and who
//! may call them off when.

mod attacks;
mod cancels;
mod fills;
mod placing;
mod races;
mod triggers;

use bulkhead::state::{Order, OrderKind, PositionSide};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, PriceUpdate, Waiting, World};
use bulkhead_tests::keeping::Scene;
use bulkhead_tests::*;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

/// 0.1 BTC at 60,000 with 1,000 USD behind it.
fn scene(side: PositionSide) -> Scene {
    Scene::with(World::new().unwrap(), &Opening::new(side, BTC / 10, 1_000 * USD))
}

/// A limit order for another 0.02 BTC at 59,000 or better.
fn limit() -> Waiting {
    Waiting::limit_increase(BTC / 50, 59_000 * E12)
}

/// A stop-loss for everything at 58,000.
fn stop() -> Waiting {
    Waiting::decrease(OrderKind::StopLoss, u64::MAX, 58_000 * E12)
}

/// Places `waiting` on the scene's position; returns its id.
fn place(scene: &mut Scene, waiting: Waiting) -> u32 {
    let (owner, position) = (scene.owner, scene.position);
    scene.world.place_waiting(&owner, position, &waiting).unwrap()
}

/// Lets five seconds pass, publishes a price in whole dollars and triggers the order on it.
fn trigger_at(scene: &mut Scene, id: u32, usd: u64) {
    scene.price(usd, 5);
    let position = scene.position;
    scene.world.trigger(position, id).unwrap();
}

fn address(scene: &Scene, id: u32) -> Pubkey {
    pda::order(&scene.position, id)
}

fn order(scene: &Scene, id: u32) -> Order {
    scene.world.order(&address(scene, id))
}

fn triggering(scene: &Scene, id: u32) -> Instruction {
    ix::trigger_order(&scene.world.keys, scene.world.keeper.key, scene.position, id)
}

fn execution(scene: &Scene, id: u32) -> Instruction {
    crate::desk::execution(&scene.world, scene.position, id)
}

fn cancelling(scene: &Scene, by: Pubkey, id: u32) -> Instruction {
    ix::cancel_order(&scene.world.keys, by, scene.position, id, order(scene, id).payer)
}

/// Moves the clock to `clock` and publishes a price in whole dollars with a time of its own.
fn published(scene: &mut Scene, usd: u64, publish_time: i64, clock: i64) {
    scene.world.warp_to(clock);
    scene.world.set_price(&PriceUpdate::at(usd * E8, publish_time));
}
