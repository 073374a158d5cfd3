//! Leaving a pool: shares wait in escrow for an hour and are then paid for, by whoever comes first.

use anchor_lang::prelude::Pubkey;
use bulkhead::instructions::RequestWithdrawalArgs;
use bulkhead::state::{MARKET_SETTLED, Withdrawal};
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_risk::pool::withdraw;
use bulkhead_risk::{Purpose, Shares, UnixSeconds};
use clap::Args;
use serde_json::{Value, json};

use super::super::Outcome;
use super::super::keeping::{receiving, send};
use super::{read_shares, shares_of};
use crate::amount::{Lamports, Typed, sol, span};
use crate::error::{CliError, Result, parse_key};
use crate::fill::is_stale;
use crate::output::{Report, table};
use crate::session::{MarketName, PositionName, Session};
use crate::tokens::{associated, create_associated};
use crate::units::Units;

/// Shares to give for collateral.
#[derive(Debug, Args)]
pub struct Request {
    /// Index, asset (BTC) or address of the market
    market: MarketName,
    /// How many shares; "all" for all that you hold
    #[arg(value_parser = parse_shares)]
    shares: SharesArg,
    /// Token account that the collateral goes to [default: your usual one, created if needed]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
    to: Option<Pubkey>,
    /// For whoever executes it; comes back to you if you do
    #[arg(long, default_value = "0.00001 SOL", value_name = "AMOUNT")]
    tip: Lamports,
}

/// A withdrawal.
#[derive(Debug, Args)]
pub struct OnWithdrawal {
    /// Address, or market and id of your own as in BTC/0
    #[arg(value_parser = parse_withdrawal)]
    withdrawal: PositionName,
}

/// Whose withdrawals.
#[derive(Debug, Args)]
pub struct List {
    /// Index, asset (BTC) or address of the market
    market: MarketName,
    /// Whose [default: of the key that signs]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
    owner: Option<Pubkey>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum SharesArg {
    Amount(Typed),
    All,
}

fn parse_shares(text: &str) -> Result<SharesArg> {
    match text {
        "all" => Ok(SharesArg::All),
        amount => Typed::parse(amount).map(SharesArg::Amount),
    }
}

/// Withdrawals are named as positions are.
fn parse_withdrawal(text: &str) -> Result<PositionName> {
    text.parse().map_err(|_| {
        CliError::usage(format!(
            "{text:?} is no withdrawal: give its address, or market and id of your own as in BTC/0"
        ))
    })
}

impl Request {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        let market = session.market(&self.market).await?;
        let (account, me) = (&market.market.account, session.me()?);
        let (units, keys) = (Units::of(account), MarketKeys::of(market.market.key, account));
        let mint = pda::lp_mint(&keys.market);
        let source = associated(&me, &mint, &keys.token_program);
        let shares = match &self.shares {
            SharesArg::Amount(typed) => read_shares(typed, &units)?,
            SharesArg::All => match shares_of(session, &source).await? {
                0 => return Err(CliError::refused("you hold no shares of this pool")),
                all => all,
            },
        };
        // Refused here as on chain, before anything is paid.
        let view = account.view()?;
        let request =
            withdraw::request(&view.ledger, &view.params, Shares(shares), self.tip.0, market.clock.now)?;
        let trader = session.node().trader(&keys.market, &me).await?;
        let withdrawal_id = trader.map_or(0, |trader| trader.next_withdrawal_id);
        let (create, destination) = receiving(me, me, &keys, self.to);
        let args = RequestWithdrawalArgs { withdrawal_id, shares, tip_lamports: self.tip.0 };
        let request_it = ix::request_withdrawal(&keys, me, me, source, destination, args);
        let what = format!(
            "Request a withdrawal of {} shares from the pool of market {}, to be paid from {} on",
            units.plain_quote(shares.into()),
            account.index,
            span(request.executable_from.since(market.clock.now)?)
        );
        let sent = session.submit(&what, create.into_iter().chain([request_it]).collect()).await?;
        Ok(sent.map(|sent| {
            let withdrawal = pda::withdrawal(&keys.market, &me, withdrawal_id);
            let told = crate::narrate::narrate_all(&sent.events, &units);
            let json = json!({
                "id": withdrawal_id, "address": withdrawal.to_string(), "transactions": [sent.json()],
            });
            Report::new(format!("{told}withdrawal {withdrawal}, id {withdrawal_id}"), json)
        }))
    }
}

/// A withdrawal with its market's keys.
struct FoundWithdrawal {
    key: Pubkey,
    account: Withdrawal,
    keys: MarketKeys,
    units: Units,
}

impl OnWithdrawal {
    async fn key(&self, session: &Session) -> Result<Pubkey> {
        match &self.withdrawal {
            PositionName::Address(address) => Ok(*address),
            PositionName::Own(market, id) => {
                Ok(pda::withdrawal(&session.market_key(market).await?, &session.me()?, *id))
            }
        }
    }

    async fn found(&self, session: &Session) -> Result<FoundWithdrawal> {
        let key = self.key(session).await?;
        let account: Withdrawal = session.node().get(&key).await?;
        let market = session.node().get(&account.market).await?;
        Ok(FoundWithdrawal {
            key,
            account,
            keys: MarketKeys::of(account.market, &market),
            units: Units::of(&market),
        })
    }

    /// Pays it, or as much of it as may leave.
    pub async fn execute(self, session: &Session) -> Outcome {
        let FoundWithdrawal { key, account, keys, units } = self.found(session).await?;
        let snapshot = session.node().snapshot(&keys.market).await?;
        let (view, now) = (account.view()?, snapshot.clock.now);
        view.require_executable(now)?;
        let is_settled = snapshot.market.account.status == MARKET_SETTLED;
        let is_stale = !is_settled && is_stale(&snapshot)?;
        let quoted = if is_settled {
            let market = snapshot.market.account.view()?;
            withdraw::execute(&market, market.settlement_price, &view, view.shares, now)?
        } else {
            let look = snapshot.look()?;
            let look = if is_stale { look.updated()? } else { look };
            let market = look.observed(Purpose::Risk)?;
            withdraw::execute(&market, market.oracle.index, &view, view.shares, now)?
        };
        session.say(format!(
            "at the price of now {} are paid for {} of {} shares",
            units.quote(quoted.amount.get()),
            units.plain_quote(quoted.shares_burnt.get().into()),
            units.plain_quote(view.shares.get().into())
        ));
        let update = is_stale.then(|| ix::update_market(&keys));
        let execute = ix::execute_withdrawal(&keys, session.me()?, key, &account);
        let what = format!("Execute withdrawal {key}");
        send(session, &what, update.into_iter().chain([execute]).collect(), &units).await
    }

    /// Gives its shares back to its owner.
    pub async fn cancel(self, session: &Session) -> Outcome {
        let FoundWithdrawal { key, account, keys, units } = self.found(session).await?;
        let (me, owner, mint) = (session.me()?, account.owner, pda::lp_mint(&keys.market));
        account.view()?.require_cancellable(owner == me, session.node().clock().await?.now)?;
        let shares = associated(&owner, &mint, &keys.token_program);
        let instructions = vec![
            create_associated(me, owner, mint, keys.token_program),
            ix::cancel_withdrawal(&keys, me, key, &account, shares),
        ];
        send(session, &format!("Cancel withdrawal {key}"), instructions, &units).await
    }
}

impl List {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Result<Report> {
        let market = session.market_key(&self.market).await?;
        let owner = match self.owner {
            Some(owner) => owner,
            None => session.me()?,
        };
        let units = Units::of(&session.node().get(&market).await?);
        let now = session.node().clock().await?.now;
        // Ids count up and are never used twice: whatever still waits lies at one of them.
        let trader = session.node().trader(&market, &owner).await?;
        let next_id = trader.map_or(0, |trader| trader.next_withdrawal_id);
        let keys: Vec<Pubkey> = (0..next_id).map(|id| pda::withdrawal(&market, &owner, id)).collect();
        let found = session.node().find_all::<Withdrawal>(&keys).await?;
        let waiting: Vec<(Pubkey, Withdrawal)> =
            keys.into_iter().zip(found).filter_map(|(key, found)| Some((key, found?))).collect();
        let rows =
            waiting.iter().map(|(_, account)| row(account, &units, now)).collect::<Result<Vec<_>>>()?;
        let text = match rows.is_empty() {
            true => "no withdrawals wait".to_owned(),
            false => table(&["withdrawal", "shares", "paid so far", "tip", "stands"], rows),
        };
        let values = waiting.iter().map(|(key, account)| withdrawal_json(key, account, &units, now));
        Ok(Report::new(text, Value::Array(values.collect::<Result<_>>()?)))
    }
}

fn row(account: &Withdrawal, units: &Units, now: UnixSeconds) -> Result<Vec<String>> {
    Ok(vec![
        account.id.to_string(),
        units.plain_quote(account.shares.into()),
        units.quote(account.paid_atoms),
        sol(account.tip_lamports.into()),
        standing(&account.view()?, now)?,
    ])
}

fn withdrawal_json(key: &Pubkey, account: &Withdrawal, units: &Units, now: UnixSeconds) -> Result<Value> {
    Ok(json!({
        "address": key.to_string(),
        "id": account.id,
        "shares_requested": units.plain_quote(account.shares_requested.into()),
        "shares": units.plain_quote(account.shares.into()),
        "paid": units.plain_quote(account.paid_atoms.into()),
        "tip_lamports": account.tip_lamports,
        "destination": account.destination.to_string(),
        "executable_from": account.executable_from,
        "lapses_at": account.lapses_at,
        "standing": standing(&account.view()?, now)?,
    }))
}

fn standing(withdrawal: &withdraw::Withdrawal, now: UnixSeconds) -> Result<String> {
    if withdrawal.has_lapsed(now) {
        return Ok("lapsed: anyone may cancel it".into());
    }
    if withdrawal.require_executable(now).is_ok() {
        let left = span(withdrawal.lapses_at.since(now)?);
        let waits = if withdrawal.short_since.is_zero() { "" } else { "waits for liquidity; " };
        return Ok(format!("{waits}can be executed for another {left}"));
    }
    let wait = span(withdrawal.executable_from.since(now)?);
    Ok(match withdrawal.require_cancellable(true, now) {
        Ok(()) => format!("can be executed in {wait}; its owner may still cancel it"),
        Err(_) => format!("can be executed in {wait}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_withdrawal_stands_as_the_program_sees_it() {
        let withdrawal = withdraw::Withdrawal {
            shares: Shares(1),
            executable_from: UnixSeconds(10_000),
            lapses_at: UnixSeconds(13_600),
            ..withdraw::Withdrawal::default()
        };
        let stands = |at| standing(&withdrawal, UnixSeconds(at)).unwrap();
        assert_eq!(stands(6_400), "can be executed in 60 min 0 s; its owner may still cancel it");
        assert_eq!(stands(9_990), "can be executed in 10 s");
        assert_eq!(stands(13_500), "can be executed for another 100 s");
        assert_eq!(stands(13_600), "lapsed: anyone may cancel it");
        let short = withdraw::Withdrawal { short_since: UnixSeconds(10_001), ..withdrawal };
        assert!(standing(&short, UnixSeconds(10_002)).unwrap().starts_with("waits for liquidity"));
    }
}
