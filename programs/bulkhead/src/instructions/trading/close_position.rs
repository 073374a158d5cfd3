//! The owner takes everything out of a flat position's vault, and the rent of vault and position.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;

use crate::error::BulkheadError;
use crate::events::PositionClosed;
use crate::state::{Market, POSITION_OPEN, POSITION_PENDING, Position};
use crate::token;
use crate::transfers::{PositionTransfers, SignerKeys};

/// Accounts of `close_position`.
#[derive(Accounts)]
pub struct ClosePosition<'info> {
    /// Owner; gets the rent.
    #[account(mut, address = position.load()?.owner @ BulkheadError::OwnerRequired)]
    pub owner: Signer<'info>,
    /// Market of the position.
    pub market: AccountLoader<'info, Market>,
    /// Position.
    #[account(
        mut, close = owner,
        constraint = position.load()?.market == market.key() @ BulkheadError::PositionMarketMismatch
    )]
    pub position: AccountLoader<'info, Position>,
    /// Vault of the position.
    /// CHECK: address.
    #[account(mut, address = position.load()?.vault @ BulkheadError::PositionVaultMismatch)]
    pub vault: UncheckedAccount<'info>,
    /// Where the collateral goes: any token account that the owner names.
    /// CHECK: the token program checks the mint.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// Collateral mint.
    /// CHECK: address.
    #[account(address = market.load()?.collateral_mint @ BulkheadError::CollateralMintMismatch)]
    pub collateral_mint: UncheckedAccount<'info>,
    /// Token program of the collateral.
    #[account(address = market.load()?.token_program @ BulkheadError::TokenProgramMismatch)]
    pub token_program: Interface<'info, TokenInterface>,
}

impl ClosePosition<'_> {
    fn validate(&self) -> Result<()> {
        // owner, market - checked in the #[account] attributes.
        let position = self.position.load()?;
        position.require_version()?;
        self.market.load()?.require_version()?;
        require!(position.status != POSITION_OPEN, BulkheadError::PositionNotFlat);
        // CANNOT leave while an opening order may still fill: that would be a cancellation at a known price.
        // CAN leave with orders of a closed position: they are void.
        let waiting = position.status == POSITION_PENDING && position.open_orders != 0;
        require!(!waiting, BulkheadError::OrdersWaiting);
        let frozen = position.frozen_owed_atoms != 0 || position.reserved_atoms != 0;
        require!(!frozen, BulkheadError::FrozenAmountsOpen);
        position.assert_consistent()
    }
}

/// Handler of `close_position`. Donated tokens go out with the rest: they count as nothing and block nothing.
#[access_control(ctx.accounts.validate())]
pub fn handle_close_position(ctx: Context<ClosePosition>) -> Result<()> {
    let accounts = &ctx.accounts;
    let keys = SignerKeys::of(&*accounts.market.load()?, &*accounts.position.load()?);
    let transfers = PositionTransfers {
        program: accounts.token_program.as_ref(),
        mint: &accounts.collateral_mint,
        market: accounts.market.as_ref(),
        position: accounts.position.as_ref(),
        vault: &accounts.vault,
        keys,
    };
    let returned_atoms = token::amount(&accounts.vault)?;
    let booked = accounts.position.load()?.collateral_atoms;
    require!(returned_atoms >= booked, BulkheadError::VaultBelowBooked);
    transfers.out_of_vault(&accounts.destination, returned_atoms)?;
    transfers.close_vault(accounts.owner.as_ref())?;
    emit!(PositionClosed { position: accounts.position.key(), owner: accounts.owner.key(), returned_atoms });
    Ok(())
}
