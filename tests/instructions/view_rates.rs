//! `view_rates`: what the chain says of a market's rates is what the host computes, and nothing changes.

use anchor_lang::AnchorDeserialize;
use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::instructions::MarketRates;
use bulkhead::state::{Market, PositionSide};
use bulkhead_client::ix;
use bulkhead_lab::world::{Opening, World};
use bulkhead_risk::UnixSeconds;
use bulkhead_risk::rates::rates;
use bulkhead_tests::keeping::{all_accounts, changed};
use bulkhead_tests::*;

use crate::settle_market::world;

fn answer(world: &mut World) -> MarketRates {
    let before = all_accounts(world);
    let done = world.send(&[ix::view_rates(world.keys.market)]).unwrap();
    let payer = world.fee_payer;
    assert_eq!(changed(&before, &all_accounts(world)), [payer], "only the fee was paid");
    assert_events(&done, []);
    MarketRates::try_from_slice(&done.return_data).unwrap()
}

#[test]
fn view_rates_ok_now_and_without_a_price() {
    let mut world = world();
    let owner = world.actor(10_000 * USD);
    world.open(&owner, &Opening::new(PositionSide::Short, BTC / 25, 1_000 * USD)).unwrap();
    world.warp_to(world.now() + 7_200);
    let price = world.keys.price;
    world.set_account(price, Default::default());
    let shown = answer(&mut world);
    let market = world.market();
    let host = rates(&market.view().unwrap(), UnixSeconds(world.now())).unwrap();
    // 0.1 BTC long against 0.04 short at 60,000.
    assert_eq!((shown.long_notional_atoms, shown.short_notional_atoms), (6_000 * USD, 2_400 * USD));
    assert_eq!((shown.skew_atoms, shown.funding_payer), (3_600 * USD as i64, Some(PositionSide::Long)));
    assert_eq!((shown.long_size_atoms, shown.short_size_atoms), (BTC / 10, BTC / 25));
    assert_eq!(shown.index_price_e12, 60_000 * E12);
    assert_eq!(shown.funding_rate_e18, host.funding_rate_e18);
    assert_eq!(shown.borrow_rate_e12, host.borrow_rate_e12);
    assert_eq!(shown.borrow_index_e12, host.ledger.borrow_index_e12);
    assert_eq!(shown.long_funding_paid_e24, host.ledger.long.funding_paid_e24);
    assert_eq!(shown.short_funding_received_e24, host.ledger.short.funding_received_e24);
    assert_eq!((shown.long_funding_received_e24, shown.short_funding_paid_e24), (0, 0));
    assert!(shown.funding_rate_e18 > market.funding_rate_e18 && shown.borrow_index_e12 > 0, "as of now");
    assert_eq!((shown.accrued_at, shown.utilisation_ppm), (world.now(), host.utilisation.get()));
    assert_eq!((shown.target_ppm, shown.ramp_ppm), (host.target.get(), host.ramp.get()));
    // 80 % a year over one hour.
    assert_eq!((shown.sigma_30d_ppm, shown.sigma_1h_ppm), (host.sigmas.month_ppm, host.sigmas.hour_ppm));
    assert_eq!((shown.sigma_1d_ppm, shown.sigma_ema_ppm), (host.sigmas.day_ppm, host.sigmas.ema_ppm));
    assert!((8_000..=8_547).contains(&shown.sigma_30d_ppm), "{}", shown.sigma_30d_ppm);
}

#[test]
fn view_rates_ok_of_a_settled_market_nothing_runs() {
    let mut world = world();
    world.move_price(50_000 * E8, 60).unwrap();
    world.warp_to(world.now() + 604_800);
    world.settle_market().unwrap();
    let first = answer(&mut world);
    assert_eq!((first.funding_rate_e18, first.borrow_rate_e12, first.funding_payer), (0, 0, None));
    assert_eq!((first.index_price_e12, first.long_notional_atoms), (50_000 * E12, 5_000 * USD));
    world.warp_to(world.now() + 86_400);
    assert_eq!(answer(&mut world), first);
}

#[test]
fn view_rates_fails_of_anything_but_a_market() {
    let mut world = world();
    let market = world.keys.market;
    let view = ix::view_rates(market);
    refuses_impostors(&mut world, &view, &[]);
    let kind = ErrorCode::AccountDiscriminatorMismatch;
    refused(&mut world, &ix::view_rates(bulkhead_client::pda::protocol()), kind);
    poke::<Market>(&mut world, &market, |market| market.version = 1);
    refused(&mut world, &view, BulkheadError::AccountVersionMismatch);
}
