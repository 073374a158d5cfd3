//! The end of a market, and its move to another layout.

use anchor_lang::prelude::{Pubkey, system_program};
use bulkhead::{accounts, instruction};
use solana_instruction::Instruction;

use super::build;
use crate::{MarketKeys, pda};

/// Keeps the price of a minute of a wind-down. `payer` signs, and pays the rent of the prices if they are not
/// there yet.
pub fn record_settlement_price(keys: &MarketKeys, payer: Pubkey) -> Instruction {
    let accounts = accounts::RecordSettlementPrice {
        payer,
        market: keys.market,
        settlement: pda::settlement(&keys.market),
        price: keys.price,
        system_program: system_program::ID,
    };
    build(accounts, instruction::RecordSettlementPrice {})
}

/// Settles a market whose oracle is dead or whose wind-down is complete. `settlement_payer` is the one that
/// the prices of the wind-down name; anybody where there are none. Nobody signs.
pub fn settle_market(market: Pubkey, settlement_payer: Pubkey) -> Instruction {
    let accounts = accounts::SettleMarket { market, settlement: pda::settlement(&market), settlement_payer };
    build(accounts, instruction::SettleMarket {})
}

/// Closes a position of a settled market. `keeper` signs.
pub fn settle_position(keys: &MarketKeys, keeper: Pubkey, position: Pubkey) -> Instruction {
    let accounts = accounts::SettlePosition {
        keeper,
        market: keys.market,
        position,
        vault: pda::vault(&position),
        pool_vault: pda::pool_vault(&keys.market),
        collateral_mint: keys.collateral_mint,
        token_program: keys.token_program,
    };
    build(accounts, instruction::SettlePosition {})
}

/// Gives insurance and crank budget of a settled market without positions to its pool. Nobody signs.
pub fn release_funds(keys: &MarketKeys) -> Instruction {
    let accounts = accounts::ReleaseFunds {
        market: keys.market,
        pool_vault: pda::pool_vault(&keys.market),
        insurance_vault: pda::insurance_vault(&keys.market),
        collateral_mint: keys.collateral_mint,
        token_program: keys.token_program,
    };
    build(accounts, instruction::ReleaseFunds {})
}

/// Rewrites a market of the version before in this one's layout. `payer` signs and pays the added rent.
pub fn migrate_market(payer: Pubkey, market: Pubkey) -> Instruction {
    let accounts = accounts::MigrateMarket { payer, market, system_program: system_program::ID };
    build(accounts, instruction::MigrateMarket {})
}
