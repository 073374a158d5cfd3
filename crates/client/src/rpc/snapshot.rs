//! A market, its price and the chain's clock, all of one slot: what every quote looks at.

use anchor_lang::prelude::Pubkey;
use bulkhead::state::Market;
use bulkhead_risk::{Sample, UnixSeconds};

use super::node::{Keyed, Node, decode_at};
use super::node_error::NodeError;
use crate::accounts::Account;
use crate::quote::Look;
use crate::read_sample;

/// The clock's account.
const CLOCK_ID: Pubkey = Pubkey::from_str_const("SysvarC1ock11111111111111111111111111111111");
/// Its bytes: slot, start of the epoch, epoch, epoch of the leader schedule, time.
const CLOCK_LEN: usize = 40;
const CLOCK_TIME_AT: usize = 32;

/// The chain's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainClock {
    /// Slot.
    pub slot: u64,
    /// What the program reads as now.
    pub now: UnixSeconds,
}

impl ChainClock {
    /// The clock in its account's bytes.
    pub fn decode(data: &[u8]) -> Option<Self> {
        let bytes: &[u8; CLOCK_LEN] = data.try_into().ok()?;
        let slot = u64::from_le_bytes(*bytes.first_chunk()?);
        let now = i64::from_le_bytes(*bytes[CLOCK_TIME_AT..].first_chunk()?);
        Some(Self { slot, now: UnixSeconds(now) })
    }
}

/// A market, its price and the chain's clock, all of one slot.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot {
    /// The market.
    pub market: Keyed<Market>,
    /// What its price account holds.
    pub sample: Sample,
    /// The chain's clock.
    pub clock: ChainClock,
    /// Slot of the answer.
    pub slot: u64,
}

impl Snapshot {
    /// What quotes look at.
    pub fn look(&self) -> crate::Result<Look> {
        Look::new(&self.market.account, self.sample, self.clock.now)
    }
}

impl Node {
    /// The chain's clock.
    pub async fn clock(&self) -> Result<ChainClock, NodeError> {
        let (_, mut accounts) = self.raw_chunk(&[CLOCK_ID]).await?;
        let account = accounts.pop().flatten();
        clock_in(account.as_ref().map(|account| account.data.as_slice()))
    }

    /// What the market's price account holds.
    pub async fn sample(&self, market: &Market) -> Result<Sample, NodeError> {
        let key = market.oracle.account;
        let (_, mut accounts) = self.raw_chunk(&[key]).await?;
        let account = accounts.pop().flatten();
        let account = account.ok_or(NodeError::NotFound { what: "price account", key })?;
        Ok(read_sample(&market.oracle, &key, &account.owner, &account.data)?)
    }

    /// The market at `market` with its price and the clock. Two requests: the first learns which price
    /// account the market reads.
    pub async fn snapshot(&self, market: &Pubkey) -> Result<Snapshot, NodeError> {
        let known: Market = self.get(market).await?;
        self.snapshot_of(&Keyed { key: *market, account: known }).await
    }

    /// The same of a market that was read before, in one request. If its oracle was changed since, the
    /// answer is an error that names the price account.
    pub async fn snapshot_of(&self, known: &Keyed<Market>) -> Result<Snapshot, NodeError> {
        let (key, price_key) = (known.key, known.account.oracle.account);
        let (slot, accounts) = self.raw_chunk(&[key, price_key, CLOCK_ID]).await?;
        let [market, price, clock] = accounts.as_slice() else {
            return Err(NodeError::Malformed("three accounts were asked for".into()));
        };
        let market = market.as_ref().ok_or(NodeError::NotFound { what: Market::NAME, key })?;
        let market: Market = decode_at(&key, market)?;
        let price = price.as_ref().ok_or(NodeError::NotFound { what: "price account", key: price_key })?;
        let sample = read_sample(&market.oracle, &price_key, &price.owner, &price.data)?;
        let clock = clock_in(clock.as_ref().map(|account| account.data.as_slice()))?;
        Ok(Snapshot { market: Keyed { key, account: market }, sample, clock, slot })
    }
}

fn clock_in(data: Option<&[u8]>) -> Result<ChainClock, NodeError> {
    let data = data.ok_or(NodeError::NotFound { what: "clock", key: CLOCK_ID })?;
    ChainClock::decode(data)
        .ok_or_else(|| NodeError::Malformed(format!("a clock has {CLOCK_LEN} bytes, not {}", data.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_read_as_the_chain_writes_it() {
        let mut bytes = Vec::new();
        for field in [7_u64, 8, 9, 10] {
            bytes.extend(field.to_le_bytes());
        }
        bytes.extend(1_767_571_200_i64.to_le_bytes());
        let clock = ChainClock::decode(&bytes).unwrap();
        assert_eq!(clock, ChainClock { slot: 7, now: UnixSeconds(1_767_571_200) });
        assert_eq!(ChainClock::decode(&bytes[1..]), None);
    }
}
