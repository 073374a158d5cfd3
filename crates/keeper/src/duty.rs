//! Duties: what a keeper is there for. One file each, with a pure function from what is known to what is due.
//!
//! A new duty is a file with a `plan`, a variant here, and a section of the configuration.

mod cancel_orders;
mod cancel_withdrawals;
mod collect_fees;
mod collect_frozen;
mod execute_orders;
mod execute_top_ups;
mod execute_withdrawals;
mod flag;
mod liquidate;
mod refresh;
mod settle_capped;
mod settle_markets;
mod settle_positions;
mod sweep_orders;
#[cfg(test)]
mod tests;
mod trigger_orders;
mod update_markets;

use bulkhead_risk::UnixSeconds;

use crate::action::Action;
use crate::state::View;

/// What a keeper does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Duty {
    /// Fill orders whose window a price has reached.
    ExecuteOrders,
    /// Liquidate what may be.
    Liquidate,
    /// Note what is below maintenance for the first time.
    Flag,
    /// Begin the windows of orders whose trigger a price meets.
    TriggerOrders,
    /// Take the first sample of each bucket into the markets, for the crank fee.
    UpdateMarkets,
    /// Top positions up by their owners' plans.
    ExecuteTopUps,
    /// Settle positions at their payout cap.
    SettleCapped,
    /// Keep the prices of wind-downs, and settle markets whose end has come.
    SettleMarkets,
    /// Close positions of settled markets at the settlement price.
    SettlePositions,
    /// Pay withdrawals out of the pools.
    ExecuteWithdrawals,
    /// Give the shares of lapsed withdrawals back.
    CancelWithdrawals,
    /// Cancel orders that can fill no more.
    CancelOrders,
    /// Cancel orders of positions that are closed or gone.
    SweepOrders,
    /// Move what stayed owed at a vault that was frozen.
    CollectFrozen,
    /// Let requirements follow the market's.
    Refresh,
    /// Send the protocol its fees.
    CollectFees,
}

impl Duty {
    /// All, the most urgent first: where not everything can be sent at once, this is the order.
    pub const ALL: [Self; 16] = [
        Self::ExecuteOrders,
        Self::Liquidate,
        Self::Flag,
        Self::TriggerOrders,
        Self::UpdateMarkets,
        Self::ExecuteTopUps,
        Self::SettleCapped,
        Self::SettleMarkets,
        Self::SettlePositions,
        Self::ExecuteWithdrawals,
        Self::CancelWithdrawals,
        Self::CancelOrders,
        Self::SweepOrders,
        Self::CollectFrozen,
        Self::Refresh,
        Self::CollectFees,
    ];

    /// Name in configuration, logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ExecuteOrders => "execute_orders",
            Self::Liquidate => "liquidate",
            Self::Flag => "flag",
            Self::TriggerOrders => "trigger_orders",
            Self::UpdateMarkets => "update_markets",
            Self::SettleCapped => "settle_capped",
            Self::ExecuteTopUps => "execute_top_ups",
            Self::SettleMarkets => "settle_markets",
            Self::SettlePositions => "settle_positions",
            Self::ExecuteWithdrawals => "execute_withdrawals",
            Self::CancelWithdrawals => "cancel_withdrawals",
            Self::CancelOrders => "cancel_orders",
            Self::SweepOrders => "sweep_orders",
            Self::CollectFrozen => "collect_frozen",
            Self::Refresh => "refresh",
            Self::CollectFees => "collect_fees",
        }
    }

    /// Section of the configuration that switches it: two have none of their own.
    pub const fn section(self) -> &'static str {
        match self {
            Self::Flag => Self::Liquidate.name(),
            Self::CancelWithdrawals => Self::ExecuteWithdrawals.name(),
            other => other.name(),
        }
    }

    /// Urgent ones are planned at every change and sent unseen. The others are planned once a second and
    /// simulated before they are sent, so that a refusal costs nothing.
    pub const fn is_urgent(self) -> bool {
        matches!(
            self,
            Self::ExecuteOrders | Self::Liquidate | Self::Flag | Self::TriggerOrders | Self::UpdateMarkets
        )
    }

    /// Most compute units of one action: half as much again as docs/compute-units.md measures with SPL Token,
    /// or more; Token-2022 needs the room.
    pub const fn units(self) -> u32 {
        match self {
            Self::ExecuteOrders => 60_000,
            Self::Liquidate => 65_000,
            Self::Flag => 7_500,
            Self::TriggerOrders => 8_000,
            Self::UpdateMarkets => 35_000,
            Self::SettleCapped => 55_000,
            Self::CancelOrders | Self::SweepOrders => 10_000,
            Self::CollectFrozen | Self::CollectFees => 30_000,
            Self::ExecuteTopUps | Self::ExecuteWithdrawals => 45_000,
            Self::SettleMarkets | Self::SettlePositions => 25_000,
            Self::CancelWithdrawals => 20_000,
            Self::Refresh => 30_000,
        }
    }

    /// Most bytes of logs of one action: a fifth more than the longest seen with SPL Token, or more. A node cuts
    /// a transaction's logs off, and with them events that others read too.
    pub const fn log_bytes(self) -> usize {
        match self {
            Self::Liquidate | Self::SettleCapped => 1_550,
            Self::ExecuteOrders | Self::ExecuteWithdrawals => 1_300,
            Self::ExecuteTopUps | Self::CancelWithdrawals => 1_150,
            Self::UpdateMarkets
            | Self::SettleMarkets
            | Self::SettlePositions
            | Self::CollectFrozen
            | Self::CollectFees => 950,
            Self::TriggerOrders | Self::CancelOrders | Self::SweepOrders | Self::Refresh => 700,
            Self::Flag => 320,
        }
    }

    /// What of this duty is due.
    pub fn plan(self, view: &View<'_>, now: UnixSeconds) -> Vec<Action> {
        match self {
            Self::ExecuteOrders => execute_orders::plan(view, now),
            Self::Liquidate => liquidate::plan(view, now),
            Self::Flag => flag::plan(view, now),
            Self::TriggerOrders => trigger_orders::plan(view, now),
            Self::UpdateMarkets => update_markets::plan(view, now),
            Self::SettleCapped => settle_capped::plan(view, now),
            Self::ExecuteTopUps => execute_top_ups::plan(view, now),
            Self::SettleMarkets => settle_markets::plan(view, now),
            Self::SettlePositions => settle_positions::plan(view, now),
            Self::ExecuteWithdrawals => execute_withdrawals::plan(view, now),
            Self::CancelWithdrawals => cancel_withdrawals::plan(view, now),
            Self::CancelOrders => cancel_orders::plan(view, now),
            Self::SweepOrders => sweep_orders::plan(view, now),
            Self::CollectFrozen => collect_frozen::plan(view, now),
            Self::Refresh => refresh::plan(view, now),
            Self::CollectFees => collect_fees::plan(view, now),
        }
    }
}
