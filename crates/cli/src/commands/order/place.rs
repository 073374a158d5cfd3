//! Placing an order: at the price of now, or to wait for a price.

use bulkhead::instructions::PlaceOrderArgs;
use bulkhead::state::{OrderAction, OrderKind};
use bulkhead_client::ix;
use bulkhead_client::quote::{Look, quote_decrease, quote_increase};
use bulkhead_risk::orders::is_triggered;
use bulkhead_risk::transition::{DecreaseArgs, IncreaseArgs};
use bulkhead_risk::{BaseAtoms, Ppm, PriceE12};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::super::Outcome;
use crate::amount::{Lamports, Share, Typed, price};
use crate::error::{CliError, Result};
use crate::fill::{self, Executor, Filled, is_stale, trigger_text};
use crate::limits::Limit;
use crate::narrate::narrate_all;
use crate::output::Report;
use crate::session::{Found, PositionName, Session};
use crate::trigger::{Trigger, look_at};
use crate::units::Units;
use crate::view::View;

/// What an order does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ActionArg {
    /// Add to the position
    Increase,
    /// Close a part of it
    Decrease,
}

/// When an order fills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum KindArg {
    /// On the first price of its window
    #[default]
    Market,
    /// The same, once the price is as good as the trigger price or better
    Limit,
    /// Of a decrease: once the price has gone as far against the position as the trigger price
    StopLoss,
    /// Of a decrease: once it has gone as far in its favour
    TakeProfit,
}

impl From<KindArg> for OrderKind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Market => Self::Market,
            KindArg::Limit => Self::Limit,
            KindArg::StopLoss => Self::StopLoss,
            KindArg::TakeProfit => Self::TakeProfit,
        }
    }
}

/// An order to place.
#[derive(Debug, Args)]
pub struct Place {
    /// Address of the position, or market and id of your own as in BTC/0
    position: PositionName,
    /// What it does
    action: ActionArg,
    /// Size, as in "0.5 BTC"; "all" closes everything
    #[arg(value_parser = parse_size)]
    size: SizeArg,
    /// When it fills; all but a market order wait for --trigger first
    #[arg(long, value_enum, default_value_t)]
    kind: KindArg,
    #[command(flatten)]
    trigger: Trigger,
    #[command(flatten)]
    limit: Limit,
    /// Of an increase: most that the added part can win, of its notional, 5% to 100%
    #[arg(long, default_value = "100%", value_name = "SHARE")]
    payout_cap: Share,
    /// For whoever fills the order
    #[arg(long, default_value = "0.00001 SOL", value_name = "AMOUNT")]
    tip: Lamports,
    /// Wait until a keeper has filled the order
    #[arg(long, conflicts_with = "execute")]
    wait: bool,
    /// Wait for the order's window and fill it yourself, unless a keeper is quicker
    #[arg(long)]
    execute: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum SizeArg {
    Amount(Typed),
    All,
}

fn parse_size(text: &str) -> Result<SizeArg> {
    match text {
        "all" => Ok(SizeArg::All),
        amount => Typed::parse(amount).map(SizeArg::Amount),
    }
}

impl Place {
    /// Runs it.
    pub(super) async fn run(self, session: &Session) -> Outcome {
        let found = session.position(&self.position).await?;
        let (units, me) = (found.units(), session.me()?);
        let args = self.args(session, &found, &units)?;
        let place = ix::place_order(&found.keys(), me, me, found.key, args);
        let verb = match self.action {
            ActionArg::Increase => "increase",
            ActionArg::Decrease => "decrease",
        };
        let what = format!("Place an order to {verb} position {}", found.key);
        let Some(placed) = session.submit(&what, vec![place]).await? else { return Ok(None) };
        let mut text = narrate_all(&placed.events, &units);
        let mut transactions = vec![placed.json()];
        if self.wait || self.execute {
            let executor = if self.execute { Executor::Myself } else { Executor::Keeper };
            match fill::wait(session, found.key, args.order_id, executor).await? {
                Filled::Ours(sent) => {
                    text += &narrate_all(&sent.events, &units);
                    transactions.push(sent.json());
                }
                Filled::Theirs => text += "filled by a keeper\n",
            }
        }
        let json = json!({ "order": args.order_id, "transactions": transactions });
        Ok(Some(Report::new(text, json)))
    }

    /// The order, after a quote. At the price of now what the quote refuses is not sent; a price to come finds
    /// another market and another position, so that of an order that waits is only told.
    fn args(&self, session: &Session, found: &Found, units: &Units) -> Result<PlaceOrderArgs> {
        let side = found.position.view()?.side;
        let View { look, note, .. } = View::of(&found.snapshot)?;
        let is_stale = is_stale(&found.snapshot)?;
        let trigger = self.require_trigger()?;
        let now = look.sample().price;
        let look = match trigger {
            Some(trigger) => look_at(found.market(), &look, trigger, is_stale)?,
            None if is_stale => look.updated()?,
            None => look,
        };
        let (action, size) = (self.action(), self.size(units)?);
        let kind = OrderKind::from(self.kind);
        let edge = match action {
            OrderAction::Increase => look.sample().opening_edge(side)?,
            OrderAction::Decrease => look.exit_edge(side)?,
        };
        let acceptable = self.limit.acceptable(side, action, edge)?;
        let quoted = self.quote(&look, found, units, size, acceptable);
        match trigger {
            None => {
                let note = note.map_or_else(String::new, |note| format!(" {note}"));
                session.say(format!("at the price of now{note}: {}", quoted?));
            }
            Some(trigger) => {
                session.say(format!(
                    "waits for a price of {}",
                    trigger_text(side, action.into(), kind.into(), trigger)
                ));
                if is_triggered(side, action.into(), kind.into(), trigger, now) {
                    session.say("the price of now meets that already: it can be triggered at once");
                }
                session.say(match quoted {
                    Ok(quoted) => format!("at that price, and else as it is now: {quoted}"),
                    Err(refusal) => format!("as it is now it would be refused at that price: {refusal}"),
                });
            }
        }
        Ok(PlaceOrderArgs {
            order_id: found.position.next_order_id,
            action,
            kind,
            size_atoms: size.get(),
            acceptable_price_e12: acceptable.get(),
            payout_cap_ppm: if action == OrderAction::Increase { self.payout_cap.0 } else { 0 },
            tip_lamports: self.tip.0,
            trigger_price_e12: trigger.map_or(0, PriceE12::get),
            expires_at: self.trigger.expires_at(found.snapshot.clock.now)?,
        })
    }

    /// The trigger price, which a market order has not and any other has.
    fn require_trigger(&self) -> Result<Option<PriceE12>> {
        let trigger = self.trigger.price()?;
        match (self.kind, trigger) {
            (KindArg::Market, Some(_)) => {
                Err(CliError::usage("a market order waits for no --trigger: say which --kind waits for it"))
            }
            (KindArg::Limit | KindArg::StopLoss | KindArg::TakeProfit, None) => {
                Err(CliError::usage("this --kind of order waits for a --trigger: give its price"))
            }
            (KindArg::StopLoss | KindArg::TakeProfit, _) if self.action() == OrderAction::Increase => {
                Err(CliError::usage("a stop-loss or take-profit only decreases"))
            }
            (_, trigger) => Ok(trigger),
        }
    }

    fn action(&self) -> OrderAction {
        match self.action {
            ActionArg::Increase => OrderAction::Increase,
            ActionArg::Decrease => OrderAction::Decrease,
        }
    }

    fn size(&self, units: &Units) -> Result<BaseAtoms> {
        match (&self.size, self.action) {
            (SizeArg::Amount(typed), _) => units.read_base(typed).map(BaseAtoms),
            (SizeArg::All, ActionArg::Decrease) => Ok(BaseAtoms(u64::MAX)),
            (SizeArg::All, ActionArg::Increase) => {
                Err(CliError::usage("\"all\" is a size to close: give an amount to add"))
            }
        }
    }

    /// In words, what it would do at the sample of `look`.
    fn quote(
        &self,
        look: &Look,
        found: &Found,
        units: &Units,
        size: BaseAtoms,
        acceptable: PriceE12,
    ) -> Result<String> {
        match self.action {
            ActionArg::Increase => {
                let args = IncreaseArgs { size, payout_cap_ppm: Ppm(self.payout_cap.0), acceptable };
                let quote = quote_increase(look, &found.position, &args)?;
                Ok(format!(
                    "fills at {}, fee {}, then liquidatable at {}",
                    price(quote.report.fill.get()),
                    units.quote(quote.report.trade_fee.get()),
                    price(quote.liquidation_price.get())
                ))
            }
            ActionArg::Decrease => {
                let quote = quote_decrease(look, &found.position, &DecreaseArgs { size, acceptable })?;
                Ok(format!(
                    "closes {} at {}, profit and loss {}",
                    units.base(quote.report.closed.size.get()),
                    price(quote.report.closed.price.get()),
                    units.signed_quote(quote.report.closed.pnl.get())
                ))
            }
        }
    }
}
