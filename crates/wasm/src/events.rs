//! Events out of a transaction's logs, as the history of a position and of a market shows them.

use anchor_lang::{AnchorDeserialize, Discriminator};
use bulkhead::events::*;
use bulkhead_client::events::{bytes, data_from_logs};
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

macro_rules! shown {
    ($($name:ident),* $(,)?) => {
        /// The events that the page shows. The others are not even decoded: their decoders would weigh as much
        /// as everything else that is loaded first.
        enum Shown {
            $($name($name),)*
        }

        impl Shown {
            fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($name),)*
                }
            }

            fn decode(data: &[u8]) -> Option<Self> {
                let (discriminator, fields) = data.split_first_chunk::<8>()?;
                $(if discriminator.as_slice() == $name::DISCRIMINATOR {
                    return $name::try_from_slice(fields).ok().map(Self::$name);
                })*
                None
            }
        }
    };
}

shown!(
    PositionCreated,
    OrderPlaced,
    OrderTriggered,
    OrderFailed,
    OrderCancelled,
    PositionIncreased,
    PositionDecreased,
    CollateralAdded,
    CollateralRemoved,
    PositionSighted,
    PositionLiquidated,
    CappedSettled,
    PositionClosed,
    DelegateSet,
    MarketUpdated,
    Deposited,
    WithdrawalRequested,
    WithdrawalExecuted,
    WithdrawalCancelled,
    MarginCalled,
    TopUpSet,
    TopUpCancelled,
    ToppedUp,
    PositionSettled,
    PositionRefreshed,
    FrozenCollected,
);

/// The events of a transaction that succeeded, in their order.
#[wasm_bindgen(js_name = eventsOf, unchecked_return_type = "BulkheadEvent[]")]
pub fn events_of(logs: Vec<String>) -> JsValue {
    let all = Array::new();
    let end = data_from_logs(logs.iter().map(String::as_str), |data| {
        if let Some(event) = bytes(data).ok().and_then(|bytes| Shown::decode(&bytes)) {
            all.push(&plain(&event));
        }
    });
    if end.has_failed { Array::new().into() } else { all.into() }
}

macro_rules! fields {
    ($object:ident, $($name:literal: $value:expr),* $(,)?) => {{ $(put(&$object, $name, $value);)* }};
}

fn plain(event: &Shown) -> JsValue {
    let object = Object::new();
    put(&object, "name", event.name());
    match event {
        Shown::PositionCreated(e) => fields!(object, "position": e.position.to_string(),
            "market": e.market.to_string(), "collateralAtoms": e.collateral_atoms),
        Shown::OrderPlaced(e) => fields!(object, "position": e.position.to_string(),
            "order": e.order.to_string(), "sizeAtoms": e.size_atoms, "priceE12": e.acceptable_price_e12,
            "kind": u32::from(u8::from(e.kind)), "triggerPriceE12": e.trigger_price_e12),
        Shown::OrderTriggered(e) => fields!(object, "position": e.position.to_string(),
            "order": e.order.to_string(), "priceE12": e.index_price_e12),
        Shown::OrderFailed(e) => fields!(object, "position": e.position.to_string(),
            "order": e.order.to_string(), "errorCode": e.error_code),
        Shown::OrderCancelled(e) => fields!(object, "position": e.position.to_string(),
            "order": e.order.to_string(), "by": e.by.to_string()),
        Shown::PositionIncreased(e) => fields!(object, "position": e.position.to_string(),
            "sizeAtoms": e.size_atoms, "priceE12": e.fill_price_e12, "feeAtoms": e.trade_fee_atoms,
            "collateralAtoms": e.collateral_atoms),
        Shown::PositionDecreased(e) => fields!(object, "position": e.position.to_string(),
            "sizeAtoms": e.closed.size_atoms, "priceE12": e.closed.fill_price_e12,
            "pnlAtoms": e.closed.pnl_atoms, "feeAtoms": e.closed.trade_fee_atoms,
            "collateralAtoms": e.closed.collateral_atoms),
        Shown::CollateralAdded(e) => fields!(object, "position": e.position.to_string(),
            "amountAtoms": e.amount_atoms, "collateralAtoms": e.collateral_atoms),
        Shown::CollateralRemoved(e) => fields!(object, "position": e.position.to_string(),
            "amountAtoms": e.amount_atoms, "collateralAtoms": e.collateral_atoms),
        Shown::PositionSighted(e) => fields!(object, "position": e.position.to_string()),
        Shown::PositionLiquidated(e) => fields!(object, "position": e.position.to_string(),
            "sizeAtoms": e.closed.size_atoms, "priceE12": e.closed.fill_price_e12,
            "pnlAtoms": e.closed.pnl_atoms, "payAtoms": e.keeper_pay_atoms,
            "collateralAtoms": e.closed.collateral_atoms),
        Shown::CappedSettled(e) => fields!(object, "position": e.position.to_string(),
            "sizeAtoms": e.closed.size_atoms, "priceE12": e.closed.fill_price_e12,
            "pnlAtoms": e.closed.pnl_atoms, "collateralAtoms": e.closed.collateral_atoms),
        Shown::PositionClosed(e) => fields!(object, "position": e.position.to_string(),
            "amountAtoms": e.returned_atoms),
        Shown::DelegateSet(e) => fields!(object, "position": e.position.to_string(),
            "delegate": e.delegate.to_string()),
        Shown::MarketUpdated(e) => fields!(object, "market": e.market.to_string(),
            "indexPriceE12": e.index_price_e12, "markPriceE12": e.mark_price_e12,
            "publishedAt": e.published_at, "targetPpm": e.target_ppm, "rampPpm": e.ramp_ppm),
        Shown::Deposited(e) => fields!(object, "market": e.market.to_string(),
            "amountAtoms": e.amount_atoms, "shares": e.shares, "poolAtoms": e.pool_atoms,
            "valueBeforeAtoms": e.value_before_atoms, "sharePriceE9": per_share(e.amount_atoms, e.shares)),
        Shown::WithdrawalRequested(e) => fields!(object, "market": e.market.to_string(),
            "withdrawal": e.withdrawal.to_string(), "owner": e.owner.to_string(), "shares": e.shares,
            "at": e.executable_from),
        Shown::WithdrawalExecuted(e) => fields!(object, "market": e.market.to_string(),
            "withdrawal": e.withdrawal.to_string(), "owner": e.owner.to_string(), "shares": e.shares_burnt,
            "amountAtoms": e.amount_atoms, "sharePriceE9": per_share(e.amount_atoms, e.shares_burnt)),
        Shown::WithdrawalCancelled(e) => fields!(object, "market": e.market.to_string(),
            "withdrawal": e.withdrawal.to_string(), "owner": e.owner.to_string(),
            "shares": e.shares_returned),
        Shown::MarginCalled(e) => fields!(object, "position": e.position.to_string(),
            "equityAtoms": e.equity_atoms, "maintenanceAtoms": e.maintenance_atoms, "priceE12": e.price_e12),
        Shown::TopUpSet(e) => fields!(object, "position": e.position.to_string(),
            "amountAtoms": e.amount_atoms, "budgetAtoms": e.budget_atoms),
        Shown::TopUpCancelled(e) => fields!(object, "position": e.position.to_string(),
            "budgetAtoms": e.budget_atoms),
        Shown::ToppedUp(e) => fields!(object, "position": e.position.to_string(),
            "amountAtoms": e.into_vault_atoms, "payAtoms": e.keeper_pay_atoms,
            "collateralAtoms": e.collateral_atoms),
        Shown::PositionSettled(e) => fields!(object, "position": e.position.to_string(),
            "sizeAtoms": e.closed.size_atoms, "priceE12": e.closed.fill_price_e12,
            "pnlAtoms": e.closed.pnl_atoms, "collateralAtoms": e.closed.collateral_atoms),
        Shown::PositionRefreshed(e) => fields!(object, "position": e.position.to_string()),
        Shown::FrozenCollected(e) => fields!(object, "position": e.position.to_string(),
            "amountAtoms": e.to_vault_atoms),
    }
    object.into()
}

/// What a share went for, in 10^-9 atoms; zero for none.
fn per_share(amount_atoms: u64, shares: u64) -> u64 {
    fixed::mul_div_u64_floor(amount_atoms, E9, shares).unwrap_or(0)
}
