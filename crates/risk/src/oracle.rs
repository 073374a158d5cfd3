//! Which price samples count, for what, and at which edge.
//!
//! Reading the bytes of an oracle account is the program's; the policy is here, so that a keeper can know
//! beforehand which sample will be taken. Source of the rules: docs/spec.md, "Oracle".

use crate::error::{Result, RiskError};
use crate::fixed::{self, DecayRate, ONE_Q48};
use crate::ledger::Side;
use crate::units::{Ppm, PriceE12, UnixSeconds};

/// A publish time may lie this far ahead of the chain's clock.
pub const FUTURE_TOLERANCE_SECS: u32 = 2;
/// Oldest sample for anything that takes risk or liquidates.
pub const AGE_SECS_MAX: u64 = 10;
/// Oldest sample for a decrease by its owner.
pub const AGE_DECREASE_SECS_MAX: u64 = 120;
/// A decrease on a sample older than [`AGE_SECS_MAX`] is charged what the price may have moved since, in so many
/// standard deviations: whoever may choose an old price or a new one holds an option, and this is its price.
pub const AGED_DEVIATIONS: u64 = 2;
/// Widest confidence interval that serves exits once the market's confidence has long been wide.
pub const CONFIDENCE_WIDE_PPM_MAX: Ppm = Ppm(100_000);
/// How long wide confidence holds back the liquidation of what is only below maintenance.
pub const CONFIDENCE_WIDE_WAIT_SECS: u64 = 600;
/// So many narrow buckets in a row end a time of wide confidence.
pub const NARROW_BUCKETS_TO_CLEAR: u8 = 3;

/// 10^0 to 10^12.
const POWERS_OF_TEN: [u64; 13] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
    100_000_000_000,
    1_000_000_000_000,
];

/// A price with its confidence interval, as an oracle published it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Price.
    pub price: PriceE12,
    /// Half width of the confidence interval.
    pub conf: PriceE12,
    /// The oracle's own exponential average; zero where it has none.
    pub ema: PriceE12,
    /// When it was published.
    pub publish_time: UnixSeconds,
}

impl Sample {
    /// From an oracle's integers, `value * 10^exponent`. Exact for every exponent in -12..=0.
    pub fn from_raw(price: i64, conf: u64, ema: i64, exponent: i32, publish_time: i64) -> Result<Self> {
        if price <= 0 {
            return Err(RiskError::PriceNotPositive);
        }
        let shift = 12_i32.checked_add(exponent).ok_or(RiskError::PriceOutOfRange)?;
        let shift = usize::try_from(shift).map_err(|_| RiskError::PriceOutOfRange)?;
        let scale = *POWERS_OF_TEN.get(shift).ok_or(RiskError::PriceOutOfRange)?;
        let scaled =
            |value: u64| fixed::mul(value, scale).map(PriceE12).map_err(|_| RiskError::PriceOutOfRange);
        let positive = |value: i64| u64::try_from(value.max(0)).map_err(|_| RiskError::Overflow);
        Ok(Self {
            price: scaled(positive(price)?)?,
            conf: scaled(conf)?,
            ema: scaled(positive(ema)?)?,
            publish_time: UnixSeconds(publish_time),
        })
    }

    /// Confidence over price, rounded up.
    pub fn confidence_ppm_ceil(&self) -> Result<Ppm> {
        if self.conf > self.price {
            return Err(RiskError::ConfidenceTooWide);
        }
        let ppm = fixed::mul_div_u64_ceil(self.conf.0, crate::units::PPM, self.price.0)?;
        u32::try_from(ppm).map(Ppm).map_err(|_| RiskError::Overflow)
    }

    /// Price less confidence: what a seller gets.
    pub fn bid(&self) -> Result<PriceE12> {
        let bid = self.price.minus(self.conf)?;
        if bid.is_zero() { Err(RiskError::PriceNotPositive) } else { Ok(bid) }
    }

    /// Price plus confidence: what a buyer pays.
    pub fn ask(&self) -> Result<PriceE12> {
        self.price.plus(self.conf)
    }

    /// The edge at which a position of `side` is opened: against it.
    pub fn opening_edge(&self, side: Side) -> Result<PriceE12> {
        match side {
            Side::Long => self.ask(),
            Side::Short => self.bid(),
        }
    }

    /// The edge at which a position of `side` is closed by its owner: against it.
    pub fn closing_edge(&self, side: Side) -> Result<PriceE12> {
        match side {
            Side::Long => self.bid(),
            Side::Short => self.ask(),
        }
    }
}

/// What a sample is wanted for; the rules differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Opening, increasing, removing collateral, pool flows.
    Risk,
    /// Decrease, close and settlement.
    Decrease,
    /// Flag, liquidate.
    Liquidate,
    /// Market update.
    Update,
    /// Anything that only looks: refresh, trigger, view.
    Observe,
}

/// What the market remembers of its oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OracleState {
    /// Last accepted price: the index.
    pub index: PriceE12,
    /// Exponential average of accepted samples, half-life 60 s.
    pub mark: PriceE12,
    /// Publish time of the last accepted sample; zero before the first.
    pub published_at: UnixSeconds,
    /// Since when confidence is wide; zero if it is not.
    pub conf_wide_since: UnixSeconds,
    /// Narrow buckets in a row while it is.
    pub narrow_buckets: u8,
}

impl OracleState {
    /// Nothing known, nothing booked.
    pub const EMPTY: Self = Self {
        index: PriceE12::ZERO,
        mark: PriceE12::ZERO,
        published_at: UnixSeconds::ZERO,
        conf_wide_since: UnixSeconds::ZERO,
        narrow_buckets: 0,
    };
}

impl Default for OracleState {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl OracleState {
    /// Whether confidence has been wide for so long that exits run on wide samples too.
    pub fn is_wide_matured(&self, now: UnixSeconds) -> Result<bool> {
        Ok(!self.conf_wide_since.is_zero() && now.since(self.conf_wide_since)? >= CONFIDENCE_WIDE_WAIT_SECS)
    }

    /// Whether the liquidation of what is only below maintenance waits for confidence to narrow.
    pub fn is_liquidation_held_back(&self, now: UnixSeconds) -> Result<bool> {
        Ok(!self.conf_wide_since.is_zero() && !self.is_wide_matured(now)?)
    }

    /// Whether `sample` may serve `purpose` now, and its confidence over price. Time, order and confidence; nothing is
    /// changed.
    pub fn admit(
        &self,
        sample: &Sample,
        purpose: Purpose,
        confidence_max: Ppm,
        now: UnixSeconds,
    ) -> Result<Ppm> {
        if sample.price.is_zero() {
            return Err(RiskError::PriceNotPositive);
        }
        if sample.publish_time > now.after_secs(FUTURE_TOLERANCE_SECS)? {
            return Err(RiskError::PriceFromFuture);
        }
        if sample.publish_time < self.published_at {
            return Err(RiskError::PriceNotMonotonic);
        }
        let age_max = if purpose == Purpose::Decrease { AGE_DECREASE_SECS_MAX } else { AGE_SECS_MAX };
        if now.since(sample.publish_time)? > age_max {
            return Err(RiskError::PriceTooOld);
        }
        let is_exit = matches!(purpose, Purpose::Decrease | Purpose::Liquidate);
        let limit =
            if is_exit && self.is_wide_matured(now)? { CONFIDENCE_WIDE_PPM_MAX } else { confidence_max };
        let confidence = sample.confidence_ppm_ceil()?;
        if confidence > limit { Err(RiskError::ConfidenceTooWide) } else { Ok(confidence) }
    }

    /// Mark after `sample`: it covers the share 1 - 2^(-dt/60) of the way to the new price.
    pub fn mark_after(&self, sample: &Sample) -> Result<PriceE12> {
        if self.published_at.is_zero() {
            return Ok(sample.price);
        }
        let seconds = sample.publish_time.since(self.published_at)?;
        if seconds == 0 {
            return Ok(self.mark);
        }
        let kept = DecayRate::HALF_LIFE_60S.weight_q48(seconds)?;
        let gained = ONE_Q48.checked_sub(kept).ok_or(RiskError::Overflow)?;
        let old = fixed::product(self.mark.0, kept);
        let sum = old.checked_add(fixed::product(sample.price.0, gained)).ok_or(RiskError::Overflow)?;
        fixed::narrow(sum >> 48).map(PriceE12)
    }

    /// Wide-confidence state after a sample of `confidence` over price, published at `time`; narrow samples count once
    /// per bucket.
    pub fn note_confidence(
        &mut self,
        confidence: Ppm,
        time: UnixSeconds,
        margin_min: Ppm,
        new_bucket: bool,
    ) -> Result<()> {
        let conf_x4 = fixed::mul(u64::from(confidence.0), 4)?;
        if conf_x4 > u64::from(margin_min.0) {
            self.narrow_buckets = 0;
            if self.conf_wide_since.is_zero() {
                self.conf_wide_since = time;
            }
        } else if new_bucket && !self.conf_wide_since.is_zero() {
            self.narrow_buckets = self.narrow_buckets.checked_add(1).ok_or(RiskError::Overflow)?;
            if self.narrow_buckets >= NARROW_BUCKETS_TO_CLEAR {
                self.conf_wide_since = UnixSeconds::ZERO;
                self.narrow_buckets = 0;
            }
        }
        Ok(())
    }
}
