//! PriceUpdateV2 of both receiver generations, read at fixed offsets.
//!
//! Borsh puts a partially verified update's signature count before the message, which shifts every offset
//! behind it: only the fully verified layout is read. A test compares this parser with the one of
//! pyth-solana-receiver-sdk on real accounts.

use anchor_lang::prelude::*;
use bulkhead_risk::Sample;

use crate::error::{BulkheadError, IntoProgram};

/// sha256("account:PriceUpdateV2")[..8].
pub const PRICE_UPDATE_DISCRIMINATOR: [u8; 8] = [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd];
/// Bytes of the account.
pub const PRICE_UPDATE_LEN: usize = 134;

const VERIFICATION: usize = 40;
const VERIFIED_FULLY: u8 = 1;
const FEED_ID: usize = 41;
const PRICE: usize = 73;
const CONF: usize = 81;
const EXPONENT: usize = 89;
const PUBLISH_TIME: usize = 93;
const EMA_PRICE: usize = 109;

fn bytes<const N: usize>(data: &[u8], offset: usize) -> Result<[u8; N]> {
    data.get(offset..)
        .and_then(|rest| rest.first_chunk::<N>())
        .copied()
        .ok_or_else(|| BulkheadError::OracleDataInvalid.into())
}

/// The sample in a PriceUpdateV2 account of `feed_id`.
pub(super) fn parse(data: &[u8], feed_id: &[u8; 32]) -> Result<Sample> {
    require!(data.len() == PRICE_UPDATE_LEN, BulkheadError::OracleDataInvalid);
    require!(bytes(data, 0)? == PRICE_UPDATE_DISCRIMINATOR, BulkheadError::OracleDataInvalid);
    require!(data[VERIFICATION] == VERIFIED_FULLY, BulkheadError::OracleNotFullyVerified);
    require!(bytes(data, FEED_ID)? == *feed_id, BulkheadError::OracleFeedMismatch);
    Sample::from_raw(
        i64::from_le_bytes(bytes(data, PRICE)?),
        u64::from_le_bytes(bytes(data, CONF)?),
        i64::from_le_bytes(bytes(data, EMA_PRICE)?),
        i32::from_le_bytes(bytes(data, EXPONENT)?),
        i64::from_le_bytes(bytes(data, PUBLISH_TIME)?),
    )
    .or_refuse()
}
