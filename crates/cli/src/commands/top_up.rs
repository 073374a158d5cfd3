//! Top-up plans: what a wallet may add to a position that comes near liquidation, and the approval that lets it.

use anchor_lang::prelude::Pubkey;
use bulkhead::instructions::SetTopUpArgs;
use bulkhead::state::TopUpPlan;
use bulkhead_client::quote::quote_top_up;
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_risk::{Ppm, QuoteAtoms, UnixSeconds, top_up};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Outcome;
use super::keeping::{receiving, send};
use crate::amount::{Typed, percent, plain, span};
use crate::error::{CliError, Result, parse_key};
use crate::output::{Report, pairs};
use crate::session::{Found, MarketName, PositionName, Session};
use crate::tokens::{Holding, approve, associated, revoke};
use crate::trigger::Expiry;
use crate::units::Units;

/// What to do with top-ups.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make or replace the plan of a position
    Set(Set),
    /// The plan of a position, what is approved for it, and whether it would act now
    Show(OnPosition),
    /// Take a plan back; anyone once its position is closed
    Cancel(OnPosition),
    /// Top a position up by its plan; anyone, for the plan's pay
    Execute(Execute),
    /// Let plans move collateral out of your token account, up to an amount
    Approve(Approve),
    /// Let nobody move anything out of your token account any more
    Revoke(OnSource),
}

/// A plan.
#[derive(Debug, Args)]
pub struct Set {
    /// Address, or market and id of your own as in BTC/0
    position: PositionName,
    /// What may move in all, as in "1000 USDC"
    #[arg(long, value_name = "AMOUNT")]
    budget: Typed,
    /// What one top-up moves, as in "200 USDC"
    #[arg(long, value_name = "AMOUNT")]
    amount: Typed,
    /// Equity below this share of the maintenance margin calls for a top-up: 100% to 500%
    #[arg(long, default_value = "125%", value_name = "SHARE", value_parser = parse_multiple)]
    trigger: Ppm,
    /// Least time between two top-ups: 15s to 7d
    #[arg(long, default_value = "60s", value_name = "SPAN", value_parser = parse_span)]
    interval: u32,
    /// Of each top-up, to whoever executes it: at most 5 %
    #[arg(long, default_value = "0", value_name = "AMOUNT")]
    keeper_pay: Typed,
    /// Token account of yours that the money comes from [default: your usual one]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
    source: Option<Pubkey>,
}

/// A position.
#[derive(Debug, Args)]
pub struct OnPosition {
    /// Address, or market and id of your own as in BTC/0
    position: PositionName,
}

/// A position to top up.
#[derive(Debug, Args)]
pub struct Execute {
    /// Address, or market and id of your own as in BTC/0
    position: PositionName,
    /// Token account for the keeper's pay [default: your usual one, created if needed]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
    to: Option<Pubkey>,
}

/// A token account of one's own.
#[derive(Debug, Args)]
pub struct OnSource {
    /// Index, asset (BTC) or address of a market with this collateral
    market: MarketName,
    /// Token account of yours [default: your usual one]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
    source: Option<Pubkey>,
}

/// An approval.
#[derive(Debug, Args)]
pub struct Approve {
    #[command(flatten)]
    on: OnSource,
    /// What all your plans together may move out of it, as in "1000 USDC"
    amount: Typed,
}

fn parse_multiple(text: &str) -> Result<Ppm> {
    let wrong = || CliError::usage(format!("{text:?} is no share of the margin: write 125%"));
    let typed = Typed::parse(text.trim().strip_suffix('%').ok_or_else(wrong)?)?;
    let ppm = typed.atoms(4).ok().and_then(|ppm| u32::try_from(ppm).ok());
    ppm.filter(|_| typed.unit().is_none()).map(Ppm).ok_or_else(wrong)
}

fn parse_span(text: &str) -> Result<u32> {
    match text.parse()? {
        Expiry::In(secs) => Ok(secs),
        Expiry::At(_) => Err(CliError::usage("write a span, as in 60s, 30min or 12h")),
    }
}

impl Command {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        match self {
            Self::Set(command) => command.run(session).await,
            Self::Show(command) => command.show(session).await.map(Some),
            Self::Cancel(command) => command.cancel(session).await,
            Self::Execute(command) => command.run(session).await,
            Self::Approve(command) => command.run(session).await,
            Self::Revoke(command) => command.revoke(session).await,
        }
    }
}

impl Set {
    async fn run(self, session: &Session) -> Outcome {
        let found = session.position(&self.position).await?;
        let (keys, units, me) = (found.keys(), found.units(), session.me()?);
        let plan = top_up::Plan {
            budget: QuoteAtoms(units.read_quote(&self.budget)?),
            trigger_ppm: self.trigger,
            amount: QuoteAtoms(units.read_quote(&self.amount)?),
            interval_secs: self.interval,
            last_at: UnixSeconds::ZERO,
            keeper_pay: QuoteAtoms(units.read_quote_or_zero(&self.keeper_pay)?),
        };
        // Refused here as on chain, before anything is paid.
        plan.validate()?;
        let source =
            self.source.unwrap_or_else(|| associated(&me, &keys.collateral_mint, &keys.token_program));
        let approved = approved_of(session, &source, &me).await?;
        if approved < plan.budget.get() {
            session.say(format!(
                "{} of the token account {source} are approved for top-ups: the plan moves no more before \
                 `top-up approve`",
                units.quote(approved)
            ));
        }
        let args = SetTopUpArgs {
            budget_atoms: plan.budget.get(),
            trigger_ppm: plan.trigger_ppm.get(),
            amount_atoms: plan.amount.get(),
            interval_secs: plan.interval_secs,
            keeper_pay_atoms: plan.keeper_pay.get(),
        };
        let set = ix::set_top_up(&keys, me, me, found.key, source, args);
        send(session, &format!("Set the top-up plan of position {}", found.key), vec![set], &units).await
    }
}

/// What of a token account its owner's plans may move; none where it is approved for somebody else.
async fn approved_of(session: &Session, source: &Pubkey, owner: &Pubkey) -> Result<u64> {
    let holding = holding_of(session, source).await?;
    let ours = holding.filter(|holding| holding.delegate == Some(pda::top_up_authority(owner)));
    Ok(ours.map_or(0, |holding| holding.delegated_atoms))
}

async fn holding_of(session: &Session, account: &Pubkey) -> Result<Option<Holding>> {
    let account = session.node().raw_accounts(std::slice::from_ref(account)).await?.pop().flatten();
    Ok(account.and_then(|account| Holding::decode(&account.data)))
}

/// The plan of a position, if it has one.
pub(super) async fn plan_of(session: &Session, position: &Pubkey) -> Result<Option<TopUpPlan>> {
    Ok(session.node().find(&pda::top_up(position)).await?)
}

impl OnPosition {
    async fn show(self, session: &Session) -> Result<Report> {
        let found = session.position(&self.position).await?;
        let units = found.units();
        let Some(plan) = plan_of(session, &found.key).await? else {
            return Ok(Report::new("this position has no top-up plan", Value::Null));
        };
        let approved = approved_of(session, &plan.source, &plan.owner).await?;
        let held = holding_of(session, &plan.source).await?.map_or(0, |holding| holding.atoms);
        let acts = acts(&found, &plan, &units);
        let text = pairs(&[
            ("acts below", format!("{} of the maintenance margin", percent(plan.trigger_ppm.into()))),
            ("moves", format!("{} at a time", units.quote(plan.amount_atoms))),
            ("at most every", span(plan.interval_secs.into())),
            ("of that to the keeper", units.quote(plan.keeper_pay_atoms)),
            ("budget left", units.quote(plan.budget_atoms)),
            ("approved", units.quote(approved)),
            ("held", format!("{} in {}", units.quote(held), plan.source)),
            ("now", acts.clone()),
        ]);
        let json = json!({
            "position": found.key.to_string(),
            "owner": plan.owner.to_string(),
            "source": plan.source.to_string(),
            "trigger_percent": plain(plan.trigger_ppm.into(), 4),
            "amount": units.plain_quote(plan.amount_atoms.into()),
            "interval_secs": plan.interval_secs,
            "keeper_pay": units.plain_quote(plan.keeper_pay_atoms.into()),
            "budget": units.plain_quote(plan.budget_atoms.into()),
            "approved": units.plain_quote(approved.into()),
            "held": units.plain_quote(held.into()),
            "last_at": (plan.last_at != 0).then_some(plan.last_at),
            "now": acts,
        });
        Ok(Report::new(text, json))
    }

    async fn cancel(self, session: &Session) -> Outcome {
        let position = session.position_key(&self.position).await?;
        let plan: TopUpPlan = session.node().get(&pda::top_up(&position)).await?;
        let cancel = ix::cancel_top_up(session.me()?, position, plan.payer);
        let sent = session.submit(&format!("Cancel the top-up plan of {position}"), vec![cancel]).await?;
        // Its position may be gone, and with it what amounts are counted in.
        Ok(sent.map(|sent| sent.report("top-up plan cancelled, its rent returned to its payer")))
    }
}

/// What the plan would do by the price account, in words.
fn acts(found: &Found, plan: &TopUpPlan, units: &Units) -> String {
    let quoted = found.snapshot.look().and_then(|look| quote_top_up(&look, &found.position, plan));
    match quoted {
        Ok(report) => format!("it would add {}", units.quote(report.split.into_vault.get())),
        Err(refusal) => format!("it would not act: {refusal}"),
    }
}

impl Execute {
    async fn run(self, session: &Session) -> Outcome {
        let found = session.position(&self.position).await?;
        let (keys, units, me) = (found.keys(), found.units(), session.me()?);
        let plan: TopUpPlan = session.node().get(&pda::top_up(&found.key)).await?;
        session.say(format!("by the price of now {}", acts(&found, &plan, &units)));
        let (create, account) = receiving(me, me, &keys, self.to);
        let execute = ix::execute_top_up(&keys, me, account, found.key, plan.owner, plan.source);
        let what = format!("Top position {} up", found.key);
        send(session, &what, create.into_iter().chain([execute]).collect(), &units).await
    }
}

impl OnSource {
    /// Keys, units and the token account.
    async fn found(&self, session: &Session) -> Result<(MarketKeys, Units, Pubkey)> {
        let key = session.market_key(&self.market).await?;
        let market = session.node().get(&key).await?;
        let keys = MarketKeys::of(key, &market);
        let usual = associated(&session.me()?, &keys.collateral_mint, &keys.token_program);
        Ok((keys, Units::of(&market), self.source.unwrap_or(usual)))
    }

    async fn revoke(self, session: &Session) -> Outcome {
        let (keys, units, source) = self.found(session).await?;
        let revoke = revoke(keys.token_program, source, session.me()?);
        let what = format!("Revoke whatever is approved of token account {source}");
        send(session, &what, vec![revoke], &units).await
    }
}

impl Approve {
    async fn run(self, session: &Session) -> Outcome {
        let (keys, units, source) = self.on.found(session).await?;
        let (me, atoms) = (session.me()?, units.read_quote(&self.amount)?);
        let authority = pda::top_up_authority(&me);
        let other = holding_of(session, &source).await?.and_then(|holding| holding.delegate);
        if let Some(other) = other.filter(|other| *other != authority) {
            session.say(format!("this ends what {source} has approved for {other}"));
        }
        let approve = approve(keys.token_program, source, authority, me, atoms);
        let what = format!("Approve {} of token account {source} for top-ups", units.quote(atoms));
        send(session, &what, vec![approve], &units).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_and_intervals_are_read_with_their_units() {
        assert_eq!(parse_multiple("125%"), Ok(Ppm(1_250_000)));
        assert_eq!(parse_multiple("150.5 %"), Ok(Ppm(1_505_000)));
        for wrong in ["1.25", "125", "%", "-1%", "0%", "12x%"] {
            assert!(parse_multiple(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_span("60s"), Ok(60));
        assert!(parse_span("@60").is_err() && parse_span("60").is_err());
    }
}
