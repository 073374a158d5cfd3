//! Setting up the protocol and its markets, and collecting fees.

use anchor_lang::prelude::{Pubkey, system_program};
use bulkhead::instructions::{CreateMarketArgs, InitializeProtocolArgs};
use bulkhead::{accounts, instruction};
use solana_instruction::Instruction;

use super::build;
use crate::{MarketKeys, pda};

/// Sets the protocol up, once. `admin` is the program's upgrade authority; it signs and pays rent.
pub fn initialize_protocol(admin: Pubkey, args: InitializeProtocolArgs) -> Instruction {
    let accounts = accounts::InitializeProtocol {
        admin,
        protocol: pda::protocol(),
        program: bulkhead::ID,
        program_data: pda::program_data(),
        system_program: system_program::ID,
    };
    build(accounts, instruction::InitializeProtocol { args })
}

/// Creates the market with index `args.index`. `admin` signs and pays rent.
pub fn create_market(
    admin: Pubkey,
    collateral_mint: Pubkey,
    token_program: Pubkey,
    args: CreateMarketArgs,
) -> Instruction {
    let market = pda::market(args.index);
    let accounts = accounts::CreateMarket {
        admin,
        protocol: pda::protocol(),
        market,
        collateral_mint,
        pool_vault: pda::pool_vault(&market),
        insurance_vault: pda::insurance_vault(&market),
        lp_mint: pda::lp_mint(&market),
        token_program,
        system_program: system_program::ID,
    };
    build(accounts, instruction::CreateMarket { args })
}

/// Sends the protocol's fees to `receiver`, a token account that the fee receiver owns. Nobody signs.
pub fn collect_fees(keys: &MarketKeys, receiver: Pubkey) -> Instruction {
    let accounts = accounts::CollectFees {
        protocol: pda::protocol(),
        market: keys.market,
        pool_vault: pda::pool_vault(&keys.market),
        receiver,
        collateral_mint: keys.collateral_mint,
        token_program: keys.token_program,
    };
    build(accounts, instruction::CollectFees {})
}
