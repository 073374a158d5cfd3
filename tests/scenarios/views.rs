//! Instructions that answer: what they say is what the accounts say, and they change nothing.

use crate::random::Random;
use anchor_lang::AnchorDeserialize;
use bulkhead::instructions::{MarketRates, OrderState, OrderView, PoolView, PositionHealth};
use bulkhead_client::ix;
use bulkhead_risk::{Purpose, UnixSeconds, health::health, rates::rates};

use crate::actions::{Plan, some_market, some_position};
use crate::books::{equal, observed};
use crate::town::{Known, Town, Waiting};

/// What a view is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked {
    Position(Known),
    Order(Waiting),
    Rates(usize),
    Pool(usize),
}

pub(crate) fn ask(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let market = some_market(random);
    let (name, asked) = match random.range(0, 3) {
        0 => ("view position", Asked::Position(some_position(random, town)?)),
        1 if town.orders.is_empty() => return None,
        1 => ("view order", Asked::Order(random.pick(&town.orders))),
        2 => ("view rates", Asked::Rates(market)),
        _ => ("view pool", Asked::Pool(market)),
    };
    let keys = |market: usize| &town.markets[market];
    let view = match asked {
        Asked::Position(known) => ix::view_position(keys(known.market), known.key),
        Asked::Order(order) => ix::view_order(keys(order.market), order.position, order.id),
        Asked::Rates(market) => ix::view_rates(keys(market).market),
        Asked::Pool(market) => ix::view_pool(keys(market)),
    };
    let plan = Plan::of(name, view).sure_if(matches!(asked, Asked::Rates(_)));
    Some(Plan { view: Some(asked), ..plan })
}

fn read<T: AnchorDeserialize>(data: &[u8]) -> Result<T, String> {
    T::try_from_slice(data).map_err(|error| format!("an answer that cannot be read: {error}"))
}

/// The answer against the accounts.
pub(crate) fn check_answer(town: &Town, asked: Asked, data: &[u8]) -> Result<(), String> {
    match asked {
        Asked::Position(known) => check_position(town, &known, &read(data)?),
        Asked::Order(waiting) => check_order(town, &waiting, &read(data)?),
        Asked::Rates(market) => check_rates(town, market, &read(data)?),
        Asked::Pool(market) => check_pool(town, market, &read(data)?),
    }
}

fn check_position(town: &Town, known: &Known, answer: &PositionHealth) -> Result<(), String> {
    let (market, sample) = observed(town, known.market, Purpose::Observe).ok_or("no price was there")?;
    let position = town.position(known).view().map_err(|error| error.to_string())?;
    let now = UnixSeconds(town.world.now());
    let expected = health(&market, &position, &sample, now).map_err(|error| format!("{error:?}"))?;
    let standing = expected.assessment;
    equal("health of a position", answer.health_ppm, expected.health_ppm)?;
    equal("its equity", i128::from(answer.equity_atoms), standing.valuation.equity.0)?;
    equal("its maintenance margin", answer.maintenance_atoms, standing.maintenance_margin.get())
}

fn check_order(town: &Town, waiting: &Waiting, answer: &OrderView) -> Result<(), String> {
    let position = town.world.position(&waiting.position);
    let order = town.order(waiting).ok_or("the order is gone")?;
    let is_void = position.status == 2 || town.is_settled(waiting.market);
    equal("an order that is void", answer.state == OrderState::Void, is_void)?;
    let has_window = order.kind == 0 || order.triggered_at != 0;
    equal("an order's window", answer.window_from != 0, has_window)
}

fn check_rates(town: &Town, market: usize, answer: &MarketRates) -> Result<(), String> {
    let account = town.market(market);
    let view = account.view().map_err(|error| error.to_string())?;
    let expected = rates(&view, UnixSeconds(town.world.now())).map_err(|error| format!("{error:?}"))?;
    let sizes = (account.long.open_interest_atoms, account.short.open_interest_atoms);
    equal("sizes of the sides", (answer.long_size_atoms, answer.short_size_atoms), sizes)?;
    equal("funding rate", answer.funding_rate_e18, expected.funding_rate_e18)?;
    equal("borrow index", answer.borrow_index_e12, expected.ledger.borrow_index_e12)
}

fn check_pool(town: &Town, market: usize, answer: &PoolView) -> Result<(), String> {
    let account = town.market(market);
    let found = (answer.pool_atoms, answer.shares, answer.insurance_atoms, answer.withdrawals_short);
    let expected = (account.pool_atoms, account.shares, account.insurance_atoms, account.withdrawals_short);
    equal("the pool", found, expected)
}
