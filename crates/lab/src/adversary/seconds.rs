//! Prices second by second: what an adversary may choose from.
//!
//! A minute bar tells four prices. Between the knots of [`crate::path::expand`] a straight line would be known in
//! advance, and its best second always an end; so the seconds are a random bridge between them, as rough as the
//! bar's range says (for a random walk, range over 1.665 is the deviation of a minute: Parkinson 1980), kept within
//! the bar. Walks are random from second to second. All of it is integers drawn from a seed.

use anyhow::{Result, ensure};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::path::{ConfidenceModel, Expansion, MINUTE_SECS, MinuteBar, PricePath};

const PPM: i128 = 1_000_000;
const PPB: i128 = 1_000_000_000;
/// Half width of the confidence interval at rest, and what of the last minute's range is added. The large feeds of
/// 2026 show one to three basis points: little to an adversary's cost.
const CONFIDENCE: ConfidenceModel = ConfidenceModel { base_ppm: 100, widening_ppm: 50_000, max_ppm: 15_000 };
/// Deviation of a second from the range of its minute: 1 / (1.665 * sqrt(60)), in millionths.
const SIGMA_OF_RANGE_PPM: i128 = 77_540;
const KNOT_SECS: usize = 15;
/// A year in seconds under the root, times 10^3.
const ROOT_YEAR_E3: i128 = 5_615_692;

/// Prices of consecutive seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seconds {
    /// What it is.
    pub name: String,
    /// Unix time of the first.
    pub from: i64,
    /// Prices.
    pub price_e8: Vec<u64>,
    /// Half width of the confidence interval.
    pub conf_e8: Vec<u64>,
}

struct Dice(ChaCha8Rng);

impl Dice {
    fn new(seed: u64, stream: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        Self(random)
    }

    /// Standard normal to within its fourth moment: the sum of twelve uniforms, less six; in millionths.
    fn normal_ppm(&mut self) -> i128 {
        let halves = |word: u32| i128::from(word >> 16) + i128::from(word & 0xffff);
        let sum: i128 = (0..6).map(|_| halves(self.0.next_u32())).sum();
        ((sum * PPM) >> 16) - 6 * PPM
    }
}

impl Seconds {
    /// The seconds of `path`; missing minutes hold the last price.
    pub fn of(path: &PricePath, seed: u64) -> Result<Self> {
        let mut dice = Dice::new(seed, 21);
        let knots = Expansion::new(4, CONFIDENCE)?;
        let mut knots = knots.samples(path).map(|sample| sample.price_e8).peekable();
        let mut price_e8: Vec<u64> = Vec::new();
        let from = path.from_secs();
        for bar in path.bars() {
            let held = price_e8.last().copied().unwrap_or(bar.open_e8);
            price_e8.resize((bar.ts_secs - from) as usize, held);
            for _ in 0..4 {
                let start = knots.next().unwrap_or(bar.close_e8);
                let end = knots.peek().copied().unwrap_or(start);
                bridge(&mut dice, bar, (start, end), &mut price_e8);
            }
        }
        let name = path.name().trim_end_matches(".gz").trim_end_matches(".csv");
        Self::with_confidence(name.to_owned(), from, price_e8)
    }

    /// A driftless walk of so many seconds at a volatility a year, in ppm.
    pub fn walk(secs: usize, volatility_ppm: u32, seed: u64) -> Result<Self> {
        let mut dice = Dice::new(seed, 22 + u64::from(volatility_ppm));
        let sigma_ppb = i128::from(volatility_ppm) * PPM / ROOT_YEAR_E3;
        let mut price = 60_000_i128 * 100_000_000;
        let price_e8 = (0..secs)
            .map(|_| {
                price += price * (dice.normal_ppm() * sigma_ppb / PPM) / PPB;
                price.max(1) as u64
            })
            .collect();
        let name = format!("walk, {} % a year", volatility_ppm / 10_000);
        Self::with_confidence(name, crate::path::synthetic::START_SECS, price_e8)
    }

    fn with_confidence(name: String, from: i64, price_e8: Vec<u64>) -> Result<Self> {
        ensure!(price_e8.len() > 2 * MINUTE_SECS as usize, "{name}: too short");
        let minute = MINUTE_SECS as usize;
        let conf_e8 = (0..price_e8.len())
            .map(|at| {
                let last = &price_e8[at.saturating_sub(minute)..=at];
                let range = last.iter().max().unwrap_or(&0) - last.iter().min().unwrap_or(&0);
                let rest = u128::from(price_e8[at]) * u128::from(CONFIDENCE.base_ppm);
                let widened = u128::from(range) * u128::from(CONFIDENCE.widening_ppm);
                let most = u128::from(price_e8[at]) * u128::from(CONFIDENCE.max_ppm);
                ((rest + widened).min(most) / PPM as u128) as u64
            })
            .collect();
        Ok(Self { name, from, price_e8, conf_e8 })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.price_e8.len()
    }

    /// Never.
    pub fn is_empty(&self) -> bool {
        self.price_e8.is_empty()
    }

    /// A part under another name.
    pub fn part(&self, name: &str, from: usize, to: usize) -> Self {
        let (from, to) = (from.min(self.len()), to.min(self.len()));
        Self {
            name: format!("{}, {name}", self.name),
            from: self.from + from as i64,
            price_e8: self.price_e8[from..to].to_vec(),
            conf_e8: self.conf_e8[from..to].to_vec(),
        }
    }

    /// Deviation of a second's return, in ppb, over the ten minutes before `at`.
    pub fn sigma_ppb(&self, at: usize) -> i128 {
        let from = at.saturating_sub(600);
        let squares: i128 = self.price_e8[from..=at]
            .windows(2)
            .map(|pair| (i128::from(pair[1]) - i128::from(pair[0])) * PPB / i128::from(pair[0]))
            .map(|change| change * change)
            .sum();
        (squares / (at - from).max(1) as i128).isqrt().max(1)
    }
}

/// Fifteen seconds from one knot towards the next.
fn bridge(dice: &mut Dice, bar: &MinuteBar, (start, end): (u64, u64), prices: &mut Vec<u64>) {
    let range = i128::from(bar.high_e8 - bar.low_e8);
    let step = range * SIGMA_OF_RANGE_PPM / PPM;
    let mut walk = [0_i128; KNOT_SECS + 1];
    for at in 1..=KNOT_SECS {
        walk[at] = walk[at - 1] + step * dice.normal_ppm() / PPM;
    }
    let last = walk[KNOT_SECS];
    let knots = KNOT_SECS as i128;
    for (at, walked) in walk.iter().take(KNOT_SECS).enumerate() {
        let at = at as i128;
        let line = i128::from(start) + (i128::from(end) - i128::from(start)) * at / knots;
        let price = line + walked - last * at / knots;
        prices.push(price.clamp(i128::from(bar.low_e8), i128::from(bar.high_e8)) as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::synthetic;

    #[test]
    fn seconds_keep_every_knot_and_stay_within_their_bars() {
        let path = synthetic::crash(7).slice(None, Some(synthetic::START_SECS + 36_000)).unwrap();
        let seconds = Seconds::of(&path, 7).unwrap();
        assert_eq!(seconds.len(), path.bars().len() * 60);
        for (bar, prices) in path.bars().iter().zip(seconds.price_e8.chunks(60)) {
            assert_eq!(prices[0], bar.open_e8);
            assert!(prices.iter().all(|price| (bar.low_e8..=bar.high_e8).contains(price)));
            assert_eq!(*prices.iter().min().unwrap(), bar.low_e8);
        }
        assert_eq!(seconds, Seconds::of(&path, 7).unwrap());
    }

    #[test]
    fn walk_has_the_volatility_it_is_asked_for() {
        let walk = Seconds::walk(50_000, 500_000, 3).unwrap();
        let sigma: i128 = (1..50).map(|at| walk.sigma_ppb(at * 1_000)).sum::<i128>() / 49;
        // 50 % a year is 89 ppm a second.
        assert!((86_000..=92_000).contains(&sigma), "{sigma}");
    }
}
