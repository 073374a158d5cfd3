//! What liquidity providers do: in, and out by way of the escrow.

use crate::random::Random;
use bulkhead::constants::TIP_LAMPORTS_MIN;
use bulkhead::instructions::{DepositArgs, RequestWithdrawalArgs};
use bulkhead::state::Trader;
use bulkhead_client::{ix, pda};
use bulkhead_risk::UnixSeconds;
use solana_instruction::Instruction;
use spl_token_interface::instruction as token;

use crate::actions::{Plan, some_market};
use crate::town::{Leaving, TRADERS, Town, USD};

/// At a time.
const WITHDRAWALS_MAX: usize = 12;

pub(crate) fn deposit(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let (market, number) = (some_market(random), random.range(0, TRADERS as u64) as usize);
    let (keys, owner) = (&town.markets[market], &town.owners[number]);
    let most = if number == TRADERS { 3_000_000 * USD } else { 200_000 * USD };
    let args = DepositArgs { amount_atoms: random.magnitude(1, most), shares_min: 0 };
    let deposit = ix::deposit(keys, owner.key, owner.tokens[market], owner.shares[market], args);
    Some(Plan::all("deposit", vec![ix::update_market(keys), deposit]))
}

/// Some of an owner's shares, or all of them.
pub(crate) fn request(random: &mut Random, town: &mut Town) -> Option<Plan> {
    if random.chance(10) {
        return send_shares(random, town);
    }
    if town.leaving.len() >= WITHDRAWALS_MAX {
        return None;
    }
    let (market, number) = (some_market(random), random.range(0, TRADERS as u64) as usize);
    let (keys, owner) = (&town.markets[market], &town.owners[number]);
    let held = town.world.token_balance(&owner.shares[market]);
    let shares = if random.chance(30) { held } else { random.magnitude(0, held.max(1)) };
    let counters = town.world.load::<Trader>(&pda::trader(&keys.market, &owner.key));
    let args = RequestWithdrawalArgs {
        withdrawal_id: counters.map_or(0, |counters| counters.next_withdrawal_id),
        shares,
        tip_lamports: random.range(TIP_LAMPORTS_MIN, 10 * TIP_LAMPORTS_MIN),
    };
    let (from, to) = (owner.shares[market], owner.tokens[market]);
    Some(Plan::of("request", ix::request_withdrawal(keys, owner.key, owner.key, from, to, args)))
}

/// Somebody sends shares to another's escrow.
fn send_shares(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let leaving = town.leaving.first().copied()?;
    let (vault, keys) = (town.withdrawal(&leaving).vault, &town.markets[leaving.market]);
    let owner = &town.owners[TRADERS];
    let amount = random.range(1, 1_000 * USD);
    let from = owner.shares[leaving.market];
    if town.world.token_balance(&from) < amount {
        return None;
    }
    let spl = spl_token_interface::ID;
    let send = token::transfer_checked(
        &spl,
        &from,
        &town.vaults[leaving.market].lp_mint,
        &vault,
        &owner.key,
        &[],
        amount,
        bulkhead_lab::world::defaults::QUOTE_DECIMALS,
    );
    let send = Instruction { program_id: keys.token_program, ..send.expect("a known program") };
    *town.donated.entry(vault).or_default() += amount;
    Some(Plan::of("send shares", send).sure_if(true))
}

fn some_leaving(random: &mut Random, town: &Town) -> Option<Leaving> {
    if town.leaving.is_empty() { None } else { Some(random.pick(&town.leaving)) }
}

/// Mostly waits until the withdrawal may be executed, and brings a price.
pub(crate) fn execute(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let leaving = some_leaving(random, town)?;
    let withdrawal = town.withdrawal(&leaving);
    if random.chance(60) && town.world.now() < withdrawal.executable_from {
        town.world.warp_to(withdrawal.executable_from + random.range_i64(0, 600));
    }
    town.publish(leaving.market, random.range(10, 2_000));
    let (keys, keeper) = (&town.markets[leaving.market], town.world.keeper.key);
    let execute = ix::execute_withdrawal(keys, keeper, leaving.key, &withdrawal);
    let name = "execute withdrawal";
    Some(match town.is_settled(leaving.market) {
        true => Plan::of(name, execute),
        false => Plan::all(name, vec![ix::update_market(keys), execute]),
    })
}

/// By the owner or by anyone. Who may must be able to, whatever is paused or frozen.
pub(crate) fn cancel(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let leaving = some_leaving(random, town)?;
    let withdrawal = town.withdrawal(&leaving);
    let (keys, owner) = (&town.markets[leaving.market], &town.owners[leaving.owner]);
    let is_owner = random.chance(60);
    let canceller = if is_owner { owner.key } else { town.world.keeper.key };
    let shares = owner.shares[leaving.market];
    let now = UnixSeconds(town.world.now());
    let may = withdrawal.view().ok()?.require_cancellable(is_owner, now).is_ok();
    let cancel = ix::cancel_withdrawal(keys, canceller, leaving.key, &withdrawal, shares);
    Some(Plan::of("cancel withdrawal", cancel).sure_if(may))
}
