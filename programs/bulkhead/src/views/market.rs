//! Market account <-> risk market, and the parameters that instructions take.

use anchor_lang::prelude::*;
use bulkhead_risk as risk;
use risk::extremes::{Extremes, LowHigh as RiskLowHigh};
use risk::oracle::OracleState;
use risk::outflow::Outflow;
use risk::volatility::Volatility;
use risk::{BaseAtoms, Ppm, PriceE12, QuoteAtoms, Shares, UnixSeconds};

use crate::error::{BulkheadError, IntoProgram};
use crate::state::{
    LowHigh, MARKET_ACTIVE, MARKET_REDUCE_ONLY, MARKET_SETTLED, Market, Observations, ParamsData, SideData,
};

/// Parameters of a market as an instruction takes them. Meaning, units and bounds: `bulkhead_risk::Params`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct MarketParams {
    pub base_decimals: u8,
    pub stress_variance_e24: u64,
    pub margin_min_ppm: u32,
    pub margin_max_ppm: u32,
    pub initial_margin_min_ppm: u32,
    pub liquidation_fee_ppm: u32,
    pub trade_fee_ppm: u32,
    pub confidence_max_ppm: u32,
    pub utilisation_max_ppm: u32,
    pub pool_share_max_ppm: u32,
    pub depth_quote_atoms: u64,
    pub open_interest_cap_quote_atoms: u64,
    pub skew_cap_quote_atoms: u64,
    pub notional_min_quote_atoms: u64,
    pub chunk_min_quote_atoms: u64,
    pub order_delay_secs: u32,
    pub order_window_secs: u32,
    pub borrow_kink_utilisation_ppm: u32,
    pub borrow_kink_rate_e12: u64,
    pub borrow_full_utilisation_ppm: u32,
    pub borrow_full_rate_e12: u64,
    pub funding_skew_scale_quote_atoms: u64,
    pub funding_velocity_max_e18: u64,
    pub funding_rate_max_e12: u64,
    pub impact_scale_quote_atoms: u64,
    pub keeper_floor_quote_atoms: u64,
    pub crank_fee_quote_atoms: u64,
}

impl MarketParams {
    /// As the risk crate sees them, checked against its bounds.
    pub fn checked(&self, quote_decimals: u8) -> Result<risk::Params> {
        let params = risk::Params {
            base_decimals: self.base_decimals,
            quote_decimals,
            notional_divisor: risk::Params::notional_divisor_of(self.base_decimals, quote_decimals)
                .map_err(|_| error!(BulkheadError::ParameterOutOfBounds))?,
            stress_variance_e24: self.stress_variance_e24,
            margin_min_ppm: Ppm(self.margin_min_ppm),
            margin_max_ppm: Ppm(self.margin_max_ppm),
            initial_margin_min_ppm: Ppm(self.initial_margin_min_ppm),
            liquidation_fee_ppm: Ppm(self.liquidation_fee_ppm),
            trade_fee_ppm: Ppm(self.trade_fee_ppm),
            confidence_max_ppm: Ppm(self.confidence_max_ppm),
            utilisation_max_ppm: Ppm(self.utilisation_max_ppm),
            pool_share_max_ppm: Ppm(self.pool_share_max_ppm),
            depth_quote_atoms: QuoteAtoms(self.depth_quote_atoms),
            open_interest_cap_quote_atoms: QuoteAtoms(self.open_interest_cap_quote_atoms),
            skew_cap_quote_atoms: QuoteAtoms(self.skew_cap_quote_atoms),
            notional_min_quote_atoms: QuoteAtoms(self.notional_min_quote_atoms),
            chunk_min_quote_atoms: QuoteAtoms(self.chunk_min_quote_atoms),
            order_delay_secs: self.order_delay_secs,
            order_window_secs: self.order_window_secs,
            borrow_kink_utilisation_ppm: Ppm(self.borrow_kink_utilisation_ppm),
            borrow_kink_rate_e12: self.borrow_kink_rate_e12,
            borrow_full_utilisation_ppm: Ppm(self.borrow_full_utilisation_ppm),
            borrow_full_rate_e12: self.borrow_full_rate_e12,
            funding_skew_scale_quote_atoms: QuoteAtoms(self.funding_skew_scale_quote_atoms),
            funding_velocity_max_e18: self.funding_velocity_max_e18,
            funding_rate_max_e12: self.funding_rate_max_e12,
            impact_scale_quote_atoms: QuoteAtoms(self.impact_scale_quote_atoms),
            keeper_floor_quote_atoms: QuoteAtoms(self.keeper_floor_quote_atoms),
            crank_fee_quote_atoms: QuoteAtoms(self.crank_fee_quote_atoms),
        };
        params.validate().or_refuse()?;
        Ok(params)
    }
}

impl ParamsData {
    /// As the risk crate sees them.
    pub fn view(&self) -> risk::Params {
        risk::Params {
            base_decimals: self.base_decimals,
            quote_decimals: self.quote_decimals,
            notional_divisor: self.notional_divisor,
            stress_variance_e24: self.stress_variance_e24,
            margin_min_ppm: Ppm(self.margin_min_ppm),
            margin_max_ppm: Ppm(self.margin_max_ppm),
            initial_margin_min_ppm: Ppm(self.initial_margin_min_ppm),
            liquidation_fee_ppm: Ppm(self.liquidation_fee_ppm),
            trade_fee_ppm: Ppm(self.trade_fee_ppm),
            confidence_max_ppm: Ppm(self.confidence_max_ppm),
            utilisation_max_ppm: Ppm(self.utilisation_max_ppm),
            pool_share_max_ppm: Ppm(self.pool_share_max_ppm),
            depth_quote_atoms: QuoteAtoms(self.depth_quote_atoms),
            open_interest_cap_quote_atoms: QuoteAtoms(self.open_interest_cap_quote_atoms),
            skew_cap_quote_atoms: QuoteAtoms(self.skew_cap_quote_atoms),
            notional_min_quote_atoms: QuoteAtoms(self.notional_min_quote_atoms),
            chunk_min_quote_atoms: QuoteAtoms(self.chunk_min_quote_atoms),
            order_delay_secs: self.order_delay_secs,
            order_window_secs: self.order_window_secs,
            borrow_kink_utilisation_ppm: Ppm(self.borrow_kink_utilisation_ppm),
            borrow_kink_rate_e12: self.borrow_kink_rate_e12,
            borrow_full_utilisation_ppm: Ppm(self.borrow_full_utilisation_ppm),
            borrow_full_rate_e12: self.borrow_full_rate_e12,
            funding_skew_scale_quote_atoms: QuoteAtoms(self.funding_skew_scale_quote_atoms),
            funding_velocity_max_e18: self.funding_velocity_max_e18,
            funding_rate_max_e12: self.funding_rate_max_e12,
            impact_scale_quote_atoms: QuoteAtoms(self.impact_scale_quote_atoms),
            keeper_floor_quote_atoms: QuoteAtoms(self.keeper_floor_quote_atoms),
            crank_fee_quote_atoms: QuoteAtoms(self.crank_fee_quote_atoms),
        }
    }

    /// Takes over checked parameters.
    pub fn store(&mut self, params: &risk::Params) {
        self.base_decimals = params.base_decimals;
        self.quote_decimals = params.quote_decimals;
        self.notional_divisor = params.notional_divisor;
        self.stress_variance_e24 = params.stress_variance_e24;
        self.margin_min_ppm = params.margin_min_ppm.get();
        self.margin_max_ppm = params.margin_max_ppm.get();
        self.initial_margin_min_ppm = params.initial_margin_min_ppm.get();
        self.liquidation_fee_ppm = params.liquidation_fee_ppm.get();
        self.trade_fee_ppm = params.trade_fee_ppm.get();
        self.confidence_max_ppm = params.confidence_max_ppm.get();
        self.utilisation_max_ppm = params.utilisation_max_ppm.get();
        self.pool_share_max_ppm = params.pool_share_max_ppm.get();
        self.depth_quote_atoms = params.depth_quote_atoms.get();
        self.open_interest_cap_quote_atoms = params.open_interest_cap_quote_atoms.get();
        self.skew_cap_quote_atoms = params.skew_cap_quote_atoms.get();
        self.notional_min_quote_atoms = params.notional_min_quote_atoms.get();
        self.chunk_min_quote_atoms = params.chunk_min_quote_atoms.get();
        self.order_delay_secs = params.order_delay_secs;
        self.order_window_secs = params.order_window_secs;
        self.borrow_kink_utilisation_ppm = params.borrow_kink_utilisation_ppm.get();
        self.borrow_kink_rate_e12 = params.borrow_kink_rate_e12;
        self.borrow_full_utilisation_ppm = params.borrow_full_utilisation_ppm.get();
        self.borrow_full_rate_e12 = params.borrow_full_rate_e12;
        self.funding_skew_scale_quote_atoms = params.funding_skew_scale_quote_atoms.get();
        self.funding_velocity_max_e18 = params.funding_velocity_max_e18;
        self.funding_rate_max_e12 = params.funding_rate_max_e12;
        self.impact_scale_quote_atoms = params.impact_scale_quote_atoms.get();
        self.keeper_floor_quote_atoms = params.keeper_floor_quote_atoms.get();
        self.crank_fee_quote_atoms = params.crank_fee_quote_atoms.get();
    }
}

impl Observations {
    fn oracle(&self) -> OracleState {
        OracleState {
            index: PriceE12(self.index_price_e12),
            mark: PriceE12(self.mark_price_e12),
            published_at: UnixSeconds(self.published_at),
            conf_wide_since: UnixSeconds(self.conf_wide_since),
            narrow_buckets: self.narrow_buckets,
        }
    }

    fn volatility(&self) -> Volatility {
        Volatility {
            variance_1h_e24: self.variance_1h_e24.into(),
            variance_1d_e24: self.variance_1d_e24.into(),
            variance_30d_e24: self.variance_30d_e24.into(),
            variance_ema_e24: self.variance_ema_e24.into(),
            ramp_ppb: self.ramp_ppb,
            target_ppm: Ppm(self.target_ppm),
            sampled_price: PriceE12(self.sampled_price_e12),
            sampled_at: UnixSeconds(self.sampled_at),
            first_sampled_at: UnixSeconds(self.first_sampled_at),
        }
    }

    fn store(&mut self, oracle: &OracleState, volatility: &Volatility) {
        self.index_price_e12 = oracle.index.get();
        self.mark_price_e12 = oracle.mark.get();
        self.published_at = oracle.published_at.get();
        self.conf_wide_since = oracle.conf_wide_since.get();
        self.narrow_buckets = oracle.narrow_buckets;
        self.variance_1h_e24 = volatility.variance_1h_e24.into();
        self.variance_1d_e24 = volatility.variance_1d_e24.into();
        self.variance_30d_e24 = volatility.variance_30d_e24.into();
        self.variance_ema_e24 = volatility.variance_ema_e24.into();
        self.ramp_ppb = volatility.ramp_ppb;
        self.target_ppm = volatility.target_ppm.get();
        self.sampled_price_e12 = volatility.sampled_price.get();
        self.sampled_at = volatility.sampled_at.get();
        self.first_sampled_at = volatility.first_sampled_at.get();
    }
}

impl SideData {
    fn view(&self) -> risk::SideLedger {
        risk::SideLedger {
            open_interest: BaseAtoms(self.open_interest_atoms),
            cost_e12: self.cost_e12.into(),
            reserved: QuoteAtoms(self.reserved_atoms),
            collateral: QuoteAtoms(self.collateral_atoms),
            positions: self.positions,
            funding_paid_e24: self.funding_paid_e24.into(),
            funding_received_e24: self.funding_received_e24.into(),
        }
    }

    fn store(&mut self, side: &risk::SideLedger) {
        self.open_interest_atoms = side.open_interest.get();
        self.cost_e12 = side.cost_e12.into();
        self.reserved_atoms = side.reserved.get();
        self.collateral_atoms = side.collateral.get();
        self.positions = side.positions;
        self.funding_paid_e24 = side.funding_paid_e24.into();
        self.funding_received_e24 = side.funding_received_e24.into();
    }
}

impl Market {
    /// As the risk crate sees it.
    pub fn view(&self) -> Result<risk::Market> {
        self.require_version()?;
        let status = match self.status {
            MARKET_ACTIVE => risk::MarketStatus::Active,
            MARKET_REDUCE_ONLY => risk::MarketStatus::ReduceOnly,
            MARKET_SETTLED => risk::MarketStatus::Settled,
            _ => return err!(BulkheadError::CorruptAccount),
        };
        let seen =
            |bucket: LowHigh| RiskLowHigh { low: PriceE12(bucket.low_e12), high: PriceE12(bucket.high_e12) };
        Ok(risk::Market {
            status,
            params: self.params.view(),
            oracle: self.observations.oracle(),
            volatility: self.observations.volatility(),
            extremes: Extremes { newest: self.extremes_newest, ring: self.extremes.map(seen) },
            ledger: self.ledger(),
            wind_down_from: UnixSeconds(self.wind_down_from),
            settlement_price: PriceE12(self.settlement_price_e12),
        })
    }

    /// Booked amounts.
    pub fn ledger(&self) -> risk::Ledger {
        risk::Ledger {
            long: self.long.view(),
            short: self.short.view(),
            pool: QuoteAtoms(self.pool_atoms),
            shares: Shares(self.shares),
            protocol_fees: QuoteAtoms(self.protocol_fees_atoms),
            crank_budget: QuoteAtoms(self.crank_budget_atoms),
            insurance: QuoteAtoms(self.insurance_atoms),
            shortfall_total: QuoteAtoms(self.shortfall_total_atoms),
            borrow_index_e12: self.borrow_index_e12.into(),
            funding_rate_e18: self.funding_rate_e18,
            funding_due: QuoteAtoms(self.funding_due_atoms),
            borrow_owed: QuoteAtoms(self.borrow_owed_atoms),
            accrued_at: UnixSeconds(self.accrued_at),
            impact_reference: PriceE12(self.impact_reference_e12),
            insurance_outflow: Outflow {
                taken: QuoteAtoms(self.insurance_outflow_atoms),
                at: UnixSeconds(self.insurance_outflow_at),
            },
            withdrawal_outflow: Outflow {
                taken: QuoteAtoms(self.withdrawal_outflow_atoms),
                at: UnixSeconds(self.withdrawal_outflow_at),
            },
            withdrawals_short: self.withdrawals_short,
            withdrawals_short_since: UnixSeconds(self.withdrawals_short_since),
        }
    }

    /// Takes over what an observation taught: oracle memory, volatility, extremes, accrued indexes.
    pub fn store_observed(&mut self, view: &risk::Market) {
        self.observations.store(&view.oracle, &view.volatility);
        self.extremes_newest = view.extremes.newest;
        self.extremes = view
            .extremes
            .ring
            .map(|bucket| LowHigh { low_e12: bucket.low.get(), high_e12: bucket.high.get() });
        self.store_ledger(&view.ledger);
    }

    /// Takes over booked amounts.
    pub fn store_ledger(&mut self, ledger: &risk::Ledger) {
        self.long.store(&ledger.long);
        self.short.store(&ledger.short);
        self.pool_atoms = ledger.pool.get();
        self.shares = ledger.shares.get();
        self.protocol_fees_atoms = ledger.protocol_fees.get();
        self.crank_budget_atoms = ledger.crank_budget.get();
        self.insurance_atoms = ledger.insurance.get();
        self.shortfall_total_atoms = ledger.shortfall_total.get();
        self.borrow_index_e12 = ledger.borrow_index_e12.into();
        self.funding_rate_e18 = ledger.funding_rate_e18;
        self.funding_due_atoms = ledger.funding_due.get();
        self.borrow_owed_atoms = ledger.borrow_owed.get();
        self.accrued_at = ledger.accrued_at.get();
        self.impact_reference_e12 = ledger.impact_reference.get();
        self.insurance_outflow_atoms = ledger.insurance_outflow.taken.get();
        self.insurance_outflow_at = ledger.insurance_outflow.at.get();
        self.withdrawal_outflow_atoms = ledger.withdrawal_outflow.taken.get();
        self.withdrawal_outflow_at = ledger.withdrawal_outflow.at.get();
        self.withdrawals_short = ledger.withdrawals_short;
        self.withdrawals_short_since = ledger.withdrawals_short_since.get();
    }
}
