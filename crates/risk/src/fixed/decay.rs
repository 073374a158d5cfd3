//! Exponential decay: the weight that an average keeps over time.

use super::digits::{high_word, low_word, product};
use crate::error::{Result, RiskError};

/// One in Q62: 62 fractional bits.
const ONE_Q62: u64 = 1 << 62;
/// ln(2) in Q62.
const LN2_Q62: u64 = 3_196_577_161_300_663_915;
/// 2^(-i/8) in Q62 for i in 0..8.
const EXP2_EIGHTHS_Q62: [u64; 8] = [
    4_611_686_018_427_387_904,
    4_228_934_724_888_366_668,
    3_877_950_241_171_266_237,
    3_556_096_050_500_581_047,
    3_260_954_456_333_195_553,
    2_990_308_421_163_830_843,
    2_742_124_912_636_209_756,
    2_514_539_631_859_660_218,
];
/// Rates: 2^64 * log2(e) / time constant.
const RATE_1H_Q64: u64 = 7_392_507_276_580_179;
const RATE_1D_Q64: u64 = 308_021_136_524_174;
const RATE_30D_Q64: u64 = 10_267_371_217_472;
/// 2^64 / 60.
const RATE_60S_Q64: u64 = 307_445_734_561_825_860;

/// Weights after 0, 1, 2, ... seconds, computed when this is compiled. Two minutes: the first prices of two minutes
/// that follow each other never lie further apart. Looking a weight up costs the program 15 units, computing it 205.
type Table = [u64; SOON_SECS];
/// A page loads every byte and pays for no unit: there each weight is computed.
const SOON_SECS: usize = if cfg!(target_family = "wasm") { 0 } else { 120 };

/// How fast an average forgets: log2(e) / time constant, per second, in Q64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecayRate {
    rate_q64: u64,
    soon_q48: &'static Table,
}

impl DecayRate {
    /// Time constant 1 hour.
    pub const TAU_1H: Self = Self { rate_q64: RATE_1H_Q64, soon_q48: &table(RATE_1H_Q64) };
    /// Time constant 1 day.
    pub const TAU_1D: Self = Self { rate_q64: RATE_1D_Q64, soon_q48: &table(RATE_1D_Q64) };
    /// Time constant 30 days.
    pub const TAU_30D: Self = Self { rate_q64: RATE_30D_Q64, soon_q48: &table(RATE_30D_Q64) };
    /// Half-life 60 s.
    pub const HALF_LIFE_60S: Self = Self { rate_q64: RATE_60S_Q64, soon_q48: &table(RATE_60S_Q64) };

    /// The weight that an average keeps after `seconds`: e^(-seconds/tau), in Q48.
    ///
    /// Relative error of 1 - weight below 1e-6 for weights down to one second of 30 days; zero once the
    /// weight is below 2^-62.
    pub fn weight_q48(self, seconds: u64) -> Result<u64> {
        match usize::try_from(seconds).ok().and_then(|seconds| self.soon_q48.get(seconds)) {
            Some(weight) => Ok(*weight),
            None => self.computed_q48(seconds),
        }
    }

    /// The same without the table, which holds what this says.
    #[inline(never)]
    pub fn computed_q48(self, seconds: u64) -> Result<u64> {
        kept_q48(self.rate_q64, seconds).ok_or(RiskError::Overflow)
    }
}

/// What a table holds. Zero, which no weight of its seconds is, for one that could not be computed.
const fn table(rate_q64: u64) -> Table {
    let mut weights: Table = [0; SOON_SECS];
    let mut rest: &mut [u64] = &mut weights;
    let mut seconds = 0_u64;
    while let Some((weight, later)) = rest.split_first_mut() {
        if let Some(kept) = kept_q48(rate_q64, seconds) {
            *weight = kept;
        }
        rest = later;
        let Some(next) = seconds.checked_add(1) else { break };
        seconds = next;
    }
    weights
}

/// 2^(-rate * seconds) in Q48. `None` cannot be: no step overflows. A `const fn` knows no `?`.
const fn kept_q48(rate_q64: u64, seconds: u64) -> Option<u64> {
    let exponent_q64 = product(rate_q64, seconds);
    let whole = high_word(exponent_q64);
    if whole >= 62 {
        return Some(0);
    }
    match exp2_neg_q62(low_word(exponent_q64)) {
        Some(weight_q62) => Some(weight_q62 >> whole >> 14),
        None => None,
    }
}

/// 2^-x for x in [0, 1), given in Q64: a table of eighths times the series of e^-y, y = ln 2 * rest <= 0.0867.
/// Five terms leave y^6/720 < 6e-10, and the first terms are exact, so that 1 - result is accurate too.
const fn exp2_neg_q62(fraction_q64: u64) -> Option<u64> {
    let rest_q62 = (fraction_q64 & ((1 << 61) - 1)) >> 2;
    let y = mul_q62(rest_q62, LN2_Q62);
    // Horner: 1 - y (1 - y/2 (1 - y/3 (1 - y/4 (1 - y/5)))).
    let mut series = ONE_Q62;
    let mut terms: &[u64] = &[5, 4, 3, 2, 1];
    while let Some((term, others)) = terms.split_first() {
        let Some(step) = mul_q62(y, series).checked_div(*term) else { return None };
        let Some(next) = ONE_Q62.checked_sub(step) else { return None };
        (series, terms) = (next, others);
    }
    match eighth_q62(fraction_q64 >> 61) {
        // What it mostly is: within a minute no horizon loses an eighth of a half-life.
        ONE_Q62 => Some(series),
        table => Some(mul_q62(table, series)),
    }
}

/// The `place`th of [`EXP2_EIGHTHS_Q62`], which a `const fn` cannot look up.
const fn eighth_q62(place: u64) -> u64 {
    let [zero, one, two, three, four, five, six, seven] = EXP2_EIGHTHS_Q62;
    match place {
        0 => zero,
        1 => one,
        2 => two,
        3 => three,
        4 => four,
        5 => five,
        6 => six,
        _ => seven,
    }
}

/// Product of numbers below two in Q62.
const fn mul_q62(a: u64, b: u64) -> u64 {
    low_word(product(a, b) >> 62)
}
