//! From placing to the end: trigger, window, expiry, and who may cancel when.

use super::{OrderAction, OrderKind, cancellable_from, is_triggered};
use crate::error::{Result, RiskError};
use crate::ledger::Side;
use crate::market::Market;
use crate::oracle::{Purpose, Sample};
use crate::params::Params;
use crate::units::{BaseAtoms, Ppm, PriceE12, UnixSeconds};

/// The part of an order that decides when it may do what, and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// What it does.
    pub action: OrderAction,
    /// When it may fill.
    pub kind: OrderKind,
    /// Size; a decrease by the position's size or more closes everything.
    pub size: BaseAtoms,
    /// Worst fill price.
    pub acceptable: PriceE12,
    /// Trigger price; zero for market orders.
    pub trigger: PriceE12,
    /// Payout to set aside, of the notional; increases only.
    pub payout_cap_ppm: Ppm,
    /// When it was placed.
    pub placed_at: UnixSeconds,
    /// When it was last triggered; zero if never.
    pub triggered_at: UnixSeconds,
    /// From when on it can no longer be triggered; zero if it always can.
    pub expires_at: UnixSeconds,
}

/// When an order may fill, and when no longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// First publish time that may fill it.
    pub from: UnixSeconds,
    /// Last publish time that may.
    pub until: UnixSeconds,
    /// From this time of the chain's clock on nothing can fill it any more.
    pub cancellable_from: UnixSeconds,
}

/// Who may cancel an order now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelRight {
    /// Nobody: a price may still fill it.
    Nobody,
    /// Its position's owner or delegate: it waits for its trigger.
    OwnerOrDelegate,
    /// Anyone: it has no future.
    Anyone,
}

impl Order {
    /// From when its window counts: the placing of a market order, the trigger of another.
    pub fn since(&self) -> Result<UnixSeconds> {
        match self.kind.has_trigger() {
            false => Ok(self.placed_at),
            true if self.triggered_at.is_zero() => Err(RiskError::OrderNotTriggered),
            true => Ok(self.triggered_at),
        }
    }

    /// Its present window, or the last one it had; none before its first trigger.
    pub fn window(&self, params: &Params) -> Result<Option<Window>> {
        let Ok(since) = self.since() else { return Ok(None) };
        Ok(Some(Window {
            from: since.after_secs(params.order_delay_secs)?,
            until: since.after_secs(params.order_window_secs)?,
            cancellable_from: cancellable_from(params, self.action, since)?,
        }))
    }

    /// Whether a price may still fill it: its window runs, or the last price of it is still young enough.
    pub fn may_still_fill(&self, params: &Params, now: UnixSeconds) -> Result<bool> {
        Ok(self.window(params)?.is_some_and(|window| now < window.cancellable_from))
    }

    /// Whether its trigger can no longer be met at `at`.
    pub fn is_expired(&self, at: UnixSeconds) -> bool {
        !self.expires_at.is_zero() && at >= self.expires_at
    }

    /// Who may cancel it. Never anybody while a price may still fill it, expired or not: who could would look
    /// at that price first.
    pub fn cancel_right(&self, params: &Params, now: UnixSeconds) -> Result<CancelRight> {
        Ok(if self.may_still_fill(params, now)? {
            CancelRight::Nobody
        } else if self.kind.has_trigger() && !self.is_expired(now) {
            CancelRight::OwnerOrDelegate
        } else {
            CancelRight::Anyone
        })
    }

    /// Triggers it on `sample`; returns the time from which its window counts. `market` has not observed the
    /// sample and need not.
    ///
    /// A price known when the order was placed may trigger: it does not fill. The time is the latest of the
    /// clock, the sample and the market's last accepted one, so that no price known now lies in the window.
    pub fn triggered(
        &self,
        market: &Market,
        side: Side,
        sample: &Sample,
        now: UnixSeconds,
    ) -> Result<UnixSeconds> {
        // Nothing fills in a settled market: its tip would go for nothing.
        market.require_unsettled()?;
        if !self.kind.has_trigger() {
            return Err(RiskError::OrderHasNoTrigger);
        }
        if self.may_still_fill(&market.params, now)? {
            return Err(RiskError::OrderAlreadyTriggered);
        }
        let at = now.max(sample.publish_time).max(market.oracle.published_at);
        if self.is_expired(at) {
            return Err(RiskError::OrderExpired);
        }
        market.oracle.admit(sample, Purpose::Observe, market.params.confidence_max_ppm, now)?;
        if sample.publish_time < self.placed_at {
            return Err(RiskError::PriceBeforeOrder);
        }
        if !is_triggered(side, self.action, self.kind, self.trigger, sample.price) {
            return Err(RiskError::TriggerNotMet);
        }
        Ok(at)
    }
}
