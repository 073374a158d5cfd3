//! What traders do, and who brings their orders a price.

use crate::random::Random;
use bulkhead::constants::TIP_LAMPORTS_MIN;
use bulkhead::instructions::{ExecuteOrderArgs, PlaceOpeningOrderArgs, PlaceOrderArgs};
use bulkhead::state::{Order, OrderAction, OrderKind, PositionSide, Trader};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::any_price;
use bulkhead_risk::UnixSeconds;
use bulkhead_risk::orders::CancelRight;
use solana_pubkey::Pubkey;

use crate::actions::{Plan, some_market, some_position};
use crate::town::{Known, TRADERS, Town, USD, Waiting};

/// Positions and orders at a time, so that checking all of them stays quick.
const POSITIONS_MAX: usize = 40;
const ORDERS_MAX: usize = 60;
const BASE_UNIT: u128 = 100_000_000;
/// 10^-12 USD in a price of 10^-8 USD.
const E12_PER_E8: u64 = 10_000;

/// From when an order's window counts; none before its trigger.
fn since(order: &Order) -> Option<i64> {
    let since = if order.kind == 0 { order.placed_at } else { order.triggered_at };
    (since != 0).then_some(since)
}

fn is_live(town: &Town, waiting: &Waiting) -> bool {
    let since = town.order(waiting).as_ref().and_then(since);
    since.is_some_and(|since| since + 15 >= town.world.now())
}

/// Whether a price of now could fill any order.
pub(crate) fn is_any_live(town: &Town) -> bool {
    town.orders.iter().rev().take(10).any(|waiting| is_live(town, waiting))
}

/// A trigger near the price, and an expiry or none.
fn trigger_of(random: &mut Random, town: &Town, market: usize) -> (u64, i64) {
    let near = town.prices_e8[market] / 1_000 * random.range(965, 1_035);
    let expires_at = if random.chance(50) { town.world.now() + random.range_i64(30, 7_200) } else { 0 };
    (near * E12_PER_E8, expires_at)
}

pub(crate) fn open(random: &mut Random, town: &mut Town) -> Option<Plan> {
    if town.positions.len() >= POSITIONS_MAX || town.orders.len() >= ORDERS_MAX {
        return None;
    }
    let market = some_market(random);
    let (keys, owner) = (&town.markets[market], &town.owners[random.range(0, TRADERS as u64 - 1) as usize]);
    let counters = town.world.load::<Trader>(&pda::trader(&keys.market, &owner.key));
    let notional = random.magnitude(500 * USD, 300_000 * USD);
    let side = random.pick(&[PositionSide::Long, PositionSide::Short]);
    let kind = if random.chance(20) { OrderKind::Limit } else { OrderKind::Market };
    let (trigger_price_e12, expires_at) =
        if kind == OrderKind::Limit { trigger_of(random, town, market) } else { (0, 0) };
    let args = PlaceOpeningOrderArgs {
        position_id: counters.map_or(0, |counters| counters.next_position_id),
        side,
        collateral_atoms: notional / 1_000 * random.range(70, 500),
        kind,
        size_atoms: base_atoms(town, market, notional),
        acceptable_price_e12: any_price(side, OrderAction::Increase),
        payout_cap_ppm: random.magnitude(50_000, 1_000_000) as u32,
        tip_lamports: TIP_LAMPORTS_MIN,
        trigger_price_e12,
        expires_at,
    };
    Some(Plan::of("open", ix::place_opening_order(keys, owner.key, owner.key, owner.tokens[market], args)))
}

/// Base atoms of this notional; all markets have eight decimals of base and six of collateral.
fn base_atoms(town: &Town, market: usize, notional: u64) -> u64 {
    (u128::from(notional) * 100 * BASE_UNIT / u128::from(town.prices_e8[market])) as u64
}

/// Mostly brings a price of the order's window along.
pub(crate) fn execute(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let newest = town.orders.len().checked_sub(1)?;
    let live = town.orders.iter().rev().find(|waiting| is_live(town, waiting)).copied();
    let waiting = live.filter(|_| random.chance(85));
    let waiting = waiting.unwrap_or_else(|| town.orders[random.range(0, newest as u64) as usize]);
    let order = town.order(&waiting)?;
    let fits = since(&order).unwrap_or(order.placed_at) + random.range_i64(2, 12);
    if random.chance(85) && town.world.now() <= fits {
        town.world.warp_to(fits);
        town.publish(waiting.market, random.range(10, 2_000));
    }
    let keys = &town.markets[waiting.market];
    let args = ExecuteOrderArgs { placed_at: order.placed_at, tip_lamports_min: 0 };
    let keeper = town.world.keeper.key;
    let update = ix::update_market(keys);
    let execute = ix::execute_order(keys, keeper, waiting.position, waiting.id, order.payer, args);
    let name = match order.action {
        0 => "execute increase",
        _ => "execute decrease",
    };
    let instructions = if random.chance(70) { vec![update, execute] } else { vec![execute] };
    Some(Plan::all(name, instructions))
}

/// Market orders and all that wait for a trigger; by the owner or somebody who may be the delegate.
pub(crate) fn place(random: &mut Random, town: &mut Town) -> Option<Plan> {
    if town.orders.len() >= ORDERS_MAX {
        return None;
    }
    let known = some_position(random, town)?;
    let account = town.position(&known);
    let side = if account.side == 0 { PositionSide::Long } else { PositionSide::Short };
    let action = if random.chance(35) { OrderAction::Increase } else { OrderAction::Decrease };
    let size_atoms = match action {
        OrderAction::Decrease if random.chance(40) => u64::MAX,
        _ => account.size_atoms / 1_000 * random.range(50, 900) + 1,
    };
    let kind = match random.range(0, 99) {
        0..50 => OrderKind::Market,
        50..70 => OrderKind::Limit,
        70..85 => OrderKind::StopLoss,
        _ => OrderKind::TakeProfit,
    };
    let (trigger_price_e12, expires_at) =
        if kind == OrderKind::Market { (0, 0) } else { trigger_of(random, town, known.market) };
    let authority = town.owners[if random.chance(90) { known.owner } else { 0 }].key;
    let args = PlaceOrderArgs {
        order_id: account.next_order_id,
        action,
        kind,
        size_atoms,
        acceptable_price_e12: any_price(side, action),
        payout_cap_ppm: random.range_u32(50_000, 1_000_000),
        tip_lamports: TIP_LAMPORTS_MIN,
        trigger_price_e12,
        expires_at,
    };
    let keys = &town.markets[known.market];
    Some(Plan::of("place", ix::place_order(keys, authority, authority, known.key, args)))
}

/// Mostly at its very price: somebody moves the market there.
pub(crate) fn trigger(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let has_trigger = |waiting: &&Waiting| town.order(waiting).is_some_and(|order| order.kind != 0);
    let waiting: Vec<Waiting> = town.orders.iter().filter(has_trigger).copied().collect();
    if waiting.is_empty() {
        return None;
    }
    let waiting = random.pick(&waiting);
    let order = town.order(&waiting)?;
    let price_e8 = order.trigger_price_e12 / E12_PER_E8;
    // A trigger that the market has left far behind stays where it is.
    let is_near = price_e8.abs_diff(town.prices_e8[waiting.market]) < price_e8 / 20;
    if is_near && random.chance(70) {
        town.world.warp_to(town.world.now() + random.range_i64(1, 5));
        town.prices_e8[waiting.market] = price_e8;
        town.publish(waiting.market, random.range(10, 2_000));
    }
    let (keys, keeper) = (&town.markets[waiting.market], town.world.keeper.key);
    Some(Plan::of("trigger", ix::trigger_order(keys, keeper, waiting.position, waiting.id)))
}

/// Whether the program owes `canceller` this cancellation.
fn may_cancel(town: &Town, waiting: &Waiting, order: &Order, canceller: &Pubkey) -> bool {
    let Some(position) = town.world.position_at(&waiting.position) else { return true };
    if position.status == 2 || town.is_settled(waiting.market) {
        return true;
    }
    let params = town.market(waiting.market).params.view();
    let right = order.view().ok().map(|view| view.cancel_right(&params, UnixSeconds(town.world.now())));
    match right {
        Some(Ok(CancelRight::Anyone)) => true,
        Some(Ok(CancelRight::OwnerOrDelegate)) => position.is_owner_or_delegate(canceller),
        _ => false,
    }
}

/// Mostly the one that waits longest; by a keeper or early, by whom it belongs to.
pub(crate) fn cancel(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let newest = town.orders.len().checked_sub(1)?;
    let is_dead = |waiting: &&Waiting| {
        let keeper = &town.world.keeper.key;
        town.order(waiting).is_some_and(|order| may_cancel(town, waiting, &order, keeper))
    };
    let dead = town.orders.iter().find(is_dead).copied().filter(|_| random.chance(60));
    let waiting = dead.unwrap_or_else(|| town.orders[random.range(0, newest as u64) as usize]);
    let order = town.order(&waiting)?;
    let owner = town.known(&waiting.position).map(|known| town.owners[known.owner].key);
    let canceller = owner.filter(|_| random.chance(40)).unwrap_or(town.world.keeper.key);
    let is_sure = may_cancel(town, &waiting, &order, &canceller);
    let keys = &town.markets[waiting.market];
    let cancel = ix::cancel_order(keys, canceller, waiting.position, waiting.id, order.payer);
    Some(Plan::of("cancel", cancel).sure_if(is_sure))
}

pub(crate) fn add(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let known = some_position(random, town)?;
    let from = &town.owners[random.range(0, TRADERS as u64 - 1) as usize];
    let amount = random.magnitude(1, 50_000 * USD);
    let (keys, tokens) = (&town.markets[known.market], from.tokens[known.market]);
    Some(Plan::of("add", ix::add_collateral(keys, from.key, tokens, known.key, amount)))
}

pub(crate) fn remove(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let known = some_position(random, town)?;
    let owner = &town.owners[known.owner];
    let amount = random.magnitude(1, town.position(&known).collateral_atoms.max(1));
    let (keys, tokens) = (&town.markets[known.market], owner.tokens[known.market]);
    let remove = ix::remove_collateral(keys, owner.key, known.key, tokens, amount);
    Some(Plan::all("remove", vec![ix::update_market(keys), remove]))
}

/// Mostly of a position that is flat: that one must let its owner go.
pub(crate) fn close(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let may_leave = |known: &Known| {
        let position = town.position(known);
        let owes = position.frozen_owed_atoms != 0 || position.reserved_atoms != 0;
        let is_flat = position.status == 2 || (position.status == 0 && position.open_orders == 0);
        is_flat && !owes
    };
    let flat = town.positions.iter().find(|known| may_leave(known)).copied();
    let known = if random.chance(90) { flat? } else { some_position(random, town)? };
    let owner = &town.owners[known.owner];
    let (keys, tokens) = (&town.markets[known.market], owner.tokens[known.market]);
    let can_move = !town.is_frozen(&known.vault) && !town.is_frozen(&tokens);
    let is_sure = may_leave(&known) && can_move;
    Some(Plan::of("close", ix::close_position(keys, owner.key, known.key, tokens)).sure_if(is_sure))
}

pub(crate) fn delegate(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let known = some_position(random, town)?;
    let delegate = if random.chance(80) { town.owners[0].key } else { Pubkey::default() };
    Some(Plan::of("delegate", ix::set_delegate(town.owners[known.owner].key, known.key, delegate)))
}
