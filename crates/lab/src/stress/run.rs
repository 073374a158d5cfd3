//! One venue along one event: the loop over prices.

use std::collections::HashSet;

use anyhow::Result;
use bulkhead_risk::{Params, PositionStatus, Ppm, QuoteAtoms};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::book::{Book, Feedback, broken};
use super::feed::{Event, MARKETS, Tick};
use super::held::{Account, Held};
use super::people::{self, Kind, Person};
use super::scenario::{
    CONGESTED_FROM_PPM, CONGESTED_LANDS_OF_100, CONGESTED_TENTHS_PER_SECOND, LIQUIDATION_TENTHS, Scenario,
    Venue,
};
use super::tally::Tally;
use crate::live;

const MINUTE_SECS: i64 = 60;
/// How often a keeper refreshes every position.
const REFRESH_SECS: i64 = 600;
const CONGESTION_SECS: i64 = 300;
const HOUR_SECS: i64 = 3_600;
/// Acts of a keeper that may be saved up: what lands in one tick is what two may.
const SAVED_TICKS: i64 = 2;

/// What stays the same over venues and scenarios.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Traders.
    pub people: Vec<Person>,
    /// Draws everything.
    pub seed: u64,
    /// First pool of each market.
    pub pool_atoms: u64,
    /// Insurance of each market at the beginning.
    pub insurance_atoms: u64,
    /// How flow moves prices.
    pub feedback: Feedback,
}

/// A run.
pub(super) struct Run<'a> {
    pub(super) setting: &'a Setting,
    pub(super) event: &'a Event,
    pub(super) scenario: Scenario,
    pub(super) venue: Venue,
    pub(super) books: [Book; MARKETS],
    pub(super) held: Vec<Held>,
    pub(super) accounts: Vec<Account>,
    /// Positions that wait for a keeper.
    pub(super) queue: Vec<usize>,
    /// Positions whose owner is about to do something.
    pub(super) pending: Vec<usize>,
    pub(super) tally: Tally,
    pub(super) put_in: u128,
    pub(super) now: i64,
    pub(super) tenths: i64,
    hit: HashSet<usize>,
    openings: Vec<(i64, usize, usize)>,
    next_opening: usize,
    random: ChaCha8Rng,
}

fn params_of(venue: Venue) -> Result<[Params; MARKETS]> {
    let mut all = [live::btc()?, live::eth()?];
    if let Venue::FixedBefore(margins) | Venue::FixedAll(margins) = venue {
        for (params, margin) in all.iter_mut().zip(margins) {
            params.margin_min_ppm = Ppm(margin);
            params.margin_max_ppm = Ppm(margin);
            params.validate().map_err(broken)?;
        }
    }
    Ok(all)
}

/// Plays `event` and counts.
pub fn play(event: &Event, setting: &Setting, scenario: Scenario, venue: Venue) -> Result<Tally> {
    let mut run = Run::new(event, setting, scenario, venue)?;
    let (mut last_minute, mut last_refresh) = (0, 0);
    for tick in &event.ticks {
        run.begin(tick);
        let alive = run.keepers_alive();
        if alive {
            for book in &mut run.books {
                let _ = book.observe()?;
            }
        }
        run.open_due()?;
        run.look_around()?;
        run.act_for_owners()?;
        if alive {
            run.keep()?;
        }
        if run.now - last_minute >= MINUTE_SECS {
            last_minute = run.now;
            run.each_minute()?;
        }
        if alive && run.now - last_refresh >= REFRESH_SECS {
            last_refresh = run.now;
            run.refresh_all()?;
        }
    }
    run.end()
}

impl<'a> Run<'a> {
    fn new(event: &'a Event, setting: &'a Setting, scenario: Scenario, venue: Venue) -> Result<Self> {
        let lenders = people::lenders(setting.seed);
        let book = |params: Params| {
            Book::new(params, setting.pool_atoms, setting.insurance_atoms, &lenders, setting.feedback)
        };
        let mut openings: Vec<_> = setting
            .people
            .iter()
            .enumerate()
            .flat_map(|(person, who)| {
                who.wants.iter().enumerate().filter_map(move |(market, want)| {
                    want.map(|want| (event.onset + want.opens_after, person, market))
                })
            })
            .collect();
        openings.sort_unstable();
        let mut random = ChaCha8Rng::seed_from_u64(setting.seed);
        random.set_stream(13);
        Ok(Self {
            setting,
            event,
            scenario,
            venue,
            books: params_of(venue)?.map(book),
            held: Vec::new(),
            accounts: vec![Account::default(); setting.people.len()],
            queue: Vec::new(),
            pending: Vec::new(),
            tally: Tally::default(),
            put_in: MARKETS as u128 * u128::from(setting.pool_atoms + setting.insurance_atoms),
            now: 0,
            tenths: 0,
            hit: HashSet::new(),
            openings,
            next_opening: 0,
            random,
        })
    }

    fn begin(&mut self, tick: &Tick) {
        let elapsed = (tick.at - self.now).clamp(0, MINUTE_SECS);
        self.now = tick.at;
        for (book, sample) in self.books.iter_mut().zip(&tick.samples) {
            book.feed(tick.at, sample.as_ref());
        }
        let per_second = match self.is_congested() {
            true => i64::from(CONGESTED_TENTHS_PER_SECOND),
            false => i64::from(self.scenario.per_second * LIQUIDATION_TENTHS),
        };
        let gained = per_second * elapsed;
        self.tenths = (self.tenths + gained).min(gained * SAVED_TICKS);
    }

    /// Whether the chain is full now.
    pub(super) fn is_congested(&self) -> bool {
        let runs =
            |book: &Book| book.moved_ppm(CONGESTION_SECS).into_iter().any(|ppm| ppm > CONGESTED_FROM_PPM);
        self.scenario.congested && self.books.iter().any(runs)
    }

    /// Whether a trader's transaction lands now.
    pub(super) fn lands(&mut self) -> bool {
        !self.is_congested() || self.random.random_ratio(CONGESTED_LANDS_OF_100, 100)
    }

    fn keepers_alive(&self) -> bool {
        let crash = self.now - self.event.onset;
        self.scenario.outage_secs.is_none_or(|(from, until)| crash < from || crash >= until)
    }

    fn open_due(&mut self) -> Result<()> {
        while let Some((at, person, market)) = self.openings.get(self.next_opening).copied() {
            if at > self.now {
                break;
            }
            self.next_opening += 1;
            self.open(person, market)?;
        }
        Ok(())
    }

    /// Looks at every position whose price is where something may have to be done.
    fn look_around(&mut self) -> Result<()> {
        for index in 0..self.held.len() {
            let held = &self.held[index];
            let book = &self.books[held.market];
            if held.is_open() && book.has_sample && held.must_look(book.sample.price.get()) {
                self.look(index)?;
            }
        }
        Ok(())
    }

    fn each_minute(&mut self) -> Result<()> {
        if self.now <= self.event.onset {
            self.tally.mean_ramp_before_ppm = [0, 1].map(|market: usize| self.books[market].mean_ramp_ppm());
        }
        for book in &mut self.books {
            if book.has_sample && book.observe()? {
                book.minute()?;
                self.tally.winners_unpaid += u32::from(book.market.ledger.assert_reserve_covered().is_err());
            }
        }
        let moved = [0, 1].map(|market: usize| self.books[market].moved_ppm(HOUR_SECS));
        for index in 0..self.held.len() {
            let held = &self.held[index];
            let Kind::PanicsAt(at) = self.setting.people[held.person].kind else { continue };
            let against = moved[held.market][usize::from(!held.is_long())];
            if held.is_open() && against >= u64::from(at) {
                self.plan_close(index);
            }
        }
        Ok(())
    }

    fn refresh_all(&mut self) -> Result<()> {
        for index in 0..self.held.len() {
            let held = &self.held[index];
            let book = &self.books[held.market];
            if !held.is_open() || !book.has_sample {
                continue;
            }
            let (market, stored) = (&book.market, &held.position);
            // In one account what one position has shown alone says nothing: its requirement only falls.
            let refreshed = match self.venue.is_pooled() {
                true => stored.lowered(market),
                false => stored
                    .accrued(&market.params, &market.ledger)
                    .and_then(|position| position.refreshed(market, &book.sample, book.sample.publish_time)),
            };
            self.held[index].position = refreshed.map_err(broken)?;
            self.look(index)?;
        }
        Ok(())
    }

    /// Notes that a position was liquidated.
    pub(super) fn note_hit(&mut self, index: usize) {
        if self.hit.insert(index) {
            self.tally.hit += 1;
        }
    }

    /// Everybody closes at the last price; then every atom is accounted for.
    fn end(mut self) -> Result<Tally> {
        for index in 0..self.held.len() {
            if self.held[index].is_open() {
                self.books[self.held[index].market].has_sample = true;
                self.close(index)?;
            }
        }
        let left: u128 = self.held.iter().map(|held| u128::from(held.position.collateral.get())).sum();
        let cash: u128 = self.accounts.iter().map(|account| u128::from(account.cash.get())).sum();
        let booked: u128 = self.books.iter().map(Book::booked).sum();
        self.tally.books_balance = left + cash + booked == self.put_in;
        self.tally.overshoot_ppm = [0, 1].map(|market: usize| self.books[market].overshoot_ppm[0]);
        self.tally.mean_ramp_ppm = [0, 1].map(|market: usize| self.books[market].mean_ramp_ppm());
        for book in &self.books {
            let ledger = &book.market.ledger;
            self.tally.pool_result += i128::from(ledger.pool.get()) + i128::from(book.lenders_paid)
                - i128::from(self.setting.pool_atoms);
            self.tally.lenders_left += book.lenders_paid;
        }
        debug_assert!(self.held.iter().all(|held| held.position.status == PositionStatus::Closed));
        debug_assert!(self.accounts.iter().all(|account| account.cash >= QuoteAtoms::ZERO));
        Ok(self.tally)
    }
}
