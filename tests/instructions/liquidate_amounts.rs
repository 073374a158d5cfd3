//! `liquidate`: what it moves, to the atom, in part and whole.

use bulkhead::events::{LiquidationReason, PositionLiquidated};
use bulkhead::state::{Position, PositionSide};
use bulkhead_lab::world::{Opening, World, WorldOptions};
use bulkhead_risk::liquidation::{Readiness, assess};
use bulkhead_risk::transition::{Liquidation, LiquidationReport};
use bulkhead_risk::{Purpose, QuoteAtoms};
use bulkhead_tests::keeping::{Scene, closed, publish};
use bulkhead_tests::random::Random;
use bulkhead_tests::*;

/// Liquidates; accounts, tokens and the event are what the host makes of it.
#[track_caller]
fn acts_as_the_host(scene: &mut Scene) -> LiquidationReport {
    let report = scene.report();
    let mut seen = seen(&scene.world, Purpose::Liquidate);
    seen.market.ledger = report.ledger;
    let (expected, market) = (scene.stored(&report.position), scene.market_stored(&seen.market));
    let tokens = scene.tokens();
    let vault_frozen = scene.world.data(&scene.vault()).unwrap()[108] == 2;
    let liquidation = scene.liquidation();
    let done = scene.send(liquidation);
    assert_eq!((scene.account(), scene.world.market()), (expected, market));
    assert_eq!(scene.tokens(), tokens.after(&report));
    assert_eq!(scene.tokens().sum(), tokens.sum());
    let event = PositionLiquidated {
        market: scene.world.keys.market,
        position: scene.position,
        keeper: scene.world.keeper.key,
        reason: report.reason.into(),
        equity_before_atoms: i64::try_from(report.assessment.valuation.equity.get()).unwrap(),
        maintenance_before_atoms: report.assessment.maintenance_margin.get(),
        keeper_pay_atoms: report.keeper_pay.get(),
        insurance_pay_atoms: report.insurance_pay.get(),
        keeper_floor_pay_atoms: report.insured.to_keeper.get(),
        shortfall_covered_atoms: report.insured.to_pool.get(),
        settle_pay_atoms: report.settle_pay.get(),
        vault_frozen,
        closed: closed(&report.closed, report.trade_fee, &report.position),
    };
    assert_events(&done, [event.into()]);
    // 60 and 40 per cent, and never above half of what is left.
    assert_eq!(report.keeper_pay.get(), report.fee.get() * 6 / 10);
    assert_eq!(report.keeper_pay.get() + report.insurance_pay.get(), report.fee.get());
    let equity = report.assessment.valuation.equity.positive_part().unwrap();
    assert!(report.fee.get() <= equity.get() / 2);
    report
}

#[track_caller]
fn stands(scene: &Scene) -> Readiness {
    let seen = seen(&scene.world, Purpose::Liquidate);
    let position = scene.account().view().unwrap();
    let position = position.accrued(&seen.market.params, &seen.market.ledger).unwrap();
    assess(&seen.market, &position, &seen.sample, seen.now).unwrap().readiness
}

#[test]
fn liquidate_ok_partial_by_hand_and_healthy_after() {
    let mut scene = Scene::long();
    scene.sighted_at(57_700);
    let report = acts_as_the_host(&mut scene);
    // 0.1 BTC bought at 60,024, worth 5,770: 232.40 lost of 500, q = 267.60 / 5,770 = 4.638 % under 4.748 %.
    assert_eq!(report.assessment.valuation.equity.get(), 267_600_000);
    assert_eq!(report.assessment.valuation.notional.get(), 5_770_000_000);
    // T = 5.935 %; C = (342.44 - 267.60) / (5.935 % - 0.262 %) = 1,319.
    let closed_usd = report.closed.notional.get() / USD;
    assert!((1_310..1_330).contains(&closed_usd), "{closed_usd}");
    assert!(!report.closed.is_full && report.closed.shortfall == QuoteAtoms(0));
    // INV-07: never liquidatable after a partial one.
    assert_eq!(stands(&scene), Readiness::Healthy);
    assert_eq!(scene.account().below_since, 0);
    let q = scene.report_q();
    assert!((59_000..59_700).contains(&q), "cured to 1.25 times the maintenance margin: {q}");
    let liquidation = scene.liquidation();
    let size = scene.account().size_atoms;
    scene.send(liquidation);
    assert_eq!(scene.account().size_atoms, size);
}

trait Health {
    fn report_q(&self) -> i64;
}

impl Health for Scene {
    /// q in ppm at the price that stands.
    fn report_q(&self) -> i64 {
        let seen = seen(&self.world, Purpose::Liquidate);
        let position = self.account().view().unwrap();
        position.value(&seen.market.params, seen.sample.price).unwrap().health_ppm_floor().unwrap()
    }
}

#[test]
fn liquidate_ok_full_where_a_part_would_not_cure() {
    for (side, usd) in [(PositionSide::Long, 55_600), (PositionSide::Short, 64_300)] {
        let mut scene = Scene::of(side);
        scene.sighted_at(usd);
        let report = acts_as_the_host(&mut scene);
        assert!(report.closed.is_full && report.closed.shortfall.is_zero());
        let account = scene.account();
        assert_eq!((account.status, account.size_atoms, account.reserved_atoms), (2, 0, 0));
        // What is left is the owner's, and is in the vault.
        assert_eq!(scene.tokens().vault, account.collateral_atoms);
        assert!(account.collateral_atoms > 0);
        let (owner, position) = (scene.owner, scene.position);
        let close = bulkhead_client::ix::close_position(&scene.world.keys, owner.key, position, owner.tokens);
        scene.send(close);
    }
}

#[test]
fn liquidate_ok_insolvent_on_one_sample_with_the_shortfall_on_the_pool() {
    let mut scene = Scene::long();
    let pool = scene.world.market().pool_atoms;
    scene.price(54_000, 10);
    let report = acts_as_the_host(&mut scene);
    assert_eq!(report.reason, bulkhead_risk::liquidation::LiquidationReason::Insolvent);
    // 602.40 lost, 500 there were.
    assert_eq!((report.closed.loss_paid.get(), report.closed.shortfall.get()), (500 * USD, 102_400_000));
    assert_eq!((report.fee.get(), scene.tokens().vault), (0, 0));
    let market = scene.world.market();
    assert_eq!((market.pool_atoms, market.shortfall_total_atoms), (pool + 500 * USD, 102_400_000));
    assert_eq!(LiquidationReason::from(report.reason), LiquidationReason::Insolvent);
}

#[test]
fn liquidate_ok_payout_capped_on_one_sample_without_a_liquidation_fee() {
    for (side, usd) in [(PositionSide::Long, 66_000), (PositionSide::Short, 54_000)] {
        let opening = Opening::new(side, BTC / 10, 500 * USD).with_payout_cap(50_000);
        let mut scene = Scene::with(world_with(|params| params.trade_fee_ppm = 1_000), &opening);
        let reserved = scene.account().reserved_atoms;
        scene.price(usd, 10);
        let report = acts_as_the_host(&mut scene);
        assert_eq!(LiquidationReason::from(report.reason), LiquidationReason::PayoutCapped);
        assert_eq!((report.fee.get(), report.closed.payout.get()), (0, reserved));
        assert_eq!(report.trade_fee.get(), usd * USD / 10_000);
    }
}

#[test]
fn liquidate_ok_fee_rises_from_half_to_all_of_its_rate() {
    // Just below the threshold, then at less than half of the maintenance margin.
    let rate = |usd: u64| {
        let mut scene = Scene::long();
        scene.sighted_at(usd);
        let report = acts_as_the_host(&mut scene);
        report.fee.get() * 1_000_000 / report.closed.notional.get()
    };
    let (first, middle, last) = (rate(57_750), rate(57_000), rate(56_000));
    assert!((2_500..2_540).contains(&first), "{first}");
    assert!((3_700..4_000).contains(&middle), "{middle}");
    assert_eq!(last, 5_000, "all of it");
}

#[test]
fn liquidate_ok_donated_tokens_are_no_collateral() {
    let mut scene = Scene::long();
    let vault = scene.vault();
    scene.world.mint_to(vault, 5_000 * USD);
    scene.price(54_000, 10);
    let report = acts_as_the_host(&mut scene);
    assert_eq!(report.closed.shortfall.get(), 102_400_000);
    assert_eq!(scene.tokens().vault, 5_000 * USD, "a gift stays with the owner");
    let (owner, position) = (scene.owner, scene.position);
    let close = bulkhead_client::ix::close_position(&scene.world.keys, owner.key, position, owner.tokens);
    scene.send(close);
    assert_eq!(scene.tokens().owner, keeping::WEALTH + 4_500 * USD);
}

/// Any position that may be: sizes over six orders of magnitude, both sides, caps, carry, fees, prices.
fn random_scene(random: &mut Random) -> Scene {
    let mut options = WorldOptions::default();
    options.params.trade_fee_ppm = random.pick(&[0, 500, 5_000]);
    options.params.liquidation_fee_ppm = random.pick(&[1_000, 5_000, 12_000]);
    options.params.borrow_full_rate_e12 = random.pick(&[0, 95_129]);
    options.params.borrow_kink_rate_e12 = options.params.borrow_full_rate_e12 / 2;
    let side = random.pick(&[PositionSide::Long, PositionSide::Short]);
    let size = random.magnitude(BTC / 500, 20 * BTC);
    let notional = size * 600;
    let collateral = notional / 1_000 * random.range(130, 400);
    let cap = random.range_u32(50_000, 1_000_000);
    let mut world = World::with(options).unwrap();
    let owner = world.actor(collateral);
    let opening = Opening::new(side, size, collateral).with_payout_cap(cap);
    let position = world.open(&owner, &opening).unwrap();
    assert_eq!(world.position(&position).status, 1, "the opening order was spent");
    Scene { world, owner, position }
}

#[test]
fn liquidate_ok_random_positions_as_the_host_and_never_again_after_a_part() {
    let cases = random::from_environment("BULKHEAD_CASES", 150);
    let (mut parts, mut wholes, mut capped, mut skipped) = (0, 0, 0, 0);
    for case in 0..cases {
        let random = &mut Random::of_case(0x11_0c, case);
        let mut scene = random_scene(random);
        // Anywhere between entry and well beyond nothing left; some carry first.
        let secs = random.pick(&[10, 10, 86_400]);
        let q = scene.account().collateral_atoms as f64 / (scene.account().size_atoms as f64 * 600.0);
        let away = q * (random.range(500, 1_050) as f64) / 1_000.0;
        let against = random.chance(85) == (scene.account().side == 0);
        let factor = if against { 1.0 - away } else { 1.0 + away };
        let price_e8 = (60_000.0 * E8 as f64 * factor) as u64;
        publish(&mut scene.world, price_e8, 400, secs);
        let flag = scene.flag();
        scene.send(flag);
        publish(&mut scene.world, price_e8, 400, 3);
        if let Liquidation::Skipped { .. } = scene.outcome() {
            skipped += 1;
            continue;
        }
        let report = acts_as_the_host(&mut scene);
        let reason = LiquidationReason::from(report.reason);
        capped += u32::from(reason == LiquidationReason::PayoutCapped);
        if report.closed.is_full {
            wholes += 1;
            continue;
        }
        parts += 1;
        assert_eq!(reason, LiquidationReason::BelowMaintenance);
        assert_eq!(stands(&scene), Readiness::Healthy, "INV-07 in case {case}");
        let after: Position = scene.account();
        publish(&mut scene.world, price_e8, 400, 3);
        let liquidation = scene.liquidation();
        scene.send(liquidation);
        assert_eq!(scene.account().size_atoms, after.size_atoms);
    }
    let enough = cases / 20;
    let counts = [parts, wholes, u64::from(capped), skipped];
    assert!(counts.iter().all(|count| *count >= enough / 2), "parts, wholes, capped, skipped: {counts:?}");
}
