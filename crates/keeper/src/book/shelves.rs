//! The order of the book: one shelf for each family of positions, sorted by urgency, with one drift for all.

use std::collections::{BTreeMap, BTreeSet};

use bulkhead_risk::trigger::{Bound, Drift, Drivers, Family, cap_bound, margin_bound};
use bulkhead_risk::{Market, Position, PriceE12, Result, Side};

use super::rank;

/// A market and what moves the bounds of either side in it, computed once for many positions.
pub(super) struct Frame<'a> {
    pub(super) market: &'a Market,
    long: Drivers,
    short: Drivers,
}

impl<'a> Frame<'a> {
    pub(super) fn of(market: &'a Market) -> Result<Self> {
        Ok(Self { market, long: Drivers::of(market, Side::Long)?, short: Drivers::of(market, Side::Short)? })
    }

    fn drivers(&self, side: Side) -> &Drivers {
        match side {
            Side::Long => &self.long,
            Side::Short => &self.short,
        }
    }
}

/// Where one bound of a position stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    urgency: u64,
    /// Families have fewer than 2^16 forms: two sides, four ways to follow, 32 steps of margin, 128 of reserve.
    shelf: u16,
}

impl Place {
    pub(super) const NOWHERE: Self = Self { urgency: 0, shelf: u16::MAX };
}

/// Positions of one family, by urgency.
#[derive(Debug)]
struct Shelf {
    side: Side,
    family: Family,
    drift: Drift,
    entries: BTreeSet<(u64, u32)>,
    /// What a bulk load has put here and not sorted yet.
    unsorted: Vec<(u64, u32)>,
}

impl Shelf {
    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.unsorted.is_empty()
    }
}

/// All shelves, and the positions that stand on none.
#[derive(Debug, Default)]
pub(super) struct Shelves {
    all: Vec<Shelf>,
    by_family: BTreeMap<(bool, Family), u16>,
    /// Looked at by every tick: they have no bound, or it could not be followed.
    loose: BTreeSet<u32>,
    is_bulk: bool,
}

impl Shelves {
    /// Moves a position's bounds to where they belong now. What cannot be placed becomes loose.
    pub(super) fn place(
        &mut self,
        frame: &Frame<'_>,
        at: u32,
        before: [Place; 2],
        stored: &Position,
        current: &Position,
    ) -> [Place; 2] {
        let bounds = [margin_bound(frame.market, stored, current), cap_bound(frame.market, current)];
        let mut is_loose = false;
        let places = [0, 1].map(|which| {
            let bound = bounds[which].ok().flatten();
            let place = bound.and_then(|bound| self.locate(frame, stored.side, bound));
            let place = place.unwrap_or(Place::NOWHERE);
            is_loose |= place == Place::NOWHERE;
            if place != before[which] {
                self.take_off(at, before[which]);
            }
            self.put_on(at, place);
            place
        });
        match is_loose {
            true => self.loose.insert(at),
            false => self.loose.remove(&at),
        };
        places
    }

    /// The place of a bound; none if it has none that could be followed.
    fn locate(&mut self, frame: &Frame<'_>, side: Side, bound: Bound) -> Option<Place> {
        let drivers = frame.drivers(side);
        let name = (side == Side::Long, bound.family);
        let number = match self.by_family.get(&name) {
            Some(number) => *number,
            None => {
                let number = u16::try_from(self.all.len()).ok().filter(|number| *number < u16::MAX)?;
                let drift = Drift::new(side, bound.family, *drivers).ok()?;
                let (entries, unsorted) = (BTreeSet::new(), Vec::new());
                self.all.push(Shelf { side, family: bound.family, drift, entries, unsorted });
                self.by_family.insert(name, number);
                number
            }
        };
        let shelf = self.all.get_mut(usize::from(number))?;
        if shelf.is_empty() {
            shelf.drift = Drift::new(side, shelf.family, *drivers).ok()?;
        } else if shelf.drift.advance(drivers).is_err() {
            clear(shelf, &mut self.loose);
            shelf.drift = Drift::new(side, shelf.family, *drivers).ok()?;
        }
        let urgency = shelf.drift.urgency(bound.price).ok()??;
        Some(Place { urgency, shelf: number })
    }

    fn put_on(&mut self, at: u32, place: Place) {
        if let Some(shelf) = self.all.get_mut(usize::from(place.shelf)) {
            match self.is_bulk {
                true => shelf.unsorted.push((place.urgency, at)),
                false => drop(shelf.entries.insert((place.urgency, at))),
            }
        }
    }

    fn take_off(&mut self, at: u32, place: Place) {
        if let Some(shelf) = self.all.get_mut(usize::from(place.shelf)) {
            shelf.entries.remove(&(place.urgency, at));
        }
    }

    /// Takes a position off for good.
    pub(super) fn lift(&mut self, at: u32, places: [Place; 2]) {
        for place in places {
            self.take_off(at, place);
        }
        self.loose.remove(&at);
    }

    /// Has every tick look at a position, wherever it stands.
    pub(super) fn loosen(&mut self, at: u32) {
        self.loose.insert(at);
    }

    pub(super) fn is_loose(&self, at: u32) -> bool {
        self.loose.contains(&at)
    }

    pub(super) fn loose(&self) -> impl Iterator<Item = u32> {
        self.loose.iter().copied()
    }

    /// From here to [`Self::end_bulk`] entries are gathered, and then sorted once. Only new positions are placed
    /// meanwhile, and in one frame.
    pub(super) fn begin_bulk(&mut self) {
        self.is_bulk = true;
    }

    pub(super) fn end_bulk(&mut self) {
        self.is_bulk = false;
        for shelf in &mut self.all {
            let unsorted = std::mem::take(&mut shelf.unsorted);
            match shelf.entries.is_empty() {
                true => shelf.entries = unsorted.into_iter().collect(),
                false => shelf.entries.extend(unsorted),
            }
        }
    }

    /// Every position that a price of its side reaches, and the loose ones, each once.
    pub(super) fn reached(
        &mut self,
        frame: &Frame<'_>,
        long: PriceE12,
        short: PriceE12,
        reached: &mut Vec<u32>,
    ) {
        reached.clear();
        for shelf in self.all.iter_mut().filter(|shelf| !shelf.is_empty()) {
            let price = if shelf.side == Side::Long { long } else { short };
            let advanced = shelf.drift.advance(frame.drivers(shelf.side));
            match advanced.and_then(|()| shelf.drift.threshold(price)) {
                Ok(Some(least)) => reached.extend(shelf.entries.range((least, 0)..).map(|entry| entry.1)),
                Ok(None) => {}
                Err(_) => clear(shelf, &mut self.loose),
            }
        }
        reached.extend(&self.loose);
        reached.sort_unstable();
        reached.dedup();
    }

    /// The margin shelves of a side from their most urgent entry down, each entry with the rank of its bound.
    pub(super) fn walks<'a>(
        &'a self,
        frame: &Frame<'_>,
        side: Side,
    ) -> Vec<impl Iterator<Item = (u64, u32)> + 'a> {
        let is_wanted = move |shelf: &&Shelf| shelf.side == side && shelf.family != Family::Cap;
        let walk = |shelf: &'a Shelf| {
            let mut drift = shelf.drift;
            let is_followed = drift.advance(frame.drivers(side)).is_ok();
            shelf.entries.iter().rev().map(move |(urgency, at)| {
                let bound = drift.price(*urgency).ok().filter(|_| is_followed);
                (bound.map_or(u64::MAX, |bound| rank(side, bound)), *at)
            })
        };
        self.all.iter().filter(is_wanted).map(walk).collect()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let entries: usize = self.all.iter().map(|shelf| shelf.entries.len()).sum();
        let tree = entries * size_of::<(u64, u32)>() + self.loose.len() * size_of::<u32>();
        tree / 7 * 10 + self.all.capacity() * size_of::<Shelf>()
    }
}

/// Makes all positions of a shelf loose. Their places point to entries that are no longer there, which is
/// what taking off expects.
fn clear(shelf: &mut Shelf, loose: &mut BTreeSet<u32>) {
    loose.extend(shelf.entries.iter().chain(&shelf.unsorted).map(|entry| entry.1));
    shelf.entries.clear();
    shelf.unsorted.clear();
}
