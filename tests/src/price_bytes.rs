//! Arbitrary bytes where a price account should be: what a fuzzer turns, and what its corpus is replayed with.

use anchor_lang::error::Error;
use anchor_lang::prelude::Pubkey;
use bulkhead::oracle::{
    self, OracleSource, PRICE_UPDATE_DISCRIMINATOR, PRICE_UPDATE_LEN, PYTH_LEGACY_DEVNET,
};
use bulkhead_risk::{Market, Params, Ppm, Purpose, Sample, UnixSeconds};

/// Codes of a refusal of the bytes: 6202 to 6207.
const REFUSALS: std::ops::RangeInclusive<u32> = 6202..=6207;
/// Longest account that is tried.
const LEN_MAX: usize = 4_096;

/// Reads `data`, whose first byte says in which layout, as the program would. It is refused with an error of the
/// oracle's, or it says what the bytes say; and no market is shaken by what it says.
pub fn read_bytes(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    let bytes = &bytes[..bytes.len().min(LEN_MAX)];
    // As on chain, the account starts at a multiple of eight.
    let mut aligned = vec![0_u64; bytes.len().div_ceil(8)];
    let aligned: &mut [u8] = bytemuck::cast_slice_mut(&mut aligned);
    aligned[..bytes.len()].copy_from_slice(bytes);
    let bytes = &aligned[..bytes.len()];
    match kind % 2 {
        0 => read_receiver(bytes),
        _ => read_legacy(bytes),
    }
}

fn read_receiver(bytes: &[u8]) {
    let mut feed_id = [0; 32];
    if let Some(found) = bytes.get(41..73) {
        feed_id.copy_from_slice(found);
    }
    let config = OracleSource::PythCore { shard: 7, feed_id }.resolve(true).expect("it is derived");
    let read = oracle::parse(&config, &config.account, &config.program, bytes);
    let Some(sample) = refused_or(read) else { return };
    assert_eq!(bytes.len(), PRICE_UPDATE_LEN);
    assert_eq!(bytes[..8], PRICE_UPDATE_DISCRIMINATOR);
    assert_eq!(bytes[40], 1, "not fully verified");
    let word = |at: usize| i64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    let exponent = i32::from_le_bytes(bytes[89..93].try_into().expect("four bytes"));
    assert!((-12..=0).contains(&exponent), "{exponent}");
    let scale = 10_i128.pow(12 - exponent.unsigned_abs());
    assert!(word(73) > 0);
    assert_eq!(i128::from(sample.price.0), i128::from(word(73)) * scale);
    assert_eq!(u128::from(sample.conf.0), u128::from(word(81) as u64) * scale as u128);
    assert_eq!(sample.publish_time.0, word(93));
    assert_eq!(i128::from(sample.ema.0), i128::from(word(109).max(0)) * scale);
    // The same bytes under another feed, owner or address are another account.
    let other = Pubkey::new_from_array([9; 32]);
    assert!(oracle::parse(&config, &other, &config.program, bytes).is_err());
    assert!(oracle::parse(&config, &config.account, &other, bytes).is_err());
    let foreign = oracle::parse(
        &bulkhead::state::OracleConfig { feed_id: [feed_id[0] ^ 1; 32], ..config },
        &config.account,
        &config.program,
        bytes,
    );
    assert!(foreign.is_err() || feed_id == [feed_id[0] ^ 1; 32]);
    shake(&sample);
}

fn read_legacy(bytes: &[u8]) {
    let account = Pubkey::new_from_array([3; 32]);
    let source = OracleSource::PythLegacy { program: PYTH_LEGACY_DEVNET, account };
    let config = source.resolve(false).expect("a known program");
    if let Some(sample) = refused_or(oracle::parse(&config, &account, &PYTH_LEGACY_DEVNET, bytes)) {
        shake(&sample);
    }
}

fn refused_or(read: anchor_lang::Result<Sample>) -> Option<Sample> {
    match read {
        Ok(sample) => Some(sample),
        Err(Error::AnchorError(error)) => {
            assert!(REFUSALS.contains(&error.error_code_number), "{error:?}");
            None
        }
        Err(error) => panic!("{error:?} is none of the oracle's errors"),
    }
}

/// Whatever was read, a market takes it or refuses it, and is as before where it refuses.
fn shake(sample: &Sample) {
    let params = Params {
        margin_min_ppm: Ppm(25_000),
        margin_max_ppm: Ppm(200_000),
        confidence_max_ppm: Ppm(20_000),
        stress_variance_e24: 20_294_266_869_609_335,
        ..Params::default()
    };
    for purpose in [Purpose::Risk, Purpose::Decrease, Purpose::Liquidate, Purpose::Update, Purpose::Observe] {
        for age in [-3, 0, 10, 121] {
            let mut market = Market { params, ..Market::default() };
            let now = UnixSeconds(sample.publish_time.0.saturating_add(age));
            if let Ok(observed) = market.observe(sample, purpose, now) {
                assert!((-2..=120).contains(&age), "a sample {age} s old for {purpose:?}");
                assert!(sample.conf.0 <= sample.price.0);
                assert!(!observed.counted || market.oracle.index == sample.price);
            }
        }
    }
}
