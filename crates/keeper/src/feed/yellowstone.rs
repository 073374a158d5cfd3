//! The chain followed by a Geyser stream instead of a websocket. It tells of closed accounts too, and a stream
//! that breaks off may go on where it was, if the node has kept what came meanwhile.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use bulkhead_yellowstone::{Commitment, Endpoint, StreamError, Subscription, Told, Wanted};
use solana_commitment_config::CommitmentLevel;
use solana_pubkey::Pubkey;
use tokio::time::timeout;
use tracing::{info, warn};

use super::{CONNECT_MAX, Feed, Found, Gap, RECONNECT_FIRST, follow, gap};
use crate::config::Yellowstone;
use crate::state::{PriceData, Update};
use crate::telemetry;

/// A stream is resumed so many slots before the newest: slots do not end in the order of their numbers.
const OVERLAP_SLOTS: u64 = 8;
/// So long a stream is tried to be resumed: what is known grows old meanwhile.
const RESUME_MAX: Duration = Duration::from_secs(3);
/// One that broke off sooner is not resumed: something is wrong with it.
const HELD_MIN: Duration = Duration::from_secs(1);

/// Where the stream is, and what is asked of it.
#[derive(Clone)]
pub(super) struct Geyser {
    endpoint: Endpoint,
    closings: bool,
}

/// One connection's state.
struct Stream {
    subscription: Subscription,
    wanted: Wanted,
    /// Accounts of the program: of all that are closed, these are of interest.
    known: HashSet<Pubkey>,
    newest: u64,
    heard: Instant,
    begun: Instant,
    read: Instant,
}

impl Feed {
    /// The same, by a Geyser stream if the configuration names one.
    pub fn with_geyser(mut self, settings: &Yellowstone) -> Self {
        self.geyser = settings.endpoint.clone().map(|url| Geyser {
            endpoint: Endpoint { url, x_token: settings.x_token.clone() },
            closings: settings.closings,
        });
        self
    }

    /// One stream to its end, and on from there where it can be resumed.
    pub(super) async fn stream(&self, geyser: &Geyser) -> Result<(), Gap> {
        let mut stream = self.begin(geyser).await?;
        let mut poll = self.poll_interval();
        loop {
            if self.events.is_closed() {
                return Ok(());
            }
            tokio::select! {
                told = stream.subscription.next() => {
                    stream.heard = Instant::now();
                    match told {
                        Ok(told) => self.told(&mut stream, told).await?,
                        Err(error) => self.resume(geyser, &mut stream, error).await?,
                    }
                }
                _ = poll.tick() => {
                    let (heard, prices) = (stream.heard, stream.wanted.accounts.clone());
                    if let Some(found) = self.tick(heard, &mut stream.read, &prices).await? {
                        stream.known.extend(found.accounts);
                    }
                }
            }
        }
    }

    /// Subscribes first and reads everything afterwards, so that nothing falls between.
    async fn begin(&self, geyser: &Geyser) -> Result<Stream, Gap> {
        let commitment = match self.commitment().commitment {
            CommitmentLevel::Processed => Commitment::Processed,
            CommitmentLevel::Confirmed => Commitment::Confirmed,
            CommitmentLevel::Finalized => Commitment::Finalized,
        };
        let (owner, closings) = (bulkhead::ID, geyser.closings);
        let mut wanted = Wanted { owner, accounts: Vec::new(), closings, commitment, from_slot: None };
        let mut subscription = open(geyser, &wanted, CONNECT_MAX).await?;
        let Found { prices, accounts } = self.snapshot().await.map_err(gap("snapshot"))?;
        wanted.accounts = prices;
        subscription.change(&wanted).await.map_err(|error| gap("subscribe")(error.into()))?;
        let (known, now) = (accounts.into_iter().collect(), Instant::now());
        Ok(Stream { subscription, wanted, known, newest: 0, heard: now, begun: now, read: now })
    }

    async fn told(&self, stream: &mut Stream, told: Told) -> Result<(), Gap> {
        match told {
            Told::Slot(slot) => {
                follow(&mut stream.newest, slot)?;
                self.tell(Update::Slot(slot));
            }
            Told::Ping => {
                // If it cannot be answered, the stream ends and says so.
                let _ = stream.subscription.pong().await;
            }
            Told::Account { key, owner, lamports, data, slot } => {
                if stream.wanted.accounts.contains(&key) {
                    self.tell(Update::Price(PriceData { key, owner, data }));
                } else if lamports == 0 {
                    if stream.known.remove(&key) {
                        self.tell(Update::Account { key, slot, account: None });
                    }
                } else if owner == bulkhead::ID {
                    stream.known.insert(key);
                    self.account(key, slot, &data, &stream.wanted.accounts)?;
                }
            }
            Told::Other => {}
        }
        Ok(())
    }

    /// A stream that held goes on where it was, if the node sends what came before as well.
    async fn resume(&self, geyser: &Geyser, stream: &mut Stream, error: StreamError) -> Result<(), Gap> {
        let lost = |error: anyhow::Error| gap("dropped")(error);
        if stream.begun.elapsed() < HELD_MIN || stream.newest == 0 {
            return Err(lost(error.into()));
        }
        warn!(%error, newest = stream.newest, "the stream broke off: resuming it");
        let from_slot = Some(stream.newest.saturating_sub(OVERLAP_SLOTS));
        let wanted = Wanted { from_slot, ..stream.wanted.clone() };
        let newest = stream.newest;
        let resuming = timeout(RESUME_MAX, async {
            let mut subscription = loop {
                match open(geyser, &wanted, RESUME_MAX).await {
                    Ok(subscription) => break subscription,
                    Err(Gap { error, .. }) => warn!(error = format!("{error:#}"), "not resumed yet"),
                }
                tokio::time::sleep(RECONNECT_FIRST).await;
            };
            // The first slot says whether it has begun where it was asked to.
            loop {
                let told = subscription.next().await.map_err(|error| lost(error.into()))?;
                let slot = match &told {
                    Told::Slot(slot) | Told::Account { slot, .. } => Some(*slot),
                    Told::Ping | Told::Other => None,
                };
                if let Some(slot) = slot {
                    return Ok((subscription, told, slot));
                }
            }
        });
        let (subscription, told, first) =
            resuming.await.unwrap_or_else(|_| Err(lost(anyhow!("not resumed within {RESUME_MAX:?}"))))?;
        if first > newest {
            return Err(lost(anyhow!("resumed at slot {first}, and not at {newest}")));
        }
        (stream.subscription, stream.begun) = (subscription, Instant::now());
        info!(first, newest, "the stream goes on");
        telemetry::feed_resumed();
        self.told(stream, told).await
    }
}

async fn open(geyser: &Geyser, wanted: &Wanted, most: Duration) -> Result<Subscription, Gap> {
    let opening = timeout(most, Subscription::open(&geyser.endpoint, wanted)).await;
    let opened = opening.map_err(|_| gap("connect")(anyhow!("no stream within {most:?}")))?;
    opened.map_err(|error| gap("connect")(error.into()))
}
