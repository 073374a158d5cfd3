//! `release_funds`: what a settled market had put aside goes to its pool once nobody can need it any more.

use bulkhead::error::BulkheadError;
use bulkhead::events::FundsReleased;
use bulkhead::state::{Market, PositionSide};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, World};
use bulkhead_tests::foreign::Others;
use bulkhead_tests::keeping::{Scene, Tokens};
use bulkhead_tests::*;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

const DEAD: i64 = 604_800;
const INSURANCE: u64 = 40 * USD;
const BUDGET: u64 = 3 * USD;

/// An open position in a market that has insurance and a crank budget.
fn scene() -> Scene {
    let mut scene =
        Scene::with(World::new().unwrap(), &Opening::new(PositionSide::Long, BTC / 10, 500 * USD));
    endow(&mut scene, INSURANCE, BUDGET);
    scene
}

fn endow(scene: &mut Scene, insurance: u64, budget: u64) {
    let market = scene.world.keys.market;
    scene.world.mint_to(pda::insurance_vault(&market), insurance);
    scene.world.mint_to(pda::pool_vault(&market), budget);
    poke(&mut scene.world, &market, |market: &mut Market| {
        market.insurance_atoms += insurance;
        market.crank_budget_atoms += budget;
    });
}

fn settle_market(scene: &mut Scene) {
    scene.world.warp_to(scene.world.now() + DEAD);
    scene.world.settle_market().unwrap();
}

fn settle(scene: &mut Scene, position: Pubkey) {
    let keys = scene.world.keys;
    scene.world.settle_position(&keys, position).unwrap();
}

fn release(scene: &Scene) -> Instruction {
    ix::release_funds(&scene.world.keys)
}

/// The scene after its market was settled and its position has left.
fn deserted() -> Scene {
    let mut scene = scene();
    settle_market(&mut scene);
    let position = scene.position;
    settle(&mut scene, position);
    scene
}

#[test]
fn release_funds_ok_all_of_it_to_the_pool_and_nobody_signs() {
    let mut scene = deserted();
    let (market, before, tokens) = (scene.world.keys.market, scene.world.market(), scene.tokens());
    // Tokens that nobody has booked stay where they are.
    scene.world.mint_to(pda::insurance_vault(&market), 7);
    let instruction = release(&scene);
    assert!(instruction.accounts.iter().all(|meta| !meta.is_signer));
    let done = scene.world.send(std::slice::from_ref(&instruction)).unwrap();
    let (insurance_atoms, crank_budget_atoms) = (before.insurance_atoms, before.crank_budget_atoms);
    assert!(insurance_atoms >= INSURANCE && crank_budget_atoms >= BUDGET);
    let pool_atoms = before.pool_atoms + insurance_atoms + crank_budget_atoms;
    let expected = Market { pool_atoms, insurance_atoms: 0, crank_budget_atoms: 0, ..before };
    assert_eq!(scene.world.market(), expected);
    let (pool, insurance) = (tokens.pool + insurance_atoms, tokens.insurance - insurance_atoms + 7);
    assert_eq!(scene.tokens(), Tokens { pool, insurance, ..tokens });
    assert_events(&done, [FundsReleased { market, insurance_atoms, crank_budget_atoms }.into()]);
    refused(&mut scene.world, &instruction, BulkheadError::NothingToCollect);
}

#[test]
fn release_funds_ok_of_a_budget_without_insurance() {
    let mut scene = deserted();
    let instruction = release(&scene);
    scene.world.send(std::slice::from_ref(&instruction)).unwrap();
    endow(&mut scene, 0, 5);
    let (pool, tokens) = (scene.world.market().pool_atoms, scene.tokens());
    scene.world.send(&[instruction]).unwrap();
    assert_eq!((scene.world.market().pool_atoms, scene.tokens()), (pool + 5, tokens));
}

#[test]
fn release_funds_fails_in_a_market_that_lives() {
    let mut scene = scene();
    let instruction = release(&scene);
    refused(&mut scene.world, &instruction, BulkheadError::MarketNotSettled);
    scene.world.wind_down().unwrap();
    refused(&mut scene.world, &instruction, BulkheadError::MarketNotSettled);
}

#[test]
fn release_funds_fails_while_a_position_of_either_side_is_open() {
    let mut scene = scene();
    let others = Others::beside(&mut scene.world);
    settle_market(&mut scene);
    let instruction = release(&scene);
    refused(&mut scene.world, &instruction, BulkheadError::PositionsRemain);
    let position = scene.position;
    settle(&mut scene, position);
    refused(&mut scene.world, &instruction, BulkheadError::PositionsRemain);
    settle(&mut scene, others.sibling);
    scene.world.send(&[instruction]).unwrap();
}

#[test]
fn release_funds_fails_with_another_account() {
    let mut scene = scene();
    let others = Others::beside(&mut scene.world);
    settle_market(&mut scene);
    for position in [scene.position, others.sibling] {
        settle(&mut scene, position);
    }
    let (instruction, keys) = (release(&scene), scene.world.keys);
    let there = others.neighbour.keys;
    let (pool, insurance) = (pda::pool_vault(&keys.market), pda::insurance_vault(&keys.market));
    let other_mint = scene.world.create_mint(keys.token_program, 6);
    for (own, other, error) in [
        (keys.market, there.market, BulkheadError::PoolVaultMismatch),
        (pool, pda::pool_vault(&there.market), BulkheadError::PoolVaultMismatch),
        (pool, insurance, BulkheadError::PoolVaultMismatch),
        (insurance, pda::insurance_vault(&there.market), BulkheadError::InsuranceVaultMismatch),
        (insurance, pool, BulkheadError::InsuranceVaultMismatch),
        (insurance, scene.vault(), BulkheadError::InsuranceVaultMismatch),
        (keys.collateral_mint, other_mint, BulkheadError::CollateralMintMismatch),
        (keys.token_program, spl_token_2022_interface::ID, BulkheadError::TokenProgramMismatch),
    ] {
        refused(&mut scene.world, &swapped(&instruction, own, other), error);
    }
    refuses_readonly(&mut scene.world, &instruction, &[]);
    refuses_impostors(&mut scene.world, &instruction, &[]);
}

#[test]
fn release_funds_fails_out_of_a_frozen_vault() {
    let mut scene = deserted();
    let (instruction, vault) = (release(&scene), pda::insurance_vault(&scene.world.keys.market));
    scene.world.freeze(vault);
    refused(&mut scene.world, &instruction, token_error::FROZEN);
    scene.world.thaw(vault);
    scene.world.send(&[instruction]).unwrap();
}

#[test]
fn release_funds_fails_with_vaults_below_booked() {
    let mut scene = deserted();
    let (instruction, market) = (release(&scene), scene.world.keys.market);
    poke(&mut scene.world, &market, |market: &mut Market| market.pool_atoms += 1);
    refused(&mut scene.world, &instruction, BulkheadError::PoolVaultBelowBooked);
}
