//! From minute bars to the samples an oracle would have posted.
//!
//! A bar tells four prices of its minute but not their order. The usual convention of bar replay is taken: a
//! minute that rises (close > open) goes open, low, high, close; any other goes open, high, low, close. The
//! four stand at :00, :15, :30 and :45, and the price holds at the close until the next bar opens. Both
//! extremes are always visited, so a replay sees every wick of its source, and the adverse one last in a
//! minute that moves.
//!
//! Other densities sample the same line: 12, 20 or 60 a minute interpolate between the four; 2 takes open and
//! third price; 1 takes the open alone (and so misses wicks). A missing minute gives no sample.
//!
//! Confidence. Exchange bars have none, so it is modelled: `base_ppm` of the price at rest (4 bp, what the
//! large feeds show on a quiet day), plus `widening_ppm` of the range of the last 60 seconds of samples
//! relative to the price (a tenth of it), at most `max_ppm`. It looks only backwards, as a publisher must.
//! The default maximum, 1.5 %, stays below the 2 % that a market accepts, so that a replay loses no sample
//! unless it is asked to.

use std::collections::VecDeque;

use super::{MINUTE_SECS, MinuteBar, PathError, PricePath};

const PPM: u128 = 1_000_000;
const KNOT_SECS: i64 = 15;

/// One oracle sample of the replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathSample {
    pub ts_secs: i64,
    pub price_e8: u64,
    pub conf_e8: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfidenceModel {
    pub base_ppm: u32,
    /// Share of the last minute's relative range that is added.
    pub widening_ppm: u32,
    pub max_ppm: u32,
}

impl Default for ConfidenceModel {
    fn default() -> Self {
        Self { base_ppm: 400, widening_ppm: 100_000, max_ppm: 15_000 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expansion {
    samples_per_minute: u32,
    confidence: ConfidenceModel,
}

impl Default for Expansion {
    fn default() -> Self {
        Self { samples_per_minute: 4, confidence: ConfidenceModel::default() }
    }
}

impl Expansion {
    /// Only counts whose grid divides a minute and, from 4 on, meets its four prices.
    pub fn new(samples_per_minute: u32, confidence: ConfidenceModel) -> Result<Self, PathError> {
        match samples_per_minute {
            1 | 2 | 4 | 12 | 20 | 60 => Ok(Self { samples_per_minute, confidence }),
            found => Err(PathError::SamplesPerMinute(found)),
        }
    }

    pub fn samples_per_minute(&self) -> u32 {
        self.samples_per_minute
    }

    pub fn confidence(&self) -> ConfidenceModel {
        self.confidence
    }

    /// How many samples [`Self::samples`] yields.
    pub fn sample_count(&self, path: &PricePath) -> u64 {
        path.bars().len() as u64 * u64::from(self.samples_per_minute)
    }

    /// The samples of the path in order of time, the same at every call.
    pub fn samples<'a>(&self, path: &'a PricePath) -> impl Iterator<Item = PathSample> + 'a {
        let step_secs = MINUTE_SECS / i64::from(self.samples_per_minute);
        let mut recent = Recent { model: self.confidence, prices: VecDeque::new() };
        path.bars()
            .iter()
            .flat_map(move |bar| (0..MINUTE_SECS).step_by(step_secs as usize).map(move |at| (bar, at)))
            .map(move |(bar, offset_secs)| {
                let (ts_secs, price_e8) = (bar.ts_secs + offset_secs, price_at(bar, offset_secs));
                PathSample { ts_secs, price_e8, conf_e8: recent.confidence_with(ts_secs, price_e8) }
            })
    }
}

/// The bar's four prices in the order in which the replay visits them.
fn knots_e8(bar: &MinuteBar) -> [u64; 4] {
    if bar.close_e8 > bar.open_e8 {
        [bar.open_e8, bar.low_e8, bar.high_e8, bar.close_e8]
    } else {
        [bar.open_e8, bar.high_e8, bar.low_e8, bar.close_e8]
    }
}

/// Straight between two knots, rounded toward the earlier one; flat after the last.
fn price_at(bar: &MinuteBar, offset_secs: i64) -> u64 {
    let knots = knots_e8(bar);
    let index = (offset_secs / KNOT_SECS) as usize;
    let from = i128::from(knots[index]);
    let to = i128::from(*knots.get(index + 1).unwrap_or(&knots[index]));
    let past_secs = i128::from(offset_secs % KNOT_SECS);
    (from + (to - from) * past_secs / i128::from(KNOT_SECS)) as u64
}

/// Prices of the last minute, for the confidence.
struct Recent {
    model: ConfidenceModel,
    prices: VecDeque<(i64, u64)>,
}

impl Recent {
    fn confidence_with(&mut self, ts_secs: i64, price_e8: u64) -> u64 {
        self.prices.push_back((ts_secs, price_e8));
        while self.prices.front().is_some_and(|(at, _)| *at <= ts_secs - MINUTE_SECS) {
            self.prices.pop_front();
        }
        let prices = || self.prices.iter().map(|(_, price)| u128::from(*price));
        let range_e8 = prices().max().unwrap_or(0) - prices().min().unwrap_or(0);
        let at_rest_e8 = u128::from(price_e8) * u128::from(self.model.base_ppm) / PPM;
        let widened_e8 = range_e8 * u128::from(self.model.widening_ppm) / PPM;
        let max_e8 = u128::from(price_e8) * u128::from(self.model.max_ppm) / PPM;
        (at_rest_e8 + widened_e8).min(max_e8) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RISING: MinuteBar = MinuteBar {
        ts_secs: 600,
        open_e8: 1_000,
        high_e8: 1_300,
        low_e8: 900,
        close_e8: 1_200,
        volume_e8: 0,
    };
    const FALLING: MinuteBar = MinuteBar { ts_secs: 660, open_e8: 1_200, close_e8: 1_000, ..RISING };
    const LATER: MinuteBar = MinuteBar { ts_secs: 900, ..RISING };

    fn path() -> PricePath {
        PricePath::new("test".into(), vec![RISING, FALLING, LATER]).unwrap()
    }

    fn prices(samples_per_minute: u32) -> Vec<(i64, u64)> {
        let expansion = Expansion::new(samples_per_minute, ConfidenceModel::default()).unwrap();
        expansion.samples(&path()).map(|sample| (sample.ts_secs, sample.price_e8)).collect()
    }

    #[test]
    fn four_samples_visit_the_four_prices_in_the_order_of_the_convention() {
        let expected = [
            (600, 1_000),
            (615, 900),
            (630, 1_300),
            (645, 1_200), // Rising: the low first.
            (660, 1_200),
            (675, 1_300),
            (690, 900),
            (705, 1_000), // Falling: the high first.
            (900, 1_000),
            (915, 900),
            (930, 1_300),
            (945, 1_200), // Silence over the gap.
        ];
        assert_eq!(prices(4), expected);
    }

    #[test]
    fn denser_samples_keep_the_four_prices_and_stay_between_them() {
        for samples_per_minute in [12, 20, 60] {
            let dense = prices(samples_per_minute);
            assert_eq!(dense.len() as u64, 3 * u64::from(samples_per_minute));
            assert!(prices(4).iter().all(|sample| dense.contains(sample)), "{samples_per_minute}");
            assert!(dense.iter().all(|(_, price)| (900..=1_300).contains(price)));
            assert!(dense.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
        assert_eq!(prices(60)[7], (607, 1_000 - 100 * 7 / 15));
    }

    #[test]
    fn sparse_samples_take_open_and_third_price() {
        assert_eq!(prices(1), [(600, 1_000), (660, 1_200), (900, 1_000)]);
        assert_eq!(prices(2)[..4], [(600, 1_000), (630, 1_300), (660, 1_200), (690, 900)]);
    }

    #[test]
    fn expansion_fails_on_a_grid_that_misses_prices() {
        for count in [0, 3, 5, 6, 8, 30, 61] {
            assert!(matches!(
                Expansion::new(count, ConfidenceModel::default()),
                Err(PathError::SamplesPerMinute(_))
            ));
        }
    }

    #[test]
    fn confidence_widens_with_the_last_minute_only_and_is_capped() {
        let at = |ts_secs, price_e8| MinuteBar {
            ts_secs,
            open_e8: price_e8,
            high_e8: price_e8,
            low_e8: price_e8,
            close_e8: price_e8,
            volume_e8: 0,
        };
        let e8 = 100_000_000;
        let bars =
            vec![at(0, 100 * e8), at(60, 100 * e8), at(120, 110 * e8), at(180, 110 * e8), at(240, 50 * e8)];
        let path = PricePath::new("steps".into(), bars).unwrap();
        let conf_ppm: Vec<_> = Expansion::default()
            .samples(&path)
            .map(|sample| u128::from(sample.conf_e8) * PPM / u128::from(sample.price_e8))
            .collect();
        assert_eq!(conf_ppm[..8], [400; 8]);
        // 4 bp at rest and a tenth of the step of 10/110, while the step is within the minute.
        assert_eq!(conf_ppm[8..11], [400 + 9_090; 3]);
        assert_eq!(conf_ppm[11..16], [400; 5]);
        assert_eq!(conf_ppm[16], 15_000);
    }
}
