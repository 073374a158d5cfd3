//! The invariants, read off the accounts after every action. Ids: docs/invariants.md.

use std::collections::BTreeMap;

use bulkhead::state::{Order, SideData};
use bulkhead_client::pda;
use bulkhead_risk::{self as risk, Purpose, Sample, UnixSeconds, liquidation};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::town::{Known, Town};

/// Bytes of everything that the protocol holds, by the position that it belongs to (none: a market's).
pub(crate) struct Snapshot(BTreeMap<Pubkey, (Option<Pubkey>, Vec<u8>)>);

impl Snapshot {
    pub(crate) fn of(town: &Town) -> Self {
        let mut bytes = BTreeMap::new();
        let mut note = |address: Pubkey, position: Option<Pubkey>| {
            let data = town.world.data(&address).unwrap_or_default().to_vec();
            bytes.insert(address, (position, data));
        };
        for keys in &town.markets {
            let market = &keys.market;
            let vaults = [pda::pool_vault(market), pda::insurance_vault(market), pda::lp_mint(market)];
            for address in [*market, pda::protocol()].into_iter().chain(vaults) {
                note(address, None);
            }
        }
        for known in &town.positions {
            note(known.key, Some(known.key));
            note(pda::vault(&known.key), Some(known.key));
        }
        for order in &town.orders {
            note(pda::order(&order.position, order.id), Some(order.position));
        }
        Self(bytes)
    }

    /// Nothing at all has changed: what a refused action leaves behind.
    pub(crate) fn unchanged(&self, town: &Town) -> Result<(), String> {
        self.compare(town, |_| true)
    }

    /// INV-10: nothing has changed of positions that the instructions do not name.
    pub(crate) fn others_unchanged(&self, town: &Town, instructions: &[Instruction]) -> Result<(), String> {
        let named = |key: &Pubkey| {
            let mut metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
            metas.any(|meta| meta.pubkey == *key)
        };
        self.compare(town, |position| position.is_some_and(|key| !named(&key)))
    }

    fn compare(&self, town: &Town, looks_at: impl Fn(Option<Pubkey>) -> bool) -> Result<(), String> {
        for (address, (position, before)) in &self.0 {
            if looks_at(*position) && town.world.data(address).unwrap_or_default() != before {
                return Err(format!("INV-10: {address} of {position:?} has changed"));
            }
        }
        Ok(())
    }
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?} instead of {expected:?}")) }
}

/// All state invariants, and the sums.
pub(crate) fn check(town: &Town) -> Result<(), String> {
    let mut held = 0;
    for known in &town.positions {
        held += check_position(town, known)?;
    }
    for market in 0..town.markets.len() {
        held += check_market(town, market)?;
    }
    equal("INV-11: tokens in all vaults", held, town.inside)
}

fn donated(town: &Town, vault: &Pubkey) -> u64 {
    town.donated.get(vault).copied().unwrap_or(0)
}

fn check_position(town: &Town, known: &Known) -> Result<i128, String> {
    let position = town.position(known);
    let vault = pda::vault(&known.key);
    let tokens = town.world.token_balance(&vault);
    equal("INV-01: position vault", tokens, position.collateral_atoms + donated(town, &vault))?;
    position.assert_consistent().map_err(|error| format!("INV-05: {error}"))?;
    let of_it = town.orders.iter().filter(|order| order.position == known.key);
    let orders: Vec<_> = of_it.filter_map(|order| town.order(order)).collect();
    equal("orders of a position", usize::from(position.open_orders), orders.len())?;
    // A market order from its placing on, another from its first trigger on.
    let may_fill = |order: &&Order| order.action == 0 && (order.kind == 0 || order.triggered_at != 0);
    let increases = orders.iter().filter(may_fill).count();
    equal("increases that wait", usize::from(position.waiting_increases), increases)?;
    Ok(i128::from(tokens))
}

fn check_market(town: &Town, number: usize) -> Result<i128, String> {
    let keys = &town.markets[number];
    let market = town.market(number);
    let (pool, insurance) = (pda::pool_vault(&keys.market), pda::insurance_vault(&keys.market));
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

/// How a position stands at the price that is published now; none where that price is refused.
pub(crate) fn readiness(town: &Town, known: &Known) -> Option<liquidation::Readiness> {
    let mut market = town.market(known.market).view().ok()?;
    let price = town.world.price_of(&town.markets[known.market].price)?;
    let (value, conf, ema) = (price.price, price.conf, price.ema_price);
    let sample = Sample::from_raw(value, conf, ema, price.exponent, price.publish_time).ok()?;
    let now = UnixSeconds(town.world.now());
    let _ = market.observe(&sample, Purpose::Liquidate, now).ok()?;
    let position: risk::Position = town.world.position_at(&known.key)?.view().ok()?;
    let position = position.accrued(&market.params, &market.ledger).ok()?.lowered(&market).ok()?;
    Some(liquidation::assess(&market, &position, &sample, now).ok()?.readiness)
}
