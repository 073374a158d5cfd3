//! Where an order stands, what it would do, and what would trigger it.

use bulkhead::constants::TRIGGER_TIP_LAMPORTS;
use bulkhead_client::{Refusal, quote};
use bulkhead_risk::orders::{self, CancelRight, OrderAction, OrderKind, OrderState, TriggerDirection};
use bulkhead_risk::{PriceE12, Side};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::account;
use crate::look::Look;
use crate::record::record;
use crate::refuse::{Result, mistake};

record! {
    /// An order at the price of the look, as `view_order` answers but for pauses and for an order of this slot.
    OrderStanding {
        /// waiting, triggerable, in window, executable, lapsed, expired or void.
        state: String,
        windowFrom: i64,
        windowUntil: i64,
        cancellableFrom: i64,
        /// What the trade would fill at; zero if it would be refused.
        fillPriceE12: u64,
        errorCode: u32,
        /// The error in words; empty if it would fill.
        refusal: String,
        /// Whether owner and delegate may cancel it now.
        cancellableByOwner: bool,
        cancellableByAnyone: bool,
        /// For who executes it.
        tipLamports: u64,
        /// For who triggers it now: nothing after the first time.
        triggerTipLamports: u64,
        /// Whether prices at and above the trigger meet it, rather than those at and below.
        triggersAbove: bool,
    }
}

record! {
    /// A trigger price before it is placed.
    TriggerView {
        /// Whether prices at and above it meet it, rather than those at and below.
        above: bool,
        /// Whether the price of the look already does.
        met: bool,
        /// Whether the position would be liquidated before that price is reached.
        beyondLiquidation: bool,
    }
}

#[wasm_bindgen]
impl Look {
    /// Where an order of a position stands.
    #[wasm_bindgen(unchecked_return_type = "OrderStanding")]
    pub fn order(&self, order: &[u8], position: &[u8]) -> std::result::Result<JsValue, JsValue> {
        Ok(self.order_standing(order, position)?.into())
    }

    /// What a trigger price would mean. Kinds are the program's: 1 limit, 2 stop-loss, 3 take-profit.
    /// `liquidation_price_e12` is the position's, or zero.
    #[wasm_bindgen(unchecked_return_type = "TriggerView")]
    pub fn trigger(
        &self,
        short: bool,
        decrease: bool,
        kind: u8,
        price_e12: u64,
        liquidation_price_e12: u64,
    ) -> std::result::Result<JsValue, JsValue> {
        let (price, liquidation) = (PriceE12(price_e12), PriceE12(liquidation_price_e12));
        Ok(self.trigger_view(side_of(short), action_of(decrease), kind, price, liquidation)?.into())
    }

    /// The same look if the price were this one: for quotes of orders that wait for it.
    pub fn at(&self, price_e12: u64) -> Look {
        Look { inner: self.inner.at(PriceE12(price_e12)) }
    }
}

impl Look {
    fn order_standing(&self, order: &[u8], position: &[u8]) -> Result<OrderStanding> {
        let (account, position) = (account::order(order)?, account::position(position)?);
        let preview = quote::quote_order(&self.inner, &position, &account)?;
        let order = account.view().map_err(Refusal::from)?;
        let market = self.seen()?;
        let right = order.cancel_right(&market.params, self.inner.now())?;
        let is_void = preview.state == OrderState::Void;
        let side = position.view().map_err(Refusal::from)?.side;
        let direction = orders::trigger_direction(side, order.action, order.kind);
        let window = preview.window.unwrap_or_default();
        let refusal = preview.fill.err().map(Refusal::from);
        let has_tip = order.kind.has_trigger() && order.triggered_at.is_zero();
        Ok(OrderStanding {
            state: state(preview.state).into(),
            windowFrom: window.from.get(),
            windowUntil: window.until.get(),
            cancellableFrom: window.cancellable_from.get(),
            fillPriceE12: preview.fill.map_or(0, |price| price.get()),
            errorCode: refusal.map_or(0, |refusal| refusal.code()),
            refusal: refusal.map(|refusal| refusal.0.to_string()).unwrap_or_default(),
            cancellableByOwner: is_void || right != CancelRight::Nobody,
            cancellableByAnyone: is_void || right == CancelRight::Anyone,
            tipLamports: account.tip_lamports,
            triggerTipLamports: if has_tip { TRIGGER_TIP_LAMPORTS } else { 0 },
            triggersAbove: direction == Some(TriggerDirection::AtOrAbove),
        })
    }

    fn trigger_view(
        &self,
        side: Side,
        action: OrderAction,
        kind: u8,
        price: PriceE12,
        liquidation: PriceE12,
    ) -> Result<TriggerView> {
        let kind = match kind {
            1 => OrderKind::Limit,
            2 => OrderKind::StopLoss,
            3 => OrderKind::TakeProfit,
            _ => return Err(mistake("no such kind of order")),
        };
        let index = self.inner.sample().price;
        let beyond = match side {
            Side::Long => price <= liquidation,
            Side::Short => !liquidation.is_zero() && price >= liquidation,
        };
        let direction = orders::trigger_direction(side, action, kind);
        Ok(TriggerView {
            above: direction == Some(TriggerDirection::AtOrAbove),
            met: orders::is_triggered(side, action, kind, price, index),
            beyondLiquidation: beyond,
        })
    }
}

pub(crate) fn side_of(short: bool) -> Side {
    if short { Side::Short } else { Side::Long }
}

pub(crate) fn action_of(decrease: bool) -> OrderAction {
    if decrease { OrderAction::Decrease } else { OrderAction::Increase }
}

fn state(state: OrderState) -> &'static str {
    match state {
        OrderState::Waiting => "waiting",
        OrderState::Triggerable => "triggerable",
        OrderState::InWindow => "in window",
        OrderState::Executable => "executable",
        OrderState::Lapsed => "lapsed",
        OrderState::Expired => "expired",
        OrderState::Void => "void",
    }
}
