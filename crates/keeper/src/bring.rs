//! The transactions around a price that is brought along: verifying its message, closing what is done with.

use std::time::Instant;

use bulkhead_client::rpc::{Budget, SendError, TxRequest};
use bulkhead_pyth::{Generation, Posting};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use tracing::{info, warn};

use crate::engine::Event;
use crate::push::{CLOSE_MAX, PUSH_UNITS, Push, Shipment};
use crate::send::Courier;
use crate::state::{PriceData, Update};
use crate::telemetry;

/// Of closing one account of a message.
const CLOSE_UNITS: u32 = 20_000;

impl Courier {
    /// Sees to it that a message is verified. One caller does it, the others wait for that one.
    pub(crate) async fn verify(&self, shipment: &Shipment, budget: &Budget) -> bool {
        let verified = shipment.verified.get_or_init(|| async {
            let begun = Instant::now();
            for step in &shipment.posting.steps {
                let budget = Budget { compute_units: shipment.posting.units, ..*budget };
                if let Err(error) = self.send_alone(step.clone(), &budget).await {
                    warn!(%error, "a price message was not verified");
                    telemetry::push("verify", false);
                    return false;
                }
            }
            telemetry::push("verify", true);
            telemetry::verify_time(begun.elapsed());
            true
        });
        *verified.await
    }

    /// Writes a price by a transaction of its own, where it has no room beside what needs it.
    pub(crate) async fn push_alone(&self, push: &Push, budget: &Budget) -> Result<(), SendError> {
        let budget = Budget { compute_units: PUSH_UNITS, ..*budget };
        self.send_alone(vec![push.instruction.clone()], &budget).await
    }

    /// Tells the engine what became of a price, and what its account shows.
    pub(crate) async fn pushed(&self, account: Pubkey, has_come: bool) {
        telemetry::push("price", has_come);
        if has_come && let Ok(found) = self.sender().node().raw_accounts(&[account]).await {
            for raw in found.into_iter().flatten() {
                let price = PriceData { key: account, owner: raw.owner, data: raw.data };
                let _ = self.events().send(Event::Update(Update::Price(price)));
            }
        }
        let _ = self.events().send(Event::Pushed { account, has_come });
    }

    /// Closes accounts of messages; their rent comes back.
    pub(crate) async fn close(&self, postings: Vec<Posting>, budget: Budget) {
        let payer = self.key().pubkey();
        let closings: Vec<Instruction> = postings.iter().map(|posting| posting.close(&payer)).collect();
        self.close_by(&closings, budget).await;
    }

    async fn close_by(&self, closings: &[Instruction], budget: Budget) {
        for some in closings.chunks(CLOSE_MAX) {
            let count = u32::try_from(some.len()).unwrap_or(u32::MAX);
            let budget = Budget { compute_units: CLOSE_UNITS.saturating_mul(count), ..budget };
            let closed = self.send_alone(some.to_vec(), &budget).await;
            telemetry::push("close", closed.is_ok());
            if let Err(error) = closed {
                warn!(%error, "accounts of price messages were not closed: the next start does it");
            }
        }
    }

    /// Closes what an earlier run of this keeper has left open.
    pub async fn close_leftovers(&self, budget: Budget) {
        let payer = self.key().pubkey();
        for generation in Generation::ALL {
            let programs = generation.programs();
            let node = self.sender().node();
            let place = Posting::AUTHORITY_AT;
            match node.addresses_naming(&programs.wormhole, place, &payer).await {
                Ok(left) if left.is_empty() => {}
                Ok(left) => {
                    info!(accounts = left.len(), "closing price messages of an earlier run");
                    let close = |account: &Pubkey| programs.close_encoded_vaa(&payer, account);
                    self.close_by(&left.iter().map(close).collect::<Vec<_>>(), budget).await;
                }
                Err(error) => telemetry::node_error(&error),
            }
        }
    }

    async fn send_alone(&self, instructions: Vec<Instruction>, budget: &Budget) -> Result<(), SendError> {
        let request = TxRequest::new(self.key().pubkey(), instructions);
        self.sender().send_with(&request, budget, &[self.key()]).await.map(drop)
    }
}
