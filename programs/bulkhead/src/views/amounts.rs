//! Reports as events spell them.

use anchor_lang::prelude::*;
use bulkhead_risk as risk;
use risk::transition::ClosedPart;
use risk::{QuoteAtoms, SignedQuoteAtoms};

use crate::error::BulkheadError;
use crate::events::{ClosedAmounts, LiquidationReason};

impl From<risk::liquidation::LiquidationReason> for LiquidationReason {
    fn from(reason: risk::liquidation::LiquidationReason) -> Self {
        match reason {
            risk::liquidation::LiquidationReason::PayoutCapped => Self::PayoutCapped,
            risk::liquidation::LiquidationReason::Insolvent => Self::Insolvent,
            risk::liquidation::LiquidationReason::BelowMaintenance => Self::BelowMaintenance,
        }
    }
}

/// A signed amount in the width that events and return data use.
pub fn to_event_atoms(amount: SignedQuoteAtoms) -> Result<i64> {
    i64::try_from(amount.get()).map_err(|_| error!(BulkheadError::Overflow))
}

/// What closing a part realised, with the position afterwards.
pub fn closed_amounts(
    closed: &ClosedPart,
    trade_fee: QuoteAtoms,
    after: &risk::Position,
) -> Result<ClosedAmounts> {
    Ok(ClosedAmounts {
        fill_price_e12: closed.price.get(),
        size_atoms: closed.size.get(),
        notional_atoms: closed.notional.get(),
        pnl_atoms: to_event_atoms(closed.pnl)?,
        payout_atoms: closed.payout.get(),
        loss_paid_atoms: closed.loss_paid.get(),
        owed_paid_atoms: closed.owed_paid.get(),
        trade_fee_atoms: trade_fee.get(),
        shortfall_atoms: closed.shortfall.get(),
        reserved_released_atoms: closed.reserved_released.get(),
        collateral_atoms: after.collateral.get(),
        size_left_atoms: after.size.get(),
    })
}
