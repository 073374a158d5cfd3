//! Top-up plans, approvals and revocations.

use crate::random::Random;
use bulkhead::instructions::SetTopUpArgs;
use bulkhead_client::{ix, pda};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use spl_token_interface::instruction as token;

use crate::actions::{Plan, some_market, some_position};
use crate::town::{TRADERS, Town, USD};

/// Sometimes outside of the bounds; mostly with an approval that covers it.
pub(crate) fn set(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let known = some_position(random, town)?;
    let (keys, owner) = (&town.markets[known.market], &town.owners[known.owner]);
    let amount = random.magnitude(USD, 20_000 * USD);
    let args = SetTopUpArgs {
        budget_atoms: random.magnitude(amount, 20 * amount),
        trigger_ppm: random.range_u32(950_000, 5_100_000),
        amount_atoms: amount,
        interval_secs: random.range_u32(10, 600),
        keeper_pay_atoms: amount / 1_000 * random.range(0, 51),
    };
    let source = owner.tokens[known.market];
    let set = ix::set_top_up(keys, owner.key, owner.key, known.key, source, args);
    let instructions = match random.chance(70) {
        true => vec![approve(town, known.owner, known.market, args.budget_atoms), set],
        false => vec![set],
    };
    Some(Plan::all("set top-up", instructions))
}

fn approve(town: &Town, owner: usize, market: usize, amount: u64) -> Instruction {
    let (owner, keys) = (&town.owners[owner], &town.markets[market]);
    let (spl, authority) = (spl_token_interface::ID, pda::top_up_authority(&owner.key));
    let approve = token::approve(&spl, &owner.tokens[market], &authority, &owner.key, &[], amount);
    Instruction { program_id: keys.token_program, ..approve.expect("a known program") }
}

/// Without this program, as an owner may at any time.
pub(crate) fn approve_or_revoke(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let (market, number) = (some_market(random), random.range(0, TRADERS as u64 - 1) as usize);
    if random.chance(50) {
        return Some(Plan::of("approve", approve(town, number, market, random.magnitude(1, 200_000 * USD))));
    }
    let (owner, keys) = (&town.owners[number], &town.markets[market]);
    let revoke = token::revoke(&spl_token_interface::ID, &owner.tokens[market], &owner.key, &[]);
    let revoke = Instruction { program_id: keys.token_program, ..revoke.expect("a known program") };
    Some(Plan::of("revoke", revoke))
}

fn some_plan(random: &mut Random, town: &Town) -> Option<Pubkey> {
    if town.plans.is_empty() { None } else { Some(random.pick(&town.plans)) }
}

/// Anybody's; mostly after some time, with a price.
pub(crate) fn execute(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let position = some_plan(random, town)?;
    let (known, plan) = (town.known(&position)?, town.plan_of(&position)?);
    if random.chance(60) {
        let secs = random.range_i64(1, 90);
        town.world.warp_to(town.world.now() + secs);
        town.publish(known.market, random.range(10, 2_000));
    }
    let (keys, keeper) = (&town.markets[known.market], town.world.keeper.key);
    let pay_to = town.keeper_tokens[known.market];
    let top_up = ix::execute_top_up(keys, keeper, pay_to, position, plan.owner, plan.source);
    Some(Plan::of("top up", top_up))
}

/// By the owner, whom nothing may hinder; or by anyone, which is for plans of closed positions.
pub(crate) fn cancel(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let left = town.plans.iter().find(|position| town.known(position).is_none()).copied();
    let position = left.filter(|_| random.chance(50)).or_else(|| some_plan(random, town))?;
    let plan = town.plan_of(&position)?;
    let is_owner = random.chance(60);
    let canceller = if is_owner { plan.owner } else { town.world.keeper.key };
    let is_over = town.world.position_at(&position).is_none_or(|position| position.status == 2);
    let cancel = ix::cancel_top_up(canceller, position, plan.payer);
    Some(Plan::of("cancel top-up", cancel).sure_if(is_owner || is_over))
}
