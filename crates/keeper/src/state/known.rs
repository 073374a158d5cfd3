//! Accounts of one kind by address, each as of the slot that it was read at.

use std::collections::BTreeMap;

use bulkhead_client::rpc::Keyed;
use solana_pubkey::Pubkey;

/// An account, and the slot that it was read at.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<T> {
    pub(super) slot: u64,
    pub(super) account: T,
}

/// All accounts of a kind on which nothing else hangs.
#[derive(Debug)]
pub(super) struct Known<T>(BTreeMap<Pubkey, At<T>>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Copy> Known<T> {
    /// A state of an account; an older one than is known changes nothing.
    pub(super) fn put(&mut self, key: Pubkey, slot: u64, account: T) {
        if self.0.get(&key).is_none_or(|known| known.slot <= slot) {
            self.0.insert(key, At { slot, account });
        }
    }

    /// An account that is gone at `slot`.
    pub(super) fn remove(&mut self, key: &Pubkey, slot: u64) {
        if self.0.get(key).is_some_and(|known| known.slot <= slot) {
            self.0.remove(key);
        }
    }

    /// Takes over what `old` has that was read after `slot`.
    pub(super) fn keep_newer(&mut self, old: Self, slot: u64) {
        for (key, held) in old.0.into_iter().filter(|(_, held)| held.slot > slot) {
            self.put(key, held.slot, held.account);
        }
    }

    /// The account at an address.
    pub(super) fn get(&self, key: &Pubkey) -> Option<&T> {
        self.0.get(key).map(|held| &held.account)
    }

    /// All, by address.
    pub(super) fn iter(&self) -> impl Iterator<Item = Keyed<T>> {
        self.0.iter().map(|(key, held)| Keyed { key: *key, account: held.account })
    }
}
