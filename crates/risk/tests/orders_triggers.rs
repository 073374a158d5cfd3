//! Triggers: which price meets them, when the window begins, and that nobody ever has a choice between a known
//! fill and none.
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

use bulkhead_risk::orders::OrderAction::{Decrease, Increase};
use bulkhead_risk::orders::OrderKind::{Limit, Market as AtMarket, StopLoss, TakeProfit};
use bulkhead_risk::orders::*;
use common::*;
use proptest::prelude::*;

const NEVER: UnixSeconds = UnixSeconds(0);

fn secs(after: i64) -> UnixSeconds {
    UnixSeconds(NOW.0 + after)
}

fn order(kind: OrderKind, action: OrderAction) -> Order {
    Order {
        action,
        kind,
        size: worth(1_000),
        acceptable: if action == Increase { PriceE12(u64::MAX) } else { PriceE12(1) },
        trigger: PRICE,
        payout_cap_ppm: Ppm(1_000_000),
        placed_at: NOW,
        triggered_at: NEVER,
        expires_at: NEVER,
    }
}

fn triggered_at(order: Order, at: UnixSeconds) -> Order {
    Order { triggered_at: at, ..order }
}

#[test]
fn trigger_direction_ok_of_every_kind() {
    use Side::{Long, Short};
    use TriggerDirection::{AtOrAbove, AtOrBelow};
    let expected = [
        (Long, Increase, Limit, Some(AtOrBelow)),
        (Short, Increase, Limit, Some(AtOrAbove)),
        (Long, Decrease, Limit, Some(AtOrAbove)),
        (Short, Decrease, Limit, Some(AtOrBelow)),
        (Long, Decrease, StopLoss, Some(AtOrBelow)),
        (Short, Decrease, StopLoss, Some(AtOrAbove)),
        (Long, Decrease, TakeProfit, Some(AtOrAbove)),
        (Short, Decrease, TakeProfit, Some(AtOrBelow)),
        (Long, Increase, StopLoss, None),
        (Short, Increase, TakeProfit, None),
        (Long, Decrease, AtMarket, None),
        (Short, Increase, AtMarket, None),
    ];
    for (side, action, kind, direction) in expected {
        assert_eq!(trigger_direction(side, action, kind), direction, "{side:?} {action:?} {kind:?}");
        let at = |index| is_triggered(side, action, kind, PriceE12(100), PriceE12(index));
        let meets = (at(99), at(100), at(101));
        match direction {
            Some(AtOrBelow) => assert_eq!(meets, (true, true, false)),
            Some(AtOrAbove) => assert_eq!(meets, (false, true, true)),
            None => assert_eq!(meets, (false, false, false)),
        }
        assert_eq!(kind.allows(action), direction.is_some() || kind == AtMarket);
    }
}

#[test]
fn since_fails_before_the_trigger() {
    assert_eq!(order(AtMarket, Increase).since(), Ok(NOW));
    let limit = order(Limit, Increase);
    assert_eq!(limit.since(), Err(RiskError::OrderNotTriggered));
    assert_eq!(limit.window(&params()), Ok(None));
    let later = triggered_at(limit, secs(1_000));
    assert_eq!(later.since(), Ok(secs(1_000)));
    let window = Window { from: secs(1_002), until: secs(1_015), cancellable_from: secs(1_026) };
    assert_eq!(later.window(&params()), Ok(Some(window)));
}

#[test]
fn cancel_right_ok_of_every_stage() {
    let right = |order: Order, at| order.cancel_right(&params(), secs(at)).unwrap();
    use CancelRight::{Anyone, Nobody, OwnerOrDelegate};
    let market = order(AtMarket, Increase);
    assert_eq!([0, 25, 26].map(|at| right(market, at)), [Nobody, Nobody, Anyone]);
    let waiting = order(StopLoss, Decrease);
    assert_eq!([0, 1_000_000].map(|at| right(waiting, at)), [OwnerOrDelegate; 2]);
    let expiring = Order { expires_at: secs(50), ..waiting };
    assert_eq!([49, 50].map(|at| right(expiring, at)), [OwnerOrDelegate, Anyone]);
    // Triggered just in time: its expiry passes in the window and means nothing there.
    let running = triggered_at(expiring, secs(49));
    assert_eq!([49, 50, 184, 185].map(|at| right(running, at)), [Nobody, Nobody, Nobody, Anyone]);
    let lapsed = triggered_at(waiting, secs(49));
    assert_eq!([184, 185].map(|at| right(lapsed, at)), [Nobody, OwnerOrDelegate]);
}

/// Triggers `order` of a long at `price`, published `age` seconds before `at`.
fn attempt(order: &Order, price: PriceE12, at: i64, age: i64) -> Result<UnixSeconds> {
    let sample = sample_at(price, secs(at - age));
    let market = Market { oracle: oracle::OracleState::default(), ..market() };
    order.triggered(&market, Side::Long, &sample, secs(at))
}

#[test]
fn triggered_ok_from_the_latest_known_time() {
    let limit = order(Limit, Increase);
    assert_eq!(attempt(&limit, PRICE, 100, 10), Ok(secs(100)));
    assert_eq!(attempt(&limit, PRICE, 0, 0), Ok(NOW), "the price of its placing");
    assert_eq!(attempt(&limit, PRICE, 100, -2), Ok(secs(102)), "a price ahead of the clock");
    let mut market = market();
    market.oracle.published_at = secs(101);
    let sample = sample_at(PRICE, secs(101));
    assert_eq!(limit.triggered(&market, Side::Long, &sample, secs(100)), Ok(secs(101)));
}

#[test]
fn triggered_fails_where_it_must() {
    let limit = order(Limit, Increase);
    assert_eq!(attempt(&order(AtMarket, Increase), PRICE, 5, 0), Err(RiskError::OrderHasNoTrigger));
    assert_eq!(attempt(&limit, PriceE12(PRICE.0 + 1), 5, 0), Err(RiskError::TriggerNotMet));
    assert_eq!(attempt(&limit, PRICE, 5, 6), Err(RiskError::PriceBeforeOrder));
    assert_eq!(attempt(&limit, PRICE, 50, 11), Err(RiskError::PriceTooOld));
    assert_eq!(attempt(&limit, PRICE, 50, -3), Err(RiskError::PriceFromFuture));
    let expiring = Order { expires_at: secs(50), ..limit };
    assert_eq!(attempt(&expiring, PRICE, 49, 0), Ok(secs(49)));
    assert_eq!(attempt(&expiring, PRICE, 50, 5), Err(RiskError::OrderExpired), "met in time, brought late");
    assert_eq!(attempt(&expiring, PRICE, 49, -1), Err(RiskError::OrderExpired));
    let running = triggered_at(limit, secs(100));
    assert_eq!(attempt(&running, PRICE, 125, 0), Err(RiskError::OrderAlreadyTriggered));
    assert_eq!(attempt(&running, PRICE, 126, 0), Ok(secs(126)));
    let mut wide = sample_at(PRICE, secs(5));
    wide.conf = PriceE12(PRICE.0 / 40);
    let found = limit.triggered(&market(), Side::Long, &wide, secs(5));
    assert_eq!(found, Err(RiskError::ConfidenceTooWide));
    let newer = at(&market(), PRICE, secs(9));
    let found = limit.triggered(&newer, Side::Long, &sample_at(PRICE, secs(8)), secs(9));
    assert_eq!(found, Err(RiskError::PriceNotMonotonic));
}

#[test]
fn preview_ok_of_every_stage() {
    let (market, long) = open(&market(), Side::Long, 10_000, usd(1_000));
    let closed = Position { status: PositionStatus::Closed, ..long };
    let look = |order: Order, position: &Position, price: PriceE12, at: i64| {
        preview(&mut market.clone(), position, &order, &sample_at(price, secs(at)), secs(at)).unwrap()
    };
    let stop = order(StopLoss, Decrease);
    let above = PriceE12(PRICE.0 + 1);
    let state = |order, at| look(order, &long, PRICE, at).state;
    assert_eq!(look(stop, &long, above, 5).state, OrderState::Waiting);
    assert_eq!(state(stop, 5), OrderState::Triggerable);
    assert_eq!(state(Order { expires_at: secs(5), ..stop }, 5), OrderState::Expired);
    assert_eq!(look(stop, &closed, PRICE, 5).state, OrderState::Void);
    let running = triggered_at(stop, secs(5));
    let states = [6, 7, 20, 21, 140].map(|at| state(running, at));
    use OrderState::{Executable, InWindow, Triggerable};
    assert_eq!(states, [InWindow, Executable, Executable, InWindow, InWindow]);
    assert_eq!(state(running, 141), Triggerable, "a window has passed: as if never triggered");
    let market_order = order(AtMarket, Decrease);
    assert_eq!([1, 2, 136].map(|at| state(market_order, at)), [InWindow, Executable, OrderState::Lapsed]);

    let dear = Order { acceptable: above, ..running };
    let seen = look(dear, &long, PRICE, 7);
    assert_eq!((seen.state, seen.fill), (InWindow, Err(RiskError::PriceNotAcceptable)));
    let greedy = Order { size: worth(1_000_000), kind: Limit, action: Increase, ..running };
    let greedy = Order { acceptable: PriceE12(u64::MAX), ..greedy };
    let seen = look(greedy, &long, PRICE, 7);
    assert_eq!((seen.state, seen.fill), (Executable, Err(RiskError::InitialMarginShort)), "spent");
}

#[test]
fn preview_ok_fills_as_the_trade_does() {
    let (market, long) = open(&market(), Side::Long, 10_000, usd(2_000));
    let mut sample = sample_at(PriceE12(PRICE.0 / 100 * 101), secs(4));
    sample.conf = PriceE12(DOLLAR_E12 * 7);
    let mut seen = market;
    let _ = seen.observe_for_risk(&sample, secs(5)).unwrap();
    let more = order(AtMarket, Increase);
    let args =
        IncreaseArgs { size: more.size, payout_cap_ppm: more.payout_cap_ppm, acceptable: more.acceptable };
    let fill = increase(&seen, &long, &sample, &args, secs(5)).unwrap().fill;
    let looked = preview(&mut market.clone(), &long, &more, &sample, secs(5)).unwrap();
    assert_eq!((looked.state, looked.fill), (OrderState::Executable, Ok(fill)));

    let mut seen = market;
    let _ = seen.observe(&sample, Purpose::Decrease, secs(5)).unwrap();
    let less = order(AtMarket, Decrease);
    let args = DecreaseArgs { size: less.size, acceptable: less.acceptable };
    let fill = decrease(&seen, &long, &sample, &args, secs(5)).unwrap().closed.price;
    let looked = preview(&mut market.clone(), &long, &less, &sample, secs(5)).unwrap();
    assert_eq!((looked.state, looked.fill), (OrderState::Executable, Ok(fill)));
}

fn kinds() -> impl Strategy<Value = (OrderKind, OrderAction)> {
    prop::sample::select(vec![
        (AtMarket, Increase),
        (AtMarket, Decrease),
        (Limit, Increase),
        (Limit, Decrease),
        (StopLoss, Decrease),
        (TakeProfit, Decrease),
    ])
}

proptest! {
    #![proptest_config(cases(20_000))]

    /// Whenever some sample could fill an order, nobody may cancel it and nobody may move its window.
    #[test]
    fn orders_ok_never_a_choice_between_a_known_fill_and_none(
        (kind, action) in kinds(),
        trigger_after in 0_i64..400,
        expires_after in 0_i64..400,
        since in -1_i64..18,
        age in -3_i64..130,
        is_triggered in any::<bool>(),
    ) {
        let mut order = order(kind, action);
        if kind.has_trigger() {
            order.triggered_at = if is_triggered { secs(trigger_after) } else { NEVER };
            order.expires_at = if expires_after == 0 { NEVER } else { secs(expires_after) };
        }
        // Near the window, where it matters.
        let published = order.since().map_or(0, |from| from.0 - NOW.0) + since;
        let clock = published + age;
        let sample = sample_at(PRICE, secs(published));
        let purpose = if action == Increase { Purpose::Risk } else { Purpose::Decrease };
        let oracle = oracle::OracleState::default();
        let fills = order.since().and_then(|since| {
            require_in_window(&params(), since, sample.publish_time)?;
            oracle.admit(&sample, purpose, Ppm(20_000), secs(clock)).map(drop)
        });
        let right = order.cancel_right(&params(), secs(clock)).unwrap();
        let market = Market { oracle, ..market() };
        let again = order.triggered(&market, Side::Long, &sample, secs(clock));
        if fills.is_ok() {
            prop_assert_eq!(right, CancelRight::Nobody);
            let expected = match kind.has_trigger() {
                true => RiskError::OrderAlreadyTriggered,
                false => RiskError::OrderHasNoTrigger,
            };
            prop_assert_eq!(again, Err(expected));
        }
        // Nor may a stranger cancel what can still be triggered.
        prop_assert!(right != CancelRight::Anyone || again.is_err());
    }

    /// No price that is known when an order triggers lies in its window, whoever triggers and with what.
    #[test]
    fn triggered_ok_known_prices_never_fill(
        (kind, action) in kinds(),
        published in -10_i64..100,
        ahead in -2_i64..=0,
        known in -5_i64..100,
        price in 1_u64..200_000,
    ) {
        let mut market = market();
        market.oracle.published_at = secs(known);
        let now = secs(published.max(known) + ahead);
        let sample = sample_at(PriceE12(price * DOLLAR_E12), secs(published));
        let order = order(kind, action);
        if let Ok(at) = order.triggered(&market, Side::Short, &sample, now) {
            let order = triggered_at(order, at);
            prop_assert!(order.may_still_fill(&params(), now).unwrap());
            for time in [sample.publish_time, market.oracle.published_at, now, secs(published.max(known))] {
                let found = require_in_window(&params(), order.since().unwrap(), time);
                prop_assert_eq!(found, Err(RiskError::PriceBeforeWindow));
            }
            let meets = is_triggered(Side::Short, action, kind, order.trigger, sample.price);
            prop_assert!(meets && sample.publish_time >= order.placed_at);
        }
    }

    /// Stop-loss and take-profit at one price leave no gap between them, and a take-profit is a limit order.
    #[test]
    fn is_triggered_ok_without_gaps(trigger in 1_u64..1_000, index in 1_u64..1_000, long in any::<bool>()) {
        let side = if long { Side::Long } else { Side::Short };
        let of = |kind| is_triggered(side, Decrease, kind, PriceE12(trigger), PriceE12(index));
        prop_assert!(of(StopLoss) || of(TakeProfit));
        prop_assert_eq!(of(StopLoss) && of(TakeProfit), trigger == index);
        prop_assert_eq!(of(Limit), of(TakeProfit));
        let opens = is_triggered(side, Increase, Limit, PriceE12(trigger), PriceE12(index));
        prop_assert_eq!(opens, of(StopLoss), "who buys low would stop a loss there");
    }
}
