//! Queuing a change: what it sets, compared with what is.

use std::path::PathBuf;

use anchor_lang::prelude::Pubkey;
use bulkhead::instructions::{Change, MarketMode, QueueChangeArgs};
use bulkhead::oracle::OracleSource;
use bulkhead_client::ix;
use bulkhead_client::rpc::Keyed;
use clap::{Args, Subcommand, ValueEnum};

use super::super::Outcome;
use super::{params, send};
use crate::amount::span;
use crate::error::{CliError, Result, parse_key};
use crate::session::{MarketName, Session};

/// What to change.
#[derive(Debug, Subcommand)]
pub enum Queue {
    /// A market's parameters: those named are set, the others stay
    Params(Params),
    /// Whether a market takes new risk
    Status {
        /// Index, asset (BTC) or address of the market
        market: MarketName,
        /// What it shall be
        mode: ModeArg,
    },
    /// Which receiver generation and shard a market reads; its feed stays
    Oracle {
        /// Index, asset (BTC) or address of the market
        market: MarketName,
        /// Receiver generation
        generation: GenerationArg,
        /// Shard of the push oracle
        #[arg(long)]
        shard: u16,
    },
    /// Where a market reads the price of its collateral, below which it takes no new risk; or nowhere
    CollateralOracle {
        /// Index, asset (BTC) or address of the market
        market: MarketName,
        /// Feed id of the collateral, in hexadecimal; "none" asks for no such price
        #[arg(value_parser = parse_feed)]
        feed: FeedArg,
        /// Receiver generation
        #[arg(long, value_enum, default_value_t = GenerationArg::Core)]
        generation: GenerationArg,
        /// Shard of the push oracle
        #[arg(long, default_value_t = 0)]
        shard: u16,
    },
    /// Guardian, fee receiver, timelock; those not named stay
    Settings(Settings),
}

/// Parameters to set.
#[derive(Debug, Args)]
pub struct Params {
    /// Index, asset (BTC) or address of the market
    market: MarketName,
    /// TOML file of names and whole numbers
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// One parameter; may be repeated, and comes after the file
    #[arg(long, value_name = "NAME=NUMBER", value_parser = params::parse_setting)]
    set: Vec<(String, u64)>,
}

/// Settings of the protocol.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Settings {
    /// Who may pause
    #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
    guardian: Option<Pubkey>,
    /// Owner of the token accounts that fees go to
    #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
    fee_receiver: Option<Pubkey>,
    /// Seconds that later changes wait
    #[arg(long, value_name = "SECONDS")]
    timelock: Option<u32>,
}

/// Whether a market takes new risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    /// It does
    Active,
    /// Positions can only shrink, the pool takes no deposits
    ReduceOnly,
    /// The same, and the market is settled at the median price of the hour that follows. Cannot be undone
    WindDown,
}

/// Receiver generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GenerationArg {
    /// The first
    Core,
    /// The second
    Compatible,
}

/// The feed of a collateral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedArg(Option<[u8; 32]>);

fn parse_feed(text: &str) -> Result<FeedArg> {
    if text == "none" {
        return Ok(FeedArg(None));
    }
    let wrong = || CliError::usage(format!("{text:?} is no feed id: 64 hexadecimal digits, or none"));
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let mut feed_id = [0; 32];
    for (index, byte) in feed_id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).map_err(|_| wrong())?;
    }
    Ok(FeedArg(Some(feed_id)))
}

impl GenerationArg {
    fn source(self, shard: u16, feed_id: [u8; 32]) -> OracleSource {
        match self {
            Self::Core => OracleSource::PythCore { shard, feed_id },
            Self::Compatible => OracleSource::PythCompatible { shard, feed_id },
        }
    }
}

impl Queue {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        let protocol = session.node().protocol().await?;
        let (market, definition, differences) = match &self {
            Self::Params(command) => command.change(session).await?,
            Self::Status { market, mode } => {
                let mode = match mode {
                    ModeArg::Active => MarketMode::Active,
                    ModeArg::ReduceOnly => MarketMode::ReduceOnly,
                    ModeArg::WindDown => MarketMode::WindDown,
                };
                let market = session.market_key(market).await?;
                (Some(market), Change::MarketStatus(mode), vec![format!("status: {mode:?}")])
            }
            Self::Oracle { market, generation, shard } => {
                let market = read_market(session, market).await?;
                let source = generation.source(*shard, market.account.oracle.feed_id);
                let account = source.resolve(protocol.is_mainnet())?.account;
                let told = format!("price account: {} -> {account}", market.account.oracle.account);
                (Some(market.key), Change::OracleGeneration(source), vec![told])
            }
            Self::CollateralOracle { market, feed, generation, shard } => {
                let market = session.market_key(market).await?;
                let source = feed.0.map(|feed_id| generation.source(*shard, feed_id));
                let told = match &source {
                    None => "price account of the collateral: none".to_owned(),
                    Some(source) => {
                        let account = source.resolve(protocol.is_mainnet())?.account;
                        format!("price account of the collateral: {account}")
                    }
                };
                (Some(market), Change::CollateralOracle(source), vec![told])
            }
            Self::Settings(command) => command.change(&protocol),
        };
        let nonce = protocol.next_change;
        for line in &differences {
            session.say(line);
        }
        let queue = ix::queue_change(session.me()?, market, QueueChangeArgs { nonce, definition });
        let wait = span(protocol.timelock_secs.into());
        send(session, &format!("Queue change {nonce}, to be applied after {wait}"), queue).await
    }
}

async fn read_market(session: &Session, name: &MarketName) -> Result<Keyed<bulkhead::state::Market>> {
    let key = session.market_key(name).await?;
    Ok(Keyed { key, account: session.node().get(&key).await? })
}

impl Params {
    async fn change(&self, session: &Session) -> Result<(Option<Pubkey>, Change, Vec<String>)> {
        let market = read_market(session, &self.market).await?;
        let before = params::of(&market.account);
        let mut after = before;
        if let Some(file) = &self.file {
            let text = std::fs::read_to_string(file)
                .map_err(|error| CliError::usage(format!("{}: {error}", file.display())))?;
            params::set_all(&mut after, &text)?;
        }
        for (name, value) in &self.set {
            params::set(&mut after, name, *value)?;
        }
        let differences = params::differences(&before, &after);
        if differences.is_empty() {
            return Err(CliError::usage("nothing would change: every parameter has that value already"));
        }
        // Refused here as on chain, before anything is paid.
        after.checked(market.account.params.quote_decimals)?;
        Ok((Some(market.key), Change::MarketParams(after), differences))
    }
}

impl Settings {
    fn change(&self, protocol: &bulkhead::state::Protocol) -> (Option<Pubkey>, Change, Vec<String>) {
        let guardian = self.guardian.unwrap_or(protocol.guardian);
        let fee_receiver = self.fee_receiver.unwrap_or(protocol.fee_receiver);
        let timelock_secs = self.timelock.unwrap_or(protocol.timelock_secs);
        let differences = vec![
            format!("guardian: {} -> {guardian}", protocol.guardian),
            format!("fee receiver: {} -> {fee_receiver}", protocol.fee_receiver),
            format!("timelock: {} s -> {timelock_secs} s", protocol.timelock_secs),
        ];
        (None, Change::ProtocolSettings { guardian, fee_receiver, timelock_secs }, differences)
    }
}
