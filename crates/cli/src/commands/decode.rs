//! What accounts, events, error codes and transactions mean.

use std::path::PathBuf;

use anchor_lang::prelude::Pubkey;
use bulkhead_client::error;
use bulkhead_client::rpc::PastTransaction;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Outcome;
use crate::amount::sol;
use crate::bytes;
use crate::error::{CliError, Result, parse_key};
use crate::idl::{self, Decoded};
use crate::narrate::narrate_plain;
use crate::output::{Report, pairs};
use crate::session::Session;
use crate::submit::event_json;

/// What to decode.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// An account of the program, from the chain or from its bytes
    Account(Account),
    /// An event, from what stands behind "Program data:" in a log
    Event {
        /// Base64
        data: String,
    },
    /// An instruction of the program, from its data
    Instruction {
        /// Base64, or hexadecimal behind 0x
        data: String,
    },
    /// An error: its code (6210 or 0x1842) or its name
    Error {
        /// Code or name
        error: String,
    },
    /// A transaction that has landed: what it did, cost, and why it failed if it did
    Transaction {
        /// Signature
        signature: String,
    },
}

/// Where an account's bytes come from.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Account {
    /// Address
    #[arg(value_parser = parse_key)]
    address: Option<Pubkey>,
    /// Base64, or hexadecimal behind 0x
    #[arg(long, value_name = "BYTES")]
    data: Option<String>,
    /// File with the raw bytes, or with what `solana account --output json` prints
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Command {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        match self {
            Self::Account(account) => account.run(session).await,
            Self::Event { data } => {
                idl::event(&bytes::read(data.trim_start_matches("Program data: "))?).map(decoded)
            }
            Self::Instruction { data } => instruction(&bytes::read(&data)?),
            Self::Error { error } => explain_error(&error),
            Self::Transaction { signature } => {
                let signature = signature
                    .parse()
                    .map_err(|_| CliError::usage(format!("{signature:?} is no signature")))?;
                Ok(transaction(&session.node().transaction(&signature).await?))
            }
        }
        .map(Some)
    }
}

impl Account {
    async fn run(self, session: &Session) -> Result<Report> {
        let data = match (&self.address, &self.data, &self.file) {
            (Some(address), _, _) => {
                let account = session.node().raw_accounts(&[*address]).await?.pop().flatten();
                let account = account.ok_or_else(|| CliError::usage(format!("no account at {address}")))?;
                if account.owner != bulkhead_client::ID {
                    let owner = account.owner;
                    return Err(CliError::usage(format!("{address} is owned by {owner}, not by Bulkhead")));
                }
                account.data
            }
            (_, Some(text), _) => bytes::read(text)?,
            (_, _, Some(file)) => bytes::read_file(file)?,
            (None, None, None) => return Err(CliError::usage("give an address, --data or --file")),
        };
        idl::account(&data).map(decoded)
    }
}

fn decoded(decoded: Decoded) -> Report {
    let json = json!(decoded);
    Report::new(decoded.text(), json)
}

fn instruction(data: &[u8]) -> Result<Report> {
    let (decoded, accounts) = idl::instruction(data)?;
    let text = format!("{}accounts: {}\n", decoded.text(), accounts.join(", "));
    Ok(Report::new(text, json!({ "instruction": decoded, "accounts": accounts })))
}

fn explain_error(text: &str) -> Result<Report> {
    let code = match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    };
    let by_name = || {
        let named = |error: &&bulkhead::error::BulkheadError| error.name().eq_ignore_ascii_case(text);
        error::BULKHEAD_ERRORS.iter().find(named).map(|error| u32::from(*error))
    };
    let known = code.or_else(by_name).and_then(error::find);
    let known = known.ok_or_else(|| CliError::usage(format!("no error is known as {text:?}")))?;
    let origin = format!("{:?}", known.origin).to_lowercase();
    let json = json!({
        "code": known.code, "name": known.name, "message": known.message, "origin": origin,
    });
    Ok(Report::new(format!("{known}\nof: {origin}"), json))
}

fn transaction(past: &PastTransaction) -> Report {
    let result = past.failure.as_ref().map_or_else(|| "succeeded".to_owned(), ToString::to_string);
    let logged = past.events();
    let mut text = pairs(&[
        ("result", result.clone()),
        ("slot", past.slot.to_string()),
        ("time", past.block_time.map_or_else(|| "not known".into(), |time| time.to_string())),
        ("fee", sol(past.fee_lamports.into())),
        ("compute units", past.units.map_or_else(|| "not known".into(), |units| units.to_string())),
    ]);
    let heading = match past.failure.is_some() {
        true => "\nevents (it failed: none of them happened)\n",
        false => "\nevents\n",
    };
    text += heading;
    text += &logged.events.iter().map(|event| format!("  {}\n", narrate_plain(event))).collect::<String>();
    if logged.is_truncated {
        text += "  the node cut the logs off: events may be missing\n";
    }
    text += "\nlamports\n";
    for (key, before, after) in &past.lamports {
        if before != after {
            let moved = i128::from(*after) - i128::from(*before);
            let sign = if moved > 0 { "+" } else { "" };
            text += &format!("  {key}  {sign}{}\n", sol(moved));
        }
    }
    let failure = past.failure.as_ref().map(|failure| {
        json!({ "name": failure.name(), "code": failure.code(), "message": failure.cause.to_string() })
    });
    let json = json!({
        "signature": past.signature.to_string(),
        "slot": past.slot,
        "block_time": past.block_time,
        "fee_lamports": past.fee_lamports,
        "compute_units": past.units,
        "failure": failure,
        "events": logged.events.iter().map(event_json).collect::<Vec<Value>>(),
        "logs_truncated": logged.is_truncated,
        "logs": past.logs,
    });
    Report::new(text, json)
}
