//! A market: oracle, parameters, volatility, extremes, booked amounts.

use anchor_lang::prelude::*;

use super::Wide;
use crate::constants::{MARKET_SEED, MARKET_VERSION};
use crate::error::BulkheadError;

/// Where prices come from. Receiver and account may change through the timelock, the feed never.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct OracleConfig {
    /// Program that owns the price account.
    pub program: Pubkey,
    /// Feed id; for the older push layout, the price account's own key.
    pub feed_id: [u8; 32],
    /// The exact account.
    pub account: Pubkey,
    /// 0 Pyth receiver (PriceUpdateV2), 1 the older push layout.
    pub kind: u8,
    /// Alignment.
    pub _pad: [u8; 7],
}

/// Parameters as stored. Meaning, units and bounds: `bulkhead_risk::Params`.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct ParamsData {
    /// See `bulkhead_risk::Params`, field by field.
    pub notional_divisor: u64,
    /// Variance per second, 10^-24.
    pub stress_variance_e24: u64,
    /// Quote atoms.
    pub depth_quote_atoms: u64,
    /// Quote atoms.
    pub open_interest_cap_quote_atoms: u64,
    /// Quote atoms.
    pub skew_cap_quote_atoms: u64,
    /// Quote atoms.
    pub notional_min_quote_atoms: u64,
    /// Quote atoms.
    pub chunk_min_quote_atoms: u64,
    /// Per second, 10^-12.
    pub borrow_kink_rate_e12: u64,
    /// Per second, 10^-12.
    pub borrow_full_rate_e12: u64,
    /// Quote atoms.
    pub funding_skew_scale_quote_atoms: u64,
    /// Per second per second, 10^-18.
    pub funding_velocity_max_e18: u64,
    /// Per second, 10^-12.
    pub funding_rate_max_e12: u64,
    /// Quote atoms.
    pub impact_scale_quote_atoms: u64,
    /// Least volatility margin.
    pub margin_min_ppm: u32,
    /// Largest volatility margin.
    pub margin_max_ppm: u32,
    /// 1 / largest leverage.
    pub initial_margin_min_ppm: u32,
    /// Of the closed notional.
    pub liquidation_fee_ppm: u32,
    /// Of the traded notional.
    pub trade_fee_ppm: u32,
    /// Of the price.
    pub confidence_max_ppm: u32,
    /// Of the pool.
    pub utilisation_max_ppm: u32,
    /// Of the pool.
    pub pool_share_max_ppm: u32,
    /// Seconds.
    pub order_delay_secs: u32,
    /// Seconds.
    pub order_window_secs: u32,
    /// Of the pool.
    pub borrow_kink_utilisation_ppm: u32,
    /// Of the pool.
    pub borrow_full_utilisation_ppm: u32,
    /// Of the base asset's atoms.
    pub base_decimals: u8,
    /// Of the collateral mint.
    pub quote_decimals: u8,
    /// Alignment.
    pub _pad: [u8; 6],
    /// Quote atoms.
    pub keeper_floor_quote_atoms: u64,
    /// Quote atoms.
    pub crank_fee_quote_atoms: u64,
    /// For later parameters.
    pub _reserved: [u8; 48],
}

/// Oracle memory and volatility.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct Observations {
    /// Last accepted price.
    pub index_price_e12: u64,
    /// Exponential average, half-life 60 s.
    pub mark_price_e12: u64,
    /// Publish time of the last accepted sample.
    pub published_at: i64,
    /// Since when confidence is wide; zero if it is not.
    pub conf_wide_since: i64,
    /// Variance per second over one hour, 10^-24.
    pub variance_1h_e24: Wide,
    /// Over one day.
    pub variance_1d_e24: Wide,
    /// Over thirty days.
    pub variance_30d_e24: Wide,
    /// From the deviation from the oracle's average.
    pub variance_ema_e24: Wide,
    /// m_ramp, 10^-9.
    pub ramp_ppb: u64,
    /// Price of the last bucket sample.
    pub sampled_price_e12: u64,
    /// Publish time of the last bucket sample.
    pub sampled_at: i64,
    /// Publish time of the first sample.
    pub first_sampled_at: i64,
    /// m_target.
    pub target_ppm: u32,
    /// Narrow buckets in a row while confidence is wide.
    pub narrow_buckets: u8,
    /// Alignment.
    pub _pad: [u8; 3],
}

/// Low and high of four hours; zeros where no sample fell.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LowHigh {
    /// Lowest accepted price.
    pub low_e12: u64,
    /// Highest accepted price.
    pub high_e12: u64,
}

/// Sums over one side's open positions.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct SideData {
    /// Base atoms.
    pub open_interest_atoms: u64,
    /// Payouts set aside.
    pub reserved_atoms: u64,
    /// Collateral at the positions' last touch of the market.
    pub collateral_atoms: u64,
    /// Sum of size times entry price.
    pub cost_e12: Wide,
    /// Funding paid by one whole base unit, 10^-24 USD.
    pub funding_paid_e24: Wide,
    /// Funding received by one whole base unit, 10^-24 USD.
    pub funding_received_e24: Wide,
    /// Open positions.
    pub positions: u32,
    /// Alignment.
    pub _pad: [u8; 4],
}

/// `Market::status` of one in which everything is possible.
pub const MARKET_ACTIVE: u8 = 0;
/// ... of one whose positions can only shrink.
pub const MARKET_REDUCE_ONLY: u8 = 1;
/// ... of one that every position leaves at the settlement price.
pub const MARKET_SETTLED: u8 = 2;

/// A market. Seeds: "market", index.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Market {
    /// Layout version.
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// Bump of the pool vault.
    pub pool_bump: u8,
    /// Bump of the insurance vault.
    pub insurance_bump: u8,
    /// Bump of the mint of pool shares.
    pub lp_mint_bump: u8,
    /// 0 active, 1 reduce-only, 2 settled.
    pub status: u8,
    /// Index in the protocol.
    pub index: u16,
    /// Collateral mint.
    pub collateral_mint: Pubkey,
    /// Its token program.
    pub token_program: Pubkey,
    /// Pool vault.
    pub pool_vault: Pubkey,
    /// Insurance vault.
    pub insurance_vault: Pubkey,
    /// Mint of pool shares.
    pub lp_mint: Pubkey,
    /// Oracle.
    pub oracle: OracleConfig,
    /// Oracle of the collateral's own price; all zeros without one.
    pub collateral_oracle: OracleConfig,
    /// Parameters.
    pub params: ParamsData,
    /// Oracle memory and volatility.
    pub observations: Observations,
    /// Number of the newest four-hour bucket.
    pub extremes_newest: i64,
    /// Ring of four-hour buckets.
    pub extremes: [LowHigh; 18],
    /// Long side.
    pub long: SideData,
    /// Short side.
    pub short: SideData,
    /// Pool, quote atoms.
    pub pool_atoms: u64,
    /// Pool shares, the locked ones included.
    pub shares: u64,
    /// Protocol fees waiting in the pool vault.
    pub protocol_fees_atoms: u64,
    /// Crank budget waiting in the pool vault.
    pub crank_budget_atoms: u64,
    /// Insurance, quote atoms.
    pub insurance_atoms: u64,
    /// Losses beyond collateral, ever.
    pub shortfall_total_atoms: u64,
    /// Funding accrued to receivers and not paid.
    pub funding_due_atoms: u64,
    /// Borrow fee accrued and not paid.
    pub borrow_owed_atoms: u64,
    /// Borrow index.
    pub borrow_index_e12: Wide,
    /// Funding rate per second, 10^-18; positive: longs pay.
    pub funding_rate_e18: i64,
    /// When the indexes were last advanced.
    pub accrued_at: i64,
    /// Mean price at which the present skew was paid for; zero without skew.
    pub impact_reference_e12: u64,
    /// What insurance has paid out lately, as of the time that follows.
    pub insurance_outflow_atoms: u64,
    /// When that was.
    pub insurance_outflow_at: i64,
    /// What withdrawals have taken lately, as of the time that follows.
    pub withdrawal_outflow_atoms: u64,
    /// When that was.
    pub withdrawal_outflow_at: i64,
    /// Since when a matured withdrawal waits for liquidity; zero while none does.
    pub withdrawals_short_since: i64,
    /// How many do.
    pub withdrawals_short: u32,
    /// Alignment.
    pub _pad: [u8; 4],
    /// From when the prices of an admin's wind-down count; zero without one.
    pub wind_down_from: i64,
    /// Price at which everything settles; zero until the market is settled.
    pub settlement_price_e12: u64,
    /// For later versions.
    pub _reserved: [u8; 256],
}

const _: () = assert!(size_of::<Market>() == 1616);

impl OracleConfig {
    /// Whether it names an account at all.
    pub fn is_set(&self) -> bool {
        self.account != Pubkey::default()
    }
}

impl Market {
    /// An error for an account of another layout.
    pub fn require_version(&self) -> Result<()> {
        require!(self.version == MARKET_VERSION, BulkheadError::AccountVersionMismatch);
        Ok(())
    }

    /// An error for a settled market.
    pub fn require_unsettled(&self) -> Result<()> {
        require!(self.status != MARKET_SETTLED, BulkheadError::MarketSettled);
        Ok(())
    }

    /// The part of the signer seeds that has to be kept alive: index and bump.
    pub fn seed_tail(&self) -> ([u8; 2], [u8; 1]) {
        (self.index.to_le_bytes(), [self.bump])
    }
}

/// Signer seeds of a market, for transfers out of pool and insurance vaults and for minting shares.
pub fn market_signer(tail: &([u8; 2], [u8; 1])) -> [&[u8]; 3] {
    [MARKET_SEED, &tail.0, &tail.1]
}
