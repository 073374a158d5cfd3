//! What anyone may do to keep the system running.

use anchor_lang::prelude::Pubkey;
use bulkhead::instructions::ExecuteOrderArgs;
use bulkhead::{accounts, instruction};
use solana_instruction::{AccountMeta, Instruction};

use super::build;
use crate::{MarketKeys, pda};

/// Takes the price account's sample into the market. Nobody signs.
pub fn update_market(keys: &MarketKeys) -> Instruction {
    let accounts = accounts::UpdateMarket { market: keys.market, price: keys.price };
    build(accounts, instruction::UpdateMarket {})
}

/// The same, paid: the first sample of a bucket earns the crank fee, into `keeper_account`. Nobody signs.
pub fn crank_market(keys: &MarketKeys, keeper_account: Pubkey) -> Instruction {
    let accounts = accounts::CrankMarket {
        market: keys.market,
        price: keys.price,
        pool_vault: pda::pool_vault(&keys.market),
        keeper_account,
        collateral_mint: keys.collateral_mint,
        token_program: keys.token_program,
    };
    build(accounts, instruction::CrankMarket {})
}

/// Fills a waiting order. `executor` signs and gets the tip; the rent goes back to `payer`, the one that the
/// order names.
pub fn execute_order(
    keys: &MarketKeys,
    executor: Pubkey,
    position: Pubkey,
    order_id: u32,
    payer: Pubkey,
    args: ExecuteOrderArgs,
) -> Instruction {
    let accounts = accounts::ExecuteOrder {
        executor,
        protocol: pda::protocol(),
        market: keys.market,
        position,
        order: pda::order(&position, order_id),
        payer,
        price: keys.price,
        vault: pda::vault(&position),
        pool_vault: pda::pool_vault(&keys.market),
        collateral_mint: keys.collateral_mint,
        token_program: keys.token_program,
        collateral_price: keys.collateral_price,
    };
    build(accounts, instruction::ExecuteOrder { args })
}

/// Begins the window of an order whose trigger the price meets. `triggerer` signs and, the first time, gets the
/// trigger's tip.
pub fn trigger_order(keys: &MarketKeys, triggerer: Pubkey, position: Pubkey, order_id: u32) -> Instruction {
    let accounts = accounts::TriggerOrder {
        triggerer,
        market: keys.market,
        position,
        order: pda::order(&position, order_id),
        price: keys.price,
    };
    build(accounts, instruction::TriggerOrder {})
}

/// Lets a position's requirement follow the market's. Nobody signs.
pub fn refresh_position(keys: &MarketKeys, position: Pubkey) -> Instruction {
    let accounts = accounts::RefreshPosition { market: keys.market, position, price: keys.price };
    build(accounts, instruction::RefreshPosition {})
}

/// Notes which of `positions` are below maintenance. Nobody signs.
pub fn flag(keys: &MarketKeys, positions: &[Pubkey]) -> Instruction {
    let accounts = accounts::Flag { market: keys.market, price: keys.price };
    let mut instruction = build(accounts, instruction::Flag {});
    instruction.accounts.extend(positions.iter().map(|position| AccountMeta::new(*position, false)));
    instruction
}

/// Liquidates a position that may be. `keeper` signs; its pay goes to the token account `keeper_account`.
pub fn liquidate(keys: &MarketKeys, keeper: Pubkey, keeper_account: Pubkey, position: Pubkey) -> Instruction {
    let accounts = accounts::Liquidate {
        keeper,
        market: keys.market,
        position,
        price: keys.price,
        vault: pda::vault(&position),
        pool_vault: pda::pool_vault(&keys.market),
        insurance_vault: pda::insurance_vault(&keys.market),
        keeper_account,
        collateral_mint: keys.collateral_mint,
        token_program: keys.token_program,
    };
    build(accounts, instruction::Liquidate {})
}

/// Settles a position at its payout cap. `keeper` signs.
pub fn settle_capped(
    keys: &MarketKeys,
    keeper: Pubkey,
    keeper_account: Pubkey,
    position: Pubkey,
) -> Instruction {
    let accounts = accounts::SettleCapped {
        keeper,
        market: keys.market,
        position,
        price: keys.price,
        vault: pda::vault(&position),
        pool_vault: pda::pool_vault(&keys.market),
        keeper_account,
        collateral_mint: keys.collateral_mint,
        token_program: keys.token_program,
    };
    build(accounts, instruction::SettleCapped {})
}

/// Collects what a vault that was frozen left owed. Nobody signs.
pub fn collect_frozen(keys: &MarketKeys, position: Pubkey) -> Instruction {
    let accounts = accounts::CollectFrozen {
        market: keys.market,
        position,
        vault: pda::vault(&position),
        pool_vault: pda::pool_vault(&keys.market),
        collateral_mint: keys.collateral_mint,
        token_program: keys.token_program,
    };
    build(accounts, instruction::CollectFrozen {})
}
