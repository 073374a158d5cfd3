//! Market account <-> risk market, and the parameters that instructions take.

use anchor_lang::prelude::*;
use bulkhead_risk as risk;
use risk::oracle::OracleState;
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
        let mut view = risk::Params::EMPTY;
        self.read_into(&mut view);
        view
    }

    fn read_into(&self, view: &mut risk::Params) {
        view.base_decimals = self.base_decimals;
        view.quote_decimals = self.quote_decimals;
        view.notional_divisor = self.notional_divisor;
        view.stress_variance_e24 = self.stress_variance_e24;
        view.margin_min_ppm = Ppm(self.margin_min_ppm);
        view.margin_max_ppm = Ppm(self.margin_max_ppm);
        view.initial_margin_min_ppm = Ppm(self.initial_margin_min_ppm);
        view.liquidation_fee_ppm = Ppm(self.liquidation_fee_ppm);
        view.trade_fee_ppm = Ppm(self.trade_fee_ppm);
        view.confidence_max_ppm = Ppm(self.confidence_max_ppm);
        view.utilisation_max_ppm = Ppm(self.utilisation_max_ppm);
        view.pool_share_max_ppm = Ppm(self.pool_share_max_ppm);
        view.depth_quote_atoms = QuoteAtoms(self.depth_quote_atoms);
        view.open_interest_cap_quote_atoms = QuoteAtoms(self.open_interest_cap_quote_atoms);
        view.skew_cap_quote_atoms = QuoteAtoms(self.skew_cap_quote_atoms);
        view.notional_min_quote_atoms = QuoteAtoms(self.notional_min_quote_atoms);
        view.chunk_min_quote_atoms = QuoteAtoms(self.chunk_min_quote_atoms);
        view.order_delay_secs = self.order_delay_secs;
        view.order_window_secs = self.order_window_secs;
        view.borrow_kink_utilisation_ppm = Ppm(self.borrow_kink_utilisation_ppm);
        view.borrow_kink_rate_e12 = self.borrow_kink_rate_e12;
        view.borrow_full_utilisation_ppm = Ppm(self.borrow_full_utilisation_ppm);
        view.borrow_full_rate_e12 = self.borrow_full_rate_e12;
        view.funding_skew_scale_quote_atoms = QuoteAtoms(self.funding_skew_scale_quote_atoms);
        view.funding_velocity_max_e18 = self.funding_velocity_max_e18;
        view.funding_rate_max_e12 = self.funding_rate_max_e12;
        view.impact_scale_quote_atoms = QuoteAtoms(self.impact_scale_quote_atoms);
        view.keeper_floor_quote_atoms = QuoteAtoms(self.keeper_floor_quote_atoms);
        view.crank_fee_quote_atoms = QuoteAtoms(self.crank_fee_quote_atoms);
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
    fn read_into(&self, oracle: &mut OracleState, volatility: &mut Volatility) {
        oracle.index = PriceE12(self.index_price_e12);
        oracle.mark = PriceE12(self.mark_price_e12);
        oracle.published_at = UnixSeconds(self.published_at);
        oracle.conf_wide_since = UnixSeconds(self.conf_wide_since);
        oracle.narrow_buckets = self.narrow_buckets;
        volatility.variance_1h_e24 = self.variance_1h_e24.into();
        volatility.variance_1d_e24 = self.variance_1d_e24.into();
        volatility.variance_30d_e24 = self.variance_30d_e24.into();
        volatility.variance_ema_e24 = self.variance_ema_e24.into();
        volatility.ramp_ppb = self.ramp_ppb;
        volatility.target_ppm = Ppm(self.target_ppm);
        volatility.sampled_price = PriceE12(self.sampled_price_e12);
        volatility.sampled_at = UnixSeconds(self.sampled_at);
        volatility.first_sampled_at = UnixSeconds(self.first_sampled_at);
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
    fn read_into(&self, side: &mut risk::SideLedger) {
        side.open_interest = BaseAtoms(self.open_interest_atoms);
        side.cost_e12 = self.cost_e12.into();
        side.reserved = QuoteAtoms(self.reserved_atoms);
        side.collateral = QuoteAtoms(self.collateral_atoms);
        side.positions = self.positions;
        side.funding_paid_e24 = self.funding_paid_e24.into();
        side.funding_received_e24 = self.funding_received_e24.into();
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
    #[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
    pub fn view(&self) -> Result<risk::Market> {
        let mut view = risk::Market::EMPTY;
        self.read_into(&mut view)?;
        Ok(view)
    }

    /// Field by field into what lies in memory already: each costs a load and a store. Of a value that is made at once,
    /// the compiler loads all fields before it stores the first, by way of the stack, at four instructions each.
    #[inline(never)]
    fn read_into(&self, view: &mut risk::Market) -> Result<()> {
        self.require_version()?;
        view.status = match self.status {
            MARKET_ACTIVE => risk::MarketStatus::Active,
            MARKET_REDUCE_ONLY => risk::MarketStatus::ReduceOnly,
            MARKET_SETTLED => risk::MarketStatus::Settled,
            _ => return err!(BulkheadError::CorruptAccount),
        };
        self.params.read_into(&mut view.params);
        self.observations.read_into(&mut view.oracle, &mut view.volatility);
        view.extremes.newest = self.extremes_newest;
        for (bucket, seen) in self.extremes.iter().zip(&mut view.extremes.ring) {
            seen.low = PriceE12(bucket.low_e12);
            seen.high = PriceE12(bucket.high_e12);
        }
        self.read_ledger(&mut view.ledger);
        view.wind_down_from = UnixSeconds(self.wind_down_from);
        view.settlement_price = PriceE12(self.settlement_price_e12);
        Ok(())
    }

    /// Booked amounts.
    pub fn ledger(&self) -> risk::Ledger {
        let mut ledger = risk::Ledger::EMPTY;
        self.read_ledger(&mut ledger);
        ledger
    }

    fn read_ledger(&self, ledger: &mut risk::Ledger) {
        self.long.read_into(&mut ledger.long);
        self.short.read_into(&mut ledger.short);
        ledger.pool = QuoteAtoms(self.pool_atoms);
        ledger.shares = Shares(self.shares);
        ledger.protocol_fees = QuoteAtoms(self.protocol_fees_atoms);
        ledger.crank_budget = QuoteAtoms(self.crank_budget_atoms);
        ledger.insurance = QuoteAtoms(self.insurance_atoms);
        ledger.shortfall_total = QuoteAtoms(self.shortfall_total_atoms);
        ledger.borrow_index_e12 = self.borrow_index_e12.into();
        ledger.funding_rate_e18 = self.funding_rate_e18;
        ledger.funding_due = QuoteAtoms(self.funding_due_atoms);
        ledger.borrow_owed = QuoteAtoms(self.borrow_owed_atoms);
        ledger.accrued_at = UnixSeconds(self.accrued_at);
        ledger.impact_reference = PriceE12(self.impact_reference_e12);
        ledger.insurance_outflow.taken = QuoteAtoms(self.insurance_outflow_atoms);
        ledger.insurance_outflow.at = UnixSeconds(self.insurance_outflow_at);
        ledger.withdrawal_outflow.taken = QuoteAtoms(self.withdrawal_outflow_atoms);
        ledger.withdrawal_outflow.at = UnixSeconds(self.withdrawal_outflow_at);
        ledger.withdrawals_short = self.withdrawals_short;
        ledger.withdrawals_short_since = UnixSeconds(self.withdrawals_short_since);
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
