//! `update_market`: a sample taken in, to the bit, and every sample that is not.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::MarketUpdated;
use bulkhead::state::Market;
use bulkhead_client::ix;
use bulkhead_lab::world::{MarketSetup, PriceUpdate, World, WorldOptions, defaults};
use bulkhead_risk::Purpose;
use bulkhead_tests::keeping::publish;
use bulkhead_tests::*;
use solana_instruction::Instruction;

fn update(world: &World) -> Instruction {
    ix::update_market(&world.keys)
}

/// Takes in the price that stands; account and event are what the host makes of it.
#[track_caller]
fn updates_as_the_host(world: &mut World) -> MarketUpdated {
    let mut expected = world.market();
    let before = expected.view().unwrap();
    let seen = seen(world, Purpose::Update);
    let observed = {
        let mut again = before;
        again.observe(&seen.sample, Purpose::Update, seen.now).unwrap()
    };
    expected.store_observed(&seen.market);
    let done = world.send(&[update(world)]).unwrap();
    assert_eq!(world.market(), expected);
    let event = MarketUpdated {
        market: world.keys.market,
        published_at: seen.sample.publish_time.get(),
        index_price_e12: seen.market.oracle.index.get(),
        mark_price_e12: seen.market.oracle.mark.get(),
        opened_bucket: observed.opened_bucket,
        gap_secs: observed.gap_secs,
        target_ppm: seen.market.volatility.target_ppm.get(),
        ramp_ppm: seen.market.volatility.ramp_ppm_ceil().unwrap().get(),
    };
    assert_events(&done, [event.clone().into()]);
    event
}

#[test]
fn update_market_ok_first_sample() {
    let options = WorldOptions::default();
    let mut world = World::bare(&options).unwrap();
    world.initialize_protocol(options.cluster).unwrap();
    let setup = MarketSetup::of(&options, &world);
    world.keys = world.create_market(&setup).unwrap();
    world.set_price(&PriceUpdate::at(60_000 * E8, world.now()));
    let event = updates_as_the_host(&mut world);
    assert_eq!((event.opened_bucket, event.gap_secs), (true, 0));
    assert_eq!((event.index_price_e12, event.mark_price_e12), (60_000 * E12, 60_000 * E12));
    // The stressed variance alone: 7 * sqrt(1800 * 0.8^2 / 31,536,000) = 4.2308 %, by the risk crate's vectors.
    assert_eq!((event.target_ppm, event.ramp_ppm), (42_308, 42_308));
    let market = world.market();
    assert_eq!(market.observations.first_sampled_at, defaults::START_SECS);
    assert_eq!(market.accrued_at, defaults::START_SECS);
}

#[test]
fn update_market_ok_within_a_bucket_moves_index_and_mark_only() {
    let mut world = World::new().unwrap();
    publish(&mut world, 60_600 * E8, 400, 30);
    let before = world.market();
    let event = updates_as_the_host(&mut world);
    assert_eq!((event.opened_bucket, event.gap_secs), (false, 30));
    assert_eq!(event.index_price_e12, 60_600 * E12);
    // Half a half-life: 60,000 + 600 * (1 - 2^-0.5) = 60,175.7.
    assert_eq!(event.mark_price_e12 / E12, 60_175);
    let after = world.market();
    assert_eq!(after.observations.variance_1h_e24, before.observations.variance_1h_e24);
    assert_eq!(after.observations.sampled_at, before.observations.sampled_at);
    assert_eq!(after.observations.target_ppm, before.observations.target_ppm);
}

#[test]
fn update_market_ok_follows_a_random_path_to_the_bit() {
    let mut random = random::Random::of_case(0x0dd, 1);
    let mut world = World::new().unwrap();
    let mut price = 60_000 * E8;
    let (mut opened, mut gaps) = (0, 0);
    for _ in 0..300 {
        // Seconds, minutes, now and then hours and days; up to 3 % either way, now and then a crash.
        let secs = random.pick(&[0, 1, 7, 30, 60, 61, 90, 600, 3_600, 3_601, 14_400, 90_000, 300_000]);
        let most = if random.chance(5) { 300_000 } else { 30_000 };
        let moved = random.range(1_000_000 - most, 1_000_000 + most);
        price = u64::try_from(u128::from(price) * u128::from(moved) / 1_000_000).unwrap();
        price = price.clamp(1_000 * E8, 1_000_000 * E8);
        let conf_ppm = random.pick(&[0, 100, 400, 400, 6_300, 19_000, 20_001, 99_000]);
        publish(&mut world, price, conf_ppm, secs);
        let event = updates_as_the_host(&mut world);
        opened += u32::from(event.opened_bucket);
        gaps += u32::from(event.opened_bucket && event.gap_secs > 3_600);
    }
    assert!(opened > 100 && gaps > 20, "the path meets too little: {opened} buckets, {gaps} gaps");
}

#[test]
fn update_market_ok_same_sample_again_changes_nothing() {
    let mut world = World::new().unwrap();
    publish(&mut world, 60_600 * E8, 400, 60);
    updates_as_the_host(&mut world);
    let once = world.market();
    let event = updates_as_the_host(&mut world);
    assert!(!event.opened_bucket);
    assert_eq!(world.market(), once);
}

#[test]
fn update_market_ok_notes_wide_confidence_without_counting_the_price() {
    let mut world = World::new().unwrap();
    for conf_ppm in [20_001, 50_000, 100_000] {
        publish(&mut world, 61_000 * E8, conf_ppm, 60);
        let before = world.market();
        updates_as_the_host(&mut world);
        let after = world.market();
        assert_eq!(after.observations.index_price_e12, 60_000 * E12);
        assert_eq!(after.observations.published_at, before.observations.published_at);
        assert_eq!(after.observations.conf_wide_since, defaults::START_SECS + 60);
        assert_eq!(after.extremes, before.extremes);
    }
    // Three narrow buckets end it.
    for (bucket, since) in [(1, defaults::START_SECS + 60), (2, defaults::START_SECS + 60), (3, 0)] {
        publish(&mut world, 61_000 * E8, 6_250, 60);
        updates_as_the_host(&mut world);
        let observations = world.market().observations;
        assert_eq!(observations.conf_wide_since, since, "bucket {bucket}");
    }
}

#[test]
fn update_market_ok_at_the_ends_of_age_and_future() {
    for offset in [-10, 0, 2] {
        let mut world = World::new().unwrap();
        world.warp_to(world.now() + 60);
        world.set_price(&PriceUpdate::at(60_000 * E8, world.now() + offset));
        updates_as_the_host(&mut world);
    }
}

#[test]
fn update_market_fails_with_a_bad_price() {
    let mut world = World::new().unwrap();
    publish(&mut world, 60_000 * E8, 400, 5);
    let good = world.price_of(&world.keys.price).unwrap().clone();
    let instruction = update(&world);
    for (what, bad, error) in bad_prices(&good, world.now()) {
        if what == "wide" {
            continue; // An update notes what is up to 10 % wide.
        }
        world.set_price(&bad);
        refused(&mut world, &instruction, error);
    }
    world.set_price(&good.clone().with_conf(good.price as u64 / 10 + 1));
    refused(&mut world, &instruction, BulkheadError::ConfidenceTooWide);
    let too_old = defaults::START_SECS + 5 - 11;
    world.set_price(&PriceUpdate { publish_time: too_old, ..good.clone() });
    refused(&mut world, &instruction, BulkheadError::PriceNotMonotonic);
    world.warp_to(world.now() + 60);
    world.set_price(&PriceUpdate { publish_time: world.now() - 11, ..good });
    refused(&mut world, &instruction, BulkheadError::PriceTooOld);
}

#[test]
fn update_market_fails_with_an_older_sample_than_the_last() {
    let mut world = World::new().unwrap();
    publish(&mut world, 61_000 * E8, 400, 60);
    world.send(&[update(&world)]).unwrap();
    world.set_price(&PriceUpdate::at(60_000 * E8, world.now() - 1));
    let instruction = update(&world);
    refused(&mut world, &instruction, BulkheadError::PriceNotMonotonic);
}

#[test]
fn update_market_fails_with_another_account() {
    let mut world = World::new().unwrap();
    publish(&mut world, 61_000 * E8, 400, 60);
    let there = keeping::Neighbour::beside(&mut world);
    world.advance(1);
    let instruction = update(&world);
    refuses_impostors(&mut world, &instruction, &[]);
    refuses_readonly(&mut world, &instruction, &[]);
    let (market, price) = (world.keys.market, world.keys.price);
    let swap = |from, to| swapped(&instruction, from, to);
    refused(&mut world, &swap(market, there.keys.market), BulkheadError::OracleAccountMismatch);
    refused(&mut world, &swap(price, there.keys.price), BulkheadError::OracleAccountMismatch);
    let same_twice = solana_transaction::InstructionError::AccountBorrowFailed;
    refused_by_chain(&mut world, &swap(price, market), same_twice);
    refused(&mut world, &swap(market, there.position), ErrorCode::AccountDiscriminatorMismatch);
    refused(&mut world, &swap(market, price), ErrorCode::AccountOwnedByWrongProgram);
}

#[test]
fn update_market_fails_of_a_market_that_is_not_as_written() {
    let mut world = World::new().unwrap();
    publish(&mut world, 61_000 * E8, 400, 60);
    let (market, instruction) = (world.keys.market, update(&world));
    poke(&mut world, &market, |market: &mut Market| market.version = 1);
    refused(&mut world, &instruction, BulkheadError::AccountVersionMismatch);
    poke(&mut world, &market, |market: &mut Market| (market.version, market.status) = (2, 3));
    refused(&mut world, &instruction, BulkheadError::CorruptAccount);
    poke(&mut world, &market, |market: &mut Market| (market.status, market.oracle.kind) = (0, 2));
    refused(&mut world, &instruction, BulkheadError::CorruptAccount);
}
