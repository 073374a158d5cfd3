//! The thread that leads the chain's clock and publishes prices.
//!
//! Pyth's receiver is a program that no package registry has, so the price accounts are written as surfpool's
//! `surfnet_setAccount` would: the bytes that the receiver writes, at the address that the market pins. Where the
//! chain has a Hermes, that is only so until the markets are set up; from then on keepers bring the prices.

use std::collections::HashMap;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use bulkhead::state::OracleConfig;
use bulkhead_lab::world::PriceUpdate;
use bulkhead_lab::world::price::PythEma;
use crossbeam_channel::{RecvTimeoutError, Sender, bounded, unbounded};
use solana_account::Account;
use solana_pubkey::Pubkey;
use surfpool_core::surfnet::locker::SurfnetSvmLocker;
use surfpool_core::surfnet::svm::SurfnetSvm;

use crate::clock::ChainClock;
use crate::hermes::Board;
use crate::prices::{Price, Source};

/// A quarter of a slot: the clock is set before every block.
const LEAD_EVERY: Duration = Duration::from_millis(50);
const PUBLISH_EVERY: Duration = Duration::from_secs(1);

/// A market's price account and what it shows.
pub(crate) struct Feed {
    pub(crate) oracle: OracleConfig,
    pub(crate) source: Source,
    ema: PythEma,
    shown: Option<Price>,
}

impl Feed {
    pub(crate) fn new(oracle: OracleConfig, source: Source) -> Self {
        Self { oracle, source, ema: PythEma::default(), shown: None }
    }
}

/// What the thread works on.
pub(crate) struct State {
    locker: SurfnetSvmLocker,
    clock: ChainClock,
    /// By the market's symbol.
    feeds: HashMap<String, Feed>,
    is_paused: bool,
    /// Whether prices are written into their accounts.
    is_writing: bool,
    hermes: Option<Board>,
}

impl State {
    pub(crate) fn now_secs(&self) -> i64 {
        self.clock.now_secs()
    }

    /// Last price published.
    pub(crate) fn price(&self, symbol: &str) -> Result<Price> {
        let feed = self.feeds.get(symbol).with_context(|| format!("no market {symbol}"))?;
        feed.shown.with_context(|| format!("no price of {symbol} was published yet"))
    }

    /// Publishes a price at once, paused or not; what follows it goes on from there.
    pub(crate) fn set_price(&mut self, symbol: &str, price_e8: u64) -> Result<()> {
        let feed = self.feeds.get_mut(symbol).with_context(|| format!("no market {symbol}"))?;
        feed.source.jump(price_e8);
        self.publish(symbol, Price::of(price_e8))
    }

    pub(crate) fn pause(&mut self, paused: bool) -> Result<()> {
        self.is_paused = paused;
        if paused { Ok(()) } else { self.publish_all() }
    }

    /// Sends the chain so many seconds ahead; prices are fresh there.
    pub(crate) fn travel(&mut self, secs: u32) -> Result<()> {
        self.clock.travel(secs);
        self.lead();
        if self.is_paused { Ok(()) } else { self.publish_all() }
    }

    /// Whether prices are written into their accounts, or get there only where somebody brings them.
    pub(crate) fn write_prices(&mut self, is_writing: bool) {
        self.is_writing = is_writing;
    }

    pub(crate) fn airdrop(&mut self, to: &[Pubkey], lamports: u64) -> Result<()> {
        to.iter().try_for_each(|address| {
            let done = self.locker.airdrop(address, lamports);
            let sent = done.map_err(|error| anyhow!("cannot fund {address}: {error:?}"))?;
            sent.map(drop).map_err(|failed| anyhow!("cannot fund {address}: {}", failed.err))
        })
    }

    fn lead(&self) {
        // Straight at the lock: `with_svm_writer` would tell every bundle that is being tried that accounts
        // have changed under it, twenty times a second.
        self.clock.lead(&mut self.locker.0.blocking_write());
    }

    fn publish_all(&mut self) -> Result<()> {
        let now_ms = self.clock.now_ms();
        let step = |(symbol, feed): (&String, &mut Feed)| Some((symbol.clone(), feed.source.next(now_ms)?));
        let due: Vec<_> = self.feeds.iter_mut().filter_map(step).collect();
        due.into_iter().try_for_each(|(symbol, price)| self.publish(&symbol, price))
    }

    fn publish(&mut self, symbol: &str, price: Price) -> Result<()> {
        let publish_time = self.clock.now_secs();
        let feed = self.feeds.get_mut(symbol).context("no such market")?;
        let ema_e8 = feed.ema.advance(price.price_e8, publish_time)?;
        let update = PriceUpdate::at(price.price_e8, publish_time)
            .with_conf(price.conf_e8)
            .with_ema(i64::try_from(ema_e8)?);
        feed.shown = Some(price);
        let oracle = feed.oracle;
        if let Some(board) = &self.hermes {
            board.put(update.message(oracle.feed_id));
        }
        if !self.is_writing {
            return Ok(());
        }
        let written = self.locker.with_svm_writer(move |svm| write(svm, &oracle, &update));
        written.with_context(|| format!("the price of {symbol}"))
    }
}

fn write(svm: &mut SurfnetSvm, oracle: &OracleConfig, update: &PriceUpdate) -> Result<()> {
    let data = update.to_bytes(oracle.feed_id, svm.get_latest_absolute_slot());
    let lamports = svm.inner.minimum_balance_for_rent_exemption(data.len());
    let account = Account { lamports, data, owner: oracle.program, executable: false, rent_epoch: u64::MAX };
    svm.set_account(&oracle.account, account).map_err(|error| anyhow!("{error}"))
}

type Job = Box<dyn FnOnce(&mut State) + Send>;

/// The thread; dropping it ends it.
pub(crate) struct Driver {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Driver {
    pub(crate) fn start(
        locker: SurfnetSvmLocker,
        feeds: HashMap<String, Feed>,
        hermes: Option<Board>,
    ) -> Result<Self> {
        let clock = ChainClock::default();
        let mut state = State { locker, clock, feeds, is_paused: false, is_writing: true, hermes };
        state.lead();
        state.publish_all()?;
        let (jobs, received) = unbounded::<Job>();
        let run = move || {
            let mut publish_at = Instant::now() + PUBLISH_EVERY;
            loop {
                match received.recv_timeout(LEAD_EVERY) {
                    Ok(job) => job(&mut state),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
                state.lead();
                if Instant::now() >= publish_at {
                    publish_at = (publish_at + PUBLISH_EVERY).max(Instant::now());
                    let published = if state.is_paused { Ok(()) } else { state.publish_all() };
                    if let Err(error) = published {
                        eprintln!("localnet: no price was published: {error:#}");
                    }
                }
            }
        };
        let thread = thread::Builder::new().name("localnet-driver".into()).spawn(run)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Does something on the thread, and waits for its result.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut State) -> T + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = bounded(1);
        let job = Box::new(move |state: &mut State| {
            // Whoever asked waits below.
            let _ = answer.send(work(state));
        });
        let sent = self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok());
        sent.and_then(|()| answered.recv().ok()).context("the local chain's driver has ended")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It panicked or it returned: it has ended.
            let _ = thread.join();
        }
    }
}
