//! Waiting for an order to fill, and filling it oneself where no keeper does.
//!
//! An order fills on a price that is published a little after it was placed. Whoever brings that price may be
//! anyone: so the owner needs nobody. An order that closes accepts a price up to two minutes old, which the
//! chain's price account usually has even where nobody pushes to it for this market.
//!
//! An order with a trigger waits for that first. Whoever brings the price that meets it may be anyone too.

use std::time::Duration;

use anchor_lang::prelude::Pubkey;
use bulkhead::error::BulkheadError;
use bulkhead::instructions::ExecuteOrderArgs;
use bulkhead::state::{Market, Order, OrderAction};
use bulkhead_client::rpc::{SendError, Snapshot, TxRequest};
use bulkhead_client::{error, ix, pda};
use bulkhead_risk::orders::{
    self, OrderAction as RiskAction, OrderKind, TriggerDirection, trigger_direction,
};
use bulkhead_risk::volatility::STALE_SECS;
use bulkhead_risk::{PriceE12, RiskError, Side, UnixSeconds};
use solana_instruction::Instruction;

use crate::amount::{price, span};
use crate::error::{CliError, Result};
use crate::narrate::spent_with;
use crate::session::{Found, Session};
use crate::submit::Sent;

const POLL: Duration = Duration::from_secs(1);
/// After so many looks in a row without an answer the command gives up. Each has been repeated by then.
const SILENCES_MAX: u32 = 5;

/// What the program says while a price of the window is yet to come.
const NOT_YET: [BulkheadError; 7] = [
    BulkheadError::OrderSameSlot,
    BulkheadError::PriceBeforeWindow,
    BulkheadError::PriceAfterWindow,
    BulkheadError::PriceTooOld,
    BulkheadError::PriceNotAcceptable,
    BulkheadError::PriceNotMonotonic,
    BulkheadError::ConfidenceTooWide,
];

/// What the program says while an order's trigger is not met, or once somebody else has brought the price.
const NOT_TRIGGERED: [BulkheadError; 5] = [
    BulkheadError::TriggerNotMet,
    BulkheadError::OrderAlreadyTriggered,
    BulkheadError::PriceBeforeOrder,
    BulkheadError::PriceTooOld,
    BulkheadError::ConfidenceTooWide,
];

/// Who brings the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executor {
    /// A keeper; this command only watches.
    Keeper,
    /// This command, unless somebody is quicker.
    Myself,
}

/// How an order ended.
pub enum Filled {
    /// By our own transaction: its events tell.
    Ours(Box<Sent>),
    /// By somebody else; the position shows what became of it.
    Theirs,
}

/// Where an order stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits for its trigger, which the price account does not meet; in words, for what.
    Untriggered(String),
    /// The price account meets its trigger.
    Triggerable,
    /// The price account holds a price of its window.
    Ready,
    /// Its window runs; in words, why it does not fill yet.
    Waiting(String),
    /// The window of a market order is over, and it can be cancelled.
    Over,
    /// It can no longer be triggered, and can be cancelled.
    Expired,
}

impl Standing {
    /// Whether a price may still fill it as it stands.
    pub fn may_fill(&self) -> bool {
        matches!(self, Self::Ready | Self::Waiting(_))
    }
}

/// Where `order` of a position of this side stands at a market, its price and the clock.
pub fn standing(snapshot: &Snapshot, side: Side, order: &Order) -> Result<Standing> {
    let (params, now) = (snapshot.market.account.params.view(), snapshot.clock.now);
    let view = order.view()?;
    if !view.may_still_fill(&params, now)? {
        return without_window(snapshot, side, &view);
    }
    if snapshot.clock.slot <= order.since_slot()? {
        return Ok(Standing::Waiting("waiting for the next slot".into()));
    }
    let (since, published) = (view.since()?, snapshot.sample.publish_time);
    if orders::require_in_window(&params, since, published).is_ok() {
        return Ok(Standing::Ready);
    }
    let (opens, closes) =
        (since.after_secs(params.order_delay_secs)?, since.after_secs(params.order_window_secs)?);
    Ok(Standing::Waiting(if published < opens {
        let age = span(now.since(published)?);
        let what = if view.kind.has_trigger() { "the trigger" } else { "the order" };
        format!("waiting for a price published after {what}; the price account's is {age} old")
    } else {
        let late = span(published.since(closes)?);
        format!("the price account's price is {late} past the order's window: it comes too late")
    }))
}

/// The same of an order that nothing can fill as it stands.
fn without_window(snapshot: &Snapshot, side: Side, order: &orders::Order) -> Result<Standing> {
    let now = snapshot.clock.now;
    if !order.kind.has_trigger() {
        return Ok(Standing::Over);
    }
    if order.is_expired(now) {
        return Ok(Standing::Expired);
    }
    let waiting =
        format!("waiting for a price of {}", trigger_text(side, order.action, order.kind, order.trigger));
    Ok(match order.triggered(&snapshot.market.account.view()?, side, &snapshot.sample, now) {
        Ok(_) => Standing::Triggerable,
        Err(RiskError::TriggerNotMet) => Standing::Untriggered(waiting),
        Err(other) => Standing::Untriggered(format!("{waiting}; {}", CliError::from(other))),
    })
}

/// What triggers an order: "58,000.00 USD or below". Only the price for what never triggers.
pub fn trigger_text(side: Side, action: RiskAction, kind: OrderKind, trigger: PriceE12) -> String {
    let at = price(trigger.get());
    match trigger_direction(side, action, kind) {
        Some(TriggerDirection::AtOrBelow) => format!("{at} or below"),
        Some(TriggerDirection::AtOrAbove) => format!("{at} or above"),
        None => at,
    }
}

/// The instructions that fill `order`. An opening one at a market that nobody has updated for long brings the
/// update with it.
pub fn execution(found: &Found, order: &Order, executor: Pubkey) -> Result<Vec<Instruction>> {
    let args = ExecuteOrderArgs { placed_at: order.placed_at, tip_lamports_min: order.tip_lamports };
    let keys = found.keys();
    let execute = ix::execute_order(&keys, executor, found.key, order.id, order.payer, args);
    let opens = order.action()? == OrderAction::Increase;
    let update = (opens && is_stale(&found.snapshot)?).then(|| ix::update_market(&keys));
    Ok(update.into_iter().chain([execute]).collect())
}

/// Whether the market takes no new risk before somebody updates it.
pub fn is_stale(snapshot: &Snapshot) -> Result<bool> {
    let sampled_at = UnixSeconds(snapshot.market.account.observations.sampled_at);
    Ok(snapshot.sample.publish_time.since(sampled_at)? > STALE_SECS)
}

/// Waits until order `order_id` of `position` is filled. An order that is spent or whose window passes is a
/// refusal; one whose window has passed is cancelled first, so that rent and tip come back. A node that does
/// not answer for a while is told and asked again.
pub async fn wait(session: &Session, position: Pubkey, order_id: u32, executor: Executor) -> Result<Filled> {
    let (mut said, mut silences) = (String::new(), 0);
    loop {
        let waiting = match step(session, position, order_id, executor).await {
            Ok(Step::Filled(filled)) => return Ok(filled),
            Ok(Step::Waiting(why)) => {
                silences = 0;
                why
            }
            Err(CliError::Network(why)) if silences < SILENCES_MAX => {
                silences += 1;
                why
            }
            Err(error) => return Err(error),
        };
        // Ages count on: say it again only when something else stands in the way.
        let gist = waiting.split("; ").next().unwrap_or_default().to_owned();
        if gist != said {
            session.say(&waiting);
            said = gist;
        }
        tokio::time::sleep(POLL).await;
    }
}

enum Step {
    Filled(Filled),
    Waiting(String),
}

async fn step(session: &Session, position: Pubkey, order_id: u32, executor: Executor) -> Result<Step> {
    let Some(order) = session.node().find::<Order>(&pda::order(&position, order_id)).await? else {
        return Ok(Step::Filled(Filled::Theirs));
    };
    let found = session.found(position).await?;
    match standing(&found.snapshot, found.position.view()?.side, &order)? {
        over @ (Standing::Over | Standing::Expired) => {
            Err(give_up(session, &found, &order, over == Standing::Expired).await?)
        }
        Standing::Waiting(why) | Standing::Untriggered(why) => Ok(Step::Waiting(why)),
        Standing::Triggerable if executor == Executor::Keeper => {
            Ok(Step::Waiting("its trigger is met: waiting for a keeper".into()))
        }
        Standing::Triggerable => Ok(Step::Waiting(match trigger(session, &found, &order).await? {
            Ok(_) => "triggered: waiting for a price of its window".into(),
            Err(why) => why,
        })),
        Standing::Ready if executor == Executor::Keeper => Ok(Step::Waiting("waiting for a keeper".into())),
        Standing::Ready => Ok(match execute(session, &found, &order).await? {
            Ok(filled) => Step::Filled(filled),
            Err(why) => Step::Waiting(why),
        }),
    }
}

/// Tries to trigger `order` now; the inner error says why not yet.
pub async fn trigger(
    session: &Session,
    found: &Found,
    order: &Order,
) -> Result<std::result::Result<Sent, String>> {
    let me = session.me()?;
    let trigger = ix::trigger_order(&found.keys(), me, found.key, order.id);
    match session.sender().send(&TxRequest::new(me, vec![trigger]), &[session.signer()?]).await {
        Ok(landed) => Ok(Ok(session.with_events(landed).await)),
        Err(SendError::Refused(failure)) if NOT_TRIGGERED.iter().any(|error| failure.is(*error)) => {
            Ok(Err(failure.cause.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Tries to fill `order` now; the inner error says why not yet.
pub async fn execute(
    session: &Session,
    found: &Found,
    order: &Order,
) -> Result<std::result::Result<Filled, String>> {
    let request = TxRequest::new(session.me()?, execution(found, order, session.me()?)?);
    let landed = match session.sender().send(&request, &[session.signer()?]).await {
        Ok(landed) => landed,
        Err(SendError::Refused(failure)) if NOT_YET.iter().any(|error| failure.is(*error)) => {
            return Ok(Err(failure.cause.to_string()));
        }
        Err(error) => {
            // Somebody may have been quicker: then the order is gone, and that is no failure.
            let key = pda::order(&found.key, order.id);
            return match session.node().find::<Order>(&key).await? {
                None => Ok(Ok(Filled::Theirs)),
                Some(_) => Err(error.into()),
            };
        }
    };
    let sent = session.with_events(landed).await;
    match spent_with(&sent.events) {
        Some(code) => Err(spent(code)),
        None => Ok(Ok(Filled::Ours(Box::new(sent)))),
    }
}

/// The refusal of an order that was brought its price and could not be filled.
pub fn spent(code: u32) -> CliError {
    let name = error::find(code).map(|known| known.name);
    let message = format!("the order was brought its price and is spent: {}", error::describe(code));
    CliError::Refused { name, message }
}

async fn give_up(session: &Session, found: &Found, order: &Order, is_expired: bool) -> Result<CliError> {
    session.say(match is_expired {
        true => "the order has expired: cancelling it",
        false => "no price of the order's window was brought: cancelling it",
    });
    let me = session.me()?;
    let cancel = ix::cancel_order(&found.keys(), me, found.key, order.id, order.payer);
    session.send_confirmed(&TxRequest::new(me, vec![cancel])).await?;
    Ok(match is_expired {
        true => CliError::refused("the order was cancelled: it expired before a price met its trigger"),
        false => CliError::refused(window_passed(found.market())),
    })
}

fn window_passed(market: &Market) -> String {
    format!(
        "the order was cancelled: no price between {} and {} after it reached the chain's price account, \
         or none that it accepts. Try again, with a wider --slippage if the price moves fast",
        span(market.params.order_delay_secs.into()),
        span(market.params.order_window_secs.into())
    )
}

#[cfg(test)]
mod tests {
    use anchor_lang::Discriminator;
    use bulkhead::constants::{ACCOUNT_VERSION, MARKET_VERSION};
    use bulkhead_client::accounts::decode;
    use bulkhead_client::rpc::{ChainClock, Keyed};
    use bulkhead_risk::Sample;

    use super::*;

    const PLACED: i64 = 1_000_000;

    fn at(published: i64, now: i64, slot: u64) -> Snapshot {
        let mut data = [Market::DISCRIMINATOR, &[0; size_of::<Market>()][..]].concat();
        data[Market::DISCRIMINATOR.len()] = MARKET_VERSION;
        let mut market: Market = decode(&data).unwrap();
        (market.params.order_delay_secs, market.params.order_window_secs) = (2, 15);
        let publish_time = UnixSeconds(PLACED + published);
        Snapshot {
            market: Keyed { key: Pubkey::default(), account: market },
            sample: Sample { price: PriceE12(1), publish_time, ..Sample::default() },
            clock: ChainClock { slot, now: UnixSeconds(PLACED + now) },
            slot,
        }
    }

    fn order(action: OrderAction) -> Order {
        let mut data = [Order::DISCRIMINATOR, &[0; size_of::<Order>()][..]].concat();
        data[Order::DISCRIMINATOR.len()] = ACCOUNT_VERSION;
        Order { action: action.into(), placed_at: PLACED, placed_slot: 7, ..decode(&data).unwrap() }
    }

    fn is_waiting(standing: &Standing, why: &str) -> bool {
        matches!(standing, Standing::Waiting(text) if text.contains(why))
    }

    #[test]
    fn an_order_waits_for_its_window_and_no_longer() {
        let close = order(OrderAction::Decrease);
        let stands = |published, now, slot| standing(&at(published, now, slot), Side::Long, &close).unwrap();
        assert!(is_waiting(&stands(2, 3, 7), "next slot"));
        assert!(is_waiting(&stands(1, 3, 8), "published after the order"));
        assert_eq!(stands(2, 3, 8), Standing::Ready);
        assert_eq!(stands(15, 16, 8), Standing::Ready);
        assert!(is_waiting(&stands(16, 17, 8), "past the order's window"));
        // The last price of the window serves a decrease until it is two minutes old.
        assert_eq!(stands(15, 15 + 120, 8), Standing::Ready);
        assert_eq!(stands(15, 15 + 121, 8), Standing::Over);
    }

    #[test]
    fn an_opening_order_has_ten_seconds_past_its_window() {
        let open = order(OrderAction::Increase);
        assert_eq!(standing(&at(15, 25, 8), Side::Long, &open).unwrap(), Standing::Ready);
        assert_eq!(standing(&at(15, 26, 8), Side::Long, &open).unwrap(), Standing::Over);
    }
}
