//! Entering and leaving around what is known to come never takes from those who stay.

use bulkhead::state::PositionSide;
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, Provider, World};
use bulkhead_tests::*;

use crate::exits::{DEPOSIT, HOUR};

fn town() -> World {
    world_with(|params| params.borrow_full_rate_e12 = 0)
}

/// Leaves with everything: requests, waits out the hour at the price that stands, is paid.
fn leave(world: &mut World, provider: &Provider) -> u64 {
    let shares = world.token_balance(&provider.shares);
    let withdrawal = world.request_withdrawal(provider, shares).unwrap();
    world.advance(HOUR);
    world.execute_withdrawal(withdrawal).unwrap();
    assert!(world.withdrawal_at(&withdrawal).is_none(), "paid in full");
    world.token_balance(&provider.who.tokens)
}

#[test]
fn execute_withdrawal_ok_entering_before_a_liquidation_earns_nothing() {
    // A long is about to be liquidated: its loss is the pool's at that moment, and was counted before.
    let mut world = town();
    let trader = world.actor(1_000 * USD);
    let position = world.open(&trader, &Opening::new(PositionSide::Long, BTC / 10, 500 * USD)).unwrap();
    world.move_price(55_100 * E8, 10).unwrap();
    world.send(&[ix::flag(&world.keys, &[position])]).unwrap();
    let sandwich = world.provider(DEPOSIT, DEPOSIT).unwrap();
    world.advance(3);
    let (keys, keeper) = (world.keys, world.keeper);
    world.send(&[ix::liquidate(&keys, keeper.key, keeper.tokens, position)]).unwrap();
    assert_eq!(world.position(&position).size_atoms, 0);
    let got = leave(&mut world, &sandwich);
    assert!(got <= DEPOSIT, "{got}");
    assert!(got + USD > DEPOSIT, "nor is anything taken: {got}");
}

#[test]
fn execute_withdrawal_ok_leaving_before_a_known_loss_is_too_late() {
    // A trader's gain stands: who leaves has paid their part of it, whether it is taken before or after.
    let gains = [false, true].map(|closed_first| {
        let mut world = town();
        let lp = world.provider(DEPOSIT, DEPOSIT).unwrap();
        let trader = world.actor(10_000 * USD);
        let position = world.open(&trader, &Opening::new(PositionSide::Long, BTC / 10, 1_000 * USD)).unwrap();
        world.move_price(66_000 * E8, 10).unwrap();
        if closed_first {
            let order = world
                .place_order(&trader, position, bulkhead::state::OrderAction::Decrease, u64::MAX)
                .unwrap();
            world.advance(5);
            world.execute(position, order).unwrap();
        }
        leave(&mut world, &lp)
    });
    assert!(gains[0] < DEPOSIT && gains[0] <= gains[1], "{gains:?}");
    // The difference is the edge at which the close filled.
    assert!(gains[1] - gains[0] < 2 * USD, "{gains:?}");
}

#[test]
fn execute_withdrawal_ok_cycles_at_one_price_never_gain() {
    let mut world = town();
    let trader = world.actor(10_000 * USD);
    world.open(&trader, &Opening::new(PositionSide::Short, BTC / 10, 1_000 * USD)).unwrap();
    world.move_price(61_234 * E8, 10).unwrap();
    let others = world.market().pool_atoms;
    let cycler = world.provider(DEPOSIT + 12_345, DEPOSIT - 6_789).unwrap();
    let mut wealth = DEPOSIT + 12_345;
    for _ in 0..4 {
        let now = leave(&mut world, &cycler);
        assert!(now <= wealth, "{now} of {wealth}");
        wealth = now;
        let args = bulkhead::instructions::DepositArgs { amount_atoms: wealth / 2, shares_min: 0 };
        let keys = world.keys;
        let deposit = ix::deposit(&keys, cycler.who.key, cycler.who.tokens, cycler.shares, args);
        world.send(&[ix::update_market(&keys), deposit]).unwrap();
    }
    leave(&mut world, &cycler);
    assert!(world.market().pool_atoms >= others);
}

#[test]
fn execute_withdrawal_ok_first_depositor_cannot_inflate_a_share() {
    // The first owns all but the locked shares, leaves with nearly everything, and sends a fortune after it.
    let options = bulkhead_lab::world::WorldOptions { pool_atoms: 0, ..Default::default() };
    let mut world = World::with(options).unwrap();
    let first = world.provider(100 * USD, 100 * USD).unwrap();
    for _ in 0..40 {
        let shares = world.token_balance(&first.shares);
        let Ok(withdrawal) = world.request_withdrawal(&first, shares) else { break };
        world.advance(HOUR);
        world.execute_withdrawal(withdrawal).unwrap();
        while world.withdrawal_at(&withdrawal).is_some() {
            world.advance(HOUR - 1);
            world.execute_withdrawal(withdrawal).unwrap();
        }
    }
    let market = world.market();
    assert_eq!(market.shares, 1_000_000 + world.token_balance(&first.shares), "the locked ones stay");
    world.mint_to(pda::pool_vault(&world.keys.market), 1_000_000 * USD);
    let second = world.provider(1_000 * USD, 1_000 * USD).unwrap();
    let after = world.market();
    assert!(after.pool_atoms - market.pool_atoms == 1_000 * USD);
    let worth = u128::from(world.token_balance(&second.shares)) * u128::from(after.pool_atoms)
        / u128::from(after.shares);
    assert!(worth + 10 >= u128::from(1_000 * USD), "{worth}");
}
