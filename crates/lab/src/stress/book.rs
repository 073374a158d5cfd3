//! One market of a venue: its state, the price that its own flow moves, and who lends to it.
//!
//! The price is that of the file, moved by what is sold or bought because of liquidations and of traders who
//! give up. Trading `x` moves it at once by `2 % * x / depth` (linear, as in Kyle 1985), and the move decays by
//! half in `half_life_secs` (transient impact with exponential resilience, as in Obizhaeva and Wang 2013).
//! `depth` is the market's own parameter, the depth of the reference market within 2 %, times the share of it
//! that is left in a crash.

use std::collections::VecDeque;

use anyhow::{Result, anyhow};
use bulkhead_risk::pool::withdraw::{self, Withdrawal};
use bulkhead_risk::{Market, Params, PriceE12, Purpose, QuoteAtoms, RiskError, Sample, Shares, UnixSeconds};

use super::people::Lender;
use crate::path::PathSample;

const PPM: i128 = 1_000_000;
const PPB: i128 = 1_000_000_000;
const E12_PER_E8: u64 = 10_000;
/// A trade of the whole depth moves the price by 2 %.
const MOVE_AT_DEPTH_PPB: i128 = 20_000_000;
/// Whatever is sold, the price is not moved by more than half.
const PRESSURE_MAX_PPB: i128 = 500_000_000;
/// Time constant of the oracle's own average: one hour's half-life.
const EMA_TAU_SECS: i128 = 5_194;
const LN_2_PPM: i128 = 693_147;
const MINUTE_SECS: i64 = 60;
const HOUR_SECS: i64 = 3_600;

/// How flow moves the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// Share of the depth that is left, in per cent; zero turns feedback off.
    pub depth_percent: u32,
    /// In this time a move halves.
    pub half_life_secs: i64,
}

/// One market.
pub struct Book {
    /// State.
    pub market: Market,
    /// The present price.
    pub sample: Sample,
    /// Whether there is one at this tick.
    pub has_sample: bool,
    /// What it has paid to keepers.
    pub keeper_paid: u64,
    /// What it has paid to lenders who left.
    pub lenders_paid: u64,
    /// Furthest that its own flow ever pushed the price down and up, in ppm.
    pub overshoot_ppm: [u64; 2],
    lenders: Vec<(Lender, Shares, Option<Withdrawal>)>,
    feedback: Feedback,
    pressure_ppb: i128,
    ema_e12: i128,
    observed_at: i64,
    minutes: VecDeque<(i64, u64)>,
    ramp_sum: (u128, u128),
}

/// An error of the arithmetic: the simulation asked for what cannot be.
pub fn broken(error: RiskError) -> anyhow::Error {
    anyhow!("{error:?}")
}

impl Book {
    /// A market with a pool, and insurance that earlier liquidations have left.
    pub fn new(params: Params, pool: u64, insurance: u64, lenders: &[Lender], feedback: Feedback) -> Self {
        let mut market = Market { params, ..Market::default() };
        market.ledger.pool = QuoteAtoms(pool);
        market.ledger.shares = Shares(pool);
        market.ledger.insurance = QuoteAtoms(insurance);
        let share = |ppm: u32| (u128::from(pool) * u128::from(ppm) / PPM as u128) as u64;
        Self {
            market,
            sample: Sample::default(),
            has_sample: false,
            keeper_paid: 0,
            lenders_paid: 0,
            overshoot_ppm: [0; 2],
            lenders: lenders.iter().map(|lender| (*lender, Shares(share(lender.share_ppm)), None)).collect(),
            feedback,
            pressure_ppb: 0,
            ema_e12: 0,
            observed_at: 0,
            minutes: VecDeque::new(),
            ramp_sum: (0, 0),
        }
    }

    /// The next price, moved by what lasts of its own flow.
    pub fn feed(&mut self, at: i64, sample: Option<&PathSample>) {
        self.has_sample = sample.is_some();
        let Some(raw) = sample else { return };
        let dt = (at - self.sample.publish_time.get()).clamp(0, HOUR_SECS);
        // 1 - exp(-dt ln 2 / half life) to first order: a tick is short against the half-life; in a gap all goes.
        let gone = i128::from(dt) * LN_2_PPM / i128::from(self.feedback.half_life_secs.max(1));
        self.pressure_ppb -= self.pressure_ppb * gone.min(PPM) / PPM;
        let moved = |price_e8: u64| {
            let price = i128::from(price_e8 * E12_PER_E8);
            PriceE12((price + price * self.pressure_ppb / PPB).max(1) as u64)
        };
        let price = moved(raw.price_e8);
        let target = i128::from(price.get());
        self.ema_e12 = match self.ema_e12 {
            0 => target,
            ema => ema + (target - ema) * i128::from(dt) / (EMA_TAU_SECS + i128::from(dt)),
        };
        self.sample = Sample {
            price,
            conf: PriceE12(raw.conf_e8 * E12_PER_E8),
            ema: PriceE12(self.ema_e12 as u64),
            publish_time: UnixSeconds(at),
        };
        if self.minutes.back().is_none_or(|(last, _)| at - last >= MINUTE_SECS) {
            self.minutes.push_back((at, price.get()));
            while self.minutes.front().is_some_and(|(first, _)| at - first > HOUR_SECS) {
                self.minutes.pop_front();
            }
        }
    }

    /// Trading that somebody has to do outside because of what happened here.
    pub fn trade(&mut self, notional: QuoteAtoms, is_buy: bool) {
        let depth = i128::from(self.market.params.depth_quote_atoms.get());
        let depth = depth * i128::from(self.feedback.depth_percent) / 100;
        if depth == 0 {
            return;
        }
        let step = i128::from(notional.get()) * MOVE_AT_DEPTH_PPB / depth;
        let pressure = self.pressure_ppb + if is_buy { step } else { -step };
        self.pressure_ppb = pressure.clamp(-PRESSURE_MAX_PPB, PRESSURE_MAX_PPB);
        let pushed = (self.pressure_ppb.abs() / 1_000) as u64;
        let way = usize::from(self.pressure_ppb > 0);
        self.overshoot_ppm[way] = self.overshoot_ppm[way].max(pushed);
    }

    /// Takes the present price into the market, once a tick. False where the market refuses it.
    pub fn observe(&mut self) -> Result<bool> {
        let now = self.sample.publish_time;
        if !self.has_sample {
            return Ok(false);
        }
        if self.observed_at == now.get() {
            return Ok(true);
        }
        let mut market = self.market;
        match market.observe(&self.sample, Purpose::Update, now) {
            Ok(_) => {
                self.market = market;
                self.observed_at = now.get();
                Ok(true)
            }
            Err(RiskError::ConfidenceTooWide) => Ok(false),
            Err(other) => Err(broken(other)),
        }
    }

    /// How far the price fell and rose to where it is, within the last `secs`, in ppm.
    pub fn moved_ppm(&self, secs: i64) -> [u64; 2] {
        let (now, price) = (self.sample.publish_time.get(), u128::from(self.sample.price.get()));
        let seen = self.minutes.iter().rev().take_while(|(at, _)| now - at <= secs);
        let (mut low, mut high) = (price, price);
        for (_, minute) in seen {
            low = low.min(u128::from(*minute));
            high = high.max(u128::from(*minute));
        }
        let share = |part: u128, of: u128| (part * PPM as u128 / of.max(1)) as u64;
        [share(high - price, high), share(price - low, low)]
    }

    /// What is done once a minute: lenders leave, and m_ramp is counted by open interest.
    pub fn minute(&mut self) -> Result<()> {
        let open = u128::from(self.market.ledger.long.open_interest.get())
            + u128::from(self.market.ledger.short.open_interest.get());
        self.ramp_sum.0 += u128::from(self.market.volatility.ramp_ppb) * open;
        self.ramp_sum.1 += open;
        let now = self.sample.publish_time;
        let moved = self.moved_ppm(HOUR_SECS).into_iter().max().unwrap_or(0);
        for index in 0..self.lenders.len() {
            let (lender, shares, waiting) = self.lenders[index];
            let leaves = lender.panics_at.is_some_and(|at| moved >= u64::from(at));
            if waiting.is_none() && leaves && !shares.is_zero() {
                let asked = withdraw::request(&self.market.ledger, &self.market.params, shares, 0, now);
                self.lenders[index].2 = Some(asked.map_err(broken)?);
            } else if let Some(waiting) = waiting.filter(|waiting| waiting.require_executable(now).is_ok()) {
                let price = self.sample.price;
                let paid = withdraw::execute(&self.market, price, &waiting, waiting.shares, now);
                let paid = paid.map_err(broken)?;
                self.market.ledger = paid.ledger;
                self.lenders_paid += paid.amount.get();
                self.lenders[index].1 = paid.withdrawal.shares;
                self.lenders[index].2 = (!paid.is_done()).then_some(paid.withdrawal);
            }
        }
        Ok(())
    }

    /// Mean of m_ramp over the run, weighted by open interest.
    pub fn mean_ramp_ppm(&self) -> u32 {
        (self.ramp_sum.0 / self.ramp_sum.1.max(1) / 1_000) as u32
    }

    /// Everything that is booked here beside the positions, and everything that has left for good.
    pub fn booked(&self) -> u128 {
        let ledger = &self.market.ledger;
        [ledger.pool, ledger.protocol_fees, ledger.crank_budget, ledger.insurance]
            .map(|amount| u128::from(amount.get()))
            .iter()
            .sum::<u128>()
            + u128::from(self.keeper_paid)
            + u128::from(self.lenders_paid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(feedback: Feedback) -> Book {
        Book::new(crate::live::btc().unwrap(), 1_000_000, 0, &[], feedback)
    }

    fn at(ts_secs: i64) -> PathSample {
        PathSample { ts_secs, price_e8: 5_000_000_000_000, conf_e8: 100_000_000 }
    }

    #[test]
    fn trade_moves_the_price_by_two_per_cent_at_the_depth_and_the_move_halves() {
        let mut book = book(Feedback { depth_percent: 100, half_life_secs: 300 });
        book.feed(0, Some(&at(0)));
        book.trade(book.market.params.depth_quote_atoms, false);
        assert_eq!(book.overshoot_ppm, [20_000, 0]);
        book.feed(0, Some(&at(0)));
        assert_eq!(book.sample.price.get(), 49_000_000_000_000_000);
        for tick in 1..=60 {
            book.feed(tick * 5, Some(&at(tick * 5)));
        }
        let left = 50_000_000_000_000_000 - book.sample.price.get();
        assert!(left.abs_diff(500_000_000_000_000) < 5_000_000_000_000, "{left}");
    }

    #[test]
    fn trade_without_depth_moves_nothing() {
        let mut book = book(Feedback { depth_percent: 0, half_life_secs: 300 });
        book.trade(QuoteAtoms(u64::MAX), true);
        assert_eq!(book.overshoot_ppm, [0, 0]);
    }
}
