//! Opening a position.

use anchor_lang::prelude::Pubkey;
use bulkhead::instructions::PlaceOpeningOrderArgs;
use bulkhead::state::{OrderAction, OrderKind, PositionSide};
use bulkhead_client::quote::{IncreaseQuote, quote_open};
use bulkhead_client::rpc::Snapshot;
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_risk::transition::IncreaseArgs;
use bulkhead_risk::{BaseAtoms, Ppm, PriceE12, QuoteAtoms, Side};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::super::Outcome;
use crate::amount::{Lamports, Share, Typed, percent, price};
use crate::error::{CliError, Result, parse_key};
use crate::explain::Explanation;
use crate::fill::{self, Executor, Filled, is_stale};
use crate::limits::Limit;
use crate::narrate::narrate_all;
use crate::output::{Report, pairs};
use crate::session::{MarketName, Session};
use crate::submit::Sent;
use crate::tokens::associated;
use crate::units::Units;
use crate::view::View;

/// Direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SideArg {
    /// Gains when the price rises
    Long,
    /// Gains when the price falls
    Short,
}

/// A position to open.
#[derive(Debug, Args)]
pub struct Open {
    /// Index, asset (BTC) or address of the market
    market: MarketName,
    /// Direction
    side: SideArg,
    /// Size, as in "1.5 BTC"
    size: Typed,
    /// Collateral: the most that this position can lose, as in "5000 USDC"
    collateral: Typed,
    #[command(flatten)]
    limit: Limit,
    /// Most that it can win, of its notional: 5% to 100%. The pool sets it aside, and borrowing it costs.
    #[arg(long, default_value = "100%", value_name = "SHARE")]
    payout_cap: Share,
    /// For whoever fills the order
    #[arg(long, default_value = "0.00001 SOL", value_name = "AMOUNT")]
    tip: Lamports,
    /// Token account that the collateral comes from [default: your usual one]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
    source: Option<Pubkey>,
    /// Wait until a keeper has filled the order
    #[arg(long, conflicts_with = "execute")]
    wait: bool,
    /// Wait for the order's window and fill it yourself, unless a keeper is quicker
    #[arg(long)]
    execute: bool,
}

impl Open {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        let snapshot = session.market(&self.market).await?;
        let units = Units::of(&snapshot.market.account);
        let plan = self.plan(&snapshot, &units)?;
        session.say(plan.summary(&units, self.side));
        let (me, market) = (session.me()?, snapshot.market.key);
        let keys = MarketKeys::of(market, &snapshot.market.account);
        let trader = session.node().trader(&market, &me).await?;
        let position_id = trader.map_or(0, |trader| trader.next_position_id);
        let source =
            self.source.unwrap_or_else(|| associated(&me, &keys.collateral_mint, &keys.token_program));
        let args = PlaceOpeningOrderArgs {
            position_id,
            side: self.side.into(),
            collateral_atoms: plan.collateral.get(),
            kind: OrderKind::Market,
            size_atoms: plan.args.size.get(),
            acceptable_price_e12: plan.args.acceptable.get(),
            payout_cap_ppm: plan.args.payout_cap_ppm.get(),
            tip_lamports: self.tip.0,
            trigger_price_e12: 0,
            expires_at: 0,
        };
        let position = pda::position(&market, &me, position_id);
        let place = ix::place_opening_order(&keys, me, me, source, args);
        let what = plan.title(&units, self.side, snapshot.market.account.index);
        let Some(placed) = session.submit(&what, vec![place]).await? else { return Ok(None) };
        session.say(format!("order placed in transaction {}", placed.landed.signature));
        match self.executor() {
            None => Ok(Some(placed_report(&placed, position, &units))),
            Some(executor) => self.follow(session, &placed, position, executor, &units).await,
        }
    }

    fn executor(&self) -> Option<Executor> {
        match (self.wait, self.execute) {
            (_, true) => Some(Executor::Myself),
            (true, false) => Some(Executor::Keeper),
            (false, false) => None,
        }
    }

    fn plan(&self, snapshot: &Snapshot, units: &Units) -> Result<Plan> {
        let collateral = QuoteAtoms(units.read_quote(&self.collateral)?);
        let size = BaseAtoms(units.read_base(&self.size)?);
        let View { look, note, .. } = View::of(snapshot)?;
        let look = if is_stale(snapshot)? { look.updated()? } else { look };
        let side = Side::from(PositionSide::from(self.side));
        let fill = look.sample().opening_edge(side)?;
        let args = IncreaseArgs {
            size,
            payout_cap_ppm: Ppm(self.payout_cap.0),
            acceptable: self.limit.acceptable(side, OrderAction::Increase, fill)?,
        };
        let quote = quote_open(&look, side, collateral, &args)?;
        Ok(Plan { collateral, args, quote, note })
    }

    async fn follow(
        &self,
        session: &Session,
        placed: &Sent,
        position: Pubkey,
        executor: Executor,
        units: &Units,
    ) -> Outcome {
        let filled = fill::wait(session, position, 0, executor)
            .await
            .map_err(|error| with_way_out(error, position))?;
        let found = session.found(position).await?;
        let explanation = Explanation::of(position, &found.position, &found.snapshot, false)?.report()?;
        let mut transactions = vec![placed.json()];
        let mut text = String::new();
        if let Filled::Ours(sent) = &filled {
            text += &narrate_all(&sent.events, units);
            transactions.push(sent.json());
        }
        text += &explanation.text;
        Ok(Some(Report::new(text, json!({ "transactions": transactions, "position": explanation.json }))))
    }
}

/// An opening order that came to nothing leaves the collateral in the position's vault.
fn with_way_out(error: CliError, position: Pubkey) -> CliError {
    match error {
        CliError::Refused { name, message } => {
            let message = format!(
                "{message}. The collateral is safe in its vault: `position close {position}` returns it"
            );
            CliError::Refused { name, message }
        }
        other => other,
    }
}

fn placed_report(placed: &Sent, position: Pubkey, units: &Units) -> Report {
    let text = format!(
        "{}position {position}\nA keeper fills the order within seconds; `order execute {position} 0` does it \
         yourself.",
        narrate_all(&placed.events, units)
    );
    let json = json!({ "transactions": [placed.json()], "position": { "address": position.to_string() } });
    Report::new(text, json)
}

/// What would be opened, at the price of now.
struct Plan {
    collateral: QuoteAtoms,
    args: IncreaseArgs,
    quote: IncreaseQuote,
    note: Option<String>,
}

impl Plan {
    fn title(&self, units: &Units, side: SideArg, market: u16) -> String {
        let name = match side {
            SideArg::Long => "long",
            SideArg::Short => "short",
        };
        format!(
            "Open a {name} of {} in market {market} with {} of collateral",
            units.base(self.args.size.get()),
            units.quote(self.collateral.get())
        )
    }

    fn summary(&self, units: &Units, side: SideArg) -> String {
        let (quote, report) = (&self.quote, &self.quote.report);
        let worst = match self.args.acceptable {
            PriceE12(0) | PriceE12(u64::MAX) => "any".to_owned(),
            PriceE12(worst) => price(worst),
        };
        let liquidation = match quote.liquidation_price {
            PriceE12::ZERO => "none".to_owned(),
            border => price(border.get()),
        };
        let bound = if side == SideArg::Long { "highest" } else { "lowest" };
        let note = self.note.as_ref().map_or_else(String::new, |note| format!(" {note}"));
        format!("At the price of now{note}:\n")
            + &pairs(&[
                ("fill", format!("{}, {bound} accepted {worst}", price(report.fill.get()))),
                ("notional", units.quote(report.notional.get())),
                ("fee", units.quote(report.trade_fee.get())),
                ("initial margin", units.quote(report.initial_margin.get())),
                (
                    "maintenance margin",
                    format!(
                        "{}, {}",
                        units.quote(quote.after.assessment.maintenance_margin.get()),
                        percent(quote.after.maintenance_ppm.get().into())
                    ),
                ),
                ("liquidatable at", liquidation),
                ("can lose at most", units.quote(quote.loss_max.get())),
                ("can win at most", units.quote(quote.win_max.get())),
            ])
    }
}

impl From<SideArg> for PositionSide {
    fn from(side: SideArg) -> Self {
        match side {
            SideArg::Long => Self::Long,
            SideArg::Short => Self::Short,
        }
    }
}
