//! Top-up plans and margin calls: borders by hand, and what holds for any plan.

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

use bulkhead_risk::liquidation::{Readiness, assess};
use bulkhead_risk::margin_call::{CALL_PPM, Standing};
use bulkhead_risk::top_up::{Plan, Split, top_up};
use bulkhead_risk::*;
use common::state::*;
use proptest::prelude::*;

/// 300 USD below 1.2 times the maintenance margin, one of them for the keeper, once a minute.
const PLAN: Plan = Plan {
    budget: QuoteAtoms(1_000 * USD),
    trigger_ppm: Ppm(1_200_000),
    amount: QuoteAtoms(300 * USD),
    interval_secs: 60,
    last_at: UnixSeconds(0),
    keeper_pay: QuoteAtoms(USD),
};

/// A long of 10,000 USD entered at 50,000: it must hold 4.5 % of its notional.
fn long(collateral: QuoteAtoms) -> (Market, Position) {
    open(&market(), Side::Long, 10_000, collateral)
}

fn try_top_up(collateral: QuoteAtoms, plan: &Plan) -> Result<Split> {
    let (market, position) = long(collateral);
    top_up(&market, &position, plan, &sample(PRICE), NOW).map(|report| report.split)
}

#[test]
fn a_plan_has_bounds() {
    let with = |change: fn(&mut Plan)| {
        let mut plan = PLAN;
        change(&mut plan);
        plan.validate()
    };
    assert_eq!(with(|_| {}), Ok(()));
    assert_eq!(with(|plan| plan.trigger_ppm = Ppm(1_000_000)), Ok(()));
    assert_eq!(with(|plan| plan.trigger_ppm = Ppm(5_000_000)), Ok(()));
    assert_eq!(with(|plan| plan.trigger_ppm = Ppm(999_999)), Err(RiskError::TopUpTriggerOutOfRange));
    assert_eq!(with(|plan| plan.trigger_ppm = Ppm(5_000_001)), Err(RiskError::TopUpTriggerOutOfRange));
    assert_eq!(with(|plan| plan.interval_secs = 15), Ok(()));
    assert_eq!(with(|plan| plan.interval_secs = 14), Err(RiskError::TopUpIntervalOutOfRange));
    assert_eq!(with(|plan| plan.interval_secs = 604_801), Err(RiskError::TopUpIntervalOutOfRange));
    assert_eq!(with(|plan| plan.keeper_pay = usd(15)), Ok(()));
    let too_much = with(|plan| plan.keeper_pay = QuoteAtoms(15 * USD + 1));
    assert_eq!(too_much, Err(RiskError::TopUpKeeperPayTooLarge));
    assert_eq!(with(|plan| plan.amount = QuoteAtoms::ZERO), Err(RiskError::AmountZero));
    assert_eq!(with(|plan| plan.budget = QuoteAtoms::ZERO), Err(RiskError::AmountZero));
}

/// W-90, W-93: 450 USD are the maintenance margin of 10,000; 1.2 times of it are 540, 1.1 times are 495.
#[test]
fn w_90_trigger_and_border_to_the_atom() {
    let whole = Ok(Split { keeper_pay: usd(1), into_vault: usd(299) });
    assert_eq!(try_top_up(usd(540), &PLAN), Err(RiskError::TopUpNotNeeded));
    assert_eq!(try_top_up(QuoteAtoms(540 * USD - 1), &PLAN), whole);
    // Below maintenance, 196 are enough to come to 495, and one atom less is not.
    assert_eq!(try_top_up(usd(196), &PLAN), whole);
    assert_eq!(try_top_up(QuoteAtoms(196 * USD - 1), &PLAN), Err(RiskError::TopUpTooSmall));
    assert_eq!(try_top_up(QuoteAtoms::ZERO, &PLAN), Err(RiskError::TopUpInsolvent));
    let large = Plan { amount: usd(1_000), ..PLAN };
    assert!(try_top_up(QuoteAtoms(1), &large).is_ok());
    assert_eq!(try_top_up(QuoteAtoms::ZERO, &large), Err(RiskError::TopUpInsolvent));
}

/// W-91: of a budget of 10 USD left, a keeper that gets 15 of 300 gets 0.50.
#[test]
fn w_91_the_last_move_pays_its_share_at_most() {
    let plan = Plan { budget: usd(10), keeper_pay: usd(15), ..PLAN };
    let half = QuoteAtoms(USD / 2);
    assert_eq!(plan.next(), Ok(Split { keeper_pay: half, into_vault: usd(10).minus(half).unwrap() }));
    let whole = Plan { budget: usd(300), ..plan };
    assert_eq!(whole.next(), Ok(Split { keeper_pay: usd(15), into_vault: usd(285) }));
    let dust = Plan { budget: QuoteAtoms(19), ..plan };
    assert_eq!(dust.next(), Ok(Split { keeper_pay: QuoteAtoms::ZERO, into_vault: QuoteAtoms(19) }));
    let spent = Plan { budget: QuoteAtoms::ZERO, ..plan };
    assert_eq!(spent.next(), Err(RiskError::TopUpBudgetSpent));
}

#[test]
fn the_interval_counts_from_the_last_one() {
    let last = |secs: i64| Plan { last_at: UnixSeconds(NOW.0 - secs), ..PLAN };
    assert_eq!(try_top_up(usd(500), &last(59)), Err(RiskError::TopUpTooEarly));
    assert!(try_top_up(usd(500), &last(60)).is_ok());
    // A clock that went back is no time that passed.
    assert_eq!(try_top_up(usd(500), &last(-5)), Err(RiskError::TopUpTooEarly));
}

#[test]
fn only_an_open_position_below_its_cap() {
    let (market, position) = long(usd(500));
    let refusal = |position: &Position| top_up(&market, position, &PLAN, &sample(PRICE), NOW).map(drop);
    let pending = Position::pending(Side::Long, usd(500));
    assert_eq!(refusal(&pending), Err(RiskError::PositionNotOpen));
    let closed = Position { status: PositionStatus::Closed, ..pending };
    assert_eq!(refusal(&closed), Err(RiskError::PositionClosed));
    let capped = Position { reserved: QuoteAtoms::ZERO, ..position };
    assert_eq!(refusal(&capped), Err(RiskError::PayoutCapReached));
}

/// W-92: 10,000 at 4.5 % is called below 675 USD.
#[test]
fn w_92_a_call_to_the_atom() {
    for (collateral, is_called) in [(usd(675), false), (QuoteAtoms(675 * USD - 1), true)] {
        let (market, position) = long(collateral);
        let standing = Standing::at(&market, &position, &sample(PRICE), NOW).unwrap();
        assert_eq!(position.called(&standing).unwrap().margin_called, is_called);
        assert_eq!(standing, Standing::of(&assess(&market, &position, &sample(PRICE), NOW).unwrap()));
        // Called before or not: the present alone counts.
        let called = Position { margin_called: true, ..position };
        assert_eq!(called.called(&standing).unwrap().margin_called, is_called);
        let closed = Position { status: PositionStatus::Closed, ..called };
        assert!(!closed.called(&standing).unwrap().margin_called);
    }
}

proptest! {
    /// INV-20: exactly what the plan allows moves; afterwards the position is healthy by a tenth, its sighting void,
    /// and nothing else of it has changed.
    #[test]
    fn a_top_up_moves_what_its_plan_allows(
        collateral in 1_u64..2_000 * USD,
        budget in 1_u64..3_000 * USD,
        amount in 1_u64..2_000 * USD,
        trigger_ppm in 1_000_000_u32..=5_000_000,
        keeper_share_ppm in 0_u64..=50_000,
        percent in 96_u64..104,
        is_long in any::<bool>(),
    ) {
        let side = if is_long { Side::Long } else { Side::Short };
        let (market, position) = open(&market(), side, 10_000, QuoteAtoms(collateral));
        let price = PriceE12(PRICE.0 / 100 * percent);
        let position = Position { below_since: UnixSeconds(NOW.0 - 5), ..position };
        let market = at(&market, price, NOW);
        let plan = Plan {
            budget: QuoteAtoms(budget),
            trigger_ppm: Ppm(trigger_ppm),
            amount: QuoteAtoms(amount),
            keeper_pay: QuoteAtoms((u128::from(amount) * u128::from(keeper_share_ppm) / 1_000_000) as u64),
            ..PLAN
        };
        prop_assert_eq!(plan.validate(), Ok(()));
        let seen = sample(price);
        let before = assess(&market, &position, &seen, NOW).unwrap();
        let (equity, margin) = (before.valuation.equity.0, i128::from(before.maintenance_margin.0));
        let moved = budget.min(amount);
        match top_up(&market, &position, &plan, &seen, NOW) {
            Ok(report) => {
                let (pay, into) = (report.split.keeper_pay.0, report.split.into_vault.0);
                prop_assert_eq!(pay + into, moved);
                prop_assert!(into > 0 && u128::from(pay) * 20 <= u128::from(moved));
                prop_assert_eq!(report.plan.budget.0, budget - moved);
                prop_assert_eq!(report.plan, Plan { budget: report.plan.budget, last_at: NOW, ..plan });
                prop_assert!(equity > 0 && equity * 1_000_000 < margin * i128::from(trigger_ppm));
                let after = assess(&market, &report.position, &seen, NOW).unwrap();
                prop_assert_eq!(after.readiness, Readiness::Healthy);
                prop_assert_eq!(after.valuation.equity.0, equity + i128::from(into));
                prop_assert!(after.valuation.equity.0 * 10 >= margin * 11);
                let is_called = after.valuation.equity.0 * 2 < margin * 3;
                prop_assert_eq!(report.position.margin_called, is_called);
                prop_assert_eq!(report.position, Position {
                    collateral: QuoteAtoms(collateral + into),
                    below_since: UnixSeconds(0),
                    margin_called: is_called,
                    margin_ppm: report.position.margin_ppm,
                    addon_ppm: report.position.addon_ppm,
                    ..position
                });
                prop_assert_eq!(report.after, Standing::of(&after));
            }
            Err(RiskError::TopUpInsolvent) => prop_assert!(equity <= 0),
            Err(RiskError::TopUpNotNeeded) => {
                prop_assert!(equity * 1_000_000 >= margin * i128::from(trigger_ppm));
            }
            Err(RiskError::TopUpTooSmall) => {
                let into = i128::from(moved - plan.next().unwrap().keeper_pay.0);
                prop_assert!((equity + into) * 10 < margin * 11);
            }
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }

    /// Interval and budget bound what any sequence of prices can take out of a wallet.
    #[test]
    fn no_sequence_of_prices_takes_more_than_interval_and_budget(
        steps in prop::collection::vec((1_i64..90, 960_u64..1_040), 1..60),
    ) {
        let (market, mut position) = long(usd(500));
        let mut plan = Plan { trigger_ppm: Ppm(5_000_000), ..PLAN };
        let (mut now, mut moved, mut times) = (NOW, 0, 0);
        for (secs, permille) in steps {
            now = UnixSeconds(now.0 + secs);
            let price = PriceE12(PRICE.0 / 1_000 * permille);
            let seen = sample_at(price, now);
            if let Ok(report) = top_up(&at(&market, price, now), &position, &plan, &seen, now) {
                moved += report.split.moved().unwrap().0;
                times += 1;
                (plan, position) = (report.plan, report.position);
            }
        }
        let most = 1 + (now.0 - NOW.0) / 60;
        prop_assert!(times <= most && moved <= 1_000 * USD);
        prop_assert_eq!(plan.budget.0 + moved, 1_000 * USD);
        prop_assert!(position.collateral.0 - 500 * USD <= moved);
    }

    /// The border of a margin call is exact at any amount: nothing is rounded.
    #[test]
    fn a_call_is_the_exact_comparison(equity in any::<i64>(), margin in any::<u64>()) {
        let standing = Standing {
            price: PRICE,
            equity: SignedQuoteAtoms(i128::from(equity)),
            maintenance_margin: QuoteAtoms(margin),
        };
        prop_assert_eq!(standing.is_below(CALL_PPM), Ok(i128::from(equity) * 2 < i128::from(margin) * 3));
    }
}
