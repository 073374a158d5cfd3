//! Order windows: no price known at placing, and never a fill and a cancel at one time.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::panic,
    clippy::unwrap_used
)] // Tests may panic; that is how they fail.

mod common;

use bulkhead_risk::orders::{OrderAction, cancellable_from, require_acceptable, require_in_window};
use common::*;

#[test]
fn require_in_window_ok_both_ends_included() {
    let at = |seconds| require_in_window(&params(), NOW, UnixSeconds(NOW.0 + seconds));
    assert_eq!((at(2), at(15)), (Ok(()), Ok(())));
}

#[test]
fn require_in_window_fails_outside() {
    let at = |seconds| require_in_window(&params(), NOW, UnixSeconds(NOW.0 + seconds));
    assert_eq!(at(1), Err(RiskError::PriceBeforeWindow));
    assert_eq!(at(-100), Err(RiskError::PriceBeforeWindow));
    assert_eq!(at(16), Err(RiskError::PriceAfterWindow));
    let end = require_in_window(&params(), UnixSeconds(i64::MAX), NOW);
    assert_eq!(end, Err(RiskError::Overflow));
}

/// The last price of the window is refused for its age in the very second from which cancelling is possible.
#[test]
fn cancellable_from_ok_meets_the_end_of_filling() {
    let last_price = UnixSeconds(NOW.0 + 15);
    for (action, purpose) in
        [(OrderAction::Increase, Purpose::Risk), (OrderAction::Decrease, Purpose::Decrease)]
    {
        let from = cancellable_from(&params(), action, NOW).unwrap();
        let admit = |now| {
            let state = bulkhead_risk::oracle::OracleState::default();
            state.admit(&sample_at(PRICE, last_price), purpose, Ppm(20_000), now).map(drop)
        };
        assert_eq!(admit(UnixSeconds(from.0 - 1)), Ok(()));
        assert_eq!(admit(from), Err(RiskError::PriceTooOld));
    }
}

#[test]
fn require_acceptable_ok_and_fails_for_buyers_and_sellers() {
    use OrderAction::{Decrease, Increase};
    use Side::{Long, Short};
    let check = |side, action, fill| require_acceptable(side, action, PriceE12(fill), PriceE12(100));
    for (side, action) in [(Long, Increase), (Short, Decrease)] {
        assert_eq!((check(side, action, 99), check(side, action, 100)), (Ok(()), Ok(())));
        assert_eq!(check(side, action, 101), Err(RiskError::PriceNotAcceptable));
    }
    for (side, action) in [(Short, Increase), (Long, Decrease)] {
        assert_eq!((check(side, action, 101), check(side, action, 100)), (Ok(()), Ok(())));
        assert_eq!(check(side, action, 99), Err(RiskError::PriceNotAcceptable));
    }
}
