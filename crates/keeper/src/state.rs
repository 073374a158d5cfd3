//! What the keeper knows of the chain: markets, positions, orders, prices, the clock. Kept from account
//! notifications, in memory alone.
//!
//! Every account carries the slot that it was read at; an older state never replaces a newer one. Nodes do not
//! notify of accounts that were closed (their owner is another program then), so [`State::apply`] names those
//! that a look is due at: [`Doubt`].

mod known;
mod market;
mod time;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bulkhead::state::{Order, Position, Protocol, Settlement, TopUpPlan, Withdrawal};
use bulkhead_client::accounts::AnyAccount;
use bulkhead_client::rpc::{ChainClock, Keyed};
use bulkhead_risk::UnixSeconds;
use solana_pubkey::Pubkey;

use known::{At, Known};
pub use market::{MarketState, Seen};
pub use time::ChainTime;

use crate::config::Duties;
use crate::push::Offered;

/// What lies in a price account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceData {
    /// Address.
    pub key: Pubkey,
    /// Program that owns it.
    pub owner: Pubkey,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// Everything at once, as of a slot or later.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Every account is as it was at this slot, or later.
    pub slot: u64,
    /// Accounts of the program.
    pub accounts: Vec<(Pubkey, AnyAccount)>,
    /// Prices.
    pub prices: Vec<PriceData>,
    /// Clock.
    pub clock: ChainClock,
}

/// What the feed tells.
#[derive(Clone, Debug)]
pub enum Update {
    /// Everything anew.
    Snapshot(Box<Snapshot>),
    /// An account of the program; none where it is gone.
    Account {
        /// Address.
        key: Pubkey,
        /// Slot of the state.
        slot: u64,
        /// The account.
        account: Option<AnyAccount>,
    },
    /// A price account.
    Price(PriceData),
    /// The chain's clock.
    Clock(ChainClock),
    /// A slot has begun.
    Slot(u64),
    /// The feed was lost; what comes next is a snapshot.
    Lost,
}

/// Accounts that may have changed without a notification, and the slot that they must be read at or after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubt {
    /// Addresses.
    pub keys: Vec<Pubkey>,
    /// Slot.
    pub slot: u64,
}

/// What the keeper knows.
#[derive(Debug, Default)]
pub struct State {
    protocol: Option<At<Protocol>>,
    markets: BTreeMap<Pubkey, MarketState>,
    positions: BTreeMap<Pubkey, At<Position>>,
    orders: BTreeMap<Pubkey, At<Order>>,
    orders_of: HashMap<Pubkey, BTreeSet<Pubkey>>,
    top_ups: Known<TopUpPlan>,
    withdrawals: Known<Withdrawal>,
    settlements: Known<Settlement>,
    time: Option<ChainTime>,
    slot: u64,
}

impl State {
    /// Takes in what the feed tells. What comes back must be read from the node.
    pub fn apply(&mut self, update: Update) -> Doubt {
        match update {
            Update::Snapshot(snapshot) => self.replace(*snapshot),
            Update::Account { key, slot, account } => {
                self.slot = self.slot.max(slot);
                return self.put(key, slot, account);
            }
            Update::Price(price) => self.put_price(&price),
            Update::Clock(clock) => {
                self.slot = self.slot.max(clock.slot);
                self.time = Some(ChainTime::new(clock.now));
            }
            Update::Slot(slot) => self.slot = self.slot.max(slot),
            // The chain may come back with lower slots: then what is known would count as newer for long.
            Update::Lost => *self = Self::default(),
        }
        Doubt::default()
    }

    /// Everything that the snapshot has, and of what was known only what is newer.
    fn replace(&mut self, snapshot: Snapshot) {
        let old = std::mem::take(self);
        self.slot = snapshot.slot;
        for (key, account) in snapshot.accounts {
            match account {
                // Into the books at once, below: faster than one by one.
                AnyAccount::Position(account) => {
                    self.positions.insert(key, At { slot: snapshot.slot, account: *account });
                }
                other => drop(self.put(key, snapshot.slot, Some(other))),
            }
        }
        for market in self.markets.values_mut() {
            market.fill(self.positions.iter().map(|(key, held)| (key, &held.account)));
        }
        let newer = |slot: u64| slot > snapshot.slot;
        for (key, held) in old.positions.into_iter().filter(|(_, held)| newer(held.slot)) {
            self.put(key, held.slot, Some(AnyAccount::Position(Box::new(held.account))));
        }
        for (key, held) in old.orders.into_iter().filter(|(_, held)| newer(held.slot)) {
            self.put(key, held.slot, Some(AnyAccount::Order(Box::new(held.account))));
        }
        for (key, market) in old.markets.into_iter().filter(|(_, market)| newer(market.slot)) {
            self.put(key, market.slot, Some(AnyAccount::Market(Box::new(market.account))));
        }
        self.top_ups.keep_newer(old.top_ups, snapshot.slot);
        self.withdrawals.keep_newer(old.withdrawals, snapshot.slot);
        self.settlements.keep_newer(old.settlements, snapshot.slot);
        for price in &snapshot.prices {
            self.put_price(price);
        }
        self.time = Some(ChainTime::new(snapshot.clock.now));
    }

    fn put(&mut self, key: Pubkey, slot: u64, account: Option<AnyAccount>) -> Doubt {
        match account {
            Some(AnyAccount::Protocol(account)) => {
                if self.protocol.as_ref().is_none_or(|known| known.slot <= slot) {
                    self.protocol = Some(At { slot, account: *account });
                }
            }
            Some(AnyAccount::Market(account)) => self.put_market(key, slot, *account),
            Some(AnyAccount::Position(account)) => return self.put_position(key, slot, *account),
            Some(AnyAccount::Order(account)) => {
                if self.orders.get(&key).is_none_or(|known| known.slot <= slot) {
                    self.orders_of.entry(account.position).or_default().insert(key);
                    self.orders.insert(key, At { slot, account: *account });
                }
            }
            Some(AnyAccount::TopUpPlan(account)) => self.top_ups.put(key, slot, *account),
            Some(AnyAccount::Withdrawal(account)) => self.withdrawals.put(key, slot, *account),
            Some(AnyAccount::Settlement(account)) => self.settlements.put(key, slot, *account),
            Some(AnyAccount::Trader(_) | AnyAccount::ParamChange(_)) => {}
            None => self.remove(&key, slot),
        }
        Doubt::default()
    }

    fn put_market(&mut self, key: Pubkey, slot: u64, account: bulkhead::state::Market) {
        match self.markets.get_mut(&key) {
            Some(known) => known.update(slot, account),
            None => {
                let mut market = MarketState::new(key, slot, account);
                market.fill(self.positions.iter().map(|(key, held)| (key, &held.account)));
                self.markets.insert(key, market);
            }
        }
    }

    fn put_position(&mut self, key: Pubkey, slot: u64, account: Position) -> Doubt {
        if self.positions.get(&key).is_some_and(|known| known.slot > slot) {
            return Doubt::default();
        }
        self.positions.insert(key, At { slot, account });
        if let Some(market) = self.markets.get_mut(&account.market) {
            market.put(key, &account);
        }
        // Fewer orders than are known of it: some are gone, and nobody says which.
        let known = self.orders_of.get(&key).filter(|known| known.len() > usize::from(account.open_orders));
        let keys = known.map(|known| known.iter().copied().collect()).unwrap_or_default();
        Doubt { keys, slot }
    }

    fn remove(&mut self, key: &Pubkey, slot: u64) {
        self.top_ups.remove(key, slot);
        self.withdrawals.remove(key, slot);
        self.settlements.remove(key, slot);
        if self.positions.get(key).is_some_and(|known| known.slot <= slot) {
            if let Some(market) = self.positions.remove(key).map(|held| held.account.market)
                && let Some(market) = self.markets.get_mut(&market)
            {
                market.book.remove(key);
            }
        } else if self.orders.get(key).is_some_and(|known| known.slot <= slot)
            && let Some(order) = self.orders.remove(key)
            && let Some(known) = self.orders_of.get_mut(&order.account.position)
        {
            known.remove(key);
            if known.is_empty() {
                self.orders_of.remove(&order.account.position);
            }
        }
    }

    fn put_price(&mut self, price: &PriceData) {
        for market in self.markets.values_mut().filter(|market| market.keys.price == price.key) {
            market.put_price(price);
        }
    }

    /// Prices that are not on the chain yet, each for its account, if they are by so many seconds newer.
    pub fn offer(&mut self, offered: &[Arc<Offered>], step_secs: u32) {
        for offered in offered {
            let of = |market: &&mut MarketState| market.keys.price == offered.bytes.key;
            for market in self.markets.values_mut().filter(of) {
                market.put_offer(Arc::clone(offered), i64::from(step_secs));
            }
        }
    }

    /// Acts on the chain's prices alone from here on, until there are other offers.
    pub fn drop_offers(&mut self) {
        self.markets.values_mut().for_each(MarketState::drop_offer);
    }

    /// Judges every position that the prices have reached, as of `now`.
    pub fn judge(&mut self, now: UnixSeconds) {
        self.markets.values_mut().for_each(|market| market.judge(now));
    }

    /// Renews the bounds of some positions in each book.
    pub fn sweep(&mut self, count: usize) {
        self.markets.values_mut().for_each(|market| market.sweep(count));
    }

    /// The protocol.
    pub fn protocol(&self) -> Option<&Protocol> {
        self.protocol.as_ref().map(|known| &known.account)
    }

    /// Whether the guardian holds back opening and increasing.
    pub fn is_new_risk_paused(&self, now: UnixSeconds) -> bool {
        self.protocol().is_some_and(|protocol| now.0 < protocol.pause_new_risk.until)
    }

    /// All markets.
    pub fn markets(&self) -> impl Iterator<Item = &MarketState> {
        self.markets.values()
    }

    /// A market.
    pub fn market(&self, key: &Pubkey) -> Option<&MarketState> {
        self.markets.get(key)
    }

    /// A market, to set what no account says.
    #[cfg(test)]
    pub(crate) fn market_mut(&mut self, key: &Pubkey) -> &mut MarketState {
        self.markets.get_mut(key).unwrap()
    }

    /// A position.
    pub fn position(&self, key: &Pubkey) -> Option<&Position> {
        self.positions.get(key).map(|held| &held.account)
    }

    /// How many positions are known, pending and closed ones among them.
    pub fn position_count(&self) -> usize {
        self.positions.len()
    }

    /// All orders.
    pub fn orders(&self) -> impl Iterator<Item = Keyed<Order>> {
        self.orders.iter().map(|(key, held)| Keyed { key: *key, account: held.account })
    }

    /// How many orders are known.
    pub fn order_count(&self) -> usize {
        self.orders.len()
    }

    /// All top-up plans.
    pub fn top_ups(&self) -> impl Iterator<Item = Keyed<TopUpPlan>> {
        self.top_ups.iter()
    }

    /// All withdrawals that wait.
    pub fn withdrawals(&self) -> impl Iterator<Item = Keyed<Withdrawal>> {
        self.withdrawals.iter()
    }

    /// The prices of a market's wind-down, by their own address.
    pub fn settlement(&self, key: &Pubkey) -> Option<&Settlement> {
        self.settlements.get(key)
    }

    /// Up to `count` positions after `last`, round and round.
    pub fn slice(&self, last: Option<Pubkey>, count: usize) -> Vec<Pubkey> {
        let after = |key: &&Pubkey| last.is_none_or(|last| **key > last);
        let from = last.unwrap_or_default();
        let next: Vec<_> =
            self.positions.range(from..).map(|entry| entry.0).filter(after).take(count).copied().collect();
        match next.is_empty() {
            true => self.positions.keys().take(count).copied().collect(),
            false => next,
        }
    }

    /// The chain's time, once it was read.
    pub fn now(&self) -> Option<UnixSeconds> {
        self.time.as_ref().map(ChainTime::now)
    }

    /// Newest slot heard of.
    pub fn slot(&self) -> u64 {
        self.slot
    }
}

/// What decisions look at.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The chain.
    pub state: &'a State,
    /// Who acts.
    pub keeper: Pubkey,
    /// What the operator set.
    pub duties: &'a Duties,
    /// The positions that this round looks at, of duties that look at all of them in turn.
    pub slice: &'a [Pubkey],
}

impl View<'_> {
    /// The keeper's token account for a market's collateral.
    pub fn keeper_account(&self, market: &MarketState) -> Pubkey {
        crate::wallet::token_account(&self.keeper, &market.keys.collateral_mint, &market.keys.token_program)
    }
}
