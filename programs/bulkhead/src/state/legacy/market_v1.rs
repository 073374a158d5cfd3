//! The market of version 1: without collateral oracle, outflow limits, impact and settlement, and with the
//! funding rate in 10^-12. 1,448 bytes with those of its kind.

use anchor_lang::Discriminator;
use anchor_lang::prelude::*;

use crate::constants::MARKET_VERSION;
use crate::error::BulkheadError;
use crate::state::Market;

/// `version` of it.
const VERSION: u8 = 1;

/// A 128-bit number as two halves, little end first.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct WideV1 {
    /// Low 64 bits.
    pub low: u64,
    /// High 64 bits.
    pub high: u64,
}

/// Where prices come from. Receiver and account may change through the timelock, the feed never.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct OracleConfigV1 {
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

/// Parameters as stored.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct ParamsDataV1 {
    /// 10^(12 + base decimals - quote decimals).
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
    /// For later parameters.
    pub _reserved: [u8; 64],
}

/// Oracle memory and volatility.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct ObservationsV1 {
    /// Last accepted price.
    pub index_price_e12: u64,
    /// Exponential average, half-life 60 s.
    pub mark_price_e12: u64,
    /// Publish time of the last accepted sample.
    pub published_at: i64,
    /// Since when confidence is wide; zero if it is not.
    pub conf_wide_since: i64,
    /// Variance per second over one hour, 10^-24.
    pub variance_1h_e24: WideV1,
    /// Over one day.
    pub variance_1d_e24: WideV1,
    /// Over thirty days.
    pub variance_30d_e24: WideV1,
    /// From the deviation from the oracle's average.
    pub variance_ema_e24: WideV1,
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
pub struct LowHighV1 {
    /// Lowest accepted price.
    pub low_e12: u64,
    /// Highest accepted price.
    pub high_e12: u64,
}

/// Sums over one side's open positions.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct SideDataV1 {
    /// Base atoms.
    pub open_interest_atoms: u64,
    /// Payouts set aside.
    pub reserved_atoms: u64,
    /// Collateral at the positions' last touch of the market.
    pub collateral_atoms: u64,
    /// Sum of size times entry price.
    pub cost_e12: WideV1,
    /// Funding paid by one whole base unit, 10^-24 USD.
    pub funding_paid_e24: WideV1,
    /// Funding received by one whole base unit, 10^-24 USD.
    pub funding_received_e24: WideV1,
    /// Open positions.
    pub positions: u32,
    /// Alignment.
    pub _pad: [u8; 4],
}

/// A market of version 1, behind the eight bytes of its kind.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct MarketV1 {
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
    pub oracle: OracleConfigV1,
    /// Parameters.
    pub params: ParamsDataV1,
    /// Oracle memory and volatility.
    pub observations: ObservationsV1,
    /// Number of the newest four-hour bucket.
    pub extremes_newest: i64,
    /// Ring of four-hour buckets.
    pub extremes: [LowHighV1; 18],
    /// Long side.
    pub long: SideDataV1,
    /// Short side.
    pub short: SideDataV1,
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
    pub borrow_index_e12: WideV1,
    /// Funding rate per second, 10^-12; positive: longs pay.
    pub funding_rate_e12: i64,
    /// When the indexes were last advanced.
    pub accrued_at: i64,
    /// For later versions.
    pub _reserved: [u8; 256],
}

const _: () = assert!(size_of::<MarketV1>() == 1440);

impl MarketV1 {
    /// Bytes of the account, its kind included.
    pub const LEN: usize = 8 + size_of::<Self>();
    /// Bytes of the account that it becomes.
    pub const NEXT_LEN: usize = 8 + size_of::<Market>();

    /// The market in an account's bytes, which start at a multiple of eight. An error for one that was migrated
    /// already, and for anything that is no market of version 1.
    #[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
    pub fn read(data: &[u8]) -> Result<Box<Self>> {
        let is_market = data.get(..8) == Some(Market::DISCRIMINATOR);
        require!(is_market, BulkheadError::MarketNotMigratable);
        let is_migrated = data.get(8) == Some(&MARKET_VERSION) && data.len() == Self::NEXT_LEN;
        require!(!is_migrated, BulkheadError::MarketAlreadyMigrated);
        let is_old = data.get(8) == Some(&VERSION) && data.len() == Self::LEN;
        require!(is_old, BulkheadError::MarketNotMigratable);
        let body = data.get(8..).ok_or_else(|| error!(BulkheadError::MarketNotMigratable))?;
        Ok(Box::new(bytemuck::pod_read_unaligned(body)))
    }
}
