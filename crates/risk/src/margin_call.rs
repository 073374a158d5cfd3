//! Margin calls: when an owner is told that a position comes near its maintenance margin.
//!
//! A call moves nothing. It marks the position where its equity falls below 1.5 times the maintenance margin
//! and unmarks it where equity is back, so that each crossing is announced once.

use crate::error::Result;
use crate::fixed;
use crate::liquidation::{Assessment, liquidation_price_of};
use crate::market::Market;
use crate::oracle::Sample;
use crate::position::{Position, PositionStatus};
use crate::units::{PPM, PriceE12, QuoteAtoms, SignedQuoteAtoms, UnixSeconds};

/// Equity below this multiple of the maintenance margin is a margin call: 1.5.
pub const CALL_PPM: u64 = 1_500_000;

/// What a position is worth beside what it must hold, at a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Price at which it was valued.
    pub price: PriceE12,
    /// Equity there.
    pub equity: SignedQuoteAtoms,
    /// Maintenance margin there.
    pub maintenance_margin: QuoteAtoms,
}

impl Standing {
    /// As an assessment found it.
    pub fn of(assessment: &Assessment) -> Self {
        Self {
            price: assessment.price,
            equity: assessment.valuation.equity,
            maintenance_margin: assessment.maintenance_margin,
        }
    }

    /// Of `position`, accrued, at the price at which its health would be judged.
    pub fn at(market: &Market, position: &Position, sample: &Sample, now: UnixSeconds) -> Result<Self> {
        let price = liquidation_price_of(market, position.side, sample, now)?;
        let valuation = position.value(&market.params, price)?;
        let maintenance_margin = position.maintenance_margin(valuation.notional)?;
        Ok(Self { price, equity: valuation.equity, maintenance_margin })
    }

    /// Whether equity is below `multiple_ppm` of the maintenance margin; exact, nothing is rounded.
    pub fn is_below(&self, multiple_ppm: u64) -> Result<bool> {
        let asked = fixed::product(self.maintenance_margin.0, multiple_ppm);
        match u128::try_from(self.equity.0) {
            Ok(equity) => Ok(fixed::times(equity, PPM)? < asked),
            Err(_) => Ok(true), // Below zero, and nothing that is asked is.
        }
    }
}

impl Position {
    /// `margin_called` after a look at it: only an open position is called.
    #[inline]
    pub fn called(&self, standing: &Standing) -> Result<Self> {
        let margin_called = self.status == PositionStatus::Open && standing.is_below(CALL_PPM)?;
        Ok(Self { margin_called, ..*self })
    }
}
