//! How many liquidations fit into a slot, and what a position's life costs: measured on the compiled program.

use bulkhead_lab::side_by_side;
use bulkhead_lab::slots::ground::Depth;
use bulkhead_lab::slots::transactions::Table;
use bulkhead_lab::slots::{LOCKS_MAX, TRANSACTION_BYTES_MAX, UNITS_MAX, best, measure};

/// Positions of one market that a slot liquidated, one in a transaction, when this was last tightened.
const ONE_EACH_MIN: u64 = 1_040;
/// The same in the best batch.
const BATCHED_MIN: u64 = 1_220;

#[test]
fn slots_ok_as_many_as_documented_and_the_market_is_what_stops_them() {
    let rows = measure().unwrap();
    for row in &rows {
        assert!(
            row.bytes <= TRANSACTION_BYTES_MAX && row.locks <= LOCKS_MAX && row.units <= UNITS_MAX,
            "{row:?}"
        );
        assert!(row.cost.stopped_by_account, "{row:?}");
        let parts = row.cost.signatures + row.cost.write_locks + row.cost.data + row.cost.loaded;
        assert_eq!(row.cost.total, row.units + parts, "{row:?}");
        assert_eq!(row.cost.per_block, 20_000_000 / row.cost.total, "{row:?}");
        assert!(row.asked.per_block <= row.cost.per_block, "{row:?}");
    }
    let one = |depth| {
        rows.iter()
            .find(|row| row.depth == depth && row.table == Table::Market && row.positions == 1)
            .unwrap()
    };
    for depth in [Depth::Part, Depth::Whole, Depth::Insolvent] {
        assert!(one(depth).per_slot() >= ONE_EACH_MIN, "{:?}", one(depth));
    }
    for row in best(&rows) {
        assert!(row.per_slot() >= BATCHED_MIN && row.per_slot() >= one(row.depth).per_slot(), "{row:?}");
    }
}

#[test]
fn side_by_side_ok_measures_a_whole_life_and_gives_the_rent_back() {
    let steps = side_by_side::measure().unwrap();
    let of = |action: &'static str| steps.iter().filter(move |step| step.action == action);
    assert!(of("liquidate, part").all(|step| step.units < 45_129));
    assert_eq!(of("open").count(), 2);
    assert_eq!(of("close").count(), 3);
    let opened: i64 = of("open").map(|step| step.account_bytes).sum();
    let closed: i64 = of("close").map(|step| step.account_bytes).sum();
    assert!(opened > 500 && opened + closed == 0, "{opened} {closed}");
    assert!(steps.iter().all(|step| step.bytes <= TRANSACTION_BYTES_MAX as u64));
    let text = side_by_side::render(&steps);
    assert!(text.contains("45,129") && text.contains("47,326"), "{text}");
}
