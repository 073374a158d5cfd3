//! One transaction under one blockhash: sent again and again until it has landed or can land no more.
//!
//! The same signature can land only once, so repeating it is safe. A new blockhash makes a new signature, and
//! both could land: that is tried only when a node that has seen the blockhash expire has also answered that
//! the transaction is in no block. The two answers may come from different nodes of one endpoint, of which
//! one lags: the second counts only if it is of the same slot or a later one.

use std::time::Duration;

use solana_rpc_client_api::client_error::{Error as ClientError, ErrorKind};
use solana_rpc_client_api::config::RpcSendTransactionConfig;
use solana_rpc_client_api::request::{RpcError, RpcResponseErrorData};
use solana_signature::Signature;
use solana_transaction::TransactionError;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_status_client_types::TransactionStatus;
use tokio::time::{Instant, sleep};

use super::failure::{SendError, TxFailure};
use super::node::Node;
use super::node_error::NodeError;
use super::policy::TxPolicy;
use super::sender::Sender;
use super::signed::Signed;

/// Logs of a failed transaction are asked for this often: nodes write them a little later than its status.
const LOG_ATTEMPTS: u32 = 4;
const LOG_WAIT: Duration = Duration::from_millis(500);

/// How an attempt ended.
pub(super) enum Outcome {
    Landed { slot: u64 },
    Failed(TxFailure),
    Expired,
}

/// What one look at the chain has shown.
pub(super) enum Seen {
    /// Not landed as of this slot.
    Waiting {
        slot: u64,
    },
    Ended(Outcome),
}

pub(super) struct Attempt<'a> {
    node: &'a Node,
    policy: &'a TxPolicy,
    transaction: &'a VersionedTransaction,
    signature: Signature,
    last_valid_height: u64,
}

impl<'a> Attempt<'a> {
    pub(super) fn of(sender: &'a Sender, signed: &'a Signed) -> Self {
        Self {
            node: sender.node(),
            policy: sender.policy(),
            transaction: &signed.transaction,
            signature: signed.signature(),
            last_valid_height: signed.last_valid_height,
        }
    }

    pub(super) fn signature(&self) -> Signature {
        self.signature
    }

    /// Sends and watches; returns how it ended and how often it was sent.
    pub(super) async fn run(&self) -> Result<(Outcome, u32), SendError> {
        let mut sends = 0;
        let mut last_answer = Instant::now();
        let mut next_send = last_answer;
        loop {
            if Instant::now() >= next_send {
                sends += 1;
                self.submit(sends == 1).await?;
                next_send = Instant::now() + self.policy.resend_every;
            }
            sleep(self.policy.poll_every).await;
            match self.look().await {
                Ok(Seen::Ended(outcome)) => return Ok((outcome, sends)),
                Ok(Seen::Waiting { .. }) => last_answer = Instant::now(),
                // Something was sent: even an answer that makes no sense is better asked for again.
                Err(_) if last_answer.elapsed() < self.policy.silence_max => (),
                Err(source) => {
                    return Err(SendError::Unknown { signatures: vec![self.signature], source });
                }
            }
        }
    }

    /// Hands it to the node. Only a first refusal is final: later ones may only mean that it has landed. Some
    /// nodes run it before they pass it on, whatever they are asked; then their answer is the failure.
    async fn submit(&self, is_first: bool) -> Result<(), SendError> {
        let config = RpcSendTransactionConfig {
            skip_preflight: true,
            preflight_commitment: Some(self.policy.commitment.commitment),
            // This loop repeats it: the node need not.
            max_retries: Some(0),
            ..RpcSendTransactionConfig::default()
        };
        let sent = self.node.client().send_transaction_with_config(self.transaction, config).await;
        let Some(error) = sent.err().filter(|_| is_first) else { return Ok(()) };
        match error.get_transaction_error() {
            Some(TransactionError::AlreadyProcessed | TransactionError::BlockhashNotFound) => Ok(()),
            Some(refused) => {
                Err(TxFailure::new(refused, &self.transaction.message, logs_of_refused(&error)).into())
            }
            None => match NodeError::from(error) {
                error if error.is_transient() => Ok(()),
                error => Err(error.into()),
            },
        }
    }

    pub(super) async fn look(&self) -> Result<Seen, NodeError> {
        if let (_, Some(status)) = self.status(false).await?
            && let Some(outcome) = self.outcome_of(&status).await
        {
            return Ok(Seen::Ended(outcome));
        }
        let commitment = self.policy.commitment;
        let epoch = self.node.client().get_epoch_info_with_commitment(commitment).await?;
        let waiting = Seen::Waiting { slot: epoch.absolute_slot };
        if epoch.block_height <= self.last_valid_height {
            return Ok(waiting);
        }
        // The blockhash has expired; the transaction may have been among the last that it let through.
        let (slot, status) = self.status(true).await?;
        match status {
            Some(status) => Ok(self.outcome_of(&status).await.map_or(waiting, Seen::Ended)),
            None if slot >= epoch.absolute_slot => Ok(Seen::Ended(Outcome::Expired)),
            None => Ok(waiting),
        }
    }

    /// The slot that the node answers from, and the transaction's status there.
    async fn status(&self, with_history: bool) -> Result<(u64, Option<TransactionStatus>), ClientError> {
        let (client, signatures) = (self.node.client(), [self.signature]);
        let mut answer = match with_history {
            true => client.get_signature_statuses_with_history(&signatures).await?,
            false => client.get_signature_statuses(&signatures).await?,
        };
        Ok((answer.context.slot, answer.value.pop().flatten()))
    }

    /// How it ended, once it is as sure as the policy asks.
    async fn outcome_of(&self, status: &TransactionStatus) -> Option<Outcome> {
        if !status.satisfies_commitment(self.policy.commitment) {
            return None;
        }
        let Some(error) = status.err.clone() else { return Some(Outcome::Landed { slot: status.slot }) };
        let logs = self.logs_of_landed().await;
        let mut failure = TxFailure::new(error, &self.transaction.message, logs);
        failure.signature = Some(self.signature);
        Some(Outcome::Failed(failure))
    }

    /// Logs name the error better than its code alone; without them the code has to do.
    async fn logs_of_landed(&self) -> Vec<String> {
        for _ in 0..LOG_ATTEMPTS {
            if let Ok(past) = self.node.transaction_once(&self.signature).await {
                return past.logs;
            }
            sleep(LOG_WAIT).await;
        }
        Vec::new()
    }
}

fn logs_of_refused(error: &ClientError) -> Vec<String> {
    match error.kind() {
        ErrorKind::RpcError(RpcError::RpcResponseError {
            data: RpcResponseErrorData::SendTransactionPreflightFailure(result),
            ..
        }) => result.logs.clone().unwrap_or_default(),
        _ => Vec::new(),
    }
}
