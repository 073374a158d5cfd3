//! Sending: one task a transaction, from the last look beforehand to what it did.

use std::sync::Arc;
use std::time::Instant;

use bulkhead_client::accounts::AnyAccount;
use bulkhead_client::rpc::{Budget, Cause, Landed, NodeError, SendError, Sender, TxFailure, TxRequest};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use tokio::sync::mpsc::UnboundedSender;
use tracing::{debug, info, warn};

use crate::action::{ActionKey, Batch, TIP_ROOM};
use crate::duty::Duty;
use crate::engine::Event;
use crate::jito::{Bundles, Handover, Paid, tip_instruction};
use crate::push::{PUSH_UNITS, Push};
use crate::state::{Doubt, Update};
use crate::table::Outcome;
use crate::telemetry;

/// Compute budget instructions before the others: units, price, loaded bytes.
const BUDGET_INSTRUCTIONS: usize = 3;

/// A transaction to send.
#[derive(Clone, Debug)]
pub struct Job {
    /// What it does.
    pub batch: Batch,
    /// Limits and price.
    pub budget: Budget,
    /// Slot of the newest state that it was decided on.
    pub slot: u64,
    /// The price that it was decided on, if that is not on the chain yet.
    pub push: Option<Push>,
}

/// Sends transactions and tells the engine what became of them.
#[derive(Clone)]
pub struct Courier {
    sender: Sender,
    keeper: Arc<Keypair>,
    events: UnboundedSender<Event>,
    is_dry_run: bool,
    bundles: Option<Arc<Bundles>>,
}

impl Courier {
    /// Signs as `keeper`, sends through `sender`, reports to `events`.
    pub fn new(
        sender: Sender,
        keeper: Arc<Keypair>,
        events: UnboundedSender<Event>,
        is_dry_run: bool,
    ) -> Self {
        Self { sender, keeper, events, is_dry_run, bundles: None }
    }

    /// The same that sends some duties' transactions in bundles.
    pub fn with_bundles(mut self, bundles: Option<Bundles>) -> Self {
        self.bundles = bundles.map(Arc::new);
        self
    }

    pub(crate) fn sender(&self) -> &Sender {
        &self.sender
    }

    pub(crate) fn key(&self) -> &Keypair {
        &self.keeper
    }

    pub(crate) fn events(&self) -> &UnboundedSender<Event> {
        &self.events
    }

    /// Sends one transaction; its end is reported whatever it is.
    pub async fn deliver(self, mut job: Job) {
        let Some(first) = job.batch.actions.first() else { return };
        let duty = first.key.duty;
        let push = job.push.take();
        let ended = match &push {
            Some(push) => self.run_with(job, duty, push).await,
            None => self.run(job, duty, &[]).await,
        };
        let _ = self.events.send(Event::Ended(ended.outcomes));
        if let Some((landed, touched)) = ended.landed {
            self.reread(Doubt { keys: touched, slot: landed.slot }).await;
            telemetry::tipped(ended.tip_lamports);
            let keeper = self.keeper.pubkey();
            telemetry::landed(&self.sender, &landed, duty, ended.sent, &keeper, ended.tip_lamports).await;
        }
    }

    /// The same, with a price before it. What has no room beside it is left for the transactions after this one;
    /// where nothing has, the price gets a transaction of its own.
    async fn run_with(&self, mut job: Job, duty: Duty, push: &Push) -> Ended {
        if self.is_dry_run {
            let actions = job.batch.actions.len();
            info!(duty = duty.name(), actions, "dry run: would bring the price and send");
            let _ = self.events.send(Event::Pushed { account: push.account, has_come: true });
            return Ended::all(&job.batch, Outcome::Rehearsed);
        }
        let beside = self.room_beside(push, &job, duty);
        let has_come = self.verify(&push.shipment, &job.budget).await
            && (beside > 0 || self.push_alone(push, &job.budget).await.is_ok());
        if !has_come {
            self.pushed(push.account, false).await;
            return Ended::all(&job.batch, Outcome::Missed);
        }
        let (mut before, mut later) = (Vec::new(), Batch { actions: Vec::new() });
        if beside > 0 {
            before.push(push.instruction.clone());
            later.actions = job.batch.actions.split_off(beside);
            job.budget.compute_units = job.budget.compute_units.saturating_add(PUSH_UNITS);
        }
        let mut ended = self.run(job, duty, &before).await;
        ended.outcomes.extend(all(&later, Outcome::Freed));
        // Where nothing was sent after all, or an action failed, the price is still to come, and can.
        self.pushed(push.account, !ended.is_price_at_fault).await;
        ended
    }

    /// How many of a batch's first actions fit a transaction that also brings their price.
    fn room_beside(&self, push: &Push, job: &Job, duty: Duty) -> usize {
        let payer = self.keeper.pubkey();
        let is_tipped = self.bundles.as_ref().is_some_and(|bundles| bundles.is_for(duty));
        let fits = |count: usize| {
            let some = Batch { actions: job.batch.actions.iter().take(count).cloned().collect() };
            let mut together = TxRequest::new(payer, vec![push.instruction.clone()]);
            together.instructions.extend(some.instructions());
            if is_tipped {
                together.instructions.push(tip_instruction(&payer, &TIP_ROOM, 0));
            }
            together.message(&job.budget, Default::default()).is_ok()
        };
        (1..=job.batch.actions.len()).rev().find(|count| fits(*count)).unwrap_or(0)
    }

    async fn run(&self, mut job: Job, duty: Duty, before: &[Instruction]) -> Ended {
        let mut outcomes = Vec::new();
        if let Err(error) = self.drop_late(&mut job, &mut outcomes).await {
            telemetry::node_error(&error);
            return Ended::all(&job.batch, Outcome::Missed);
        }
        if job.batch.actions.is_empty() {
            return Ended { outcomes, ..Ended::default() };
        }
        let instructions = before.iter().cloned().chain(job.batch.instructions()).collect();
        let request = TxRequest::new(self.keeper.pubkey(), instructions);
        let ahead = BUDGET_INSTRUCTIONS.saturating_add(before.len());
        if self.is_dry_run || !duty.is_urgent() {
            match self.rehearse(&job.batch, &request, duty, ahead).await {
                Rehearsal::Fine if self.is_dry_run => outcomes.extend(all(&job.batch, Outcome::Rehearsed)),
                Rehearsal::Fine => {}
                Rehearsal::Ended(ends) => outcomes.extend(ends),
            }
            if outcomes.len() >= job.batch.actions.len() {
                return Ended { outcomes, ..Ended::default() };
            }
        }
        let sent = job.batch.actions.len();
        telemetry::sent(duty, sent);
        let begun = Instant::now();
        match self.hand_over(&job, &request, duty).await {
            Ok(Paid { landed, tip_lamports }) => {
                let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                let brings_price = !before.is_empty();
                info!(duty = duty.name(), actions = sent, brings_price, signature = %landed.signature, slot = landed.slot, millis, "landed");
                outcomes.extend(all(&job.batch, Outcome::Landed));
                let touched = job.batch.actions.iter().flat_map(|action| action.touches.clone()).collect();
                Ended {
                    outcomes,
                    landed: Some((landed, touched)),
                    sent,
                    tip_lamports,
                    is_price_at_fault: false,
                }
            }
            Err(error) => {
                outcomes.extend(self.failed(&job.batch, duty, &error, ahead));
                let is_price_at_fault = is_between(&error, BUDGET_INSTRUCTIONS, ahead);
                // A competitor may have been first: what failed is looked at before it is tried again.
                let keys = job.batch.actions.iter().flat_map(|action| action.touches.clone()).collect();
                self.reread(Doubt { keys, slot: job.slot }).await;
                Ended { outcomes, sent, is_price_at_fault, ..Ended::default() }
            }
        }
    }

    /// To the block engine where this duty's transactions go there, else to the node.
    async fn hand_over(&self, job: &Job, request: &TxRequest, duty: Duty) -> Result<Paid, SendError> {
        let (sender, keeper, budget) = (&self.sender, self.keeper.as_ref(), &job.budget);
        let handover = Handover { sender, keeper, request, budget };
        match self.bundles.as_ref().filter(|bundles| bundles.is_for(duty)) {
            Some(bundles) => bundles.send(&handover, &job.batch, duty).await,
            None => handover.plain().await,
        }
    }

    /// Takes out what another keeper has done meanwhile, where sending it would fail.
    async fn drop_late(
        &self,
        job: &mut Job,
        outcomes: &mut Vec<(ActionKey, Outcome)>,
    ) -> Result<(), NodeError> {
        let needed: Vec<Pubkey> = job.batch.actions.iter().filter_map(|action| action.needs).collect();
        if needed.is_empty() {
            return Ok(());
        }
        let found = self.sender.node().raw_accounts(&needed).await?;
        let gone: Vec<Pubkey> = needed
            .into_iter()
            .zip(found)
            .filter(|(_, account)| {
                account.as_ref().is_none_or(|account| account.owner != bulkhead_client::ID)
            })
            .map(|(key, _)| key)
            .collect();
        for key in &gone {
            let _ =
                self.events.send(Event::Update(Update::Account { key: *key, slot: job.slot, account: None }));
        }
        let is_late = |needs: Option<Pubkey>| needs.is_some_and(|key| gone.contains(&key));
        let (late, rest) =
            std::mem::take(&mut job.batch.actions).into_iter().partition(|action| is_late(action.needs));
        job.batch.actions = rest;
        let late: Batch = Batch { actions: late };
        if let Some(first) = late.actions.first() {
            telemetry::late(first.key.duty, late.actions.len());
        }
        outcomes.extend(all(&late, Outcome::Missed));
        Ok(())
    }

    /// Runs it on the node without sending.
    async fn rehearse(&self, batch: &Batch, request: &TxRequest, duty: Duty, ahead: usize) -> Rehearsal {
        match self.sender.simulate(request, &[]).await {
            Ok(simulation) => match simulation.failure {
                None => {
                    if self.is_dry_run {
                        let actions = batch.actions.len();
                        info!(duty = duty.name(), actions, units = simulation.units, "dry run: would send");
                    }
                    Rehearsal::Fine
                }
                Some(failure) => {
                    debug!(duty = duty.name(), %failure, "refused in simulation");
                    telemetry::refused(duty, &failure);
                    Rehearsal::Ended(blame(batch, &failure, ahead))
                }
            },
            Err(error) => Rehearsal::Ended(self.failed(batch, duty, &error, ahead)),
        }
    }

    fn failed(
        &self,
        batch: &Batch,
        duty: Duty,
        error: &SendError,
        ahead: usize,
    ) -> Vec<(ActionKey, Outcome)> {
        warn!(duty = duty.name(), actions = batch.actions.len(), %error, "not sent, or failed");
        telemetry::failed(duty, error);
        match error {
            SendError::Refused(failure) if failure.cause != Cause::BlockhashUnknown => {
                blame(batch, failure, ahead)
            }
            SendError::Sign(_) | SendError::Build(_) => all(batch, Outcome::Failed),
            _ => all(batch, Outcome::Missed),
        }
    }

    /// Reads accounts of the program anew and hands them to the engine.
    pub async fn reread(&self, doubt: Doubt) {
        let node = self.sender.node().at_least(doubt.slot);
        match node.raw_accounts(&doubt.keys).await {
            Ok(found) => {
                for (key, raw) in doubt.keys.into_iter().zip(found) {
                    let own = raw.filter(|raw| raw.owner == bulkhead_client::ID);
                    let account = own.and_then(|raw| AnyAccount::decode(&raw.data).ok());
                    let update = Update::Account { key, slot: doubt.slot, account };
                    let _ = self.events.send(Event::Update(update));
                }
            }
            Err(error) => telemetry::node_error(&error),
        }
    }
}

#[derive(Default)]
struct Ended {
    outcomes: Vec<(ActionKey, Outcome)>,
    landed: Option<(Landed, Vec<Pubkey>)>,
    sent: usize,
    tip_lamports: u64,
    /// The instruction that failed was not the batch's, but the one before it that brings the price.
    is_price_at_fault: bool,
}

impl Ended {
    fn all(batch: &Batch, outcome: Outcome) -> Self {
        Self { outcomes: all(batch, outcome), ..Self::default() }
    }
}

enum Rehearsal {
    Fine,
    Ended(Vec<(ActionKey, Outcome)>),
}

fn all(batch: &Batch, outcome: Outcome) -> Vec<(ActionKey, Outcome)> {
    batch.actions.iter().map(|action| (action.key, outcome)).collect()
}

/// Whether the instruction that failed stands at `from` or later, before `to`.
fn is_between(error: &SendError, from: usize, to: usize) -> bool {
    let SendError::Refused(failure) = error else { return false };
    failure.instruction.is_some_and(|place| (from..to).contains(&usize::from(place)))
}

/// Whose fault a failure is. Where one instruction can be named, the others are free to go on; where none can,
/// each has to show by itself. So many instructions stood before the batch's.
fn blame(batch: &Batch, failure: &TxFailure, ahead: usize) -> Vec<(ActionKey, Outcome)> {
    if batch.actions.len() == 1 {
        return all(batch, Outcome::Failed);
    }
    let culprit = batch.failed(failure.instruction, ahead);
    let outcome = |place: usize| match culprit {
        Some(culprit) if culprit == place => Outcome::Failed,
        Some(_) => Outcome::Freed,
        None => Outcome::Dragged,
    };
    batch.actions.iter().enumerate().map(|(place, action)| (action.key, outcome(place))).collect()
}
