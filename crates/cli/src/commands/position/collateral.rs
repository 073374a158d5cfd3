//! Collateral in and out.

use anchor_lang::prelude::Pubkey;
use bulkhead_client::ix;
use bulkhead_client::quote::removable_collateral;
use clap::Args;

use super::super::Outcome;
use super::super::keeping::{receiving, send};
use crate::amount::Typed;
use crate::error::{CliError, Result, parse_key};
use crate::fill::is_stale;
use crate::session::{PositionName, Session};
use crate::tokens::associated;

/// Collateral to add.
#[derive(Debug, Args)]
pub struct Add {
    /// Address, or market and id of your own as in BTC/0
    position: PositionName,
    /// How much, as in "100 USDC"
    amount: Typed,
    /// Token account that it comes from [default: your usual one]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
    source: Option<Pubkey>,
}

/// Collateral to take out.
#[derive(Debug, Args)]
pub struct Remove {
    /// Address, or market and id of your own as in BTC/0
    position: PositionName,
    /// How much, as in "100 USDC"; "max" for all that the margin allows
    #[arg(value_parser = parse_removal)]
    amount: Removal,
    /// Token account that it goes to [default: your usual one, created if needed]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
    to: Option<Pubkey>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Removal {
    Amount(Typed),
    Most,
}

fn parse_removal(text: &str) -> Result<Removal> {
    match text {
        "max" => Ok(Removal::Most),
        amount => Typed::parse(amount).map(Removal::Amount),
    }
}

impl Add {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        let found = session.position(&self.position).await?;
        let (keys, units, me) = (found.keys(), found.units(), session.me()?);
        let atoms = units.read_quote(&self.amount)?;
        let source =
            self.source.unwrap_or_else(|| associated(&me, &keys.collateral_mint, &keys.token_program));
        let add = ix::add_collateral(&keys, me, source, found.key, atoms);
        let what = format!("Add {} to position {}", units.quote(atoms), found.key);
        send(session, &what, vec![add], &units).await
    }
}

impl Remove {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        let found = session.position(&self.position).await?;
        let (keys, units, me) = (found.keys(), found.units(), session.me()?);
        let is_stale = is_stale(&found.snapshot)?;
        let look = found.snapshot.look()?;
        let look = if is_stale { look.updated()? } else { look };
        let atoms = match &self.amount {
            Removal::Amount(typed) => units.read_quote(typed)?,
            Removal::Most => match removable_collateral(&look, &found.position)?.get() {
                0 => return Err(CliError::refused("the margin allows no collateral to be taken out")),
                most => most,
            },
        };
        let (create, destination) = receiving(me, me, &keys, self.to);
        let update = is_stale.then(|| ix::update_market(&keys));
        let remove = ix::remove_collateral(&keys, me, found.key, destination, atoms);
        let what = format!("Take {} out of position {}", units.quote(atoms), found.key);
        send(session, &what, update.into_iter().chain(create).chain([remove]).collect(), &units).await
    }
}
