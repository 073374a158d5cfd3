//! Keeps the chain's clock at the time of day, or ahead of it by what was travelled.
//!
//! surfpool's clock follows its slots: every block adds one slot's length, and a late block makes the clock
//! late for good. The program judges the age of prices by that clock, so it is led back here, many times a
//! second: before each block the time that the block will show is set. It never goes back.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

use solana_clock::Clock;
use surfpool_core::surfnet::svm::SurfnetSvm;

/// A chain that is this far ahead of what it should show was sent there by `surfnet_timeTravel`.
const TRAVELLED_MS: i64 = 3_000;

/// The time that the chain should show.
#[derive(Debug, Default)]
pub(crate) struct ChainClock {
    ahead_ms: AtomicI64,
}

impl ChainClock {
    pub(crate) fn now_ms(&self) -> i64 {
        let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(passed.as_millis()).unwrap_or(i64::MAX).saturating_add(self.ahead_ms.load(Relaxed))
    }

    /// Unix seconds.
    pub(crate) fn now_secs(&self) -> i64 {
        self.now_ms() / 1_000
    }

    pub(crate) fn travel(&self, secs: u32) {
        self.ahead_ms.fetch_add(i64::from(secs) * 1_000, Relaxed);
    }

    /// Sets what the next block will show. A chain found far ahead was sent there, and is followed.
    pub(crate) fn lead(&self, svm: &mut SurfnetSvm) {
        let shown_ms = svm.inner.get_sysvar::<Clock>().unix_timestamp.saturating_mul(1_000);
        let ahead_ms = shown_ms - self.now_ms();
        if ahead_ms > TRAVELLED_MS {
            self.ahead_ms.fetch_add(ahead_ms, Relaxed);
        }
        let next_ms = u64::try_from(self.now_ms().max(shown_ms)).unwrap_or(0);
        svm.updated_at = next_ms.saturating_sub(svm.slot_time);
    }
}

#[cfg(test)]
mod tests {
    use surfpool_core::surfnet::svm::SurfnetSvmConfig;

    use super::*;

    fn shown_after_a_block(svm: &mut SurfnetSvm) -> i64 {
        svm.confirm_current_block().unwrap();
        svm.inner.get_sysvar::<Clock>().unix_timestamp
    }

    #[test]
    fn blocks_show_the_time_of_day_however_late_they_are_and_never_an_earlier_one() {
        let (mut svm, _events, _geyser) = SurfnetSvm::new(SurfnetSvmConfig::default()).unwrap();
        let clock = ChainClock::default();
        svm.updated_at = 1_000;
        assert_eq!(shown_after_a_block(&mut svm), 1);
        clock.lead(&mut svm);
        let shown = shown_after_a_block(&mut svm);
        assert!(shown.abs_diff(clock.now_secs()) <= 1, "{shown}");
        // A burst of blocks has carried the clock ahead: it waits for the time of day.
        for _ in 0..5 {
            let before = svm.inner.get_sysvar::<Clock>().unix_timestamp;
            clock.lead(&mut svm);
            let after = shown_after_a_block(&mut svm);
            assert!(after >= before && after <= clock.now_secs() + 1, "{before} {after}");
        }
    }

    #[test]
    fn time_travel_by_the_handle_or_by_the_chain_itself_is_kept() {
        let (mut svm, _events, _geyser) = SurfnetSvm::new(SurfnetSvmConfig::default()).unwrap();
        let (clock, today) = (ChainClock::default(), ChainClock::default());
        clock.travel(3_600);
        clock.lead(&mut svm);
        assert!(shown_after_a_block(&mut svm).abs_diff(today.now_secs() + 3_600) <= 1);
        let later = Clock { unix_timestamp: today.now_secs() + 86_400, ..Clock::default() };
        svm.inner.set_sysvar(&later);
        clock.lead(&mut svm);
        assert!(shown_after_a_block(&mut svm).abs_diff(today.now_secs() + 86_400) <= 1);
    }
}
