//! Takes a price sample into the market. Anyone may.

use anchor_lang::prelude::*;
use bulkhead_risk::Purpose;

use crate::error::IntoProgram;
use crate::events::MarketUpdated;
use crate::observe::{Projection, observe};
use crate::state::Market;

/// Accounts of `update_market`.
#[derive(Accounts)]
pub struct UpdateMarket<'info> {
    /// Market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// Price account.
    /// CHECK: `oracle::read`.
    pub price: UncheckedAccount<'info>,
}

/// Handler of `update_market`.
pub fn handle_update_market(ctx: Context<UpdateMarket>) -> Result<()> {
    let mut market = ctx.accounts.market.load_mut()?;
    let seen = observe(&market, &ctx.accounts.price, Purpose::Update)?;
    market.store_observed(&seen.market);
    emit_updated(ctx.accounts.market.key(), &seen)
}

pub(super) fn emit_updated(market: Pubkey, seen: &Projection) -> Result<()> {
    emit!(MarketUpdated {
        market,
        published_at: seen.sample.publish_time.get(),
        index_price_e12: seen.market.oracle.index.get(),
        mark_price_e12: seen.market.oracle.mark.get(),
        opened_bucket: seen.observed.opened_bucket,
        gap_secs: seen.observed.gap_secs,
        target_ppm: seen.market.volatility.target_ppm.get(),
        ramp_ppm: seen.market.volatility.ramp_ppm_ceil().or_refuse()?.get(),
    });
    Ok(())
}
