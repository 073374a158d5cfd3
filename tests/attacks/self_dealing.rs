//! Nobody earns by liquidating, flagging or donating to a position of their own.

use bulkhead::state::{Order, OrderAction, PositionSide};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, World, WorldOptions};
use bulkhead_tests::keeping::{Scene, WEALTH, publish};
use bulkhead_tests::random::Random;
use bulkhead_tests::*;

/// Tokens of somebody who is owner and keeper in one, after emptying the flat position.
fn go_home(scene: &mut Scene) -> u64 {
    let (owner, position) = (scene.owner, scene.position);
    assert_eq!(scene.account().status, 2);
    let close = ix::close_position(&scene.world.keys, owner.key, position, owner.tokens);
    scene.send(close);
    scene.world.token_balance(&owner.tokens)
}

/// The owner closes by an order, filled at the price that stands in five seconds: the same.
fn simply_closes(scene: &mut Scene, price_e8: u64, conf_ppm: u64) -> u64 {
    let (owner, position) = (scene.owner, scene.position);
    let id = scene.world.place_order(&owner, position, OrderAction::Decrease, u64::MAX).unwrap();
    publish(&mut scene.world, price_e8, conf_ppm, 5);
    scene.world.execute(position, id).unwrap();
    go_home(scene)
}

/// The owner flags and liquidates, as often as it does anything, and closes the rest.
fn liquidates_itself(scene: &mut Scene, price_e8: u64, conf_ppm: u64) -> u64 {
    let (keys, owner, position) = (scene.world.keys, scene.owner, scene.position);
    let liquidation = ix::liquidate(&keys, owner.key, owner.tokens, position);
    for _ in 0..4 {
        publish(&mut scene.world, price_e8, conf_ppm, 2);
        scene.send(liquidation.clone());
    }
    match scene.account().status {
        2 => go_home(scene),
        _ => simply_closes(scene, price_e8, conf_ppm),
    }
}

/// One position twice, at the same price: what its owner has after simply closing it, and after liquidating
/// it; and its notional.
fn both_ways(case: u64, conf_ppm: u64) -> (u64, u64, u64) {
    let ends: Vec<_> = [simply_closes, liquidates_itself]
        .into_iter()
        .map(|end: fn(&mut Scene, u64, u64) -> u64| {
            let random = &mut Random::of_case(0x5e1f, case);
            let mut options = WorldOptions::default();
            options.params.trade_fee_ppm = random.pick(&[0, 500, 2_000]);
            options.params.liquidation_fee_ppm = random.pick(&[1_000, 5_000, 12_000]);
            let side = random.pick(&[PositionSide::Long, PositionSide::Short]);
            let cap = random.pick(&[50_000, 200_000, 1_000_000]);
            let collateral = random.range(550, 900) * USD;
            let opening = Opening::new(side, BTC / 10, collateral).with_payout_cap(cap);
            let mut scene = Scene::with(World::with(options).unwrap(), &opening);
            // From healthy to more than lost; a tenth of the time on the winning side.
            let against = random.range(400, 1_100) * collateral / 6_000 / 1_000;
            let wins = random.chance(10);
            let up = wins == (side == PositionSide::Long);
            let moved = if up { 1_000_000 + against } else { 1_000_000 - against };
            let price_e8 = 60_000 * E8 / 1_000_000 * moved;
            publish(&mut scene.world, price_e8, conf_ppm, 10);
            // A tenth of a bitcoin, in atoms of the collateral.
            (end(&mut scene, price_e8, conf_ppm), price_e8 / 1_000)
        })
        .collect();
    (ends[0].0, ends[1].0, ends[0].1)
}

#[test]
fn self_dealing_fails_to_beat_simply_closing() {
    let cases = random::from_environment("BULKHEAD_CASES", 100);
    let mut lost = 0;
    for case in 0..cases {
        let (closed, liquidated, _) = both_ways(case, 0);
        // An atom for the rounding of two closings instead of one.
        assert!(liquidated <= closed + 2, "case {case}: {liquidated} over {closed}");
        lost += u64::from(liquidated < closed);
    }
    assert!(lost > cases / 4, "too few were liquidated at all: {lost}");
}

/// Orders fill at the edge, liquidations at the index: what an owner saves by being liquidated is at most the
/// half width of the price, less what goes to insurance; against the index it never earns.
#[test]
fn self_dealing_saves_at_most_the_confidence_and_never_earns() {
    for (conf_ppm, cases) in [(400, 20), (2_000, 20), (6_000, 20)] {
        for case in 0..cases {
            let (closed, liquidated, notional) = both_ways(case, conf_ppm);
            let (fair, _, _) = both_ways(case, 0);
            let half_width = notional * conf_ppm / 1_000_000;
            assert!(
                liquidated <= fair + 2,
                "case {case} at {conf_ppm}: {liquidated}, worth {fair} at the index"
            );
            assert!(liquidated <= closed + half_width + 2, "case {case} at {conf_ppm}");
        }
    }
}

#[test]
fn self_dealing_fails_with_two_positions_against_each_other() {
    // One owner, long and short of the same size: whatever the price does, what one wins the other loses, and
    // the fees are gone.
    for usd in [40_000, 54_000, 57_000, 63_000, 66_000, 90_000] {
        for conf_ppm in [0, 400, 6_000] {
            let mut scene = Scene::long();
            let owner = scene.owner;
            let opening = Opening::new(PositionSide::Short, BTC / 10, 500 * USD).with_payout_cap(50_000);
            let short = scene.world.open(&owner, &opening).unwrap();
            let keys = scene.world.keys;
            let pool = scene.world.market().pool_atoms;
            for position in [scene.position, short] {
                for _ in 0..3 {
                    publish(&mut scene.world, usd * E8, conf_ppm, 2);
                    scene.send(ix::liquidate(&keys, owner.key, owner.tokens, position));
                }
            }
            for position in [scene.position, short] {
                scene.position = position;
                if scene.account().status == 1 {
                    simply_closes(&mut scene, usd * E8, conf_ppm);
                } else {
                    go_home(&mut scene);
                }
            }
            // A crash takes more than the long had: the pool bears it, and pays no more than the short's cap.
            let gained = scene.world.token_balance(&owner.tokens).saturating_sub(WEALTH);
            let lost_by_pool = pool.saturating_sub(scene.world.market().pool_atoms);
            assert_eq!(gained, lost_by_pool.min(gained), "nothing comes from anywhere but the pool");
            assert!(gained <= scene.world.market().shortfall_total_atoms, "{usd}: {gained} earned");
        }
    }
}

/// Tokens and lamports sent to a vault, a position and an order change no decision and block nothing.
#[test]
fn self_dealing_donations_change_nothing() {
    let mut gifted = Scene::long();
    let mut plain = Scene::long();
    for scene in [&mut gifted, &mut plain] {
        let (owner, position) = (scene.owner, scene.position);
        scene.world.place_order(&owner, position, OrderAction::Decrease, BTC / 100).unwrap();
    }
    let keys = gifted.world.keys;
    let (vault, order) = (gifted.vault(), pda::order(&gifted.position, 1));
    gifted.world.mint_to(vault, 1_000_000 * USD);
    for pool in [pda::pool_vault(&keys.market), pda::insurance_vault(&keys.market)] {
        gifted.world.mint_to(pool, 1_000_000 * USD);
    }
    for address in [gifted.position, vault, order, keys.market] {
        let lamports = gifted.world.lamports(&address);
        gifted.world.set_lamports(address, lamports + 1_000_000);
    }
    let tip = gifted.world.load::<Order>(&order).unwrap().tip_lamports;
    for scene in [&mut gifted, &mut plain] {
        scene.sighted_at(57_700);
        let liquidation = scene.liquidation();
        scene.send(liquidation);
    }
    assert_eq!(gifted.account(), plain.account());
    assert_eq!(gifted.world.market(), plain.world.market());
    for scene in [&mut gifted, &mut plain] {
        let before = scene.world.lamports(&scene.world.keeper.key);
        publish(&mut scene.world, 57_700 * E8, 400, 3);
        let position = scene.position;
        scene.world.execute(position, 1).unwrap();
        assert_eq!(scene.world.lamports(&scene.world.keeper.key), before + tip, "the tip and no gift");
        simply_closes(scene, 57_700 * E8, 400);
    }
    let owner = |scene: &Scene| scene.world.token_balance(&scene.owner.tokens);
    assert_eq!(owner(&gifted), owner(&plain) + 1_000_000 * USD, "a gift goes to the vault's owner");
}
