//! `liquidate` with insurance: the keeper's least pay and losses beyond the collateral, within the limits.

use bulkhead::state::PositionSide;
use bulkhead_client::pda;
use bulkhead_lab::world::Opening;
use bulkhead_risk::transition::LiquidationReport;
use bulkhead_tests::keeping::Scene;
use bulkhead_tests::*;

/// 0.15 USD, the bound for positions of 100 USD.
const FLOOR: u64 = 150_000;

fn scene(insurance: u64) -> Scene {
    let world = world_with(|params| {
        params.trade_fee_ppm = 600;
        params.keeper_floor_quote_atoms = FLOOR;
    });
    let mut scene = Scene::with(world, &Opening::new(PositionSide::Long, BTC / 10, 500 * USD));
    insure(&mut scene, insurance);
    scene
}

/// As if so much had come in from liquidation fees.
fn insure(scene: &mut Scene, atoms: u64) {
    let market = scene.world.keys.market;
    let vault = pda::insurance_vault(&market);
    let before = scene.world.token_balance(&vault);
    scene.world.mint_to(vault, atoms - before);
    poke(&mut scene.world, &market, |it: &mut bulkhead::state::Market| it.insurance_atoms = atoms);
}

/// Liquidates; tokens move as the host says.
#[track_caller]
fn liquidates(scene: &mut Scene) -> LiquidationReport {
    let (report, before) = (scene.report(), scene.tokens());
    let instruction = scene.liquidation();
    scene.send(instruction);
    assert_eq!(scene.tokens(), before.after(&report));
    assert_eq!(scene.tokens().sum(), before.sum());
    report
}

#[test]
fn liquidate_ok_insolvent_pays_the_floor_and_covers_the_loss() {
    let mut scene = scene(10_000 * USD);
    scene.price(54_000, 60);
    let report = liquidates(&mut scene);
    assert_eq!((report.keeper_pay.get(), report.insured.to_keeper.get()), (0, FLOOR));
    assert!(report.closed.shortfall.get() > 90 * USD);
    assert_eq!(report.insured.to_pool, report.closed.shortfall, "all of it is within a tenth of the vault");
}

#[test]
fn liquidate_ok_insolvent_within_a_tenth_and_a_quarter_a_day() {
    let mut scene = scene(1_000 * USD);
    let others: Vec<_> = (0..3)
        .map(|_| {
            let owner = scene.world.actor(1_000 * USD);
            let opening = Opening::new(PositionSide::Long, BTC / 10, 500 * USD);
            (owner, scene.world.open(&owner, &opening).unwrap())
        })
        .collect();
    scene.price(40_000, 60);
    let mut paid = vec![liquidates(&mut scene)];
    for (owner, position) in others {
        (scene.owner, scene.position) = (owner, position);
        paid.push(liquidates(&mut scene));
    }
    let out: Vec<u64> = paid.iter().map(|it| it.insured.to_keeper.get() + it.insured.to_pool.get()).collect();
    assert_eq!(out[..2], [100 * USD, 90 * USD], "a tenth of what is there, each time");
    assert!(out.iter().sum::<u64>() <= 250 * USD, "{out:?}");
    assert_eq!(out[3], 0, "{out:?}");
    assert_eq!(paid[2].insured.to_keeper.get(), FLOOR, "the keeper comes first");
}

#[test]
fn liquidate_ok_with_the_insurance_vault_frozen() {
    let mut scene = scene(1_000 * USD);
    let vault = pda::insurance_vault(&scene.world.keys.market);
    scene.world.freeze(vault);
    scene.sighted_at(57_700);
    let before = scene.tokens();
    let report = liquidates(&mut scene);
    assert!(report.keeper_pay.get() > 0 && report.fee > report.keeper_pay);
    assert_eq!(scene.tokens().insurance, before.insurance, "its part went to the pool");
    // Insolvent now: nobody is paid, and it closes all the same.
    scene.price(40_000, 60);
    let report = liquidates(&mut scene);
    assert!(report.closed.is_full && report.insured == Default::default());
}
