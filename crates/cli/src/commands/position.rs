//! Positions: open, look at, close, change collateral.

mod close;
mod collateral;
mod list;
mod open;
mod show;

use anchor_lang::prelude::Pubkey;
use bulkhead_client::ix;
use clap::Subcommand;

use super::Outcome;
use super::keeping::send;
use crate::error::{Result, parse_key};
use crate::session::{PositionName, Session};

/// What to do with positions.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open a position: create it with its own vault and place the order that opens it
    Open(open::Open),
    /// Say what a position is worth, what it must hold, how far it is from liquidation, and why
    Show {
        /// Address, or market and id of your own as in BTC/0
        position: PositionName,
    },
    /// Your positions, or an owner's, or all of a market
    List(list::List),
    /// Follow a position until it is closed or you press Ctrl-C
    Watch {
        /// Address, or market and id of your own as in BTC/0
        position: PositionName,
        /// Seconds between looks
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3600))]
        every: u64,
    },
    /// Close a position and take everything out of its vault, without needing anybody
    Close(close::Close),
    /// Close a position of a settled market at its settlement price; anyone may
    Settle {
        /// Address, or market and id of your own as in BTC/0
        position: PositionName,
    },
    /// Add collateral; anyone may
    Add(collateral::Add),
    /// Take collateral out, as far as the margin allows
    Remove(collateral::Remove),
    /// Name who may place and cancel orders for a position, or nobody
    Delegate {
        /// Address, or market and id of your own as in BTC/0
        position: PositionName,
        /// Address, or "nobody"
        #[arg(value_parser = parse_delegate)]
        delegate: Pubkey,
    },
}

impl Command {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        match self {
            Self::Open(command) => command.run(session).await,
            Self::Show { position } => show::show(session, &position).await.map(Some),
            Self::List(command) => command.run(session).await.map(Some),
            Self::Watch { position, every } => show::watch(session, &position, every).await,
            Self::Close(command) => command.run(session).await,
            Self::Settle { position } => {
                let found = session.position(&position).await?;
                let settle = ix::settle_position(&found.keys(), session.me()?, found.key);
                let what = format!("Settle position {}", found.key);
                send(session, &what, vec![settle], &found.units()).await
            }
            Self::Add(command) => command.run(session).await,
            Self::Remove(command) => command.run(session).await,
            Self::Delegate { position, delegate } => {
                let found = session.position(&position).await?;
                let set = ix::set_delegate(session.me()?, found.key, delegate);
                let what = format!("Set the delegate of position {}", found.key);
                send(session, &what, vec![set], &found.units()).await
            }
        }
    }
}

fn parse_delegate(text: &str) -> Result<Pubkey> {
    match text {
        "nobody" => Ok(Pubkey::default()),
        address => parse_key(address),
    }
}
