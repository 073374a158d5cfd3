//! A short crash through the compiled program: the promises, counted.

use bulkhead_lab::path::synthetic::DEFAULT_SEED;
use bulkhead_lab::record::{MarginMode, RunRecord};
use bulkhead_lab::runner::replay_short;

fn without_time(mut record: RunRecord) -> String {
    record.info.elapsed_secs = 0;
    serde_json::to_string(&record).unwrap()
}

#[test]
fn a_crash_breaks_no_promise() {
    let record = replay_short(DEFAULT_SEED, MarginMode::VolatilityScaled).unwrap();
    let summary = &record.summary;
    assert!(summary.promises_hold(), "{:#?}", summary.checks());
    assert_eq!(summary.liquidations.not_below_opening, 0);
    assert_eq!(summary.transactions.failed, 0, "{:?}", summary.transactions.failures);
    assert!(summary.opened_long >= 10 && summary.opened_short >= 10, "{summary:#?}");
    assert!(summary.liquidations.forced() > 0 && summary.liquidations.payout_capped > 0, "{summary:#?}");
    assert!(summary.refreshes > 0 && summary.flags > 0 && summary.orders_executed > 20);
    assert_eq!(summary.promises.book_checks, 600);
    assert_eq!(record.rows.len(), 600);
}

#[test]
fn the_same_seed_gives_the_same_record() {
    let run = || without_time(replay_short(7, MarginMode::Static { margin_ppm: 60_000 }).unwrap());
    let record = run();
    assert_eq!(record, run());
    let other = replay_short(8, MarginMode::Static { margin_ppm: 60_000 }).unwrap();
    assert!(other.rows.iter().all(|row| row.m_ramp_ppm == 60_000));
    assert_ne!(record, without_time(other));
}
