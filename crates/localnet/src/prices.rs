//! Where the prices of a local chain come from: a live walk, a recorded path, or whoever sets them.

use bulkhead_lab::path::{Expansion, PathSample, PricePath};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

const PPM: i64 = 1_000_000;
const PPB: i128 = 1_000_000_000;
/// The root of the seconds of a year, times a thousand: from a year's volatility to a second's.
const ROOT_YEAR_SECS_E3: i64 = 5_615_692;
/// Confidence of a walk's prices: 4 bp, what the large feeds show on a quiet day.
const CONF_PPM: u64 = 400;
/// A path has no price in a minute that its source lacks.
const MINUTE_MS: i64 = 60_000;

/// A price and its confidence, in 10^-8 USD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// USD per whole base unit.
    pub price_e8: u64,
    /// Half of the confidence interval.
    pub conf_e8: u64,
}

impl Price {
    /// With the usual confidence.
    pub fn of(price_e8: u64) -> Self {
        let conf_e8 = u128::from(price_e8) * u128::from(CONF_PPM) / 1_000_000;
        Self { price_e8, conf_e8: conf_e8 as u64 }
    }
}

/// What gives a feed its next price.
pub(crate) enum Source {
    /// The same price until somebody sets another.
    Held(Price),
    /// A random walk.
    Walk(Box<Walk>),
    /// A recorded path.
    Path(Playback),
}

impl Source {
    /// The price a second after the last one; none where a path has a gap.
    pub(crate) fn next(&mut self, now_ms: i64) -> Option<Price> {
        match self {
            Self::Held(price) => Some(*price),
            Self::Walk(walk) => Some(walk.step()),
            Self::Path(playback) => playback.at(now_ms),
        }
    }

    /// Goes on from `price_e8`: a walk walks on from there, everything else stays there.
    pub(crate) fn jump(&mut self, price_e8: u64) {
        match self {
            Self::Walk(walk) => walk.price_e8 = price_e8,
            _ => *self = Self::Held(Price::of(price_e8)),
        }
    }
}

/// A random walk in steps of a second, with volatility that clusters. Integer arithmetic: a seed gives the
/// same prices on every machine.
pub(crate) struct Walk {
    random: ChaCha8Rng,
    price_e8: u64,
    /// Standard deviation of a second's return.
    sigma_ppb: i64,
    /// Multiplies it; has mean one and remembers large seconds for some ten.
    cluster_ppm: i64,
}

impl Walk {
    /// `stream` tells apart the walks of one seed.
    pub(crate) fn new(seed: u64, stream: u64, price_e8: u64, volatility_ppm_year: u32) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        let sigma_ppb = i64::from(volatility_ppm_year) * PPM / ROOT_YEAR_SECS_E3;
        Self { random, price_e8, sigma_ppb, cluster_ppm: PPM }
    }

    fn step(&mut self) -> Price {
        let normal_ppm = self.normal_ppm();
        let return_ppb = normal_ppm * (self.sigma_ppb * self.cluster_ppm / PPM) / PPM;
        let moved = i128::from(self.price_e8) * i128::from(return_ppb) / PPB;
        let next = i128::from(self.price_e8) + moved;
        self.price_e8 = u64::try_from(next.max(1)).unwrap_or(self.price_e8);
        // The mean of |z| is sqrt(2/pi); dividing by it makes a usual second count one.
        let surprise_ppm = normal_ppm.abs() * 1_253_314 / PPM * self.cluster_ppm / PPM;
        self.cluster_ppm = (PPM + self.cluster_ppm * 16 + surprise_ppm * 3) / 20;
        Price::of(self.price_e8)
    }

    /// Standard normal to within its fourth moment: the sum of twelve uniforms, less six.
    fn normal_ppm(&mut self) -> i64 {
        let halves = |word: u32| i64::from(word >> 16) + i64::from(word & 0xffff);
        let sum: i64 = (0..6).map(|_| halves(self.random.next_u32())).sum();
        ((sum * PPM) >> 16) - 6 * PPM
    }
}

/// A path that plays from the moment it is first asked.
pub(crate) struct Playback {
    samples: Vec<PathSample>,
    /// Seconds of the path that pass in a second.
    speed: u32,
    started_ms: Option<i64>,
    place: usize,
}

impl Playback {
    pub(crate) fn new(path: &PricePath, speed: u32) -> Self {
        let samples = Expansion::default().samples(path).collect();
        Self { samples, speed, started_ms: None, place: 0 }
    }

    /// Whether it has come to its end: the last price holds from there.
    fn has_ended(&self) -> bool {
        self.place + 1 >= self.samples.len()
    }

    fn at(&mut self, now_ms: i64) -> Option<Price> {
        let started_ms = *self.started_ms.get_or_insert(now_ms);
        let first_ms = self.samples.first()?.ts_secs * 1_000;
        let path_ms = first_ms + (now_ms - started_ms) * i64::from(self.speed);
        while self.samples.get(self.place + 1).is_some_and(|next| next.ts_secs * 1_000 <= path_ms) {
            self.place += 1;
        }
        let sample = self.samples.get(self.place)?;
        let is_in_gap = !self.has_ended() && path_ms - sample.ts_secs * 1_000 >= MINUTE_MS;
        (!is_in_gap).then(|| price(sample))
    }
}

fn price(sample: &PathSample) -> Price {
    Price { price_e8: sample.price_e8, conf_e8: sample.conf_e8 }
}

#[cfg(test)]
mod tests {
    use bulkhead_lab::path::load;

    use super::*;

    const USD_E8: u64 = 100_000_000;

    #[test]
    fn walk_has_about_the_volatility_asked_for_and_repeats_with_its_seed() {
        let mut walk = Walk::new(7, 0, 150 * USD_E8, 900_000);
        let mut last = 150.0 * USD_E8 as f64;
        let mut sum = 0.0;
        let steps = 200_000_u32;
        for _ in 0..steps {
            let next = walk.step().price_e8 as f64;
            sum += (next / last).ln().powi(2);
            last = next;
        }
        let yearly = (sum / f64::from(steps) * 31_536_000.0).sqrt();
        assert!((0.80..1.20).contains(&yearly), "{yearly}");
        let walked = |seed, stream| {
            let mut walk = Walk::new(seed, stream, 150 * USD_E8, 900_000);
            (0..50).map(|_| walk.step().price_e8).collect::<Vec<_>>()
        };
        assert_eq!(walked(7, 0), walked(7, 0));
        assert_ne!(walked(7, 0), walked(7, 1));
        assert_ne!(walked(7, 0), walked(8, 0));
    }

    #[test]
    fn jump_moves_a_walk_and_replaces_a_path() {
        let mut walk = Source::Walk(Box::new(Walk::new(1, 0, 150 * USD_E8, 900_000)));
        walk.jump(75 * USD_E8);
        let next = walk.next(0).unwrap().price_e8;
        assert!(next.abs_diff(75 * USD_E8) < USD_E8 && next != 75 * USD_E8, "{next}");
        let mut path = Source::Path(playback(1));
        path.jump(75 * USD_E8);
        assert_eq!(path.next(0), Some(Price::of(75 * USD_E8)));
    }

    /// Minutes 0 and 3; the two between are missing.
    fn playback(speed: u32) -> Playback {
        let csv = "ts,open,high,low,close,volume\n60,100,104,96,102,1\n120,102,102,102,102,1\n\
                   300,110,110,110,110,1\n";
        Playback::new(&load::parse("test.csv", csv.as_bytes()).unwrap(), speed)
    }

    #[test]
    fn path_plays_at_its_speed_is_silent_in_gaps_and_holds_its_end() {
        let mut path = playback(10);
        let mut at = |now_ms: i64| path.at(1_000_000 + now_ms).map(|price| price.price_e8 / USD_E8);
        assert_eq!(at(0), Some(100));
        assert_eq!(at(1_500), Some(96));
        assert_eq!(at(6_000), Some(102));
        assert_eq!(at(17_000), None);
        assert_eq!(at(24_000), Some(110));
        assert_eq!(at(99_000), Some(110));
        assert!(path.has_ended());
    }
}
