//! Prices of a wind-down <-> those of the risk crate, and what a settled market takes over.

use anchor_lang::prelude::*;
use bulkhead_risk as risk;
use risk::settlement::{MINUTES_MAX, SettlementCause};
use risk::{PriceE12, UnixSeconds};

use crate::error::BulkheadError;
use crate::events::SettlementReason;
use crate::state::{MARKET_SETTLED, Market, Settlement};

impl From<SettlementCause> for SettlementReason {
    fn from(cause: SettlementCause) -> Self {
        match cause {
            SettlementCause::DeadOracle => Self::DeadOracle,
            SettlementCause::WindDown => Self::WindDown,
        }
    }
}

impl Settlement {
    /// The prices that are kept.
    pub fn prices(&self) -> Result<Box<[PriceE12]>> {
        let kept = self.prices_e12.get(..usize::from(self.count));
        let kept = kept.ok_or_else(|| error!(BulkheadError::CorruptAccount))?;
        Ok(kept.iter().copied().map(PriceE12).collect())
    }

    /// Publish time of the last price; zero before the first.
    pub fn last(&self) -> UnixSeconds {
        UnixSeconds(self.recorded_at)
    }

    /// Keeps a price behind the others.
    pub fn keep(&mut self, price: PriceE12, at: UnixSeconds) -> Result<()> {
        let full = || error!(BulkheadError::SettlementPricesComplete);
        let count = self.count.checked_add(1).ok_or_else(full)?;
        require!(usize::from(count) <= MINUTES_MAX, BulkheadError::SettlementPricesComplete);
        *self.prices_e12.get_mut(usize::from(self.count)).ok_or_else(full)? = price.get();
        self.count = count;
        self.recorded_at = at.get();
        Ok(())
    }
}

impl Market {
    /// Takes over what settling it has decided.
    pub fn store_settlement(&mut self, settlement: &risk::settlement::MarketSettlement) {
        self.status = MARKET_SETTLED;
        self.settlement_price_e12 = settlement.price.get();
        self.store_ledger(&settlement.ledger);
    }
}
