//! Follows the chain: a websocket for what changes, a snapshot for where it starts, and both anew whenever
//! there may be a gap.
//!
//! The websocket subscribes first and the snapshot is read afterwards, so that nothing falls between them. A
//! connection that drops, goes silent, or falls back by many slots (another node behind the same address) is
//! given up. Prices and the clock are also read once a second, so that one lost subscription blinds nobody.

#[cfg(feature = "yellowstone")]
mod yellowstone;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use bulkhead::state::{Market, Settlement, TopUpPlan, Withdrawal};
use bulkhead_client::accounts::AnyAccount;
use bulkhead_client::rpc::{ChainClock, Keyed, Node, PositionFilter};
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, SelectAll};
use solana_account_decoder_client_types::{UiAccount, UiAccountEncoding};
use solana_commitment_config::CommitmentConfig;
use solana_pubkey::Pubkey;
use solana_pubsub_client::nonblocking::pubsub_client::PubsubClient;
use solana_rpc_client_api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig};
use solana_rpc_client_api::response::{Response, RpcKeyedAccount};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Interval, MissedTickBehavior, timeout};
use tracing::{info, warn};

use crate::engine::Event;
use crate::state::{PriceData, Snapshot, Update};
use crate::telemetry;

const CLOCK_ID: Pubkey = Pubkey::from_str_const("SysvarC1ock11111111111111111111111111111111");
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// Slots that a subscription may fall back by before it counts as another node's.
const REGRESS_SLOTS_MAX: u64 = 32;
const RECONNECT_FIRST: Duration = Duration::from_millis(200);

/// Follows one node.
#[derive(Clone)]
pub struct Feed {
    node: Node,
    ws_url: String,
    settings: crate::config::Feed,
    events: UnboundedSender<Event>,
    #[cfg(feature = "yellowstone")]
    geyser: Option<yellowstone::Geyser>,
}

/// What a snapshot has found.
pub struct Found {
    /// Price accounts, without repetition.
    pub prices: Vec<Pubkey>,
    /// Accounts of the program that the keeper keeps.
    pub accounts: Vec<Pubkey>,
}

/// Why a connection was given up.
struct Gap {
    reason: &'static str,
    error: anyhow::Error,
}

fn gap(reason: &'static str) -> impl Fn(anyhow::Error) -> Gap {
    move |error| Gap { reason, error }
}

type Keys = Response<RpcKeyedAccount>;

impl Feed {
    /// Of `node` and its websocket, told to `events`.
    pub fn new(
        node: Node,
        ws_url: String,
        settings: crate::config::Feed,
        events: UnboundedSender<Event>,
    ) -> Self {
        Self {
            node,
            ws_url,
            settings,
            events,
            #[cfg(feature = "yellowstone")]
            geyser: None,
        }
    }

    /// Follows until dropped.
    pub async fn run(self) {
        let mut wait = RECONNECT_FIRST;
        loop {
            let begun = Instant::now();
            let Err(Gap { reason, error }) = self.session().await else { return };
            self.tell(Update::Lost);
            telemetry::feed_lost(reason);
            warn!(reason, error = format!("{error:#}"), "the feed was lost: connecting anew");
            // What held for a while is tried again at once.
            let longest = Duration::from_secs(self.settings.reconnect_max_secs).max(RECONNECT_FIRST);
            wait = if begun.elapsed() > longest * 2 { RECONNECT_FIRST } else { (wait * 2).min(longest) };
            tokio::time::sleep(wait).await;
        }
    }

    fn tell(&self, update: Update) -> bool {
        self.events.send(Event::Update(update)).is_ok()
    }

    /// One connection to its end, which is a gap, or that nobody listens any more.
    async fn session(&self) -> Result<(), Gap> {
        #[cfg(feature = "yellowstone")]
        if let Some(geyser) = &self.geyser {
            return self.stream(geyser).await;
        }
        let client = timeout(CONNECT_MAX, PubsubClient::new(self.ws_url.as_str())).await;
        let client = client.map_err(|_| gap("connect")(anyhow!("no connection within {CONNECT_MAX:?}")))?;
        let client = client.map_err(|error| gap("connect")(error.into()))?;
        let subscribing = timeout(CONNECT_MAX, self.subscribe(&client)).await;
        let subscribing =
            subscribing.unwrap_or_else(|_| Err(anyhow!("not subscribed within {CONNECT_MAX:?}")));
        let (mut accounts, mut slots) = subscribing.map_err(gap("subscribe"))?;
        let prices = self.snapshot().await.map_err(gap("snapshot"))?.prices;
        let mut price_changes = SelectAll::new();
        for key in &prices {
            let config = Some(self.account_config());
            let subscribing = timeout(CONNECT_MAX, client.account_subscribe(key, config)).await;
            let subscribed = subscribing.map_err(|_| gap("subscribe")(anyhow!("prices: no answer")))?;
            let (changes, _) = subscribed.map_err(|error| gap("subscribe")(error.into()))?;
            let key = *key;
            price_changes.push(changes.map(move |change| (key, change)).boxed());
        }
        let mut poll = self.poll_interval();
        let (mut newest, mut heard, mut read) = (0_u64, Instant::now(), Instant::now());
        loop {
            if self.events.is_closed() {
                return Ok(());
            }
            tokio::select! {
                change = accounts.next() => {
                    heard = Instant::now();
                    self.changed(change, newest, &prices)?;
                }
                Some((key, change)) = price_changes.next() => {
                    heard = Instant::now();
                    if let Some(price) = price_data(key, &change.value) {
                        self.tell(Update::Price(price));
                    }
                }
                slot = slots.next() => {
                    heard = Instant::now();
                    let slot = slot.ok_or_else(|| gap("dropped")(anyhow!("the connection has ended")))?;
                    follow(&mut newest, slot)?;
                    self.tell(Update::Slot(slot));
                }
                _ = poll.tick() => {
                    self.tick(heard, &mut read, &prices).await?;
                }
            }
        }
    }

    fn poll_interval(&self) -> Interval {
        let mut poll = tokio::time::interval(Duration::from_millis(self.settings.poll_ms));
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        poll
    }

    /// What is done beside listening: nothing is heard for too long, prices and clock, and now and then
    /// everything.
    async fn tick(
        &self,
        heard: Instant,
        read: &mut Instant,
        prices: &[Pubkey],
    ) -> Result<Option<Found>, Gap> {
        let silence_max = Duration::from_secs(self.settings.silence_secs);
        if heard.elapsed() > silence_max {
            return Err(gap("silence")(anyhow!("nothing heard for {silence_max:?}")));
        }
        if let Err(error) = self.poll(prices).await {
            warn!(error = format!("{error:#}"), "prices and clock were not read");
        }
        if read.elapsed() <= Duration::from_secs(self.settings.resnapshot_secs) {
            return Ok(None);
        }
        let found = self.snapshot().await.map_err(gap("snapshot"))?;
        *read = Instant::now();
        Ok(Some(found))
    }

    async fn subscribe<'a>(
        &self,
        client: &'a PubsubClient,
    ) -> Result<(BoxStream<'a, Keys>, BoxStream<'a, u64>)> {
        let config = RpcProgramAccountsConfig {
            account_config: self.account_config(),
            ..RpcProgramAccountsConfig::default()
        };
        let (accounts, _) = client.program_subscribe(&bulkhead::ID, Some(config)).await?;
        let (slots, _) = client.slot_subscribe().await?;
        Ok((accounts, slots.map(|slot| slot.slot).boxed()))
    }

    fn account_config(&self) -> RpcAccountInfoConfig {
        RpcAccountInfoConfig {
            encoding: Some(UiAccountEncoding::Base64),
            commitment: Some(self.commitment()),
            ..RpcAccountInfoConfig::default()
        }
    }

    fn commitment(&self) -> CommitmentConfig {
        self.settings.commitment.config()
    }

    /// One notification of the program's accounts.
    fn changed(&self, change: Option<Keys>, newest: u64, prices: &[Pubkey]) -> Result<(), Gap> {
        let change = change.ok_or_else(|| gap("dropped")(anyhow!("the connection has ended")))?;
        // Notifications come in order, and some nodes (surfpool) stamp all of them with the slot at which the
        // subscription began: then it is the newest slot heard of that dates them.
        let slot = change.context.slot.max(newest);
        let Ok(key) = change.value.pubkey.parse::<Pubkey>() else { return Ok(()) };
        let Some(data) = change.value.account.data.decode() else { return Ok(()) };
        self.account(key, slot, &data, prices)
    }

    /// An account of the program as it is since `slot`.
    fn account(&self, key: Pubkey, slot: u64, data: &[u8], prices: &[Pubkey]) -> Result<(), Gap> {
        // Closed accounts are empty, where a node tells of them at all.
        let account = if data.is_empty() { None } else { AnyAccount::decode(data).ok() };
        if let Some(AnyAccount::Market(market)) = &account
            && !prices.contains(&market.oracle.account)
        {
            return Err(gap("new_price_account")(anyhow!("market {key} reads another price account")));
        }
        if account.is_some() || data.is_empty() {
            self.tell(Update::Account { key, slot, account });
        }
        Ok(())
    }

    /// Reads everything, tells it, and returns what it has found.
    pub async fn snapshot(&self) -> Result<Found> {
        let begun = Instant::now();
        let node = &self.node;
        // Everything read from here on is of this slot or later.
        let slot =
            node.ask(|| node.client().get_slot_with_commitment(self.commitment())).await.context("slot")?;
        let protocol = node.protocol().await.context("protocol")?;
        let markets = node.markets().await.context("markets")?;
        let positions = node.positions(&PositionFilter::default()).await.context("positions")?;
        let orders = node.orders().await.context("orders")?;
        let top_ups = node.top_up_plans().await.context("top-up plans")?;
        let withdrawals = node.withdrawals().await.context("withdrawals")?;
        let settlements = node.settlements().await.context("settlements")?;
        let mut price_keys: Vec<Pubkey> =
            markets.iter().map(|market| market.account.oracle.account).collect();
        price_keys.sort_unstable();
        price_keys.dedup();
        let (clock, prices) = self.read_prices(&price_keys).await?;
        let counts = [positions.len(), orders.len(), top_ups.len(), withdrawals.len()];
        let mut accounts = vec![(bulkhead_client::pda::protocol(), AnyAccount::Protocol(Box::new(protocol)))];
        let market = |market: Keyed<Market>| (market.key, AnyAccount::Market(Box::new(market.account)));
        accounts.extend(markets.into_iter().map(market));
        accounts.extend(
            positions.into_iter().map(|found| (found.key, AnyAccount::Position(Box::new(found.account)))),
        );
        accounts
            .extend(orders.into_iter().map(|found| (found.key, AnyAccount::Order(Box::new(found.account)))));
        let top_up = |found: Keyed<TopUpPlan>| (found.key, AnyAccount::TopUpPlan(Box::new(found.account)));
        accounts.extend(top_ups.into_iter().map(top_up));
        let withdrawal =
            |found: Keyed<Withdrawal>| (found.key, AnyAccount::Withdrawal(Box::new(found.account)));
        accounts.extend(withdrawals.into_iter().map(withdrawal));
        let settlement =
            |found: Keyed<Settlement>| (found.key, AnyAccount::Settlement(Box::new(found.account)));
        accounts.extend(settlements.into_iter().map(settlement));
        let keys = accounts.iter().map(|(key, _)| *key).collect();
        self.tell(Update::Snapshot(Box::new(Snapshot { slot, accounts, prices, clock })));
        telemetry::snapshot(begun.elapsed());
        let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let [positions, orders, top_ups, withdrawals] = counts;
        let markets = price_keys.len();
        info!(slot, markets, positions, orders, top_ups, withdrawals, millis, "snapshot");
        Ok(Found { prices: price_keys, accounts: keys })
    }

    /// Prices and clock, read and told.
    async fn poll(&self, price_keys: &[Pubkey]) -> Result<()> {
        let (clock, prices) = self.read_prices(price_keys).await?;
        self.tell(Update::Clock(clock));
        for price in prices {
            self.tell(Update::Price(price));
        }
        Ok(())
    }

    async fn read_prices(&self, price_keys: &[Pubkey]) -> Result<(ChainClock, Vec<PriceData>)> {
        let keys: Vec<Pubkey> = [CLOCK_ID].iter().chain(price_keys).copied().collect();
        let mut found = self.node.raw_accounts(&keys).await.context("prices")?.into_iter();
        let clock = found.next().flatten().and_then(|clock| ChainClock::decode(&clock.data));
        let clock = clock.context("the node gives no clock")?;
        let prices = price_keys.iter().zip(found);
        let read = prices.filter_map(|(key, account)| {
            let account = account?;
            Some(PriceData { key: *key, owner: account.owner, data: account.data })
        });
        Ok((clock, read.collect()))
    }
}

/// Slots go up; by a little they may fall back, where a fork is left.
fn follow(newest: &mut u64, slot: u64) -> Result<(), Gap> {
    if slot.saturating_add(REGRESS_SLOTS_MAX) < *newest {
        return Err(gap("regress")(anyhow!("slot {slot} after {newest}")));
    }
    *newest = slot.max(*newest);
    Ok(())
}

fn price_data(key: Pubkey, account: &UiAccount) -> Option<PriceData> {
    Some(PriceData { key, owner: account.owner.parse().ok()?, data: account.data.decode()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_may_fall_back_a_little_and_not_by_much() {
        let mut newest = 0;
        assert!(follow(&mut newest, 100).is_ok());
        assert!(follow(&mut newest, 68).is_ok());
        assert_eq!(newest, 100);
        assert_eq!(follow(&mut newest, 67).unwrap_err().reason, "regress");
    }
}
