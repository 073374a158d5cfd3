//! INV-10: what is done to one position changes no byte of another, its vault or its orders.

use bulkhead::state::{OrderAction, PositionSide};
use bulkhead_client::{ix, pda};
use bulkhead_tests::*;

use crate::desk::{Desk, opening};

#[test]
fn isolation_ok_through_the_whole_life_of_a_neighbour() {
    let mut desk = Desk::open(PositionSide::Long);
    let keys = desk.keys();
    let mut sealed = Vec::new();
    for side in [PositionSide::Long, PositionSide::Short] {
        let (owner, position) = desk.neighbour(side);
        desk.world.place_order(&owner, position, OrderAction::Decrease, BTC / 50).unwrap();
        sealed.extend([position, pda::vault(&position), pda::order(&position, 1), owner.key, owner.tokens]);
    }
    // The same owner's next position is another one too.
    let second = desk.world.place(&desk.owner, &opening(PositionSide::Long)).unwrap();
    sealed.extend([second, pda::vault(&second), pda::order(&second, 0)]);
    let before = Snapshot::of(&desk.world, sealed);

    let (owner, position, keeper) = (desk.owner, desk.position, desk.world.keeper);
    let unfilled = desk.order(OrderAction::Increase, BTC / 50);
    desk.world.advance(30);
    let delegate = desk.world.wallet();
    let acts = [
        ix::cancel_order(&keys, keeper.key, position, unfilled, owner.key),
        ix::update_market(&keys),
        ix::add_collateral(&keys, owner.key, owner.tokens, position, 50 * USD),
        ix::remove_collateral(&keys, owner.key, position, owner.tokens, 20 * USD),
        ix::set_delegate(owner.key, position, delegate),
        ix::refresh_position(&keys, position),
        ix::flag(&keys, &[position]),
        ix::liquidate(&keys, keeper.key, keeper.tokens, position),
        ix::view_position(&keys, position),
    ];
    for act in acts {
        desk.world.send(&[act]).unwrap();
        before.assert_unchanged(&desk.world);
    }
    for (action, size) in [
        (OrderAction::Increase, BTC / 50),
        (OrderAction::Decrease, BTC / 50),
        (OrderAction::Decrease, u64::MAX),
    ] {
        let id = desk.order(action, size);
        desk.world.advance(5);
        desk.world.execute(position, id).unwrap();
        before.assert_unchanged(&desk.world);
    }
    desk.world.send(&[ix::close_position(&keys, owner.key, position, owner.tokens)]).unwrap();
    before.assert_unchanged(&desk.world);
}
