//! What a command works with: the node, the key, and how to find what the user named.

use std::cell::{Cell, OnceCell};
use std::str::FromStr;

use anchor_lang::prelude::Pubkey;
use bulkhead::state::{Market, Position};
use bulkhead_client::rpc::{Keyed, Node, Sender, Snapshot, TxPolicy};
use bulkhead_client::{MarketKeys, pda};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::args::Globals;
use crate::config::{SolanaConfig, read_key};
use crate::error::{CliError, Result};
use crate::units::{Units, base_name};

/// A market as it was named: its index, its address, or its asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarketName {
    /// Index in the protocol.
    Index(u16),
    /// Address.
    Address(Pubkey),
    /// The asset of a well-known feed.
    Asset(String),
}

impl FromStr for MarketName {
    type Err = CliError;

    fn from_str(text: &str) -> Result<Self> {
        if let Ok(index) = text.parse() {
            return Ok(Self::Index(index));
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        let is_name = !text.is_empty() && text.len() <= 12 && text.chars().all(char::is_alphanumeric);
        match is_name {
            true => Ok(Self::Asset(text.to_ascii_uppercase())),
            false => Err(CliError::usage(format!("{text:?} is no market: give its index, asset or address"))),
        }
    }
}

/// A position as it was named: its address, or market and id of one's own, as in BTC/0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PositionName {
    /// Address.
    Address(Pubkey),
    /// Of the key that signs.
    Own(MarketName, u32),
}

impl FromStr for PositionName {
    type Err = CliError;

    fn from_str(text: &str) -> Result<Self> {
        let own = text.split_once('/').map(|(market, id)| (market.parse(), id.parse()));
        match (own, text.parse()) {
            (Some((Ok(market), Ok(id))), _) => Ok(Self::Own(market, id)),
            (None, Ok(address)) => Ok(Self::Address(address)),
            _ => Err(CliError::usage(format!(
                "{text:?} is no position: give its address, or market and id of your own as in BTC/0"
            ))),
        }
    }
}

/// A position with its market, the price and the clock.
pub struct Found {
    /// Address.
    pub key: Pubkey,
    /// The position.
    pub position: Position,
    /// Everything that quotes look at.
    pub snapshot: Snapshot,
}

impl Found {
    /// The market's account.
    pub fn market(&self) -> &Market {
        &self.snapshot.market.account
    }

    /// Keys of the market's instructions.
    pub fn keys(&self) -> MarketKeys {
        MarketKeys::of(self.snapshot.market.key, self.market())
    }

    /// How amounts are written.
    pub fn units(&self) -> Units {
        Units::of(self.market())
    }
}

/// What a command works with.
pub struct Session {
    sender: Sender,
    /// Slot of the last transaction that landed: what it has changed must be in every later answer.
    landed_slot: Cell<u64>,
    /// What every command takes.
    pub globals: Globals,
    config: SolanaConfig,
    key: OnceCell<Keypair>,
}

impl Session {
    /// By configuration, environment and flags.
    pub fn new(globals: Globals) -> Result<Self> {
        let config = SolanaConfig::load(globals.config.as_deref())?;
        let commitment = config.commitment(globals.commitment.as_deref())?;
        let url = config.url(globals.url.as_deref());
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(CliError::usage(format!(
                "{url:?} is no endpoint: it starts with http:// or https://"
            )));
        }
        let policy = TxPolicy {
            commitment,
            priority_fee: globals.priority_fee,
            priority_fee_lamports_max: globals.priority_fee_max.0,
            ..TxPolicy::default()
        };
        let sender = Sender::new(Node::new(url, commitment), policy);
        Ok(Self { sender, landed_slot: Cell::new(0), globals, config, key: OnceCell::new() })
    }

    /// Reads.
    pub fn node(&self) -> Node {
        self.sender().node().clone()
    }

    /// Sends.
    pub fn sender(&self) -> Sender {
        match self.landed_slot.get() {
            0 => self.sender.clone(),
            slot => self.sender.at_least(slot),
        }
    }

    /// Notes that a transaction has landed.
    pub fn note_landed(&self, slot: u64) {
        self.landed_slot.set(slot.max(self.landed_slot.get()));
    }

    /// The key that signs and pays.
    pub fn signer(&self) -> Result<&Keypair> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let path = self.config.keypair_path(self.globals.keypair.as_deref());
        let read = read_key(path.as_deref())?;
        Ok(self.key.get_or_init(|| read))
    }

    /// Its address.
    pub fn me(&self) -> Result<Pubkey> {
        Ok(self.signer()?.pubkey())
    }

    /// A line about what is going on. It goes beside the result, which may be read by a program.
    pub fn say(&self, line: impl std::fmt::Display) {
        eprintln!("{line}");
    }

    /// The address of a market.
    pub async fn market_key(&self, name: &MarketName) -> Result<Pubkey> {
        match name {
            MarketName::Index(index) => Ok(pda::market(*index)),
            MarketName::Address(address) => Ok(*address),
            MarketName::Asset(asset) => {
                let markets = self.node().markets().await?;
                let named = |market: &&Keyed<Market>| {
                    base_name(&market.account.oracle.feed_id) == Some(asset.as_str())
                };
                let mut found = markets.iter().filter(named);
                match (found.next(), found.next()) {
                    (Some(market), None) => Ok(market.key),
                    (None, _) => Err(CliError::usage(format!("no market of {asset}: see `market list`"))),
                    (Some(_), Some(_)) => {
                        Err(CliError::usage(format!("several markets of {asset}: give the index")))
                    }
                }
            }
        }
    }

    /// A market with its price and the clock.
    pub async fn market(&self, name: &MarketName) -> Result<Snapshot> {
        Ok(self.node().snapshot(&self.market_key(name).await?).await?)
    }

    /// The address of a position.
    pub async fn position_key(&self, name: &PositionName) -> Result<Pubkey> {
        match name {
            PositionName::Address(address) => Ok(*address),
            PositionName::Own(market, id) => {
                Ok(pda::position(&self.market_key(market).await?, &self.me()?, *id))
            }
        }
    }

    /// A position with everything that quotes look at.
    pub async fn position(&self, name: &PositionName) -> Result<Found> {
        self.found(self.position_key(name).await?).await
    }

    /// The same by address.
    pub async fn found(&self, key: Pubkey) -> Result<Found> {
        let position = self.node().position(&key).await?;
        let snapshot = self.node().snapshot(&position.market).await?;
        Ok(Found { key, position, snapshot })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markets_and_positions_are_named_in_several_ways() {
        let key = Pubkey::new_from_array([9; 32]);
        assert_eq!("3".parse(), Ok(MarketName::Index(3)));
        assert_eq!("btc".parse(), Ok(MarketName::Asset("BTC".into())));
        assert_eq!(key.to_string().parse(), Ok(MarketName::Address(key)));
        assert!("BTC/USD".parse::<MarketName>().is_err());
        assert_eq!("BTC/0".parse(), Ok(PositionName::Own(MarketName::Asset("BTC".into()), 0)));
        assert_eq!("2/17".parse(), Ok(PositionName::Own(MarketName::Index(2), 17)));
        assert_eq!(key.to_string().parse(), Ok(PositionName::Address(key)));
        for wrong in ["BTC", "BTC/", "/1", "BTC/x", "17"] {
            assert!(wrong.parse::<PositionName>().is_err(), "{wrong}");
        }
    }
}
