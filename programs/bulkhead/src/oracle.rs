//! Reads a price account into a sample. Which samples count is decided in `bulkhead_risk::oracle`.

mod pyth_legacy;
mod pyth_receiver;

pub use pyth_receiver::{PRICE_UPDATE_DISCRIMINATOR, PRICE_UPDATE_LEN};

use anchor_lang::prelude::*;
use bulkhead_risk::Sample;

use crate::error::BulkheadError;
use crate::state::OracleConfig;

/// Pyth's receiver of the first generation: owner of its PriceUpdateV2 accounts.
pub const PYTH_RECEIVER_CORE: Pubkey = pubkey!("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
/// Its push oracle, whose PDAs are the price accounts.
pub const PYTH_PUSH_CORE: Pubkey = pubkey!("pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT");
/// Pyth's receiver of the second generation.
pub const PYTH_RECEIVER_COMPATIBLE: Pubkey = pubkey!("rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp");
/// Its push oracle.
pub const PYTH_PUSH_COMPATIBLE: Pubkey = pubkey!("pyt2F414BA6dPttK6RddPZUdHfapoBN24GL5wbrPCou");
/// The older push oracle on mainnet; read only on clusters that are not mainnet.
pub const PYTH_LEGACY_MAINNET: Pubkey = pubkey!("FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH");
/// The older push oracle on devnet.
pub const PYTH_LEGACY_DEVNET: Pubkey = pubkey!("gSbePebfvPy7tRqimPoVecS2UsBvYv46ynrzWc92s6s");

/// Where a market's prices come from, as `create_market` takes it.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OracleSource {
    /// Push-feed account of this shard and feed under the first receiver generation.
    PythCore {
        /// Shard, ours alone.
        shard: u16,
        /// Feed id.
        feed_id: [u8; 32],
    },
    /// The same under the second generation.
    PythCompatible {
        /// Shard, ours alone.
        shard: u16,
        /// Feed id.
        feed_id: [u8; 32],
    },
    /// A price account of the older push layout. Refused on mainnet.
    PythLegacy {
        /// Program that owns it.
        program: Pubkey,
        /// The account.
        account: Pubkey,
    },
}

const KIND_RECEIVER: u8 = 0;
const KIND_LEGACY: u8 = 1;

impl OracleSource {
    /// The exact account and its owner; nobody supplies either by hand for the receiver generations.
    pub fn resolve(&self, is_mainnet: bool) -> Result<OracleConfig> {
        let pushed = |receiver, push: &Pubkey, shard: u16, feed_id: [u8; 32]| {
            let (account, _) = Pubkey::find_program_address(&[&shard.to_le_bytes(), &feed_id], push);
            OracleConfig { program: receiver, feed_id, account, kind: KIND_RECEIVER, _pad: [0; 7] }
        };
        match *self {
            Self::PythCore { shard, feed_id } => {
                Ok(pushed(PYTH_RECEIVER_CORE, &PYTH_PUSH_CORE, shard, feed_id))
            }
            Self::PythCompatible { shard, feed_id } => {
                Ok(pushed(PYTH_RECEIVER_COMPATIBLE, &PYTH_PUSH_COMPATIBLE, shard, feed_id))
            }
            Self::PythLegacy { program, account } => {
                require!(!is_mainnet, BulkheadError::LegacyOracleOnMainnet);
                let known = program == PYTH_LEGACY_DEVNET || program == PYTH_LEGACY_MAINNET;
                require!(known, BulkheadError::OracleProgramUnknown);
                let feed_id = account.to_bytes();
                Ok(OracleConfig { program, feed_id, account, kind: KIND_LEGACY, _pad: [0; 7] })
            }
        }
    }
}

/// The sample in `account`, if it is the market's price account and its bytes are a whole, fully verified
/// price of the market's feed.
pub fn read(config: &OracleConfig, account: &AccountInfo) -> Result<Sample> {
    parse(config, account.key, account.owner, &account.try_borrow_data()?)
}

/// The same of an account that is not at hand as an [`AccountInfo`]: what any client reads must be what the
/// program would. `data` starts at a multiple of eight bytes, as it does on chain.
pub fn parse(config: &OracleConfig, key: &Pubkey, owner: &Pubkey, data: &[u8]) -> Result<Sample> {
    require!(*key == config.account, BulkheadError::OracleAccountMismatch);
    require!(*owner == config.program, BulkheadError::OracleOwnerMismatch);
    match config.kind {
        KIND_RECEIVER => pyth_receiver::parse(data, &config.feed_id),
        KIND_LEGACY => pyth_legacy::parse(data),
        _ => err!(BulkheadError::CorruptAccount),
    }
}
