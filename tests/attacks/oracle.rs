//! Price accounts: what no market accepts, and that what it reads is what Pyth's own types read.

use anchor_lang::AccountDeserialize;
use bulkhead::error::BulkheadError;
use bulkhead::oracle::{
    OracleSource, PRICE_UPDATE_DISCRIMINATOR, PRICE_UPDATE_LEN, PYTH_LEGACY_DEVNET, PYTH_RECEIVER_COMPATIBLE,
    PYTH_RECEIVER_CORE,
};
use bulkhead::state::Market;
use bulkhead_client::{ix, pda, read_sample};
use bulkhead_lab::world::{MarketSetup, PriceUpdate, World, WorldOptions, defaults};
use bulkhead_risk::{Purpose, Sample, UnixSeconds};
use bulkhead_tests::*;
use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};
use solana_account::Account;
use solana_pubkey::Pubkey;

use super::dumps::{Dump, dumps};

/// A market that has never had a price, at a moment.
fn unsampled(now: i64) -> World {
    let options = WorldOptions { start_secs: now, ..WorldOptions::default() };
    let mut world = World::bare(&options).unwrap();
    world.initialize_protocol(options.cluster).unwrap();
    let setup = MarketSetup::of(&options, &world);
    world.keys = world.create_market(&setup).unwrap();
    world
}

/// Lets market 0 read its prices at `account` and puts these bytes there.
fn read_there(world: &mut World, account: Pubkey, program: Pubkey, feed_id: [u8; 32], kind: u8, data: &[u8]) {
    let market = world.keys.market;
    poke(world, &market, |market: &mut Market| {
        market.oracle.account = account;
        (market.oracle.program, market.oracle.feed_id, market.oracle.kind) = (program, feed_id, kind);
    });
    world.keys.price = account;
    put(world, account, program, data);
}

fn put(world: &mut World, address: Pubkey, owner: Pubkey, data: &[u8]) {
    let lamports = rent(world, data.len());
    let account = Account { lamports, data: data.to_vec(), owner, executable: false, rent_epoch: u64::MAX };
    world.set_account(address, account);
}

/// The market takes the account in and stores, to the bit, what the risk crate makes of `sample`: also what
/// depends on the average and, by a bound set right at it, on the confidence.
#[track_caller]
fn takes_in(world: &mut World, sample: &Sample) {
    let market = world.keys.market;
    let conf_ppm = sample.confidence_ppm_ceil().unwrap().get();
    for (margin_min_ppm, is_wide) in [(conf_ppm * 4, false), ((conf_ppm * 4).saturating_sub(1), conf_ppm > 0)]
    {
        poke(world, &market, |market: &mut Market| {
            market.params.margin_min_ppm = margin_min_ppm;
            // A bucket before it, at another price: then price and average both move the volatility.
            let seen = &mut market.observations;
            seen.published_at = sample.publish_time.get() - 61;
            (seen.sampled_at, seen.first_sampled_at) = (seen.published_at, seen.published_at);
            seen.sampled_price_e12 = sample.price.get() / 100 * 99 + 1;
            (seen.index_price_e12, seen.mark_price_e12) = (seen.sampled_price_e12, seen.sampled_price_e12);
            (seen.conf_wide_since, seen.ramp_ppb) = (0, 42_000_000);
        });
        let mut expected = world.market();
        let mut view = expected.view().unwrap();
        let _ = view.observe(sample, Purpose::Update, UnixSeconds(world.now())).unwrap();
        expected.store_observed(&view);
        world.send(&[ix::update_market(&world.keys)]).unwrap();
        assert_eq!(world.market(), expected);
        let observations = world.market().observations;
        assert_eq!(observations.index_price_e12, sample.price.get());
        assert_eq!(observations.published_at, sample.publish_time.get());
        // An account that was never published in carries the time zero, which stands for "not wide".
        let noted = is_wide && sample.publish_time.get() != 0;
        assert_eq!(observations.conf_wide_since != 0, noted, "confidence to the millionth");
    }
}

/// What the receiver's own type says of the bytes.
fn by_the_sdk(dump: &Dump) -> (PriceUpdateV2, Sample) {
    let update = PriceUpdateV2::try_deserialize(&mut dump.data.as_slice()).unwrap();
    let message = update.price_message;
    let sample = Sample::from_raw(
        message.price,
        message.conf,
        message.ema_price,
        message.exponent,
        message.publish_time,
    );
    (update, sample.unwrap())
}

#[test]
fn oracle_ok_real_updates_are_read_as_the_receivers_own_type_reads_them() {
    let mut read = 0;
    for dump in dumps("v2_") {
        let (update, sample) = by_the_sdk(&dump);
        if update.verification_level != VerificationLevel::Full {
            continue;
        }
        // By whichever generation a market is configured for, and by the other one never.
        for (program, other) in
            [(PYTH_RECEIVER_CORE, PYTH_RECEIVER_COMPATIBLE), (PYTH_RECEIVER_COMPATIBLE, PYTH_RECEIVER_CORE)]
        {
            let mut world = unsampled(update.price_message.publish_time);
            let (account, feed_id) = (world.key(), update.price_message.feed_id);
            read_there(&mut world, account, program, feed_id, 0, &dump.data);
            let config = world.market().oracle;
            assert_eq!(
                read_sample(&config, &account, &program, &dump.data).unwrap(),
                sample,
                "{}",
                dump.name
            );
            takes_in(&mut world, &sample);
            put(&mut world, account, other, &dump.data);
            let instruction = ix::update_market(&world.keys);
            refused(&mut world, &instruction, BulkheadError::OracleOwnerMismatch);
        }
        dump.assert_decoded_price(&sample);
        read += 1;
    }
    println!("{read} real updates read as pyth-solana-receiver-sdk reads them");
}

#[test]
fn oracle_fails_real_partially_verified_updates() {
    let mut refusals = 0;
    for dump in dumps("v2_") {
        let (update, _) = by_the_sdk(&dump);
        if update.verification_level == VerificationLevel::Full {
            continue;
        }
        let mut world = unsampled(update.price_message.publish_time);
        let (account, feed_id) = (world.key(), update.price_message.feed_id);
        read_there(&mut world, account, PYTH_RECEIVER_CORE, feed_id, 0, &dump.data);
        let instruction = ix::update_market(&world.keys);
        refused(&mut world, &instruction, BulkheadError::OracleNotFullyVerified);
        refusals += 1;
    }
    println!("{refusals} real, partially verified updates refused");
}

/// Market 0 with a fresh price in its account, and the bytes of that.
fn fresh() -> (World, Vec<u8>) {
    let mut world = World::new().unwrap();
    world.advance(60);
    let data = world.data(&world.keys.price).unwrap().to_vec();
    (world, data)
}

#[test]
fn oracle_fails_with_bytes_that_are_no_update() {
    let (mut world, data) = fresh();
    let (price, owner) = (world.keys.price, PYTH_RECEIVER_COMPATIBLE);
    let instruction = ix::update_market(&world.keys);
    for len in [0, 1, 8, 40, 41, 73, 101, 133, 135, 1_000] {
        let mut cut = data.clone();
        cut.resize(len, 0);
        put(&mut world, price, owner, &cut);
        refused(&mut world, &instruction, BulkheadError::OracleDataInvalid);
    }
    for byte in 0..PRICE_UPDATE_DISCRIMINATOR.len() {
        let mut other = data.clone();
        other[byte] ^= 1;
        put(&mut world, price, owner, &other);
        refused(&mut world, &instruction, BulkheadError::OracleDataInvalid);
    }
    for tag in (0..=u8::MAX).filter(|tag| *tag != 1) {
        let mut other = data.clone();
        other[40] = tag;
        put(&mut world, price, owner, &other);
        refused(&mut world, &instruction, BulkheadError::OracleNotFullyVerified);
    }
    for bit in 0..256 {
        let mut other = data.clone();
        other[41 + bit / 8] ^= 1 << (bit % 8);
        put(&mut world, price, owner, &other);
        refused(&mut world, &instruction, BulkheadError::OracleFeedMismatch);
    }
    put(&mut world, price, owner, &data);
    world.send(&[instruction]).unwrap();
}

/// A partial update shifted by its signature count, laid out so that a reader of fixed offsets would see
/// another price.
#[test]
fn oracle_fails_with_a_partial_update_of_every_count() {
    let (mut world, _) = fresh();
    let instruction = ix::update_market(&world.keys);
    for num_signatures in 0..=u8::MAX {
        let verification = VerificationLevel::Partial { num_signatures };
        let update = PriceUpdate { verification, ..PriceUpdate::at(60_000 * E8, world.now()) };
        world.set_price(&update);
        refused(&mut world, &instruction, BulkheadError::OracleNotFullyVerified);
    }
}

#[test]
fn oracle_fails_with_another_account_or_owner() {
    let (mut world, data) = fresh();
    let (price, instruction) = (world.keys.price, ix::update_market(&world.keys));
    // The same feed on another shard, and of the other generation: true prices, but not pushed to ours.
    for push in [bulkhead::oracle::PYTH_PUSH_CORE, bulkhead::oracle::PYTH_PUSH_COMPATIBLE] {
        for shard in [0, 1, defaults::ORACLE_SHARD] {
            let elsewhere = pda::push_feed(&push, shard, &defaults::FEED_ID_BTC);
            if elsewhere != price {
                put(&mut world, elsewhere, PYTH_RECEIVER_COMPATIBLE, &data);
                let tampered = swapped(&instruction, price, elsewhere);
                refused(&mut world, &tampered, BulkheadError::OracleAccountMismatch);
            }
        }
    }
    let strangers = [PYTH_RECEIVER_CORE, PYTH_LEGACY_DEVNET, bulkhead::ID, Pubkey::default(), world.key()];
    for owner in strangers {
        put(&mut world, price, owner, &data);
        refused(&mut world, &instruction, BulkheadError::OracleOwnerMismatch);
    }
}

#[test]
fn oracle_fails_with_numbers_out_of_range() {
    let (mut world, _) = fresh();
    let instruction = ix::update_market(&world.keys);
    let good = PriceUpdate::at(60_000 * E8, world.now());
    for price in [0, -1, i64::MIN, -60_000 * E8 as i64] {
        world.set_price(&PriceUpdate { price, ..good.clone() });
        refused(&mut world, &instruction, BulkheadError::PriceNotPositive);
    }
    for exponent in [i32::MIN, -100, -13, 1, 2, 100, i32::MAX] {
        world.set_price(&PriceUpdate { exponent, ..good.clone() });
        refused(&mut world, &instruction, BulkheadError::PriceOutOfRange);
    }
    let too_large = [
        PriceUpdate { price: i64::MAX, ..good.clone() },
        PriceUpdate { ema_price: i64::MAX, ..good.clone() },
        good.clone().with_conf(u64::MAX),
    ];
    for update in too_large {
        world.set_price(&update);
        refused(&mut world, &instruction, BulkheadError::PriceOutOfRange);
    }
    // 18.4 million dollars are the most that fit, ten atoms of 10^-12 dollars are worth a market too.
    for (price, exponent) in [(18_446_744, 0), (10, -12)] {
        let mut world = unsampled(good.publish_time);
        let update = PriceUpdate { price, exponent, conf: 0, ema_price: price, ..good.clone() };
        world.set_price(&update);
        world.send(&[ix::update_market(&world.keys)]).unwrap();
        assert_eq!(
            world.market().observations.index_price_e12,
            price as u64 * 10_u64.pow((12 + exponent) as u32)
        );
    }
}

#[test]
fn oracle_fails_stale_future_older_and_wide_for_everything_that_reads_it() {
    let mut scene = keeping::Scene::long();
    scene.world.advance(10);
    let view = [scene.refresh(), scene.view(), scene.flag(), scene.liquidation()];
    for instruction in view {
        let now = scene.world.now();
        let good = PriceUpdate::at(60_000 * E8, now);
        for (secs, error) in [
            (3, BulkheadError::PriceFromFuture),
            (100_000, BulkheadError::PriceFromFuture),
            (-11, BulkheadError::PriceNotMonotonic),
            (i64::MIN / 2, BulkheadError::PriceNotMonotonic),
        ] {
            scene.world.set_price(&PriceUpdate { publish_time: now + secs, ..good.clone() });
            refused(&mut scene.world, &instruction, error);
        }
        scene.world.set_price(&good.clone().with_conf(good.price as u64 / 50 + 1));
        refused(&mut scene.world, &instruction, BulkheadError::ConfidenceTooWide);
        scene.world.set_price(&good);
        scene.world.warp_to(now + 11);
        refused(&mut scene.world, &instruction, BulkheadError::PriceTooOld);
        scene.world.advance(1);
        scene.send(instruction);
        let update = ix::update_market(&scene.world.keys);
        scene.send(update);
    }
}

/// Both generations' push accounts, as `create_market` derives them.
#[test]
fn oracle_ok_both_receiver_generations() {
    let (shard, feed_id) = (7, [0x33; 32]);
    for source in [OracleSource::PythCore { shard, feed_id }, OracleSource::PythCompatible { shard, feed_id }]
    {
        let options = WorldOptions { oracle: source, ..WorldOptions::default() };
        let world = World::with(options).unwrap();
        let (push, receiver) = match source {
            OracleSource::PythCore { .. } => (bulkhead::oracle::PYTH_PUSH_CORE, PYTH_RECEIVER_CORE),
            _ => (bulkhead::oracle::PYTH_PUSH_COMPATIBLE, PYTH_RECEIVER_COMPATIBLE),
        };
        assert_eq!(world.keys.price, pda::push_feed(&push, shard, &feed_id));
        assert_eq!(world.account(&world.keys.price).unwrap().owner, receiver);
        assert_eq!(world.data(&world.keys.price).unwrap().len(), PRICE_UPDATE_LEN);
        assert_eq!(world.market().observations.index_price_e12, 60_000 * E12);
    }
}

/// For `oracle_legacy`: the same setting.
pub(super) struct Reader;

impl Reader {
    pub(super) fn at(now: i64, account: Pubkey, program: Pubkey, data: &[u8]) -> World {
        let mut world = unsampled(now);
        read_there(&mut world, account, program, account.to_bytes(), 1, data);
        world
    }

    #[track_caller]
    pub(super) fn takes_in(world: &mut World, sample: &Sample) {
        takes_in(world, sample);
    }

    pub(super) fn put(world: &mut World, owner: Pubkey, data: &[u8]) {
        let account = world.keys.price;
        put(world, account, owner, data);
    }
}
