//! A market's rates, open interest and volatility, as return data. It needs no price: indexes run at the last
//! one that the market has accepted, volatility is as of the last minute that had one.

use anchor_lang::prelude::*;
use bulkhead_risk::UnixSeconds;
use bulkhead_risk::rates::rates;

use crate::error::IntoProgram;
use crate::state::{Market, PositionSide};
use crate::views::to_event_atoms;

/// Rates of a market now. Amounts in atoms of the collateral.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketRates {
    /// Index: the last accepted, or the settlement price.
    pub index_price_e12: u64,
    /// Funding rate per second, 10^-18; positive: longs pay.
    pub funding_rate_e18: i64,
    /// Who pays funding; nobody at a rate of zero.
    pub funding_payer: Option<PositionSide>,
    /// Borrow rate per second on what is set aside, 10^-12.
    pub borrow_rate_e12: u64,
    /// Share of the pool that is set aside, rounded up.
    pub utilisation_ppm: u32,
    /// Size of the longs, base atoms.
    pub long_size_atoms: u64,
    /// Size of the shorts, base atoms.
    pub short_size_atoms: u64,
    /// Their value, rounded down.
    pub long_notional_atoms: u64,
    /// Their value, rounded down.
    pub short_notional_atoms: u64,
    /// Longs less shorts, in value.
    pub skew_atoms: i64,
    /// Borrow index, 10^-12.
    pub borrow_index_e12: u128,
    /// What one whole base unit of the longs has paid in funding, 10^-24 USD.
    pub long_funding_paid_e24: u128,
    /// What one whole base unit of the longs has received in funding, 10^-24 USD.
    pub long_funding_received_e24: u128,
    /// The same of the shorts, paid.
    pub short_funding_paid_e24: u128,
    /// The same of the shorts, received.
    pub short_funding_received_e24: u128,
    /// m_target.
    pub target_ppm: u32,
    /// m_ramp, rounded up.
    pub ramp_ppm: u32,
    /// Standard deviation over an hour, as the last hour measures it, rounded down.
    pub sigma_1h_ppm: u64,
    /// As the last day does.
    pub sigma_1d_ppm: u64,
    /// As the last thirty days do.
    pub sigma_30d_ppm: u64,
    /// As the deviation from the oracle's average does.
    pub sigma_ema_ppm: u64,
    /// Up to when the indexes run.
    pub accrued_at: i64,
}

/// Accounts of `view_rates`.
#[derive(Accounts)]
pub struct ViewRates<'info> {
    /// Market.
    pub market: AccountLoader<'info, Market>,
}

/// Handler of `view_rates`.
pub fn handle_view_rates(ctx: Context<ViewRates>) -> Result<MarketRates> {
    let now = UnixSeconds(Clock::get()?.unix_timestamp);
    let rates = rates(&ctx.accounts.market.load()?.view()?, now).or_refuse()?;
    let (long, short) = (&rates.ledger.long, &rates.ledger.short);
    Ok(MarketRates {
        index_price_e12: rates.index.get(),
        funding_rate_e18: rates.funding_rate_e18,
        funding_payer: rates.funding_payer.map(PositionSide::from),
        borrow_rate_e12: rates.borrow_rate_e12,
        utilisation_ppm: rates.utilisation.get(),
        long_size_atoms: long.open_interest.get(),
        short_size_atoms: short.open_interest.get(),
        long_notional_atoms: rates.long.get(),
        short_notional_atoms: rates.short.get(),
        skew_atoms: to_event_atoms(rates.skew)?,
        borrow_index_e12: rates.ledger.borrow_index_e12,
        long_funding_paid_e24: long.funding_paid_e24,
        long_funding_received_e24: long.funding_received_e24,
        short_funding_paid_e24: short.funding_paid_e24,
        short_funding_received_e24: short.funding_received_e24,
        target_ppm: rates.target.get(),
        ramp_ppm: rates.ramp.get(),
        sigma_1h_ppm: rates.sigmas.hour_ppm,
        sigma_1d_ppm: rates.sigmas.day_ppm,
        sigma_30d_ppm: rates.sigmas.month_ppm,
        sigma_ema_ppm: rates.sigmas.ema_ppm,
        accrued_at: rates.ledger.accrued_at.get(),
    })
}
