//! Which way each amount is rounded, where whole dollars hide it: prices and sizes of a few atoms.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::panic,
    clippy::unwrap_used
)] // Tests may panic; that is how they fail.

mod common;

use bulkhead_risk::accrual::funding_rate_e18_after;
use bulkhead_risk::health::health;
use bulkhead_risk::impact::impact;
use bulkhead_risk::insurance::DAILY;
use bulkhead_risk::liquidation::{assess, fee_ppm_floor, size_to_close};
use bulkhead_risk::outflow::Outflow;
use bulkhead_risk::pool::state::state;
use bulkhead_risk::pool::withdraw::{self, Withdrawal};
use bulkhead_risk::rates::rates;
use common::*;

/// A base atom at a price of n is worth n tenths of a quote atom.
fn tenths() -> Market {
    let mut market = market();
    market.params.notional_divisor = 10;
    market
}

/// A quarter of an atom less than [`PRICE`], in what a dollar's worth of base atoms comes to.
const JUST_BELOW: PriceE12 = PriceE12(PRICE.0 - 1);
const JUST_ABOVE: PriceE12 = PriceE12(PRICE.0 + 1);

#[test]
fn notional_ok_down_and_up() {
    let params = tenths().params;
    let price = PriceE12(5);
    for (size, floor, ceil) in [(0, 0, 0), (1, 0, 1), (2, 1, 1), (3, 1, 2)] {
        assert_eq!(params.notional_floor(BaseAtoms(size), price), Ok(QuoteAtoms(floor)));
        assert_eq!(params.notional_ceil(BaseAtoms(size), price), Ok(QuoteAtoms(ceil)));
    }
}

#[test]
fn funding_rate_ok_of_a_skew_rounded_down_on_both_sides() {
    let mut market = tenths();
    let params = &mut market.params;
    params.funding_skew_scale_quote_atoms = QuoteAtoms(10);
    params.funding_velocity_max_e18 = 10;
    let rate = |long, short| {
        let mut ledger = market.ledger;
        (ledger.long.open_interest, ledger.short.open_interest) = (BaseAtoms(long), BaseAtoms(short));
        funding_rate_e18_after(&market.params, &ledger, PriceE12(5), 1).unwrap()
    };
    let expected = |long: i64, short: i64| long / 2 - short / 2;
    for (long, short) in [(0, 0), (1, 0), (0, 1), (2, 1), (1, 2), (3, 3), (5, 2), (2, 5)] {
        assert_eq!(rate(long as u64, short as u64), expected(long, short), "{long} {short}");
    }
}

#[test]
fn rates_ok_sides_rounded_down() {
    let mut market = tenths();
    market.oracle.index = PriceE12(5);
    (market.ledger.long.open_interest, market.ledger.short.open_interest) = (BaseAtoms(1), BaseAtoms(3));
    let rates = rates(&market, NOW).unwrap();
    assert_eq!((rates.long, rates.short), (QuoteAtoms(0), QuoteAtoms(1)));
}

/// What docs/math.md says of the impact, in rationals: Phi(s) = s^2 / 2S up to the end of the slope at S / 4, and
/// straight on from there. `twice` is 2 S Phi.
fn twice(skew: u64, steep: u64) -> u64 {
    if skew <= steep { skew * skew } else { 2 * skew * steep - steep * steep }
}

#[test]
fn impact_ok_charge_up_and_rebate_down_with_every_notional() {
    let mut market = tenths();
    let mut seen = (0, 0);
    for scale in [3_u64, 4, 8, 11, 40] {
        market.params.impact_scale_quote_atoms = QuoteAtoms(scale);
        for (skew, size, price) in (0..8_u64)
            .flat_map(|skew| (1..8).map(move |size| (skew, size)))
            .flat_map(|(skew, size)| [3, 5, 10, 13, 20].map(|price| (skew, size, price)))
        {
            let (floor, ceil) = (|size: u64| size * price / 10, |size: u64| (size * price).div_ceil(10));
            let steep = scale / 4;
            // A charge is never below what the exact notionals ask, nor a rebate above; and by little.
            let charge = |from: u64, to: u64| {
                let (low, high, delta) = (floor(from), ceil(to), ceil(to - from));
                let asked = if high <= steep {
                    delta * (ceil(from) + high)
                } else if low >= steep {
                    delta * 2 * steep
                } else {
                    2 * high * steep - steep * steep - low * low
                };
                asked.div_ceil(2 * scale)
            };
            let rebate = |from: u64, to: u64| {
                let (low, high, delta) = (floor(from), floor(to), floor(to - from));
                let paid = if high <= steep {
                    delta * (low + high)
                } else if low >= steep {
                    delta * 2 * steep
                } else {
                    (2 * high * steep - steep * steep).saturating_sub(ceil(from) * ceil(from))
                };
                paid / (2 * scale)
            };
            let price = PriceE12(price);
            market.ledger.impact_reference = price;
            market.ledger.long.open_interest = BaseAtoms(skew);
            let found = |is_buy| impact(&market.params, &market.ledger, is_buy, BaseAtoms(size), price);
            let grown = found(true).unwrap();
            assert_eq!((grown.charge.0, grown.rebate.0), (charge(skew, skew + size), 0));
            assert!(
                grown.charge.0 * 2 * scale
                    >= twice(floor(skew + size), steep) - twice(ceil(skew).min(floor(skew + size)), steep)
            );
            let Ok(shrunk) = found(false) else { panic!("{scale} {skew} {size} {price:?}") };
            let expected = match size <= skew {
                _ if skew == 0 => (charge(0, size), 0),
                true => (0, rebate(skew - size, skew)),
                false => (charge(0, size - skew), rebate(0, skew)),
            };
            assert_eq!((shrunk.charge.0, shrunk.rebate.0), expected, "{scale} {skew} {size} {price:?}");
            seen = (seen.0 + grown.charge.0, seen.1 + shrunk.rebate.0);
        }
    }
    assert!(seen.0 > 0 && seen.1 > 0);
}

#[test]
fn fee_ok_rate_rounded_down() {
    let (market, mut position) = open(&market(), Side::Long, 1_000, usd(1));
    position.liquidation_fee_ppm = Ppm::ONE;
    let mut assessment = assess(&market, &position, &sample(PRICE), NOW).unwrap();
    assessment.maintenance_margin = QuoteAtoms(3);
    assessment.valuation.equity = SignedQuoteAtoms(2);
    // One half and a third.
    assert_eq!(fee_ppm_floor(&position, &assessment), Ok(Ppm(833_333)));
}

#[test]
fn size_to_close_ok_limits_rounded_so_that_more_is_closed() {
    let (mut market, position) = open(&market(), Side::Long, 80, usd(4));
    let size = |market: &Market, price| {
        let assessment = assess(market, &position, &sample(price), NOW).unwrap();
        size_to_close(market, &position, &assessment, Ppm(5_000)).unwrap()
    };
    market.params.chunk_min_quote_atoms = usd(60);
    let left = |market: &mut Market, atoms| market.params.notional_min_quote_atoms = QuoteAtoms(atoms);
    left(&mut market, 19 * USD);
    assert!(size(&market, PRICE) < position.size);
    // What is left is worth a fraction of an atom less than 20 USD.
    market.params.chunk_min_quote_atoms = QuoteAtoms(59_999_999);
    left(&mut market, 20 * USD);
    assert_eq!(size(&market, PRICE), worth(60));
    assert_eq!(size(&market, JUST_BELOW), position.size);
    // Three quarters of 79,999,999 atoms are less than 60 million by the fraction that is dropped.
    let mut odd = position;
    odd.size = BaseAtoms(159_999);
    let mut assessment = assess(&market, &odd, &sample(PRICE), NOW).unwrap();
    assessment.valuation.notional = QuoteAtoms(79_999_999);
    left(&mut market, USD);
    for (chunk, closed) in [(59_999_999, BaseAtoms(120_000)), (60_000_000, odd.size)] {
        market.params.chunk_min_quote_atoms = QuoteAtoms(chunk);
        assert_eq!(size_to_close(&market, &odd, &assessment, Ppm(5_000)), Ok(closed));
    }
}

#[test]
fn addon_ok_of_open_interest_rounded_up() {
    let (mut market, _) = open(&market(), Side::Long, 1_000, usd(500));
    market.params.depth_quote_atoms = usd(1_000);
    assert_eq!(market.addon_ppm(Side::Long), Ok(Ppm(10_000)));
    market.oracle.index = JUST_ABOVE;
    assert_eq!(market.addon_ppm(Side::Long), Ok(Ppm(10_001)));
}

/// An opening of 1,000 USD, all of it set aside, in a market that `change` has changed.
fn opened(change: impl FnOnce(&mut Market)) -> Result<IncreaseReport> {
    let mut market = market();
    market.params.trade_fee_ppm = Ppm::ZERO;
    change(&mut market);
    let args = IncreaseArgs { size: worth(1_000), payout_cap_ppm: Ppm::ONE, acceptable: PriceE12(u64::MAX) };
    let position = Position::pending(Side::Long, usd(500));
    increase(&market, &position, &sample(market.oracle.index), &args, NOW)
}

#[test]
fn increase_ok_and_fails_by_a_fraction_of_an_atom() {
    let added = |index| {
        opened(|market| {
            market.oracle.index = index;
            market.params.depth_quote_atoms = usd(1_000);
        })
        .map(|report| report.position.addon_ppm)
    };
    assert_eq!((added(PRICE), added(JUST_ABOVE)), (Ok(Ppm(10_000)), Ok(Ppm(10_001))));
    let least = |index| {
        opened(|market| {
            market.oracle.index = index;
            market.params.notional_min_quote_atoms = usd(1_000);
        })
        .map(drop)
    };
    assert_eq!((least(PRICE), least(JUST_BELOW)), (Ok(()), Err(RiskError::NotionalTooSmall)));
    // 333,333 ppm of this pool are 1,000 USD less a third of an atom.
    let share = |ppm, pool| {
        opened(|market| {
            market.params.pool_share_max_ppm = Ppm(ppm);
            market.ledger.pool = QuoteAtoms(pool);
        })
        .map(drop)
    };
    assert_eq!(share(200_000, 4_999_999_999), Err(RiskError::PoolShareExceeded));
    let reserved = |pool| {
        opened(|market| {
            market.ledger.short.reserved = usd(7_000);
            market.ledger.pool = QuoteAtoms(pool);
        })
        .map(drop)
    };
    assert_eq!(
        (reserved(10_000 * USD), reserved(9_999_999_999)),
        (Ok(()), Err(RiskError::ReserveUnavailable))
    );
    let interest = |index| {
        opened(|market| {
            market.oracle.index = index;
            market.params.open_interest_cap_quote_atoms = usd(1_000);
        })
        .map(drop)
    };
    assert_eq!((interest(PRICE), interest(JUST_ABOVE)), (Ok(()), Err(RiskError::OpenInterestCapExceeded)));
    // The other side counts for less, so that the skew is more: 700 USD less a fraction.
    let skew = |index| {
        opened(|market| {
            market.oracle.index = index;
            market.params.skew_cap_quote_atoms = QuoteAtoms(300 * USD);
            market.ledger.short.open_interest = worth(700);
        })
        .map(drop)
    };
    assert_eq!(skew(PRICE), Ok(()));
    assert_eq!(skew(JUST_BELOW), Err(RiskError::SkewCapExceeded));
}

#[test]
fn decrease_ok_what_is_left_is_rounded_down() {
    let (mut market, position) = open(&market(), Side::Long, 1_000, usd(500));
    market.params.notional_min_quote_atoms = usd(500);
    let args = DecreaseArgs { size: worth(500), acceptable: PriceE12(1) };
    for (price, is_full) in [(PRICE, false), (JUST_BELOW, true)] {
        let market = at(&market, price, NOW);
        let report = decrease(&market, &position, &sample(price), &args, NOW).unwrap();
        assert_eq!(report.closed.is_full, is_full);
    }
}

#[test]
fn health_ok_initial_margin_rounded_up_twice() {
    let (market, position) = open(&market(), Side::Long, 1_000, usd(500));
    let initial = |price| {
        let market = at(&market, price, NOW);
        health(&market, &position, &sample(price), NOW).unwrap().initial_margin
    };
    let (even, above) = (initial(PRICE), initial(JUST_ABOVE));
    let rate =
        market.initial_ppm_of(&position, market.addon_ppm(Side::Long).unwrap(), &sample(PRICE)).unwrap();
    assert_eq!(even, usd(1_000).share_ceil(rate).unwrap());
    assert_eq!(above, QuoteAtoms(1_000 * USD + 1).share_ceil(rate).unwrap());
    assert_ne!(above, QuoteAtoms(1_000 * USD + 1).share_floor(rate).unwrap());
    assert_eq!(above.0, even.0 + 1);
}

#[test]
fn outflow_ok_limit_and_drain_rounded_down() {
    let taken = |seconds| {
        let outflow = Outflow { taken: QuoteAtoms(2), at: NOW };
        let now = UnixSeconds(NOW.0 + seconds);
        outflow.taken(QuoteAtoms(5), QuoteAtoms::ZERO, DAILY, now).unwrap().taken.0
    };
    // A quarter of seven is one, which has drained after a day, and nothing of it before.
    assert_eq!((taken(0), taken(43_200), taken(86_400)), (2, 2, 1));
}

#[test]
fn pool_ok_share_price_rounded_down() {
    let mut market = market();
    (market.ledger.pool, market.ledger.shares) = (QuoteAtoms(2), Shares(3));
    let state = state(&market, PRICE, NOW).unwrap();
    assert_eq!((state.deposit_price_e9, state.withdrawal_price_e9), (666_666_666, 666_666_666));
}

#[test]
fn withdrawal_ok_part_of_the_tip_rounded_down() {
    let market = market();
    let shares = Shares(30_000_000 * USD);
    let (executable_from, lapses_at) = (NOW, UnixSeconds(NOW.0 + 3_600));
    let withdrawal =
        Withdrawal { shares, tip_lamports: 10_000, executable_from, lapses_at, ..Withdrawal::default() };
    let report = withdraw::execute(&market, PRICE, &withdrawal, shares, NOW).unwrap();
    assert_eq!((report.amount, report.tip_lamports), (usd(20_000_000), 6_666));
}

#[test]
fn top_up_ok_keeper_pay_of_an_odd_amount_rounded_down() {
    let plan = |keeper_pay| top_up::Plan {
        budget: QuoteAtoms(100),
        trigger_ppm: Ppm(1_200_000),
        amount: QuoteAtoms(39),
        interval_secs: 60,
        keeper_pay: QuoteAtoms(keeper_pay),
        last_at: UnixSeconds::ZERO,
    };
    assert_eq!(plan(1).validate(), Ok(()));
    assert_eq!(plan(2).validate(), Err(RiskError::TopUpKeeperPayTooLarge));
}
