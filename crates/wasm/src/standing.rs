//! How a position stands, with what the page shows beside it.

use bulkhead_risk::health::{Health, health};
use bulkhead_risk::liquidation::{LiquidationReason, Readiness};
use bulkhead_risk::units::PPM;
use bulkhead_risk::volatility::Volatility;
use bulkhead_risk::{Market, Position, Ppm, PriceE12, RiskError, Sample, UnixSeconds, fixed};

use crate::record::record;

const DAY_SECS: u64 = 86_400;

record! {
    /// A position's standing at a sample, everything accrued.
    Standing {
        status: String,
        sizeAtoms: u64,
        entryPriceE12: u64,
        collateralAtoms: u64,
        reservedAtoms: u64,
        equityAtoms: i128,
        pnlAtoms: i128,
        notionalAtoms: u64,
        maintenanceMarginAtoms: u64,
        maintenancePpm: u32,
        marginPpm: u32,
        addonPpm: u32,
        liquidationFeePpm: u32,
        initialMarginAtoms: u64,
        healthPpm: i64,
        owedAtoms: u64,
        dueAtoms: u64,
        liquidationPriceE12: u64,
        /// How far the index is from it, in ppm of the index; zero where there is no such price.
        distancePpm: u64,
        /// The same in hundredths of an hour's standard deviation.
        distanceSigmaE2: u64,
        reduceOnly: bool,
        marginCalled: bool,
        readiness: String,
        borrowDayAtoms: u64,
        fundingDayAtoms: u64,
        /// What a doubling of the market's volatility margin could raise the requirement to, at most.
        stressedMaintenanceAtoms: u64,
        stressedInitialAtoms: u64,
        stressedLiquidationPriceE12: u64,
        leverageE2: u64,
    }
}

/// Where a standing is taken.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) market: &'a Market,
    pub(crate) sample: &'a Sample,
    pub(crate) now: UnixSeconds,
}

impl View<'_> {
    pub(crate) fn standing(&self, position: &Position) -> Result<Standing, RiskError> {
        let (market, params) = (self.market, &self.market.params);
        let seen = health(market, position, self.sample, self.now)?;
        let accrued = position.accrued(params, &market.ledger)?.lowered(market)?;
        let (borrow_day, carry_day) = self.carry_of_a_day(&accrued)?;
        let stressed = self.doubled_volatility(&accrued)?;
        let valuation = seen.assessment.valuation;
        let distance = distance_ppm(self.sample.price, seen.liquidation_price)?;
        let equity = valuation.equity.positive_part()?.get();
        let leverage = match equity {
            0 => 0,
            _ => fixed::mul_div_u64_floor(valuation.notional.get(), 100, equity).unwrap_or(u64::MAX),
        };
        Ok(Standing {
            status: status(position).into(),
            sizeAtoms: position.size.get(),
            entryPriceE12: position.entry.get(),
            collateralAtoms: position.collateral.get(),
            reservedAtoms: position.reserved.get(),
            equityAtoms: valuation.equity.get(),
            pnlAtoms: valuation.pnl.get(),
            notionalAtoms: valuation.notional.get(),
            maintenanceMarginAtoms: seen.assessment.maintenance_margin.get(),
            maintenancePpm: seen.maintenance_ppm.get(),
            marginPpm: accrued.margin_ppm.get(),
            addonPpm: accrued.addon_ppm.get(),
            liquidationFeePpm: accrued.liquidation_fee_ppm.get(),
            initialMarginAtoms: seen.initial_margin.get(),
            healthPpm: seen.health_ppm,
            owedAtoms: seen.owed.get(),
            dueAtoms: seen.due.get(),
            liquidationPriceE12: seen.liquidation_price.get(),
            distancePpm: distance,
            distanceSigmaE2: self.sigmas_e2(distance)?,
            reduceOnly: seen.reduce_only,
            marginCalled: position.margin_called,
            readiness: readiness(seen.assessment.readiness).into(),
            borrowDayAtoms: borrow_day,
            fundingDayAtoms: carry_day.saturating_sub(borrow_day),
            stressedMaintenanceAtoms: stressed.assessment.maintenance_margin.get(),
            stressedInitialAtoms: stressed.initial_margin.get(),
            stressedLiquidationPriceE12: stressed.liquidation_price.get(),
            leverageE2: leverage,
        })
    }

    /// Borrow fee of a day, and borrow fee with the funding that it would pay.
    fn carry_of_a_day(&self, position: &Position) -> Result<(u64, u64), RiskError> {
        let (params, index) = (&self.market.params, self.sample.price);
        let carry = position.carry_ceil(params, &self.market.ledger, index, DAY_SECS)?;
        let mut without_funding = self.market.ledger;
        without_funding.funding_rate_e18 = 0;
        let borrow = position.carry_ceil(params, &without_funding, index, DAY_SECS)?;
        Ok((borrow.get(), carry.get()))
    }

    /// Health if the market's margin doubled now, and the requirement had followed as far as it ever may.
    fn doubled_volatility(&self, position: &Position) -> Result<Health, RiskError> {
        let mut market = *self.market;
        let most = market.params.margin_max_ppm;
        let doubled = |rate: Ppm| rate.plus(rate).map(|twice| twice.min(most.max(rate)));
        market.volatility.target_ppm = doubled(market.volatility.target_ppm)?;
        let ramp = doubled(market.volatility.ramp_ppm_ceil()?)?;
        market.volatility.ramp_ppb = u64::from(ramp.get()).checked_mul(1_000).ok_or(RiskError::Overflow)?;
        let followed = position.lifted(&market, self.sample, self.now)?;
        health(&market, &followed, self.sample, self.now)
    }

    fn sigmas_e2(&self, distance_ppm: u64) -> Result<u64, RiskError> {
        let sigma = Volatility::sigma_hour_ppm(self.market.volatility.variance_1h_e24)?;
        if sigma == 0 { Ok(0) } else { fixed::mul_div_u64_floor(distance_ppm, 100, sigma) }
    }
}

fn distance_ppm(index: PriceE12, to: PriceE12) -> Result<u64, RiskError> {
    if to.is_zero() || index.is_zero() {
        return Ok(0);
    }
    fixed::mul_div_u64_floor(index.get().abs_diff(to.get()), PPM, index.get())
}

fn status(position: &Position) -> &'static str {
    use bulkhead_risk::PositionStatus::{Closed, Open, Pending};
    match position.status {
        Pending => "pending",
        Open => "open",
        Closed => "closed",
    }
}

pub(crate) fn readiness(readiness: Readiness) -> &'static str {
    match readiness {
        Readiness::Healthy => "healthy",
        Readiness::FirstSighting => "first sighting",
        Readiness::Unconfirmed => "unconfirmed",
        Readiness::HeldBack => "held back",
        Readiness::Ready(LiquidationReason::PayoutCapped) => "payout cap reached",
        Readiness::Ready(LiquidationReason::Insolvent) => "insolvent",
        Readiness::Ready(LiquidationReason::BelowMaintenance) => "below maintenance",
    }
}
