//! Recent blockhashes, held for a moment: in a burst every transaction would ask for the same one.

use std::collections::HashSet;

use solana_hash::Hash;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::failure::SendError;
use super::node::Node;
use super::policy::TxPolicy;

/// A blockhash, and what was signed with it.
struct Held {
    blockhash: Hash,
    last_valid_height: u64,
    read_at: Instant,
    signatures: HashSet<Signature>,
}

/// The newest blockhash.
#[derive(Default)]
pub(super) struct Blockhashes(Mutex<Option<Held>>);

impl Blockhashes {
    /// A transaction signed by `build` under a blockhash no older than the policy allows, with the last block
    /// height at which it may land.
    pub(super) async fn sign(
        &self,
        node: &Node,
        policy: &TxPolicy,
        build: impl Fn(Hash) -> Result<VersionedTransaction, SendError>,
    ) -> Result<(VersionedTransaction, u64), SendError> {
        let ask = || node.client().get_latest_blockhash_with_commitment(policy.commitment);
        if policy.blockhash_age_max.is_zero() {
            let (blockhash, last_valid_height) = node.ask(ask).await?;
            return Ok((build(blockhash)?, last_valid_height));
        }
        // Held over the question: who asks at the same time waits for the same answer.
        let mut newest = self.0.lock().await;
        let young = |held: &&mut Held| held.read_at.elapsed() < policy.blockhash_age_max;
        if let Some(held) = newest.as_mut().filter(young) {
            let transaction = build(held.blockhash)?;
            // Signed twice under one blockhash, the same request is one transaction and would land once.
            if held.signatures.insert(first_signature(&transaction)) {
                return Ok((transaction, held.last_valid_height));
            }
        }
        let (blockhash, last_valid_height) = node.ask(ask).await?;
        let transaction = build(blockhash)?;
        let signatures = HashSet::from([first_signature(&transaction)]);
        *newest = Some(Held { blockhash, last_valid_height, read_at: Instant::now(), signatures });
        Ok((transaction, last_valid_height))
    }

    /// Forgets it: it has expired, or the node does not know it.
    pub(super) async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

/// The signature that names a transaction.
pub(super) fn first_signature(transaction: &VersionedTransaction) -> Signature {
    transaction.signatures.first().copied().unwrap_or_default()
}
