//! Gives the shares of a withdrawal back to its owner. Nothing can block it: no price, no pause, and the
//! shares go to any account that the owner owns, which anyone can create.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use bulkhead_risk::UnixSeconds;
use bulkhead_risk::pool::withdraw;

use crate::constants::CANCEL_TIP_LAMPORTS;
use crate::error::{BulkheadError, IntoProgram};
use crate::events::WithdrawalCancelled;
use crate::state::{Market, Withdrawal};
use crate::token::{self, Transfer};

/// Accounts of `cancel_withdrawal`.
#[derive(Accounts)]
pub struct CancelWithdrawal<'info> {
    /// The owner, or anyone once it has lapsed; gets the cancel tip unless it is owner or payer.
    #[account(mut)]
    pub canceller: Signer<'info>,
    /// Market of the withdrawal.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The withdrawal.
    #[account(
        mut, close = payer,
        constraint = withdrawal.load()?.market == market.key() @ BulkheadError::WithdrawalMarketMismatch
    )]
    pub withdrawal: AccountLoader<'info, Withdrawal>,
    /// Who paid for the withdrawal; gets rent and tip back.
    /// CHECK: address.
    #[account(mut, address = withdrawal.load()?.payer @ BulkheadError::WithdrawalPayerMismatch, dup)]
    pub payer: UncheckedAccount<'info>,
    /// Escrow of the shares.
    /// CHECK: address.
    #[account(mut, address = withdrawal.load()?.vault @ BulkheadError::WithdrawalVaultMismatch)]
    pub vault: UncheckedAccount<'info>,
    /// Where the shares go: any account of shares that the withdrawal's owner owns.
    /// CHECK: `validate`.
    #[account(mut)]
    pub owner_shares: UncheckedAccount<'info>,
    /// Mint of pool shares.
    /// CHECK: address.
    #[account(address = market.load()?.lp_mint @ BulkheadError::LpMintMismatch)]
    pub lp_mint: UncheckedAccount<'info>,
    /// Token program of the shares.
    #[account(address = market.load()?.token_program @ BulkheadError::TokenProgramMismatch)]
    pub token_program: Interface<'info, TokenInterface>,
}

impl CancelWithdrawal<'_> {
    fn validate(&self) -> Result<()> {
        // payer, vault, mint, program - checked in the #[account] attributes.
        self.market.load()?.require_version()?;
        let withdrawal = self.withdrawal.load()?;
        let is_owner = self.canceller.key() == withdrawal.owner;
        let now = UnixSeconds(Clock::get()?.unix_timestamp);
        withdrawal.view()?.require_cancellable(is_owner, now).or_refuse()?;
        let is_shares = token::is_of_mint(&self.owner_shares, self.token_program.key, self.lp_mint.key)?;
        let is_owned = token::is_owned_by(&self.owner_shares, &withdrawal.owner)?;
        require!(is_shares && is_owned, BulkheadError::SharesAccountMismatch);
        Ok(())
    }
}

/// Handler of `cancel_withdrawal`. Shares that others have sent to the escrow go out with the rest: they block
/// nothing.
#[access_control(ctx.accounts.validate())]
pub fn handle_cancel_withdrawal(ctx: Context<CancelWithdrawal>) -> Result<()> {
    let accounts = &ctx.accounts;
    let (keys, owner, tip_left, decimals) = {
        let mut market = accounts.market.load_mut()?;
        let withdrawal = accounts.withdrawal.load()?;
        let ledger = withdraw::cancel(&market.ledger(), &withdrawal.view()?).or_refuse()?;
        market.store_ledger(&ledger);
        let decimals = market.params.quote_decimals;
        (withdrawal.signer_keys(), withdrawal.owner, withdrawal.tip_lamports, decimals)
    };
    let (program, authority) = (accounts.token_program.as_ref(), accounts.withdrawal.as_ref());
    let shares_returned = token::amount(&accounts.vault)?;
    Transfer {
        program,
        mint: &accounts.lp_mint,
        decimals,
        from: &accounts.vault,
        to: &accounts.owner_shares,
        authority,
    }
    .send(shares_returned, &keys.seeds())?;
    token::close_vault(program, &accounts.vault, &accounts.payer, authority, &keys.seeds())?;
    let by = accounts.canceller.key();
    let tip_lamports = match by == owner || by == accounts.payer.key() {
        true => 0,
        false => tip_left.min(CANCEL_TIP_LAMPORTS),
    };
    // The rest goes to the payer when the withdrawal is closed.
    accounts.withdrawal.sub_lamports(tip_lamports)?;
    accounts.canceller.add_lamports(tip_lamports)?;
    emit!(WithdrawalCancelled {
        market: accounts.market.key(),
        withdrawal: accounts.withdrawal.key(),
        owner,
        by,
        shares_returned,
        tip_lamports,
    });
    Ok(())
}
