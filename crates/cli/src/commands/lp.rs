//! Liquidity providers: what they put in, and what they hold.

use bulkhead::instructions::DepositArgs;
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_risk::{Purpose, QuoteAtoms, fixed, pool};
use clap::Subcommand;
use serde_json::json;

use super::Outcome;
use crate::amount::{Share, Typed, grouped, percent};
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
    /// A pool, and what of it somebody holds
    Show {
        /// Index, asset (BTC) or address of the market
        market: MarketName,
        /// Whose shares [default: of the key that signs]
        #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
        owner: Option<anchor_lang::prelude::Pubkey>,
    },
}

impl Command {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        match self {
            Self::Deposit { market, amount, slippage } => deposit(session, &market, &amount, slippage).await,
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

async fn show(
    session: &Session,
    market: &MarketName,
    owner: Option<anchor_lang::prelude::Pubkey>,
) -> Result<Report> {
    let snapshot = session.market(market).await?;
    let account = &snapshot.market.account;
    let owner = match owner {
        Some(owner) => owner,
        None => session.me()?,
    };
    let units = Units::of(account);
    let tokens = associated(&owner, &pda::lp_mint(&snapshot.market.key), &account.token_program);
    let held = session.node().raw_accounts(&[tokens]).await?.pop().flatten();
    let shares = held.and_then(|held| Holding::decode(&held.data)).map_or(0, |holding| holding.atoms);
    let View { look, note } = View::of(&snapshot)?;
    let market = look.observed(Purpose::Observe)?;
    let ledger = &market.ledger;
    let value = pool::value_for_deposit(&market, market.oracle.index).map_err(CliError::from);
    let worth = value.as_ref().map_or_else(ToString::to_string, |value| units.quote(value.get()));
    let part_ppm = match ledger.shares.get() {
        0 => 0,
        all => fixed::mul_div_u64_floor(shares, PPM, all)?,
    };
    let mut text = note.as_ref().map_or_else(String::new, |note| format!("Shown {note}.\n"));
    text += &pairs(&[
        ("pool", units.quote(ledger.pool.get())),
        ("worth to those who enter", worth),
        ("set aside for traders", percent(ledger.utilisation_ppm_ceil()?.get().into())),
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
        "value_for_deposit": value.ok().map(|value| units.plain_quote(value.get().into())),
        "shares": units.plain_quote(ledger.shares.get().into()),
        "held": units.plain_quote(shares.into()),
        "price_note": note,
    });
    Ok(Report::new(text, json))
}
