//! Refresh: the requirement follows down at once, and up only as far as shown, at limited speed.
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

use common::*;

/// A position of 1,000 USD at 4 % whose market asks for `ramp_ppm`, last refreshed `seconds` ago.
fn behind(collateral: u64, ramp_ppm: u64, seconds: i64) -> (Market, Position) {
    let (mut market, mut position) = open(&market(), Side::Long, 1_000, usd(collateral));
    market.volatility.ramp_ppb = ramp_ppm * 1_000;
    position.margin_refreshed_at = UnixSeconds(NOW.0 - seconds);
    (market, position)
}

fn refreshed(market: &Market, position: &Position) -> Position {
    position.refreshed(market, &sample(PRICE), NOW).unwrap()
}

#[test]
fn refreshed_ok_follows_down_at_once() {
    let (market, position) = behind(100, 30_000, 0);
    assert_eq!(refreshed(&market, &position).margin_ppm, Ppm(30_000));
    let (market, position) = behind(100, 40_000, 0);
    assert_eq!(refreshed(&market, &position).margin_ppm, Ppm(40_000));
}

#[test]
fn refreshed_ok_rises_a_quarter_an_hour() {
    for (seconds, expected) in
        [(59, 40_000), (60, 40_166), (1_800, 45_000), (3_600, 50_000), (90_000, 50_000)]
    {
        let (market, position) = behind(900, 60_000, seconds);
        let next = refreshed(&market, &position);
        assert_eq!(next.margin_ppm, Ppm(expected), "after {seconds} s");
        let stamped = if seconds < 60 { position.margin_refreshed_at } else { NOW };
        assert_eq!(next.margin_refreshed_at, stamped);
    }
}

#[test]
fn refreshed_ok_rises_no_further_than_shown() {
    // q = 5.5 %: 5.5 / 1.1 - 0.5 % of liquidation fee = 4.5 %.
    let (market, position) = behind(55, 60_000, 3_600);
    let next = refreshed(&market, &position);
    assert_eq!(next.margin_ppm, Ppm(45_000));
    assert!(next.is_reduce_only(&market).unwrap());
    // q = 4.9 % shows less than the position already has to hold: unchanged.
    let (market, position) = behind(49, 60_000, 3_600);
    assert_eq!(refreshed(&market, &position).margin_ppm, Ppm(40_000));
    let (market, position) = behind(0, 60_000, 3_600);
    assert_eq!(refreshed(&market, &position).margin_ppm, Ppm(40_000));
}

#[test]
fn refreshed_ok_remembers_the_worst_lived_through() {
    let (mut market, position) = behind(105, 60_000, 3_600);
    assert_eq!(refreshed(&market, &position).margin_ppm, Ppm(50_000));
    // At 47,500 it had 5.5 % of the notional there: 55 / 950 = 5.789 %.
    market.extremes.note(PriceE12(PRICE.0 / 100 * 95), NOW).unwrap();
    assert_eq!(refreshed(&market, &position).margin_ppm, Ppm(47_630)); // 57,894 / 1.1 - 5,000.
    // Lived through before it was opened, in another bucket: not its own.
    let mut later = position;
    later.opened_at = UnixSeconds(NOW.0 + 14_400);
    assert_eq!(refreshed(&market, &later).margin_ppm, Ppm(50_000));
}

#[test]
fn refreshed_ok_a_capped_winner_counts_at_the_present_price() {
    let (mut market, mut position) = behind(60, 60_000, 3_600);
    position.reserved = usd(50);
    market.extremes.note(PriceE12(PRICE.0 / 100 * 99), NOW).unwrap();
    let high = PriceE12(PRICE.0 * 3);
    let market = at(&market, high, NOW);
    let next = position.refreshed(&market, &sample(high), NOW).unwrap();
    // (60 + 50) / 3000 = 3.67 % now, less than at the worst price behind it.
    assert_eq!(next.margin_ppm, Ppm(40_000));
}

#[test]
fn lowered_ok_addon_falls_with_open_interest_and_never_rises() {
    let (market, mut position) = open(&market(), Side::Long, 50_000, usd(5_000));
    position.addon_ppm = Ppm(1_500);
    assert_eq!(position.lowered(&market).unwrap().addon_ppm, Ppm(1_000));
    position.addon_ppm = Ppm(500);
    assert_eq!(position.lowered(&market).unwrap().addon_ppm, Ppm(500));
}

#[test]
fn refreshed_ok_leaves_what_is_not_open() {
    let (market, _) = behind(100, 60_000, 3_600);
    let pending = Position::pending(Side::Long, usd(5));
    assert_eq!(refreshed(&market, &pending), pending);
    assert!(!pending.is_reduce_only(&market).unwrap());
}
