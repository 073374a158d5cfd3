//! A take-profit, a stop-loss and a liquidation that may all act in one slot: whichever lands first. The rest
//! finds a smaller position, or a closed one.

use bulkhead::error::BulkheadError;
use bulkhead::state::OrderKind;
use bulkhead_lab::world::Waiting;
use bulkhead_tests::*;

use super::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    TakeProfit,
    StopLoss,
    Liquidate,
}

/// A long that its take-profit, its stop-loss and a liquidation may all act on now; ids of the two orders.
/// The price rose to 61,000 and fell to 57,000 within the window of the first.
fn all_three(profit_atoms: u64, stop_atoms: u64) -> (Scene, u32, u32) {
    // Below maintenance from about 57,740 down.
    let mut scene = Scene::long();
    let profit = Waiting::decrease(OrderKind::TakeProfit, profit_atoms, 61_000 * E12);
    let profit = place(&mut scene, profit);
    let stop = place(&mut scene, Waiting::decrease(OrderKind::StopLoss, stop_atoms, 58_000 * E12));
    trigger_at(&mut scene, profit, 61_000);
    trigger_at(&mut scene, stop, 57_000);
    let flag = scene.flag();
    scene.send(flag);
    scene.price(57_000, 5);
    (scene, profit, stop)
}

/// Sends one of the three; the slot does not move on.
fn act(scene: &mut Scene, act: Act, profit: u32, stop: u32) {
    let is_open = scene.account().status == 1;
    let before = scene.tokens().sum();
    match act {
        Act::Liquidate => {
            // Healthy or closed, it does nothing and fails nobody's batch.
            let liquidation = scene.liquidation();
            scene.send(liquidation);
        }
        Act::TakeProfit | Act::StopLoss => {
            let id = if act == Act::TakeProfit { profit } else { stop };
            let fill = execution(scene, id);
            match is_open {
                true => drop(scene.send(fill)),
                false => drop(refused(&mut scene.world, &fill, BulkheadError::OrderVoid)),
            }
        }
    }
    assert_eq!(scene.tokens().sum(), before, "INV-11");
}

const ORDERS: [[Act; 3]; 6] = {
    use Act::{Liquidate as L, StopLoss as S, TakeProfit as T};
    [[T, S, L], [T, L, S], [S, T, L], [S, L, T], [L, T, S], [L, S, T]]
};

#[test]
fn execute_order_ok_whichever_lands_first() {
    for (profit_atoms, stop_atoms) in [(BTC / 20, BTC / 20), (BTC / 20, u64::MAX), (u64::MAX, u64::MAX)] {
        for acts in ORDERS {
            let (mut scene, profit, stop) = all_three(profit_atoms, stop_atoms);
            let slot = scene.world.slot();
            let mut sizes = vec![scene.account().size_atoms];
            for each in acts {
                act(&mut scene, each, profit, stop);
                sizes.push(scene.account().size_atoms);
            }
            assert_eq!(scene.world.slot(), slot, "all of it in one slot");
            assert!(sizes.is_sorted_by(|earlier, later| later <= earlier), "{acts:?}: {sizes:?}");
            assert!(sizes[1] < sizes[0], "{acts:?}: the first one acts");
            assert_eq!((sizes[3], scene.account().status), (0, 2), "{acts:?}: {sizes:?}");
            sweep(&mut scene, [profit, stop]);
        }
    }
}

/// What is left is void: a stranger takes it away for the cancel tip, in the window or not.
fn sweep(scene: &mut Scene, ids: [u32; 2]) {
    let stranger = scene.world.wallet();
    let had = scene.world.lamports(&stranger);
    let left: Vec<_> =
        ids.into_iter().filter(|id| scene.world.account(&address(scene, *id)).is_some()).collect();
    assert_eq!(usize::from(scene.account().open_orders), left.len());
    for id in &left {
        let cancel = cancelling(scene, stranger, *id);
        scene.send(cancel);
    }
    assert_eq!(scene.account().open_orders, 0);
    assert_eq!(scene.world.lamports(&stranger), had + 10_000 * left.len() as u64);
}

#[test]
fn execute_order_ok_second_fills_what_is_left() {
    let (mut scene, profit, stop) = all_three(BTC / 25, BTC / 12);
    act(&mut scene, Act::TakeProfit, profit, stop);
    assert_eq!(scene.account().size_atoms, BTC / 10 - BTC / 25);
    // It asks for more than there is: all of it, and nothing on the other side.
    act(&mut scene, Act::StopLoss, profit, stop);
    assert_eq!((scene.account().size_atoms, scene.account().status), (0, 2));
    let market = scene.world.market();
    assert_eq!((market.long.open_interest_atoms, market.short.open_interest_atoms), (0, 0));
}

#[test]
fn execute_order_ok_liquidation_in_part_leaves_the_rest_to_the_stop() {
    let (mut scene, profit, stop) = all_three(BTC / 50, u64::MAX);
    act(&mut scene, Act::Liquidate, profit, stop);
    let left = scene.account().size_atoms;
    assert!(left > 0 && left < BTC / 10, "{left}");
    act(&mut scene, Act::StopLoss, profit, stop);
    assert_eq!(scene.account().status, 2);
    act(&mut scene, Act::TakeProfit, profit, stop);
    sweep(&mut scene, [profit, stop]);
}
