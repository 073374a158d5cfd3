//! The invariants, read off the accounts after every action. Ids: docs/invariants.md.

use std::fmt::Debug;

use bulkhead::state::{Order, SideData};
use bulkhead_risk::{self as risk, Purpose, Sample, UnixSeconds, liquidation};
use solana_pubkey::Pubkey;

use crate::pools::{check_pool, check_supply, check_tips};
use crate::town::{Known, MARKETS, Town};

pub(crate) fn equal<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?} instead of {expected:?}")) }
}

/// All state invariants, and the sums.
pub(crate) fn check(town: &Town) -> Result<(), String> {
    let mut held = [0; MARKETS];
    for known in &town.positions {
        held[known.market] += check_position(town, known)?;
    }
    for (market, held) in held.into_iter().enumerate() {
        let in_vaults = held + check_market(town, market)?;
        equal("INV-11: tokens in all vaults of a market", in_vaults, town.inside[market])?;
        check_pool(town, market)?;
    }
    check_tips(town)?;
    check_supply(town)
}

pub(crate) fn donated(town: &Town, vault: &Pubkey) -> u64 {
    town.donated.get(vault).copied().unwrap_or(0)
}

fn check_position(town: &Town, known: &Known) -> Result<i128, String> {
    let position = town.position(known);
    let tokens = town.world.token_balance(&known.vault);
    equal("INV-01: position vault", tokens, position.collateral_atoms + donated(town, &known.vault))?;
    position.assert_consistent().map_err(|error| format!("INV-05: {error}"))?;
    let of_it = town.orders.iter().filter(|order| order.position == known.key);
    let orders: Vec<_> = of_it.filter_map(|order| town.order(order)).collect();
    equal("INV-16: orders of a position", usize::from(position.open_orders), orders.len())?;
    // A market order from its placing on, another from its first trigger on.
    let may_fill = |order: &&Order| order.action == 0 && (order.kind == 0 || order.triggered_at != 0);
    let increases = orders.iter().filter(may_fill).count();
    equal("INV-16: increases that wait", usize::from(position.waiting_increases), increases)?;
    Ok(i128::from(tokens))
}

fn check_market(town: &Town, number: usize) -> Result<i128, String> {
    let market = town.market(number);
    let (pool, insurance) = (town.vaults[number].pool, town.vaults[number].insurance);
    let (in_pool, in_insurance) = (town.world.token_balance(&pool), town.world.token_balance(&insurance));
    let booked = market.pool_atoms + market.protocol_fees_atoms + market.crank_budget_atoms;
    equal("INV-02: pool vault", in_pool, booked + donated(town, &pool))?;
    let ledger = market.ledger();
    ledger.assert_reserve_covered().map_err(|_| format!("INV-03: reserved exceeds the pool: {ledger:?}"))?;
    equal("INV-04: insurance vault", in_insurance, market.insurance_atoms + donated(town, &insurance))?;
    for (side, sums) in [(0, &market.long), (1, &market.short)] {
        equal("INV-06: open interest and positions", sums.open_interest_atoms != 0, sums.positions != 0)?;
        check_sums(town, number, side, sums)?;
    }
    Ok(i128::from(in_pool) + i128::from(in_insurance))
}

/// INV-12: what a side has booked is the sum over its positions.
fn check_sums(town: &Town, market: usize, side: u8, sums: &SideData) -> Result<(), String> {
    let (mut size, mut cost, mut reserved, mut collateral, mut count) = (0, 0_u128, 0, 0, 0);
    for known in town.positions.iter().filter(|known| known.market == market) {
        let position = town.position(known);
        if position.side == side {
            size += position.size_atoms;
            cost += u128::from(position.size_atoms) * u128::from(position.entry_price_e12);
            reserved += position.reserved_atoms;
            collateral += position.collateral_counted_atoms;
            count += u32::from(position.status == 1);
        }
    }
    let found = (sums.open_interest_atoms, u128::from(sums.cost_e12), sums.reserved_atoms);
    equal("INV-12: size, cost and reserve of a side", found, (size, cost, reserved))?;
    equal(
        "INV-12: collateral and count of a side",
        (sums.collateral_atoms, sums.positions),
        (collateral, count),
    )
}

/// A market after the price that is published now, and that price; none where it is refused.
pub(crate) fn observed(town: &Town, market: usize, purpose: Purpose) -> Option<(risk::Market, Sample)> {
    let price = town.world.price_of(&town.markets[market].price)?;
    let mut market = town.market(market).view().ok()?;
    let (value, conf, ema) = (price.price, price.conf, price.ema_price);
    let sample = Sample::from_raw(value, conf, ema, price.exponent, price.publish_time).ok()?;
    let _ = market.observe(&sample, purpose, UnixSeconds(town.world.now())).ok()?;
    Some((market, sample))
}

/// How a position stands at the price that is published now; none where that price is refused.
pub(crate) fn readiness(town: &Town, known: &Known) -> Option<liquidation::Readiness> {
    let (market, sample) = observed(town, known.market, Purpose::Liquidate)?;
    let position: risk::Position = town.world.position_at(&known.key)?.view().ok()?;
    let position = position.accrued(&market.params, &market.ledger).ok()?.lowered(&market).ok()?;
    let now = UnixSeconds(town.world.now());
    Some(liquidation::assess(&market, &position, &sample, now).ok()?.readiness)
}
