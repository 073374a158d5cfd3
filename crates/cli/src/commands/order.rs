//! Orders of a position: place, list, execute, cancel.

use bulkhead::instructions::PlaceOrderArgs;
use bulkhead::state::{Order, OrderAction, OrderKind};
use bulkhead_client::quote::{quote_decrease, quote_increase};
use bulkhead_client::rpc::Keyed;
use bulkhead_client::{ix, pda};
use bulkhead_risk::transition::{DecreaseArgs, IncreaseArgs};
use bulkhead_risk::{BaseAtoms, Ppm, PriceE12};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::Outcome;
use super::keeping::send;
use crate::amount::{Lamports, Share, Typed, plain, price, sol};
use crate::dry_run;
use crate::error::{CliError, Result};
use crate::fill::{self, Executor, Filled, Standing, is_stale};
use crate::limits::Limit;
use crate::narrate::narrate_all;
use crate::output::{Report, table};
use crate::session::{Found, PositionName, Session};
use crate::units::Units;
use crate::view::View;

/// What to do with orders.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Place an order on an open position
    Place(Place),
    /// Orders of a position that wait
    List {
        /// Address, or market and id of your own as in BTC/0
        position: PositionName,
    },
    /// Fill a waiting order, for its tip; waits for its window
    Execute(OnOrder),
    /// Cancel an order that can no longer fill; rent and tip go back to its payer
    Cancel(OnOrder),
}

/// An order.
#[derive(Debug, Args)]
pub struct OnOrder {
    /// Address of the position, or market and id of your own as in BTC/0
    position: PositionName,
    /// Id of the order: see `order list`
    order: u32,
}

/// What an order does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ActionArg {
    /// Add to the position
    Increase,
    /// Close a part of it
    Decrease,
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

impl Command {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        match self {
            Self::Place(command) => command.run(session).await,
            Self::List { position } => list(session, &position).await.map(Some),
            Self::Execute(order) => order.execute(session).await,
            Self::Cancel(order) => order.cancel(session).await,
        }
    }
}

impl Place {
    async fn run(self, session: &Session) -> Outcome {
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

    /// The order, after a quote at the price of now: what that refuses is not sent.
    fn args(&self, session: &Session, found: &Found, units: &Units) -> Result<PlaceOrderArgs> {
        let side = found.position.view()?.side;
        let View { look, note } = View::of(&found.snapshot)?;
        let look = if is_stale(&found.snapshot)? { look.updated()? } else { look };
        session
            .say(format!("at the price of now{}:", note.map_or_else(String::new, |note| format!(" {note}"))));
        let (action, size, acceptable) = match self.action {
            ActionArg::Increase => {
                let SizeArg::Amount(typed) = &self.size else {
                    return Err(CliError::usage("\"all\" is a size to close: give an amount to add"));
                };
                let size = BaseAtoms(units.read_base(typed)?);
                let fill = look.sample().opening_edge(side)?;
                let acceptable = self.limit.acceptable(side, OrderAction::Increase, fill)?;
                let args = IncreaseArgs { size, payout_cap_ppm: Ppm(self.payout_cap.0), acceptable };
                let quote = quote_increase(&look, &found.position, &args)?;
                session.say(format!(
                    "fills at {}, fee {}, then liquidatable at {}",
                    price(quote.report.fill.get()),
                    units.quote(quote.report.trade_fee.get()),
                    price(quote.liquidation_price.get())
                ));
                (OrderAction::Increase, size, acceptable)
            }
            ActionArg::Decrease => {
                let size = match &self.size {
                    SizeArg::Amount(typed) => BaseAtoms(units.read_base(typed)?),
                    SizeArg::All => BaseAtoms(u64::MAX),
                };
                let fill = look.sample().closing_edge(side)?;
                let acceptable = self.limit.acceptable(side, OrderAction::Decrease, fill)?;
                let quote = quote_decrease(&look, &found.position, &DecreaseArgs { size, acceptable })?;
                session.say(format!(
                    "closes {} at {}, profit and loss {}",
                    units.base(quote.report.closed.size.get()),
                    price(quote.report.closed.price.get()),
                    units.signed_quote(quote.report.closed.pnl.get())
                ));
                (OrderAction::Decrease, size, acceptable)
            }
        };
        Ok(PlaceOrderArgs {
            order_id: found.position.next_order_id,
            action,
            kind: OrderKind::Market,
            size_atoms: size.get(),
            acceptable_price_e12: acceptable.get(),
            payout_cap_ppm: if action == OrderAction::Increase { self.payout_cap.0 } else { 0 },
            tip_lamports: self.tip.0,
        })
    }
}

impl OnOrder {
    async fn found(&self, session: &Session) -> Result<(Found, Order)> {
        let found = session.position(&self.position).await?;
        let order = session.node().get::<Order>(&pda::order(&found.key, self.order)).await?;
        Ok((found, order))
    }

    async fn execute(self, session: &Session) -> Outcome {
        let (found, order) = self.found(session).await?;
        let what = format!("Fill order {} of position {}", order.id, found.key);
        if session.globals.dry_run {
            let me = session.me()?;
            let request = bulkhead_client::rpc::TxRequest::new(me, fill::execution(&found, &order, me)?);
            dry_run::run(session, &what, &request).await?;
            return Ok(None);
        }
        session.confirm(&what).await?;
        let units = found.units();
        Ok(Some(match fill::wait(session, found.key, order.id, Executor::Myself).await? {
            Filled::Ours(sent) => sent.report(narrate_all(&sent.events, &units).trim_end()),
            Filled::Theirs => Report::new("somebody was quicker", json!({ "filled_by": "another" })),
        }))
    }

    async fn cancel(self, session: &Session) -> Outcome {
        let (found, order) = self.found(session).await?;
        let me = session.me()?;
        let cancel = ix::cancel_order(&found.keys(), me, found.key, order.id, order.payer);
        let what = format!("Cancel order {} of position {}", order.id, found.key);
        send(session, &what, vec![cancel], &found.units()).await
    }
}

async fn list(session: &Session, position: &PositionName) -> Result<Report> {
    let found = session.position(position).await?;
    let orders = session.node().orders_of(&found.key).await?;
    let units = found.units();
    let rows = orders.iter().map(|order| row(&found, &units, order)).collect::<Result<Vec<_>>>()?;
    let text = match rows.is_empty() {
        true => "no orders wait".to_owned(),
        false => table(&["order", "does", "size", "worst price", "tip", "stands"], rows),
    };
    let values = orders.iter().map(|order| order_json(&found, &units, order)).collect::<Result<Vec<_>>>()?;
    Ok(Report::new(text, Value::Array(values)))
}

fn size_text(order: &Order, write: impl Fn(u64) -> String) -> String {
    match order.size_atoms {
        u64::MAX => "all".into(),
        atoms => write(atoms),
    }
}

fn action_name(order: &Order) -> Result<&'static str> {
    Ok(match order.action()? {
        OrderAction::Increase => "increase",
        OrderAction::Decrease => "decrease",
    })
}

fn standing_text(standing: &Standing) -> String {
    match standing {
        Standing::Ready => "a price of its window is there: fill it".into(),
        Standing::Waiting(why) => why.clone(),
        Standing::Over => "its window has passed: cancel it".into(),
    }
}

fn row(found: &Found, units: &Units, order: &Keyed<Order>) -> Result<Vec<String>> {
    let account = &order.account;
    Ok(vec![
        account.id.to_string(),
        action_name(account)?.to_owned(),
        size_text(account, |atoms| units.base(atoms)),
        match PriceE12(account.acceptable_price_e12) {
            PriceE12(0) | PriceE12(u64::MAX) => "any".into(),
            worst => price(worst.get()),
        },
        sol(account.tip_lamports.into()),
        standing_text(&fill::standing(&found.snapshot, account)?),
    ])
}

fn order_json(found: &Found, units: &Units, order: &Keyed<Order>) -> Result<Value> {
    let account = &order.account;
    Ok(json!({
        "address": order.key.to_string(),
        "id": account.id,
        "action": action_name(account)?,
        "size": size_text(account, |atoms| units.plain_base(atoms)),
        "acceptable_price": plain(account.acceptable_price_e12.into(), 12),
        "tip_lamports": account.tip_lamports,
        "payer": account.payer.to_string(),
        "placed_at": account.placed_at,
        "standing": standing_text(&fill::standing(&found.snapshot, account)?),
    }))
}
