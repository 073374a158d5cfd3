//! What a transaction costs in a block, and how many fit: agave's own cost model and cost tracker.

use std::collections::HashSet;

use agave_feature_set::FeatureSet;
use anyhow::{Result, anyhow};
use solana_cost_model::cost_model::CostModel;
use solana_cost_model::cost_tracker::{CostTracker, CostTrackerError, CostTrackerLimits};
use solana_message::SimpleAddressLoader;
use solana_runtime_transaction::runtime_transaction::RuntimeTransaction;
use solana_transaction::sanitized::{MessageHash, SanitizedTransaction};

use super::transactions::Built;

/// Units of a block, of one writable account in it, and bytes that accounts may grow by: mainnet with slots of
/// 200 ms and blocks of 100 million units (SIMD-0525, SIMD-0286; agave's `SLOT_PARAMS_200MS`).
pub const LIMITS: CostTrackerLimits = CostTrackerLimits::new(20_000_000, 50_000_000, 50_000_000);

/// A transaction's cost, and how many such transactions one block takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// All of it.
    pub total: u64,
    /// Signatures, write locks, instruction data, loaded accounts.
    pub signatures: u64,
    /// See `signatures`.
    pub write_locks: u64,
    /// See `signatures`.
    pub data: u64,
    /// See `signatures`.
    pub loaded: u64,
    /// Transactions in a block.
    pub per_block: u64,
    /// Whether it was one account's limit that stopped them, and not the block's.
    pub stopped_by_account: bool,
}

/// Cost by what it asks for (`None`), or by what it used.
pub fn of(built: &Built, used: Option<(u64, u32)>) -> Result<Cost> {
    let transaction = RuntimeTransaction::<SanitizedTransaction>::try_create(
        built.transaction.clone(),
        MessageHash::Compute,
        None,
        SimpleAddressLoader::Enabled(built.loaded.clone()),
        &HashSet::new(),
        true,
    );
    let transaction = transaction.map_err(|error| anyhow!("the runtime refuses it: {error}"))?;
    let features = FeatureSet::all_enabled();
    let cost = match used {
        None => CostModel::calculate_cost(&transaction, &features),
        Some((units, bytes)) => {
            CostModel::calculate_cost_for_executed_transaction(&transaction, units, bytes, &features)
        }
    };
    let mut tracker = CostTracker::default();
    tracker.set_limits(LIMITS);
    let mut per_block = 0;
    let stopped = loop {
        match tracker.try_add(&cost) {
            Ok(_) => per_block += 1,
            Err(stopped) => break stopped,
        }
    };
    Ok(Cost {
        total: cost.sum(),
        signatures: cost.signature_cost(),
        write_locks: cost.write_lock_cost(),
        data: u64::from(cost.data_bytes_cost()),
        loaded: cost.loaded_accounts_data_size_cost(),
        per_block,
        stopped_by_account: matches!(stopped, CostTrackerError::WouldExceedAccountMaxLimit),
    })
}
