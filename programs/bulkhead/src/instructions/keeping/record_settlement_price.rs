//! Keeps the first accepted price of a minute of a market's wind-down. Anyone may; nothing can pause it.

use core::cell::RefMut;

use anchor_lang::prelude::*;
use bulkhead_risk::{Purpose, settlement};

use crate::constants::*;
use crate::error::{BulkheadError, IntoProgram};
use crate::events::SettlementPriceRecorded;
use crate::observe::observe;
use crate::state::{Market, Settlement};

/// Accounts of `record_settlement_price`.
#[derive(Accounts)]
pub struct RecordSettlementPrice<'info> {
    /// Anyone; pays the rent of the prices if they are not there yet, and gets it back at the settlement.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// Prices of its wind-down; created with the first.
    #[account(
        init_if_needed, payer = payer, space = 8 + size_of::<Settlement>(),
        seeds = [SETTLEMENT_SEED, market.key().as_ref()], bump
    )]
    pub settlement: AccountLoader<'info, Settlement>,
    /// Price account.
    /// CHECK: `oracle::read`.
    pub price: UncheckedAccount<'info>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

impl RecordSettlementPrice<'_> {
    fn validate(&self) -> Result<()> {
        // payer - anyone. settlement - its seeds name the market.
        let market = self.market.load()?;
        market.require_version()?;
        market.require_unsettled()?;
        require!(market.wind_down_from != 0, BulkheadError::NotWindingDown);
        Ok(())
    }
}

/// Handler of `record_settlement_price`. The sample goes into the market too, like that of an update.
#[access_control(ctx.accounts.validate())]
pub fn handle_record_settlement_price(ctx: Context<RecordSettlementPrice>) -> Result<()> {
    let accounts = &ctx.accounts;
    let mut kept = load(&ctx)?;
    let mut market = accounts.market.load_mut()?;
    let seen = observe(&market, &accounts.price, Purpose::Observe)?;
    let (price, at) =
        settlement::price_to_record(&seen.market, kept.last(), usize::from(kept.count)).or_refuse()?;
    market.store_observed(&seen.market);
    kept.keep(price, at)?;
    emit!(SettlementPriceRecorded {
        market: accounts.market.key(),
        published_at: at.get(),
        price_e12: price.get(),
        count: kept.count,
    });
    Ok(())
}

fn load<'a>(ctx: &'a Context<RecordSettlementPrice>) -> Result<RefMut<'a, Settlement>> {
    // load_init refuses an account that has its discriminator: then it is not new.
    let Ok(mut new) = ctx.accounts.settlement.load_init() else {
        let known = ctx.accounts.settlement.load_mut()?;
        known.require_version()?;
        return Ok(known);
    };
    new.version = ACCOUNT_VERSION;
    new.bump = ctx.bumps.settlement;
    new.market = ctx.accounts.market.key();
    new.payer = ctx.accounts.payer.key();
    Ok(new)
}
