//! The built-in crash through the compiled program, by several seeds of positions, at live rates and at rates of
//! zero: every promise counted.

use bulkhead_lab::record::{MarginMode, Rates};
use bulkhead_lab::runner::replay_short;

#[test]
fn replays_break_no_promise() {
    for (seed, rates) in [(11, Rates::Live), (12, Rates::Live), (11, Rates::Zero), (12, Rates::Zero)] {
        let record = replay_short(seed, MarginMode::VolatilityScaled, rates).unwrap();
        let summary = &record.summary;
        assert!(summary.promises_hold(), "seed {seed}: {:#?}", summary.checks());
        assert_eq!(summary.transactions.failed, 0, "seed {seed}: {:?}", summary.transactions.failures);
        assert!(summary.opened_long > 0 && summary.opened_short > 0 && summary.liquidations.forced() > 0);
        assert!(summary.promises.book_checks > 0, "seed {seed}: nothing was checked");
    }
}
