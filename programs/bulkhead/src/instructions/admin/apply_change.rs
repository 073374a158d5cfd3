//! Applies a change whose timelock has passed. Anyone may.
//!
//! It writes parameters, never a position: what a position must hold stands in the position itself, so no
//! change raises the maintenance margin of an open one.

use anchor_lang::prelude::*;

use bulkhead_risk::{PriceE12, UnixSeconds};

use crate::error::{BulkheadError, IntoProgram};
use crate::events::ChangeApplied;
use crate::guard;
use crate::state::*;

/// Accounts of `apply_change`.
#[derive(Accounts)]
pub struct ApplyChange<'info> {
    /// The protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, Protocol>,
    /// The market that the change is for; none for protocol settings.
    #[account(mut)]
    pub market: Option<AccountLoader<'info, Market>>,
    /// The change.
    #[account(mut, close = payer)]
    pub change: AccountLoader<'info, ParamChange>,
    /// Who paid for the change; gets the rent back.
    /// CHECK: address.
    #[account(mut, address = change.load()?.payer @ BulkheadError::ChangePayerMismatch)]
    pub payer: UncheckedAccount<'info>,
}

impl ApplyChange<'_> {
    fn validate(&self) -> Result<()> {
        // protocol - there is one. payer - checked in the #[account] attribute.
        let change = self.change.load()?;
        change.require_version()?;
        let market = self.market.as_ref().map_or_else(Pubkey::default, |market| market.key());
        require!(market == change.market, BulkheadError::ChangeMarketMismatch);
        let now = Clock::get()?.unix_timestamp;
        require!(now >= change.applies_from, BulkheadError::ChangeNotDue);
        require!(now < change.expires_at, BulkheadError::ChangeExpired);
        Ok(())
    }
}

impl Market {
    fn set_status(&mut self, status: u8, now: i64) -> Result<()> {
        match status {
            MARKET_ACTIVE | MARKET_REDUCE_ONLY => self.status = status,
            STATUS_WIND_DOWN => {
                self.status = MARKET_REDUCE_ONLY;
                self.wind_down_from = now;
            }
            _ => return err!(BulkheadError::CorruptAccount),
        }
        Ok(())
    }
}

/// Handler of `apply_change`.
#[access_control(ctx.accounts.validate())]
pub fn handle_apply_change(ctx: Context<ApplyChange>) -> Result<()> {
    let accounts = &ctx.accounts;
    let change = accounts.change.load()?;
    match &accounts.market {
        Some(loader) => {
            let mut market = loader.load_mut()?;
            guard::require_applicable_to_market(&change, &market)?;
            let now = Clock::get()?.unix_timestamp;
            match change.kind {
                CHANGE_MARKET_PARAMS => {
                    // What ran until now ran at the old rates.
                    let mut view = market.view()?;
                    view.accrue(UnixSeconds(now)).or_refuse()?;
                    if change.params.impact_scale_quote_atoms != market.params.impact_scale_quote_atoms {
                        // What was charged at another scale is not paid back.
                        view.ledger.impact_reference = PriceE12::ZERO;
                    }
                    market.store_ledger(&view.ledger);
                    market.params = change.params;
                }
                CHANGE_ORACLE => market.oracle = change.oracle,
                CHANGE_COLLATERAL_ORACLE => market.collateral_oracle = change.oracle,
                _ => market.set_status(change.status, now)?,
            }
        }
        None => {
            let mut protocol = accounts.protocol.load_mut()?;
            guard::require_timelock(change.timelock_secs, protocol.is_mainnet())?;
            protocol.guardian = change.guardian;
            protocol.fee_receiver = change.fee_receiver;
            protocol.timelock_secs = change.timelock_secs;
        }
    }
    emit!(ChangeApplied {
        change: accounts.change.key(),
        nonce: change.nonce,
        market: change.market,
        kind: change.kind,
    });
    Ok(())
}
