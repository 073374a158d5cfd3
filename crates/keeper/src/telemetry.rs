//! Metrics and logs. docs/keeper.md lists every metric; their names are all here. grafana/ shows and watches
//! them: a test holds the three together.

#[cfg(test)]
mod tests;

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bulkhead_client::events::AnyEvent;
use bulkhead_client::rpc::{Landed, NodeError, PastTransaction, SendError, Sender, TxFailure};
use bulkhead_pyth::hermes::HermesError;
use bulkhead_risk::UnixSeconds;
use bulkhead_risk::liquidation::Readiness;
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use solana_pubkey::Pubkey;
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};
use crate::duty::Duty;
use crate::jito::BundleEnd;
use crate::state::State;
use crate::table::Table;

/// Bounds of histogram buckets, seconds.
const SECONDS: [f64; 14] = [0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0, 60.0];

/// Starts log lines on standard error.
pub fn start_logs(settings: &Log) -> Result<()> {
    let filter = EnvFilter::try_new(&settings.filter).context("log.filter")?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // In a file colours are noise.
    let builder = builder.with_ansi(std::io::stderr().is_terminal());
    let started = match settings.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logs: {error}"))
}

/// Starts the recorder of metrics for this process.
pub fn start_metrics() -> Result<PrometheusHandle> {
    let builder = PrometheusBuilder::new().set_buckets(&SECONDS)?;
    Ok(builder.install_recorder()?)
}

/// Actions that are due, sent or not.
pub(crate) fn planned(duty: Duty, count: usize) {
    gauge!("bulkhead_keeper_planned", "duty" => duty.name()).set(count as f64);
}

/// An action that does not pay.
pub(crate) fn unprofitable(duty: Duty) {
    counter!("bulkhead_keeper_unprofitable_total", "duty" => duty.name()).increment(1);
}

/// A transaction is handed to the node.
pub(crate) fn sent(duty: Duty, actions: usize) {
    counter!("bulkhead_keeper_transactions_sent_total", "duty" => duty.name()).increment(1);
    counter!("bulkhead_keeper_actions_sent_total", "duty" => duty.name()).increment(actions as u64);
}

/// Actions that another keeper was first with, found out before sending.
pub(crate) fn late(duty: Duty, actions: usize) {
    counter!("bulkhead_keeper_actions_late_total", "duty" => duty.name()).increment(actions as u64);
}

/// A simulation refused.
pub(crate) fn refused(duty: Duty, failure: &TxFailure) {
    let error = failure.name().unwrap_or("other").to_owned();
    counter!("bulkhead_keeper_simulations_refused_total", "duty" => duty.name(), "error" => error)
        .increment(1);
}

/// A transaction that failed or did not land.
pub(crate) fn failed(duty: Duty, error: &SendError) {
    let reason = match error {
        SendError::Refused(failure) => failure.name().unwrap_or("other").to_owned(),
        SendError::Expired { .. } => "expired".into(),
        SendError::Unknown { .. } => "unknown".into(),
        SendError::Node(_) => "node".into(),
        SendError::Sign(_) | SendError::Build(_) => "build".into(),
    };
    counter!("bulkhead_keeper_transactions_failed_total", "duty" => duty.name(), "error" => reason)
        .increment(1);
}

/// The node gave no answer.
pub(crate) fn node_error(error: &NodeError) {
    let kind = match error {
        NodeError::RateLimited => "rate_limited",
        NodeError::Behind { .. } => "behind",
        NodeError::Unreachable(_) => "unreachable",
        _ => "other",
    };
    tracing::warn!(%error, "the node");
    counter!("bulkhead_keeper_node_errors_total", "kind" => kind).increment(1);
}

/// A bundle has ended.
pub(crate) fn bundle(duty: Duty, end: BundleEnd) {
    counter!("bulkhead_keeper_bundles_total", "duty" => duty.name(), "end" => end.name()).increment(1);
}

/// A landed transaction has paid a block engine.
pub(crate) fn tipped(lamports: u64) {
    counter!("bulkhead_keeper_tip_lamports_total").increment(lamports);
}

/// From the moment an action was due to its landing.
pub(crate) fn landing_time(duty: Duty, time: Duration) {
    histogram!("bulkhead_keeper_landing_seconds", "duty" => duty.name()).record(time.as_secs_f64());
}

/// Lamports in the wallet.
pub(crate) fn balance(lamports: u64) {
    gauge!("bulkhead_keeper_balance_lamports").set(lamports as f64);
}

/// Whether it does its work, as `/readyz` answers.
pub(crate) fn ready(is_ready: bool) {
    gauge!("bulkhead_keeper_ready").set(if is_ready { 1.0 } else { 0.0 });
}

/// The feed was lost.
pub(crate) fn feed_lost(reason: &'static str) {
    counter!("bulkhead_keeper_feed_lost_total", "reason" => reason).increment(1);
    gauge!("bulkhead_keeper_feed_up").set(0.0);
}

/// A stream went on where it had broken off: nothing was missed.
#[cfg_attr(not(any(test, feature = "yellowstone")), expect(dead_code))]
pub(crate) fn feed_resumed() {
    counter!("bulkhead_keeper_feed_resumed_total").increment(1);
}

/// A snapshot has come.
pub(crate) fn snapshot(took: Duration) {
    counter!("bulkhead_keeper_snapshots_total").increment(1);
    gauge!("bulkhead_keeper_feed_up").set(1.0);
    histogram!("bulkhead_keeper_snapshot_seconds").record(took.as_secs_f64());
}

/// Hermes gave no update.
pub(crate) fn hermes_error(error: &HermesError) {
    let kind = match error {
        HermesError::Connection(_) => "connection",
        HermesError::Key(_) => "key",
        HermesError::Throttled { .. } => "throttled",
        HermesError::Status(_) => "status",
        HermesError::Answer(_) => "answer",
        HermesError::Update(_) => "update",
    };
    counter!("bulkhead_keeper_hermes_errors_total", "kind" => kind).increment(1);
}

/// Hermes gave an update whose newest price was published then, unix seconds.
pub(crate) fn hermes_update(publish_time: Option<i64>) {
    counter!("bulkhead_keeper_hermes_updates_total").increment(1);
    if let Some(publish_time) = publish_time {
        gauge!("bulkhead_keeper_hermes_publish_time_seconds").set(publish_time as f64);
    }
}

/// A message was verified or closed, or a price brought; or not.
pub(crate) fn push(step: &'static str, is_done: bool) {
    let outcome = if is_done { "done" } else { "failed" };
    counter!("bulkhead_keeper_price_pushes_total", "step" => step, "outcome" => outcome).increment(1);
}

/// How long a message's verification took.
pub(crate) fn verify_time(time: Duration) {
    histogram!("bulkhead_keeper_price_verify_seconds").record(time.as_secs_f64());
}

/// What a landed transaction did, from its logs.
pub(crate) async fn landed(
    sender: &Sender,
    landed: &Landed,
    duty: Duty,
    actions: usize,
    keeper: &Pubkey,
    tip_lamports: u64,
) {
    counted(duty, actions);
    let Ok(found) = sender.node().transaction(&landed.signature).await else { return };
    past(&found, keeper, tip_lamports);
}

fn counted(duty: Duty, actions: usize) {
    counter!("bulkhead_keeper_transactions_landed_total", "duty" => duty.name()).increment(1);
    counter!("bulkhead_keeper_actions_landed_total", "duty" => duty.name()).increment(actions as u64);
}

/// What a transaction of the keeper's cost, brought and did.
fn past(past: &PastTransaction, keeper: &Pubkey, tip_lamports: u64) {
    let logged = past.events();
    counter!("bulkhead_keeper_fee_lamports_total").increment(past.fee_lamports);
    if let Some((_, before, after)) = past.lamports.iter().find(|entry| entry.0 == *keeper) {
        let spent = past.fee_lamports.saturating_add(tip_lamports);
        let earned = after.saturating_add(spent).saturating_sub(*before);
        counter!("bulkhead_keeper_earned_lamports_total").increment(earned);
    }
    if logged.is_truncated {
        counter!("bulkhead_keeper_logs_truncated_total").increment(1);
    }
    for event in &logged.events {
        let pay = match event {
            AnyEvent::PositionLiquidated(event) => {
                [event.keeper_pay_atoms, event.keeper_floor_pay_atoms, event.settle_pay_atoms]
                    .into_iter()
                    .fold(0, u64::saturating_add)
            }
            AnyEvent::CappedSettled(event) => event.keeper_pay_atoms,
            AnyEvent::CrankPaid(event) => event.amount_atoms,
            AnyEvent::ToppedUp(event) => event.keeper_pay_atoms,
            _ => 0,
        };
        counter!("bulkhead_keeper_earned_quote_atoms_total").increment(pay);
        counter!("bulkhead_keeper_events_total", "event" => event.name()).increment(1);
    }
}

/// What the keeper knows.
pub(crate) fn state(state: &State, table: &Table, now: UnixSeconds) {
    let at = Instant::now();
    gauge!("bulkhead_keeper_slot").set(state.slot() as f64);
    gauge!("bulkhead_keeper_positions").set(state.position_count() as f64);
    gauge!("bulkhead_keeper_orders").set(state.order_count() as f64);
    gauge!("bulkhead_keeper_in_flight").set(table.in_flight(at) as f64);
    gauge!("bulkhead_keeper_backing_off").set(table.backing_off(at) as f64);
    for market in state.markets() {
        let index = market.account.index.to_string();
        gauge!("bulkhead_keeper_open_positions", "market" => index.clone()).set(market.book.len() as f64);
        let age = market.sample.map_or(f64::NAN, |sample| (now.0 - sample.publish_time.0) as f64);
        gauge!("bulkhead_keeper_price_age_seconds", "market" => index.clone()).set(age);
        let sampled = market.account.observations.sampled_at;
        gauge!("bulkhead_keeper_market_sample_age_seconds", "market" => index.clone())
            .set((now.0 - sampled) as f64);
        let found = market.seen.iter().flat_map(|seen| &seen.hits.found);
        let (mut ready, mut waiting) = (0_u32, 0_u32);
        for hit in found {
            match hit.assessment.readiness {
                Readiness::Ready(_) => ready += 1,
                _ => waiting += 1,
            }
        }
        let unhealthy = |state: &'static str| gauge!("bulkhead_keeper_unhealthy_positions", "market" => index.clone(), "state" => state);
        unhealthy("ready").set(ready);
        unhealthy("waiting").set(waiting);
        let refused = market.seen.as_ref().map_or(0, |seen| seen.hits.refused.len());
        gauge!("bulkhead_keeper_unjudged_positions", "market" => index).set(refused as f64);
    }
}
