//! The older push layout, for clusters that still publish it.
//!
//! `pyth-sdk-solana` is built against an earlier line of the Solana crates, so nothing of it but plain
//! numbers crosses into this program.

use anchor_lang::prelude::*;
use bulkhead_risk::Sample;
use pyth_sdk_solana::state::{PriceStatus, SolanaPriceAccount, load_price_account};

use crate::error::{BulkheadError, IntoProgram};

/// The sample in an older price account, if the oracle is trading.
pub(super) fn parse(data: &[u8]) -> Result<Sample> {
    let account: &SolanaPriceAccount =
        load_price_account(data).map_err(|_| error!(BulkheadError::OracleDataInvalid))?;
    require!(account.agg.status == PriceStatus::Trading, BulkheadError::OracleNotTrading);
    Sample::from_raw(
        account.agg.price,
        account.agg.conf,
        account.ema_price.val,
        account.expo,
        account.timestamp,
    )
    .or_refuse()
}
