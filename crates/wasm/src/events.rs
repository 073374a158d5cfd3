//! Events out of a transaction's logs, as the history of a position and of a market shows them.

use bulkhead_client::events::{AnyEvent, from_logs};
use bulkhead_risk::fixed;
use js_sys::{Array, Object};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::record::put;

const E9: u64 = 1_000_000_000;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "export interface BulkheadEvent {
  name: string;
  position?: string; market?: string; order?: string; by?: string; delegate?: string;
  amountAtoms?: bigint; collateralAtoms?: bigint; sizeAtoms?: bigint; priceE12?: bigint;
  pnlAtoms?: bigint; feeAtoms?: bigint; payAtoms?: bigint; errorCode?: number;
  indexPriceE12?: bigint; markPriceE12?: bigint; publishedAt?: bigint; targetPpm?: number; rampPpm?: number;
  poolAtoms?: bigint; valueBeforeAtoms?: bigint; shares?: bigint; sharePriceE9?: bigint;
  kind?: number; triggerPriceE12?: bigint; owner?: string; withdrawal?: string; budgetAtoms?: bigint;
  maintenanceAtoms?: bigint; equityAtoms?: bigint; at?: bigint;
}
";

/// The events of a transaction that succeeded, in their order.
#[wasm_bindgen(js_name = eventsOf, unchecked_return_type = "BulkheadEvent[]")]
pub fn events_of(logs: Vec<String>) -> JsValue {
    let logged = from_logs(logs.iter().map(String::as_str));
    if logged.has_failed {
        return Array::new().into();
    }
    logged.events.iter().map(plain).collect::<Array>().into()
}

macro_rules! fields {
    ($object:ident, $($name:literal: $value:expr),* $(,)?) => {{ $(put(&$object, $name, $value);)* }};
}

fn plain(event: &AnyEvent) -> JsValue {
    let object = Object::new();
    put(&object, "name", event.name());
    match event {
        AnyEvent::PositionCreated(e) => fields!(object, "position": e.position.to_string(),
            "market": e.market.to_string(), "collateralAtoms": e.collateral_atoms),
        AnyEvent::OrderPlaced(e) => fields!(object, "position": e.position.to_string(),
            "order": e.order.to_string(), "sizeAtoms": e.size_atoms, "priceE12": e.acceptable_price_e12,
            "kind": u32::from(u8::from(e.kind)), "triggerPriceE12": e.trigger_price_e12),
        AnyEvent::OrderTriggered(e) => fields!(object, "position": e.position.to_string(),
            "order": e.order.to_string(), "priceE12": e.index_price_e12),
        AnyEvent::OrderFailed(e) => fields!(object, "position": e.position.to_string(),
            "order": e.order.to_string(), "errorCode": e.error_code),
        AnyEvent::OrderCancelled(e) => fields!(object, "position": e.position.to_string(),
            "order": e.order.to_string(), "by": e.by.to_string()),
        AnyEvent::PositionIncreased(e) => fields!(object, "position": e.position.to_string(),
            "sizeAtoms": e.size_atoms, "priceE12": e.fill_price_e12, "feeAtoms": e.trade_fee_atoms,
            "collateralAtoms": e.collateral_atoms),
        AnyEvent::PositionDecreased(e) => fields!(object, "position": e.position.to_string(),
            "sizeAtoms": e.closed.size_atoms, "priceE12": e.closed.fill_price_e12,
            "pnlAtoms": e.closed.pnl_atoms, "feeAtoms": e.closed.trade_fee_atoms,
            "collateralAtoms": e.closed.collateral_atoms),
        AnyEvent::CollateralAdded(e) => fields!(object, "position": e.position.to_string(),
            "amountAtoms": e.amount_atoms, "collateralAtoms": e.collateral_atoms),
        AnyEvent::CollateralRemoved(e) => fields!(object, "position": e.position.to_string(),
            "amountAtoms": e.amount_atoms, "collateralAtoms": e.collateral_atoms),
        AnyEvent::PositionSighted(e) => fields!(object, "position": e.position.to_string()),
        AnyEvent::PositionLiquidated(e) => fields!(object, "position": e.position.to_string(),
            "sizeAtoms": e.closed.size_atoms, "priceE12": e.closed.fill_price_e12,
            "pnlAtoms": e.closed.pnl_atoms, "payAtoms": e.keeper_pay_atoms,
            "collateralAtoms": e.closed.collateral_atoms),
        AnyEvent::CappedSettled(e) => fields!(object, "position": e.position.to_string(),
            "sizeAtoms": e.closed.size_atoms, "priceE12": e.closed.fill_price_e12,
            "pnlAtoms": e.closed.pnl_atoms, "collateralAtoms": e.closed.collateral_atoms),
        AnyEvent::PositionClosed(e) => fields!(object, "position": e.position.to_string(),
            "amountAtoms": e.returned_atoms),
        AnyEvent::DelegateSet(e) => fields!(object, "position": e.position.to_string(),
            "delegate": e.delegate.to_string()),
        AnyEvent::MarketUpdated(e) => fields!(object, "market": e.market.to_string(),
            "indexPriceE12": e.index_price_e12, "markPriceE12": e.mark_price_e12,
            "publishedAt": e.published_at, "targetPpm": e.target_ppm, "rampPpm": e.ramp_ppm),
        AnyEvent::Deposited(e) => fields!(object, "market": e.market.to_string(),
            "amountAtoms": e.amount_atoms, "shares": e.shares, "poolAtoms": e.pool_atoms,
            "valueBeforeAtoms": e.value_before_atoms, "sharePriceE9": per_share(e.amount_atoms, e.shares)),
        AnyEvent::WithdrawalRequested(e) => fields!(object, "market": e.market.to_string(),
            "withdrawal": e.withdrawal.to_string(), "owner": e.owner.to_string(), "shares": e.shares,
            "at": e.executable_from),
        AnyEvent::WithdrawalExecuted(e) => fields!(object, "market": e.market.to_string(),
            "withdrawal": e.withdrawal.to_string(), "owner": e.owner.to_string(), "shares": e.shares_burnt,
            "amountAtoms": e.amount_atoms, "sharePriceE9": per_share(e.amount_atoms, e.shares_burnt)),
        AnyEvent::WithdrawalCancelled(e) => fields!(object, "market": e.market.to_string(),
            "withdrawal": e.withdrawal.to_string(), "owner": e.owner.to_string(),
            "shares": e.shares_returned),
        AnyEvent::MarginCalled(e) => fields!(object, "position": e.position.to_string(),
            "equityAtoms": e.equity_atoms, "maintenanceAtoms": e.maintenance_atoms, "priceE12": e.price_e12),
        AnyEvent::TopUpSet(e) => fields!(object, "position": e.position.to_string(),
            "amountAtoms": e.amount_atoms, "budgetAtoms": e.budget_atoms),
        AnyEvent::TopUpCancelled(e) => fields!(object, "position": e.position.to_string(),
            "budgetAtoms": e.budget_atoms),
        AnyEvent::ToppedUp(e) => fields!(object, "position": e.position.to_string(),
            "amountAtoms": e.into_vault_atoms, "payAtoms": e.keeper_pay_atoms,
            "collateralAtoms": e.collateral_atoms),
        AnyEvent::PositionSettled(e) => fields!(object, "position": e.position.to_string(),
            "sizeAtoms": e.closed.size_atoms, "priceE12": e.closed.fill_price_e12,
            "pnlAtoms": e.closed.pnl_atoms, "collateralAtoms": e.closed.collateral_atoms),
        AnyEvent::PositionRefreshed(e) => fields!(object, "position": e.position.to_string()),
        AnyEvent::FrozenCollected(e) => fields!(object, "position": e.position.to_string(),
            "amountAtoms": e.to_vault_atoms),
        _ => {}
    }
    object.into()
}

/// What a share went for, in 10^-9 atoms; zero for none.
fn per_share(amount_atoms: u64, shares: u64) -> u64 {
    fixed::mul_div_u64_floor(amount_atoms, E9, shares).unwrap_or(0)
}
