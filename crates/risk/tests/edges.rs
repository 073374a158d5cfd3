//! The value at which each rule turns, from both sides, where no other room looks that closely.
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

use bulkhead_risk::accrual::{borrow_rate_e12_floor, funding_rate_e18_after};
use bulkhead_risk::health::liquidation_price;
use bulkhead_risk::impact::{Impact, impact};
use bulkhead_risk::liquidation::{assess, size_to_close};
use bulkhead_risk::orders::{Order, OrderAction, OrderKind, OrderState, preview};
use bulkhead_risk::outflow::Outflow;
use bulkhead_risk::pool::value_for_deposit;
use bulkhead_risk::pool::withdraw::{self, Withdrawal, free_liquidity};
use common::*;

#[test]
fn borrow_rate_ok_nothing_for_nothing_where_the_kink_is_at_zero() {
    let mut market = market();
    market.params.borrow_kink_utilisation_ppm = Ppm::ZERO;
    assert_eq!(borrow_rate_e12_floor(&market.params, &market.ledger), Ok(0));
    market.ledger.long.reserved = QuoteAtoms(1);
    assert_eq!(borrow_rate_e12_floor(&market.params, &market.ledger), Ok(6_342));
}

#[test]
fn funding_rate_ok_zero_where_funding_is_off() {
    let (mut market, _) = open(&market(), Side::Long, 1_000_000, usd(50_000));
    market.ledger.funding_rate_e18 = 5;
    let rate = |params: &Params| funding_rate_e18_after(params, &market.ledger, PRICE, 60).unwrap();
    assert_eq!(rate(&Params { funding_skew_scale_quote_atoms: QuoteAtoms::ZERO, ..market.params }), 0);
    assert_eq!(rate(&Params { funding_rate_max_e12: 0, ..market.params }), 0);
    assert!(rate(&market.params) > 5);
}

#[test]
fn confidence_ok_of_the_price_itself() {
    let whole = Sample { conf: PRICE, ..sample(PRICE) };
    assert_eq!(whole.confidence_ppm_ceil(), Ok(Ppm::ONE));
    let more = Sample { conf: PriceE12(PRICE.0 + 1), ..whole };
    assert_eq!(more.confidence_ppm_ceil(), Err(RiskError::ConfidenceTooWide));
}

#[test]
fn observe_ok_counts_confidence_at_its_limit() {
    let price = PriceE12(PRICE.0 + 1_000_000);
    let time = UnixSeconds(NOW.0 + 1);
    for (over, counted) in [(0, true), (1_000_000, false)] {
        let mut market = market();
        let sample = Sample { conf: PriceE12(price.0 / 50 + over), ..sample_at(price, time) };
        let seen = market.observe(&sample, Purpose::Update, time).unwrap();
        assert_eq!((seen.counted, market.oracle.index == price), (counted, counted));
    }
}

#[test]
fn confidence_ok_narrow_buckets_count_only_while_it_is_wide() {
    let mut oracle = market().oracle;
    oracle.note_confidence(Ppm(400), NOW, Ppm(25_000), true).unwrap();
    assert_eq!(oracle.narrow_buckets, 0);
    oracle.conf_wide_since = NOW;
    oracle.note_confidence(Ppm(400), NOW, Ppm(25_000), true).unwrap();
    assert_eq!(oracle.narrow_buckets, 1);
}

const STOP: Order = Order {
    action: OrderAction::Decrease,
    kind: OrderKind::StopLoss,
    size: BaseAtoms(u64::MAX),
    acceptable: PriceE12::ZERO,
    trigger: PRICE,
    payout_cap_ppm: Ppm::ZERO,
    placed_at: NOW,
    triggered_at: UnixSeconds::ZERO,
    expires_at: UnixSeconds::ZERO,
};

#[test]
fn order_fails_to_trigger_in_a_settled_market_and_is_void() {
    let (mut market, position) = open(&market(), Side::Long, 1_000, usd(500));
    assert_eq!(STOP.triggered(&market, Side::Long, &sample(PRICE), NOW), Ok(NOW));
    market.status = MarketStatus::Settled;
    let refused = STOP.triggered(&market, Side::Long, &sample(PRICE), NOW);
    assert_eq!(refused, Err(RiskError::MarketSettled));
    let seen = preview(&mut market, &position, &STOP, &sample(PRICE), NOW).unwrap();
    assert_eq!(seen.state, OrderState::Void);
}

#[test]
fn price_ok_stays_within_its_type_with_impact() {
    let params = params();
    let size = BaseAtoms(1);
    let mut charged = Impact::default();
    charged.charge = QuoteAtoms(1);
    assert_eq!(charged.on_price(&params, true, size, PriceE12(u64::MAX - 1)), Ok(PriceE12(u64::MAX)));
    // One atom of one base atom is 10^14 at this scale.
    let mut rebate = Impact::default();
    rebate.rebate = QuoteAtoms(1);
    let unit = params.notional_divisor;
    for (price, left) in [(unit - 1, 1), (unit, 1), (unit + 1, 1), (unit + 2, 2)] {
        assert_eq!(rebate.on_price(&params, true, size, PriceE12(price)), Ok(PriceE12(left)));
    }
}

#[test]
fn impact_ok_a_charge_at_its_limit_is_paid() {
    let mut market = market();
    market.params.impact_scale_quote_atoms = usd(4_000_000);
    let whole = impact(&market.params, &market.ledger, true, worth(1_000), PRICE).unwrap();
    assert!(!whole.charge.is_zero());
    assert_eq!(whole.charged_at_most(whole.charge), whole);
    let less = whole.charged_at_most(QuoteAtoms(whole.charge.0 - 1));
    assert_ne!(less.reference(true), whole.reference(true));
}

#[test]
fn decrease_ok_a_gain_of_exactly_the_payout_cap_pays_for_its_impact() {
    let doubled = PriceE12(PRICE.0 * 2);
    let (market, _) = open(&market(), Side::Short, 100_000, usd(50_000));
    let (market, position) = open(&market, Side::Long, 1_000, usd(500));
    let mut market = at(&market, doubled, NOW);
    market.params.impact_scale_quote_atoms = usd(400_000_000);
    market.ledger.impact_reference = PRICE;
    let args = DecreaseArgs { size: position.size, acceptable: PriceE12(1) };
    let expected = impact(&market.params, &market.ledger, false, position.size, doubled).unwrap();
    assert_ne!(expected.reference(true), expected.reference(false));
    for (more, is_paid) in [(0, true), (1, false)] {
        let reserved = QuoteAtoms(position.reserved.0 - more);
        let position = Position { reserved, ..position };
        let report = decrease(&market, &position, &sample(doubled), &args, NOW).unwrap();
        assert_eq!(report.ledger.impact_reference, expected.reference(is_paid));
    }
}

#[test]
fn decrease_fails_in_part_with_a_loss_that_nobody_pays() {
    let (mut market, mut position) = open(&market(), Side::Long, 1_000, QuoteAtoms::ZERO);
    market.params.trade_fee_ppm = Ppm::ZERO;
    let fallen = PriceE12(PRICE.0 / 100 * 99);
    let market = at(&market, fallen, NOW);
    let half = DecreaseArgs { size: worth(500), acceptable: PriceE12(1) };
    position.collateral = QuoteAtoms::ZERO;
    let refused = decrease(&market, &position, &sample(fallen), &half, NOW);
    assert_eq!(refused, Err(RiskError::DecreaseWorsensHealth));
    let all = DecreaseArgs { size: position.size, ..half };
    let report = decrease(&market, &position, &sample(fallen), &all, NOW).unwrap();
    assert_eq!(report.closed.shortfall, usd(10));
}

#[test]
fn decrease_ok_at_maintenance_the_sighting_is_void() {
    // 500 USD at 4.5 % are asked for 22.5.
    for (collateral, since) in [(22_500_000, UnixSeconds::ZERO), (22_499_999, NOW)] {
        let (mut market, mut position) = open(&market(), Side::Long, 1_000, QuoteAtoms(collateral));
        market.params.trade_fee_ppm = Ppm::ZERO;
        position.below_since = NOW;
        let half = DecreaseArgs { size: worth(500), acceptable: PriceE12(1) };
        let report = decrease(&market, &position, &sample(PRICE), &half, NOW).unwrap();
        assert_eq!(report.position.below_since, since);
    }
}

#[test]
fn liquidate_ok_equity_of_nothing_is_insolvent() {
    for (collateral, reason) in [(0, LiquidationReason::Insolvent), (1, LiquidationReason::BelowMaintenance)]
    {
        let (market, position) = open(&market(), Side::Long, 1_000, QuoteAtoms(collateral));
        assert_eq!(reason_at(&market, &position, PRICE), Some(reason));
    }
}

#[test]
fn liquidation_price_ok_none_where_everything_is_asked_for() {
    let (market, mut position) = open(&market(), Side::Long, 1_000, QuoteAtoms(1_000 * USD - 1));
    for (rate, is_none) in [(994_999, false), (995_000, true), (995_001, true)] {
        position.margin_ppm = Ppm(rate);
        assert_eq!(liquidation_price(&market, &position).unwrap().is_zero(), is_none);
    }
}

/// What is closed of 80 USD, of which 9.76 would do, with this least chunk and least size.
fn closed(chunk: u64, least: u64, cost: Ppm) -> BaseAtoms {
    let (mut market, position) = open(&market(), Side::Long, 80, usd(4));
    market.params.chunk_min_quote_atoms = QuoteAtoms(chunk);
    market.params.notional_min_quote_atoms = QuoteAtoms(least);
    let assessment = assess(&market, &position, &sample(PRICE), NOW).unwrap();
    size_to_close(&market, &position, &assessment, cost).unwrap()
}

#[test]
fn size_to_close_ok_part_up_to_three_quarters_and_down_to_the_least_size() {
    let (all, part) = (worth(80), worth(60));
    assert_eq!(closed(60 * USD, 20 * USD, Ppm(5_000)), part);
    assert_eq!(closed(60 * USD + 1, 20 * USD, Ppm(5_000)), all);
    assert_eq!(closed(60 * USD, 20 * USD + 1, Ppm(5_000)), all);
}

#[test]
fn size_to_close_ok_all_where_closing_costs_what_it_frees() {
    // 1.25 times 4.5 %.
    assert_eq!(closed(USD, USD, Ppm(56_250)), worth(80));
    assert_eq!(closed(USD, USD, Ppm(56_251)), worth(80));
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
fn increase_ok_and_fails_at_each_cap() {
    let least = |atoms| opened(|market| market.params.notional_min_quote_atoms = QuoteAtoms(atoms)).map(drop);
    assert_eq!(least(1_000 * USD), Ok(()));
    assert_eq!(least(1_000 * USD + 1), Err(RiskError::NotionalTooSmall));
    // A fifth of the pool for one position.
    let pool = |atoms| opened(|market| market.ledger.pool = QuoteAtoms(atoms)).map(drop);
    assert_eq!(pool(5_000 * USD), Ok(()));
    assert_eq!(pool(5_000 * USD - 1), Err(RiskError::PoolShareExceeded));
    // Four fifths of it for all.
    let reserved = |pool| {
        opened(|market| {
            market.ledger.pool = QuoteAtoms(pool);
            market.ledger.short.reserved = usd(7_000);
        })
        .map(drop)
    };
    assert_eq!(reserved(10_000 * USD), Ok(()));
    assert_eq!(reserved(10_000 * USD - 1), Err(RiskError::ReserveUnavailable));
    let interest =
        |cap| opened(|market| market.params.open_interest_cap_quote_atoms = QuoteAtoms(cap)).map(drop);
    assert_eq!(interest(1_000 * USD), Ok(()));
    assert_eq!(interest(1_000 * USD - 1), Err(RiskError::OpenInterestCapExceeded));
    let skew = |cap| opened(|market| market.params.skew_cap_quote_atoms = QuoteAtoms(cap)).map(drop);
    assert_eq!(skew(1_000 * USD), Ok(()));
    assert_eq!(skew(1_000 * USD - 1), Err(RiskError::SkewCapExceeded));
}

#[test]
fn outflow_ok_nothing_is_left_of_a_store_that_has_shrunk() {
    let limit = withdraw::OUTFLOW;
    let outflow = Outflow { taken: QuoteAtoms(100), at: NOW };
    assert_eq!(outflow.left_floor(QuoteAtoms::ZERO, limit, NOW), Ok(QuoteAtoms::ZERO));
}

#[test]
fn pool_ok_and_fails_where_promises_meet_what_it_has() {
    let (mut market, _) = open(&market(), Side::Long, 1_000, usd(500));
    let doubled = PriceE12(PRICE.0 * 2);
    market.ledger.pool = usd(1_000);
    assert_eq!(value_for_deposit(&market, doubled), Ok(QuoteAtoms::ZERO));
    assert_eq!(free_liquidity(&market.ledger), Ok(QuoteAtoms::ZERO));
    market.ledger.pool = QuoteAtoms(1_000 * USD - 1);
    assert_eq!(value_for_deposit(&market, doubled), Err(RiskError::PoolInsolvent));
    assert_eq!(free_liquidity(&market.ledger), Ok(QuoteAtoms::ZERO), "not below zero");
}

#[test]
fn withdrawal_ok_of_all_shares_and_of_no_more() {
    let market = market();
    let all = market.ledger.shares;
    let request = |shares| withdraw::request(&market.ledger, &market.params, shares, 0, NOW).map(drop);
    assert_eq!(request(all), Ok(()));
    assert_eq!(request(Shares(all.0 + 1)), Err(RiskError::WithdrawalTooSmall));
}

#[test]
fn withdrawal_ok_what_may_just_be_paid_is_paid_in_full() {
    let mut market = market();
    market.ledger.shares = Shares(130_000_000 * USD);
    // Worth a fifth of the pool, which is the hourly limit, and three quarters of an atom.
    let shares = Shares(26_000_000 * USD + 1);
    let (executable_from, lapses_at) = (NOW, UnixSeconds(NOW.0 + 3_600));
    let withdrawal = Withdrawal { shares, executable_from, lapses_at, ..Withdrawal::default() };
    let report = withdraw::execute(&market, PRICE, &withdrawal, shares, NOW).unwrap();
    assert!(report.is_done());
    assert_eq!((report.amount, report.shares_burnt), (usd(20_000_000), shares));
}

#[test]
fn validate_ok_and_fails_where_parameters_meet() {
    type Change = fn(&mut Params);
    let good: [Change; 11] = [
        |p| (p.margin_min_ppm, p.margin_max_ppm) = (Ppm(200_000), Ppm(200_000)),
        |p| p.liquidation_fee_ppm = Ppm(12_500),
        |p| (p.order_delay_secs, p.order_window_secs) = (5, 6),
        |p| p.chunk_min_quote_atoms = p.notional_min_quote_atoms,
        |p| p.borrow_full_utilisation_ppm = Ppm::ONE,
        |p| p.borrow_kink_rate_e12 = p.borrow_full_rate_e12,
        |p| p.impact_scale_quote_atoms = QuoteAtoms(p.open_interest_cap_quote_atoms.0 * 4),
        |p| p.impact_scale_quote_atoms = QuoteAtoms(u64::MAX / 2),
        |p| p.open_interest_cap_quote_atoms = QuoteAtoms(u64::MAX / 100),
        |p| p.keeper_floor_quote_atoms = QuoteAtoms(30_000),
        |p| p.crank_fee_quote_atoms = QuoteAtoms(20_000),
    ];
    for (number, change) in good.iter().enumerate() {
        let mut params = params();
        change(&mut params);
        assert_eq!(params.validate(), Ok(()), "{number}");
    }
    let bad: [(u8, Change); 4] = [
        (112, |p| p.impact_scale_quote_atoms = QuoteAtoms(p.open_interest_cap_quote_atoms.0 * 4 - 1)),
        (112, |p| p.impact_scale_quote_atoms = QuoteAtoms(u64::MAX / 2 + 1)),
        // A share of an odd amount is rounded down.
        (114, |p| (p.notional_min_quote_atoms.0, p.keeper_floor_quote_atoms.0) = (20_000_001, 30_001)),
        (115, |p| (p.notional_min_quote_atoms.0, p.crank_fee_quote_atoms.0) = (20_000_001, 20_001)),
    ];
    for (place, change) in bad {
        let mut params = params();
        change(&mut params);
        assert_eq!(params.validate(), Err(RiskError::ParameterOutOfBounds(place)));
    }
}
