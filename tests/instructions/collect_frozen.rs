//! `collect_frozen`: what a frozen vault left owed, either way, moves once it thaws.

use bulkhead::error::BulkheadError;
use bulkhead::events::FrozenCollected;
use bulkhead::state::{Position, PositionSide};
use bulkhead_client::ix;
use bulkhead_lab::world::{Opening, World};
use bulkhead_tests::foreign::{Others, refuses_foreign_accounts};
use bulkhead_tests::keeping::{Scene, Tokens, WEALTH};
use bulkhead_tests::*;

/// Closed in the books at a price while the vault was frozen; the vault still is.
fn frozen_at(opening: &Opening, usd: u64) -> Scene {
    let mut scene = Scene::with(World::new().unwrap(), opening);
    let vault = scene.vault();
    scene.world.freeze(vault);
    scene.sighted_at(usd);
    let liquidation = scene.liquidation();
    scene.send(liquidation);
    assert_eq!(scene.account().status, 2);
    scene
}

/// 0.1 BTC bought at 60,024 and closed at 57,000: 302.40 of its 500 USD lost.
fn lost() -> Scene {
    frozen_at(&Opening::new(PositionSide::Long, BTC / 10, 500 * USD), 57_000)
}

/// Closed at its cap: 5 % of 6,002.40 won.
fn won() -> Scene {
    frozen_at(&Opening::new(PositionSide::Long, BTC / 10, 500 * USD).with_payout_cap(50_000), 66_000)
}

#[track_caller]
fn collects(scene: &mut Scene, to_pool_atoms: u64, to_vault_atoms: u64) {
    let (before, account, market) = (scene.tokens(), scene.account(), scene.world.market());
    let collection = scene.collection();
    let done = scene.send(collection);
    let moved = Tokens {
        vault: before.vault + to_vault_atoms - to_pool_atoms,
        pool: before.pool + to_pool_atoms - to_vault_atoms,
        ..before
    };
    assert_eq!(scene.tokens(), moved);
    let collateral_atoms = account.collateral_atoms + to_vault_atoms - to_pool_atoms;
    let expected = Position { collateral_atoms, frozen_owed_atoms: 0, reserved_atoms: 0, ..account };
    assert_eq!(scene.account(), expected);
    let after = scene.world.market();
    assert_eq!(after.pool_atoms, market.pool_atoms + to_pool_atoms - to_vault_atoms);
    assert_eq!(after.long.reserved_atoms, market.long.reserved_atoms - to_vault_atoms);
    let event = FrozenCollected { position: scene.position, to_pool_atoms, to_vault_atoms };
    assert_events(&done, [event.into()]);
}

/// The owner closes and has `atoms` more or less than before opening.
#[track_caller]
fn goes_home_with(scene: &mut Scene, atoms: i64) {
    let (owner, position) = (scene.owner, scene.position);
    let close = ix::close_position(&scene.world.keys, owner.key, position, owner.tokens);
    scene.send(close);
    assert_eq!(scene.world.token_balance(&owner.tokens), WEALTH.checked_add_signed(atoms).unwrap());
    assert_eq!(scene.world.lamports(&scene.vault()), 0);
}

#[test]
fn collect_frozen_ok_a_loss_to_the_pool() {
    let mut scene = lost();
    assert_eq!((scene.account().frozen_owed_atoms, scene.account().reserved_atoms), (302_400_000, 0));
    let vault = scene.vault();
    scene.world.thaw(vault);
    collects(&mut scene, 302_400_000, 0);
    goes_home_with(&mut scene, -302_400_000);
}

#[test]
fn collect_frozen_ok_a_gain_to_the_vault() {
    let mut scene = won();
    assert_eq!((scene.account().frozen_owed_atoms, scene.account().reserved_atoms), (0, 300_120_000));
    let vault = scene.vault();
    scene.world.thaw(vault);
    collects(&mut scene, 0, 300_120_000);
    goes_home_with(&mut scene, 300_120_000);
}

#[test]
fn collect_frozen_ok_any_time_later_and_without_a_price() {
    let mut scene = lost();
    let vault = scene.vault();
    scene.world.warp_to(scene.world.now() + 40 * 86_400);
    scene.world.thaw(vault);
    let price = scene.world.keys.price;
    scene.world.set_account(price, Default::default());
    collects(&mut scene, 302_400_000, 0);
}

#[test]
fn collect_frozen_ok_insolvent_gives_the_pool_all_there_is() {
    let opening = Opening::new(PositionSide::Long, BTC / 10, 500 * USD);
    let mut scene = frozen_at(&opening, 54_000);
    let vault = scene.vault();
    scene.world.thaw(vault);
    collects(&mut scene, 500 * USD, 0);
    goes_home_with(&mut scene, -500 * USD as i64);
    assert_eq!(scene.world.market().shortfall_total_atoms, 102_400_000);
}

#[test]
fn collect_frozen_fails_while_frozen_and_close_position_waits() {
    for mut scene in [lost(), won()] {
        let collection = scene.collection();
        refused(&mut scene.world, &collection, token_error::FROZEN);
        let (owner, position) = (scene.owner, scene.position);
        let close = ix::close_position(&scene.world.keys, owner.key, position, owner.tokens);
        refused(&mut scene.world, &close, BulkheadError::FrozenAmountsOpen);
        let vault = scene.vault();
        scene.world.thaw(vault);
        refused(&mut scene.world, &close, BulkheadError::FrozenAmountsOpen);
        scene.send(collection);
        scene.send(close);
    }
}

#[test]
fn collect_frozen_fails_with_nothing_to_collect() {
    let mut scene = lost();
    let vault = scene.vault();
    scene.world.thaw(vault);
    let collection = scene.collection();
    scene.send(collection.clone());
    refused(&mut scene.world, &collection, BulkheadError::NothingToCollect);
}

#[test]
fn collect_frozen_fails_unless_closed() {
    let mut world = World::new().unwrap();
    let owner = world.actor(WEALTH);
    let position = world.place(&owner, &Opening::new(PositionSide::Long, BTC / 10, 500 * USD)).unwrap();
    let mut scene = Scene { world, owner, position };
    let collection = scene.collection();
    refused(&mut scene.world, &collection, BulkheadError::PositionNotFlat);
    scene.world.advance(5);
    scene.world.execute(position, 0).unwrap();
    refused(&mut scene.world, &collection, BulkheadError::PositionNotFlat);
}

#[test]
fn collect_frozen_fails_with_another_account() {
    let mut scene = lost();
    let vault = scene.vault();
    scene.world.thaw(vault);
    let others = Others::beside(&mut scene.world);
    let collection = scene.collection();
    refuses_foreign_accounts(&mut scene, &others, &collection);
    refuses_impostors(&mut scene.world, &collection, &[]);
    refuses_readonly(&mut scene.world, &collection, &[]);
    let position = scene.position;
    poke(&mut scene.world, &position, |position: &mut Position| position.version = 2);
    refused(&mut scene.world, &collection, BulkheadError::AccountVersionMismatch);
}
