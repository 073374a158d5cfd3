//! What somebody gains who may choose which valid price lands and when: bounds on the built-in paths, with the live
//! parameters. A bound that no longer holds is a change of the design or of its parameters.

use std::sync::LazyLock;

use bulkhead_lab::adversary::orders::Others;
use bulkhead_lab::adversary::{OTHERS, PathResult, Seconds, search};
use bulkhead_lab::path::synthetic::DEFAULT_SEED;

static CALM: LazyLock<PathResult> = LazyLock::new(|| walk(500_000));
static ROUGH: LazyLock<PathResult> = LazyLock::new(|| walk(1_000_000));

fn walk(volatility_ppm: u32) -> PathResult {
    search(&Seconds::walk(86_400, volatility_ppm, DEFAULT_SEED).unwrap(), DEFAULT_SEED).unwrap()
}

/// Mean profit of an order after edge and live trade fee, in ppb of its notional.
fn profit(result: &PathResult, leg: &str, others: Others) -> i64 {
    let row = result.orders.iter().find(|row| row.leg == leg && row.others == others);
    row.expect("every leg is played against all others").live.per_order_ppb
}

#[test]
fn adversary_ok_a_trader_gains_nothing_where_prices_are_pushed_every_two_seconds() {
    let every =
        |secs| *OTHERS.iter().find(|others| others.push_every == Some(secs) && !others.execute).unwrap();
    for leg in ["open", "close"] {
        assert_eq!(profit(&CALM, leg, every(2)), 0, "{leg}");
        assert_eq!(profit(&CALM, leg, every(5)), 0, "{leg}");
        assert_eq!(profit(&ROUGH, leg, every(2)), 0, "{leg}");
        assert!(profit(&ROUGH, leg, every(5)) < 8_000, "{leg}");
    }
}

#[test]
fn adversary_ok_a_trader_gains_nothing_where_strangers_execute() {
    let strangers = *OTHERS.iter().find(|others| others.execute).unwrap();
    for leg in ["open", "close"] {
        assert_eq!(profit(&CALM, leg, strangers), 0, "{leg}");
        assert!(profit(&ROUGH, leg, strangers) < 1_000, "{leg}");
    }
}

/// What docs/threat-model.md names first of what is left: whoever alone feeds a price account holds an option. What an
/// old price is charged makes that of a decrease about as small as that of an increase.
#[test]
fn adversary_ok_the_option_of_who_is_alone_is_as_large_as_documented() {
    let alone = OTHERS[0];
    for leg in ["open", "close"] {
        assert!((1..5_000).contains(&profit(&CALM, leg, alone)), "{leg}");
    }
    assert!((100_000..250_000).contains(&profit(&CALM, "close, nothing charged", alone)));
    assert!(profit(&CALM, "close, age 10 s", alone) < 5_000);
    let charged = ["close, nothing charged", "close, sigma of its age charged", "close"];
    let [none, one, two] = charged.map(|leg| profit(&ROUGH, leg, alone));
    assert!(none > 3 * one && one > two && two < 100_000, "{none} {one} {two}");
}

#[test]
fn adversary_ok_a_liquidator_gains_little_by_choosing_his_sightings() {
    for result in [&*CALM, &*ROUGH] {
        let found = &result.liquidator;
        assert!(found.hit[0] > 500, "{found:?}");
        // One in five more of positions within 0.3 % of their margin, and less than 0.01 % of their notional.
        assert!(found.hit[1] * 5 <= found.hit[0] * 6, "{found:?}");
        assert!((found.pay[1] - found.pay[0]) * 10_000 < found.notional, "{found:?}");
    }
}

#[test]
fn adversary_ok_a_cranker_moves_margins_and_liquidates_nobody() {
    let found = &ROUGH.cranker;
    assert!(found.refreshes > 10_000);
    assert_eq!((CALM.cranker.tipped, found.tipped), (0, 0));
    assert!(found.raised.ramp_ppm * 100 < found.honest.ramp_ppm * 140, "{found:?}");
    assert!(found.skipping.ramp_ppm * 100 > found.honest.ramp_ppm * 80, "{found:?}");
}
