//! Instructions that change nothing and answer in return data.

use anchor_lang::prelude::Pubkey;
use bulkhead::{accounts, instruction};
use solana_instruction::Instruction;

use super::build;
use crate::{MarketKeys, pda};

/// A position's health; the answer is a `bulkhead::instructions::PositionHealth` in Borsh. Nobody signs.
pub fn view_position(keys: &MarketKeys, position: Pubkey) -> Instruction {
    let accounts = accounts::ViewPosition { market: keys.market, position, price: keys.price };
    build(accounts, instruction::ViewPosition {})
}

/// A market's rates; the answer is a `bulkhead::instructions::MarketRates` in Borsh. Nobody signs.
pub fn view_rates(market: Pubkey) -> Instruction {
    build(accounts::ViewRates { market }, instruction::ViewRates {})
}

/// The pool's worth; the answer is a `bulkhead::instructions::PoolView` in Borsh. Nobody signs.
pub fn view_pool(keys: &MarketKeys) -> Instruction {
    build(accounts::ViewPool { market: keys.market, price: keys.price }, instruction::ViewPool {})
}

/// Where an order stands and what it would do; the answer is a `bulkhead::instructions::OrderView` in Borsh.
/// Nobody signs.
pub fn view_order(keys: &MarketKeys, position: Pubkey, order_id: u32) -> Instruction {
    let accounts = accounts::ViewOrder {
        protocol: pda::protocol(),
        market: keys.market,
        position,
        order: pda::order(&position, order_id),
        price: keys.price,
    };
    build(accounts, instruction::ViewOrder {})
}
