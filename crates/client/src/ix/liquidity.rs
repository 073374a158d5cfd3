//! What liquidity providers do.

use anchor_lang::prelude::Pubkey;
use bulkhead::instructions::DepositArgs;
use bulkhead::{accounts, instruction};
use solana_instruction::Instruction;

use super::build;
use crate::{MarketKeys, pda};

/// Puts collateral of `owner_collateral` into the pool; the shares go to `owner_shares`. `owner` signs.
pub fn deposit(
    keys: &MarketKeys,
    owner: Pubkey,
    owner_collateral: Pubkey,
    owner_shares: Pubkey,
    args: DepositArgs,
) -> Instruction {
    let accounts = accounts::Deposit {
        owner,
        protocol: pda::protocol(),
        market: keys.market,
        price: keys.price,
        pool_vault: pda::pool_vault(&keys.market),
        lp_mint: pda::lp_mint(&keys.market),
        owner_collateral,
        owner_shares,
        collateral_mint: keys.collateral_mint,
        token_program: keys.token_program,
        collateral_price: keys.collateral_price,
    };
    build(accounts, instruction::Deposit { args })
}
