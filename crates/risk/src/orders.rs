//! Two-phase orders: nobody trades at a price that was known when the order was placed.

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
pub const fn spends_order(refusal: RiskError) -> bool {
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
    let buys =
        matches!((side, action), (Side::Long, OrderAction::Increase) | (Side::Short, OrderAction::Decrease));
    let fits = if buys { fill <= acceptable } else { fill >= acceptable };
    if fits { Ok(()) } else { Err(RiskError::PriceNotAcceptable) }
}
