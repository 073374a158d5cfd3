//! A position with a top-up plan, and what the host makes of it.

use bulkhead::events::{MarginCalled, ToppedUp};
use bulkhead::instructions::SetTopUpArgs;
use bulkhead::views::to_event_atoms;
use bulkhead_client::events::AnyEvent;
use bulkhead_risk::Purpose;
use bulkhead_risk::top_up::{TopUpReport, top_up};

use crate::keeping::{Scene, WEALTH};
use crate::{USD, assert_events, seen};

/// 300 USD whenever equity is under 1.2 times the maintenance margin, at most once a minute, 1,000 in all.
pub const PLAN: SetTopUpArgs = SetTopUpArgs {
    budget_atoms: 1_000 * USD,
    trigger_ppm: 1_200_000,
    amount_atoms: 300 * USD,
    interval_secs: 60,
    keeper_pay_atoms: USD,
};

/// A long as [`Scene::long`] has it, with a plan and an approval that covers its budget.
pub fn planned(args: SetTopUpArgs) -> Scene {
    with_plan(Scene::long(), args)
}

pub fn with_plan(mut scene: Scene, args: SetTopUpArgs) -> Scene {
    let (owner, position) = (scene.owner, scene.position);
    scene.world.approve_top_ups(&owner, args.budget_atoms.min(WEALTH)).unwrap();
    scene.world.set_top_up(&owner, position, args).unwrap();
    scene
}

/// What the top-up would do now, by the host.
pub fn quoted(scene: &Scene) -> bulkhead_risk::Result<TopUpReport> {
    let seen = seen(&scene.world, Purpose::Liquidate);
    let plan = scene.world.top_up_plan(&scene.position).unwrap().view().unwrap();
    let position = scene.account().view().unwrap();
    top_up(&seen.market, &position, &plan, &seen.sample, seen.now)
}

/// Tops up: position, plan, tokens and events are what the host makes of it, and the market stays.
#[track_caller]
pub fn tops_up_as_the_host(scene: &mut Scene) {
    let _ = topped_up(scene);
}

/// The same, with the host's report.
#[track_caller]
pub fn topped_up(scene: &mut Scene) -> TopUpReport {
    let report = quoted(scene).unwrap();
    let (before, market) = (scene.account(), scene.world.market());
    let plan = scene.world.top_up_plan(&scene.position).unwrap();
    let tokens = scene.tokens();
    let done = scene.world.execute_top_up(scene.position).unwrap();

    let moved = report.split.moved().unwrap().get();
    let (pay, into_vault) = (report.split.keeper_pay.get(), report.split.into_vault.get());
    assert_eq!(scene.account(), {
        let mut expected = before;
        expected.store(&report.position);
        expected
    });
    assert_eq!(scene.world.market(), market, "the market is only looked at");
    let mut expected = plan;
    (expected.budget_atoms, expected.last_at) = (plan.budget_atoms - moved, scene.world.now());
    assert_eq!(scene.world.top_up_plan(&scene.position), Some(expected));
    let after = crate::keeping::Tokens {
        vault: tokens.vault + into_vault,
        keeper: tokens.keeper + pay,
        owner: tokens.owner - moved,
        ..tokens
    };
    assert_eq!(scene.tokens(), after);

    let mut expected: Vec<AnyEvent> = Vec::new();
    if report.position.margin_called && before.margin_called == 0 {
        let call = MarginCalled {
            position: scene.position,
            owner: scene.owner.key,
            equity_atoms: to_event_atoms(report.after.equity).unwrap(),
            maintenance_atoms: report.after.maintenance_margin.get(),
            price_e12: report.after.price.get(),
        };
        expected.push(call.into());
    }
    let topped = ToppedUp {
        position: scene.position,
        owner: scene.owner.key,
        keeper: scene.world.keeper.key,
        into_vault_atoms: into_vault,
        keeper_pay_atoms: pay,
        budget_atoms: plan.budget_atoms - moved,
        collateral_atoms: before.collateral_atoms + into_vault,
        equity_before_atoms: to_event_atoms(report.assessment.valuation.equity).unwrap(),
        maintenance_atoms: report.assessment.maintenance_margin.get(),
        price_e12: report.assessment.price.get(),
    };
    expected.push(topped.into());
    assert_events(&done, expected);
    report
}
