//! Settles a market: at the last index once its oracle is dead, at the median of its wind-down once that is
//! complete. Anyone may; nothing can pause it.

use anchor_lang::prelude::*;
use bulkhead_risk::settlement::{self, SettlementCause};
use bulkhead_risk::{PriceE12, UnixSeconds};

use crate::constants::SETTLEMENT_SEED;
use crate::error::{BulkheadError, IntoProgram};
use crate::events::MarketSettledAt;
use crate::state::{Market, Settlement};

/// Accounts of `settle_market`.
#[derive(Accounts)]
pub struct SettleMarket<'info> {
    /// Market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// Prices of its wind-down; nothing lies there without one. It is closed.
    /// CHECK: seeds; read only if it holds prices.
    #[account(mut, seeds = [SETTLEMENT_SEED, market.key().as_ref()], bump)]
    pub settlement: UncheckedAccount<'info>,
    /// Who paid for the prices, and gets the rent back; anybody where there are none.
    /// CHECK: `validate`.
    #[account(mut)]
    pub settlement_payer: UncheckedAccount<'info>,
}

impl SettleMarket<'_> {
    fn validate(&self) -> Result<()> {
        // market - any. settlement - its seeds name the market.
        let Some(kept) = Settlement::find(&self.settlement)? else { return Ok(()) };
        kept.require_version()?;
        require!(kept.market == self.market.key(), BulkheadError::SettlementMismatch);
        require!(kept.payer == self.settlement_payer.key(), BulkheadError::SettlementPayerMismatch);
        Ok(())
    }
}

/// Handler of `settle_market`.
#[access_control(ctx.accounts.validate())]
pub fn handle_settle_market(ctx: Context<SettleMarket>) -> Result<()> {
    let accounts = &ctx.accounts;
    let prices: Box<[PriceE12]> = match Settlement::find(&accounts.settlement)? {
        Some(kept) => kept.prices()?,
        None => Box::default(),
    };
    let now = UnixSeconds(Clock::get()?.unix_timestamp);
    let settled = {
        let mut market = accounts.market.load_mut()?;
        let settled = settlement::settle_market(&market.view()?, &prices, now).or_refuse()?;
        market.store_settlement(&settled);
        settled
    };
    close_prices(accounts)?;
    let minutes = match settled.cause {
        SettlementCause::DeadOracle => 0,
        SettlementCause::WindDown => prices.len(),
    };
    emit!(MarketSettledAt {
        market: accounts.market.key(),
        reason: settled.cause.into(),
        price_e12: settled.price.get(),
        minutes: u8::try_from(minutes).map_err(|_| error!(BulkheadError::Overflow))?,
        accrued_at: settled.ledger.accrued_at.get(),
    });
    Ok(())
}

/// The prices have served: their rent goes back.
fn close_prices(accounts: &SettleMarket) -> Result<()> {
    if Settlement::find(&accounts.settlement)?.is_none() {
        return Ok(());
    }
    let rent = accounts.settlement.lamports();
    accounts.settlement.sub_lamports(rent)?;
    accounts.settlement_payer.add_lamports(rent)?;
    accounts.settlement.assign(&System::id());
    accounts.settlement.resize(0)?;
    Ok(())
}
