//! Opening, growing, shrinking, closing, collateral, and settling: every refusal and the round numbers.
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

fn args(dollars: u64) -> IncreaseArgs {
    IncreaseArgs { size: worth(dollars), payout_cap_ppm: Ppm::ONE, acceptable: PriceE12(PRICE.0 * 2) }
}

fn grow(market: &Market, position: &Position, args: &IncreaseArgs) -> Result<IncreaseReport> {
    increase(market, position, &sample(PRICE), args, NOW)
}

fn new(collateral: u64) -> Position {
    Position::pending(Side::Long, usd(collateral))
}

fn shrink(market: &Market, position: &Position, dollars: u64) -> Result<DecreaseReport> {
    let args = DecreaseArgs { size: worth(dollars), acceptable: PriceE12(1) };
    decrease(market, position, &sample(market.oracle.index), &args, NOW)
}

#[test]
fn increase_ok_opens_and_books() {
    let done = grow(&market(), &new(1_000), &args(10_000)).unwrap();
    assert_eq!((done.fill, done.notional, done.trade_fee), (PRICE, usd(10_000), usd(5)));
    assert_eq!(done.flow.to_pool, usd(5));
    assert_eq!(done.position.collateral, usd(995));
    assert_eq!(done.position.reserved, usd(10_000));
    // Add-on: 1 % of the root of 10,000 / 5 million.
    assert_eq!((done.position.margin_ppm, done.position.addon_ppm), (Ppm(40_000), Ppm(448)));
    assert_eq!(done.initial_margin, QuoteAtoms(694_480_000)); // 1.6 * 4 % + 0.0448 % + 0.5 %.
    assert_eq!(done.ledger.protocol_fees, QuoteAtoms(500_000));
    assert_eq!(done.ledger.crank_budget, QuoteAtoms(250_000));
    assert_eq!(done.ledger.pool, market().ledger.pool.plus(QuoteAtoms(4_250_000)).unwrap());
    assert_eq!(done.ledger.long.positions, 1);
    assert_eq!(done.ledger.long.collateral, usd(995));
}

#[test]
fn increase_ok_entry_is_rounded_against_the_position() {
    for (side, expected) in [(Side::Long, 101), (Side::Short, 100)] {
        let (market, mut position) = open(&market(), side, 10_000, usd(5_000));
        let old = position.entry;
        position.size = BaseAtoms(position.size.0 - 1); // So that the mean is not whole.
        position.entry = PriceE12(old.0 + 201);
        let mut market = market;
        let sums = market.ledger.side_mut(side);
        sums.cost_e12 = u128::from(position.size.0) * u128::from(position.entry.0);
        let args = IncreaseArgs { acceptable: old, ..args(10_000) };
        let done = grow(&market, &position, &args).unwrap();
        assert_eq!(done.position.entry.0 - old.0, expected);
    }
}

#[test]
fn increase_fails_on_arguments() {
    let (market, position) = (market(), new(1_000));
    let zero = IncreaseArgs { size: BaseAtoms::ZERO, ..args(1) };
    assert_eq!(grow(&market, &position, &zero), Err(RiskError::SizeZero));
    for cap in [49_999, 1_000_001] {
        let capped = IncreaseArgs { payout_cap_ppm: Ppm(cap), ..args(1_000) };
        assert_eq!(grow(&market, &position, &capped), Err(RiskError::PayoutCapOutOfRange));
    }
    let dear = IncreaseArgs { acceptable: PriceE12(PRICE.0 - 1), ..args(1_000) };
    assert_eq!(grow(&market, &position, &dear), Err(RiskError::PriceNotAcceptable));
    assert_eq!(grow(&market, &position, &args(19)), Err(RiskError::NotionalTooSmall));
    let closed = Position { status: PositionStatus::Closed, ..position };
    assert_eq!(grow(&market, &closed, &args(1_000)), Err(RiskError::PositionClosed));
    let inactive = Market { status: MarketStatus::ReduceOnly, ..market };
    assert_eq!(grow(&inactive, &position, &args(1_000)), Err(RiskError::MarketNotActive));
}

#[test]
fn increase_fails_short_of_collateral_or_margin() {
    assert_eq!(grow(&market(), &new(4), &args(10_000)), Err(RiskError::InsufficientCollateral));
    let exact = QuoteAtoms(694_480_000 + 5_000_000);
    let enough = Position::pending(Side::Long, exact);
    assert!(grow(&market(), &enough, &args(10_000)).is_ok());
    let short = Position::pending(Side::Long, QuoteAtoms(exact.0 - 1));
    assert_eq!(grow(&market(), &short, &args(10_000)), Err(RiskError::InitialMarginShort));
}

#[test]
fn increase_fails_at_each_cap() {
    let mut market = market();
    let rich = new(10_000_000);
    let million = args(1_000_000);
    market.params.open_interest_cap_quote_atoms = usd(999_999);
    assert_eq!(grow(&market, &rich, &million), Err(RiskError::OpenInterestCapExceeded));
    market.params.open_interest_cap_quote_atoms = usd(1_000_000);
    assert!(grow(&market, &rich, &million).is_ok());
    market.params.skew_cap_quote_atoms = usd(999_999);
    assert_eq!(grow(&market, &rich, &million), Err(RiskError::SkewCapExceeded));
    let (balanced, _) = open(&market, Side::Short, 1, usd(1));
    assert!(grow(&balanced, &rich, &million).is_ok());
    market.params.skew_cap_quote_atoms = usd(1_000_000);
    market.params.pool_share_max_ppm = Ppm(9_999);
    assert_eq!(grow(&market, &rich, &million), Err(RiskError::PoolShareExceeded));
    market.params.pool_share_max_ppm = Ppm(10_001);
    market.params.utilisation_max_ppm = Ppm(9_999);
    assert_eq!(grow(&market, &rich, &million), Err(RiskError::ReserveUnavailable));
}

#[test]
fn increase_fails_while_behind_the_markets_margin() {
    let (mut market, position) = open(&market(), Side::Long, 10_000, usd(5_000));
    // It has shown 50 % / 1.1 less its other parts: about 45 %.
    market.volatility.ramp_ppb = 500_000_000;
    assert_eq!(grow(&market, &position, &args(100)), Err(RiskError::PositionReduceOnly));
    // Within what it has shown, its owner's own act lifts it at once, without the speed limit.
    market.volatility.ramp_ppb = 80_000_000;
    assert_eq!(grow(&market, &position, &args(100)).unwrap().position.margin_ppm, Ppm(80_000));
}

/// Reserve added now would lift a cap that the price has already passed.
#[test]
fn increase_fails_at_the_payout_cap() {
    let (market, mut position) = open(&market(), Side::Long, 10_000, usd(5_000));
    position.reserved = usd(500);
    let below = at(&market, PriceE12(PRICE.0 / 1_000 * 1_049), NOW);
    let at_cap = at(&market, PriceE12(PRICE.0 / 1_000 * 1_050), NOW);
    let grow_at = |market: &Market| {
        increase(market, &position, &sample(market.oracle.index), &args(100), NOW).map(|_| ())
    };
    assert_eq!(grow_at(&below), Ok(()));
    assert_eq!(grow_at(&at_cap), Err(RiskError::PayoutCapReached));
}

/// Whoever is healthy after an act of the owner, or after a partial liquidation, starts without a sighting.
#[test]
fn sightings_ok_are_void_after_acts_that_leave_it_healthy() {
    let (market, mut position) = open(&market(), Side::Long, 10_000, usd(1_000));
    position.below_since = UnixSeconds(NOW.0 - 10);
    let kept = [
        grow(&market, &position, &args(100)).unwrap().position,
        shrink(&market, &position, 5_000).unwrap().position,
        take(&market, &position, usd(1)).unwrap().position,
    ];
    assert!(kept.iter().all(|position| position.below_since.is_zero()));
    // A decrease that leaves it below maintenance, though better, voids nothing.
    position.collateral = usd(400);
    let better = shrink(&market, &position, 500).unwrap().position;
    assert_eq!(better.below_since, position.below_since);
    let Liquidation::Done(cured) =
        liquidate(&market, &position, &sample(PRICE), Frozen::default(), NOW).unwrap()
    else {
        panic!("skipped")
    };
    assert!(!cured.closed.is_full && cured.position.below_since.is_zero());
}

#[test]
fn decrease_ok_half_pays_half() {
    let (market, mut position) = open(&market(), Side::Long, 10_000, usd(1_000));
    (position.due, position.owed_borrow) = (usd(11), usd(7));
    let market = at(&market, PriceE12(PRICE.0 / 100 * 110), NOW);
    let done = shrink(&market, &position, 5_000).unwrap();
    assert_eq!((done.closed.pnl, done.closed.due), (usd(500).signed(), QuoteAtoms(5_500_000)));
    assert_eq!((done.closed.payout, done.closed.owed_paid), (QuoteAtoms(505_500_000), usd(7)));
    assert_eq!((done.closed.reserved_released, done.trade_fee), (usd(5_000), QuoteAtoms(2_750_000)));
    assert_eq!(done.flow.to_vault, QuoteAtoms(505_500_000 - 7_000_000 - 2_750_000));
    assert_eq!(done.position.collateral, QuoteAtoms(1_000_000_000 + 495_750_000));
    assert_eq!(done.position.owed(), Ok(QuoteAtoms::ZERO));
}

#[test]
fn decrease_ok_closes_all_where_the_rest_would_be_too_small() {
    let (market, position) = open(&market(), Side::Long, 10_000, usd(1_000));
    assert!(!shrink(&market, &position, 9_980).unwrap().closed.is_full);
    assert!(shrink(&market, &position, 9_981).unwrap().closed.is_full);
    assert!(shrink(&market, &position, 1_000_000).unwrap().closed.is_full);
}

#[test]
fn decrease_ok_fills_at_the_edge_against_the_owner() {
    let (market, position) = open(&market(), Side::Long, 10_000, usd(1_000));
    let wide = Sample { conf: PriceE12(PRICE.0 / 1_000), ..sample(PRICE) };
    let all = DecreaseArgs { size: position.size, acceptable: PriceE12(PRICE.0 / 1_000 * 999) };
    let done = decrease(&market, &position, &wide, &all, NOW).unwrap();
    assert_eq!((done.closed.price, done.closed.loss_paid), (PriceE12(PRICE.0 / 1_000 * 999), usd(10)));
    let strict = DecreaseArgs { acceptable: PriceE12(all.acceptable.0 + 1), ..all };
    let refused = decrease(&market, &position, &wide, &strict, NOW);
    assert_eq!(refused, Err(RiskError::PriceNotAcceptable));
}

#[test]
fn decrease_ok_on_an_old_price_is_charged_what_it_may_have_moved() {
    let later = |secs: u64| UnixSeconds(NOW.0 + i64::try_from(secs).unwrap());
    for (side, sign) in [(Side::Long, -1), (Side::Short, 1)] {
        let (market, position) = open(&market(), side, 10_000, usd(1_000));
        let fill = |secs: u64| {
            let acceptable = PriceE12(if side == Side::Long { 1 } else { u64::MAX });
            let args = DecreaseArgs { size: worth(5_000), acceptable };
            decrease(&market, &position, &sample(PRICE), &args, later(secs)).unwrap().closed.price
        };
        // As old as one for new risk may be: nothing. Then 2 * 4 % / 7 * sqrt(age / 1,800).
        for (secs, ppm) in [(0, 0), (10, 0), (11, 894), (60, 2_087), (120, 2_951)] {
            let charge = i128::from(PRICE.0) / 1_000_000 * ppm;
            assert_eq!(i128::from(fill(secs).0), i128::from(PRICE.0) + sign * charge, "{side:?}, {secs} s");
        }
    }
}

#[test]
fn decrease_ok_on_an_old_price_is_charged_by_the_higher_of_both_margins() {
    let (mut market, _) = open(&market(), Side::Long, 10_000, usd(1_000));
    let later = UnixSeconds(NOW.0 + 120);
    let edge = |market: &Market| market.exit_edge(Side::Long, &sample(PRICE), later).unwrap();
    let calm = edge(&market);
    market.volatility.target_ppm = Ppm(80_000);
    assert_eq!(PRICE.0 - edge(&market).0, 2 * (PRICE.0 - calm.0));
    market.volatility.ramp_ppb = 80_000_000;
    let both = edge(&market);
    market.volatility.target_ppm = Ppm(40_000);
    assert_eq!(edge(&market), both);
}

#[test]
fn decrease_ok_full_close_of_the_insolvent_takes_all_and_no_fee() {
    let (market, position) = open(&market(), Side::Long, 10_000, usd(1_000));
    let market = at(&market, PriceE12(PRICE.0 / 100 * 85), NOW);
    let done = shrink(&market, &position, 10_000).unwrap();
    assert_eq!((done.closed.shortfall, done.trade_fee), (usd(500), QuoteAtoms::ZERO));
    assert_eq!(done.position.collateral, QuoteAtoms::ZERO);
}

#[test]
fn decrease_fails_where_it_would_worsen_health() {
    let (market, position) = open(&market(), Side::Long, 10_000, usd(1_000));
    assert_eq!(shrink(&market, &position, 0), Err(RiskError::SizeZero));
    let pending = new(5);
    assert_eq!(shrink(&market, &pending, 1), Err(RiskError::PositionNotOpen));
    let closed = Position { status: PositionStatus::Closed, ..pending };
    assert_eq!(shrink(&market, &closed, 1), Err(RiskError::PositionClosed));
    // A part cannot pay its loss.
    let low = at(&market, PriceE12(PRICE.0 / 100 * 70), NOW);
    assert_eq!(shrink(&low, &position, 5_000), Err(RiskError::DecreaseWorsensHealth));
    // A wide edge costs more than the part gives back, below maintenance.
    let near = at(&market, PriceE12(PRICE.0 / 100 * 91), NOW);
    let wide = Sample { conf: PriceE12(PRICE.0 / 100), ..sample(near.oracle.index) };
    let half = DecreaseArgs { size: worth(5_000), acceptable: PriceE12(1) };
    let refused = decrease(&near, &position, &wide, &half, NOW);
    assert_eq!(refused, Err(RiskError::DecreaseWorsensHealth));
}

#[test]
fn add_collateral_ok_and_fails_when_closed() {
    let (_, position) = open(&market(), Side::Long, 10_000, usd(1_000));
    assert_eq!(add_collateral(&position, usd(5)).unwrap().collateral, usd(1_005));
    assert_eq!(add_collateral(&position, QuoteAtoms::ZERO), Err(RiskError::AmountZero));
    let closed = Position { status: PositionStatus::Closed, ..position };
    assert_eq!(add_collateral(&closed, usd(5)), Err(RiskError::PositionClosed));
    assert_eq!(add_collateral(&position, QuoteAtoms(u64::MAX)), Err(RiskError::Overflow));
}

fn take(market: &Market, position: &Position, amount: QuoteAtoms) -> Result<CollateralReport> {
    remove_collateral(market, position, &sample(market.oracle.index), amount, NOW)
}

#[test]
fn remove_collateral_ok_down_to_the_requirement() {
    let (mut market, position) = open(&market(), Side::Long, 10_000, usd(1_000));
    market.params.borrow_full_rate_e12 = 0;
    // Add-on of 10,000: 0.0448 %. Required: 694.48 USD.
    let most = QuoteAtoms(1_000_000_000 - 694_480_000);
    let done = take(&market, &position, most).unwrap();
    assert_eq!((done.required, done.removed), (QuoteAtoms(694_480_000), most));
    assert_eq!(done.ledger.long.collateral, done.position.collateral);
    let more = most.plus(QuoteAtoms(1)).unwrap();
    assert_eq!(take(&market, &position, more), Err(RiskError::InitialMarginShort));
    // Profit does not count; a loss does.
    let up = at(&market, PriceE12(PRICE.0 * 3), NOW);
    assert_eq!(take(&up, &position, most), Err(RiskError::InitialMarginShort));
    let down = at(&market, PriceE12(PRICE.0 / 1_000 * 999), NOW);
    assert_eq!(take(&down, &position, most), Err(RiskError::InitialMarginShort));
}

#[test]
fn remove_collateral_ok_leaves_seven_days_of_carry() {
    let (mut market, mut position) = open(&market(), Side::Long, 10_000, usd(2_000));
    market.ledger.funding_rate_e18 = 10_000_000_000;
    position.owed_borrow = usd(3);
    let done = take(&market, &position, usd(1)).unwrap();
    // 1e-8 a second for 604,800 s is 0.6048 %; the pool's utilisation is 100 ppm: a rate of nothing.
    assert_eq!(done.required, QuoteAtoms(694_480_000 + 60_480_000));
    assert_eq!((done.owed_paid, done.flow.to_pool), (usd(3), usd(3)));
    assert_eq!(done.position.collateral, usd(1_996));
}

#[test]
fn remove_collateral_fails_on_state_and_amount() {
    let (mut market, position) = open(&market(), Side::Long, 10_000, usd(1_000));
    assert_eq!(take(&market, &position, QuoteAtoms::ZERO), Err(RiskError::AmountZero));
    assert_eq!(take(&market, &position, usd(1_001)), Err(RiskError::InsufficientCollateral));
    assert_eq!(take(&market, &new(5), usd(1)), Err(RiskError::PositionNotOpen));
    // It has shown 10 % / 1.1 less its other parts.
    market.volatility.ramp_ppb = 90_000_000;
    assert_eq!(take(&market, &position, usd(1)), Err(RiskError::PositionReduceOnly));
}

/// Governance has cut fee and least margin; the position still carries the old fee. A removal may not leave
/// it where the next liquidation call takes it.
#[test]
fn remove_collateral_fails_where_an_old_fee_would_make_it_liquidatable() {
    let (mut market, mut position) = open(&market(), Side::Long, 10_000, usd(1_000));
    market.params.liquidation_fee_ppm = Ppm(1_000);
    market.volatility.ramp_ppb = 10_000_000;
    market.volatility.target_ppm = Ppm(10_000);
    position.liquidation_fee_ppm = Ppm(20_000);
    market.params.initial_margin_min_ppm = Ppm(10_000);
    let mut left = 1_000_u64;
    while let Ok(done) = take(&market, &position, usd(1)) {
        position = done.position;
        left -= 1;
        let value = position.value(&market.params, PRICE).unwrap();
        let required = position.maintenance_margin(value.notional).unwrap();
        assert_eq!(liquidation::reason(&position, &value, required), None, "{left} USD left");
    }
    assert!(left < 400, "{left}");
}

#[test]
fn settle_capped_ok_at_the_cap_and_fails_below() {
    let (market, mut position) = open(&market(), Side::Short, 10_000, usd(1_000));
    position.reserved = usd(500);
    let settle = |price: u64| settle_capped(&market, &position, &sample(PriceE12(price)));
    assert_eq!(settle(PRICE.0 / 100 * 95 + 1_000_000_000), Err(RiskError::PayoutCapNotReached));
    let done = settle(PRICE.0 / 100 * 95).unwrap();
    assert_eq!((done.closed.payout, done.trade_fee), (usd(500), QuoteAtoms(4_750_000)));
    assert_eq!(done.position.status, PositionStatus::Closed);
    let again = settle_capped(&market, &done.position, &sample(PRICE));
    assert_eq!(again, Err(RiskError::PositionClosed));
}
