//! Transactions that are signed first and handed over by another way than the node, in a block engine's bundle
//! for example, and watched at the node.

use solana_signature::Signature;
use solana_signer::signers::Signers;
use solana_transaction::versioned::VersionedTransaction;

use super::blockhashes::first_signature;
use super::budget::Budget;
use super::failure::SendError;
use super::landing::{Attempt, Outcome, Seen};
use super::request::TxRequest;
use super::sender::{Landed, Sender};

/// A signed transaction. Its signature can land once, by however many ways it is handed over.
#[derive(Clone, Debug)]
pub struct Signed {
    pub(super) transaction: VersionedTransaction,
    pub(super) last_valid_height: u64,
    budget: Budget,
}

/// What one look at the node has shown of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// Not landed by this slot, at the commitment of the policy; it still may.
    Waiting {
        /// Slot.
        slot: u64,
    },
    /// Landed, and has not failed.
    Landed(Landed),
}

impl Signed {
    /// Its signature.
    pub fn signature(&self) -> Signature {
        first_signature(&self.transaction)
    }

    /// Its bytes as the network carries them.
    pub fn wire(&self) -> Vec<u8> {
        let signatures = &self.transaction.signatures;
        // One byte counts them: a transaction has room for no more than twelve.
        let mut bytes = vec![u8::try_from(signatures.len()).unwrap_or(u8::MAX)];
        bytes.extend(signatures.iter().flat_map(|signature| signature.as_ref().to_vec()));
        bytes.extend(self.transaction.message.serialize());
        bytes
    }

    fn landed(&self, slot: u64, sends: u32) -> Landed {
        Landed { signature: self.signature(), slot, budget: self.budget, blockhashes: 1, sends }
    }

    fn expired(&self) -> SendError {
        SendError::Expired { blockhashes: 1, signatures: vec![self.signature()] }
    }
}

impl Sender {
    /// Signs under a blockhash by the policy, and hands it to nobody.
    pub async fn sign<S>(
        &self,
        request: &TxRequest,
        budget: &Budget,
        signers: &S,
    ) -> Result<Signed, SendError>
    where
        S: Signers + Sync + ?Sized,
    {
        let build = |blockhash| -> Result<_, SendError> {
            let message = request.message(budget, blockhash)?;
            Ok(VersionedTransaction::try_new(message, signers)?)
        };
        let (transaction, last_valid_height) = self.sign_by(build).await?;
        Ok(Signed { transaction, last_valid_height, budget: *budget })
    }

    /// Whether it has landed; a failure on chain and an expired blockhash are errors, after which it never will.
    pub async fn look(&self, signed: &Signed) -> Result<Watched, SendError> {
        match Attempt::of(self, signed).look().await? {
            Seen::Waiting { slot } => Ok(Watched::Waiting { slot }),
            Seen::Ended(Outcome::Landed { slot }) => Ok(Watched::Landed(signed.landed(slot, 0))),
            Seen::Ended(outcome) => Err(self.ended(signed, outcome).await),
        }
    }

    /// Hands it to the node until it has landed or expired.
    pub async fn send_signed(&self, signed: &Signed) -> Result<Landed, SendError> {
        match Attempt::of(self, signed).run().await? {
            (Outcome::Landed { slot }, sends) => Ok(signed.landed(slot, sends)),
            (outcome, _) => Err(self.ended(signed, outcome).await),
        }
    }

    /// It may be the blockhash's fault: the next transaction gets another.
    async fn ended(&self, signed: &Signed, outcome: Outcome) -> SendError {
        self.forget_blockhash().await;
        match outcome {
            Outcome::Failed(failure) => failure.into(),
            Outcome::Expired | Outcome::Landed { .. } => signed.expired(),
        }
    }
}
