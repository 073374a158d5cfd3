//! The chain's time between two readings of its clock.

use std::time::Instant;

use bulkhead_risk::UnixSeconds;

/// A reading of the chain's clock, and when it was taken.
#[derive(Clone, Copy, Debug)]
pub struct ChainTime {
    read: UnixSeconds,
    at: Instant,
}

impl ChainTime {
    /// A reading taken now.
    pub fn new(read: UnixSeconds) -> Self {
        Self { read, at: Instant::now() }
    }

    /// The reading and what has passed since, in whole seconds.
    pub fn now(&self) -> UnixSeconds {
        let passed = i64::try_from(self.at.elapsed().as_secs()).unwrap_or(i64::MAX);
        UnixSeconds(self.read.0.saturating_add(passed))
    }
}
