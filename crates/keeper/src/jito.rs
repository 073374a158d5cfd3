//! Bundles: a transaction handed to a block engine with a tip in it, and to the node where that leads nowhere.
//!
//! The tip is the last instruction of the transaction itself: it is paid if everything before it succeeds, and
//! else not. What the block engine may still forward is only ever sent again under the same signature, which
//! lands once; without the tip only what the block engine has refused or given up.

mod block_engine;
mod tip;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bulkhead_client::rpc::{Budget, Landed, SendError, Sender, Signed, TxRequest, Watched};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use tokio::sync::Mutex;
use tracing::debug;

use crate::action::Batch;
use crate::config::{Config, Jito, Profit};
use crate::duty::Duty;
use crate::telemetry;
use block_engine::{BlockEngine, EngineError};
pub use tip::{TIP_LAMPORTS_MIN, instruction as tip_instruction, part_ceil, tip_lamports};

/// Tip accounts are asked for again after so long.
const ACCOUNTS_MAX: Duration = Duration::from_secs(3_600);
/// After they were not given, so long nothing is sent in bundles.
const ACCOUNTS_RETRY: Duration = Duration::from_secs(10);

/// How a bundle ended, as metrics name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BundleEnd {
    /// Landed.
    Landed,
    /// Refused by the block engine: sent to the node without the tip.
    Refused,
    /// Given up by the block engine: sent to the node without the tip.
    Failed,
    /// Not landed in time, or the block engine fell silent: the same transaction was sent to the node.
    Late,
    /// Failed on chain, or expired.
    Lost,
}

impl BundleEnd {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Landed => "landed",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Late => "late",
            Self::Lost => "lost",
        }
    }
}

/// What a bundle that has not landed leaves to do.
enum Next {
    Done(Result<Landed, SendError>),
    /// The block engine has it no more.
    Plain,
    /// It may still land.
    Same,
}

struct Accounts {
    keys: Vec<Pubkey>,
    until: Instant,
}

/// Sends bundles through one block engine.
pub struct Bundles {
    engine: BlockEngine,
    settings: Jito,
    profit: Profit,
    accounts: Mutex<Accounts>,
    turn: AtomicUsize,
    asked: Mutex<Option<Instant>>,
}

/// A landed transaction, and what it paid the block engine.
pub(crate) struct Paid {
    pub(crate) landed: Landed,
    pub(crate) tip_lamports: u64,
}

/// Who signs, what, by which limits.
pub(crate) struct Handover<'a> {
    pub(crate) sender: &'a Sender,
    pub(crate) keeper: &'a Keypair,
    pub(crate) request: &'a TxRequest,
    pub(crate) budget: &'a Budget,
}

impl Handover<'_> {
    /// To the node, without a tip.
    pub(crate) async fn plain(&self) -> Result<Paid, SendError> {
        let landed = self.sender.send_with(self.request, self.budget, &[self.keeper]).await?;
        Ok(Paid { landed, tip_lamports: 0 })
    }
}

impl Bundles {
    /// By the configuration; none where it names no block engine.
    pub fn of(config: &Config) -> Result<Option<Self>> {
        let Some(url) = &config.jito.url else { return Ok(None) };
        let engine = BlockEngine::new(url, config.jito.auth.clone()).context("jito")?;
        let now = Instant::now();
        Ok(Some(Self {
            engine,
            settings: config.jito.clone(),
            profit: config.profit.clone(),
            accounts: Mutex::new(Accounts { keys: Vec::new(), until: now }),
            // Keepers begin with different accounts: whoever writes one holds up who writes the same.
            turn: AtomicUsize::new(usize::try_from(std::process::id()).unwrap_or_default()),
            asked: Mutex::new(None),
        }))
    }

    /// Whether this duty's transactions go out in bundles.
    pub fn is_for(&self, duty: Duty) -> bool {
        self.settings.is_for(duty)
    }

    /// Sends `batch`, in a bundle first.
    pub(crate) async fn send(
        &self,
        handover: &Handover<'_>,
        batch: &Batch,
        duty: Duty,
    ) -> Result<Paid, SendError> {
        let tip_lamports = tip_lamports(batch, &self.settings, &self.profit);
        let Some(account) = self.account().await else { return handover.plain().await };
        let mut tipped = handover.request.clone();
        tipped.instructions.push(tip_instruction(&tipped.payer, &account, tip_lamports));
        let signed = handover.sender.sign(&tipped, handover.budget, &[handover.keeper]).await?;
        let (end, next) = match self.engine.send(&signed.wire()).await {
            Ok(id) => self.watch(handover.sender, &signed, &id).await,
            Err(error) => {
                debug!(%error, "the block engine took no bundle");
                match error {
                    EngineError::Refused(_) => (BundleEnd::Refused, Next::Plain),
                    EngineError::Unknown(_) => (BundleEnd::Late, Next::Same),
                }
            }
        };
        telemetry::bundle(duty, end);
        let landed = match next {
            Next::Plain => return handover.plain().await,
            Next::Done(ended) => ended?,
            Next::Same => handover.sender.send_signed(&signed).await?,
        };
        Ok(Paid { landed, tip_lamports })
    }

    /// Waits until it has landed, will not, or has had its slots.
    async fn watch(&self, sender: &Sender, signed: &Signed, id: &str) -> (BundleEnd, Next) {
        let policy = sender.policy();
        let (begun, mut first_slot) = (Instant::now(), None);
        loop {
            tokio::time::sleep(policy.poll_every).await;
            match sender.look(signed).await {
                Ok(Watched::Landed(landed)) => return (BundleEnd::Landed, Next::Done(Ok(landed))),
                Ok(Watched::Waiting { slot }) => {
                    if slot >= first_slot.get_or_insert(slot).saturating_add(self.settings.wait_slots) {
                        return (BundleEnd::Late, Next::Same);
                    }
                }
                Err(SendError::Node(_)) if begun.elapsed() < policy.silence_max => {}
                Err(SendError::Node(source)) => {
                    let signatures = vec![signed.signature()];
                    return (BundleEnd::Lost, Next::Done(Err(SendError::Unknown { signatures, source })));
                }
                Err(error) => return (BundleEnd::Lost, Next::Done(Err(error))),
            }
            if self.may_ask().await && self.engine.has_failed(id).await == Ok(true) {
                return (BundleEnd::Failed, Next::Plain);
            }
        }
    }

    /// Block engines limit requests: statuses are asked for so often, over all bundles.
    async fn may_ask(&self) -> bool {
        let mut asked = self.asked.lock().await;
        let every = Duration::from_millis(self.settings.status_ms);
        let may = asked.is_none_or(|last| last.elapsed() >= every);
        if may {
            *asked = Some(Instant::now());
        }
        may
    }

    /// Whom to tip next; none where the block engine does not say.
    async fn account(&self) -> Option<Pubkey> {
        let mut accounts = self.accounts.lock().await;
        if Instant::now() >= accounts.until {
            match self.engine.tip_accounts().await {
                Ok(keys) => *accounts = Accounts { keys, until: Instant::now() + ACCOUNTS_MAX },
                // What it named before still holds.
                Err(error) => {
                    tracing::warn!(%error, "the block engine names no tip accounts");
                    accounts.until = Instant::now() + ACCOUNTS_RETRY;
                }
            }
        }
        let place = self.turn.fetch_add(1, Relaxed).checked_rem(accounts.keys.len())?;
        accounts.keys.get(place).copied()
    }
}
