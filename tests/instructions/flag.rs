//! `flag`: notes first sightings, and nothing else.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::{MarginCalled, PositionSighted};
use bulkhead::state::{Position, PositionSide};
use bulkhead_client::ix;
use bulkhead_lab::world::{Opening, World};
use bulkhead_risk::Purpose;
use bulkhead_risk::liquidation::assess;
use bulkhead_risk::margin_call::Standing;
use bulkhead_tests::foreign::Others;
use bulkhead_tests::keeping::{Scene, all_accounts, changed};
use bulkhead_tests::*;
use solana_pubkey::Pubkey;

/// Flags some positions of market 0: each account and all events are what the host makes of them.
#[track_caller]
fn flags_as_the_host(world: &mut World, positions: &[Pubkey]) {
    let seen = seen(world, Purpose::Liquidate);
    let mut expected = Vec::new();
    let mut sightings = Vec::new();
    for position in positions {
        let mut account = world.position(position);
        let before = account.view().unwrap();
        let current = before.accrued(&seen.market.params, &seen.market.ledger).unwrap();
        let current = current.lowered(&seen.market).unwrap();
        let standing = assess(&seen.market, &current, &seen.sample, seen.now).unwrap();
        let call = Standing::of(&standing);
        let after = current.sighted(standing.readiness, &seen.sample).called(&call).unwrap();
        let healthy_all_along = after.below_since.is_zero()
            && before.below_since.is_zero()
            && after.margin_called == before.margin_called;
        if !(healthy_all_along && standing.valuation.equity.0 >= standing.maintenance_margin.signed().0) {
            account.store(&before.with_requirement_of(&after));
        }
        expected.push(account);
        if after.margin_called && !before.margin_called {
            let event = MarginCalled {
                position: *position,
                owner: account.owner,
                equity_atoms: i64::try_from(standing.valuation.equity.get()).unwrap(),
                maintenance_atoms: standing.maintenance_margin.get(),
                price_e12: standing.price.get(),
            };
            sightings.push(event.into());
        }
        if after.below_since != before.below_since {
            let event = PositionSighted {
                position: *position,
                below_since: after.below_since.get(),
                equity_atoms: i64::try_from(standing.valuation.equity.get()).unwrap(),
                maintenance_atoms: standing.maintenance_margin.get(),
            };
            sightings.push(event.into());
        }
    }
    let before = all_accounts(world);
    let done = world.send(&[ix::flag(&world.keys, positions)]).unwrap();
    for address in changed(&before, &all_accounts(world)) {
        assert!(positions.contains(&address) || address == world.fee_payer, "{address} has changed");
    }
    let found: Vec<_> = positions.iter().map(|position| world.position(position)).collect();
    assert_eq!(found, expected);
    assert_events(&done, sightings);
}

#[test]
fn flag_ok_first_sighting() {
    let mut scene = Scene::long();
    scene.price(57_000, 10);
    let position = scene.position;
    flags_as_the_host(&mut scene.world, &[position]);
    assert_eq!(scene.account().below_since, scene.world.now());
}

#[test]
fn flag_ok_keeps_the_first_sighting_until_it_lapses() {
    let mut scene = Scene::long();
    let position = scene.position;
    scene.price(57_000, 10);
    flags_as_the_host(&mut scene.world, &[position]);
    let first = scene.account().below_since;
    for (secs, since) in [(1, first), (59, first), (1, first + 61)] {
        scene.price(57_000, secs);
        flags_as_the_host(&mut scene.world, &[position]);
        assert_eq!(scene.account().below_since, since);
    }
}

#[test]
fn flag_ok_healthy_clears_and_is_left_alone() {
    let mut scene = Scene::long();
    let position = scene.position;
    scene.price(57_000, 10);
    flags_as_the_host(&mut scene.world, &[position]);
    scene.price(60_000, 10);
    flags_as_the_host(&mut scene.world, &[position]);
    assert_eq!(scene.account().below_since, 0);
    let cleared = scene.account();
    flags_as_the_host(&mut scene.world, &[position]);
    assert_eq!(scene.account(), cleared);
}

#[test]
fn flag_ok_sights_and_clears_while_the_margin_call_stands() {
    let mut scene = Scene::long();
    let position = scene.position;
    for (usd, is_sighted) in [(58_200, false), (57_000, true), (58_200, false)] {
        scene.price(usd, 10);
        flags_as_the_host(&mut scene.world, &[position]);
        let account = scene.account();
        assert_eq!((account.below_since != 0, account.margin_called), (is_sighted, 1));
    }
}

#[test]
fn flag_ok_insolvent_and_capped_need_no_sighting() {
    let mut scene = Scene::long();
    let position = scene.position;
    scene.price(54_000, 10);
    flags_as_the_host(&mut scene.world, &[position]);
    assert_eq!(scene.account().below_since, 0);

    let opening = Opening::new(PositionSide::Long, BTC / 10, 500 * USD).with_payout_cap(50_000);
    let mut scene = Scene::with(World::new().unwrap(), &opening);
    let position = scene.position;
    scene.price(64_000, 10);
    flags_as_the_host(&mut scene.world, &[position]);
    assert_eq!(scene.account().below_since, 0);
}

#[test]
fn flag_ok_batch_of_all_kinds() {
    let mut scene = Scene::long();
    let mut positions = vec![scene.position];
    for (side, collateral) in [
        (PositionSide::Short, 600),
        (PositionSide::Long, 450),
        (PositionSide::Long, 2_000),
        (PositionSide::Long, 470),
    ] {
        let owner = scene.world.actor(10_000 * USD);
        let opening = Opening::new(side, BTC / 10, collateral * USD);
        let opened = scene.world.open(&owner, &opening).unwrap();
        assert_eq!(scene.world.position(&opened).status, 1, "the opening order was spent");
        positions.push(opened);
    }
    let owner = scene.world.actor(10_000 * USD);
    let pending = Opening::new(PositionSide::Long, BTC / 10, 500 * USD);
    positions.push(scene.world.place(&owner, &pending).unwrap());
    for (usd, secs) in [(57_500, 10), (57_000, 3), (60_000, 3), (62_900, 3), (55_000, 80)] {
        scene.price(usd, secs);
        flags_as_the_host(&mut scene.world, &positions);
    }
    let below = |position: &Pubkey| scene.world.position(position).below_since != 0;
    let sighted: Vec<_> = positions.iter().map(below).collect();
    assert_eq!(
        sighted,
        [false, false, false, false, false, false],
        "insolvent by now, or healthy, or pending"
    );
}

#[test]
fn flag_ok_nobody_twice_and_gone() {
    let mut scene = Scene::long();
    scene.price(57_000, 10);
    let (position, nobody) = (scene.position, scene.world.key());
    let done = scene.world.send(&[ix::flag(&scene.world.keys, &[])]).unwrap();
    assert_events(&done, []);
    // What is no account of the program any more does not fail a batch, and naming one twice counts once.
    let instruction = ix::flag(&scene.world.keys, &[nobody, position, position]);
    let done = scene.world.send(&[instruction]).unwrap();
    assert_eq!(events(&done).len(), 2, "one margin call, one sighting");
    assert_eq!(scene.account().below_since, scene.world.now());
}

#[test]
fn flag_ok_stores_no_accrual() {
    let world = world_with(|params| {
        (params.borrow_kink_rate_e12, params.borrow_full_rate_e12) = (6_342, 95_129);
    });
    let mut scene = Scene::with(world, &Opening::new(PositionSide::Long, BTC / 10, 500 * USD));
    scene.price(57_000, 86_400);
    let position = scene.position;
    flags_as_the_host(&mut scene.world, &[position]);
    let account = scene.account();
    assert_eq!((account.owed_borrow_atoms, u128::from(account.borrow_snapshot_e12)), (0, 0));
    assert_ne!(account.below_since, 0);
}

#[test]
fn flag_fails_with_what_is_no_position_of_the_market() {
    let mut scene = Scene::long();
    scene.price(57_000, 10);
    let others = Others::beside(&mut scene.world);
    scene.price(57_000, 10);
    let (market, flag) = (scene.world.keys.market, scene.flag());
    let with = |address| {
        let mut instruction = flag.clone();
        instruction.accounts.push(solana_instruction::AccountMeta::new(address, false));
        instruction
    };
    let there = others.neighbour.position;
    refused(&mut scene.world, &with(there), BulkheadError::PositionMarketMismatch);
    refused(&mut scene.world, &with(others.neighbour.keys.market), BulkheadError::NotAPosition);
    refused(&mut scene.world, &with(bulkhead_client::pda::protocol()), BulkheadError::NotAPosition);
    let readonly = readonly(&flag, scene.position);
    refused(&mut scene.world, &readonly, BulkheadError::NotAPosition);
    let swapped = swapped(&flag, market, others.neighbour.keys.market);
    refused(&mut scene.world, &swapped, BulkheadError::OracleAccountMismatch);
    // The market itself, named once more to be written.
    refused(&mut scene.world, &with(market), BulkheadError::NotAPosition);
}

#[test]
fn flag_ok_skips_an_impostor_without_writing_it() {
    let mut scene = Scene::long();
    scene.price(57_000, 10);
    let position = scene.position;
    let fake = impostor(&mut scene.world, &position);
    let before = scene.world.account(&fake);
    let done = scene.world.send(&[ix::flag(&scene.world.keys, &[fake])]).unwrap();
    assert_events(&done, []);
    assert_eq!(scene.world.account(&fake), before);
}

#[test]
fn flag_fails_with_a_bad_price_or_market() {
    let mut scene = Scene::long();
    scene.price(57_000, 10);
    let flag = scene.flag();
    refuses_bad_prices(&mut scene.world, &flag);
    let (market, position) = (scene.world.keys.market, scene.position);
    let fake = impostor(&mut scene.world, &market);
    let tampered = swapped(&flag, market, fake);
    refused(&mut scene.world, &tampered, ErrorCode::AccountOwnedByWrongProgram);
    let tampered = ix::flag(&bulkhead_client::MarketKeys { market: position, ..scene.world.keys }, &[]);
    refused(&mut scene.world, &tampered, ErrorCode::AccountDiscriminatorMismatch);
    poke(&mut scene.world, &position, |position: &mut Position| position.version = 2);
    refused(&mut scene.world, &flag, BulkheadError::AccountVersionMismatch);
    scene.world.warp_to(scene.world.now() + 11);
    refused(&mut scene.world, &flag, BulkheadError::PriceTooOld);
}
