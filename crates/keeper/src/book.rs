//! The open positions of one market in the order in which prices reach them.
//!
//! A price tick must not look at every position: [`Book::tick`] costs a fixed part for each family of
//! positions, O(log n) to find those that the price reaches, and one exact look at each of them. What it
//! finds is what a look at every position would find, always.
//!
//! # How
//!
//! A position's trigger prices drift while funding and borrow accrue, and with m_ramp and the add-on, which
//! no single sorted key could follow. So each position stands by a *bound*: a price that must be reached
//! before it can be liquidated. Positions whose bounds drift alike share a shelf, and the drift is kept once
//! for the shelf ([`bulkhead_risk::trigger`]). In time a bound becomes looser than it need be; a position that
//! is looked at and found healthy gets a new one, and [`Book::sweep`] renews some of the others whenever there
//! is time. A loose bound costs a look and never hides a position. Whether a position may be liquidated is
//! judged by [`assess`] alone.

mod shelves;
mod slots;

use std::collections::{BTreeSet, BinaryHeap};

use anchor_lang::prelude::Pubkey;
use bulkhead_risk::health::liquidation_price;
use bulkhead_risk::liquidation::{Assessment, Readiness, assess, liquidation_price_of};
use bulkhead_risk::{
    Market, Position, PositionStatus, PriceE12, Result, RiskError, Sample, Side, UnixSeconds,
};

use shelves::{Frame, Shelves};
use slots::{Slot, Slots};

/// A position that is not healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Address of the position.
    pub key: Pubkey,
    /// Its standing. Never [`Readiness::Healthy`]; whether it can be liquidated now is in here.
    pub assessment: Assessment,
}

/// What a tick found, in no particular order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// Every position that is not healthy.
    pub found: Vec<Hit>,
    /// Positions that were looked at and could not be judged. One whose indexes are ahead of the market's was
    /// read after it: read the market again.
    pub refused: Vec<(Pubkey, RiskError)>,
    /// How many were looked at: the found, the refused, and those whose bound was too loose.
    pub looked_at: usize,
}

/// A position and the index at which it becomes liquidatable if nothing else changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// Address of the position.
    pub key: Pubkey,
    /// By its maintenance margin, as [`liquidation_price`] has it.
    pub liquidation_price: PriceE12,
}

/// The open positions of one market.
#[derive(Debug, Default)]
pub struct Book {
    slots: Slots,
    shelves: Shelves,
    /// Where the next sweep begins.
    swept: u32,
    /// Kept between ticks, so that a tick allocates nothing.
    reached: Vec<u32>,
}

impl Book {
    /// An empty book.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many positions it holds.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The position at this address, as it was last put in.
    pub fn get(&self, key: &Pubkey) -> Option<&Position> {
        self.slots.find(key).and_then(|at| self.slots.get(at)).map(|slot| &slot.position)
    }

    /// Bytes on the heap, by the capacity of its parts; sorted trees are taken to be seven tenths full.
    pub fn heap_bytes(&self) -> usize {
        self.slots.heap_bytes() + self.shelves.heap_bytes() + self.reached.capacity() * size_of::<u32>()
    }

    /// Puts a position in, or a newer state of it in its place, and returns the older one. `position` is as
    /// its account stores it, `market` as the book's owner knows it now. Only open positions stay: any other
    /// is removed.
    pub fn insert(&mut self, market: &Market, key: Pubkey, position: Position) -> Option<Position> {
        if position.status != PositionStatus::Open {
            return self.remove(&key);
        }
        let (at, before) = self.slots.put(key, position);
        self.place(market, at);
        before
    }

    /// Puts in many at once, faster than one by one.
    pub fn extend(&mut self, market: &Market, positions: impl IntoIterator<Item = (Pubkey, Position)>) {
        let frame = Frame::of(market);
        let mut later = Vec::new();
        self.shelves.begin_bulk();
        for (key, position) in positions {
            if self.slots.find(&key).is_some() {
                later.push((key, position));
            } else if position.status == PositionStatus::Open {
                let (at, _) = self.slots.put(key, position);
                match (&frame, self.slots.get_mut(at)) {
                    (Ok(frame), Some(slot)) => place(&mut self.shelves, frame, at, slot),
                    _ => self.shelves.loosen(at),
                }
            }
        }
        self.shelves.end_bulk();
        for (key, position) in later {
            self.insert(market, key, position);
        }
    }

    /// Takes a position out.
    pub fn remove(&mut self, key: &Pubkey) -> Option<Position> {
        let (at, slot) = self.slots.take(key)?;
        self.shelves.lift(at, slot.places);
        Some(slot.position)
    }

    /// Every position that is not healthy at `sample`, which `market` has observed: the same that a look at
    /// each of them would find.
    ///
    /// Errors: the sample's edge or the market's rates cannot be computed, so that no position could be judged.
    pub fn tick(&mut self, market: &Market, sample: &Sample, now: UnixSeconds) -> Result<Hits> {
        let frame = Frame::of(market)?;
        let price = |side| liquidation_price_of(market, side, sample, now);
        let (long, short) = (price(Side::Long)?, price(Side::Short)?);
        let mut reached = std::mem::take(&mut self.reached);
        self.shelves.reached(&frame, long, short, &mut reached);
        let mut hits = Hits { looked_at: reached.len(), ..Hits::default() };
        for at in reached.drain(..) {
            let Some(slot) = self.slots.get_mut(at) else { continue };
            let judged = current(market, &slot.position)
                .and_then(|current| Ok((current, assess(market, &current, sample, now)?)));
            match judged {
                Ok((current, assessment)) if assessment.readiness == Readiness::Healthy => {
                    slot.places = self.shelves.place(&frame, at, slot.places, &slot.position, &current);
                }
                Ok((_, assessment)) => hits.found.push(Hit { key: slot.key, assessment }),
                Err(error) => hits.refused.push((slot.key, error)),
            }
        }
        self.reached = reached;
        Ok(hits)
    }

    /// Renews the bounds of the next `count` positions, in turn, so that none becomes looser than what the
    /// market drifts in one round. Between ticks, as time allows.
    pub fn sweep(&mut self, market: &Market, count: usize) {
        let Ok(frame) = Frame::of(market) else { return };
        for _ in 0..count.min(self.slots.places()) {
            let at = self.swept;
            if let Some(slot) = self.slots.get_mut(at) {
                place(&mut self.shelves, &frame, at, slot);
            }
            self.swept = self.slots.after(at);
        }
    }

    /// The next positions of `side` to become liquidatable as the price moves against them, soonest first;
    /// those that already are come first of all. Positions that no price takes are not among them.
    ///
    /// Errors: the market's rates cannot be computed.
    pub fn nearest(&self, market: &Market, side: Side, count: usize) -> Result<Vec<Nearest>> {
        let frame = Frame::of(market)?;
        let mut walks = self.shelves.walks(&frame, side);
        // Bounds come in order on each shelf; a position is next once it lies before every bound left.
        let mut heads = BinaryHeap::new();
        for (which, walk) in walks.iter_mut().enumerate() {
            heads.extend(walk.next().map(|(rank, at)| (rank, which, at)));
        }
        let mut waiting = BTreeSet::new();
        waiting.extend(self.shelves.loose().filter_map(|at| self.ranked(market, side, at)));
        let mut nearest = Vec::new();
        while nearest.len() < count {
            let head = heads.peek().map(|(rank, ..)| *rank);
            match waiting.last().copied() {
                Some((rank, at)) if head.is_none_or(|head| head < rank) => {
                    waiting.pop_last();
                    let key = self.slots.get(at).map(|slot| slot.key);
                    let liquidation_price = unranked(side, rank);
                    nearest.extend(key.map(|key| Nearest { key, liquidation_price }));
                }
                _ => {
                    let Some((_, which, at)) = heads.pop() else { break };
                    // What is loose was ranked above, and may stand here by a bound that is no more.
                    if !self.shelves.is_loose(at) {
                        waiting.extend(self.ranked(market, side, at));
                    }
                    let next = walks.get_mut(which).and_then(Iterator::next);
                    heads.extend(next.map(|(rank, at)| (rank, which, at)));
                }
            }
        }
        Ok(nearest)
    }

    /// A position of `side` by its exact liquidation price; none if no price takes it.
    fn ranked(&self, market: &Market, side: Side, at: u32) -> Option<(u64, u32)> {
        let position = &self.slots.get(at)?.position;
        let price = liquidation_price(market, &current(market, position).ok()?).ok()?;
        (position.side == side && !price.is_zero()).then(|| (rank(side, price), at))
    }

    fn place(&mut self, market: &Market, at: u32) {
        match (Frame::of(market), self.slots.get_mut(at)) {
            (Ok(frame), Some(slot)) => place(&mut self.shelves, &frame, at, slot),
            _ => self.shelves.loosen(at),
        }
    }
}

/// A position as an instruction that judges it first makes it.
fn current(market: &Market, position: &Position) -> Result<Position> {
    position.accrued(&market.params, &market.ledger)?.lowered(market)
}

/// Puts a slot where its bounds belong; what has none is looked at by every tick.
fn place(shelves: &mut Shelves, frame: &Frame<'_>, at: u32, slot: &mut Slot) {
    match current(frame.market, &slot.position) {
        Ok(current) => slot.places = shelves.place(frame, at, slot.places, &slot.position, &current),
        Err(_) => shelves.loosen(at),
    }
}

/// The larger, the sooner a price that moves against `side` gets there.
fn rank(side: Side, price: PriceE12) -> u64 {
    match side {
        Side::Long => price.0,
        Side::Short => !price.0,
    }
}

fn unranked(side: Side, rank: u64) -> PriceE12 {
    match side {
        Side::Long => PriceE12(rank),
        Side::Short => PriceE12(!rank),
    }
}
