//! Orders of a position: place, list, trigger, execute, cancel.

mod place;

use bulkhead::state::{Order, OrderAction, OrderKind};
use bulkhead_client::rpc::Keyed;
use bulkhead_client::{ix, pda};
use bulkhead_risk::PriceE12;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Outcome;
use super::keeping::send;
use crate::amount::{plain, price, sol};
use crate::dry_run;
use crate::error::Result;
use crate::fill::{self, Executor, Filled, Standing, trigger_text};
use crate::narrate::narrate_all;
use crate::output::{Report, table};
use crate::session::{Found, PositionName, Session};
use crate::units::Units;

/// What to do with orders.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Place an order on an open position
    Place(place::Place),
    /// Orders of a position that wait
    List {
        /// Address, or market and id of your own as in BTC/0
        position: PositionName,
    },
    /// Trigger an order whose trigger the price meets, for the trigger's tip
    Trigger(OnOrder),
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

impl Command {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        match self {
            Self::Place(command) => command.run(session).await,
            Self::List { position } => list(session, &position).await.map(Some),
            Self::Trigger(order) => order.trigger(session).await,
            Self::Execute(order) => order.execute(session).await,
            Self::Cancel(order) => order.cancel(session).await,
        }
    }
}

impl OnOrder {
    async fn found(&self, session: &Session) -> Result<(Found, Order)> {
        let found = session.position(&self.position).await?;
        let order = session.node().get::<Order>(&pda::order(&found.key, self.order)).await?;
        Ok((found, order))
    }

    async fn trigger(self, session: &Session) -> Outcome {
        let (found, order) = self.found(session).await?;
        let trigger = ix::trigger_order(&found.keys(), session.me()?, found.key, order.id);
        let what = format!("Trigger order {} of position {}", order.id, found.key);
        send(session, &what, vec![trigger], &found.units()).await
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
        false => table(&["order", "does", "kind", "size", "trigger", "worst price", "tip", "stands"], rows),
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

/// As `order place --kind` takes it.
fn kind_name(order: &Order) -> Result<&'static str> {
    Ok(match order.kind()? {
        OrderKind::Market => "market",
        OrderKind::Limit => "limit",
        OrderKind::StopLoss => "stop-loss",
        OrderKind::TakeProfit => "take-profit",
    })
}

fn trigger_column(found: &Found, order: &Order) -> Result<String> {
    let view = order.view()?;
    Ok(match view.kind.has_trigger() {
        true => trigger_text(found.position.view()?.side, view.action, view.kind, view.trigger),
        false => "-".into(),
    })
}

fn standing_text(standing: &Standing) -> String {
    match standing {
        Standing::Triggerable => "the price meets its trigger: trigger it".into(),
        Standing::Ready => "a price of its window is there: fill it".into(),
        Standing::Waiting(why) | Standing::Untriggered(why) => why.clone(),
        Standing::Over => "its window has passed: cancel it".into(),
        Standing::Expired => "it has expired: cancel it".into(),
    }
}

fn row(found: &Found, units: &Units, order: &Keyed<Order>) -> Result<Vec<String>> {
    let account = &order.account;
    Ok(vec![
        account.id.to_string(),
        action_name(account)?.to_owned(),
        kind_name(account)?.to_owned(),
        size_text(account, |atoms| units.base(atoms)),
        trigger_column(found, account)?,
        match PriceE12(account.acceptable_price_e12) {
            PriceE12(0) | PriceE12(u64::MAX) => "any".into(),
            worst => price(worst.get()),
        },
        sol(account.tip_lamports.into()),
        standing_text(&fill::standing(&found.snapshot, found.position.view()?.side, account)?),
    ])
}

fn order_json(found: &Found, units: &Units, order: &Keyed<Order>) -> Result<Value> {
    let account = &order.account;
    Ok(json!({
        "address": order.key.to_string(),
        "id": account.id,
        "action": action_name(account)?,
        "kind": kind_name(account)?,
        "size": size_text(account, |atoms| units.plain_base(atoms)),
        "acceptable_price": plain(account.acceptable_price_e12.into(), 12),
        "trigger_price": (account.trigger_price_e12 != 0)
            .then(|| plain(account.trigger_price_e12.into(), 12)),
        "triggered_at": account.was_triggered().then_some(account.triggered_at),
        "expires_at": (account.expires_at != 0).then_some(account.expires_at),
        "tip_lamports": account.tip_lamports,
        "payer": account.payer.to_string(),
        "placed_at": account.placed_at,
        "standing": standing_text(&fill::standing(&found.snapshot, found.position.view()?.side, account)?),
    }))
}
