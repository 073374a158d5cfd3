//! What others pay to be scheduled earlier, asked beside the hot path and not on it.

use std::time::Duration;

use bulkhead_client::rpc::{Sender, Simulation, TxRequest};
use bulkhead_client::{MarketKeys, ix};
use solana_pubkey::Pubkey;
use tokio::sync::mpsc::UnboundedSender;

use crate::engine::Event;
use crate::telemetry;

/// Asks for the price of writing each market, by the policy of `sender`, until dropped.
pub async fn watch(
    sender: Sender,
    payer: Pubkey,
    markets: Vec<MarketKeys>,
    every: Duration,
    events: UnboundedSender<Event>,
) {
    loop {
        for keys in &markets {
            // Whoever competes for a market's positions writes the market.
            let request = TxRequest::new(payer, vec![ix::update_market(keys)]);
            match sender.budget(&request, &nothing()).await {
                Ok(budget) => {
                    let price = budget.micro_lamports_per_unit;
                    let _ = events.send(Event::Price(keys.market, price));
                }
                Err(bulkhead_client::rpc::SendError::Node(error)) => telemetry::node_error(&error),
                Err(error) => tracing::warn!(%error, "priority fee"),
            }
        }
        tokio::time::sleep(every).await;
    }
}

/// The policy sets limits by itself: no simulation decides on them.
fn nothing() -> Simulation {
    Simulation {
        failure: None,
        logs: Vec::new(),
        units: 0,
        loaded_bytes: None,
        accounts: Vec::new(),
        slot: 0,
    }
}
