//! A whole system on this machine: a validator with JSON-RPC and websocket, the program, three markets with
//! pools, and prices that move.
//!
//! [`Localnet::start`] gives one, within a second; dropping it stops it. Several run side by side in one
//! process, on free ports. The binary `bulkhead-localnet` (`cargo xtask localnet`) is the same with a command
//! line around it.
//!
//! The validator is surfpool, offline: LiteSVM with mainnet's features behind the usual interfaces. Blocks
//! come every 200 ms, its clock is the time of day. Everything but prices, lamports and the program itself
//! gets onto it by signed transactions.

mod attendant;
mod chain;
mod clock;
mod driver;
mod hermes;
pub mod link;
pub mod markets;
mod options;
pub mod prices;
mod setup;
mod surge;
pub mod tokens;
pub mod trade;
mod traders;
pub mod wallets;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bulkhead_lab::path::load;
use solana_clock::Clock;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use tokio::task::AbortHandle;

pub use chain::SLOT_MS;
pub use options::{HermesOptions, Options, Prices, Recording};
pub use prices::Price;
pub use setup::LiveMarket;
pub use surge::Surge;

use chain::{Chain, Genesis};
use driver::{Driver, Feed};
use hermes::{Board, Server};
use link::Link;
use markets::Definition;
use prices::{Playback, Source, Walk};
use wallets::Wallets;

/// Lamports of everybody who is there from the start: 10,000 SOL.
const LAMPORTS: u64 = 10_000_000_000_000;
/// Prices count in 10^-8 USD.
const USD_E8: u64 = 100_000_000;
/// The next block shows a travelled clock.
const TRAVEL_MAX: Duration = Duration::from_secs(5);
const POLL_EVERY: Duration = Duration::from_millis(20);

/// A running system.
pub struct Localnet {
    /// JSON-RPC.
    pub rpc_url: String,
    /// Websocket.
    pub ws_url: String,
    /// Everybody's keys.
    pub wallets: Wallets,
    /// Collateral mint: six decimals.
    pub mint: Pubkey,
    /// By index.
    pub markets: Vec<LiveMarket>,
    /// Whether it goes on from its ledger and was not set up anew.
    pub is_past: bool,
    /// A client of it.
    pub link: Arc<Link>,
    /// Where the Hermes is, if there is one.
    pub hermes_url: Option<String>,
    board: Board,
    hermes: Option<Server>,
    attendant: Option<AbortHandle>,
    // Dropped in this order: the driver writes into the chain.
    driver: Driver,
    chain: Chain,
}

impl Localnet {
    /// Starts the chain and sets everything up. Needs a tokio runtime of any kind.
    pub async fn start(options: Options) -> Result<Self> {
        let definitions = markets::load(&options.markets, options.generation)?;
        let wallets = Wallets::derive(options.traders);
        let genesis = genesis(&options, &wallets)?;
        let is_past = genesis.is_past();
        let feeds = feeds(&options, &definitions)?;
        let (rpc_port, ws_port) = (options.rpc_port, options.ws_port);
        let board = Board::default();
        let shown = options.hermes.is_some().then(|| board.clone());
        let (chain, driver) = tokio::task::spawn_blocking(move || -> Result<_> {
            let chain = Chain::start(rpc_port, ws_port, &genesis)?;
            let driver = Driver::start(chain.locker.clone(), feeds, shown)?;
            Ok((chain, driver))
        })
        .await??;
        let rpc_url = format!("http://127.0.0.1:{}", chain.rpc_port);
        let ws_url = format!("ws://127.0.0.1:{}", chain.ws_port);
        let link = Arc::new(Link::new(&rpc_url));
        let mint = wallets::keypair("mint", 0);
        let markets = match (is_past, options.bare) {
            (true, true) => Ok(Vec::new()),
            (true, false) => {
                setup::found(&link, definitions).await.context("the ledger holds no whole chain")
            }
            (false, true) => setup::mint_alone(&link, &wallets, &mint).await.context("setting up"),
            (false, false) => setup::run(&link, &wallets, &mint, definitions).await.context("setting up"),
        }?;
        let mut hermes = None;
        if let Some(wanted) = options.hermes {
            hermes = Some(Server::start(board.clone(), wanted.port, wanted.key).await.context("Hermes")?);
            driver.ask(|state| state.write_prices(false))?;
        }
        let hermes_url = hermes.as_ref().map(|server| server.url.clone());
        let attendant = options.attendant.then(|| {
            let executor = wallets.keeper.insecure_clone();
            tokio::spawn(attendant::run(Arc::clone(&link), executor, markets.clone())).abort_handle()
        });
        let mint = mint.pubkey();
        Ok(Self {
            rpc_url,
            ws_url,
            wallets,
            mint,
            markets,
            is_past,
            link,
            hermes_url,
            board,
            hermes,
            attendant,
            driver,
            chain,
        })
    }

    /// The market of a symbol.
    pub fn market(&self, symbol: &str) -> Result<&LiveMarket> {
        let found = self.markets.iter().find(|live| live.symbol() == symbol);
        found.with_context(|| format!("no market {symbol}"))
    }

    /// Last price published for a market.
    pub fn price(&self, symbol: &str) -> Result<Price> {
        let symbol = symbol.to_owned();
        self.driver.ask(move |state| state.price(&symbol))?
    }

    /// Publishes a price of a market at once, even while prices are paused. A walk goes on from there; a held
    /// price and a recording stay there.
    pub fn set_price(&self, symbol: &str, price_e8: u64) -> Result<()> {
        ensure!(price_e8 > 0 && price_e8 <= i64::MAX as u64, "a price of {price_e8} e-8 USD");
        let symbol = symbol.to_owned();
        self.driver.ask(move |state| state.set_price(&symbol, price_e8))?
    }

    /// Publishes nothing any more, as an oracle that stops.
    pub fn pause_prices(&self) -> Result<()> {
        self.driver.ask(|state| state.pause(true))?
    }

    /// Publishes again, at once and every second.
    pub fn resume_prices(&self) -> Result<()> {
        self.driver.ask(|state| state.pause(false))?
    }

    /// Lets the Hermes sign by keys that the chain does not know, or by the right ones again.
    pub fn forge_prices(&self, is_forging: bool) {
        self.board.forge(is_forging);
    }

    /// Lets the Hermes answer with errors, or as it should again.
    pub fn take_hermes_down(&self, is_down: bool) {
        self.board.take_down(is_down);
    }

    /// The chain's time, unix seconds.
    pub fn now_secs(&self) -> Result<i64> {
        self.driver.ask(|state| state.now_secs())
    }

    /// Sends the chain ahead in time and waits for the block that shows it. Prices are fresh there, unless
    /// they are paused. surfpool's own `surfnet_timeTravel` does the same from outside.
    pub async fn travel(&self, secs: u32) -> Result<()> {
        let target_secs = self.now_secs()? + i64::from(secs);
        self.driver.ask(move |state| state.travel(secs))??;
        let deadline = Instant::now() + TRAVEL_MAX;
        while self.shown_secs().await < target_secs {
            ensure!(Instant::now() < deadline, "the chain does not show the time travelled to");
            tokio::time::sleep(POLL_EVERY).await;
        }
        Ok(())
    }

    /// The chain's clock as its programs see it, unix seconds.
    pub async fn shown_secs(&self) -> i64 {
        self.chain.locker.0.read().await.inner.get_sysvar::<Clock>().unix_timestamp
    }

    /// Gives lamports out of nowhere.
    pub fn airdrop(&self, to: &[Pubkey], lamports: u64) -> Result<()> {
        let to = to.to_vec();
        self.driver.ask(move |state| state.airdrop(&to, lamports))?
    }

    /// Mints collateral to wallets, into their associated accounts.
    pub async fn give_collateral(&self, to: &[(Pubkey, u64)]) -> Result<()> {
        for sent in tokens::fill(&self.link, &self.wallets.faucet, &self.mint, to).await? {
            self.link.landed(&sent).await?;
        }
        Ok(())
    }

    /// Lets every trader open a position in every market. Returns the positions.
    pub async fn open_resting_positions(&self) -> Result<Vec<Pubkey>> {
        self.driver.ask(|state| state.write_prices(true))?;
        let opened =
            traders::open(&self.link, &self.wallets.keeper, &self.wallets.traders, &self.markets).await;
        self.leave_prices_to_keepers()?;
        opened
    }

    /// After what needed prices that nobody has to bring.
    fn leave_prices_to_keepers(&self) -> Result<()> {
        let is_writing = self.hermes.is_none();
        self.driver.ask(move |state| state.write_prices(is_writing))
    }

    /// Opens `count` positions near their initial margin in a market, for [`Localnet::crash`].
    pub async fn prepare_surge(&self, symbol: &str, count: u32) -> Result<Surge> {
        let owners = surge::owners(count);
        let (lamports, atoms) = surge::endowment();
        let addresses: Vec<_> = owners.iter().map(Signer::pubkey).collect();
        self.airdrop(&addresses, lamports)?;
        let collateral: Vec<_> = addresses.into_iter().map(|owner| (owner, atoms)).collect();
        self.give_collateral(&collateral).await?;
        let opener = surge::Opener {
            link: &self.link,
            live: self.market(symbol)?,
            executor: &self.wallets.keeper,
            owners: &owners,
            now_secs: self.now_secs()?,
        };
        self.driver.ask(|state| state.write_prices(true))?;
        let opened = opener.open(count).await;
        self.leave_prices_to_keepers()?;
        opened.with_context(|| format!("opening {count} positions in {symbol}"))
    }

    /// Publishes the price at which every position of a surge is below maintenance.
    pub fn crash(&self, surge: &Surge) -> Result<()> {
        self.set_price(&surge.symbol, surge.crash_price_e8)
    }

    /// How many positions of a surge are still open.
    pub async fn still_open(&self, surge: &Surge) -> Result<usize> {
        surge::still_open(&self.link, &surge.positions).await
    }
}

impl Drop for Localnet {
    fn drop(&mut self) {
        if let Some(attendant) = &self.attendant {
            attendant.abort();
        }
        self.hermes = None;
    }
}

fn genesis(options: &Options, wallets: &Wallets) -> Result<Genesis> {
    let file = &options.program;
    let program = std::fs::read(file)
        .with_context(|| format!("{} cannot be read: run `cargo xtask build`", file.display()))?;
    let stand_in = options.hermes.as_ref().map(|hermes| {
        let file = &hermes.program;
        std::fs::read(file)
            .with_context(|| format!("{} cannot be read: run `cargo xtask build`", file.display()))
    });
    Ok(Genesis {
        program,
        stand_in: stand_in.transpose()?,
        upgrade_authority: wallets.admin.pubkey(),
        funded: wallets.named().iter().map(|(_, key)| key.pubkey()).collect(),
        lamports: LAMPORTS,
        ledger: options.ledger.clone(),
    })
}

fn feeds(options: &Options, definitions: &[Definition]) -> Result<HashMap<String, Feed>> {
    for recording in &options.recordings {
        if !definitions.iter().any(|definition| definition.symbol == recording.symbol) {
            bail!("a recording for {}, which is no market", recording.symbol);
        }
    }
    ensure!(options.speed > 0, "a recording cannot play at speed zero");
    let feed = |definition: &Definition| -> Result<_> {
        let source = source(options, definition)?;
        Ok((definition.symbol.clone(), Feed::new(definition.price_source()?, source)))
    };
    definitions.iter().map(feed).collect()
}

fn source(options: &Options, definition: &Definition) -> Result<Source> {
    let recorded = options.recordings.iter().find(|recording| recording.symbol == definition.symbol);
    if let Some(recording) = recorded {
        let path = load::load(&recording.file).with_context(|| recording.file.display().to_string())?;
        return Ok(Source::Path(Playback::new(&path, options.speed)));
    }
    let start_e8 = definition.local.start_price_usd.checked_mul(USD_E8).context("start_price_usd")?;
    Ok(match options.prices {
        Prices::Held => Source::Held(Price::of(start_e8)),
        Prices::Walk { seed } => {
            let volatility = definition.local.volatility_ppm_year;
            Source::Walk(Box::new(Walk::new(seed, definition.index.into(), start_e8, volatility)))
        }
    })
}
