//! What anyone may do to keep the system running.

use anchor_lang::prelude::Pubkey;
use bulkhead_client::quote::quote_liquidation;
use bulkhead_client::{MarketKeys, ix};
use bulkhead_risk::transition::{Frozen, Liquidation};
use clap::Args;
use solana_instruction::Instruction;

use super::Outcome;
use crate::error::{CliError, Result, parse_key};
use crate::narrate::narrate_all;
use crate::session::{Found, MarketName, PositionName, Session};
use crate::tokens::{associated, create_associated};
use crate::units::Units;

/// Which position to liquidate.
#[derive(Debug, Args)]
pub struct Liquidate {
    /// Address, or market and id of your own as in BTC/0
    position: PositionName,
    /// Token account for the keeper's pay [default: your usual one, created if needed]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
    to: Option<Pubkey>,
}

/// Which positions to look at.
#[derive(Debug, Args)]
pub struct Flag {
    /// Addresses; all in one market
    #[arg(required = true)]
    positions: Vec<PositionName>,
}

/// A position.
#[derive(Debug, Args)]
pub struct OnPosition {
    /// Address, or market and id of your own as in BTC/0
    position: PositionName,
}

/// Which position to settle at its cap.
#[derive(Debug, Args)]
pub struct Settle {
    /// Address, or market and id of your own as in BTC/0
    position: PositionName,
    /// Token account for the keeper's pay [default: your usual one, created if needed]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
    to: Option<Pubkey>,
}

/// Which market to update.
#[derive(Debug, Args)]
pub struct Update {
    /// Index, asset (BTC) or address
    market: MarketName,
    /// Collect the crank fee: the first sample of a minute earns it
    #[arg(long)]
    paid: bool,
    /// Token account for the crank fee [default: your usual one, created if needed]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_key, requires = "paid")]
    to: Option<Pubkey>,
}

/// Where a market's fees go.
#[derive(Debug, Args)]
pub struct CollectFees {
    /// Index, asset (BTC) or address
    market: MarketName,
    /// Token account of the fee receiver [default: its usual one, created if needed]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
    to: Option<Pubkey>,
}

impl Liquidate {
    /// Runs it. What the quote says is said first; the chain decides.
    pub async fn run(self, session: &Session) -> Outcome {
        let found = session.position(&self.position).await?;
        let units = found.units();
        match quote_liquidation(&found.snapshot.look()?, &found.position, Frozen::default())? {
            Liquidation::Skipped { assessment, .. } => session.say(format!(
                "by this price it is not to be liquidated ({:?}): equity {}, maintenance margin {}",
                assessment.readiness,
                units.signed_quote(assessment.valuation.equity.get()),
                units.quote(assessment.maintenance_margin.get())
            )),
            Liquidation::Done(report) => session
                .say(format!("by this price {} of it will be closed", units.base(report.closed.size.get()))),
        }
        let (keys, me) = (found.keys(), session.me()?);
        let (create, account) = receiving(me, me, &keys, self.to);
        let liquidate = ix::liquidate(&keys, me, account, found.key);
        let what = format!("Liquidate position {}", found.key);
        send(session, &what, create.into_iter().chain([liquidate]).collect(), &units).await
    }
}

impl Flag {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        let mut positions = Vec::with_capacity(self.positions.len());
        for name in &self.positions {
            positions.push(session.position_key(name).await?);
        }
        let first = session.found(positions[0]).await?;
        for key in &positions[1..] {
            if session.node().position(key).await?.market != first.position.market {
                return Err(CliError::usage(format!("{key} is in another market than {}", positions[0])));
            }
        }
        let flag = ix::flag(&first.keys(), &positions);
        send(session, &format!("Look at {} positions", positions.len()), vec![flag], &first.units()).await
    }
}

impl OnPosition {
    /// Lets its requirement follow the market's.
    pub async fn refresh(self, session: &Session) -> Outcome {
        let found = session.position(&self.position).await?;
        let refresh = ix::refresh_position(&found.keys(), found.key);
        self.send(session, "Refresh position", &found, refresh).await
    }

    /// Collects what its frozen vault left owed.
    pub async fn collect_frozen(self, session: &Session) -> Outcome {
        let found = session.position(&self.position).await?;
        let collect = ix::collect_frozen(&found.keys(), found.key);
        self.send(session, "Collect what was frozen of position", &found, collect).await
    }

    async fn send(&self, session: &Session, what: &str, found: &Found, instruction: Instruction) -> Outcome {
        send(session, &format!("{what} {}", found.key), vec![instruction], &found.units()).await
    }
}

impl Settle {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        let found = session.position(&self.position).await?;
        let (keys, me) = (found.keys(), session.me()?);
        let (create, account) = receiving(me, me, &keys, self.to);
        let settle = ix::settle_capped(&keys, me, account, found.key);
        let what = format!("Settle position {}", found.key);
        send(session, &what, create.into_iter().chain([settle]).collect(), &found.units()).await
    }
}

impl Update {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        let market = session.market(&self.market).await?.market;
        let (keys, units) = (MarketKeys::of(market.key, &market.account), Units::of(&market.account));
        let what = format!("Update market {}", market.account.index);
        if !self.paid {
            return send(session, &what, vec![ix::update_market(&keys)], &units).await;
        }
        let me = session.me()?;
        let (create, account) = receiving(me, me, &keys, self.to);
        let crank = ix::crank_market(&keys, account);
        let what = format!("{what} and collect the crank fee");
        send(session, &what, create.into_iter().chain([crank]).collect(), &units).await
    }
}

impl CollectFees {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        let market = session.market(&self.market).await?.market;
        let (keys, units) = (MarketKeys::of(market.key, &market.account), Units::of(&market.account));
        let receiver = session.node().protocol().await?.fee_receiver;
        let (create, account) = receiving(session.me()?, receiver, &keys, self.to);
        let collect = ix::collect_fees(&keys, account);
        let what = format!("Send fees of market {} to {receiver}", market.account.index);
        send(session, &what, create.into_iter().chain([collect]).collect(), &units).await
    }
}

/// The collateral account to pay to, with the instruction that creates it where it is the usual one.
pub fn receiving(
    payer: Pubkey,
    owner: Pubkey,
    keys: &MarketKeys,
    given: Option<Pubkey>,
) -> (Option<Instruction>, Pubkey) {
    let (mint, program) = (keys.collateral_mint, keys.token_program);
    match given {
        Some(account) => (None, account),
        None => (Some(create_associated(payer, owner, mint, program)), associated(&owner, &mint, &program)),
    }
}

/// Sends, and tells what the events say.
pub async fn send(session: &Session, what: &str, instructions: Vec<Instruction>, units: &Units) -> Outcome {
    let sent = session.submit(what, instructions).await?;
    let told: Result<_> = Ok(sent.map(|sent| {
        let told = narrate_all(&sent.events, units);
        sent.report(if told.is_empty() { format!("{what}: done") } else { told.trim_end().to_owned() })
    }));
    told
}
