//! Instructions with accounts of another position, another market or another mint in the place of their own.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead_client::pda;
use bulkhead_lab::world::{Opening, World};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::keeping::{Neighbour, Scene};
use crate::{BTC, USD, refused, swapped};

/// A position of somebody else in the same market, and one in another market.
pub struct Others {
    pub sibling: Pubkey,
    pub neighbour: Neighbour,
}

impl Others {
    pub fn beside(world: &mut World) -> Self {
        let owner = world.actor(10_000 * USD);
        let opening = Opening::new(bulkhead::state::PositionSide::Short, BTC / 10, 2_000 * USD);
        let sibling = world.open(&owner, &opening).unwrap();
        assert_eq!(world.position(&sibling).status, 1, "the opening order was spent");
        Self { sibling, neighbour: Neighbour::beside(world) }
    }
}

/// `instruction`, which would go through, refuses every account that belongs to somebody else, and each of
/// its writable accounts in the place of another, with the error that says which it was.
#[track_caller]
pub fn refuses_foreign_accounts(scene: &mut Scene, others: &Others, instruction: &Instruction) {
    let keys = scene.world.keys;
    let (there, sibling) = (&others.neighbour, others.sibling);
    let other_mint = scene.world.create_mint(keys.token_program, 6);
    let vault = scene.vault();
    let pool = pda::pool_vault(&keys.market);
    let insurance = pda::insurance_vault(&keys.market);
    let market = BulkheadError::PositionMarketMismatch;
    let swaps = [
        (keys.market, there.keys.market, market),
        (scene.position, there.position, market),
        (scene.position, sibling, BulkheadError::PositionVaultMismatch),
        (vault, pda::vault(&sibling), BulkheadError::PositionVaultMismatch),
        (vault, pda::vault(&there.position), BulkheadError::PositionVaultMismatch),
        (vault, pool, BulkheadError::PositionVaultMismatch),
        (pool, pda::pool_vault(&there.keys.market), BulkheadError::PoolVaultMismatch),
        (pool, insurance, BulkheadError::PoolVaultMismatch),
        (pool, vault, BulkheadError::PoolVaultMismatch),
        (insurance, pda::insurance_vault(&there.keys.market), BulkheadError::InsuranceVaultMismatch),
        (insurance, pool, BulkheadError::InsuranceVaultMismatch),
        (keys.collateral_mint, other_mint, BulkheadError::CollateralMintMismatch),
        (keys.token_program, spl_token_2022_interface::ID, BulkheadError::TokenProgramMismatch),
    ];
    let names = |address: &Pubkey| instruction.accounts.iter().any(|meta| meta.pubkey == *address);
    for (own, other, error) in swaps {
        // Without a vault among its accounts, an instruction on the sibling is simply one on the sibling.
        if names(&own) && (error != BulkheadError::PositionVaultMismatch || names(&vault)) {
            refused(&mut scene.world, &swapped(instruction, own, other), error);
        }
    }
    // A market in the place of the position, and the other way round: another kind of account.
    let kind = ErrorCode::AccountDiscriminatorMismatch;
    refused(&mut scene.world, &swapped(instruction, scene.position, keys.market), kind);
    refused(&mut scene.world, &swapped(instruction, keys.market, scene.position), kind);
    // Only SPL Token and Token-2022 are token programs at all.
    if names(&keys.token_program) {
        let tampered = swapped(instruction, keys.token_program, bulkhead::ID);
        refused(&mut scene.world, &tampered, ErrorCode::InvalidProgramId);
    }
}
