//! The command line: everything a trader, a liquidity provider, an admin or a support person does.
//!
//! One module a noun under [`commands`]. What decides stands outside of them, as functions without a node:
//! amounts, explanations, decoding, where an order stands. Addresses, instructions, quotes and sending are
//! `bulkhead_client`'s, arithmetic of money is `bulkhead_risk`'s.

pub mod amount;
pub mod args;
pub mod bytes;
pub mod commands;
pub mod config;
mod dry_run;
pub mod error;
pub mod explain;
pub mod fill;
pub mod idl;
pub mod limits;
pub mod narrate;
pub mod output;
pub mod session;
pub mod submit;
pub mod tokens;
pub mod trigger;
pub mod units;
pub mod view;

use args::{Cli, Command};
use clap::CommandFactory;
use error::Result;
use session::Session;

/// Does what the command line says.
pub async fn run(cli: Cli) -> Result<()> {
    if let Command::Completion { shell } = cli.command {
        clap_complete::generate(shell, &mut Cli::command(), "bulkhead", &mut std::io::stdout());
        return Ok(());
    }
    let session = Session::new(cli.globals)?;
    let report = match cli.command {
        Command::Market(command) => command.run(&session).await,
        Command::Position(command) => command.run(&session).await,
        Command::Order(command) => command.run(&session).await,
        Command::TopUp(command) => command.run(&session).await,
        Command::Lp(command) => command.run(&session).await,
        Command::Protocol(command) => command.run(&session).await,
        Command::Liquidate(command) => command.run(&session).await,
        Command::Flag(command) => command.run(&session).await,
        Command::Refresh(command) => command.refresh(&session).await,
        Command::Settle(command) => command.run(&session).await,
        Command::CollectFrozen(command) => command.collect_frozen(&session).await,
        Command::Update(command) => command.run(&session).await,
        Command::CollectFees(command) => command.run(&session).await,
        Command::Migrate(command) => command.run(&session).await,
        Command::Admin(command) => command.run(&session).await,
        Command::Decode(command) => command.run(&session).await,
        Command::Completion { .. } => Ok(None),
    }?;
    if let Some(report) = report {
        report.print(session.globals.output);
    }
    Ok(())
}
