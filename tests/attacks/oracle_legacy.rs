//! The older push layout: real accounts as `pyth-sdk-solana` reads them, and bytes that are not one.

use bulkhead::error::BulkheadError;
use bulkhead::oracle::{PYTH_LEGACY_DEVNET, PYTH_LEGACY_MAINNET, PYTH_RECEIVER_CORE};
use bulkhead_client::ix;
use bulkhead_risk::Sample;
use bulkhead_tests::*;
use pyth_sdk_solana::state::{PriceStatus, SolanaPriceAccount, load_price_account};
use solana_pubkey::Pubkey;

use super::dumps::dumps;
use super::oracle::Reader;

const LEN: usize = 3_312;
const STATUS: usize = 224;
const TRADING: u32 = 1;

/// An account as the older oracle writes it: 60,000 USD and a confidence of 12, now.
fn account(now: i64) -> Vec<u8> {
    let mut data = vec![0; LEN];
    let mut write = |offset: usize, bytes: &[u8]| data[offset..offset + bytes.len()].copy_from_slice(bytes);
    write(0, &0xa1b2_c3d4_u32.to_le_bytes());
    write(4, &2_u32.to_le_bytes()); // version
    write(8, &3_u32.to_le_bytes()); // a price
    write(12, &(LEN as u32).to_le_bytes());
    write(16, &1_u32.to_le_bytes());
    write(20, &(-8_i32).to_le_bytes());
    write(48, &(59_900 * E8 as i64).to_le_bytes()); // its average
    write(96, &now.to_le_bytes());
    write(208, &(60_000 * E8 as i64).to_le_bytes());
    write(216, &(12 * E8).to_le_bytes());
    write(STATUS, &TRADING.to_le_bytes());
    data
}

const NOW: i64 = 1_767_571_200;
const KEY: Pubkey = Pubkey::new_from_array([0x77; 32]);

fn sample(price: i64, conf: u64, ema: i64, exponent: i32, at: i64) -> Sample {
    Sample::from_raw(price, conf, ema, exponent, at).unwrap()
}

/// Words, so that the bytes lie where the SDK can read them.
fn aligned(data: &[u8]) -> Vec<u64> {
    let mut words = vec![0_u64; data.len().div_ceil(8)];
    bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..data.len()].copy_from_slice(data);
    words
}

#[test]
fn oracle_ok_real_older_accounts_are_read_as_their_sdk_reads_them() {
    let (mut read, mut refusals) = (0, 0);
    for dump in dumps("legacy_") {
        let words = aligned(&dump.data);
        let by_sdk: Result<&SolanaPriceAccount, _> =
            load_price_account(&bytemuck::cast_slice(&words)[..dump.data.len()]);
        let Ok(price) = by_sdk else {
            let mut world = Reader::at(NOW, KEY, PYTH_LEGACY_MAINNET, &dump.data);
            let instruction = ix::update_market(&world.keys);
            refused(&mut world, &instruction, BulkheadError::OracleDataInvalid);
            refusals += 1;
            continue;
        };
        let mut world = Reader::at(price.timestamp, KEY, PYTH_LEGACY_MAINNET, &dump.data);
        if price.agg.status != PriceStatus::Trading {
            let instruction = ix::update_market(&world.keys);
            refused(&mut world, &instruction, BulkheadError::OracleNotTrading);
            refusals += 1;
            continue;
        }
        let (agg, ema) = (price.agg, price.ema_price.val);
        Reader::takes_in(&mut world, &sample(agg.price, agg.conf, ema, price.expo, price.timestamp));
        read += 1;
    }
    println!("{read} real older accounts read as pyth-sdk-solana reads them, {refusals} refused");
}

#[test]
fn oracle_ok_older_layout_by_hand() {
    for program in [PYTH_LEGACY_DEVNET, PYTH_LEGACY_MAINNET] {
        let mut world = Reader::at(NOW, KEY, program, &account(NOW));
        let (price, conf) = (60_000 * E8 as i64, 12 * E8);
        Reader::takes_in(&mut world, &sample(price, conf, 59_900 * E8 as i64, -8, NOW));
    }
}

#[test]
fn oracle_fails_with_a_malformed_older_account() {
    let good = account(NOW);
    let mut world = Reader::at(NOW, KEY, PYTH_LEGACY_DEVNET, &good);
    let instruction = ix::update_market(&world.keys);
    for len in [0, 3, 240, LEN - 1] {
        Reader::put(&mut world, PYTH_LEGACY_DEVNET, &good[..len]);
        refused(&mut world, &instruction, BulkheadError::OracleDataInvalid);
    }
    // Magic, version, and kind of account: a mapping, a product.
    for (offset, value) in [(0, 0_u32), (0, 0xa1b2_c3d5), (4, 1), (4, 3), (8, 0), (8, 1), (8, 2), (8, 4)] {
        let mut other = good.clone();
        other[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
        Reader::put(&mut world, PYTH_LEGACY_DEVNET, &other);
        refused(&mut world, &instruction, BulkheadError::OracleDataInvalid);
    }
    // Bytes of the newer layout under the older oracle's name.
    let mut newer = vec![0; LEN];
    newer[..8].copy_from_slice(&bulkhead::oracle::PRICE_UPDATE_DISCRIMINATOR);
    Reader::put(&mut world, PYTH_LEGACY_DEVNET, &newer);
    refused(&mut world, &instruction, BulkheadError::OracleDataInvalid);
    for owner in [PYTH_RECEIVER_CORE, PYTH_LEGACY_MAINNET, bulkhead::ID] {
        Reader::put(&mut world, owner, &good);
        refused(&mut world, &instruction, BulkheadError::OracleOwnerMismatch);
    }
}

#[test]
fn oracle_fails_with_an_older_account_that_is_not_trading() {
    let mut world = Reader::at(NOW, KEY, PYTH_LEGACY_DEVNET, &account(NOW));
    let instruction = ix::update_market(&world.keys);
    // Unknown, halted, in auction, ignored.
    for status in [0_u32, 2, 3, 4] {
        let mut other = account(NOW);
        other[STATUS..STATUS + 4].copy_from_slice(&status.to_le_bytes());
        Reader::put(&mut world, PYTH_LEGACY_DEVNET, &other);
        refused(&mut world, &instruction, BulkheadError::OracleNotTrading);
    }
}

#[test]
fn oracle_fails_with_older_numbers_out_of_range() {
    let mut world = Reader::at(NOW, KEY, PYTH_LEGACY_DEVNET, &account(NOW));
    let instruction = ix::update_market(&world.keys);
    let cases: [(usize, Vec<u8>, BulkheadError); 7] = [
        (208, 0_i64.to_le_bytes().into(), BulkheadError::PriceNotPositive),
        (208, (-1_i64).to_le_bytes().into(), BulkheadError::PriceNotPositive),
        (208, i64::MAX.to_le_bytes().into(), BulkheadError::PriceOutOfRange),
        (20, (-13_i32).to_le_bytes().into(), BulkheadError::PriceOutOfRange),
        (20, 1_i32.to_le_bytes().into(), BulkheadError::PriceOutOfRange),
        (216, (6_001 * E8).to_le_bytes().into(), BulkheadError::ConfidenceTooWide),
        (96, (NOW + 3).to_le_bytes().into(), BulkheadError::PriceFromFuture),
    ];
    for (offset, bytes, error) in cases {
        let mut other = account(NOW);
        other[offset..offset + bytes.len()].copy_from_slice(&bytes);
        Reader::put(&mut world, PYTH_LEGACY_DEVNET, &other);
        refused(&mut world, &instruction, error);
    }
    Reader::put(&mut world, PYTH_LEGACY_DEVNET, &account(NOW - 11));
    refused(&mut world, &instruction, BulkheadError::PriceTooOld);
}
