//! Builds, signs and sends transactions.

use std::sync::Arc;

use anchor_lang::prelude::Pubkey;
use solana_hash::Hash;
use solana_signature::Signature;
use solana_signer::signers::Signers;
use solana_transaction::versioned::VersionedTransaction;

use super::blockhashes::Blockhashes;
use super::budget::Budget;
use super::failure::{Cause, SendError};
use super::landing::{Attempt, Outcome};
use super::node::Node;
use super::policy::TxPolicy;
use super::request::TxRequest;
use super::simulation::{self, Simulation};

/// Sends transactions through a node by a policy.
#[derive(Clone)]
pub struct Sender {
    node: Node,
    policy: TxPolicy,
    /// Shared by its clones.
    blockhashes: Arc<Blockhashes>,
}

/// A transaction that has landed and has not failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landed {
    /// Its signature.
    pub signature: Signature,
    /// Slot.
    pub slot: u64,
    /// Limits and price that it had.
    pub budget: Budget,
    /// Blockhashes that it took; one unless the first expired.
    pub blockhashes: u32,
    /// How often it was handed to the node, under all blockhashes.
    pub sends: u32,
}

impl Sender {
    /// Through `node`, by `policy`.
    pub fn new(node: Node, policy: TxPolicy) -> Self {
        Self { node, policy, blockhashes: Arc::default() }
    }

    /// The node.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The policy.
    pub fn policy(&self) -> &TxPolicy {
        &self.policy
    }

    /// The same with another policy.
    pub fn with_policy(&self, policy: TxPolicy) -> Self {
        Self::new(self.node.clone(), policy)
    }

    /// The same at a node whose answers are of `slot` or later: what landed there is in them.
    pub fn at_least(&self, slot: u64) -> Self {
        Self { node: self.node.at_least(slot), ..self.clone() }
    }

    /// Signed by `build` under a blockhash by the policy, and the last block height at which it may land.
    pub(super) async fn sign_by(
        &self,
        build: impl Fn(Hash) -> Result<VersionedTransaction, SendError>,
    ) -> Result<(VersionedTransaction, u64), SendError> {
        self.blockhashes.sign(&self.node, &self.policy, build).await
    }

    pub(super) async fn forget_blockhash(&self) {
        self.blockhashes.forget().await;
    }

    /// What the transaction would do now; a failure is part of the answer. `watch` names accounts whose state
    /// afterwards is wanted. Nothing is signed or sent.
    pub async fn simulate(&self, request: &TxRequest, watch: &[Pubkey]) -> Result<Simulation, SendError> {
        let message = request.message(&Budget::WIDEST, simulation::no_blockhash())?;
        simulation::simulate(&self.node, message, watch).await
    }

    /// Limits and price by the policy, for a transaction that `simulation` has shown.
    pub async fn budget(&self, request: &TxRequest, simulation: &Simulation) -> Result<Budget, SendError> {
        Ok(Budget::of(&self.policy, &self.node, request, simulation).await?)
    }

    /// Simulates, and sends until landed or expired. What the simulation refuses is not sent: it costs
    /// nothing. `signers` are all that the instructions need, the payer among them.
    pub async fn send<S>(&self, request: &TxRequest, signers: &S) -> Result<Landed, SendError>
    where
        S: Signers + Sync + ?Sized,
    {
        let simulation = self.simulate(request, &[]).await?;
        if let Some(failure) = simulation.failure {
            return Err(failure.into());
        }
        let budget = self.budget(request, &simulation).await?;
        self.send_with(request, &budget, signers).await
    }

    /// Sends without simulating, with limits and price given: for those who decide on each by themselves.
    pub async fn send_with<S>(
        &self,
        request: &TxRequest,
        budget: &Budget,
        signers: &S,
    ) -> Result<Landed, SendError>
    where
        S: Signers + Sync + ?Sized,
    {
        let (mut sends, mut signatures) = (0, Vec::new());
        for blockhashes in 1..=self.policy.blockhashes_max {
            let signed = self.sign(request, budget, signers).await?;
            let attempt = Attempt::of(self, &signed);
            let ended = attempt.run().await;
            if !matches!(ended, Ok((Outcome::Landed { .. }, _))) {
                // It may be the blockhash's fault: the next one gets another.
                self.forget_blockhash().await;
            }
            let (outcome, sent) = ended?;
            sends += sent;
            let signature = attempt.signature();
            signatures.push(signature);
            match outcome {
                Outcome::Landed { slot } => {
                    return Ok(Landed { signature, slot, budget: *budget, blockhashes, sends });
                }
                Outcome::Failed(failure) => return Err(failure.into()),
                Outcome::Expired => (),
            }
        }
        Err(SendError::Expired { blockhashes: self.policy.blockhashes_max, signatures })
    }
}

impl SendError {
    /// Whether the same request may succeed if it is simply sent again.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Expired { .. } => true,
            Self::Node(error) => error.is_transient(),
            Self::Refused(failure) => failure.cause == Cause::BlockhashUnknown,
            Self::Unknown { .. } | Self::Sign(_) | Self::Build(_) => false,
        }
    }
}
