//! A market of the version before <-> this one's.

use anchor_lang::prelude::*;

use crate::constants::MARKET_VERSION;
use crate::error::BulkheadError;
use crate::state::legacy::{
    LowHighV1, MarketV1, ObservationsV1, OracleConfigV1, ParamsDataV1, SideDataV1, WideV1,
};
use crate::state::{LowHigh, Market, Observations, OracleConfig, ParamsData, SideData, Wide};

/// Version 1 kept the funding rate in 10^-12, this one keeps it in 10^-18.
const E18_PER_E12: i64 = 1_000_000;

impl From<WideV1> for Wide {
    fn from(old: WideV1) -> Self {
        Self { low: old.low, high: old.high }
    }
}

impl From<OracleConfigV1> for OracleConfig {
    fn from(old: OracleConfigV1) -> Self {
        Self {
            program: old.program,
            feed_id: old.feed_id,
            account: old.account,
            kind: old.kind,
            _pad: old._pad,
        }
    }
}

impl From<LowHighV1> for LowHigh {
    fn from(old: LowHighV1) -> Self {
        Self { low_e12: old.low_e12, high_e12: old.high_e12 }
    }
}

impl ParamsData {
    fn take_over(&mut self, old: &ParamsDataV1) {
        self.notional_divisor = old.notional_divisor;
        self.stress_variance_e24 = old.stress_variance_e24;
        self.depth_quote_atoms = old.depth_quote_atoms;
        self.open_interest_cap_quote_atoms = old.open_interest_cap_quote_atoms;
        self.skew_cap_quote_atoms = old.skew_cap_quote_atoms;
        self.notional_min_quote_atoms = old.notional_min_quote_atoms;
        self.chunk_min_quote_atoms = old.chunk_min_quote_atoms;
        self.borrow_kink_rate_e12 = old.borrow_kink_rate_e12;
        self.borrow_full_rate_e12 = old.borrow_full_rate_e12;
        self.funding_skew_scale_quote_atoms = old.funding_skew_scale_quote_atoms;
        self.funding_velocity_max_e18 = old.funding_velocity_max_e18;
        self.funding_rate_max_e12 = old.funding_rate_max_e12;
        self.impact_scale_quote_atoms = old.impact_scale_quote_atoms;
        self.margin_min_ppm = old.margin_min_ppm;
        self.margin_max_ppm = old.margin_max_ppm;
        self.initial_margin_min_ppm = old.initial_margin_min_ppm;
        self.liquidation_fee_ppm = old.liquidation_fee_ppm;
        self.trade_fee_ppm = old.trade_fee_ppm;
        self.confidence_max_ppm = old.confidence_max_ppm;
        self.utilisation_max_ppm = old.utilisation_max_ppm;
        self.pool_share_max_ppm = old.pool_share_max_ppm;
        self.order_delay_secs = old.order_delay_secs;
        self.order_window_secs = old.order_window_secs;
        self.borrow_kink_utilisation_ppm = old.borrow_kink_utilisation_ppm;
        self.borrow_full_utilisation_ppm = old.borrow_full_utilisation_ppm;
        self.base_decimals = old.base_decimals;
        self.quote_decimals = old.quote_decimals;
    }
}

impl Observations {
    fn take_over(&mut self, old: &ObservationsV1) {
        self.index_price_e12 = old.index_price_e12;
        self.mark_price_e12 = old.mark_price_e12;
        self.published_at = old.published_at;
        self.conf_wide_since = old.conf_wide_since;
        self.variance_1h_e24 = old.variance_1h_e24.into();
        self.variance_1d_e24 = old.variance_1d_e24.into();
        self.variance_30d_e24 = old.variance_30d_e24.into();
        self.variance_ema_e24 = old.variance_ema_e24.into();
        self.ramp_ppb = old.ramp_ppb;
        self.sampled_price_e12 = old.sampled_price_e12;
        self.sampled_at = old.sampled_at;
        self.first_sampled_at = old.first_sampled_at;
        self.target_ppm = old.target_ppm;
        self.narrow_buckets = old.narrow_buckets;
    }
}

impl SideData {
    fn take_over(&mut self, old: &SideDataV1) {
        self.open_interest_atoms = old.open_interest_atoms;
        self.reserved_atoms = old.reserved_atoms;
        self.collateral_atoms = old.collateral_atoms;
        self.cost_e12 = old.cost_e12.into();
        self.funding_paid_e24 = old.funding_paid_e24.into();
        self.funding_received_e24 = old.funding_received_e24.into();
        self.positions = old.positions;
    }
}

impl Market {
    /// Takes over everything that a market of version 1 holds, into zeros. What that version did not have stays
    /// zero: no oracle of the collateral, no impact charged, nothing flowed out lately, nobody waiting, not wound
    /// down.
    pub(crate) fn take_over(&mut self, old: &MarketV1) -> Result<()> {
        self.version = MARKET_VERSION;
        self.take_over_identity(old);
        self.params.take_over(&old.params);
        self.observations.take_over(&old.observations);
        self.extremes_newest = old.extremes_newest;
        for (bucket, old) in self.extremes.iter_mut().zip(old.extremes) {
            *bucket = old.into();
        }
        self.long.take_over(&old.long);
        self.short.take_over(&old.short);
        self.take_over_booked(old);
        let rate = old.funding_rate_e12.checked_mul(E18_PER_E12);
        self.funding_rate_e18 = rate.ok_or_else(|| error!(BulkheadError::Overflow))?;
        Ok(())
    }

    fn take_over_identity(&mut self, old: &MarketV1) {
        self.bump = old.bump;
        self.pool_bump = old.pool_bump;
        self.insurance_bump = old.insurance_bump;
        self.lp_mint_bump = old.lp_mint_bump;
        self.status = old.status;
        self.index = old.index;
        self.collateral_mint = old.collateral_mint;
        self.token_program = old.token_program;
        self.pool_vault = old.pool_vault;
        self.insurance_vault = old.insurance_vault;
        self.lp_mint = old.lp_mint;
        self.oracle = old.oracle.into();
    }

    fn take_over_booked(&mut self, old: &MarketV1) {
        self.pool_atoms = old.pool_atoms;
        self.shares = old.shares;
        self.protocol_fees_atoms = old.protocol_fees_atoms;
        self.crank_budget_atoms = old.crank_budget_atoms;
        self.insurance_atoms = old.insurance_atoms;
        self.shortfall_total_atoms = old.shortfall_total_atoms;
        self.funding_due_atoms = old.funding_due_atoms;
        self.borrow_owed_atoms = old.borrow_owed_atoms;
        self.borrow_index_e12 = old.borrow_index_e12.into();
        self.accrued_at = old.accrued_at;
    }
}
