//! One market: its account, its price, its positions by urgency, and what was found at the last look.

use std::sync::Arc;

use bulkhead::state::{Market, Position};
use bulkhead_client::quote::Look;
use bulkhead_client::{MarketKeys, Refusal, read_sample};
use bulkhead_risk::{Purpose, Sample, UnixSeconds};
use solana_pubkey::Pubkey;

use super::PriceData;
use crate::action::Reward;
use crate::book::{Book, Hits};
use crate::push::Offered;

/// What a look at a market found.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The market, having observed the sample as `flag` and `liquidate` do.
    pub market: bulkhead_risk::Market,
    /// The sample.
    pub sample: Sample,
    /// Positions that are not healthy.
    pub hits: Hits,
}

/// A market.
#[derive(Debug)]
pub struct MarketState {
    /// Its account.
    pub account: Market,
    /// Slot that the account was read at.
    pub slot: u64,
    /// What instructions need of it.
    pub keys: MarketKeys,
    /// Newest price that can be acted on: the chain's, or one that is brought along.
    pub sample: Option<Sample>,
    /// Newest price on the chain.
    posted: Option<Sample>,
    /// A newer one that is not there yet, and how it gets there.
    offer: Option<Arc<Offered>>,
    /// Its open positions.
    pub book: Book,
    /// The last look; none if the price is not one to liquidate at.
    pub seen: Option<Seen>,
    /// Why there was none.
    pub refusal: Option<Refusal>,
}

impl MarketState {
    /// A market without positions and price.
    pub fn new(key: Pubkey, slot: u64, account: Market) -> Self {
        let keys = MarketKeys::of(key, &account);
        let book = Book::new();
        Self { account, slot, keys, sample: None, posted: None, offer: None, book, seen: None, refusal: None }
    }

    /// A newer state of the account.
    pub(super) fn update(&mut self, slot: u64, account: Market) {
        if slot < self.slot {
            return;
        }
        let keys = MarketKeys::of(self.keys.market, &account);
        if keys.price != self.keys.price {
            (self.sample, self.posted, self.offer) = (None, None, None);
        }
        (self.account, self.slot, self.keys) = (account, slot, keys);
    }

    /// Puts all of this market's positions into its book.
    pub(super) fn fill<'a>(&mut self, positions: impl Iterator<Item = (&'a Pubkey, &'a Position)>) {
        let Ok(market) = self.account.view() else { return };
        let own = positions.filter(|(_, position)| position.market == self.keys.market);
        let views = own.filter_map(|(key, position)| Some((*key, position.view().ok()?)));
        self.book.extend(&market, views);
    }

    /// Puts one position into the book, or takes it out if it is not open.
    pub(super) fn put(&mut self, key: Pubkey, position: &Position) {
        match (self.account.view(), position.view()) {
            (Ok(market), Ok(position)) => drop(self.book.insert(&market, key, position)),
            _ => drop(self.book.remove(&key)),
        }
    }

    /// A price, if it is readable and not older than the one that is known.
    pub(super) fn put_price(&mut self, price: &PriceData) {
        let Some(sample) = self.read(price) else { return };
        if self.posted.is_none_or(|known| known.publish_time <= sample.publish_time) {
            self.posted = Some(sample);
        }
        if self.sample.is_none_or(|known| known.publish_time <= sample.publish_time) {
            (self.sample, self.offer) = (Some(sample), None);
        }
    }

    /// A price that is not on the chain yet, if it is by so many seconds newer than what is, and nothing newer
    /// was offered. So many seconds, because what is acted on meanwhile need not bring a price of its own.
    pub(super) fn put_offer(&mut self, offered: Arc<Offered>, step_secs: i64) {
        let Some(sample) = self.read(&offered.bytes) else { return };
        let is_newer = |known: Option<Sample>, by: i64| {
            known.is_none_or(|known| sample.publish_time.0 >= known.publish_time.0.saturating_add(by))
        };
        if is_newer(self.posted, step_secs) && is_newer(self.sample, 0) {
            (self.sample, self.offer) = (Some(sample), Some(offered));
        }
    }

    /// Goes back to the chain's price.
    pub(super) fn drop_offer(&mut self) {
        (self.sample, self.offer) = (self.posted, None);
    }

    /// The price that has to be brought along, if the one that is acted on is not the chain's.
    pub fn offer(&self) -> Option<&Arc<Offered>> {
        self.offer.as_ref()
    }

    fn read(&self, price: &PriceData) -> Option<Sample> {
        read_sample(&self.account.oracle, &price.key, &price.owner, &price.data).ok()
    }

    /// Looks at every position that the price has reached.
    pub(super) fn judge(&mut self, now: UnixSeconds) {
        match self.look(now) {
            Ok(seen) => (self.seen, self.refusal) = (seen, None),
            Err(refusal) => (self.seen, self.refusal) = (None, Some(refusal)),
        }
    }

    fn look(&mut self, now: UnixSeconds) -> Result<Option<Seen>, Refusal> {
        let Some(sample) = self.sample else { return Ok(None) };
        let market = Look::new(&self.account, sample, now)?.observed(Purpose::Liquidate)?;
        let hits = self.book.tick(&market, &sample, now)?;
        Ok(Some(Seen { market, sample, hits }))
    }

    /// Renews the bounds of the next `count` positions.
    pub(super) fn sweep(&mut self, count: usize) {
        if let Some(seen) = &self.seen {
            self.book.sweep(&seen.market, count);
        }
    }

    /// Nothing, in the market's collateral.
    pub fn no_reward(&self) -> Reward {
        Reward { quote_decimals: self.account.params.quote_decimals, ..Reward::default() }
    }
}
