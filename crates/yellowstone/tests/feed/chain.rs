//! A chain of accounts in memory, which a node, a websocket and a Geyser stream tell of.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use anchor_lang::prelude::Pubkey;
use tokio::sync::broadcast;

pub(crate) const CLOCK: Pubkey = Pubkey::from_str_const("SysvarC1ock11111111111111111111111111111111");
pub(crate) const SYSTEM: Pubkey = Pubkey::new_from_array([0; 32]);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) owner: Pubkey,
    pub(crate) lamports: u64,
    pub(crate) data: Vec<u8>,
}

/// What happened, and in which slot.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Account { key: Pubkey, held: Held, slot: u64 },
    Slot(u64),
}

impl Change {
    pub(crate) fn slot(&self) -> u64 {
        match self {
            Self::Account { slot, .. } | Self::Slot(slot) => *slot,
        }
    }
}

struct Inner {
    slot: u64,
    accounts: BTreeMap<Pubkey, Held>,
    past: Vec<Change>,
}

#[derive(Clone)]
pub(crate) struct Chain {
    inner: Arc<Mutex<Inner>>,
    changes: broadcast::Sender<Change>,
}

impl Chain {
    pub(crate) fn new(slot: u64) -> Self {
        let inner = Inner { slot, accounts: BTreeMap::new(), past: Vec::new() };
        let chain = Self { inner: Arc::new(Mutex::new(inner)), changes: broadcast::channel(4_096).0 };
        chain.write_clock(slot);
        chain
    }

    fn write_clock(&self, slot: u64) {
        let mut data = vec![0; 40];
        data[..8].copy_from_slice(&slot.to_le_bytes());
        data[32..].copy_from_slice(&1_700_000_000_i64.to_le_bytes());
        let clock = Held { owner: SYSTEM, lamports: 1, data };
        self.inner.lock().unwrap().accounts.insert(CLOCK, clock);
    }

    pub(crate) fn slot(&self) -> u64 {
        self.inner.lock().unwrap().slot
    }

    fn tell(&self, change: Change) {
        self.inner.lock().unwrap().past.push(change.clone());
        // It may be that nobody listens.
        let _ = self.changes.send(change);
    }

    pub(crate) fn put(&self, key: Pubkey, owner: Pubkey, data: Vec<u8>) {
        let held = Held { owner, lamports: 1, data };
        let slot = {
            let mut inner = self.inner.lock().unwrap();
            inner.accounts.insert(key, held.clone());
            inner.slot
        };
        self.tell(Change::Account { key, held, slot });
    }

    /// As the runtime leaves an account that a program has closed.
    pub(crate) fn close(&self, key: Pubkey) {
        let slot = {
            let mut inner = self.inner.lock().unwrap();
            inner.accounts.remove(&key).unwrap();
            inner.slot
        };
        let held = Held { owner: SYSTEM, lamports: 0, data: Vec::new() };
        self.tell(Change::Account { key, held, slot });
    }

    /// The next slot begins.
    pub(crate) fn advance(&self) {
        let slot = {
            let mut inner = self.inner.lock().unwrap();
            inner.slot += 1;
            inner.slot
        };
        self.write_clock(slot);
        self.tell(Change::Slot(slot));
    }

    pub(crate) fn get(&self, key: &Pubkey) -> Option<Held> {
        self.inner.lock().unwrap().accounts.get(key).cloned()
    }

    pub(crate) fn owned_by(&self, owner: &Pubkey) -> Vec<(Pubkey, Held)> {
        let inner = self.inner.lock().unwrap();
        let own = inner.accounts.iter().filter(|(_, held)| held.owner == *owner);
        own.map(|(key, held)| (*key, held.clone())).collect()
    }

    /// What comes from now on, after everything since `from_slot`.
    pub(crate) fn listen(&self, from_slot: Option<u64>) -> (Vec<Change>, broadcast::Receiver<Change>) {
        let inner = self.inner.lock().unwrap();
        let past = inner.past.iter().filter(|change| from_slot.is_some_and(|from| change.slot() >= from));
        (past.cloned().collect(), self.changes.subscribe())
    }
}
