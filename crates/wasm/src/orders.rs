//! Whether an order can be filled or cancelled.

use bulkhead_risk::orders::{self, OrderAction};
use bulkhead_risk::{Purpose, UnixSeconds};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::account;
use crate::look::Look;
use crate::record::record;
use crate::refuse::Result;

record! {
    /// An order's time.
    OrderTiming {
        /// The price of the look lies in the order's window.
        due: bool,
        /// From this time on it can be cancelled and no longer fills.
        cancellableFrom: i64,
        cancellable: bool,
        fillsFrom: i64,
        fillsUntil: i64,
        tipLamports: u64,
    }
}

#[wasm_bindgen]
impl Look {
    /// When an order fills, and whether the price at hand fills it as far as time goes.
    #[wasm_bindgen(js_name = orderTiming, unchecked_return_type = "OrderTiming")]
    pub fn order_timing(&self, order: &[u8]) -> std::result::Result<JsValue, JsValue> {
        Ok(self.timing(order)?.into())
    }
}

impl Look {
    fn timing(&self, order: &[u8]) -> Result<OrderTiming> {
        let order = account::order(order)?;
        let market = self.inner.observed(Purpose::Observe).or_else(|_| self.seen_or_refused())?;
        let (params, since) = (&market.params, UnixSeconds(order.placed_at));
        let action = if order.action == 0 { OrderAction::Increase } else { OrderAction::Decrease };
        let from = orders::cancellable_from(params, action, since)?;
        Ok(OrderTiming {
            due: orders::require_in_window(params, since, self.inner.sample().publish_time).is_ok(),
            cancellableFrom: from.get(),
            cancellable: self.inner.now() >= from,
            fillsFrom: since.after_secs(params.order_delay_secs)?.get(),
            fillsUntil: since.after_secs(params.order_window_secs)?.get(),
            tipLamports: order.tip_lamports,
        })
    }

    fn seen_or_refused(&self) -> bulkhead_client::Result<bulkhead_risk::Market> {
        self.inner.observed(Purpose::Decrease)
    }
}
