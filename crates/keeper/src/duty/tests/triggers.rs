//! Orders that wait for a trigger.

use bulkhead::state::{Order, POSITION_CLOSED};
use bulkhead_client::ix;

use super::{CENTS, KEEPER, NOW, World};
use crate::duty::Duty;

#[test]
fn execute_orders_ok_in_the_window_of_the_trigger() {
    let mut world = World::new();
    let position = world.open(1, 5_000);
    world.stop_loss(position, |_| {});
    // Placed, but not triggered: the window of the placing is none.
    world.at(4_700_000, 5);
    assert_eq!(world.targets(Duty::ExecuteOrders), []);
    let order = world.stop_loss(position, |order| order.triggered_at = NOW + 100);
    let mut due_at = Vec::new();
    for seconds in [5, 101, 102, 115, 116] {
        world.at(4_700_000, seconds);
        due_at.extend(world.targets(Duty::ExecuteOrders).into_iter().map(|target| (seconds, target)));
    }
    assert_eq!(due_at, [(102, order), (115, order)]);
}

#[test]
fn trigger_orders_ok_where_the_price_meets_the_trigger() {
    let mut world = World::new();
    let position = world.open(1, 5_000);
    let order = world.stop_loss(position, |_| {});
    world.at(4_810_000, 5);
    assert_eq!(world.targets(Duty::TriggerOrders), []);
    world.at(4_790_000, 5);
    let plan = world.plan(Duty::TriggerOrders);
    let keys = world.state.market(&world.key).unwrap().keys;
    assert_eq!((plan.len(), plan[0].key.target, plan[0].needs), (1, order, Some(order)));
    assert_eq!(plan[0].instruction, ix::trigger_order(&keys, KEEPER, position, 0));
    assert_eq!(plan[0].reward.lamports, 10_000);
    // Not a market order, not what has expired, and not where the position is closed.
    world.order(position, 0);
    assert_eq!(world.targets(Duty::TriggerOrders), []);
    world.stop_loss(position, |order| order.expires_at = NOW + 5);
    assert_eq!(world.targets(Duty::TriggerOrders), []);
    world.stop_loss(position, |_| {});
    assert_eq!(world.targets(Duty::TriggerOrders), [order]);
    world.change(position, |position| position.status = POSITION_CLOSED);
    assert_eq!(world.targets(Duty::TriggerOrders), []);
}

#[test]
fn trigger_orders_ok_again_only_where_the_price_would_fill() {
    let mut world = World::new();
    let position = world.open(1, 5_000);
    let order = world.stop_loss(position, |order| order.triggered_at = NOW + 100);
    // A price of its window may fill it until 135 s after the trigger.
    for (seconds, expected) in [(110, vec![]), (236, vec![]), (237, vec![order])] {
        world.at(4_700_000, seconds);
        assert_eq!(world.targets(Duty::TriggerOrders), expected, "{seconds}");
    }
    assert_eq!(world.plan(Duty::TriggerOrders)[0].reward.lamports, 0);
    // A seller's least price that nobody pays.
    let greedy = |order: &mut Order| order.acceptable_price_e12 = u64::MAX;
    world.stop_loss(position, |order| {
        order.triggered_at = NOW + 100;
        greedy(order);
    });
    assert_eq!(world.targets(Duty::TriggerOrders), []);
    world.stop_loss(position, greedy);
    assert_eq!(world.targets(Duty::TriggerOrders), [order], "the first one pays");
}

#[test]
fn cancel_orders_ok_once_an_order_with_a_trigger_has_expired() {
    let mut world = World::new();
    let position = world.open(1, 5_000);
    let order = world.stop_loss(position, |order| order.triggered_at = NOW + 990);
    // Its window is over before it expires; the last fill of the later trigger is at 1,125 s.
    for (seconds, expected) in [(200, vec![]), (1_001, vec![]), (1_126, vec![]), (1_127, vec![order])] {
        world.at(CENTS, seconds);
        assert_eq!(world.targets(Duty::CancelOrders), expected, "{seconds}");
    }
    // Never triggered: it waits for as long as it can be.
    world.stop_loss(position, |_| {});
    for (seconds, expected) in [(200, vec![]), (1_000, vec![]), (1_001, vec![order])] {
        world.at(CENTS, seconds);
        assert_eq!(world.targets(Duty::CancelOrders), expected, "{seconds}");
    }
}
