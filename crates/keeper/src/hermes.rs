//! Asks Hermes for the newest prices, and tells the engine what it could act on.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use anchor_lang::prelude::Rent;
use bulkhead_pyth::Generation;
use bulkhead_pyth::hermes::{Hermes, HermesError};
use solana_pubkey::Pubkey;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tracing::{info, warn};

use crate::engine::Event;
use crate::push::{Shipments, Target, offers};
use crate::telemetry;

/// Longest wait after errors that do not say how long.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// A price account as a market pins it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Address.
    pub account: Pubkey,
    /// Program that owns it.
    pub receiver: Pubkey,
    /// Feed.
    pub feed: [u8; 32],
}

/// Asks for what is wanted, until dropped.
pub struct Asker {
    settings: crate::config::Hermes,
    payer: Pubkey,
    wanted: watch::Receiver<Vec<Wanted>>,
    events: UnboundedSender<Event>,
    targets: Vec<Target>,
    shards: HashMap<Pubkey, Option<u16>>,
    client: Option<Hermes>,
    known: Shipments,
}

impl Asker {
    /// For a keeper that pays as `payer`.
    pub fn new(
        settings: crate::config::Hermes,
        payer: Pubkey,
        wanted: watch::Receiver<Vec<Wanted>>,
        events: UnboundedSender<Event>,
    ) -> Self {
        Self {
            settings,
            payer,
            wanted,
            events,
            targets: Vec::new(),
            shards: HashMap::new(),
            client: None,
            known: Shipments::default(),
        }
    }

    /// Asks and asks.
    pub async fn run(mut self) {
        let mut tick = tokio::time::interval(Duration::from_millis(self.settings.poll_ms));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut wait = Duration::ZERO;
        loop {
            tick.tick().await;
            match self.ask().await {
                Ok(()) if wait.is_zero() => {}
                Ok(()) => {
                    info!("Hermes answers again");
                    wait = Duration::ZERO;
                }
                Err(error) => {
                    if wait.is_zero() {
                        warn!(%error, "no prices from Hermes: acting on the chain's until it answers");
                    }
                    telemetry::hermes_error(&error);
                    let longer = (wait * 2).clamp(Duration::from_secs(1), WAIT_MAX);
                    wait = match error {
                        HermesError::Throttled { wait: Some(wait) } => wait,
                        _ => longer,
                    };
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// Asks once.
    pub async fn ask(&mut self) -> Result<(), HermesError> {
        if self.wanted.has_changed().unwrap_or(false) || self.client.is_none() {
            self.aim().await?;
        }
        let Some(client) = self.client.as_ref().filter(|_| !self.targets.is_empty()) else { return Ok(()) };
        let update = client.latest().await?;
        let newest = update.leaves.iter().map(|leaf| leaf.price.publish_time).max();
        telemetry::hermes_update(newest);
        let rent = Rent::default();
        let rent = |bytes| rent.minimum_balance(bytes);
        let offered = offers(&update, &self.targets, &self.payer, &mut self.known, rent);
        let _ = self.events.send(Event::Offers(offered));
        Ok(())
    }

    /// Finds out where the wanted prices have to go.
    async fn aim(&mut self) -> Result<(), HermesError> {
        let wanted = self.wanted.borrow_and_update().clone();
        self.targets.clear();
        for Wanted { account, receiver, feed } in wanted {
            // Prices of the older push layout are nobody's to bring.
            let Some(generation) = Generation::of_receiver(&receiver) else { continue };
            let shard = match self.shards.entry(account) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(unknown) => {
                    let find = move || generation.programs().shard_of(&account, &feed);
                    *unknown.insert(tokio::task::spawn_blocking(find).await.ok().flatten())
                }
            };
            match shard {
                Some(shard) => self.targets.push(Target { account, feed, shard, generation }),
                None => warn!(%account, "the price account is in no shard of its feed: not brought"),
            }
        }
        let mut feeds: Vec<_> = self.targets.iter().map(|target| target.feed).collect();
        feeds.sort_unstable();
        feeds.dedup();
        let key = self.settings.api_key.clone().map(|key| key.0);
        let timeout = Duration::from_millis(self.settings.timeout_ms);
        self.client = Some(Hermes::new(&self.settings.url, key, feeds, timeout)?);
        Ok(())
    }
}
