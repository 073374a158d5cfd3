//! Liquidity providers: what they put in, what they hold, and how they leave.

mod withdrawals;

use anchor_lang::prelude::Pubkey;
use bulkhead::instructions::DepositArgs;
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_risk::{MarketStatus, PriceE12, Purpose, QuoteAtoms, fixed, pool};
use clap::Subcommand;
use serde_json::json;

use super::Outcome;
use crate::amount::{Share, Typed, grouped, percent, plain};
use crate::error::{CliError, Result, parse_key};
use crate::narrate::narrate_all;
use crate::output::{Report, pairs};
use crate::session::{MarketName, Session};
use crate::tokens::{Holding, associated, create_associated};
use crate::units::Units;
use crate::view::View;

const PPM: u64 = 1_000_000;

/// What to do with a pool.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Put collateral into a market's pool for shares of it
    Deposit {
        /// Index, asset (BTC) or address of the market
        market: MarketName,
        /// How much, as in "1000 USDC"
        amount: Typed,
        /// How much fewer shares than quoted to accept
        #[arg(long, default_value = "0.5%", value_name = "SHARE")]
        slippage: Share,
    },
    /// Put shares into escrow, to be paid for from an hour later on
    Request(withdrawals::Request),
    /// Pay a matured withdrawal, or as much of it as may leave; anyone, for its tip
    Execute(withdrawals::OnWithdrawal),
    /// Give the shares of a withdrawal back to its owner; anyone once it has lapsed
    Cancel(withdrawals::OnWithdrawal),
    /// Withdrawals that wait, with where each stands
    Withdrawals(withdrawals::List),
    /// A pool, and what of it somebody holds
    Show {
        /// Index, asset (BTC) or address of the market
        market: MarketName,
        /// Whose shares [default: of the key that signs]
        #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
        owner: Option<Pubkey>,
    },
}

impl Command {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        match self {
            Self::Deposit { market, amount, slippage } => deposit(session, &market, &amount, slippage).await,
            Self::Request(command) => command.run(session).await,
            Self::Execute(command) => command.execute(session).await,
            Self::Cancel(command) => command.cancel(session).await,
            Self::Withdrawals(command) => command.run(session).await.map(Some),
            Self::Show { market, owner } => show(session, &market, owner).await.map(Some),
        }
    }
}

async fn deposit(session: &Session, market: &MarketName, amount: &Typed, slippage: Share) -> Outcome {
    let snapshot = session.market(market).await?;
    let (account, me) = (&snapshot.market.account, session.me()?);
    let (units, keys) = (Units::of(account), MarketKeys::of(snapshot.market.key, account));
    let amount_atoms = units.read_quote(amount)?;
    let is_stale = crate::fill::is_stale(&snapshot)?;
    let look = if is_stale { snapshot.look()?.updated()? } else { snapshot.look()? };
    let quoted = pool::deposit(&look.observed(Purpose::Risk)?, QuoteAtoms(amount_atoms))?;
    let kept = PPM - u64::from(slippage.0);
    let shares_min = fixed::mul_div_u64_floor(quoted.shares.get(), kept, PPM)?;
    let mint = pda::lp_mint(&keys.market);
    let shares = associated(&me, &mint, &keys.token_program);
    let source = associated(&me, &keys.collateral_mint, &keys.token_program);
    let update = is_stale.then(|| ix::update_market(&keys));
    let args = DepositArgs { amount_atoms, shares_min };
    let instructions = update.into_iter().chain([
        create_associated(me, me, mint, keys.token_program),
        ix::deposit(&keys, me, source, shares, args),
    ]);
    let what = format!(
        "Deposit {} into the pool of market {} for about {} shares",
        units.quote(amount_atoms),
        account.index,
        units.plain_quote(quoted.shares.get().into())
    );
    let sent = session.submit(&what, instructions.collect()).await?;
    Ok(sent.map(|sent| sent.report(narrate_all(&sent.events, &units).trim_end())))
}

async fn show(session: &Session, market: &MarketName, owner: Option<Pubkey>) -> Result<Report> {
    let snapshot = session.market(market).await?;
    let account = &snapshot.market.account;
    let owner = match owner {
        Some(owner) => owner,
        None => session.me()?,
    };
    let units = Units::of(account);
    let tokens = associated(&owner, &pda::lp_mint(&snapshot.market.key), &account.token_program);
    let shares = shares_of(session, &tokens).await?;
    let View { market, note, .. } = View::of(&snapshot)?;
    let ledger = &market.ledger;
    let pool = pool::state::state(&market, pool_price(&market), snapshot.clock.now)?;
    let part_ppm = match ledger.shares.get() {
        0 => 0,
        all => fixed::mul_div_u64_floor(shares, PPM, all)?,
    };
    let mut text = note.as_ref().map_or_else(String::new, |note| format!("Shown {note}.\n"));
    text += &pairs(&[
        ("pool", units.quote(ledger.pool.get())),
        ("worth to those who enter", worth(&units, pool.value_for_deposit, pool.deposit_price_e9)),
        ("worth to those who leave", worth(&units, pool.value_for_withdrawal, pool.withdrawal_price_e9)),
        ("owed to traders", units.quote(pool.promised.get())),
        (
            "set aside for traders",
            format!("{}, {}", units.quote(pool.reserved.get()), percent(pool.utilisation_ppm.get().into())),
        ),
        (
            "may leave now",
            format!(
                "{}; {} by the hourly limit",
                units.quote(pool.free.min(pool.outflow_left).get()),
                units.quote(pool.outflow_left.get())
            ),
        ),
        ("withdrawals that wait for liquidity", ledger.withdrawals_short.to_string()),
        ("insurance", units.quote(ledger.insurance.get())),
        ("shares", grouped(ledger.shares.get().into(), units.quote_decimals)),
        (
            "held",
            format!("{} shares, {}", grouped(shares.into(), units.quote_decimals), percent(part_ppm as i64)),
        ),
    ]);
    let json = json!({
        "owner": owner.to_string(),
        "share_account": tokens.to_string(),
        "pool": units.plain_quote(ledger.pool.get().into()),
        "value_for_deposit": units.plain_quote(pool.value_for_deposit.get().into()),
        "value_for_withdrawal": units.plain_quote(pool.value_for_withdrawal.get().into()),
        "deposit_price": plain(pool.deposit_price_e9.into(), 9),
        "withdrawal_price": plain(pool.withdrawal_price_e9.into(), 9),
        "promised": units.plain_quote(pool.promised.get().into()),
        "reserved": units.plain_quote(pool.reserved.get().into()),
        "free": units.plain_quote(pool.free.get().into()),
        "outflow_left": units.plain_quote(pool.outflow_left.get().into()),
        "utilisation_percent": plain(pool.utilisation_ppm.get().into(), 4),
        "withdrawals_short": ledger.withdrawals_short,
        "insurance": units.plain_quote(ledger.insurance.get().into()),
        "shares": units.plain_quote(ledger.shares.get().into()),
        "held": units.plain_quote(shares.into()),
        "price_note": note,
    });
    Ok(Report::new(text, json))
}

/// Worth of the pool, and of one share of it. A share and collateral have as many decimals.
fn worth(units: &Units, value: QuoteAtoms, share_price_e9: u64) -> String {
    match value {
        QuoteAtoms::ZERO => "nothing: it owes all that it has".into(),
        value => format!("{}, {} a share", units.quote(value.get()), plain(share_price_e9.into(), 9)),
    }
}

/// The price at which the program values a pool: the index, or the settlement price for good.
fn pool_price(market: &bulkhead_risk::Market) -> PriceE12 {
    match market.status {
        MarketStatus::Settled => market.settlement_price,
        MarketStatus::Active | MarketStatus::ReduceOnly => market.oracle.index,
    }
}

/// Shares in a token account; none where there is no account.
async fn shares_of(session: &Session, account: &Pubkey) -> Result<u64> {
    let held = session.node().raw_accounts(std::slice::from_ref(account)).await?.pop().flatten();
    Ok(held.and_then(|held| Holding::decode(&held.data)).map_or(0, |holding| holding.atoms))
}

/// Reads a number of shares: they have as many decimals as the collateral.
fn read_shares(typed: &Typed, units: &Units) -> Result<u64> {
    match typed.unit() {
        None | Some("share" | "shares") => typed.atoms(units.quote_decimals),
        Some(other) => Err(CliError::usage(format!("this is counted in shares, not in {other}"))),
    }
}
