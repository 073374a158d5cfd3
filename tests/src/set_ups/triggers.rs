//! Orders that wait for a price: placing, looking, triggering, filling, calling off.

use bulkhead::state::{OrderKind, PositionSide};
use bulkhead_client::ix;
use bulkhead_lab::world::{Opening, PriceUpdate, Waiting};

use super::{BTC, PRICE, Step, USD, busy, next_minute, trader};

/// One dollar of 10^-8 as one of 10^-12.
const E8_TO_E12: u64 = 10_000;

pub(super) fn walk(step: &mut Step) {
    let mut world = busy();
    let keys = world.keys;
    let owner = trader(&mut world);
    let opening = Opening::new(PositionSide::Long, BTC, 30_000 * USD);
    let position = world.open(&owner, &opening).expect("open");
    let met = PRICE * 99 / 100 * E8_TO_E12;
    for (waiting, set_up) in [
        (Waiting::limit_increase(BTC / 2, met), "limit, increases"),
        (Waiting::decrease(OrderKind::StopLoss, u64::MAX, met), "stop-loss, closes at a loss"),
    ] {
        let args = waiting.args(&world, &position);
        let place = ix::place_order(&keys, owner.key, owner.key, position, args);
        // For the second no bump is sure to be the first that is tried.
        match args.kind {
            OrderKind::Limit => drop(step(&mut world, set_up, place)),
            _ => drop(world.send(&[place]).expect("place")),
        }
        next_minute(&mut world, PRICE * 98 / 100);
        step(&mut world, set_up, ix::view_order(&keys, position, args.order_id));
        let trigger = ix::trigger_order(&keys, world.keeper.key, position, args.order_id);
        step(&mut world, set_up, trigger);
        world.warp_to(world.now() + 5);
        world.set_price(&PriceUpdate::at(PRICE * 98 / 100, world.now()));
        let execute = world.execution(&keys, position, args.order_id);
        step(&mut world, set_up, execute);
    }
    let position = world.open(&owner, &opening).expect("open");
    let waiting = Waiting::limit_increase(BTC / 2, met / 2);
    let id = world.place_waiting(&owner, position, &waiting).expect("place");
    let cancel = ix::cancel_order(&keys, owner.key, position, id, owner.key);
    step(&mut world, "by the owner, before its trigger", cancel);
}
