//! Properties of refresh and liquidation, over health, margin, add-on, fee and ramp.
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

use bulkhead_risk::fixed::mul_div_u64_ceil;
use bulkhead_risk::health::liquidation_price;
use common::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

/// The report, if it came to one.
fn done(scene: &Scene, position: &Position) -> Option<LiquidationReport> {
    match liquidate(&scene.market, position, &scene.sample, Frozen::default(), NOW).unwrap() {
        Liquidation::Done(report) => Some(report),
        Liquidation::Skipped { .. } => None,
    }
}

proptest! {
    #![proptest_config(cases(20_000))]

    /// INV-09: a rise in margin alone never liquidates. Refresh and liquidate in one transaction takes exactly
    /// the positions that liquidate alone would have taken.
    #[test]
    fn refresh_ok_takes_no_position_that_was_healthy(scene in scenes()) {
        let Scene { market, position, sample } = scene;
        let before = position.lowered(&market).unwrap();
        let after = position.refreshed(&market, &sample, NOW).unwrap();
        let healthy = reason_at(&market, &before, sample.price).is_none();
        prop_assert_eq!(reason_at(&market, &after, sample.price).is_none(), healthy);
        prop_assert_eq!(done(&scene, &after).is_none(), healthy);
        prop_assert_eq!(done(&scene, &position).is_none(), healthy);
        // And again, as often as one likes.
        let twice = after.refreshed(&market, &sample, NOW).unwrap();
        prop_assert_eq!(twice, after);
    }

    /// The same where confidence has long been wide, and liquidation looks at the edge that favours the position.
    #[test]
    fn refresh_ok_takes_no_position_at_a_wide_sample(scene in scenes(), conf_ppm in 0_u64..100_000) {
        let mut scene = scene;
        let conf = u128::from(scene.sample.price.0) * u128::from(conf_ppm) / 1_000_000;
        scene.sample.conf = PriceE12(conf as u64);
        scene.market.oracle.conf_wide_since = UnixSeconds(NOW.0 - 700);
        let after = scene.position.refreshed(&scene.market, &scene.sample, NOW).unwrap();
        prop_assert_eq!(done(&scene, &after).is_none(), done(&scene, &scene.position).is_none());
    }

    #[test]
    fn refresh_ok_raises_only_to_what_has_been_shown(scene in scenes()) {
        let Scene { market, position, sample } = scene;
        let after = position.refreshed(&market, &sample, NOW).unwrap();
        let ramp = market.volatility.ramp_ppm_ceil().unwrap();
        prop_assert!(after.addon_ppm <= position.addon_ppm);
        prop_assert_eq!(after.liquidation_fee_ppm, position.liquidation_fee_ppm);
        prop_assert!(after.margin_ppm <= ramp.max(position.margin_ppm));
        if after.margin_ppm > position.margin_ppm {
            prop_assert!(position.margin_ppm < ramp);
            prop_assert!(after.margin_ppm.0 <= position.margin_ppm.0 * 5 / 4);
            let total = i64::from(after.maintenance_ppm().unwrap().0);
            for side in [Side::Long, Side::Short] {
                let worst = market.extremes.worst_since(side, position.opened_at, sample.price).unwrap();
                let price = if side == position.side { worst } else { sample.price };
                let q = after.value(&market.params, price).unwrap().health_ppm_floor().unwrap();
                prop_assert!(q * 10 >= total * 11, "q {} for {}", q, total);
            }
        }
    }

    /// INV-07.
    #[test]
    fn liquidate_ok_partial_leaves_it_healthy_and_costs_little(scene in scenes()) {
        let Scene { market, position, sample } = scene;
        let Some(report) = done(&scene, &position) else { return Ok(()) };
        let before = report.assessment.valuation;
        let equity = before.equity.0.max(0);
        prop_assert!(i128::from(report.fee.0) * 2 <= equity);
        prop_assert_eq!(report.keeper_pay.plus(report.insurance_pay), Ok(report.fee));
        prop_assert!(report.closed.payout <= report.closed.reserved_released);
        prop_assert_eq!(report.ledger.assert_reserve_covered(), Ok(()));
        if report.closed.is_full {
            prop_assert_eq!(report.position.status, PositionStatus::Closed);
            return Ok(());
        }
        prop_assert_eq!(report.reason, LiquidationReason::BelowMaintenance);
        prop_assert_eq!(reason_at(&market, &report.position, sample.price), None);
        let after = report.position.value(&market.params, sample.price).unwrap();
        prop_assert!(after.health_ppm_floor().unwrap() >= before.health_ppm_floor().unwrap());
        // At most 75 %, but for one base atom that rounds the size up.
        let atom = mul_div_u64_ceil(1, sample.price.0, market.params.notional_divisor).unwrap();
        let most = u128::from(before.notional.0) * 3 / 4 + u128::from(atom) + 1;
        prop_assert!(u128::from(report.closed.notional.0) <= most);
        let left = market.params.notional_floor(report.position.size, sample.price).unwrap();
        prop_assert!(left >= market.params.notional_min_quote_atoms);
    }

    /// INV-11: nothing of what a position holds comes from or goes to anywhere else.
    #[test]
    fn liquidate_ok_conserves_to_the_atom(scene in scenes(), vault: bool, insurance: bool, floor in 0_u64..30_000) {
        let Scene { mut market, position, sample } = scene;
        market.params.keeper_floor_quote_atoms = QuoteAtoms(floor);
        market.params.impact_scale_quote_atoms = usd(400_000_000);
        market.ledger.crank_budget = usd(1);
        let frozen = Frozen { vault, insurance };
        let outcome = liquidate(&market, &position, &sample, frozen, NOW).unwrap();
        let Liquidation::Done(report) = outcome else { return Ok(()) };
        let keeper = i128::from(report.keeper_pay.0)
            + i128::from(report.insured.to_keeper.0)
            + i128::from(report.settle_pay.0);
        prop_assert_eq!(total(&report.ledger, &report.position) + keeper, total(&market.ledger, &position));
        let in_vault = i128::from(position.collateral.0) + i128::from(report.flow.to_vault.0)
            - i128::from(report.flow.to_pool.0)
            - i128::from(report.keeper_pay.0)
            - i128::from(report.insurance_pay.0);
        prop_assert_eq!(i128::from(report.position.collateral.0), in_vault);
        let insured = report.insured.to_keeper.plus(report.insured.to_pool).unwrap();
        let in_insurance = market.ledger.insurance.plus(report.insurance_pay).unwrap().minus(insured);
        prop_assert_eq!(Ok(report.ledger.insurance), in_insurance);
        prop_assert!(!insurance || report.ledger.insurance == market.ledger.insurance);
        prop_assert_eq!(report.ledger.assert_reserve_covered(), Ok(()));
        if vault && (!report.position.frozen_owed.is_zero() || !report.position.reserved.is_zero()) {
            let collected = collect_frozen(&report.ledger, &report.position).unwrap();
            prop_assert_eq!(
                total(&collected.ledger, &collected.position),
                total(&report.ledger, &report.position)
            );
            prop_assert_eq!(collected.ledger.assert_reserve_covered(), Ok(()));
        }
    }

    /// The quoted price divides health from liquidation, up to three atoms of rounding, where the payout cap
    /// does not.
    #[test]
    fn liquidation_price_ok_divides_healthy_from_not(scene in scenes()) {
        let Scene { market, position, .. } = scene;
        let price = liquidation_price(&market, &position).unwrap();
        if price.is_zero() || price.0 > u64::MAX / 2 {
            return Ok(());
        }
        // Worth four atoms of equity, as a price: a step of the price moves equity less requirement by 1 -/+ m.
        let slack = mul_div_u64_ceil(6, market.params.notional_divisor, position.size.0).unwrap() + 2;
        let (safe, beyond) = match position.side {
            Side::Long => (price.0.checked_add(slack), price.0.checked_sub(slack)),
            Side::Short => (price.0.checked_sub(slack), price.0.checked_add(slack)),
        };
        let capped = |price| reason_at(&market, &position, price) == Some(LiquidationReason::PayoutCapped);
        if let Some(safe) = safe.filter(|safe| *safe > 0).map(PriceE12).filter(|safe| !capped(*safe)) {
            prop_assert_eq!(reason_at(&market, &position, safe), None);
        }
        if let Some(beyond) = beyond.filter(|beyond| *beyond > 0) {
            prop_assert!(reason_at(&market, &position, PriceE12(beyond)).is_some());
        }
    }
}

/// Properties over scenes that never happen prove nothing: every branch is met often.
#[test]
fn scenes_ok_meet_every_branch() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for _ in 0..5_000 {
        let scene = scenes().new_tree(&mut runner).unwrap().current();
        let Scene { market, position, sample } = scene;
        let what = match done(&scene, &position) {
            Some(report) if report.closed.is_full => format!("{:?}, full", report.reason),
            Some(_) => "partial".to_owned(),
            None => "healthy".to_owned(),
        };
        *seen.entry(what).or_default() += 1;
        let after = position.refreshed(&market, &sample, NOW).unwrap();
        *seen.entry(format!("margin {:?}", after.margin_ppm.cmp(&position.margin_ppm))).or_default() += 1;
        if after.is_reduce_only(&market).unwrap() && after.margin_ppm > position.margin_ppm {
            *seen.entry("raised, and still behind".to_owned()).or_default() += 1;
        }
    }
    println!("{seen:?}");
    assert_eq!(seen.len(), 9, "{seen:?}");
    assert!(seen.values().all(|count| *count > 50), "{seen:?}");
}
