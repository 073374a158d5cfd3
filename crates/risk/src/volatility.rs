//! Volatility measured on chain: one sample per 60-second bucket, three horizons, and the deviation from
//! the oracle's own average. Formulas: docs/math.md, "Volatility".

use crate::error::{Result, RiskError};
use crate::fixed::{self, DecayRate, ONE_Q48};
use crate::oracle::Sample;
use crate::params::Params;
use crate::units::{PPM, Ppm, PriceE12, UnixSeconds};

/// Length of a sampling bucket.
pub const BUCKET_SECS: i64 = 60;
/// The market is stale when no bucket was accepted for this long.
pub const STALE_SECS: u64 = 300;
/// After a gap of this length the one-hour variance is first lifted to the one-day variance.
pub const GAP_SECS: u64 = 3_600;
/// For this long after its first sample a market's variance is at least the stressed one.
pub const WARM_UP_SECS: u64 = 172_800;
/// Largest return of one sample that counts, in 10^-9.
const RETURN_E9_MAX: u64 = 100_000_000;
/// Time constant of the oracle's average: one hour's half-life, 3,600 / ln 2.
const EMA_TAU_SECS: u64 = 5_194;
/// Horizon of the margin: 30 minutes.
const MARGIN_HORIZON_SECS: u64 = 1_800;
/// 99.9 % of the worst 30-minute moves lie within so many thousandths of a standard deviation.
const COVERAGE_E3: u64 = 7_000;
/// m_ramp's fastest rise per hour, in ppm of itself.
pub const RISE_PPM_PER_HOUR: u64 = 250_000;
/// m_ramp's fastest fall per hour, in ppm of itself.
pub const FALL_PPM_PER_HOUR: u64 = 20_000;
/// Weights of the horizons, in twentieths: the least that all three are whole in, so that sums mostly fit 64 bits.
const WEIGHT_1H: u64 = 5;
const WEIGHT_1D: u64 = 7;
const WEIGHT_30D: u64 = 8;
const HORIZONS_WEIGHT: u64 = 20;
/// Weight of what was measured, in quarters; the rest is stress.
const WEIGHT_MEASURED: u64 = 3;
const WEIGHT_STRESS: u64 = 1;
const ALL_WEIGHT: u64 = 4;
const PPB_PER_PPM: u64 = 1_000;

/// Variances are per second, in 10^-24.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volatility {
    /// Over one hour.
    pub variance_1h_e24: u128,
    /// Over one day.
    pub variance_1d_e24: u128,
    /// Over thirty days.
    pub variance_30d_e24: u128,
    /// From the deviation of the price from the oracle's average, over one day.
    pub variance_ema_e24: u128,
    /// Margin that follows m_target with limited speed, in 10^-9, so that a minute's step does not round away.
    pub ramp_ppb: u64,
    /// Margin that the measured volatility asks for.
    pub target_ppm: Ppm,
    /// Price of the last bucket sample.
    pub sampled_price: PriceE12,
    /// Publish time of the last bucket sample.
    pub sampled_at: UnixSeconds,
    /// Publish time of the first sample.
    pub first_sampled_at: UnixSeconds,
}

impl Volatility {
    /// Nothing known, nothing booked.
    pub const EMPTY: Self = Self {
        variance_1h_e24: 0,
        variance_1d_e24: 0,
        variance_30d_e24: 0,
        variance_ema_e24: 0,
        ramp_ppb: 0,
        target_ppm: Ppm::ZERO,
        sampled_price: PriceE12::ZERO,
        sampled_at: UnixSeconds::ZERO,
        first_sampled_at: UnixSeconds::ZERO,
    };
}

impl Default for Volatility {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Volatility {
    /// Whether `publish_time` opens a bucket that has no sample yet.
    pub fn opens_bucket(&self, publish_time: UnixSeconds) -> bool {
        let bucket = |time: UnixSeconds| time.0.div_euclid(BUCKET_SECS);
        self.first_sampled_at.is_zero() || bucket(publish_time) > bucket(self.sampled_at)
    }

    /// m_ramp in ppm, rounded up.
    pub fn ramp_ppm_ceil(&self) -> Result<Ppm> {
        let ppm = fixed::div_u64_ceil(u128::from(self.ramp_ppb), PPB_PER_PPM)?;
        u32::try_from(ppm).map(Ppm).map_err(|_| RiskError::Overflow)
    }

    /// The larger of m_target and m_ramp.
    pub fn margin_ppm(&self) -> Result<Ppm> {
        Ok(self.target_ppm.max(self.ramp_ppm_ceil()?))
    }

    /// What a price that is `seconds` old may have moved since, in so many standard deviations of what the margin covers:
    /// deviations * margin / 7 * sqrt(seconds / 1,800), rounded up.
    pub fn moved_ppm_ceil(&self, deviations: u64, seconds: u64) -> Result<Ppm> {
        let share_e12 = fixed::mul_div_u64_ceil(seconds, 1_000_000_000_000, MARGIN_HORIZON_SECS)?;
        let root_ppm = fixed::narrow(fixed::sqrt_ceil(u128::from(share_e12))?)?;
        let margin_e3 = u64::from(self.margin_ppm()?.0).checked_mul(1_000).ok_or(RiskError::Overflow)?;
        let scale = COVERAGE_E3.checked_mul(PPM).ok_or(RiskError::Overflow)?;
        let all = margin_e3.checked_mul(deviations).ok_or(RiskError::Overflow)?;
        u32::try_from(fixed::mul_div_u64_ceil(all, root_ppm, scale)?)
            .map(Ppm)
            .map_err(|_| RiskError::Overflow)
    }

    /// State after the first sample of a bucket.
    pub fn sampled(&self, sample: &Sample, params: &Params) -> Result<Self> {
        let mut next = *self;
        next.take(sample, params)?;
        Ok(next)
    }

    /// The same in place; after an error it is of no use.
    #[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
    pub fn take(&mut self, sample: &Sample, params: &Params) -> Result<()> {
        if self.first_sampled_at.is_zero() {
            *self = Self::first(sample, params)?;
            return Ok(());
        }
        let seconds = sample.publish_time.since(self.sampled_at)?;
        if seconds > GAP_SECS {
            self.variance_1h_e24 = self.variance_1h_e24.max(self.variance_1d_e24);
        }
        let change_e9 = relative_change_e9(sample.price, self.sampled_price)?.min(RETURN_E9_MAX);
        let impulse = Impulse::of(squared_e24(change_e9)?, seconds)?;
        let kept_1d = DecayRate::TAU_1D.weight_q48(seconds)?;
        let blend = |variance, kept| average(variance, kept, &impulse);
        self.variance_1h_e24 = blend(self.variance_1h_e24, DecayRate::TAU_1H.weight_q48(seconds)?)?;
        self.variance_1d_e24 = blend(self.variance_1d_e24, kept_1d)?;
        self.variance_30d_e24 = blend(self.variance_30d_e24, DecayRate::TAU_30D.weight_q48(seconds)?)?;
        if !sample.ema.is_zero() {
            let deviation_e9 = relative_change_e9(sample.price, sample.ema)?;
            let doubled = fixed::times(squared_e24(deviation_e9)?, 2)?;
            let impulse = Impulse::of(doubled, EMA_TAU_SECS)?;
            self.variance_ema_e24 = average(self.variance_ema_e24, kept_1d, &impulse)?;
        }
        self.sampled_price = sample.price;
        self.sampled_at = sample.publish_time;
        self.target_ppm = self.target(params)?;
        self.ramp_ppb = ramp(self.ramp_ppb, self.target_ppm, seconds)?;
        Ok(())
    }

    fn first(sample: &Sample, params: &Params) -> Result<Self> {
        let stress = u128::from(params.stress_variance_e24);
        let mut state = Self {
            variance_1h_e24: stress,
            variance_1d_e24: stress,
            variance_30d_e24: stress,
            variance_ema_e24: stress,
            sampled_price: sample.price,
            sampled_at: sample.publish_time,
            first_sampled_at: sample.publish_time,
            ..Self::default()
        };
        state.target_ppm = state.target(params)?;
        state.ramp_ppb = to_ppb(state.target_ppm)?;
        Ok(state)
    }

    /// m_target = clamp(7.0 * sqrt(1800 * U), m_min, m_max), rounded up.
    /// U = 0.75 * max(0.25 V_1h + 0.35 V_1d + 0.40 V_30d, V_ema) + 0.25 * stress.
    fn target(&self, params: &Params) -> Result<Ppm> {
        let stress = u128::from(params.stress_variance_e24);
        let horizons = mean(
            [
                (self.variance_1h_e24, WEIGHT_1H),
                (self.variance_1d_e24, WEIGHT_1D),
                (self.variance_30d_e24, WEIGHT_30D),
            ],
            HORIZONS_WEIGHT,
        )?;
        let measured = horizons.max(self.variance_ema_e24);
        let mut used = mean([(measured, WEIGHT_MEASURED), (stress, WEIGHT_STRESS)], ALL_WEIGHT)?;
        if self.sampled_at.since(self.first_sampled_at)? < WARM_UP_SECS {
            used = used.max(stress);
        }
        let sigma_e12 = fixed::sqrt_ceil(fixed::times(used, MARGIN_HORIZON_SECS)?)?;
        // 10^-12 to 10^-6, and thousandths of the coverage.
        let ppm = fixed::div_u64_ceil(fixed::times(sigma_e12, COVERAGE_E3)?, 1_000_000_000)?;
        let ppm = ppm.clamp(u128::from(params.margin_min_ppm.0), u128::from(params.margin_max_ppm.0));
        u32::try_from(ppm).map(Ppm).map_err(|_| RiskError::Overflow)
    }

    /// Standard deviation over an hour of a variance per second, in ppm: what people are shown.
    pub fn sigma_hour_ppm(variance_e24: u128) -> Result<u64> {
        let over_hour = fixed::times(variance_e24, 3_600)?;
        fixed::narrow(fixed::div_u64_floor(over_hour.isqrt(), 1_000_000)?)
    }
}

/// |2 (a - b) / (a + b)| in 10^-9: the log return up to its cube over twelve.
fn relative_change_e9(a: PriceE12, b: PriceE12) -> Result<u64> {
    let sum = u128::from(a.0).checked_add(u128::from(b.0)).ok_or(RiskError::Overflow)?;
    fixed::narrow(fixed::mul_div_floor(u128::from(a.0.abs_diff(b.0)), 2_000_000_000, sum)?)
}

fn squared_e24(change_e9: u64) -> Result<u128> {
    fixed::times(fixed::product(change_e9, change_e9), 1_000_000)
}

/// A squared return over the time that it counts for: `whole + rest / over`. Divided once for all horizons, and into
/// numbers of 64 bits: averages of it cost the program half of what products of 128 bits divided by 64 would.
struct Impulse {
    whole: u128,
    rest: u64,
    over: u64,
}

impl Impulse {
    fn of(squared_e24: u128, over: u64) -> Result<Self> {
        let (whole, rest) = fixed::div_rest_u64(squared_e24, over)?;
        Ok(Self { whole, rest, over })
    }

    /// The impulse times a factor of at most one, in Q48, rounded down.
    fn times_floor(&self, factor_q48: u64) -> Result<u128> {
        let rest = fixed::mul_div_q48_floor(self.rest, factor_q48, self.over)?;
        fixed::times(self.whole, factor_q48)?.checked_add(u128::from(rest)).ok_or(RiskError::Overflow)
    }
}

/// V * D + impulse * (1 - D), D = kept in Q48.
fn average(variance: u128, kept_q48: u64, impulse: &Impulse) -> Result<u128> {
    let gained = ONE_Q48.checked_sub(kept_q48).ok_or(RiskError::Overflow)?;
    let old = fixed::times(variance, kept_q48)?;
    Ok(old.checked_add(impulse.times_floor(gained)?).ok_or(RiskError::Overflow)? >> 48)
}

/// Mean of values by their weights, which together are `whole`.
fn mean<const N: usize>(weighted: [(u128, u64); N], whole: u64) -> Result<u128> {
    let sum = weighted.iter().try_fold(0_u128, |sum, (value, weight)| {
        sum.checked_add(fixed::times(*value, *weight)?).ok_or(RiskError::Overflow)
    })?;
    fixed::div_u64_floor(sum, whole)
}

fn to_ppb(ppm: Ppm) -> Result<u64> {
    fixed::mul(u64::from(ppm.0), PPB_PER_PPM)
}

/// One step of m_ramp towards m_target. At most one hour counts, so that a gap does not become a jump.
fn ramp(current_ppb: u64, target: Ppm, seconds: u64) -> Result<u64> {
    let target_ppb = to_ppb(target)?;
    if target_ppb > current_ppb {
        let highest = current_ppb.checked_add(step(current_ppb, RISE_PPM_PER_HOUR, seconds)?);
        return Ok(highest.ok_or(RiskError::Overflow)?.min(target_ppb));
    }
    let lowest = current_ppb.checked_sub(step(current_ppb, FALL_PPM_PER_HOUR, seconds)?);
    Ok(lowest.ok_or(RiskError::Overflow)?.max(target_ppb))
}

/// How far a rate may move in `seconds`, given its speed per hour in ppm of itself.
pub(crate) fn step(rate: u64, ppm_per_hour: u64, seconds: u64) -> Result<u64> {
    let speed = fixed::mul(ppm_per_hour, seconds.min(3_600))?;
    fixed::mul_div_u64_floor(rate, speed, 3_600_000_000)
}
