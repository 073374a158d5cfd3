//! Every bound of every parameter, from both sides.

use bulkhead::error::BulkheadError;
use bulkhead::instructions::CreateMarketArgs;
use bulkhead::state::Cluster;
use bulkhead::views::MarketParams;
use bulkhead_client::ix;
use bulkhead_lab::world::World;
use bulkhead_tests::*;

use super::{args, create, ready};

type Change = fn(&mut MarketParams);

#[track_caller]
fn refuses(world: &mut World, change: Change, place: u8) {
    let mut args = args();
    change(&mut args.params);
    let instruction = create(world, args);
    let failed = refused(world, &instruction, BulkheadError::ParameterOutOfBounds);
    let line = format!("Program log: parameter {place} is out of bounds");
    assert!(failed.logs.contains(&line), "{place}: {:#?}", failed.logs);
}

#[test]
fn create_market_fails_with_a_parameter_out_of_bounds() {
    let mut world = ready(Cluster::Localnet);
    let cases: &[(u8, Change)] = &[
        (1, |p| p.base_decimals = 13),
        (3, |p| p.stress_variance_e24 = 1_268_391_679_350_582),
        (3, |p| p.stress_variance_e24 = 507_356_671_740_233_385),
        (4, |p| p.margin_min_ppm = 9_999),
        (4, |p| p.margin_min_ppm = 200_001),
        (5, |p| p.margin_max_ppm = 19_999),
        (5, |p| p.margin_max_ppm = 400_001),
        (6, |p| p.initial_margin_min_ppm = 9_999),
        (6, |p| p.initial_margin_min_ppm = 500_001),
        (7, |p| p.liquidation_fee_ppm = 999),
        (7, |p| p.liquidation_fee_ppm = 20_001),
        (8, |p| p.trade_fee_ppm = 5_001),
        (9, |p| p.confidence_max_ppm = 999),
        (9, |p| p.confidence_max_ppm = 20_001),
        (10, |p| p.utilisation_max_ppm = 99_999),
        (10, |p| p.utilisation_max_ppm = 900_001),
        (11, |p| p.pool_share_max_ppm = 999),
        (11, |p| p.pool_share_max_ppm = 500_001),
        (12, |p| p.order_delay_secs = 1),
        (12, |p| p.order_delay_secs = 11),
        (13, |p| p.order_window_secs = 4),
        (13, |p| p.order_window_secs = 61),
        (14, |p| p.borrow_kink_rate_e12 = 317_099),
        (15, |p| p.borrow_full_rate_e12 = 317_099),
        (16, |p| p.funding_rate_max_e12 = 317_099),
        (17, |p| p.funding_velocity_max_e18 = 88_082_779),
    ];
    for (place, change) in cases {
        refuses(&mut world, *change, *place);
    }
}

#[test]
fn create_market_fails_with_parameters_that_do_not_fit_together() {
    let mut world = ready(Cluster::Localnet);
    let cases: &[(u8, Change)] = &[
        (102, |p| (p.margin_min_ppm, p.margin_max_ppm) = (50_001, 50_000)),
        (103, |p| (p.margin_min_ppm, p.liquidation_fee_ppm) = (10_000, 5_001)),
        (104, |p| (p.order_delay_secs, p.order_window_secs) = (10, 10)),
        (105, |p| p.depth_quote_atoms = 0),
        (106, |p| p.notional_min_quote_atoms = 0),
        (107, |p| p.chunk_min_quote_atoms = 0),
        (108, |p| p.chunk_min_quote_atoms = p.notional_min_quote_atoms + 1),
        (109, |p| p.borrow_kink_utilisation_ppm = p.borrow_full_utilisation_ppm),
        (110, |p| p.borrow_full_utilisation_ppm = 1_000_001),
        (111, |p| (p.borrow_kink_rate_e12, p.borrow_full_rate_e12) = (2, 1)),
    ];
    for (place, change) in cases {
        refuses(&mut world, *change, *place);
    }
}

#[test]
fn create_market_ok_at_the_bounds_themselves() {
    let mut world = ready(Cluster::Localnet);
    let least: Change = |p| {
        p.base_decimals = 0;
        p.stress_variance_e24 = 1_268_391_679_350_583;
        (p.margin_min_ppm, p.margin_max_ppm) = (10_000, 20_000);
        p.initial_margin_min_ppm = 10_000;
        (p.liquidation_fee_ppm, p.trade_fee_ppm) = (1_000, 0);
        (p.confidence_max_ppm, p.utilisation_max_ppm, p.pool_share_max_ppm) = (1_000, 100_000, 1_000);
        (p.order_delay_secs, p.order_window_secs) = (2, 5);
        (p.depth_quote_atoms, p.notional_min_quote_atoms, p.chunk_min_quote_atoms) = (1, 1, 1);
        (p.borrow_kink_utilisation_ppm, p.borrow_full_utilisation_ppm) = (0, 1);
    };
    let most: Change = |p| {
        p.base_decimals = 12;
        p.stress_variance_e24 = 507_356_671_740_233_384;
        (p.margin_min_ppm, p.margin_max_ppm) = (200_000, 400_000);
        p.initial_margin_min_ppm = 500_000;
        (p.liquidation_fee_ppm, p.trade_fee_ppm) = (20_000, 5_000);
        (p.confidence_max_ppm, p.utilisation_max_ppm, p.pool_share_max_ppm) = (20_000, 900_000, 500_000);
        (p.order_delay_secs, p.order_window_secs) = (10, 60);
        (p.borrow_kink_utilisation_ppm, p.borrow_full_utilisation_ppm) = (999_999, 1_000_000);
        (p.borrow_kink_rate_e12, p.borrow_full_rate_e12) = (317_098, 317_098);
        (p.funding_rate_max_e12, p.funding_velocity_max_e18) = (317_098, 88_082_778);
    };
    for (index, change) in [(0, least), (1, most)] {
        let mut args = CreateMarketArgs { index, ..args() };
        change(&mut args.params);
        world.send(&[create(&world, args)]).unwrap();
    }
}

#[test]
fn create_market_fails_with_collateral_of_too_few_or_too_many_decimals() {
    let mut world = ready(Cluster::Localnet);
    for (decimals, fits) in [(5, false), (6, true), (9, true), (10, false), (0, false), (255, false)] {
        let mint = world.create_mint(spl_token_interface::ID, decimals);
        let args = CreateMarketArgs { index: world.protocol().unwrap().market_count, ..args() };
        let instruction = ix::create_market(world.admin, mint, spl_token_interface::ID, args);
        match fits {
            true => drop(world.send(&[instruction]).unwrap()),
            false => drop(refused(&mut world, &instruction, BulkheadError::ParameterOutOfBounds)),
        }
    }
}
