//! Where positions lie: one slot each, found by address. A slot keeps its number while its position stays.

use std::collections::HashMap;

use anchor_lang::prelude::Pubkey;
use bulkhead_risk::Position;

use super::shelves::Place;

/// One position, and the places where its two bounds stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) key: Pubkey,
    pub(super) position: Position,
    pub(super) places: [Place; 2],
}

/// All slots.
#[derive(Debug, Default)]
pub(super) struct Slots {
    all: Vec<Option<Slot>>,
    free: Vec<u32>,
    by_key: HashMap<Pubkey, u32>,
}

impl Slots {
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// How many slots there are, free ones included.
    pub(super) fn places(&self) -> usize {
        self.all.len()
    }

    pub(super) fn find(&self, key: &Pubkey) -> Option<u32> {
        self.by_key.get(key).copied()
    }

    pub(super) fn get(&self, at: u32) -> Option<&Slot> {
        self.all.get(at as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, at: u32) -> Option<&mut Slot> {
        self.all.get_mut(at as usize)?.as_mut()
    }

    /// The number after this one, round and round.
    pub(super) fn after(&self, at: u32) -> u32 {
        if at as usize + 1 < self.all.len() { at + 1 } else { 0 }
    }

    /// Stores a position in its slot or a new one; returns the slot and what lay there. It keeps its places,
    /// so that whoever stores it can lift it from them.
    pub(super) fn put(&mut self, key: Pubkey, position: Position) -> (u32, Option<Position>) {
        let known = self.find(&key).and_then(|at| Some((at, self.get_mut(at)?)));
        if let Some((at, slot)) = known {
            return (at, Some(std::mem::replace(&mut slot.position, position)));
        }
        let slot = Some(Slot { key, position, places: [Place::NOWHERE; 2] });
        let at = match self.free.pop() {
            Some(at) => {
                self.all[at as usize] = slot;
                at
            }
            None => {
                // Four billion accounts of a position's size are more than the chain holds.
                let at = u32::try_from(self.all.len()).expect("fewer than 2^32 positions");
                self.all.push(slot);
                at
            }
        };
        self.by_key.insert(key, at);
        (at, None)
    }

    pub(super) fn take(&mut self, key: &Pubkey) -> Option<(u32, Slot)> {
        let at = self.by_key.remove(key)?;
        let slot = self.all.get_mut(at as usize)?.take()?;
        self.free.push(at);
        Some((at, slot))
    }

    pub(super) fn heap_bytes(&self) -> usize {
        // The map keeps one control byte for each entry, and leaves an eighth of its buckets free.
        let buckets = self.by_key.capacity() / 7 * 8;
        self.all.capacity() * size_of::<Option<Slot>>()
            + self.free.capacity() * size_of::<u32>()
            + buckets * (size_of::<(Pubkey, u32)>() + 1)
    }
}
