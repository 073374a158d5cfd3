//! The built-in crash: three days of minutes, BTC-like around 60,000 USD, for a replay without any data file.
//!
//! What happens, for every seed:
//! - Days 1 and 2, calm: about 45 % annualised volatility in clusters. A market's first 48 hours (in which it
//!   trusts its stress figure more than its own samples) pass in them, and positions are opened.
//! - Day 3, 00:00: three uneasy hours. From 03:00 the price falls by about 40 % in under four hours, in three
//!   legs with pauses between them, with jumps of several percent within a minute and wicks that the minute
//!   takes back. The last leg is a capitulation at more than ten times the calm volatility.
//! - A rebound of about a fifth in ninety minutes, six hours of aftershocks to both sides, a settling rest.
//!
//! How: the price is pulled toward a line through [`SCRIPT`]'s levels (a fifteenth of the distance per
//! minute) and shaken by noise of the leg's volatility, which clusters; every bar is the open, extremes and
//! close of 15 steps. All of it is integer arithmetic on the ChaCha8 stream of the seed, so the path is the
//! same to the bit on every machine; a test pins its fingerprint. The dates are invented.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::{MINUTE_SECS, MinuteBar, PricePath};

/// The seed of the path that documents and examples show.
pub const DEFAULT_SEED: u64 = 20_200_312;
/// 2026-01-05 00:00:00 UTC, a Monday.
pub const START_SECS: i64 = 1_767_571_200;

const START_E8: i64 = 60_000 * E8;
const E8: i64 = 100_000_000;
/// Prices are whole cents, as on the exchanges.
const TICK_E8: i64 = 1_000_000;
const PPM: i64 = 1_000_000;
const PPB: i128 = 1_000_000_000;

const STEPS: i64 = 15;
/// 1/sqrt(15): from a minute's volatility to a step's.
const STEP_SIGMA_PPM: i64 = 258_199;
/// The script pulls with this share of the distance per minute.
const PULL_MINUTES: i64 = 15;

/// A stretch of the story: where the line goes and how rough the way is.
struct Leg {
    minutes: i64,
    /// Where the line ends.
    level_usd: i64,
    /// Standard deviation of a minute's return, before clustering.
    sigma_ppm: i64,
    /// Chance per minute of a jump, and its mean size.
    jump_per_mille: u32,
    jump_ppm: i64,
    /// Chance per minute of a wick, and its mean length.
    wick_per_mille: u32,
    wick_ppm: i64,
}

impl Leg {
    const fn calm(minutes: i64, level_usd: i64, sigma_ppm: i64) -> Self {
        Self {
            minutes,
            level_usd,
            sigma_ppm,
            jump_per_mille: 0,
            jump_ppm: 0,
            wick_per_mille: 4,
            wick_ppm: 1_500,
        }
    }

    const fn rough(minutes: i64, level_usd: i64, sigma_ppm: i64, jump_per_mille: u32, jump_ppm: i64) -> Self {
        let (wick_per_mille, wick_ppm) = (jump_per_mille * 2, jump_ppm / 2);
        Self { minutes, level_usd, sigma_ppm, jump_per_mille, jump_ppm, wick_per_mille, wick_ppm }
    }
}

const SCRIPT: [Leg; 11] = [
    Leg::calm(1_500, 60_900, 600),
    Leg::calm(1_380, 60_300, 600),
    Leg::calm(180, 58_800, 1_100),
    Leg::rough(40, 50_000, 3_500, 60, 25_000),
    Leg::rough(70, 52_000, 2_500, 20, 15_000),
    Leg::rough(35, 42_500, 5_000, 80, 30_000),
    Leg::rough(60, 44_000, 3_000, 30, 20_000),
    Leg::rough(25, 35_800, 6_000, 120, 35_000),
    Leg::rough(90, 43_500, 4_000, 30, 20_000),
    Leg::rough(360, 41_500, 2_200, 10, 18_000),
    Leg::calm(580, 45_500, 1_300),
];

/// The path of a seed.
pub fn crash(seed: u64) -> PricePath {
    let mut walk = Walk::new(seed);
    let mut bars = Vec::new();
    let mut line_from_e8 = START_E8;
    for leg in &SCRIPT {
        let line_to_e8 = leg.level_usd * E8;
        for minute in 1..=leg.minutes {
            let target_e8 = line_from_e8 + (line_to_e8 - line_from_e8) / leg.minutes * minute;
            let falling = line_to_e8 < line_from_e8;
            bars.push(walk.minute(leg, target_e8, falling));
        }
        line_from_e8 = line_to_e8;
    }
    PricePath::new(format!("built-in crash, seed {seed}"), bars).expect("the script has minutes")
}

struct Walk {
    rng: ChaCha8Rng,
    ts_secs: i64,
    price_e8: i64,
    /// Multiplies the leg's volatility; has mean one and remembers large minutes for about twenty.
    cluster_ppm: i64,
}

impl Walk {
    fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            ts_secs: START_SECS,
            price_e8: START_E8,
            cluster_ppm: PPM,
        }
    }

    fn minute(&mut self, leg: &Leg, target_e8: i64, falling: bool) -> MinuteBar {
        let open_e8 = self.price_e8;
        let step_sigma_ppb = leg.sigma_ppm * self.cluster_ppm / PPM * STEP_SIGMA_PPM / 1_000;
        let jump_at = self.chance(leg.jump_per_mille).then(|| i64::from(self.rng.next_u32()) % STEPS);
        let (mut high_e8, mut low_e8) = (open_e8, open_e8);
        for step in 0..STEPS {
            let noise_ppb = self.normal_ppm() * step_sigma_ppb / PPM;
            let jump_ppb = if jump_at == Some(step) { self.jump_ppb(leg, falling) } else { 0 };
            let pull_e8 = (target_e8 - self.price_e8) / (PULL_MINUTES * STEPS);
            self.price_e8 += scaled(self.price_e8, noise_ppb + jump_ppb) + pull_e8;
            high_e8 = high_e8.max(self.price_e8);
            low_e8 = low_e8.min(self.price_e8);
        }
        self.remember(open_e8, leg);
        if self.chance(leg.wick_per_mille) {
            let wick_ppb = leg.wick_ppm * 1_000 * self.around_one_ppm() / PPM;
            match self.leans(falling) {
                true => low_e8 -= scaled(low_e8, wick_ppb),
                false => high_e8 += scaled(high_e8, wick_ppb),
            }
        }
        self.bar(open_e8, high_e8, low_e8)
    }

    /// Clustering: a tenth of calm, three quarters of what was, the rest by how large this minute was.
    fn remember(&mut self, open_e8: i64, leg: &Leg) {
        let moved_ppm =
            (i128::from(self.price_e8 - open_e8).abs() * i128::from(PPM) / i128::from(open_e8)) as i64;
        // The mean of |z| is sqrt(2/pi); dividing by it makes a usual minute count one.
        let surprise_ppm = (moved_ppm * 1_253_314 / leg.sigma_ppm).min(4 * PPM);
        self.cluster_ppm = (PPM + self.cluster_ppm * 15 / 2 + surprise_ppm * 3 / 2) / 10;
    }

    /// Downward three times of four while the line falls, upward as often while it rises.
    fn leans(&mut self, falling: bool) -> bool {
        self.chance(750) == falling
    }

    fn jump_ppb(&mut self, leg: &Leg, falling: bool) -> i64 {
        let size_ppb = leg.jump_ppm * 1_000 * self.around_one_ppm() / PPM;
        if self.leans(falling) { -size_ppb } else { size_ppb }
    }

    fn bar(&mut self, open_e8: i64, high_e8: i64, low_e8: i64) -> MinuteBar {
        let tick = |price_e8: i64| (price_e8 / TICK_E8 * TICK_E8) as u64;
        let range_ppm = (high_e8 - low_e8) / (open_e8 / PPM);
        let volume_e8 = (range_ppm + 100) * E8 / 100 * self.around_one_ppm() / PPM;
        let bar = MinuteBar {
            ts_secs: self.ts_secs,
            open_e8: tick(open_e8),
            high_e8: tick(high_e8),
            low_e8: tick(low_e8),
            close_e8: tick(self.price_e8),
            volume_e8: volume_e8 as u64,
        };
        self.ts_secs += MINUTE_SECS;
        bar
    }

    fn chance(&mut self, per_mille: u32) -> bool {
        self.rng.next_u32() % 1_000 < per_mille
    }

    /// Between a half and one and a half.
    fn around_one_ppm(&mut self) -> i64 {
        500_000 + i64::from(self.rng.next_u32() % 1_000_001)
    }

    /// Standard normal to within its fourth moment: the sum of twelve uniforms, less six.
    fn normal_ppm(&mut self) -> i64 {
        let halves = |word: u32| i64::from(word >> 16) + i64::from(word & 0xffff);
        let sum: i64 = (0..6).map(|_| halves(self.rng.next_u32())).sum();
        ((sum * PPM) >> 16) - 6 * PPM
    }
}

fn scaled(price_e8: i64, by_ppb: i64) -> i64 {
    (i128::from(price_e8) * i128::from(by_ppb) / PPB) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest fall of the closes within `minutes`, in ppm.
    fn worst_fall_ppm(path: &PricePath, minutes: usize) -> u64 {
        let closes: Vec<_> = path.bars().iter().map(|bar| bar.close_e8).collect();
        let fall = |window: &[u64]| {
            let (first, low) = (window[0], *window.iter().min().unwrap());
            first.saturating_sub(low) * 1_000_000 / first
        };
        closes.windows(minutes + 1).map(fall).max().unwrap()
    }

    #[test]
    fn crash_is_the_same_to_the_bit() {
        let path = crash(DEFAULT_SEED);
        assert_eq!(path.fingerprint(), 15_349_918_227_129_533_506);
        assert_eq!(path, crash(DEFAULT_SEED));
        assert_ne!(path.fingerprint(), crash(DEFAULT_SEED + 1).fingerprint());
    }

    #[test]
    fn crash_is_three_whole_days_of_valid_bars_without_gaps() {
        let path = crash(DEFAULT_SEED);
        assert_eq!(path.bars().len(), 3 * 1_440);
        assert!(path.gaps().is_empty());
        for pair in path.bars().windows(2) {
            assert_eq!(pair[1].open_e8, pair[0].close_e8);
        }
        for bar in path.bars() {
            let inside = bar.low_e8..=bar.high_e8;
            assert!(bar.low_e8 > 0 && inside.contains(&bar.open_e8) && inside.contains(&bar.close_e8));
            assert_eq!(bar.close_e8 % TICK_E8 as u64, 0);
        }
    }

    #[test]
    fn crash_is_calm_for_two_days_and_falls_by_about_forty_percent_for_any_seed() {
        for seed in [DEFAULT_SEED, 0, 1, 2, u64::MAX] {
            let path = crash(seed);
            let (calm, day_three) = path.bars().split_at(2 * 1_440);
            let low = |bars: &[MinuteBar]| bars.iter().map(|bar| bar.low_e8).min().unwrap();
            let high = |bars: &[MinuteBar]| bars.iter().map(|bar| bar.high_e8).max().unwrap();
            assert!(high(calm) < low(calm) * 106 / 100, "seed {seed}");
            let before = calm.last().unwrap().close_e8;
            let fall_ppm = (before - low(day_three)) * 1_000_000 / before;
            assert!((370_000..470_000).contains(&fall_ppm), "seed {seed}: {fall_ppm}");
            let half_hour_ppm = worst_fall_ppm(&path, 30);
            assert!((140_000..300_000).contains(&half_hour_ppm), "seed {seed}: {half_hour_ppm}");
            let minute_ppm = worst_fall_ppm(&path, 1);
            assert!((25_000..90_000).contains(&minute_ppm), "seed {seed}: {minute_ppm}");
        }
    }
}
