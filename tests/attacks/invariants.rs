//! State invariants: each is broken by hand, as no instruction could, and the next instruction that touches it
//! fails with its error. Ids: docs/invariants.md.

mod rest;
mod versions;

use bulkhead::error::BulkheadError;
use bulkhead::state::{Market, OrderAction, Position, PositionSide};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, World};
use bulkhead_tests::keeping::{Scene, all_accounts};
use bulkhead_tests::*;
use solana_account::Account;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use std::collections::BTreeMap;

/// Sets a token account's amount to nobody's benefit.
fn set_tokens(world: &mut World, account: Pubkey, atoms: u64) {
    let mut bytes = world.account(&account).unwrap();
    bytes.data[64..72].copy_from_slice(&atoms.to_le_bytes());
    world.set_account(account, bytes);
}

/// `instruction` would go through; after `corrupt` it fails with `error`, and goes through again once that is
/// undone.
#[track_caller]
fn fires(
    scene: &mut Scene,
    instruction: &Instruction,
    error: BulkheadError,
    corrupt: impl FnOnce(&mut Scene),
) {
    let whole = all_accounts(&scene.world);
    corrupt(scene);
    refused(&mut scene.world, instruction, error);
    restore(scene, &whole);
    scene.send(instruction.clone());
    restore(scene, &whole);
}

/// Puts back every account of the program and of the token program, and takes away what is new.
fn restore(scene: &mut Scene, accounts: &BTreeMap<Pubkey, Account>) {
    for address in all_accounts(&scene.world).into_keys() {
        if !accounts.contains_key(&address) {
            scene.world.set_account(address, Account::default());
        }
    }
    for (address, account) in accounts {
        if [bulkhead::ID, spl_token_interface::ID].contains(&account.owner) {
            scene.world.set_account(*address, account.clone());
        }
    }
}

/// What its owner and anyone may do with an open position at this moment.
fn on_open(scene: &mut Scene) -> Vec<(&'static str, Instruction)> {
    let (keys, owner, position) = (scene.world.keys, scene.owner, scene.position);
    let id = scene.world.place_order(&owner, position, OrderAction::Decrease, BTC / 100).unwrap();
    scene.world.advance(5);
    let order = scene.world.order(&pda::order(&position, id));
    let args = bulkhead::instructions::ExecuteOrderArgs {
        placed_at: order.placed_at,
        tip_lamports_min: order.tip_lamports,
    };
    let keeper = scene.world.keeper.key;
    vec![
        ("add_collateral", ix::add_collateral(&keys, owner.key, owner.tokens, position, 1)),
        ("remove_collateral", ix::remove_collateral(&keys, owner.key, position, owner.tokens, 1)),
        ("execute_order", ix::execute_order(&keys, keeper, position, id, order.payer, args)),
    ]
}

/// A long with 2,000 USD behind 6,000, so that a little may be taken out.
fn open() -> Scene {
    let opening = Opening::new(PositionSide::Long, BTC / 10, 2_000 * USD);
    Scene::with(world_with(|params| params.trade_fee_ppm = 1_000), &opening)
}

/// Ready to be liquidated in part, whole, and settled at its cap.
fn closings() -> Vec<(Scene, Instruction)> {
    let mut found = Vec::new();
    for usd in [57_700, 55_600] {
        let mut scene = Scene::long();
        scene.sighted_at(usd);
        let instruction = scene.liquidation();
        found.push((scene, instruction));
    }
    for settle in [false, true] {
        let opening = Opening::new(PositionSide::Long, BTC / 10, 500 * USD).with_payout_cap(50_000);
        let mut scene = Scene::with(World::new().unwrap(), &opening);
        scene.price(66_000, 10);
        let instruction = if settle { scene.settlement() } else { scene.liquidation() };
        found.push((scene, instruction));
    }
    found
}

#[test]
fn invariants_fails_inv_01_vault_below_booked() {
    let mut scene = open();
    for (_, instruction) in on_open(&mut scene) {
        fires(&mut scene, &instruction, BulkheadError::VaultBelowBooked, |scene| {
            let (vault, held) = (scene.vault(), scene.tokens().vault);
            set_tokens(&mut scene.world, vault, held - 1);
        });
    }
    // Not even closing a flat position pays out of a vault that holds less than it should.
    let mut scene = Scene::long();
    scene.price(55_600, 10);
    let (flag, liquidation) = (scene.flag(), scene.liquidation());
    scene.send(flag);
    scene.price(55_600, 2);
    scene.send(liquidation);
    let close = ix::close_position(&scene.world.keys, scene.owner.key, scene.position, scene.owner.tokens);
    fires(&mut scene, &close, BulkheadError::VaultBelowBooked, |scene| {
        let (vault, held) = (scene.vault(), scene.tokens().vault);
        set_tokens(&mut scene.world, vault, held - 1);
    });
}

#[test]
fn invariants_fails_inv_01_in_a_partial_liquidation_and_in_settling() {
    for (mut scene, instruction) in closings() {
        fires(&mut scene, &instruction, BulkheadError::VaultBelowBooked, |scene| {
            let (vault, held) = (scene.vault(), scene.tokens().vault);
            set_tokens(&mut scene.world, vault, held - 1);
        });
    }
}

fn pool_lacks_one(scene: &mut Scene) {
    let (pool, held) = (pda::pool_vault(&scene.world.keys.market), scene.tokens().pool);
    set_tokens(&mut scene.world, pool, held - 1);
}

#[test]
fn invariants_fails_inv_02_pool_vault_below_booked() {
    let mut scene = open();
    for (name, instruction) in on_open(&mut scene) {
        if name != "add_collateral" {
            fires(&mut scene, &instruction, BulkheadError::PoolVaultBelowBooked, pool_lacks_one);
        }
    }
    for (mut scene, instruction) in closings() {
        fires(&mut scene, &instruction, BulkheadError::PoolVaultBelowBooked, pool_lacks_one);
    }
    // The pool's tokens are the pool's, the protocol's and the crank budget's.
    let mut scene = open();
    let (mint, receiver) = (scene.world.mint, scene.world.fee_receiver);
    let receiver = scene.world.create_token_account(mint, receiver);
    let collect = ix::collect_fees(&scene.world.keys, receiver);
    fires(&mut scene, &collect, BulkheadError::PoolVaultBelowBooked, pool_lacks_one);
}

#[test]
fn invariants_fails_inv_03_reserve_not_covered() {
    let reserve_more = |scene: &mut Scene| {
        let market = scene.world.keys.market;
        poke(&mut scene.world, &market, |market: &mut Market| {
            market.short.reserved_atoms = market.pool_atoms;
            (market.short.positions, market.short.open_interest_atoms) = (1, 1);
        });
    };
    let mut scene = open();
    for (name, instruction) in on_open(&mut scene) {
        if name != "add_collateral" {
            fires(&mut scene, &instruction, BulkheadError::ReserveNotCovered, reserve_more);
        }
    }
    // A liquidation releases what it had set aside, so a little more is missing here.
    for (mut scene, instruction) in closings() {
        fires(&mut scene, &instruction, BulkheadError::ReserveNotCovered, |scene| {
            let market = scene.world.keys.market;
            poke(&mut scene.world, &market, |market: &mut Market| {
                market.short.reserved_atoms = market.pool_atoms + 10_000 * USD;
                (market.short.positions, market.short.open_interest_atoms) = (1, 1);
            });
        });
    }
}

#[test]
fn invariants_fails_inv_04_insurance_vault_below_booked() {
    // The two that pay a liquidation fee.
    for (mut scene, instruction) in closings().into_iter().take(3) {
        fires(&mut scene, &instruction, BulkheadError::InsuranceVaultBelowBooked, |scene| {
            let market = scene.world.keys.market;
            poke(&mut scene.world, &market, |market: &mut Market| market.insurance_atoms += 1);
        });
    }
}

#[test]
fn invariants_fails_inv_05_position_inconsistent() {
    // Pending, but with what only an open position has.
    let corruptions: [fn(&mut Position); 8] = [
        |position| position.size_atoms = 1,
        |position| position.entry_price_e12 = 1,
        |position| position.owed_borrow_atoms = 1,
        |position| position.owed_funding_atoms = 1,
        |position| position.due_atoms = 1,
        |position| position.margin_ppm = 1,
        |position| position.collateral_counted_atoms = 1,
        |position| position.frozen_owed_atoms = 1,
    ];
    for corrupt in corruptions {
        let mut world = World::new().unwrap();
        let owner = world.actor(keeping::WEALTH);
        let position = world.place(&owner, &Opening::new(PositionSide::Long, BTC / 10, 500 * USD)).unwrap();
        let mut scene = Scene { world, owner, position };
        let add = ix::add_collateral(&scene.world.keys, owner.key, owner.tokens, position, 1);
        fires(&mut scene, &add, BulkheadError::PositionInconsistent, |scene| {
            poke(&mut scene.world, &position, corrupt);
        });
    }
    // Open, but without size.
    let mut scene = open();
    let (owner, position) = (scene.owner, scene.position);
    let add = ix::add_collateral(&scene.world.keys, owner.key, owner.tokens, position, 1);
    fires(&mut scene, &add, BulkheadError::PositionInconsistent, |scene| {
        poke(&mut scene.world, &position, |position: &mut Position| position.size_atoms = 0);
    });
    // More orders gone than there were.
    let mut scene = open();
    let (_, execution) = on_open(&mut scene).pop().unwrap();
    let position = scene.position;
    fires(&mut scene, &execution, BulkheadError::PositionInconsistent, |scene| {
        poke(&mut scene.world, &position, |position: &mut Position| position.open_orders = 0);
    });
}

#[test]
fn invariants_fails_inv_06_side_sums_contradict_each_other() {
    let ghost_size = |scene: &mut Scene| {
        let market = scene.world.keys.market;
        poke(&mut scene.world, &market, |market: &mut Market| market.short.open_interest_atoms = 1);
    };
    let ghost_position = |scene: &mut Scene| {
        let market = scene.world.keys.market;
        poke(&mut scene.world, &market, |market: &mut Market| market.short.positions = 1);
    };
    let mut scene = open();
    for (name, instruction) in on_open(&mut scene) {
        if name != "add_collateral" {
            fires(&mut scene, &instruction, BulkheadError::LedgerInconsistent, ghost_size);
            fires(&mut scene, &instruction, BulkheadError::LedgerInconsistent, ghost_position);
        }
    }
    for (mut scene, instruction) in closings() {
        fires(&mut scene, &instruction, BulkheadError::LedgerInconsistent, ghost_size);
        fires(&mut scene, &instruction, BulkheadError::LedgerInconsistent, ghost_position);
    }
}

/// Side sums that a closing would take below zero are an error, not a wrap.
#[test]
fn invariants_fails_with_sums_that_are_too_small() {
    let (mut scene, instruction) = closings().remove(1);
    let market = scene.world.keys.market;
    type Corruption = fn(&mut Market);
    let corruptions: [(Corruption, BulkheadError); 5] = [
        (|market| market.long.positions = 0, BulkheadError::AccountingBroken),
        (|market| market.long.cost_e12 = 1.into(), BulkheadError::AccountingBroken),
        (|market| market.long.open_interest_atoms -= 1, BulkheadError::Overflow),
        (|market| market.long.reserved_atoms -= 1, BulkheadError::Overflow),
        (|market| market.long.collateral_atoms -= 1, BulkheadError::Overflow),
    ];
    for (corrupt, error) in corruptions {
        fires(&mut scene, &instruction, error, |scene| poke(&mut scene.world, &market, corrupt));
    }
    let position = scene.position;
    fires(&mut scene, &instruction, BulkheadError::AccountingBroken, |scene| {
        poke(&mut scene.world, &position, |position: &mut Position| position.borrow_snapshot_e12 = 1.into());
    });
}

/// INV-08: a transfer whose two ends are one account moves nothing, and is seen.
#[test]
fn invariants_fails_inv_08_tokens_moved_differ_from_the_amount_booked() {
    let mut scene = open();
    let (keys, position, vault) = (scene.world.keys, scene.position, scene.vault());
    // The pool pays the position's vault: for a vault that is the pool's own, nothing would change hands.
    let pool = pda::pool_vault(&keys.market);
    poke(&mut scene.world, &position, |position: &mut Position| position.vault = pool);
    scene.price(130_000, 10);
    let settlement = swapped(&scene.settlement(), vault, pool);
    refused(&mut scene.world, &settlement, BulkheadError::TokenDeltaMismatch);
    // Collateral that its owner moves from the vault to the vault.
    let mut scene = open();
    let (owner, vault) = (scene.owner, scene.vault());
    let remove = ix::remove_collateral(&keys, owner.key, scene.position, vault, 1);
    refused(&mut scene.world, &remove, BulkheadError::TokenDeltaMismatch);
}
