//! An account of another layout is left alone, also by the instructions that take no price and do no arithmetic.

use super::*;
use bulkhead::constants::TIP_LAMPORTS_MIN;
use bulkhead::instructions::{PlaceOpeningOrderArgs, RequestWithdrawalArgs};
use bulkhead::state::{OrderKind, Trader};
use bulkhead_lab::world::{Waiting, any_price};
use bulkhead_tests::top_ups::{PLAN, planned};

const ANOTHER: u8 = 77;

fn another_position(scene: &mut Scene) {
    let position = scene.position;
    poke(&mut scene.world, &position, |position: &mut Position| position.version = ANOTHER);
}

fn another_market(scene: &mut Scene) {
    let market = scene.world.keys.market;
    poke(&mut scene.world, &market, |market: &mut Market| market.version = ANOTHER);
}

#[track_caller]
fn refuses_both(scene: &mut Scene, instruction: &Instruction) {
    fires(scene, instruction, BulkheadError::AccountVersionMismatch, another_position);
    fires(scene, instruction, BulkheadError::AccountVersionMismatch, another_market);
}

#[test]
fn orders_fails_with_another_version_of_position_or_market() {
    let mut scene = Scene::long();
    let (keys, owner, position) = (scene.world.keys, scene.owner, scene.position);
    let stop = Waiting::decrease(OrderKind::StopLoss, u64::MAX, 50_000 * E12);
    let id = scene.world.place_waiting(&owner, position, &stop).unwrap();
    refuses_both(&mut scene, &ix::cancel_order(&keys, owner.key, position, id, owner.key));
    let args = stop.args(&scene.world, &position);
    refuses_both(&mut scene, &ix::place_order(&keys, owner.key, owner.key, position, args));
    let args = PlaceOpeningOrderArgs {
        position_id: scene.world.trader(&owner.key).unwrap().next_position_id,
        side: PositionSide::Long,
        collateral_atoms: 500 * USD,
        kind: OrderKind::Market,
        size_atoms: BTC / 10,
        acceptable_price_e12: any_price(PositionSide::Long, OrderAction::Increase),
        payout_cap_ppm: 1_000_000,
        tip_lamports: TIP_LAMPORTS_MIN,
        trigger_price_e12: 0,
        expires_at: 0,
    };
    let opening = ix::place_opening_order(&keys, owner.key, owner.key, owner.tokens, args);
    fires(&mut scene, &opening, BulkheadError::AccountVersionMismatch, another_market);
}

#[test]
fn set_delegate_fails_with_another_version_of_the_position() {
    let mut scene = Scene::long();
    let (owner, delegate) = (scene.owner.key, scene.world.key());
    let instruction = ix::set_delegate(owner, scene.position, delegate);
    fires(&mut scene, &instruction, BulkheadError::AccountVersionMismatch, another_position);
}

#[test]
fn close_position_fails_with_another_version_of_position_or_market() {
    let mut scene = Scene::long();
    scene.sighted_at(55_600);
    let liquidation = scene.liquidation();
    scene.send(liquidation);
    let (owner, position) = (scene.owner, scene.position);
    let close = ix::close_position(&scene.world.keys, owner.key, position, owner.tokens);
    refuses_both(&mut scene, &close);
}

/// The owner takes a plan back whatever the position is; others only where it has surely closed.
#[test]
fn cancel_top_up_fails_for_others_with_another_version_of_the_position() {
    let mut scene = planned(PLAN);
    scene.sighted_at(55_600);
    let liquidation = scene.liquidation();
    scene.send(liquidation);
    let stranger = scene.world.wallet();
    let cancellation = ix::cancel_top_up(stranger, scene.position, scene.owner.key);
    fires(&mut scene, &cancellation, BulkheadError::AccountVersionMismatch, another_position);
}

#[test]
fn withdrawals_fails_with_another_version_of_trader_or_market() {
    let mut scene = Scene::long();
    let keys = scene.world.keys;
    let provider = scene.world.provider(2_000 * USD, 1_000 * USD).unwrap();
    let (owner, shares) = (provider.who.key, provider.shares);
    let withdrawal = scene.world.request_withdrawal(&provider, 100 * USD).unwrap();
    let account = scene.world.withdrawal(&withdrawal);
    let cancellation = ix::cancel_withdrawal(&keys, owner, withdrawal, &account, shares);
    fires(&mut scene, &cancellation, BulkheadError::AccountVersionMismatch, another_market);
    let args = RequestWithdrawalArgs { withdrawal_id: 1, shares: 100 * USD, tip_lamports: TIP_LAMPORTS_MIN };
    let request = ix::request_withdrawal(&keys, owner, owner, shares, provider.who.tokens, args);
    fires(&mut scene, &request, BulkheadError::AccountVersionMismatch, |scene| {
        let trader = pda::trader(&keys.market, &owner);
        poke(&mut scene.world, &trader, |trader: &mut Trader| trader.version = ANOTHER);
    });
}
