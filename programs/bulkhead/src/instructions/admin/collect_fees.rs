//! Sends the protocol's share of trade fees to its fee receiver. Anyone may.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{TokenAccount, TokenInterface};

use crate::error::BulkheadError;
use crate::events::FeesCollected;
use crate::invariants;
use crate::state::{Market, Protocol, market_signer};
use crate::token::Transfer;

/// Accounts of `collect_fees`.
#[derive(Accounts)]
pub struct CollectFees<'info> {
    /// The protocol: names the fee receiver.
    pub protocol: AccountLoader<'info, Protocol>,
    /// Market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// Pool vault, where the fees lie.
    /// CHECK: address.
    #[account(mut, address = market.load()?.pool_vault @ BulkheadError::PoolVaultMismatch)]
    pub pool_vault: UncheckedAccount<'info>,
    /// Any token account that the fee receiver owns.
    #[account(
        mut,
        constraint = receiver.owner == protocol.load()?.fee_receiver @ BulkheadError::FeeReceiverMismatch
    )]
    pub receiver: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Collateral mint.
    /// CHECK: address.
    #[account(address = market.load()?.collateral_mint @ BulkheadError::CollateralMintMismatch)]
    pub collateral_mint: UncheckedAccount<'info>,
    /// Token program of the collateral.
    #[account(address = market.load()?.token_program @ BulkheadError::TokenProgramMismatch)]
    pub token_program: Interface<'info, TokenInterface>,
}

/// Handler of `collect_fees`.
pub fn handle_collect_fees(ctx: Context<CollectFees>) -> Result<()> {
    let accounts = &ctx.accounts;
    let (amount_atoms, decimals, tail) = {
        let mut market = accounts.market.load_mut()?;
        let amount_atoms = core::mem::take(&mut market.protocol_fees_atoms);
        (amount_atoms, market.params.quote_decimals, market.seed_tail())
    };
    require!(amount_atoms != 0, BulkheadError::NothingToCollect);
    Transfer {
        program: accounts.token_program.as_ref(),
        mint: &accounts.collateral_mint,
        decimals,
        from: &accounts.pool_vault,
        to: accounts.receiver.as_ref().as_ref(),
        authority: accounts.market.as_ref(),
    }
    .send(amount_atoms, &market_signer(&tail))?;
    invariants::assert_market(&*accounts.market.load()?, &accounts.pool_vault)?;
    emit!(FeesCollected { market: accounts.market.key(), amount_atoms });
    Ok(())
}
