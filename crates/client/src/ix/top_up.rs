//! Top-up plans.

use anchor_lang::prelude::{Pubkey, system_program};
use bulkhead::instructions::SetTopUpArgs;
use bulkhead::{accounts, instruction};
use solana_instruction::Instruction;

use super::build;
use crate::{MarketKeys, pda};

/// Makes or replaces the top-up plan of a position. `owner` signs; `payer` signs and pays the rent. `source`
/// is a token account of the owner's. It moves nothing until the owner has approved
/// [`pda::top_up_authority`] as that account's delegate, by the token program's own instruction.
pub fn set_top_up(
    keys: &MarketKeys,
    owner: Pubkey,
    payer: Pubkey,
    position: Pubkey,
    source: Pubkey,
    args: SetTopUpArgs,
) -> Instruction {
    let accounts = accounts::SetTopUp {
        owner,
        payer,
        market: keys.market,
        position,
        plan: pda::top_up(&position),
        source,
        top_up_authority: pda::top_up_authority(&owner),
        system_program: system_program::ID,
    };
    build(accounts, instruction::SetTopUp { args })
}

/// Takes a top-up plan back. `canceller` signs: the owner, or anyone once the position is closed. The rent
/// goes to `payer`, the one that the plan names.
pub fn cancel_top_up(canceller: Pubkey, position: Pubkey, payer: Pubkey) -> Instruction {
    let accounts = accounts::CancelTopUp { canceller, position, plan: pda::top_up(&position), payer };
    build(accounts, instruction::CancelTopUp {})
}

/// Tops `position` of `owner` up by its plan, out of `source`, the token account that the plan names.
/// `keeper` signs; its pay goes to the token account `keeper_account`.
pub fn execute_top_up(
    keys: &MarketKeys,
    keeper: Pubkey,
    keeper_account: Pubkey,
    position: Pubkey,
    owner: Pubkey,
    source: Pubkey,
) -> Instruction {
    let accounts = accounts::ExecuteTopUp {
        keeper,
        market: keys.market,
        position,
        price: keys.price,
        vault: pda::vault(&position),
        plan: pda::top_up(&position),
        source,
        top_up_authority: pda::top_up_authority(&owner),
        keeper_account,
        collateral_mint: keys.collateral_mint,
        token_program: keys.token_program,
    };
    build(accounts, instruction::ExecuteTopUp {})
}
