//! What traders do with their positions.

use anchor_lang::prelude::{Pubkey, system_program};
use bulkhead::instructions::{PlaceOpeningOrderArgs, PlaceOrderArgs};
use bulkhead::{accounts, instruction};
use solana_instruction::Instruction;

use super::build;
use crate::{MarketKeys, pda};

/// Creates the position with id `args.position_id` and its first order, number 0. `owner` signs and gives
/// the collateral out of `source`; `payer` signs and pays rent and tip.
pub fn place_opening_order(
    keys: &MarketKeys,
    owner: Pubkey,
    payer: Pubkey,
    source: Pubkey,
    args: PlaceOpeningOrderArgs,
) -> Instruction {
    let position = pda::position(&keys.market, &owner, args.position_id);
    let accounts = accounts::PlaceOpeningOrder {
        owner,
        payer,
        protocol: pda::protocol(),
        market: keys.market,
        trader: pda::trader(&keys.market, &owner),
        position,
        vault: pda::vault(&position),
        order: pda::order(&position, 0),
        source,
        collateral_mint: keys.collateral_mint,
        token_program: keys.token_program,
        system_program: system_program::ID,
    };
    build(accounts, instruction::PlaceOpeningOrder { args })
}

/// Places order `args.order_id` on an open position. `authority` (owner or delegate) signs; `payer` signs
/// and pays rent and tip.
pub fn place_order(
    keys: &MarketKeys,
    authority: Pubkey,
    payer: Pubkey,
    position: Pubkey,
    args: PlaceOrderArgs,
) -> Instruction {
    let accounts = accounts::PlaceOrder {
        authority,
        payer,
        market: keys.market,
        position,
        order: pda::order(&position, args.order_id),
        system_program: system_program::ID,
    };
    build(accounts, instruction::PlaceOrder { args })
}

/// Cancels an order that can no longer fill, or that waits for its trigger: then `canceller` has to be owner or
/// delegate. `canceller` signs; rent and tip go back to `payer`, the one
/// that the order names.
pub fn cancel_order(
    keys: &MarketKeys,
    canceller: Pubkey,
    position: Pubkey,
    order_id: u32,
    payer: Pubkey,
) -> Instruction {
    let order = pda::order(&position, order_id);
    let accounts = accounts::CancelOrder { canceller, market: keys.market, position, order, payer };
    build(accounts, instruction::CancelOrder {})
}

/// Adds `amount_atoms` of collateral out of `source`, a token account that `from` signs for.
pub fn add_collateral(
    keys: &MarketKeys,
    from: Pubkey,
    source: Pubkey,
    position: Pubkey,
    amount_atoms: u64,
) -> Instruction {
    let accounts = accounts::AddCollateral {
        from,
        market: keys.market,
        position,
        vault: pda::vault(&position),
        source,
        collateral_mint: keys.collateral_mint,
        token_program: keys.token_program,
    };
    build(accounts, instruction::AddCollateral { amount_atoms })
}

/// Removes `amount_atoms` of collateral to `destination`. `owner` signs.
pub fn remove_collateral(
    keys: &MarketKeys,
    owner: Pubkey,
    position: Pubkey,
    destination: Pubkey,
    amount_atoms: u64,
) -> Instruction {
    let accounts = accounts::RemoveCollateral {
        owner,
        market: keys.market,
        position,
        price: keys.price,
        vault: pda::vault(&position),
        pool_vault: pda::pool_vault(&keys.market),
        destination,
        collateral_mint: keys.collateral_mint,
        token_program: keys.token_program,
    };
    build(accounts, instruction::RemoveCollateral { amount_atoms })
}

/// Names `delegate`, or nobody (the default key). `owner` signs.
pub fn set_delegate(owner: Pubkey, position: Pubkey, delegate: Pubkey) -> Instruction {
    build(accounts::SetDelegate { owner, position }, instruction::SetDelegate { delegate })
}

/// Takes everything out of a flat position: its tokens to `destination`, its rent to `owner`, who signs.
pub fn close_position(
    keys: &MarketKeys,
    owner: Pubkey,
    position: Pubkey,
    destination: Pubkey,
) -> Instruction {
    let accounts = accounts::ClosePosition {
        owner,
        market: keys.market,
        position,
        vault: pda::vault(&position),
        destination,
        collateral_mint: keys.collateral_mint,
        token_program: keys.token_program,
    };
    build(accounts, instruction::ClosePosition {})
}
