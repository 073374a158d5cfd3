//! Sending what a command has built: asked for on mainnet, or only simulated.

use std::io::{BufRead, IsTerminal, Write};
use std::time::Duration;

use bulkhead_client::events::AnyEvent;
use bulkhead_client::rpc::{Landed, PastTransaction, TxRequest};
use serde_json::{Value, json};
use solana_instruction::Instruction;

use crate::dry_run;
use crate::error::{CliError, Result};
use crate::idl;
use crate::output::Report;
use crate::session::Session;

/// Genesis hash of mainnet.
const MAINNET_GENESIS: &str = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";
/// A transaction's logs come a little later than its status.
const LOG_ATTEMPTS: u32 = 10;
const LOG_WAIT: Duration = Duration::from_millis(400);

/// A transaction that has landed.
pub struct Sent {
    /// Signature, slot, limits.
    pub landed: Landed,
    /// Events; empty if the node did not give the logs in time.
    pub events: Vec<AnyEvent>,
}

impl Sent {
    /// As JSON.
    pub fn json(&self) -> Value {
        json!({
            "signature": self.landed.signature.to_string(),
            "slot": self.landed.slot,
            "events": self.events.iter().map(event_json).collect::<Vec<_>>(),
        })
    }

    /// The result of a command that has done no more than this.
    pub fn report(&self, text: impl std::fmt::Display) -> Report {
        Report::new(format!("{text}\ntransaction {}", self.landed.signature), self.json())
    }
}

/// An event with all its fields.
pub fn event_json(event: &AnyEvent) -> Value {
    let decoded = idl::event(&event.data());
    decoded.ok().and_then(|decoded| serde_json::to_value(decoded).ok()).unwrap_or(Value::Null)
}

impl Session {
    /// Sends `instructions`, signed and paid by the session's key. `what` says in the imperative what they do:
    /// "Open a position ...". None if it was a dry run: its report has then been printed.
    pub async fn submit(&self, what: &str, instructions: Vec<Instruction>) -> Result<Option<Sent>> {
        let request = TxRequest::new(self.me()?, instructions);
        if self.globals.dry_run {
            dry_run::run(self, what, &request).await?;
            return Ok(None);
        }
        self.confirm(what).await?;
        self.send_confirmed(&request).await.map(Some)
    }

    /// Sends without asking again: a later step of something that was confirmed as a whole.
    pub async fn send_confirmed(&self, request: &TxRequest) -> Result<Sent> {
        let landed = self.sender().send(request, &[self.signer()?]).await?;
        Ok(self.with_events(landed).await)
    }

    /// The same with what its logs say.
    pub async fn with_events(&self, landed: Landed) -> Sent {
        self.note_landed(landed.slot);
        let past = self.logs_of(&landed).await;
        let events = past.map(|past| past.events().events).unwrap_or_default();
        Sent { landed, events }
    }

    async fn logs_of(&self, landed: &Landed) -> Option<PastTransaction> {
        for _ in 0..LOG_ATTEMPTS {
            if let Ok(past) = self.node().transaction(&landed.signature).await {
                return Some(past);
            }
            tokio::time::sleep(LOG_WAIT).await;
        }
        self.say("the node has not given the transaction's logs: see `decode transaction`");
        None
    }

    /// Asks before anything is sent on mainnet, unless `--yes` was given.
    pub async fn confirm(&self, what: &str) -> Result<()> {
        if self.globals.yes || !self.is_mainnet().await? {
            return Ok(());
        }
        let input = std::io::stdin();
        if !input.is_terminal() {
            return Err(CliError::usage("this is mainnet, and nobody can be asked: give --yes"));
        }
        eprint!("This is mainnet. {what}. Go on? [y/N] ");
        let unreadable = |error: std::io::Error| CliError::usage(format!("no answer: {error}"));
        std::io::stderr().flush().map_err(unreadable)?;
        let mut answer = String::new();
        input.lock().read_line(&mut answer).map_err(unreadable)?;
        match is_yes(&answer) {
            true => Ok(()),
            false => Err(CliError::usage("not confirmed: nothing was sent")),
        }
    }

    /// Whether real money is at stake: by the chain's first block, or by what the protocol says of itself.
    pub async fn is_mainnet(&self) -> Result<bool> {
        let node = self.node();
        let genesis = node.ask(|| node.client().get_genesis_hash()).await?;
        if genesis.to_string() == MAINNET_GENESIS {
            return Ok(true);
        }
        Ok(node.protocol().await?.is_mainnet())
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        for yes in ["y", "Y\n", " yes \n"] {
            assert!(is_yes(yes));
        }
        for no in ["", "\n", "n", "yep", "ye s"] {
            assert!(!is_yes(no));
        }
    }
}
