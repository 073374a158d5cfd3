//! Order account -> risk order.

use anchor_lang::prelude::*;
use bulkhead_risk as risk;
use risk::{BaseAtoms, Ppm, PriceE12, UnixSeconds};

use crate::state::{Order, OrderKind};

impl From<OrderKind> for risk::orders::OrderKind {
    fn from(kind: OrderKind) -> Self {
        match kind {
            OrderKind::Market => Self::Market,
            OrderKind::Limit => Self::Limit,
            OrderKind::StopLoss => Self::StopLoss,
            OrderKind::TakeProfit => Self::TakeProfit,
        }
    }
}

impl Order {
    /// As the risk crate sees it.
    pub fn view(&self) -> Result<risk::orders::Order> {
        Ok(risk::orders::Order {
            action: self.action()?.into(),
            kind: self.kind()?.into(),
            size: BaseAtoms(self.size_atoms),
            acceptable: PriceE12(self.acceptable_price_e12),
            trigger: PriceE12(self.trigger_price_e12),
            payout_cap_ppm: Ppm(self.payout_cap_ppm),
            placed_at: UnixSeconds(self.placed_at),
            triggered_at: UnixSeconds(self.triggered_at),
            expires_at: UnixSeconds(self.expires_at),
        })
    }
}
