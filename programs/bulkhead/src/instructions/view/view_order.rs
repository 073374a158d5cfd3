//! Where an order stands and what it would do at the present price, as return data.

use anchor_lang::prelude::*;
use bulkhead_risk::orders::{self, Preview};
use bulkhead_risk::{PriceE12, UnixSeconds};

use crate::error::{BulkheadError, IntoProgram};
use crate::oracle;
use crate::state::{Market, Order, OrderAction, POSITION_CLOSED, Position, Protocol};

/// Where an order stands at the present price.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// It waits for its trigger, and this price does not meet it.
    Waiting,
    /// It waits for its trigger, and `trigger_order` would take this price.
    Triggerable,
    /// It may still fill, but not now on this price: `error_code` says why, if it is not just the window.
    InWindow,
    /// `execute_order` would end it now: fill it, or spend it for the reason in `error_code`.
    Executable,
    /// A market order whose window has passed: it can only be cancelled.
    Lapsed,
    /// Its time to be triggered has passed: it can only be cancelled.
    Expired,
    /// Its position is closed or its market settled: it can only be cancelled.
    Void,
}

/// An order at the present price. Times in seconds of the Unix epoch.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderView {
    /// Where it stands.
    pub state: OrderState,
    /// First publish time that may fill it; zero before its first trigger, like the next two.
    pub window_from: i64,
    /// Last publish time that may fill it.
    pub window_until: i64,
    /// From when on nothing can fill it, and it can be cancelled or triggered again.
    pub cancellable_from: i64,
    /// What the trade would fill at if this price were of the window; zero if it would be refused.
    pub fill_price_e12: u64,
    /// Code of the error that the trade would be refused with at this price; zero if it would fill.
    pub error_code: u32,
}

/// Accounts of `view_order`.
#[derive(Accounts)]
pub struct ViewOrder<'info> {
    /// The protocol: pauses.
    pub protocol: AccountLoader<'info, Protocol>,
    /// Market of the position.
    pub market: AccountLoader<'info, Market>,
    /// Position.
    #[account(
        constraint = position.load()?.market == market.key() @ BulkheadError::PositionMarketMismatch
    )]
    pub position: AccountLoader<'info, Position>,
    /// The order.
    #[account(
        constraint = order.load()?.position == position.key() @ BulkheadError::OrderPositionMismatch
    )]
    pub order: AccountLoader<'info, Order>,
    /// Price account.
    /// CHECK: `oracle::read`.
    pub price: UncheckedAccount<'info>,
}

/// Handler of `view_order`.
pub fn handle_view_order(ctx: Context<ViewOrder>) -> Result<OrderView> {
    let preview = preview(ctx.accounts)?;
    let window = preview.window.unwrap_or_default();
    let fill = preview.fill.map_err(BulkheadError::from);
    let fill = held_back(ctx.accounts, fill)?;
    let is_early = Clock::get()?.slot <= ctx.accounts.order.load()?.since_slot()?;
    let is_paused = fill == Err(BulkheadError::NewRiskPaused);
    let state = match preview.state {
        orders::OrderState::Executable if is_early || is_paused => OrderState::InWindow,
        state => state.into(),
    };
    Ok(OrderView {
        state,
        window_from: window.from.get(),
        window_until: window.until.get(),
        cancellable_from: window.cancellable_from.get(),
        fill_price_e12: fill.as_ref().map_or(0, |price| price.get()),
        error_code: fill.map_or_else(u32::from, |_| 0),
    })
}

#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
fn preview(accounts: &ViewOrder) -> Result<Box<Preview>> {
    let order = accounts.order.load()?;
    order.require_version()?;
    let market = accounts.market.load()?;
    let sample = oracle::read(&market.oracle, &accounts.price)?;
    let mut view = Box::new(market.view()?);
    let position = Box::new(accounts.position.load()?.view()?);
    let now = UnixSeconds(Clock::get()?.unix_timestamp);
    let preview = orders::preview(&mut view, &position, &order.view()?, &sample, now).or_refuse()?;
    Ok(Box::new(preview))
}

/// The same with what `execute_order` looks at before it trades.
fn held_back(
    accounts: &ViewOrder,
    fill: core::result::Result<PriceE12, BulkheadError>,
) -> Result<core::result::Result<PriceE12, BulkheadError>> {
    if accounts.position.load()?.status == POSITION_CLOSED {
        return Ok(Err(BulkheadError::OrderVoid));
    }
    let increases = accounts.order.load()?.action()? == OrderAction::Increase;
    let now = Clock::get()?.unix_timestamp;
    let is_paused = accounts.protocol.load()?.require_new_risk(now).is_err();
    Ok(if increases && is_paused { Err(BulkheadError::NewRiskPaused) } else { fill })
}

impl From<orders::OrderState> for OrderState {
    fn from(state: orders::OrderState) -> Self {
        match state {
            orders::OrderState::Waiting => Self::Waiting,
            orders::OrderState::Triggerable => Self::Triggerable,
            orders::OrderState::InWindow => Self::InWindow,
            orders::OrderState::Executable => Self::Executable,
            orders::OrderState::Lapsed => Self::Lapsed,
            orders::OrderState::Expired => Self::Expired,
            orders::OrderState::Void => Self::Void,
        }
    }
}
