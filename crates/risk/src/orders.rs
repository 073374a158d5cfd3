//! Two-phase orders: nobody trades at a price that was known when the order was placed.
//!
//! A market order's window counts from its placing. The others wait for their trigger first, and their window
//! counts from there: the price that triggers is known, the one that fills is not.

mod life;
mod preview;

pub use life::{CancelRight, Order, Window};
pub use preview::{OrderState, Preview, preview};

use crate::error::{Result, RiskError};
use crate::ledger::Side;
use crate::oracle::{AGE_DECREASE_SECS_MAX, AGE_SECS_MAX};
use crate::params::Params;
use crate::units::{PriceE12, UnixSeconds};

/// What an order does to its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderAction {
    /// Opens or increases.
    Increase,
    /// Decreases or closes.
    Decrease,
}

/// When an order may fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKind {
    /// From its placing on.
    Market,
    /// Once the index is as good as its trigger price or better, for who buys or sells.
    Limit,
    /// Decrease: once the index is at its trigger price or beyond, against the position.
    StopLoss,
    /// Decrease: the same in the position's favour.
    TakeProfit,
}

impl OrderKind {
    /// Whether it waits for a trigger before its window begins.
    pub const fn has_trigger(self) -> bool {
        !matches!(self, Self::Market)
    }

    /// Whether there are orders of this kind with this action: a stop-loss or take-profit only decreases.
    pub const fn allows(self, action: OrderAction) -> bool {
        !matches!((self, action), (Self::StopLoss | Self::TakeProfit, OrderAction::Increase))
    }
}

/// Where the index has to be for an order to trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerDirection {
    /// At the trigger price or below.
    AtOrBelow,
    /// At the trigger price or above.
    AtOrAbove,
}

/// Whether the order buys: then low prices are good for it.
pub const fn is_buy(side: Side, action: OrderAction) -> bool {
    matches!((side, action), (Side::Long, OrderAction::Increase) | (Side::Short, OrderAction::Decrease))
}

/// The direction in which an order triggers; none for what never does. It follows from side, action and kind,
/// nobody gives it.
pub const fn trigger_direction(side: Side, action: OrderAction, kind: OrderKind) -> Option<TriggerDirection> {
    let waits_for_lower = match (kind, action) {
        (OrderKind::Limit, _) => is_buy(side, action),
        (OrderKind::StopLoss, OrderAction::Decrease) => matches!(side, Side::Long),
        (OrderKind::TakeProfit, OrderAction::Decrease) => matches!(side, Side::Short),
        _ => return None,
    };
    Some(if waits_for_lower { TriggerDirection::AtOrBelow } else { TriggerDirection::AtOrAbove })
}

/// Whether `index` meets the trigger price of such an order; the price itself does. Never for market orders.
pub fn is_triggered(
    side: Side,
    action: OrderAction,
    kind: OrderKind,
    trigger: PriceE12,
    index: PriceE12,
) -> bool {
    match trigger_direction(side, action, kind) {
        Some(TriggerDirection::AtOrBelow) => index <= trigger,
        Some(TriggerDirection::AtOrAbove) => index >= trigger,
        None => false,
    }
}

/// The order fills on a price published in `[since + delay, since + window]`, both ends included.
pub fn require_in_window(params: &Params, since: UnixSeconds, publish_time: UnixSeconds) -> Result<()> {
    if publish_time < since.after_secs(params.order_delay_secs)? {
        return Err(RiskError::PriceBeforeWindow);
    }
    if publish_time > since.after_secs(params.order_window_secs)? {
        return Err(RiskError::PriceAfterWindow);
    }
    Ok(())
}

/// From this time on the order can be cancelled, and can no longer fill: the last price of its window is
/// too old by then. The two never overlap, so that its owner cannot choose between a known fill and none.
pub fn cancellable_from(params: &Params, action: OrderAction, since: UnixSeconds) -> Result<UnixSeconds> {
    let age_max = match action {
        OrderAction::Increase => AGE_SECS_MAX,
        OrderAction::Decrease => AGE_DECREASE_SECS_MAX,
    };
    let age_max = u32::try_from(age_max).map_err(|_| RiskError::Overflow)?;
    since.after_secs(params.order_window_secs)?.after_secs(age_max)?.after_secs(1)
}

/// Whether an order that is refused for this reason is spent: whoever brings a price of its window ends it.
///
/// If it could wait for its owner to mend the reason (add collateral, wait for room under a cap), only the
/// owner could fill it, and would choose to when the price of the window has turned out well: a free option.
/// What depends on the price that was brought, and not on the position or the market, is no such reason.
/// An increase that no number holds the notional of is above every cap, at any price.
pub const fn spends_order(action: OrderAction, refusal: RiskError) -> bool {
    if matches!((action, refusal), (OrderAction::Increase, RiskError::Overflow)) {
        return true;
    }
    matches!(
        refusal,
        RiskError::MarketNotActive
            | RiskError::OpenInterestCapExceeded
            | RiskError::SkewCapExceeded
            | RiskError::ReserveUnavailable
            | RiskError::PoolShareExceeded
            | RiskError::NotionalTooSmall
            | RiskError::InitialMarginShort
            | RiskError::InsufficientCollateral
            | RiskError::PositionReduceOnly
            | RiskError::PayoutCapReached
            | RiskError::DecreaseWorsensHealth
    )
}

/// Whether `fill` is within what the order accepts: a buyer's highest price, a seller's lowest.
pub fn require_acceptable(
    side: Side,
    action: OrderAction,
    fill: PriceE12,
    acceptable: PriceE12,
) -> Result<()> {
    let fits = if is_buy(side, action) { fill <= acceptable } else { fill >= acceptable };
    if fits { Ok(()) } else { Err(RiskError::PriceNotAcceptable) }
}
