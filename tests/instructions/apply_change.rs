//! `apply_change`: by anyone, to the second of the timelock, once, and without touching a position.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::ChangeApplied;
use bulkhead::instructions::{Change, MarketMode};
use bulkhead::state::{Market, OrderAction, ParamChange, PositionSide, Protocol};
use bulkhead_client::events::AnyEvent;
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, World, has_error};
use bulkhead_tests::*;
use solana_pubkey::Pubkey;

use crate::desk::{Desk, second_market};
use crate::queue_change::{DAY, LIFE, dearer, locked, other_generation, queue, settings};

fn queued(world: &mut World, definition: Change) -> u64 {
    let instruction = queue(world, definition);
    world.send(&[instruction]).unwrap();
    world.protocol().unwrap().next_change - 1
}

fn queued_settings(world: &mut World) -> u64 {
    let definition = settings(world);
    queued(world, definition)
}

#[test]
fn apply_change_ok_each_kind_of_a_market() {
    let mut world = locked();
    let (keys, admin) = (world.keys, world.admin);
    let before = world.market();
    let mut params = before.params;
    params.store(&dearer().checked(6).unwrap());
    let oracle = other_generation().resolve(false).unwrap();
    let cases = [
        (Change::MarketParams(dearer()), 0, Market { params, ..before }),
        (Change::OracleGeneration(other_generation()), 1, Market { params, oracle, ..before }),
        (Change::MarketStatus(MarketMode::ReduceOnly), 2, Market { params, oracle, status: 1, ..before }),
        (Change::MarketStatus(MarketMode::Active), 2, Market { params, oracle, ..before }),
    ];
    let mut accrued_at = before.accrued_at;
    for (definition, kind, expected) in cases {
        let lamports = world.lamports(&admin);
        let nonce = queued(&mut world, definition);
        assert_eq!(world.lamports(&admin), lamports - rent_of::<ParamChange>(&world));
        world.warp_to(world.now() + DAY);
        let protocol = world.protocol();
        let done = world.send(&[ix::apply_change(nonce, Some(keys.market), admin)]).unwrap();
        if kind == 0 {
            accrued_at = world.now(); // Up to here at the old rates.
        }
        assert_eq!((world.market(), world.protocol()), (Market { accrued_at, ..expected }, protocol));
        assert_eq!(world.lamports(&admin), lamports, "the rent is back");
        assert!(world.load::<ParamChange>(&pda::change(nonce)).is_none());
        let event = ChangeApplied { change: pda::change(nonce), nonce, market: keys.market, kind };
        assert_events(&done, [event.into()]);
    }
}

/// Rates of a change hold from its application, not from the last time that somebody touched the market.
#[test]
fn apply_change_ok_accrues_at_the_old_rates_first() {
    let mut world = locked();
    let owner = world.actor(1_000 * USD);
    world.open(&owner, &Opening::new(PositionSide::Long, BTC / 10, 1_000 * USD)).unwrap();
    let nonce = queued(
        &mut world,
        Change::MarketParams(bulkhead::views::MarketParams {
            borrow_kink_rate_e12: 100_000,
            borrow_full_rate_e12: 200_000,
            ..dearer()
        }),
    );
    world.warp_to(world.now() + DAY);
    world.send(&[ix::apply_change(nonce, Some(world.keys.market), world.admin)]).unwrap();
    let market = world.market();
    assert_eq!((u128::from(market.borrow_index_e12), market.accrued_at), (0, world.now()));
    world.move_price(60_000 * E8, 60).unwrap();
    assert!(u128::from(world.market().borrow_index_e12) > 0, "the new rates run");
}

/// REQ-179: what was charged for the skew at another scale is not paid back at the new one.
#[test]
fn apply_change_ok_another_impact_scale_voids_the_reference() {
    const SCALE: u64 = 200_000_000 * USD;
    for (scale, voided) in [(2 * SCALE, true), (0, true), (SCALE, false)] {
        let mut desk =
            Desk::open_in(world_with(|params| params.impact_scale_quote_atoms = SCALE), PositionSide::Long);
        let (keys, admin) = (desk.keys(), desk.world.admin);
        let reference = desk.world.market().impact_reference_e12;
        assert_eq!(reference, 60_000 * E12, "the skew was charged for at the index");
        let before = desk.world.market().params;
        let params = bulkhead::views::MarketParams {
            trade_fee_ppm: 77,
            impact_scale_quote_atoms: scale,
            ..bulkhead_lab::world::defaults::params()
        };
        let nonce = queued(&mut desk.world, Change::MarketParams(params));
        assert_eq!(desk.world.market().impact_reference_e12, reference, "nothing before it is applied");
        desk.world.advance(1);
        desk.world.send(&[ix::apply_change(nonce, Some(keys.market), admin)]).unwrap();
        let market = desk.world.market();
        assert_ne!(market.params, before);
        assert_eq!(market.impact_reference_e12, if voided { 0 } else { reference });

        // Closing all of the skew: where the reference stands its charge comes back, else nothing does.
        let id = desk.order(OrderAction::Decrease, u64::MAX);
        desk.world.advance(5);
        let done = desk.world.execute(desk.position, id).unwrap();
        let fill_e12 = events(&done).into_iter().find_map(|event| match event {
            AnyEvent::PositionDecreased(event) => Some(event.closed.fill_price_e12),
            _ => None,
        });
        let bid_e12 = seen(&desk.world, bulkhead_risk::Purpose::Observe).sample.bid().unwrap().get();
        assert_eq!(fill_e12.unwrap() > bid_e12, !voided);
    }
}

#[test]
fn apply_change_ok_settings_hold_for_later_changes() {
    let mut world = locked();
    let definition = settings(&world);
    let Change::ProtocolSettings { guardian, fee_receiver, timelock_secs } = definition else { panic!() };
    let nonce = queued(&mut world, definition);
    world.warp_to(world.now() + DAY);
    let (before, market) = (world.protocol().unwrap(), world.market());
    let done = world.send(&[ix::apply_change(nonce, None, world.admin)]).unwrap();
    let after = Protocol { guardian, fee_receiver, timelock_secs, ..before };
    assert_eq!((world.protocol().unwrap(), world.market()), (after, market));
    let event = ChangeApplied { change: pda::change(nonce), nonce, market: Pubkey::default(), kind: 3 };
    assert_events(&done, [event.into()]);
    let next = queued_settings(&mut world);
    let waits = crate::queue_change::change(&world, next).applies_from - world.now();
    assert_eq!(waits, i64::from(timelock_secs));
}

#[test]
fn apply_change_fails_before_its_second_and_from_its_expiry_on() {
    for (wait, error) in [
        (DAY - 1, Some(BulkheadError::ChangeNotDue)),
        (DAY, None),
        (DAY + LIFE - 1, None),
        (DAY + LIFE, Some(BulkheadError::ChangeExpired)),
    ] {
        let mut world = locked();
        let nonce = queued(&mut world, Change::MarketStatus(MarketMode::ReduceOnly));
        world.warp_to(world.now() + wait);
        let apply = ix::apply_change(nonce, Some(world.keys.market), world.admin);
        match error {
            Some(error) => drop(refused(&mut world, &apply, error)),
            None => drop(world.send(&[apply]).unwrap()),
        }
    }
}

#[test]
fn apply_change_fails_twice() {
    let mut world = locked();
    let nonce = queued(&mut world, Change::MarketStatus(MarketMode::ReduceOnly));
    world.warp_to(world.now() + DAY);
    let apply = ix::apply_change(nonce, Some(world.keys.market), world.admin);
    world.send(std::slice::from_ref(&apply)).unwrap();
    world.warp_to(world.now() + 1);
    refused(&mut world, &apply, ErrorCode::AccountOwnedByWrongProgram);
}

#[test]
fn apply_change_fails_with_another_market_payer_or_none() {
    let mut world = locked();
    let other = second_market(&mut world);
    let stranger = world.wallet();
    let (market, admin) = (world.keys.market, world.admin);
    let nonce = queued(&mut world, Change::MarketStatus(MarketMode::ReduceOnly));
    let of_protocol = queued_settings(&mut world);
    world.warp_to(world.now() + DAY);
    for (nonce, wrong) in [(nonce, Some(other.market)), (nonce, None), (of_protocol, Some(market))] {
        let apply = ix::apply_change(nonce, wrong, admin);
        refused(&mut world, &apply, BulkheadError::ChangeMarketMismatch);
    }
    let apply = ix::apply_change(nonce, Some(market), stranger);
    refused(&mut world, &apply, BulkheadError::ChangePayerMismatch);
    let apply = ix::apply_change(nonce, Some(market), admin);
    refuses_impostors(&mut world, &apply, &[]);
    for account in [market, pda::protocol(), pda::change(nonce)] {
        refused(&mut world, &readonly(&apply, account), ErrorCode::ConstraintMut);
    }
    poke::<ParamChange>(&mut world, &pda::change(nonce), |change| change.version = 2);
    refused(&mut world, &apply, BulkheadError::AccountVersionMismatch);
}

/// What a change sets is judged again when it is applied: another program version may have other bounds.
#[test]
fn apply_change_fails_with_what_no_longer_fits() {
    type Poke = fn(&mut ParamChange);
    let mut world = locked();
    let (market, admin) = (world.keys.market, world.admin);
    let params = queued(&mut world, Change::MarketParams(dearer()));
    let oracle = queued(&mut world, Change::OracleGeneration(other_generation()));
    let status = queued(&mut world, Change::MarketStatus(MarketMode::Active));
    let protocol = queued_settings(&mut world);
    world.warp_to(world.now() + DAY);
    let cases: &[(u64, Poke, BulkheadError)] = &[
        (params, |it| it.params.margin_min_ppm = 9_999, BulkheadError::ParameterOutOfBounds),
        (
            params,
            |it| (it.params.margin_min_ppm, it.params.quote_decimals) = (100_000, 7),
            BulkheadError::ParameterOutOfBounds,
        ),
        (params, |it| it.params.notional_divisor /= 10, BulkheadError::DecimalsImmutable),
        (oracle, |it| it.oracle.feed_id[0] ^= 1, BulkheadError::FeedImmutable),
        (oracle, |it| it.kind = 9, BulkheadError::CorruptAccount),
        (protocol, |it| it.timelock_secs = 2_592_001, BulkheadError::TimelockOutOfBounds),
    ];
    for (nonce, break_it, error) in cases {
        poke::<ParamChange>(&mut world, &pda::change(*nonce), break_it);
        let of = (*nonce != protocol).then_some(market);
        refused(&mut world, &ix::apply_change(*nonce, of, admin), *error);
    }
    poke::<Market>(&mut world, &market, |market| market.status = 2);
    refused(&mut world, &ix::apply_change(status, Some(market), admin), BulkheadError::MarketSettled);
}

#[test]
fn apply_change_ok_raises_no_open_positions_maintenance_margin() {
    let mut desk = Desk::open(PositionSide::Long);
    let (keys, admin, position) = (desk.keys(), desk.world.admin, desk.position);
    let sealed = Snapshot::of(&desk.world, [position, pda::vault(&position)]);
    let required = |world: &mut World| {
        let seen = seen(world, bulkhead_risk::Purpose::Observe);
        let account = world.position(&position);
        (account.margin_ppm, account.addon_ppm, account.liquidation_fee_ppm, seen.sample.price)
    };
    let before = required(&mut desk.world);
    let nonce = queued(&mut desk.world, Change::MarketParams(dearer()));
    desk.world.advance(1);
    desk.world.send(&[ix::apply_change(nonce, Some(keys.market), admin)]).unwrap();
    sealed.assert_unchanged(&desk.world);
    assert_eq!(required(&mut desk.world), before);
    // At 90 % of the price it holds 7.4 %: under the market's new least margin, over its own.
    desk.world.move_price(54_000 * E8, 5).unwrap();
    let keeper = desk.world.keeper;
    let done = desk.world.send(&[ix::liquidate(&keys, keeper.key, keeper.tokens, position)]).unwrap();
    let skipped = events(&done).pop().unwrap();
    assert!(format!("{skipped:?}").contains("Healthy"), "{skipped:?}");
    assert!(desk.world.market().params.margin_min_ppm > desk.world.position(&position).margin_ppm);
}

#[test]
fn apply_change_ok_reduce_only_lets_nobody_in_and_everybody_out() {
    let mut desk = Desk::open(PositionSide::Long);
    let (keys, admin) = (desk.keys(), desk.world.admin);
    let nonce = queued(&mut desk.world, Change::MarketStatus(MarketMode::ReduceOnly));
    desk.world.send(&[ix::apply_change(nonce, Some(keys.market), admin)]).unwrap();
    let late = desk.world.actor(10_000 * USD);
    let opened = desk.world.place(&late, &Opening::new(PositionSide::Long, BTC / 10, 1_000 * USD));
    assert!(has_error(&opened, BulkheadError::MarketNotActive));
    let id = desk.order(OrderAction::Decrease, BTC / 50);
    desk.world.advance(5);
    desk.world.execute(desk.position, id).unwrap();
    desk.close_all();
    let close = ix::close_position(&keys, desk.owner.key, desk.position, desk.owner.tokens);
    desk.world.send(&[close]).unwrap();
}
