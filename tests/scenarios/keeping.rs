//! What keepers do to positions.

use crate::random::Random;
use bulkhead_client::ix;
use bulkhead_risk::liquidation::{LiquidationReason, Readiness};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::actions::{Plan, some_market, some_position};
use crate::books::readiness;
use crate::town::{Known, Town};

pub(crate) fn refresh(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let known = some_position(random, town)?;
    Some(Plan::of("refresh", ix::refresh_position(&town.markets[known.market], known.key)))
}

pub(crate) fn flag(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let market = some_market(random);
    let of_market = town.positions.iter().filter(|known| known.market == market);
    let keys: Vec<Pubkey> = of_market.map(|known| known.key).filter(|_| random.chance(40)).take(8).collect();
    Some(Plan::of("flag", ix::flag(&town.markets[market], &keys)))
}

/// A position that stands as `wanted`, mostly.
pub(crate) fn ripe(random: &mut Random, town: &Town, wanted: impl Fn(Readiness) -> bool) -> Option<Known> {
    let stands = |known: &&Known| readiness(town, known).is_some_and(&wanted);
    let ripe = if random.chance(70) { town.positions.iter().find(stands).copied() } else { None };
    ripe.or_else(|| some_position(random, town))
}

pub(crate) fn liquidate(town: &Town, known: &Known) -> Instruction {
    let (keys, market) = (&town.markets[known.market], known.market);
    ix::liquidate(keys, town.world.keeper.key, town.keeper_tokens[market], known.key)
}

/// Whoever may be liquidated must be, whatever is frozen.
pub(crate) fn liquidate_some(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let known = ripe(random, town, |readiness| {
        !matches!(readiness, Readiness::Healthy | Readiness::Ready(LiquidationReason::PayoutCapped))
    })?;
    let is_ready = matches!(readiness(town, &known), Some(Readiness::Ready(_)));
    Some(Plan::of("liquidate", liquidate(town, &known)).liquidating(known).sure_if(is_ready))
}

pub(crate) fn settle(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let is_capped = |readiness| readiness == Readiness::Ready(LiquidationReason::PayoutCapped);
    let known = ripe(random, town, is_capped)?;
    let (keys, keeper) = (&town.markets[known.market], town.world.keeper.key);
    Some(Plan::of("settle", ix::settle_capped(keys, keeper, town.keeper_tokens[known.market], known.key)))
}

/// In one transaction: it must not take what was healthy before.
pub(crate) fn refresh_and_liquidate(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let known = some_position(random, town)?;
    let refresh = ix::refresh_position(&town.markets[known.market], known.key);
    let plan = Plan::all("refresh and liquidate", vec![refresh, liquidate(town, &known)]);
    Some(plan.liquidating(known))
}

pub(crate) fn collect_frozen(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let owes = |known: &Known| {
        let position = town.position(known);
        position.status == 2 && (position.frozen_owed_atoms != 0 || position.reserved_atoms != 0)
    };
    let owing = town.positions.iter().find(|known| owes(known)).copied();
    let known = if random.chance(90) { owing? } else { some_position(random, town)? };
    let is_sure = owes(&known) && !town.is_frozen(&known.vault);
    let collect = ix::collect_frozen(&town.markets[known.market], known.key);
    Some(Plan::of("collect frozen", collect).sure_if(is_sure))
}
