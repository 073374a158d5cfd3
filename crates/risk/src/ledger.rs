//! What a market has booked: open interest by side, the pool, insurance, fees, and the accrual indexes.
//! The part of a market that actions on positions change.

use crate::error::{Result, RiskError};
use crate::outflow::Outflow;
use crate::params::Params;
use crate::units::{BaseAtoms, Ppm, PriceE12, QuoteAtoms, Shares, SignedQuoteAtoms, UnixSeconds};

/// Direction of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Gains when the price rises.
    Long,
    /// Gains when the price falls.
    Short,
}

impl Side {
    /// The other side.
    pub const fn opposite(self) -> Self {
        match self {
            Self::Long => Self::Short,
            Self::Short => Self::Long,
        }
    }
}

/// Sums over the open positions of one side. INV-12: each equals the sum over the side's positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SideLedger {
    /// Open interest.
    pub open_interest: BaseAtoms,
    /// Sum of size times entry price, so that the side's profit is one subtraction.
    pub cost_e12: u128,
    /// Payouts set aside.
    pub reserved: QuoteAtoms,
    /// Collateral that the positions had booked when they last touched the market.
    pub collateral: QuoteAtoms,
    /// Open positions.
    pub positions: u32,
    /// What one whole base unit has paid in funding, in 10^-24 USD.
    pub funding_paid_e24: u128,
    /// What one whole base unit has received in funding, in 10^-24 USD.
    pub funding_received_e24: u128,
}

impl SideLedger {
    /// Nothing known, nothing booked.
    pub const EMPTY: Self = Self {
        open_interest: BaseAtoms::ZERO,
        cost_e12: 0,
        reserved: QuoteAtoms::ZERO,
        collateral: QuoteAtoms::ZERO,
        positions: 0,
        funding_paid_e24: 0,
        funding_received_e24: 0,
    };
}

impl Default for SideLedger {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl SideLedger {
    /// Profit and loss of the whole side at `price`, rounded down.
    pub fn pnl(&self, side: Side, params: &Params, price: PriceE12) -> Result<SignedQuoteAtoms> {
        let worth = crate::fixed::product(self.open_interest.0, price.0);
        let gain = match side {
            Side::Long => worth >= self.cost_e12,
            Side::Short => self.cost_e12 >= worth,
        };
        params.signed_notional_floor(worth.abs_diff(self.cost_e12), !gain)
    }
}

/// All booked amounts of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Long positions.
    pub long: SideLedger,
    /// Short positions.
    pub short: SideLedger,
    /// The pool: liquidity providers' collateral, gains and losses.
    pub pool: QuoteAtoms,
    /// Shares of the pool, the locked minimum included.
    pub shares: Shares,
    /// Fees that belong to the protocol's fee receiver and still lie in the pool vault.
    pub protocol_fees: QuoteAtoms,
    /// What is left to pay for market updates; lies in the pool vault.
    pub crank_budget: QuoteAtoms,
    /// The insurance vault.
    pub insurance: QuoteAtoms,
    /// Losses that no collateral was left for, ever; borne by the pool.
    pub shortfall_total: QuoteAtoms,
    /// What one quote atom set aside has paid to borrow, in 10^-12.
    pub borrow_index_e12: u128,
    /// Funding rate per second, in 10^-18; positive: longs pay.
    pub funding_rate_e18: i64,
    /// Funding that receivers have accrued and not been paid, rounded up.
    pub funding_due: QuoteAtoms,
    /// Borrow fee that positions have accrued and not paid, rounded down.
    pub borrow_owed: QuoteAtoms,
    /// When the indexes were last advanced.
    pub accrued_at: UnixSeconds,
    /// Mean price at which the present skew was paid for; zero without skew. Price impact pays back at it.
    pub impact_reference: PriceE12,
    /// What insurance has paid out lately.
    pub insurance_outflow: Outflow,
    /// What withdrawals have taken out of the pool lately.
    pub withdrawal_outflow: Outflow,
    /// Matured withdrawals that were paid in part and wait for the rest.
    pub withdrawals_short: u32,
    /// Since when at least one does; zero while none does.
    pub withdrawals_short_since: UnixSeconds,
}

impl Ledger {
    /// Nothing known, nothing booked.
    pub const EMPTY: Self = Self {
        long: SideLedger::EMPTY,
        short: SideLedger::EMPTY,
        pool: QuoteAtoms::ZERO,
        shares: Shares::ZERO,
        protocol_fees: QuoteAtoms::ZERO,
        crank_budget: QuoteAtoms::ZERO,
        insurance: QuoteAtoms::ZERO,
        shortfall_total: QuoteAtoms::ZERO,
        borrow_index_e12: 0,
        funding_rate_e18: 0,
        funding_due: QuoteAtoms::ZERO,
        borrow_owed: QuoteAtoms::ZERO,
        accrued_at: UnixSeconds::ZERO,
        impact_reference: PriceE12::ZERO,
        insurance_outflow: Outflow::EMPTY,
        withdrawal_outflow: Outflow::EMPTY,
        withdrawals_short: 0,
        withdrawals_short_since: UnixSeconds::ZERO,
    };
}

impl Default for Ledger {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Ledger {
    /// One side.
    pub fn side(&self, side: Side) -> &SideLedger {
        match side {
            Side::Long => &self.long,
            Side::Short => &self.short,
        }
    }

    /// One side, to change.
    pub fn side_mut(&mut self, side: Side) -> &mut SideLedger {
        match side {
            Side::Long => &mut self.long,
            Side::Short => &mut self.short,
        }
    }

    /// Payouts set aside for all positions.
    pub fn reserved(&self) -> Result<QuoteAtoms> {
        self.long.reserved.plus(self.short.reserved)
    }

    /// What the pool vault must hold.
    pub fn pool_vault_booked(&self) -> Result<QuoteAtoms> {
        self.pool.plus(self.protocol_fees)?.plus(self.crank_budget)
    }

    /// Share of the pool that is set aside, rounded up; one hundred per cent of an empty pool.
    pub fn utilisation_ppm_ceil(&self) -> Result<Ppm> {
        let reserved = self.reserved()?;
        if reserved.is_zero() {
            return Ok(Ppm::ZERO);
        }
        if self.pool.is_zero() {
            return Ok(Ppm::ONE);
        }
        let ppm = crate::fixed::mul_div_u64_ceil(reserved.0, crate::units::PPM, self.pool.0)?;
        u32::try_from(ppm).map(Ppm).map_err(|_| RiskError::Overflow)
    }

    /// Takes a trade fee that has come into the pool vault: protocol, crank budget, and the rest to the pool.
    pub fn book_trade_fee(&mut self, fee: QuoteAtoms) -> Result<()> {
        let protocol = fee.share_floor(crate::params::FEE_PROTOCOL_SHARE_PPM)?;
        let crank = fee.share_floor(crate::params::FEE_CRANK_SHARE_PPM)?;
        self.protocol_fees = self.protocol_fees.plus(protocol)?;
        self.crank_budget = self.crank_budget.plus(crank)?;
        self.pool = self.pool.plus(fee.minus(protocol)?.minus(crank)?)?;
        Ok(())
    }

    /// Pays `wanted` for keeping the market running, as far as the crank budget goes.
    pub fn pay_from_crank_budget(&mut self, wanted: QuoteAtoms) -> Result<QuoteAtoms> {
        let paid = wanted.min(self.crank_budget);
        self.crank_budget = self.crank_budget.minus(paid)?;
        Ok(paid)
    }

    /// INV-03: the pool holds every payout that it has promised.
    pub fn assert_reserve_covered(&self) -> Result<()> {
        if self.reserved()? > self.pool { Err(RiskError::AccountingBroken) } else { Ok(()) }
    }
}
