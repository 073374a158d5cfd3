//! What a transaction would do, asked of the node before it is sent.

use anchor_lang::prelude::Pubkey;
use solana_account::Account as ChainAccount;
use solana_account_decoder_client_types::UiAccountEncoding;
use solana_hash::Hash;
use solana_message::VersionedMessage;
use solana_rpc_client_api::config::{RpcSimulateTransactionAccountsConfig, RpcSimulateTransactionConfig};
use solana_rpc_client_api::response::RpcSimulateTransactionResult;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use super::failure::{SendError, TxFailure};
use super::node::{Node, decoded};
use super::node_error::NodeError;
use crate::events::{self, LoggedEvents};

/// What a transaction would do now.
#[derive(Debug)]
pub struct Simulation {
    /// Why it would fail, if it would.
    pub failure: Option<TxFailure>,
    /// Log entries.
    pub logs: Vec<String>,
    /// Compute units used.
    pub units: u64,
    /// Bytes of accounts loaded, where the node says.
    pub loaded_bytes: Option<u32>,
    /// The watched accounts afterwards, in their order; none where nothing is left.
    pub accounts: Vec<Option<ChainAccount>>,
    /// Slot at whose state it was run.
    pub slot: u64,
}

impl Simulation {
    /// Events in the logs.
    pub fn events(&self) -> LoggedEvents {
        events::from_logs(self.logs.iter().map(String::as_str))
    }
}

/// Runs `message` on the node without signatures; `watch` names accounts whose state afterwards is wanted.
pub(super) async fn simulate(
    node: &Node,
    message: VersionedMessage,
    watch: &[Pubkey],
) -> Result<Simulation, SendError> {
    let unsigned = usize::from(message.header().num_required_signatures);
    let transaction = VersionedTransaction { signatures: vec![Signature::default(); unsigned], message };
    let accounts = RpcSimulateTransactionAccountsConfig {
        encoding: Some(UiAccountEncoding::Base64),
        addresses: watch.iter().map(Pubkey::to_string).collect(),
    };
    let config = RpcSimulateTransactionConfig {
        sig_verify: false,
        replace_recent_blockhash: true,
        commitment: Some(node.commitment()),
        accounts: Some(accounts).filter(|accounts| !accounts.addresses.is_empty()),
        min_context_slot: node.min_context_slot(),
        ..RpcSimulateTransactionConfig::default()
    };
    let ask = || node.client().simulate_transaction_with_config(&transaction, config.clone());
    let answer = node.ask(ask).await?;
    Ok(read(answer.value, answer.context.slot, &transaction.message, watch.len())?)
}

fn read(
    result: RpcSimulateTransactionResult,
    slot: u64,
    message: &VersionedMessage,
    watched: usize,
) -> Result<Simulation, NodeError> {
    let logs = result.logs.unwrap_or_default();
    let failure = result.err.map(|error| TxFailure::new(error.into(), message, logs.clone()));
    // A failed simulation returns no accounts: nothing has changed.
    let mut accounts: Vec<Option<ChainAccount>> = Vec::with_capacity(watched);
    for account in result.accounts.unwrap_or_default() {
        accounts.push(account.as_ref().map(decoded).transpose()?);
    }
    if failure.is_none() && accounts.len() != watched {
        return Err(NodeError::Malformed("the simulation leaves out accounts that were asked for".into()));
    }
    let units = result.units_consumed.unwrap_or(u64::from(super::budget::COMPUTE_UNITS_MAX));
    Ok(Simulation { failure, logs, units, loaded_bytes: result.loaded_accounts_data_size, accounts, slot })
}

/// Stands where a blockhash will be: the node puts one in.
pub(super) fn no_blockhash() -> Hash {
    Hash::default()
}
