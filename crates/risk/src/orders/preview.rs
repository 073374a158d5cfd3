//! What an order would do at a price, by the functions that do it.

use super::{Order, OrderAction, Window, require_in_window, spends_order};
use crate::error::{Result, RiskError};
use crate::market::{Market, MarketStatus};
use crate::oracle::{Purpose, Sample};
use crate::position::{Position, PositionStatus};
use crate::transition::{self, DecreaseArgs, IncreaseArgs};
use crate::units::{PriceE12, UnixSeconds};

/// Where an order stands at a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// It waits for its trigger, and this sample does not meet it.
    Waiting,
    /// It waits for its trigger, and this sample meets it.
    Triggerable,
    /// It may still fill, but not on this sample.
    InWindow,
    /// It may fill on this sample, and executing would end it: fill it, or spend it.
    Executable,
    /// A market order whose window has passed: it can only be cancelled.
    Lapsed,
    /// Its time to be triggered has passed: it can only be cancelled.
    Expired,
    /// Its position is closed or its market settled: it can only be cancelled.
    Void,
}

/// What an order would do at a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Where it stands.
    pub state: OrderState,
    /// Its window; none before its first trigger.
    pub window: Option<Window>,
    /// What the trade comes to at this sample, whether or not it is one of the window: the fill price, or
    /// why it is refused.
    pub fill: Result<PriceE12>,
}

/// Looks at `order` of `position` as executing and triggering would on `sample`. `market` has not observed
/// the sample; it is left as it would be afterwards, or as far as that got: pass a copy.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
pub fn preview(
    market: &mut Market,
    position: &Position,
    order: &Order,
    sample: &Sample,
    now: UnixSeconds,
) -> Result<Preview> {
    let window = order.window(&market.params)?;
    let may_fill = order.may_still_fill(&market.params, now)?;
    let trigger = order.triggered(market, position.side, sample, now);
    let fill = attempt(market, position, order, sample, now);
    let is_void = position.status == PositionStatus::Closed || market.status == MarketStatus::Settled;
    let state = match trigger {
        _ if is_void => OrderState::Void,
        _ if may_fill => {
            let in_window = require_in_window(&market.params, order.since()?, sample.publish_time).is_ok();
            let ends = fill.map_or_else(|refusal| spends_order(order.action, refusal), |_| true);
            if in_window && ends { OrderState::Executable } else { OrderState::InWindow }
        }
        Err(RiskError::OrderHasNoTrigger) => OrderState::Lapsed,
        Err(_) if order.is_expired(now) => OrderState::Expired,
        Ok(_) => OrderState::Triggerable,
        Err(_) => OrderState::Waiting,
    };
    Ok(Preview { state, window, fill })
}

/// The fill price of the trade that the order asks for.
#[inline(never)]
fn attempt(
    market: &mut Market,
    position: &Position,
    order: &Order,
    sample: &Sample,
    now: UnixSeconds,
) -> Result<PriceE12> {
    match order.action {
        OrderAction::Increase => {
            let _ = market.observe_for_risk(sample, now)?;
            let args = IncreaseArgs {
                size: order.size,
                payout_cap_ppm: order.payout_cap_ppm,
                acceptable: order.acceptable,
            };
            Ok(transition::increase(market, position, sample, &args, now)?.fill)
        }
        OrderAction::Decrease => {
            let _ = market.observe(sample, Purpose::Decrease, now)?;
            let args = DecreaseArgs { size: order.size, acceptable: order.acceptable };
            Ok(transition::decrease(market, position, sample, &args, now)?.closed.price)
        }
    }
}
