//! Governing: changes behind the timelock, pauses, hand-over.

mod params;
mod queue;

use anchor_lang::prelude::Pubkey;
use bulkhead::state::{
    CHANGE_COLLATERAL_ORACLE, CHANGE_MARKET_PARAMS, CHANGE_ORACLE, CHANGE_SETTINGS, CHANGE_STATUS,
    ParamChange, PauseKind,
};
use bulkhead_client::ix;
use bulkhead_client::rpc::Keyed;
use bulkhead_risk::UnixSeconds;
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use solana_instruction::Instruction;

use super::Outcome;
use crate::amount::span;
use crate::error::{Result, parse_key};
use crate::narrate::narrate_plain;
use crate::output::{Report, table};
use crate::session::Session;

/// What to govern.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Queue a change behind the timelock; admin
    #[command(subcommand)]
    Queue(queue::Queue),
    /// Queued changes, with when they may be applied
    List,
    /// Apply a change that is due; anyone
    Apply {
        /// Its number
        nonce: u64,
    },
    /// Take a queued change back; admin, and anyone once it has expired
    Cancel {
        /// Its number
        nonce: u64,
    },
    /// Hold something back for a day; guardian
    Pause {
        /// What
        what: PauseArg,
    },
    /// Lift a pause before it lapses; guardian or admin
    Unpause {
        /// What
        what: PauseArg,
    },
    /// Name who may take over as admin, or nobody; admin
    Propose {
        /// Address, or "nobody"
        #[arg(value_parser = parse_successor)]
        admin: Pubkey,
    },
    /// Take over as admin; whom the admin has proposed
    Accept,
}

/// What can be paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PauseArg {
    /// Opening and increasing
    NewRisk,
    /// Deposits into pools
    Deposits,
    /// Withdrawals from pools
    Withdrawals,
}

impl From<PauseArg> for PauseKind {
    fn from(what: PauseArg) -> Self {
        match what {
            PauseArg::NewRisk => Self::NewRisk,
            PauseArg::Deposits => Self::Deposits,
            PauseArg::Withdrawals => Self::Withdrawals,
        }
    }
}

impl Command {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        if let Self::List = self {
            return list(session).await.map(Some);
        }
        let me = session.me()?;
        let (what, instruction) = match self {
            Self::Queue(command) => return command.run(session).await,
            Self::List => return list(session).await.map(Some),
            Self::Apply { nonce } => {
                let change = session.node().change(nonce).await?.account;
                let apply = ix::apply_change(nonce, market_of(&change), change.payer);
                (format!("Apply change {nonce}"), apply)
            }
            Self::Cancel { nonce } => {
                let change = session.node().change(nonce).await?.account;
                (format!("Take change {nonce} back"), ix::cancel_change(me, nonce, change.payer))
            }
            Self::Pause { what } => (format!("Pause {what:?}"), ix::pause(me, what.into())),
            Self::Unpause { what } => (format!("Lift the pause of {what:?}"), ix::unpause(me, what.into())),
            Self::Propose { admin } => (format!("Propose {admin} as admin"), ix::propose_admin(me, admin)),
            Self::Accept => (format!("Take over as admin with {me}"), ix::accept_admin(me)),
        };
        send(session, &what, instruction).await
    }
}

fn parse_successor(text: &str) -> Result<Pubkey> {
    match text {
        "nobody" => Ok(Pubkey::default()),
        address => parse_key(address),
    }
}

/// The market that a change is for; none for those of the protocol.
fn market_of(change: &ParamChange) -> Option<Pubkey> {
    Some(change.market).filter(|market| *market != Pubkey::default())
}

async fn send(session: &Session, what: &str, instruction: Instruction) -> Outcome {
    let sent = session.submit(what, vec![instruction]).await?;
    Ok(sent.map(|sent| {
        let told: Vec<String> = sent.events.iter().map(narrate_plain).collect();
        sent.report(if told.is_empty() { format!("{what}: done") } else { told.join("\n") })
    }))
}

async fn list(session: &Session) -> Result<Report> {
    let changes = session.node().changes().await?;
    let now = session.node().clock().await?.now;
    let rows = changes.iter().map(|change| row(change, now));
    let text = match changes.is_empty() {
        true => "no changes are queued".to_owned(),
        false => table(&["change", "sets", "market", "stands"], rows),
    };
    let values = changes.iter().map(|change| change_json(change, now)).collect();
    Ok(Report::new(text, Value::Array(values)))
}

fn row(change: &Keyed<ParamChange>, now: UnixSeconds) -> Vec<String> {
    let account = &change.account;
    vec![
        account.nonce.to_string(),
        kind_name(account.kind).to_owned(),
        market_of(account).map_or_else(|| "-".to_owned(), |market| market.to_string()),
        standing(account, now),
    ]
}

fn change_json(change: &Keyed<ParamChange>, now: UnixSeconds) -> Value {
    let account = &change.account;
    json!({
        "address": change.key.to_string(),
        "nonce": account.nonce,
        "sets": kind_name(account.kind),
        "market": market_of(account).map(|market| market.to_string()),
        "applies_from": account.applies_from,
        "expires_at": account.expires_at,
        "payer": account.payer.to_string(),
        "standing": standing(account, now),
    })
}

fn kind_name(kind: u8) -> &'static str {
    match kind {
        CHANGE_MARKET_PARAMS => "parameters",
        CHANGE_ORACLE => "oracle",
        CHANGE_STATUS => "status",
        CHANGE_COLLATERAL_ORACLE => "collateral oracle",
        CHANGE_SETTINGS => "settings of the protocol",
        _ => "something that this version does not know",
    }
}

fn standing(change: &ParamChange, now: UnixSeconds) -> String {
    let until = |then: i64| UnixSeconds(then).since(now).map_or_else(|_| "-".to_owned(), span);
    if now.get() >= change.expires_at {
        "expired: anyone may cancel it".into()
    } else if now.get() >= change.applies_from {
        format!("due: anyone may apply it for another {}", until(change.expires_at))
    } else {
        format!("waits another {}", until(change.applies_from))
    }
}
