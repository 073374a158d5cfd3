//! Fills of positions that owe borrow fees and funding, or are due some.

use bulkhead::state::{OrderAction, PositionSide};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, World, any_price};
use bulkhead_risk::transition::{self, DecreaseArgs, IncreaseArgs};
use bulkhead_risk::{BaseAtoms, Ppm, PriceE12, Purpose};
use bulkhead_tests::*;
use solana_pubkey::Pubkey;

use crate::desk::{Desk, FEE_PPM};

/// Borrowing costs 100 % a year at any utilisation, and funding moves as fast as it may.
fn costly() -> World {
    world_with(|params| {
        params.trade_fee_ppm = FEE_PPM;
        params.borrow_kink_utilisation_ppm = 0;
        params.borrow_kink_rate_e12 = 31_709;
        params.borrow_full_rate_e12 = 31_709;
        params.funding_skew_scale_quote_atoms = 10_000 * USD;
        params.funding_velocity_max_e18 = 10_000_000;
        params.funding_rate_max_e12 = 30_000;
    })
}

/// A short of 0.1 BTC against a long of 0.2, half a day old: the short is due what the long pays.
fn halfday_old() -> (Desk, Pubkey) {
    let mut desk = Desk::open_in(costly(), PositionSide::Short);
    let other = desk.world.actor(10_000 * USD);
    let long = desk.world.open(&other, &Opening::new(PositionSide::Long, BTC / 5, 2_000 * USD));
    desk.world.advance(43_200);
    desk.world.send(&[ix::update_market(&desk.world.keys)]).unwrap();
    (desk, long.unwrap())
}

/// Tokens in all vaults of the market.
fn all_tokens(desk: &Desk, long: &Pubkey) -> u64 {
    let vaults = [pda::vault(&desk.position), pda::vault(long), pda::pool_vault(&desk.keys().market)];
    vaults.iter().map(|vault| desk.world.token_balance(vault)).sum()
}

#[test]
fn execute_order_ok_a_decrease_pays_what_is_owed_and_gets_what_is_due() {
    let (mut desk, long) = halfday_old();
    let total = all_tokens(&desk, &long);
    for size in [BTC / 20, u64::MAX] {
        let id = desk.order(OrderAction::Decrease, size);
        desk.world.advance(5);
        let seen = seen(&desk.world, Purpose::Decrease);
        let position = desk.world.position(&desk.position).view().unwrap();
        let acceptable = PriceE12(any_price(PositionSide::Short, OrderAction::Decrease));
        let args = DecreaseArgs { size: BaseAtoms(size), acceptable };
        let expected = transition::decrease(&seen.market, &position, &seen.sample, &args, seen.now).unwrap();
        // What is owed goes with the first part, what is due in proportion to the size closed.
        assert!(!expected.closed.due.is_zero() && !expected.closed.owed_paid.is_zero());
        if size == BTC / 20 {
            // 100 % a year on the 5,997.6 set aside, for half a day: 8.2 USD.
            assert!(expected.closed.owed_paid.get().abs_diff(8_217_000) < 5_000, "{expected:?}");
        }
        let pool = desk.world.token_balance(&pda::pool_vault(&desk.keys().market));
        let vault = desk.world.vault_balance(&desk.position);
        desk.world.execute(desk.position, id).unwrap();
        assert_eq!(desk.world.position(&desk.position).view().unwrap(), expected.position);
        assert_eq!(desk.world.market().ledger(), expected.ledger);
        let (to_pool, to_vault) = (expected.flow.to_pool.get(), expected.flow.to_vault.get());
        assert_eq!(desk.world.vault_balance(&desk.position), vault + to_vault - to_pool);
        let pool_after = desk.world.token_balance(&pda::pool_vault(&desk.keys().market));
        assert_eq!(pool_after, pool + to_pool - to_vault);
    }
    assert_eq!(desk.world.position(&desk.position).status, 2);
    assert_eq!(all_tokens(&desk, &long), total);
}

#[test]
fn execute_order_ok_an_increase_pays_what_is_owed_and_keeps_what_is_due() {
    let (mut desk, long) = halfday_old();
    let total = all_tokens(&desk, &long);
    let id = desk.order(OrderAction::Increase, BTC / 50);
    desk.world.advance(5);
    let seen = seen(&desk.world, Purpose::Risk);
    let position = desk.world.position(&desk.position).view().unwrap();
    let args =
        IncreaseArgs { size: BaseAtoms(BTC / 50), payout_cap_ppm: Ppm(1_000_000), acceptable: PriceE12(0) };
    let expected = transition::increase(&seen.market, &position, &seen.sample, &args, seen.now).unwrap();
    assert!(!expected.owed_paid.is_zero() && !expected.position.due.is_zero());
    let vault = desk.world.vault_balance(&desk.position);
    desk.world.execute(desk.position, id).unwrap();
    let after = desk.world.position(&desk.position);
    assert_eq!(after.view().unwrap(), expected.position);
    assert_eq!((after.owed_borrow_atoms, after.owed_funding_atoms), (0, 0));
    assert_eq!(desk.world.market().ledger(), expected.ledger);
    let paid = expected.trade_fee.get() + expected.owed_paid.get();
    assert_eq!(desk.world.vault_balance(&desk.position), vault - paid);
    assert_eq!(all_tokens(&desk, &long), total);
}

#[test]
fn execute_order_ok_what_is_owed_never_holds_up_a_close() {
    let mut desk = Desk::open_in(costly(), PositionSide::Long);
    // Two years of it are more than the vault holds.
    desk.world.warp_to(desk.world.now() + 2 * 31_536_000);
    let id = desk.order(OrderAction::Decrease, u64::MAX);
    desk.world.advance(5);
    desk.world.execute(desk.position, id).unwrap();
    assert_eq!(desk.world.position(&desk.position).status, 2);
    assert_eq!(desk.world.vault_balance(&desk.position), 0);
    assert!(desk.world.market().shortfall_total_atoms > 10_000 * USD);
}
