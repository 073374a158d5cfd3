//! Triggers: the price of a payout cap is exact, and no bound ever hides a position that can be liquidated.
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

use bulkhead_risk::health::liquidation_price;
use bulkhead_risk::trigger::{Bound, Drift, Drivers, Family, cap_bound, cap_price, margin_bound};
use common::*;
use proptest::prelude::*;

/// One step of a market: growth of the indexes in the units of the ledger, ramp, depth, and price moved.
#[derive(Clone, Copy, Debug)]
struct Step {
    borrow_e12: i64,
    paid_ppb: i64,
    received_ppb: i64,
    ramp_ppb: u64,
    depth: u64,
    price_ppm: u64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let indexes = (-500_000_000_i64..2_000_000_000, -20_000_000_i64..50_000_000, -20_000_000_i64..50_000_000);
    let rest = (10_000_000_u64..200_000_000, magnitude(9, 15), 980_000_u64..1_020_000);
    let step = (indexes, rest).prop_map(|(indexes, rest)| Step {
        borrow_e12: indexes.0,
        paid_ppb: indexes.1,
        received_ppb: indexes.2,
        ramp_ppb: rest.0,
        depth: rest.1,
        price_ppm: rest.2,
    });
    proptest::collection::vec(step, 2..8)
}

/// Indexes may fall between steps, but not below what the position has booked.
fn moved(index: u128, by: i128, floor: u128) -> u128 {
    u128::try_from(index as i128 + by).unwrap_or(0).max(floor)
}

fn take(market: &mut Market, position: &Position, step: &Step) {
    let price = u128::from(market.oracle.index.0);
    let ppb = |part: i64| i128::from(part) * price as i128 * 1_000;
    let ledger = &mut market.ledger;
    let floor = position.borrow_snapshot_e12;
    ledger.borrow_index_e12 = moved(ledger.borrow_index_e12, i128::from(step.borrow_e12), floor);
    let sums = ledger.side_mut(position.side);
    let floor = position.funding_paid_snapshot_e24;
    sums.funding_paid_e24 = moved(sums.funding_paid_e24, ppb(step.paid_ppb), floor);
    let floor = position.funding_received_snapshot_e24;
    sums.funding_received_e24 = moved(sums.funding_received_e24, ppb(step.received_ppb), floor);
    market.volatility.ramp_ppb = step.ramp_ppb;
    market.params.depth_quote_atoms = QuoteAtoms(step.depth);
    market.oracle.index = PriceE12((price as u64 / 1_000_000 * step.price_ppm).max(1));
}

fn current(market: &Market, position: &Position) -> Position {
    position.accrued(&market.params, &market.ledger).unwrap().lowered(market).unwrap()
}

fn bounds(market: &Market, position: &Position) -> Vec<Option<Bound>> {
    let current = current(market, position);
    vec![margin_bound(market, position, &current).unwrap(), cap_bound(market, &current).unwrap()]
}

/// A bound as a keeper holds it.
#[derive(Clone, Copy, Debug)]
struct Held {
    drift: Drift,
    urgency: u64,
}

impl Held {
    fn of(market: &Market, side: Side, bound: Bound) -> Option<Self> {
        let drift = Drift::new(side, bound.family, Drivers::of(market, side).unwrap()).unwrap();
        drift.urgency(bound.price).unwrap().map(|urgency| Self { drift, urgency })
    }

    fn is_reached(&self, price: PriceE12) -> bool {
        self.drift.threshold(price).unwrap().is_some_and(|least| self.urgency >= least)
    }
}

proptest! {
    #![proptest_config(cases(20_000))]

    /// At the cap's price the cap is reached, one unit before it is not.
    #[test]
    fn cap_price_ok_is_exact(scene in scenes()) {
        let Scene { market, position, .. } = scene;
        let reached = |price: u64| {
            let pnl = position.pnl_of(position.size, &market.params, PriceE12(price)).unwrap();
            pnl.plus(position.due.signed()).unwrap() >= position.reserved.signed()
        };
        let price = cap_price(&market, &position).unwrap().0;
        match position.side {
            Side::Long => {
                prop_assert!(price == 0 || reached(price));
                prop_assert!(price == 1 || !reached(price.wrapping_sub(1)));
            }
            Side::Short => {
                prop_assert!(price == 0 || reached(price));
                prop_assert!(!reached(price + 1));
            }
        }
    }

    /// However indexes, ramp and add-on move, forth and back: who can be liquidated is never hidden.
    #[test]
    fn drift_ok_never_hides_who_can_be_liquidated(
        scene in scenes(),
        steps in steps(),
        near in -3_i64..=3,
    ) {
        let Scene { mut market, position, .. } = scene;
        let side = position.side;
        // Taken in the middle of an atom, so that the next accrual can carry one over.
        take(&mut market, &position, &steps[0]);
        let taken = bounds(&market, &position).into_iter();
        let mut held: Vec<_> = taken.map(|bound| Held::of(&market, side, bound?)).collect();
        for step in &steps[1..] {
            take(&mut market, &position, step);
            let to = Drivers::of(&market, side).unwrap();
            for held in held.iter_mut() {
                // What cannot be followed must be looked at always.
                *held = held.and_then(|mut held| held.drift.advance(&to).ok().map(|()| held));
            }
            let now = current(&market, &position);
            let turning = [
                liquidation_price(&market, &now).unwrap(),
                cap_price(&market, &now).unwrap(),
                market.oracle.index,
            ];
            for price in turning.map(|price| price.0.saturating_add_signed(near)) {
                let Ok(value) = now.value(&market.params, PriceE12(price)) else { continue };
                let Ok(required) = now.maintenance_margin(value.notional) else { continue };
                if price == 0 || liquidation::reason(&now, &value, required).is_none() {
                    continue;
                }
                prop_assert!(held.iter().any(|held| held.is_none_or(|held| held.is_reached(PriceE12(price)))));
            }
        }
    }

    /// What was just taken hides every price that is a hair better than the trigger, so that a bound is worth
    /// having; and it names its own price again.
    #[test]
    fn bound_ok_is_tight_when_taken(scene in scenes()) {
        let Scene { market, position, .. } = scene;
        let now = current(&market, &position);
        let exact = [liquidation_price(&market, &now).unwrap(), cap_price(&market, &now).unwrap()];
        // Twelve atoms are what the roundings of a bound come to.
        let hair = 12 * u128::from(market.params.notional_divisor) / u128::from(position.size.0);
        for (bound, exact) in bounds(&market, &position).into_iter().zip(exact) {
            let Some(held) = bound.and_then(|bound| Held::of(&market, position.side, bound)) else { continue };
            let hair = u64::try_from(hair).unwrap().max(exact.0 / 1_000_000_000) + 2;
            let family = bound.unwrap().family;
            let is_above = (family == Family::Cap) == (position.side == Side::Short);
            let better = if is_above { exact.0.saturating_add(hair) } else { exact.0.saturating_sub(hair) };
            if exact.is_zero() || exact.0 >= u64::MAX / 4 || better == 0 {
                continue;
            }
            prop_assert!(!held.is_reached(PriceE12(better)), "{held:?} {exact:?}");
            prop_assert!(held.is_reached(exact));
            prop_assert!(held.drift.price(held.urgency).unwrap().0.abs_diff(exact.0) <= hair);
        }
    }
}

/// How far bound and trigger lie apart after 20 steps, in ppm of the price, for both sides.
fn apart_ppm(addon: u32, step: impl Fn(&mut Market, u64)) -> [u64; 2] {
    [Side::Long, Side::Short].map(|side| {
        let (mut market, mut position) = open(&market(), side, 10_000, usd(1_000));
        position.margin_ppm = Ppm(60_000);
        position.addon_ppm = Ppm(addon);
        let bound = bounds(&market, &position)[0].unwrap();
        let mut held = Held::of(&market, side, bound).unwrap();
        for turn in 1..=20 {
            step(&mut market, turn);
            held.drift.advance(&Drivers::of(&market, side).unwrap()).unwrap();
        }
        let exact = liquidation_price(&market, &current(&market, &position)).unwrap().0;
        held.drift.price(held.urgency).unwrap().0.abs_diff(exact) / (PRICE.0 / 1_000_000)
    })
}

/// A family moves as one, and only what differs within it loosens its bounds.
#[test]
fn advance_ok_keeps_bounds_near_their_triggers() {
    let a_thousandth_e24 = u128::from(PRICE.0) * 1_000_000_000;
    // 2 % of funding, paid or received: exact up to the width of a family, a thirtieth.
    for received in [false, true] {
        let apart = apart_ppm(0, |market, _| {
            for side in [Side::Long, Side::Short] {
                let sums = market.ledger.side_mut(side);
                let index =
                    if received { &mut sums.funding_received_e24 } else { &mut sums.funding_paid_e24 };
                *index += a_thousandth_e24;
            }
        });
        assert!(apart.iter().all(|apart| *apart <= 700), "{apart:?}");
    }
    // 2 % of borrow fee: at most as much again.
    let apart = apart_ppm(0, |market, _| market.ledger.borrow_index_e12 += 1_000_000_000);
    assert!(apart.iter().all(|apart| *apart <= 22_000), "{apart:?}");
    // m_ramp a percent up and down again, ten times: 20 % of way, and a thirtieth of it twice.
    for addon in [0, 30_000] {
        let apart =
            apart_ppm(addon, |market, turn| market.volatility.ramp_ppb = 30_000_000 + turn % 2 * 10_000_000);
        assert!(apart.iter().all(|apart| *apart <= 14_000), "{apart:?}");
    }
}

/// At the very ends of a family, where no slack of its width hides an error, after funding either way.
#[test]
fn advance_ok_hides_nobody_at_the_ends_of_a_family() {
    let a_fiftieth_e24 = u128::from(PRICE.0) * 20_000_000_000;
    for (side, fee, received, ramp_ppb) in [Side::Long, Side::Short]
        .into_iter()
        .flat_map(|side| [0, 31_249].map(|fee| (side, fee)))
        .flat_map(|(side, fee)| [false, true].map(|received| (side, fee, received)))
        .flat_map(|(side, fee, received)| [30_000_000, 50_000_000].map(|ramp| (side, fee, received, ramp)))
    {
        let (mut market, mut position) = open(&market(), side, 10_000, usd(1_000));
        position.margin_ppm = Ppm(60_000);
        position.liquidation_fee_ppm = Ppm(fee);
        let mut held = Held::of(&market, side, bounds(&market, &position)[0].unwrap()).unwrap();
        let sums = market.ledger.side_mut(side);
        *(if received { &mut sums.funding_received_e24 } else { &mut sums.funding_paid_e24 }) +=
            a_fiftieth_e24;
        held.drift.advance(&Drivers::of(&market, side).unwrap()).unwrap();
        market.volatility.ramp_ppb = ramp_ppb;
        held.drift.advance(&Drivers::of(&market, side).unwrap()).unwrap();
        let exact = liquidation_price(&market, &current(&market, &position)).unwrap();
        assert!(held.is_reached(exact), "{side:?} {fee} {received} {ramp_ppb}");
    }
}

#[test]
fn cap_price_ok_of_round_numbers() {
    // 10,000 USD at 50,000 with 1,000 USD set aside: 10 % either way; 500 USD of funding due halve it.
    let price = |side, due| {
        let (market, mut position) = open(&market(), side, 10_000, usd(1_000));
        position.reserved = usd(1_000);
        position.due = due;
        cap_price(&market, &position).unwrap().0 / DOLLAR_E12
    };
    assert_eq!([price(Side::Long, usd(0)), price(Side::Short, usd(0))], [55_000, 45_000]);
    assert_eq!([price(Side::Long, usd(500)), price(Side::Short, usd(500))], [52_500, 47_500]);
    // More due than is set aside: reached on the losing side of the entry too.
    assert_eq!([price(Side::Long, usd(1_500)), price(Side::Short, usd(1_500))], [47_500, 52_500]);
    assert_eq!([price(Side::Long, usd(90_000)), price(Side::Short, usd(90_000))], [0, 495_000]);
}

#[test]
fn margin_bound_ok_is_none_where_every_price_reaches_it() {
    for side in [Side::Long, Side::Short] {
        let (market, mut position) = open(&market(), side, 10_000, usd(1_000));
        position.liquidation_fee_ppm = Ppm::ONE;
        assert_eq!(margin_bound(&market, &position, &position).unwrap(), None);
    }
    let (market, mut short) = open(&market(), Side::Short, 10_000, usd(1_000));
    short.owed_borrow = usd(20_000);
    assert_eq!(margin_bound(&market, &short, &short).unwrap(), None);
    // A long that is backed in full has a bound of roundings alone, and one that is backed better none.
    let long = |dollars| {
        let (market, long) = open(&market, Side::Long, 10_000, usd(dollars));
        margin_bound(&market, &long, &long).unwrap().unwrap().price.0
    };
    assert_eq!([long(10_000), long(10_001)], [31_413_613, 1]);
}

#[test]
fn advance_fails_for_another_divisor() {
    let (mut market, position) = open(&market(), Side::Long, 10_000, usd(1_000));
    let bound = margin_bound(&market, &position, &position).unwrap().unwrap();
    let mut held = Held::of(&market, Side::Long, bound).unwrap();
    market.params.notional_divisor *= 10;
    let to = Drivers::of(&market, Side::Long).unwrap();
    assert_eq!(held.drift.advance(&to), Err(RiskError::AccountingBroken));
}
