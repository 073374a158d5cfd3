//! The book finds what a look at every position finds, whatever happens between its ticks.

mod allocations;
mod history;
mod world;

use bulkhead_risk::liquidation::Readiness;
use bulkhead_risk::{Ppm, PriceE12, QuoteAtoms, RiskError, Side, UnixSeconds};
use history::History;
use world::*;

/// 400 markets of 60 positions, each through 150 random events; every tick is compared with a full scan.
#[test]
fn tick_ok_finds_what_a_full_scan_finds() {
    let mut seen = Seen::default();
    for seed in 0..400 {
        let mut history = History::new(seed, 60);
        for _ in 0..150 {
            history.step();
        }
        seen.add(&history.seen);
    }
    println!("{seen:?}");
    // What did not occur was not tested.
    assert!(seen.kinds.iter().all(|times| *times > 100), "{seen:?}");
    assert!(seen.healthy > 1_000_000 && seen.liquidated > 1_000, "{seen:?}");
}

/// A day of minutes with funding and borrow at a hundred per cent a year: who is looked at was nearly there.
#[test]
fn tick_ok_looks_at_few() {
    let mut history = History::new(7, 20_000);
    history.seen = Seen::default();
    history.book.tick(&history.market, &history.sample, history.now).unwrap();
    let mut idle = 0;
    for minute in 0..1_440_i64 {
        let swing = [3, -2, 4, -6, 1][minute as usize % 5] * 20;
        history.advance(60, swing, 300);
        let hits = history.book.tick(&history.market, &history.sample, history.now).unwrap();
        idle += hits.looked_at - hits.found.len();
    }
    println!("{idle} looks at healthy positions");
    assert!(idle < 20_000, "{idle}");
    assert!(idle > 0, "{idle}");
}

/// A price that hits nobody costs no memory, though indexes and every shelf have moved.
#[test]
fn tick_ok_allocates_nothing_where_nothing_hits() {
    let mut history = History::new(9, 2_000);
    for key in history.compare().found.iter().map(|hit| hit.key) {
        history.book.remove(&key);
    }
    let mut idle = 0;
    for second in 0..60_i64 {
        history.advance(1, second % 3 - 1, 0);
        let mut looked_at = 0;
        let counted = allocations::during(|| {
            let hits = history.book.tick(&history.market, &history.sample, history.now).unwrap();
            looked_at = hits.looked_at;
        });
        if looked_at == 0 {
            assert_eq!(counted, 0);
            idle += 1;
        }
    }
    assert!(idle > 30, "{idle}");
}

#[test]
fn insert_ok_replaces_and_removes_what_is_not_open() {
    let mut history = History::new(1, 3);
    let (key, position) = history.positions.first_key_value().map(|(k, p)| (*k, *p)).unwrap();
    let mut newer = position;
    newer.collateral = QuoteAtoms(position.collateral.0 + 1);
    let (book, market) = (&mut history.book, &history.market);
    assert_eq!(book.insert(market, key, newer), Some(position));
    assert_eq!((book.len(), book.get(&key)), (3, Some(&newer)));
    newer.status = bulkhead_risk::PositionStatus::Closed;
    assert_eq!(book.insert(market, key, newer).map(|old| old.collateral), Some(newer.collateral));
    assert_eq!((book.len(), book.get(&key)), (2, None));
    assert_eq!(book.remove(&key), None);
}

#[test]
fn extend_ok_takes_the_last_of_several_states() {
    let mut history = History::new(2, 40);
    let mut twice: Vec<_> = history.positions.iter().map(|(key, position)| (*key, *position)).collect();
    for (key, mut position) in twice.clone() {
        position.collateral = QuoteAtoms(position.collateral.0 / 2);
        twice.push((key, position));
        history.positions.insert(key, position);
    }
    history.book = bulkhead_keeper::book::Book::new();
    history.book.extend(&history.market, twice);
    assert_eq!(history.book.len(), 40);
    history.compare();
}

/// A position that was read after its market: nothing can be said until the market is read again.
#[test]
fn tick_ok_reports_a_position_ahead_of_its_market() {
    let mut history = History::new(3, 20);
    let (key, mut position) = history.positions.first_key_value().map(|(k, p)| (*k, *p)).unwrap();
    position.borrow_snapshot_e12 += 1_000;
    position.collateral = QuoteAtoms(position.collateral.0 / 10);
    history.put(key, position);
    let tick = |history: &mut History| {
        history.book.tick(&history.market, &history.sample, history.now).unwrap().refused
    };
    assert_eq!(tick(&mut history), [(key, RiskError::AccountingBroken)]);
    history.market.ledger.borrow_index_e12 += 1_000;
    // Its old bound still stands when it is ranked anew; it counts once.
    let nearest = history.book.nearest(&history.market, position.side, 100).unwrap();
    assert_eq!(nearest.iter().filter(|near| near.key == key).count(), 1);
    assert_eq!(tick(&mut history), []);
    history.compare();
}

/// What is beyond its trigger at every price has no bound, and is found at every price.
#[test]
fn tick_ok_finds_what_every_price_hits() {
    let mut history = History::new(10, 0);
    let mut capped = position_at(&history.market, Side::Long, 10_000, 200_000);
    (capped.reserved, capped.due) = (QuoteAtoms(USD), QuoteAtoms(20_000 * USD));
    history.put(key(1), capped);
    let mut insolvent = position_at(&history.market, Side::Short, 10_000, 200_000);
    insolvent.owed_funding = QuoteAtoms(30_000 * USD);
    history.put(key(2), insolvent);
    for moved_ppm in [0, 500_000, -900_000] {
        history.advance(1, moved_ppm, 0);
        assert_eq!(history.compare().found.len(), 2);
    }
}

/// Other decimals cannot be followed by any bound: everything is looked at once, and stands anew.
#[test]
fn tick_ok_after_another_notional_divisor() {
    let mut history = History::new(4, 200);
    history.market.params.notional_divisor *= 2;
    let hits = history.compare();
    assert_eq!(hits.looked_at, 200);
    let found = hits.found.len();
    let again = history.compare();
    assert!(again.looked_at < found + 20, "{} {found}", again.looked_at);
}

#[test]
fn remove_ok_leaves_nothing_behind() {
    let mut history = History::new(5, 100);
    for key in history.positions.keys().copied().collect::<Vec<_>>() {
        assert_eq!(history.book.remove(&key), history.positions.remove(&key));
        history.compare();
    }
    assert!(history.book.is_empty());
    let low = PriceE12(1_000_000);
    history.market.oracle.index = low;
    history.sample.price = low;
    assert_eq!(history.compare().looked_at, 0);
}

#[test]
fn nearest_ok_counts_and_sides() {
    let history = History::new(6, 300);
    let nearest = |side, count| history.book.nearest(&history.market, side, count).unwrap();
    for side in [Side::Long, Side::Short] {
        assert_eq!(nearest(side, 0), []);
        let (few, all) = (nearest(side, 10), nearest(side, 1_000));
        assert_eq!(few, all[..10]);
        assert!(all.iter().all(|near| history.positions[&near.key].side == side));
    }
    assert!(nearest(Side::Long, 1_000).len() + nearest(Side::Short, 1_000).len() > 150);
}

/// Two sightings make a hit ready, as they do in the program.
#[test]
fn tick_ok_carries_the_sighting_of_a_position() {
    let mut history = History::new(8, 0);
    let mut position = position_at(&history.market, Side::Long, 10_000, 60_000);
    position.margin_ppm = Ppm(25_000);
    history.put(key(1), position);
    history.advance(1, -40_000, 0);
    let readiness =
        |history: &mut History| history.compare().found.first().map(|hit| hit.assessment.readiness);
    assert_eq!(readiness(&mut history), Some(Readiness::FirstSighting));
    position.below_since = UnixSeconds(history.now.0 - 10);
    history.put(key(1), position);
    assert!(matches!(readiness(&mut history), Some(Readiness::Ready(_))));
}
