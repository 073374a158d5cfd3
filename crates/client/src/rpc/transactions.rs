//! Transactions of the past.

use anchor_lang::prelude::Pubkey;
use solana_commitment_config::CommitmentConfig;
use solana_message::VersionedMessage;
use solana_rpc_client_api::config::{RpcTransactionConfig, UiTransactionEncoding};
use solana_signature::Signature;
use solana_transaction_status_client_types::option_serializer::OptionSerializer;
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, UiTransactionStatusMeta,
};

use super::failure::TxFailure;
use super::node::Node;
use super::node_error::NodeError;
use crate::events::{self, LoggedEvents};

/// A transaction that has landed, well or not.
#[derive(Debug)]
pub struct PastTransaction {
    /// Its signature.
    pub signature: Signature,
    /// Slot.
    pub slot: u64,
    /// Time of its block, where known.
    pub block_time: Option<i64>,
    /// Why it failed, if it did.
    pub failure: Option<TxFailure>,
    /// Log entries.
    pub logs: Vec<String>,
    /// Fee, priority fee included.
    pub fee_lamports: u64,
    /// Compute units used, where known.
    pub units: Option<u64>,
    /// Its accounts with their lamports before and after; those of lookup tables stand behind the others.
    pub lamports: Vec<(Pubkey, u64, u64)>,
}

impl PastTransaction {
    /// Events of the program. If it failed, none of them happened.
    pub fn events(&self) -> LoggedEvents {
        events::from_logs(self.logs.iter().map(String::as_str))
    }
}

impl Node {
    /// The transaction with this signature.
    pub async fn transaction(&self, signature: &Signature) -> Result<PastTransaction, NodeError> {
        let config = self.transaction_config();
        let ask = || self.client().get_transaction_with_config(signature, config);
        read(signature, self.ask(ask).await?)
    }

    /// The same, asked once.
    pub(super) async fn transaction_once(&self, signature: &Signature) -> Result<PastTransaction, NodeError> {
        let answer = self.client().get_transaction_with_config(signature, self.transaction_config()).await;
        read(signature, answer?)
    }

    fn transaction_config(&self) -> RpcTransactionConfig {
        // Transactions are not to be had before they are confirmed.
        let commitment = match self.commitment() {
            finalized if finalized.is_finalized() => finalized,
            _ => CommitmentConfig::confirmed(),
        };
        RpcTransactionConfig {
            encoding: Some(UiTransactionEncoding::Base64),
            commitment: Some(commitment),
            max_supported_transaction_version: Some(0),
        }
    }
}

fn read(
    signature: &Signature,
    answer: EncodedConfirmedTransactionWithStatusMeta,
) -> Result<PastTransaction, NodeError> {
    let malformed = |what: &str| NodeError::Malformed(format!("transaction {signature} without {what}"));
    let transaction = answer.transaction.transaction.decode().ok_or_else(|| malformed("its bytes"))?;
    let meta = answer.transaction.meta.ok_or_else(|| malformed("its result"))?;
    let keys = keys_of(&transaction.message, &meta);
    let lamports = keys
        .into_iter()
        .zip(meta.pre_balances.iter().zip(&meta.post_balances))
        .map(|(key, (before, after))| (key, *before, *after))
        .collect();
    let logs: Vec<String> = Option::from(meta.log_messages).unwrap_or_default();
    let failure = meta.err.map(|error| {
        let mut failure = TxFailure::new(error.into(), &transaction.message, logs.clone());
        failure.signature = Some(*signature);
        failure
    });
    Ok(PastTransaction {
        signature: *signature,
        slot: answer.slot,
        block_time: answer.block_time,
        failure,
        logs,
        fee_lamports: meta.fee,
        units: Option::from(meta.compute_units_consumed),
        lamports,
    })
}

fn keys_of(message: &VersionedMessage, meta: &UiTransactionStatusMeta) -> Vec<Pubkey> {
    let mut keys = message.static_account_keys().to_vec();
    if let OptionSerializer::Some(loaded) = &meta.loaded_addresses {
        let addresses = loaded.writable.iter().chain(&loaded.readonly);
        keys.extend(addresses.filter_map(|key| key.parse::<Pubkey>().ok()));
    }
    keys
}
