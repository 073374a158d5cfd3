//! A keeper from its configuration to its end.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use bulkhead_client::MarketKeys;
use bulkhead_client::rpc::{Node, RetryPolicy, Sender};
use solana_keypair::{Keypair, read_keypair_file};
use solana_signer::Signer;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::info;

use crate::config::Config;
use crate::engine::{Engine, Event};
use crate::feed::Feed;
use crate::hermes::Asker;
use crate::http::Health;
use crate::jito::Bundles;
use crate::send::Courier;
use crate::{fees, telemetry, wallet};

/// Rounds that `--once` makes: what the first one leads to (a fill after an update) is done by the others.
const ONCE_ROUNDS: usize = 3;

/// A keeper that is ready to start.
pub struct Keeper {
    config: Arc<Config>,
    key: Arc<Keypair>,
    health: Arc<Health>,
}

impl Keeper {
    /// With the keypair that the configuration names.
    pub fn new(config: Config) -> Result<Self> {
        let path = config.keypair.display();
        let key = read_keypair_file(&config.keypair).map_err(|error| anyhow!("keypair {path}: {error}"))?;
        Ok(Self { config: Arc::new(config), key: Arc::new(key), health: Arc::default() })
    }

    /// How it is.
    pub fn health(&self) -> Arc<Health> {
        Arc::clone(&self.health)
    }

    fn node(&self) -> Node {
        let retry = RetryPolicy {
            retries_max: 4,
            wait_first: Duration::from_millis(150),
            wait_max: Duration::from_secs(2),
        };
        Node::new(&self.config.rpc_url, self.config.feed.commitment.config()).with_retry(retry)
    }

    fn feed(&self, events: mpsc::UnboundedSender<Event>) -> Feed {
        let feed = Feed::new(self.node(), self.config.ws_url.clone(), self.config.feed.clone(), events);
        #[cfg(feature = "yellowstone")]
        let feed = feed.with_geyser(&self.config.yellowstone);
        feed
    }

    fn courier(&self, events: mpsc::UnboundedSender<Event>) -> Result<(Sender, Courier)> {
        let sender = Sender::new(self.node(), self.config.policy());
        let courier = Courier::new(sender.clone(), Arc::clone(&self.key), events, self.config.dry_run);
        Ok((sender, courier.with_bundles(Bundles::of(&self.config)?)))
    }

    /// Markets as they are now; creates the token accounts for pay.
    async fn prepare(&self, sender: &Sender) -> Result<Vec<MarketKeys>> {
        let markets = sender.node().markets().await.context("reading the markets")?;
        let keys: Vec<_> = markets.iter().map(|market| MarketKeys::of(market.key, &market.account)).collect();
        if !self.config.dry_run {
            wallet::create_missing(sender, &self.key, &keys).await?;
        }
        Ok(keys)
    }

    /// Runs until `stop` says so.
    pub async fn run(self, stop: watch::Receiver<bool>) -> Result<()> {
        let (events, incoming) = mpsc::unbounded_channel();
        let (sender, courier) = self.courier(events.clone())?;
        let keys = self.prepare(&sender).await?;
        let keeper = self.key.pubkey();
        info!(%keeper, markets = keys.len(), dry_run = self.config.dry_run, "the keeper runs");
        let mut tasks = JoinSet::new();
        let feed = self.feed(events.clone());
        tasks.spawn(feed.run());
        let every = Duration::from_secs(self.config.fees.refresh_secs);
        tasks.spawn(fees::watch(sender.clone(), keeper, keys, every, events.clone()));
        let every = Duration::from_secs(self.config.wallet.check_secs);
        tasks.spawn(watch_balance(sender, keeper, every, events.clone()));
        let hermes = self.config.hermes.clone();
        let leftovers = hermes.as_ref().filter(|_| !self.config.dry_run).map(|_| courier.clone());
        let engine = Engine::new(self.config, keeper, courier, self.health);
        if let Some(settings) = hermes {
            tasks.spawn(Asker::new(settings, keeper, engine.wanted(), events).run());
        }
        if let Some(courier) = leftovers {
            let budget = engine.budget_min();
            tasks.spawn(async move { courier.close_leftovers(budget).await });
        }
        engine.run(incoming, stop).await;
        tasks.shutdown().await;
        info!("stopped");
        Ok(())
    }

    /// Does what is due now, and ends.
    pub async fn once(self) -> Result<()> {
        let (events, mut incoming) = mpsc::unbounded_channel();
        let (sender, courier) = self.courier(events.clone())?;
        self.prepare(&sender).await?;
        let feed = self.feed(events.clone());
        let keeper = self.key.pubkey();
        let mut engine = Engine::new(Arc::clone(&self.config), keeper, courier, self.health);
        let asker = |settings| Asker::new(settings, keeper, engine.wanted(), events);
        let mut asker = self.config.hermes.clone().map(asker);
        for _ in 0..ONCE_ROUNDS {
            feed.snapshot().await?;
            while let Ok(event) = incoming.try_recv() {
                engine.take(event);
            }
            if let Some(asker) = &mut asker {
                engine.want_prices();
                asker.ask().await.context("Hermes")?;
            }
            while let Ok(event) = incoming.try_recv() {
                engine.take(event);
            }
            engine.round();
            engine.finish(&mut incoming).await;
        }
        Ok(())
    }
}

async fn watch_balance(
    sender: Sender,
    keeper: solana_pubkey::Pubkey,
    every: Duration,
    events: mpsc::UnboundedSender<Event>,
) {
    loop {
        let node = sender.node();
        match node.ask(|| node.client().get_balance(&keeper)).await {
            Ok(lamports) => drop(events.send(Event::Balance(lamports))),
            Err(error) => telemetry::node_error(&error),
        }
        tokio::time::sleep(every).await;
    }
}
