//! `view_pool`: what the chain says of the pool is what the host computes, and nothing changes.

use anchor_lang::AnchorDeserialize;
use bulkhead::error::BulkheadError;
use bulkhead::instructions::PoolView;
use bulkhead::state::PositionSide;
use bulkhead_client::ix;
use bulkhead_lab::world::{Opening, World, defaults};
use bulkhead_risk::{Purpose, pool};
use bulkhead_tests::keeping::{all_accounts, changed};
use bulkhead_tests::*;

use crate::desk::second_market;

/// The answer, which is the host's to the last digit; not a byte has changed for it.
fn views_as_the_host(world: &mut World) -> PoolView {
    let seen = seen(world, Purpose::Observe);
    let host = pool::state::state(&seen.market, seen.market.oracle.index, seen.now).unwrap();
    let before = all_accounts(world);
    let done = world.send(&[ix::view_pool(&world.keys)]).unwrap();
    assert_eq!(changed(&before, &all_accounts(world)), [world.fee_payer], "only the fee was paid");
    assert_events(&done, []);
    let answer = PoolView::try_from_slice(&done.return_data).unwrap();
    let ledger = seen.market.ledger;
    let expected = PoolView {
        price_e12: seen.market.oracle.index.get(),
        pool_atoms: ledger.pool.get(),
        shares: ledger.shares.get(),
        value_for_deposit_atoms: host.value_for_deposit.get(),
        value_for_withdrawal_atoms: host.value_for_withdrawal.get(),
        deposit_price_e9: host.deposit_price_e9,
        withdrawal_price_e9: host.withdrawal_price_e9,
        promised_atoms: host.promised.get(),
        reserved_atoms: host.reserved.get(),
        free_atoms: host.free.get(),
        outflow_left_atoms: host.outflow_left.get(),
        utilisation_ppm: host.utilisation_ppm.get(),
        insurance_atoms: ledger.insurance.get(),
        withdrawals_short: ledger.withdrawals_short,
        withdrawals_short_since: ledger.withdrawals_short_since.get(),
    };
    assert_eq!(answer, expected);
    answer
}

#[test]
fn view_pool_ok_by_hand() {
    let mut world = world_with(|params| params.borrow_full_rate_e12 = 0);
    let trader = world.actor(10_000 * USD);
    world.open(&trader, &Opening::new(PositionSide::Long, BTC / 10, 1_000 * USD)).unwrap();
    // 0.1 BTC bought at 60,024.
    let pool = defaults::POOL_ATOMS;
    world.move_price(63_000 * E8, 10).unwrap();
    let up = views_as_the_host(&mut world);
    assert_eq!(
        (up.value_for_deposit_atoms, up.value_for_withdrawal_atoms),
        (pool - 297_600_000, pool - 297_600_000)
    );
    assert_eq!((up.promised_atoms, up.reserved_atoms), (297_600_000, 6_002_400_000));
    assert_eq!((up.free_atoms, up.outflow_left_atoms), (pool - 6_002_400_000, pool / 5));
    assert_eq!((up.deposit_price_e9, up.withdrawal_price_e9), (999_985_120, 999_985_120));
    world.move_price(57_000 * E8, 10).unwrap();
    let down = views_as_the_host(&mut world);
    assert_eq!((down.value_for_deposit_atoms, down.value_for_withdrawal_atoms), (pool + 302_400_000, pool));
    assert_eq!((down.utilisation_ppm, down.withdrawals_short), (301, 0));
}

#[test]
fn view_pool_fails_with_a_bad_price_or_another_market() {
    let mut world = World::new().unwrap();
    let view = ix::view_pool(&world.keys);
    refuses_bad_prices(&mut world, &view);
    let there = second_market(&mut world);
    let tampered = swapped(&view, world.keys.market, there.market);
    refused(&mut world, &tampered, BulkheadError::OracleAccountMismatch);
    refuses_impostors(&mut world, &view, &[]);
}
