//! Four-hour lows and highs of the last 72 hours: the worst price that a position has lived through.

use crate::error::{Result, RiskError};
use crate::ledger::Side;
use crate::units::{PriceE12, UnixSeconds};

/// Buckets kept.
pub const BUCKETS: usize = 18;
/// Length of a bucket: four hours.
pub const BUCKET_SECS: i64 = 14_400;
const BUCKETS_I64: i64 = 18;

/// Low and high of one bucket; both zero where it saw no sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowHigh {
    /// Lowest accepted price.
    pub low: PriceE12,
    /// Highest accepted price.
    pub high: PriceE12,
}

impl LowHigh {
    /// Nothing known, nothing booked.
    pub const EMPTY: Self = Self { low: PriceE12::ZERO, high: PriceE12::ZERO };
}

impl Default for LowHigh {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// A ring of buckets; the bucket with number n = time / 4 h lives in place n mod 18.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extremes {
    /// Number of the newest bucket.
    pub newest: i64,
    /// The ring.
    pub ring: [LowHigh; BUCKETS],
}

impl Extremes {
    /// Nothing known, nothing booked.
    pub const EMPTY: Self = Self { newest: 0, ring: [LowHigh::EMPTY; BUCKETS] };
}

impl Default for Extremes {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// Number of the bucket in which `time` lies.
pub fn bucket_of(time: UnixSeconds) -> i64 {
    time.0.div_euclid(BUCKET_SECS)
}

fn place(bucket: i64) -> Result<usize> {
    usize::try_from(bucket.rem_euclid(BUCKETS_I64)).map_err(|_| RiskError::Overflow)
}

impl Extremes {
    /// Takes an accepted price into its bucket. Samples come in order, so only the newest bucket grows.
    pub fn note(&mut self, price: PriceE12, time: UnixSeconds) -> Result<()> {
        let bucket = bucket_of(time);
        if bucket > self.newest {
            let mut skipped = self.newest.checked_add(1).ok_or(RiskError::Overflow)?;
            if bucket.checked_sub(self.newest).ok_or(RiskError::Overflow)? >= BUCKETS_I64 {
                // Nothing of the ring is young enough to stay.
                self.ring = [LowHigh::default(); BUCKETS];
                skipped = bucket;
            }
            while skipped < bucket {
                *self.ring.get_mut(place(skipped)?).ok_or(RiskError::Overflow)? = LowHigh::default();
                skipped = skipped.checked_add(1).ok_or(RiskError::Overflow)?;
            }
            self.newest = bucket;
            *self.ring.get_mut(place(bucket)?).ok_or(RiskError::Overflow)? =
                LowHigh { low: price, high: price };
            return Ok(());
        }
        let current = self.ring.get_mut(place(self.newest)?).ok_or(RiskError::Overflow)?;
        current.low = if current.low.is_zero() { price } else { current.low.min(price) };
        current.high = current.high.max(price);
        Ok(())
    }

    /// The worst price for `side` since `since`, at most 72 hours back, `now_price` included.
    ///
    /// The bucket in which `since` lies counts whole: what it saw before can only make the answer worse,
    /// and a worse answer lets the requirement rise less, never more.
    pub fn worst_since(&self, side: Side, since: UnixSeconds, now_price: PriceE12) -> Result<PriceE12> {
        let oldest = self.newest.checked_sub(BUCKETS_I64).and_then(|old| old.checked_add(1));
        let bucket = oldest.ok_or(RiskError::Overflow)?.max(bucket_of(since));
        if bucket > self.newest {
            return Ok(now_price);
        }
        // From the place of the first bucket to that of the newest, round the end of the ring.
        let (first, last) = (place(bucket)?, place(self.newest)?);
        let (older, newer) = match first <= last {
            true => (None, self.ring.get(first..=last)),
            false => (self.ring.get(first..), self.ring.get(..=last)),
        };
        let buckets = older.unwrap_or_default().iter().chain(newer.ok_or(RiskError::Overflow)?);
        let seen = buckets.filter(|seen| !seen.low.is_zero());
        Ok(match side {
            Side::Long => seen.fold(now_price, |worst, seen| worst.min(seen.low)),
            Side::Short => seen.fold(now_price, |worst, seen| worst.max(seen.high)),
        })
    }
}
