//! `view_order`: what the chain says of an order is what triggering and executing then do, and nothing changes.

use anchor_lang::AnchorDeserialize;
use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::instructions::{OrderState, OrderView};
use bulkhead::state::{Order, OrderAction, OrderKind, PositionSide, Protocol};
use bulkhead_client::events::AnyEvent;
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, Waiting, World, has_error};
use bulkhead_tests::foreign::{Others, refuses_foreign_accounts};
use bulkhead_tests::keeping::{Scene, all_accounts, changed};
use bulkhead_tests::*;

fn scene() -> Scene {
    Scene::with(World::new().unwrap(), &Opening::new(PositionSide::Long, BTC / 10, 1_000 * USD))
}

fn place(scene: &mut Scene, waiting: Waiting) -> u32 {
    let (owner, position) = (scene.owner, scene.position);
    scene.world.place_waiting(&owner, position, &waiting).unwrap()
}

fn market_order(scene: &mut Scene, action: OrderAction, size_atoms: u64) -> u32 {
    let (owner, position) = (scene.owner, scene.position);
    scene.world.place_order(&owner, position, action, size_atoms).unwrap()
}

/// The answer; not a byte has changed for it.
#[track_caller]
fn view(scene: &mut Scene, id: u32) -> OrderView {
    let before = all_accounts(&scene.world);
    let done = scene.send(ix::view_order(&scene.world.keys, scene.position, id));
    let payer = scene.world.fee_payer;
    assert_eq!(changed(&before, &all_accounts(&scene.world)), [payer], "only the fee was paid");
    assert_events(&done, []);
    OrderView::try_from_slice(&done.return_data).unwrap()
}

/// The code where `state` and nothing of it is unexpected.
#[track_caller]
fn stands(scene: &mut Scene, id: u32, state: OrderState) -> u32 {
    let answer = view(scene, id);
    assert_eq!(answer.state, state, "{answer:?}");
    assert_eq!(answer.error_code == 0, answer.fill_price_e12 != 0, "{answer:?}");
    answer.error_code
}

/// What really happens then: whether `execute_order` would end the order now, and at what.
#[track_caller]
fn agrees_with_execution(scene: &mut Scene, id: u32) -> OrderState {
    let answer = view(scene, id);
    let (svm, position) = (scene.world.svm.clone(), scene.position);
    let is_trigger = scene.world.trigger(position, id).is_ok();
    scene.world.svm = svm.clone();
    assert_eq!(is_trigger, answer.state == OrderState::Triggerable, "{answer:?}");
    let result = scene.world.execute(position, id);
    scene.world.svm = svm;
    assert_eq!(result.is_ok(), answer.state == OrderState::Executable, "{answer:?}: {result:?}");
    match result.as_ref().map(events) {
        Ok(events) => match &events[..] {
            [AnyEvent::PositionIncreased(it)] => assert_eq!(answer.fill_price_e12, it.fill_price_e12),
            [AnyEvent::PositionDecreased(it)] => assert_eq!(answer.fill_price_e12, it.closed.fill_price_e12),
            [AnyEvent::OrderFailed(it)] => assert_eq!(answer.error_code, it.error_code),
            other => panic!("{other:?}"),
        },
        Err(_) if answer.state == OrderState::InWindow && answer.error_code != 0 => {
            use BulkheadError::{OrderSameSlot, PriceAfterWindow, PriceBeforeWindow};
            let of_window = [OrderSameSlot, PriceAfterWindow, PriceBeforeWindow];
            let fits = of_window.into_iter().any(|error| has_error(&result, error))
                || has_error(&result, answer.error_code);
            assert!(fits, "{answer:?}: {result:?}");
        }
        Err(_) => (),
    }
    answer.state
}

#[test]
fn view_order_ok_of_a_limit_order_from_placing_to_the_end() {
    let mut scene = scene();
    let expires_at = scene.world.now() + 300;
    let id = place(&mut scene, Waiting::limit_increase(BTC / 50, 59_000 * E12).until(expires_at));
    scene.price(59_001, 5);
    assert_eq!(stands(&mut scene, id, OrderState::Waiting), 0, "the trade itself would be fine");
    assert_eq!(view(&mut scene, id).window_from, 0);
    scene.price(59_000, 1);
    assert_eq!(stands(&mut scene, id, OrderState::Triggerable), 0);
    let position = scene.position;
    scene.world.trigger(position, id).unwrap();
    let at = scene.world.now();
    let seen = view(&mut scene, id);
    assert_eq!(seen.state, OrderState::InWindow);
    assert_eq!((seen.window_from, seen.window_until, seen.cancellable_from), (at + 2, at + 15, at + 26));
    scene.price(58_000, 2);
    let seen = view(&mut scene, id);
    // 4 bp of confidence against the buyer.
    assert_eq!((seen.state, seen.fill_price_e12), (OrderState::Executable, 58_023_200_000_000_000));
    scene.price(58_000, 20);
    stands(&mut scene, id, OrderState::InWindow);
    scene.price(58_000, 4);
    stands(&mut scene, id, OrderState::Triggerable);
    scene.price(58_000, 300);
    stands(&mut scene, id, OrderState::Expired);
}

#[test]
fn view_order_ok_of_a_market_order() {
    let mut scene = scene();
    let id = market_order(&mut scene, OrderAction::Decrease, u64::MAX);
    stands(&mut scene, id, OrderState::InWindow);
    scene.price(60_000, 2);
    stands(&mut scene, id, OrderState::Executable);
    scene.price(60_000, 134);
    stands(&mut scene, id, OrderState::Lapsed);
}

#[test]
fn view_order_ok_says_what_triggering_and_executing_do_second_by_second() {
    for waiting in [
        Waiting::limit_increase(BTC / 50, 59_000 * E12),
        Waiting::limit_increase(BTC, 59_000 * E12),
        Waiting::decrease(OrderKind::StopLoss, BTC / 50, 59_000 * E12),
        Waiting::decrease(OrderKind::TakeProfit, u64::MAX, 59_000 * E12),
    ] {
        let mut scene = scene();
        let id = place(&mut scene, waiting);
        let mut states = vec![];
        for step in 0..40_u64 {
            scene.price([59_000, 59_100, 58_900][step as usize % 3], 1);
            states.push(agrees_with_execution(&mut scene, id));
            if step == 12 {
                let position = scene.position;
                scene.world.trigger(position, id).unwrap();
                states.push(agrees_with_execution(&mut scene, id));
            }
        }
        for state in [OrderState::Triggerable, OrderState::InWindow, OrderState::Executable] {
            assert!(states.contains(&state), "{state:?} never came: {states:?}");
        }
    }
}

#[test]
fn view_order_ok_names_what_would_spend_it_or_hold_it_back() {
    let mut scene = scene();
    let id = market_order(&mut scene, OrderAction::Increase, BTC);
    scene.price(60_000, 5);
    let code = stands(&mut scene, id, OrderState::Executable);
    assert_eq!(code, u32::from(BulkheadError::InitialMarginShort));
    scene.world.warp_to(scene.world.now() + 11);
    let code = stands(&mut scene, id, OrderState::InWindow);
    assert_eq!(code, u32::from(BulkheadError::PriceTooOld));
    poke(&mut scene.world, &pda::protocol(), |it: &mut Protocol| it.pause_new_risk.until = i64::MAX);
    let small = market_order(&mut scene, OrderAction::Increase, BTC / 50);
    scene.price(60_000, 5);
    let code = stands(&mut scene, small, OrderState::InWindow);
    assert_eq!(code, u32::from(BulkheadError::NewRiskPaused));
    assert_eq!(agrees_with_execution(&mut scene, small), OrderState::InWindow);
    let less = market_order(&mut scene, OrderAction::Decrease, BTC / 50);
    scene.price(60_000, 5);
    assert_eq!(stands(&mut scene, less, OrderState::Executable), 0);
}

#[test]
fn view_order_ok_in_the_slot_of_its_trigger_and_on_a_closed_position() {
    let mut scene = scene();
    let id = place(&mut scene, Waiting::decrease(OrderKind::StopLoss, u64::MAX, 59_000 * E12));
    scene.price(58_900, 5);
    let position = scene.position;
    scene.world.trigger(position, id).unwrap();
    let mut clock = scene.world.svm.get_sysvar::<solana_clock::Clock>();
    clock.unix_timestamp += 5;
    scene.world.svm.set_sysvar(&clock);
    let update = bulkhead_lab::world::PriceUpdate::at(58_900 * E8, clock.unix_timestamp);
    scene.world.set_price(&update);
    assert_eq!(agrees_with_execution(&mut scene, id), OrderState::InWindow);

    let other = market_order(&mut scene, OrderAction::Decrease, u64::MAX);
    scene.price(58_900, 5);
    scene.world.execute(position, other).unwrap();
    let code = stands(&mut scene, id, OrderState::Void);
    assert_eq!(code, u32::from(BulkheadError::OrderVoid));
}

#[test]
fn view_order_fails_with_accounts_of_others() {
    let mut scene = scene();
    let others = Others::beside(&mut scene.world);
    let id = place(&mut scene, Waiting::limit_increase(BTC / 50, 59_000 * E12));
    let order = pda::order(&scene.position, id);
    let look = ix::view_order(&scene.world.keys, scene.position, id);
    refuses_foreign_accounts(&mut scene, &others, &look);
    refuses_impostors(&mut scene.world, &look, &[]);
    let sibling = swapped(&look, scene.position, others.sibling);
    refused(&mut scene.world, &sibling, BulkheadError::OrderPositionMismatch);
    let market = scene.world.keys.market;
    let swap = swapped(&look, order, market);
    refused(&mut scene.world, &swap, ErrorCode::AccountDiscriminatorMismatch);
    let swap = swapped(&look, pda::protocol(), market);
    refused(&mut scene.world, &swap, ErrorCode::AccountDiscriminatorMismatch);
    poke(&mut scene.world, &order, |it: &mut Order| it.version = 0);
    refused(&mut scene.world, &look, BulkheadError::AccountVersionMismatch);
}
