//! Leaving: close the position, fill the order oneself, take everything out. Needs no keeper and no price
//! service: a decrease fills on the price account as the chain has it, up to two minutes old.

use anchor_lang::prelude::Pubkey;
use bulkhead::instructions::PlaceOrderArgs;
use bulkhead::state::{MARKET_SETTLED, Order, OrderAction, OrderKind, POSITION_CLOSED, POSITION_PENDING};
use bulkhead_client::ix;
use bulkhead_client::rpc::{Keyed, TxRequest};
use clap::Args;
use serde_json::{Value, json};
use solana_instruction::Instruction;

use super::super::Outcome;
use super::super::keeping::receiving;
use crate::amount::{Lamports, span};
use crate::error::{CliError, Result, parse_key};
use crate::fill::{self, Executor, Filled};
use crate::limits::Limit;
use crate::narrate::narrate_all;
use crate::output::Report;
use crate::session::{Found, PositionName, Session};
use crate::submit::Sent;
use crate::view::View;

/// Everything.
const WHOLE_SIZE: u64 = u64::MAX;

/// A position to close.
#[derive(Debug, Args)]
pub struct Close {
    /// Address, or market and id of your own as in BTC/0
    position: PositionName,
    #[command(flatten)]
    limit: Limit,
    /// For whoever fills the order; comes back to you if you do
    #[arg(long, default_value = "0.00001 SOL", value_name = "AMOUNT")]
    tip: Lamports,
    /// Token account that everything goes to [default: your usual one, created if needed]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_key)]
    to: Option<Pubkey>,
}

/// What has been done so far.
#[derive(Default)]
struct Done {
    text: String,
    transactions: Vec<Value>,
    /// Whether the user has agreed to the whole of it.
    is_confirmed: bool,
}

impl Close {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        let found = session.position(&self.position).await?;
        let mut done = Done::default();
        if found.position.status != POSITION_CLOSED {
            let is_flat = match found.position.status {
                _ if found.market().status == MARKET_SETTLED => settle(session, &found, &mut done).await?,
                POSITION_PENDING => self.drop_opening_order(session, &found, &mut done).await?,
                _ => self.decrease(session, &found, &mut done).await?,
            };
            if !is_flat {
                return Ok(None);
            }
        }
        self.take_out(session, found.key, done).await
    }

    /// Cancels the opening order of a position that never opened. False if this is a dry run.
    async fn drop_opening_order(&self, session: &Session, found: &Found, done: &mut Done) -> Result<bool> {
        let waiting = session.node().orders_of(&found.key).await?;
        let (now, params) = (found.snapshot.clock.now, found.market().params.view());
        for order in &waiting {
            let view = order.account.view()?;
            let window = view.window(&params)?.filter(|window| now < window.cancellable_from);
            if let Some(window) = window {
                let left = span(window.cancellable_from.since(now)?);
                return Err(CliError::refused(format!(
                    "its opening order may still fill, and can be cancelled in {left}; or it fills and you can \
                     close the position then"
                )));
            }
        }
        let cancels = cancels(session, found, &waiting)?;
        if cancels.is_empty() {
            return Ok(true);
        }
        let what = format!("Cancel the opening order of position {} and close it", found.key);
        let Some(sent) = session.submit(&what, cancels).await? else { return Ok(false) };
        done.note(session, found, &sent);
        done.is_confirmed = true;
        Ok(true)
    }

    /// Places the order that closes everything, and fills it. False if this is a dry run.
    async fn decrease(&self, session: &Session, found: &Found, done: &mut Done) -> Result<bool> {
        let what = format!("Close position {}: place the order, fill it, take everything out", found.key);
        let order_id = match waiting_close(session, found).await? {
            Some(order_id) if !session.globals.dry_run => {
                session.say(format!("1 of 3: order {order_id} waits already to close everything"));
                session.confirm(&what).await?;
                order_id
            }
            _ => {
                session.say("1 of 3: placing the order that closes everything");
                let Some(sent) = session.submit(&what, vec![self.order(session, found)?]).await? else {
                    session
                        .say("then it would wait for the order's window, fill it, and take everything out");
                    return Ok(false);
                };
                done.note(session, found, &sent);
                found.position.next_order_id
            }
        };
        done.is_confirmed = true;
        session.say("2 of 3: filling it at the first price of its window");
        match fill::wait(session, found.key, order_id, Executor::Myself).await? {
            Filled::Ours(sent) => done.note(session, found, &sent),
            Filled::Theirs => session.say("a keeper was quicker"),
        }
        session.say("3 of 3: taking everything out");
        Ok(true)
    }

    fn order(&self, session: &Session, found: &Found) -> Result<Instruction> {
        let side = found.position.view()?.side;
        let View { look, note, .. } = View::of(&found.snapshot)?;
        if let Some(note) = note {
            session.say(format!("the worst price is taken {note}"));
        }
        let now = look.exit_edge(side)?;
        let args = PlaceOrderArgs {
            order_id: found.position.next_order_id,
            action: OrderAction::Decrease,
            kind: OrderKind::Market,
            size_atoms: WHOLE_SIZE,
            acceptable_price_e12: self.limit.acceptable(side, OrderAction::Decrease, now)?.get(),
            payout_cap_ppm: 0,
            tip_lamports: self.tip.0,
            trigger_price_e12: 0,
            expires_at: 0,
        };
        let me = session.me()?;
        Ok(ix::place_order(&found.keys(), me, me, found.key, args))
    }

    /// Sweeps what orders are left and closes the account.
    async fn take_out(&self, session: &Session, key: Pubkey, mut done: Done) -> Outcome {
        let found = session.found(key).await?;
        let (keys, me) = (found.keys(), session.me()?);
        let left = session.node().orders_of(&key).await?;
        let (create, destination) = receiving(me, me, &keys, self.to);
        let mut instructions = cancels(session, &found, &left)?;
        instructions.extend(create);
        instructions.push(ix::close_position(&keys, me, key, destination));
        // What was agreed to before was the whole of it.
        let sent = match done.is_confirmed {
            false => session.submit(&format!("Take everything out of position {key}"), instructions).await?,
            true => Some(session.send_confirmed(&TxRequest::new(me, instructions)).await?),
        };
        let Some(sent) = sent else { return Ok(None) };
        done.note(session, &found, &sent);
        let json = json!({ "position": key.to_string(), "transactions": done.transactions });
        Ok(Some(Report::new(done.text, json)))
    }
}

/// Closes a position of a settled market at its settlement price; one that never opened needs nothing. False
/// if this is a dry run.
async fn settle(session: &Session, found: &Found, done: &mut Done) -> Result<bool> {
    if found.position.status == POSITION_PENDING {
        return Ok(true);
    }
    let settle = ix::settle_position(&found.keys(), session.me()?, found.key);
    let what = format!("Settle position {} and take everything out", found.key);
    let Some(sent) = session.submit(&what, vec![settle]).await? else { return Ok(false) };
    done.note(session, found, &sent);
    done.is_confirmed = true;
    Ok(true)
}

/// An order that will close everything and may still fill: of an earlier attempt that was cut short.
async fn waiting_close(session: &Session, found: &Found) -> Result<Option<u32>> {
    let side = found.position.view()?.side;
    for order in session.node().orders_of(&found.key).await? {
        let closes =
            order.account.action()? == OrderAction::Decrease && order.account.size_atoms == WHOLE_SIZE;
        if closes && fill::standing(&found.snapshot, side, &order.account)?.may_fill() {
            return Ok(Some(order.account.id));
        }
    }
    Ok(None)
}

fn cancels(session: &Session, found: &Found, waiting: &[Keyed<Order>]) -> Result<Vec<Instruction>> {
    let me = session.me()?;
    let cancel = |order: &Keyed<Order>| {
        ix::cancel_order(&found.keys(), me, found.key, order.account.id, order.account.payer)
    };
    Ok(waiting.iter().map(cancel).collect())
}

impl Done {
    fn note(&mut self, session: &Session, found: &Found, sent: &Sent) {
        session.say(format!("transaction {}", sent.landed.signature));
        self.text += &narrate_all(&sent.events, &found.units());
        self.transactions.push(sent.json());
    }
}
