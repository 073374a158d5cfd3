//! Random histories of a market, with the book beside a plain map of the same positions.

use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use bulkhead_keeper::book::{Book, Hit, Hits};
use bulkhead_risk::health::liquidation_price;
use bulkhead_risk::liquidation::{Readiness, assess};
use bulkhead_risk::transition::{Frozen, Liquidation, liquidate};
use bulkhead_risk::{
    Market, Position, PositionStatus, Ppm, PriceE12, Purpose, QuoteAtoms, Sample, Side, UnixSeconds,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::world::*;

pub(crate) struct History {
    rng: ChaCha8Rng,
    pub(crate) market: Market,
    pub(crate) sample: Sample,
    pub(crate) now: UnixSeconds,
    pub(crate) book: Book,
    pub(crate) positions: BTreeMap<Pubkey, Position>,
    next_key: u64,
    /// Half width of the confidence interval, in ppm: wide for a while, then narrow again.
    confidence_ppm: i64,
    pub(crate) seen: Seen,
}

impl History {
    pub(crate) fn new(seed: u64, positions: usize) -> Self {
        let sample = Sample { price: PRICE, conf: PriceE12(0), ema: PRICE, publish_time: NOW };
        let mut history = Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            market: market(),
            sample,
            now: NOW,
            book: Book::new(),
            positions: BTreeMap::new(),
            next_key: 0,
            confidence_ppm: 0,
            seen: Seen::default(),
        };
        for _ in 0..positions {
            let (key, position) = history.open();
            history.positions.insert(key, position);
        }
        let all = history.positions.iter().map(|(key, position)| (*key, *position));
        history.book.extend(&history.market, all.collect::<Vec<_>>());
        history.compare();
        history
    }

    /// One event, most often a price.
    pub(crate) fn step(&mut self) {
        match self.rng.random_range(0..20) {
            0..=6 => {
                let secs = [1, 1, 2, 5, 60, 600, 14_400][self.rng.random_range(0..7)];
                let moved = self.rng.random_range(-20_000..=20_000) / self.rng.random_range(1..40);
                self.advance(secs, moved, self.confidence_ppm);
                self.compare();
                self.compare_nearest();
            }
            7 => self.look_ahead(),
            8 | 9 => {
                let (key, position) = self.open();
                self.put(key, position);
            }
            10 => self.with_any(|_, position, rng| {
                position.collateral = QuoteAtoms(position.collateral.0 / 100 * rng.random_range(60..140));
                position.reserved = QuoteAtoms(position.reserved.0 / 100 * rng.random_range(50..110));
            }),
            11 => self.touch(),
            12 => {
                let hits = self.compare();
                self.act(&hits);
            }
            13 => self.market.volatility.ramp_ppb = self.rng.random_range(25_000_000..200_000_000),
            14 => self.change_parameters(),
            15 => {
                let part = self.rng.random_range(0..2_000);
                let side = self.side();
                let sums = self.market.ledger.side_mut(side);
                sums.open_interest.0 = sums.open_interest.0 / 1_000 * part + 1_000_000;
            }
            16 => self.book.sweep(&self.market, self.rng.random_range(0..80)),
            17 => self.remove(),
            18 => self.confidence_ppm = [0, 0, 1_000, 8_000, 15_000, 60_000][self.rng.random_range(0..6)],
            _ => {
                let hits = self.compare();
                self.sight(&hits);
            }
        }
    }

    /// Time and a price pass; the market observes it, or at least accrues.
    pub(crate) fn advance(&mut self, secs: i64, moved_ppm: i64, confidence_ppm: i64) {
        self.now = UnixSeconds(self.now.0 + secs);
        let price = self.sample.price.0 as i128 * (1_000_000 + i128::from(moved_ppm)) / 1_000_000;
        let conf = price * i128::from(confidence_ppm) / 1_000_000;
        let (price, conf) = (PriceE12(price as u64), PriceE12(conf as u64));
        let sample = Sample { price, conf, ema: price, publish_time: self.now };
        let mut market = self.market;
        for purpose in [Purpose::Liquidate, Purpose::Update] {
            if market.observe(&sample, purpose, self.now).is_ok() {
                (self.market, self.sample) = (market, sample);
                return;
            }
        }
    }

    /// A keeper's projection into a future that then turns out otherwise: indexes fall back after it.
    fn look_ahead(&mut self) {
        let (market, sample, now) = (self.market, self.sample, self.now);
        self.advance(3_600, 500, self.confidence_ppm);
        self.compare();
        (self.market, self.sample, self.now) = (market, sample, now);
        self.compare();
    }

    fn side(&mut self) -> Side {
        if self.rng.random() { Side::Long } else { Side::Short }
    }

    /// A position anywhere from deep below its requirement to backed in full, near its cap or far from it.
    fn open(&mut self) -> (Pubkey, Position) {
        let side = self.side();
        let rng = &mut self.rng;
        let dollars = 10_u64.pow(rng.random_range(0..4)) * rng.random_range(20..100);
        let collateral_ppm = match rng.random_range(0..10) {
            0 => rng.random_range(0..40_000),
            1 => rng.random_range(300_000..1_100_000),
            _ => rng.random_range(40_000..200_000),
        };
        let mut position = position_at(&self.market, side, dollars, collateral_ppm);
        position.entry = PriceE12(position.entry.0 / 1_000 * rng.random_range(970..1_030));
        let most = if rng.random() { 60_000 } else { 1_000_000 };
        position.reserved = QuoteAtoms(dollars * rng.random_range(20_000..most));
        position.margin_ppm = Ppm(rng.random_range(25_000..150_000));
        position.addon_ppm = Ppm(rng.random_range(0..40_000));
        position.liquidation_fee_ppm = Ppm(rng.random_range(1_000..20_000));
        position.owed_borrow = QuoteAtoms(dollars * rng.random_range(0..5_000));
        position.owed_funding = QuoteAtoms(dollars * rng.random_range(0..5_000));
        position.due = QuoteAtoms(dollars * rng.random_range(0..10_000));
        if rng.random_range(0..4) == 0 {
            position.below_since = UnixSeconds(self.now.0 - rng.random_range(0..70));
        }
        count(&mut self.market, &position);
        self.next_key += 1;
        (key(self.next_key), position)
    }

    pub(crate) fn put(&mut self, key: Pubkey, position: Position) {
        self.book.insert(&self.market, key, position);
        match position.status {
            PositionStatus::Open => self.positions.insert(key, position),
            PositionStatus::Pending | PositionStatus::Closed => self.positions.remove(&key),
        };
    }

    fn any(&mut self) -> Option<(Pubkey, Position)> {
        let which = self.rng.random_range(0..self.positions.len().max(1));
        self.positions.iter().nth(which).map(|(key, position)| (*key, *position))
    }

    fn with_any(&mut self, change: impl FnOnce(&Self, &mut Position, &mut ChaCha8Rng)) {
        let Some((key, mut position)) = self.any() else { return };
        let mut rng = self.rng.clone();
        change(self, &mut position, &mut rng);
        self.rng = rng;
        self.put(key, position);
    }

    fn remove(&mut self) {
        if let Some((key, position)) = self.any() {
            assert_eq!(self.book.remove(&key), Some(position));
            self.positions.remove(&key);
        }
    }

    /// What an instruction that writes a position does to it: accrued, and refreshed or lifted.
    fn touch(&mut self) {
        self.with_any(|history, position, rng| {
            let market = &history.market;
            let Ok(accrued) = position.accrued(&market.params, &market.ledger) else { return };
            let touched = match rng.random_range(0..3) {
                0 => Ok(accrued),
                1 => accrued.refreshed(market, &history.sample, history.now),
                _ => accrued.lifted(market, &history.sample, history.now),
            };
            *position = touched.unwrap_or(accrued);
        });
    }

    fn change_parameters(&mut self) {
        let rng = &mut self.rng;
        let params = &mut self.market.params;
        params.depth_quote_atoms = QuoteAtoms(10_u64.pow(rng.random_range(10..15)));
        params.borrow_kink_rate_e12 = rng.random_range(0..317_098);
        params.funding_rate_max_e12 = rng.random_range(0..317_098);
        params.margin_min_ppm = Ppm(rng.random_range(10_000..40_000));
    }

    /// Stores the sightings of a tick, as `flag` does.
    fn sight(&mut self, hits: &Hits) {
        for hit in &hits.found {
            let stored = self.positions[&hit.key];
            let current = self.current(&stored).unwrap();
            let sighted = current.sighted(hit.assessment.readiness, &self.sample);
            self.put(hit.key, stored.with_requirement_of(&sighted));
        }
    }

    /// Liquidates what is ready.
    fn act(&mut self, hits: &Hits) {
        for hit in &hits.found {
            let stored = self.positions[&hit.key];
            match liquidate(&self.market, &stored, &self.sample, Frozen::default(), self.now) {
                Ok(Liquidation::Done(report)) => {
                    self.seen.liquidated += 1;
                    self.market.ledger = report.ledger;
                    self.put(hit.key, report.position);
                }
                Ok(Liquidation::Skipped { position, .. }) => self.put(hit.key, position),
                // The sums were tampered with, and this one's part is no longer in them.
                Err(_) => {}
            }
        }
    }

    fn current(&self, position: &Position) -> bulkhead_risk::Result<Position> {
        position.accrued(&self.market.params, &self.market.ledger)?.lowered(&self.market)
    }

    /// A tick of the book against a look at every position.
    pub(crate) fn compare(&mut self) -> Hits {
        let mut hits = self.book.tick(&self.market, &self.sample, self.now).unwrap();
        let mut scanned = Vec::new();
        for (key, position) in &self.positions {
            let standing = self
                .current(position)
                .and_then(|current| assess(&self.market, &current, &self.sample, self.now));
            match standing {
                Ok(assessment) if assessment.readiness != Readiness::Healthy => {
                    scanned.push(Hit { key: *key, assessment });
                }
                // Healthy, or not to be judged by anybody: the book reports that if it had to look.
                Ok(_) | Err(_) => {}
            }
        }
        hits.found.sort_by_key(|hit| hit.key);
        assert_eq!(hits.found, scanned);
        assert_eq!(self.book.len(), self.positions.len());
        for hit in &hits.found {
            self.seen.note(hit.assessment.readiness);
        }
        self.seen.healthy += (self.positions.len() - scanned.len()) as u64;
        // Beside a cap that only the edge in its favour reaches, a position is looked at every time.
        if !self.market.oracle.is_wide_matured(self.now).unwrap() {
            self.seen.idle += (hits.looked_at - scanned.len()) as u64;
        }
        hits
    }

    fn compare_nearest(&self) {
        for side in [Side::Long, Side::Short] {
            let mut all: Vec<_> = self
                .positions
                .values()
                .filter(|position| position.side == side)
                .filter_map(|position| liquidation_price(&self.market, &self.current(position).ok()?).ok())
                .filter(|price| !price.is_zero())
                .collect();
            all.sort();
            if side == Side::Long {
                all.reverse();
            }
            let nearest = self.book.nearest(&self.market, side, 7).unwrap();
            let prices: Vec<_> = nearest.iter().map(|near| near.liquidation_price).collect();
            assert_eq!(prices, all[..all.len().min(7)]);
            for near in nearest {
                let current = self.current(&self.positions[&near.key]).unwrap();
                assert_eq!(liquidation_price(&self.market, &current), Ok(near.liquidation_price));
            }
        }
    }
}
