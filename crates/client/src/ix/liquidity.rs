//! What liquidity providers do.

use anchor_lang::prelude::{Pubkey, system_program};
use bulkhead::instructions::{DepositArgs, RequestWithdrawalArgs};
use bulkhead::state::Withdrawal;
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

/// Puts shares of `owner_shares` into escrow, to be paid to `destination`. `owner` signs; `payer` signs and pays
/// rent and tip.
pub fn request_withdrawal(
    keys: &MarketKeys,
    owner: Pubkey,
    payer: Pubkey,
    owner_shares: Pubkey,
    destination: Pubkey,
    args: RequestWithdrawalArgs,
) -> Instruction {
    let withdrawal = pda::withdrawal(&keys.market, &owner, args.withdrawal_id);
    let accounts = accounts::RequestWithdrawal {
        owner,
        payer,
        protocol: pda::protocol(),
        market: keys.market,
        trader: pda::trader(&keys.market, &owner),
        withdrawal,
        vault: pda::withdrawal_vault(&withdrawal),
        owner_shares,
        destination,
        lp_mint: pda::lp_mint(&keys.market),
        token_program: keys.token_program,
        system_program: system_program::ID,
    };
    build(accounts, instruction::RequestWithdrawal { args })
}

/// Pays the matured `withdrawal`, whose account is `account`. `executor` signs and gets the tip.
pub fn execute_withdrawal(
    keys: &MarketKeys,
    executor: Pubkey,
    withdrawal: Pubkey,
    account: &Withdrawal,
) -> Instruction {
    let accounts = accounts::ExecuteWithdrawal {
        executor,
        protocol: pda::protocol(),
        market: keys.market,
        withdrawal,
        payer: account.payer,
        price: keys.price,
        vault: account.vault,
        destination: account.destination,
        pool_vault: pda::pool_vault(&keys.market),
        lp_mint: pda::lp_mint(&keys.market),
        collateral_mint: keys.collateral_mint,
        token_program: keys.token_program,
    };
    build(accounts, instruction::ExecuteWithdrawal {})
}

/// Gives the shares of `withdrawal`, whose account is `account`, back to `owner_shares`, which its owner owns.
/// `canceller` signs.
pub fn cancel_withdrawal(
    keys: &MarketKeys,
    canceller: Pubkey,
    withdrawal: Pubkey,
    account: &Withdrawal,
    owner_shares: Pubkey,
) -> Instruction {
    let accounts = accounts::CancelWithdrawal {
        canceller,
        market: keys.market,
        withdrawal,
        payer: account.payer,
        vault: account.vault,
        owner_shares,
        lp_mint: pda::lp_mint(&keys.market),
        token_program: keys.token_program,
    };
    build(accounts, instruction::CancelWithdrawal {})
}
