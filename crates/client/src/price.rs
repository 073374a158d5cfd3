//! The price account's bytes as a sample, read by the program's own code.

use anchor_lang::prelude::Pubkey;
use bulkhead::oracle;
use bulkhead::state::OracleConfig;
use bulkhead_risk::Sample;

use crate::refusal::Result;

/// The sample in the account `key`, owned by `owner`, for a market whose oracle is `config`. Wrong account,
/// owner, feed or verification are refused exactly as on chain; age and confidence are the quote's matter.
pub fn read_sample(config: &OracleConfig, key: &Pubkey, owner: &Pubkey, data: &[u8]) -> Result<Sample> {
    // On chain account data is aligned, bytes off the network may not be.
    let mut words = vec![0_u64; data.len().div_ceil(size_of::<u64>())];
    let aligned = &mut bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..data.len()];
    aligned.copy_from_slice(data);
    Ok(oracle::parse(config, key, owner, aligned)?)
}
