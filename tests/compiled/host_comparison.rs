//! The compiled program and the host agree to the bit: random states, every instruction that computes.
//!
//! `BULKHEAD_CASES` and `BULKHEAD_SEED` for longer or other runs; `BULKHEAD_CASE` for one case alone.

use std::collections::BTreeMap;

use bulkhead::error::BulkheadError;
use bulkhead::instructions::{DepositArgs, ExecuteOrderArgs};
use bulkhead::state::Order;
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::TxFailed;
use bulkhead_tests::random::{Random, from_environment};
use solana_instruction::Instruction;

use crate::case::{Action, Case};
use crate::expected::{Expected, expected, is_accounting_error};
use crate::ground::Ground;

const CASES: u64 = 60_000;
const SEED: u64 = 1;

/// Outcomes that a run of [`CASES`] must have met, and how often at least.
const MET_AT_LEAST: [(Action, &str, u64); 45] = [
    (Action::Update, "first sample", 20),
    (Action::Update, "confidence too wide to count", 80),
    (Action::Update, "same bucket", 200),
    (Action::Update, "new bucket", 400),
    (Action::Update, "new bucket after a gap", 400),
    (Action::Crank, "paid", 200),
    (Action::Crank, "not paid", 200),
    (Action::Refresh, "lowered", 400),
    (Action::Refresh, "raised", 200),
    (Action::Refresh, "held", 400),
    (Action::Flag, "healthy", 200),
    (Action::Flag, "first sighting", 80),
    (Action::Flag, "held back", 20),
    (Action::Flag, "payout capped", 20),
    (Action::Flag, "insolvent", 40),
    (Action::View, "healthy", 200),
    (Action::View, "below maintenance", 80),
    (Action::View, "insolvent", 40),
    (Action::View, "payout capped", 20),
    (Action::Liquidate, "healthy", 400),
    (Action::Liquidate, "first sighting", 200),
    (Action::Liquidate, "unconfirmed", 20),
    (Action::Liquidate, "held back", 40),
    (Action::Liquidate, "partial", 400),
    (Action::Liquidate, "full", 200),
    (Action::Liquidate, "insolvent", 5),
    (Action::Liquidate, "insolvent with shortfall", 80),
    (Action::Liquidate, "insurance frozen", 80),
    (Action::Liquidate, "insolvent, shortfall covered in full", 20),
    (Action::Liquidate, "insolvent, keeper paid by insurance", 20),
    (Action::Liquidate, "payout capped", 80),
    (Action::Liquidate, "closed in the books, vault frozen", 80),
    (Action::Settle, "done", 80),
    (Action::Settle, "done, keeper paid", 80),
    (Action::Increase, "opened", 400),
    (Action::Increase, "increased", 80),
    (Action::Increase, "order spent", 400),
    (Action::Decrease, "order spent", 20),
    (Action::Decrease, "decreased at a gain", 80),
    (Action::Decrease, "decreased at a loss", 80),
    (Action::Decrease, "closed at a gain", 80),
    (Action::Decrease, "closed at a loss", 80),
    (Action::Remove, "removed, owed paid", 40),
    (Action::Deposit, "later deposit", 200),
    (Action::Add, "done", 400),
];

#[derive(Default)]
struct Tally {
    count: u64,
    units_max: u64,
}

#[test]
fn compiled_program_and_host_agree_to_the_bit() {
    let seed = from_environment("BULKHEAD_SEED", SEED);
    let only = std::env::var("BULKHEAD_CASE").ok().map(|_| from_environment("BULKHEAD_CASE", 0));
    let cases = only.map_or(0..from_environment("BULKHEAD_CASES", CASES), |case| case..case + 1);
    let mut ground = Ground::new();
    let mut tallies: BTreeMap<(Action, String), Tally> = BTreeMap::new();
    for number in cases.clone() {
        let case = Case::draw(&mut Random::of_case(seed, number), &ground);
        let (label, units) = compare(&mut ground, &case).unwrap_or_else(|difference| {
            panic!("seed {seed}, case {number}: {difference}\n{}", case.describe())
        });
        let tally = tallies.entry((case.action, label)).or_default();
        tally.count += 1;
        tally.units_max = tally.units_max.max(units);
    }
    for ((action, label), tally) in &tallies {
        println!("{:>6} {action:?}: {label} ({} units at most)", tally.count, tally.units_max);
    }
    if cases == (0..CASES) && seed == SEED {
        for (action, label, least) in MET_AT_LEAST {
            let count = tallies.get(&(action, label.to_owned())).map_or(0, |tally| tally.count);
            assert!(count >= least, "{action:?}: {label} was met {count} times of at least {least}");
        }
    }
}

/// Runs `case` on both sides; what happened and its units, or how they differ.
fn compare(ground: &mut Ground, case: &Case) -> Result<(String, u64), String> {
    place(ground, case);
    let keys = ground.keys;
    let order = pda::order(&ground.position, 0);
    let lamports = |ground: &Ground| {
        let of = |address| ground.world.lamports(address);
        (of(&ground.world.keeper.key), of(&order), of(&ground.owner.key))
    };
    let before = lamports(ground);
    let outcome = ground.world.send(&[instruction(ground, case)]);
    let host = expected(case);
    let (done, host) = match (outcome, host) {
        (Ok(done), Ok(host)) => (done, host),
        (Err(failed), Err(refusal)) => return refused_alike(ground, case, &failed, refusal.code()),
        (Ok(_), Err(refusal)) => {
            return Err(format!("the host refuses with {refusal}, the program does not"));
        }
        (Err(failed), Ok(host)) => return Err(format!("the host says {host:#?}, the program {failed}")),
    };
    differs("market", &ground.world.market_of(&keys.market), &host.market)?;
    differs("position", &ground.world.position(&ground.position), &host.position)?;
    differs("balances", &ground.balances(), &host.balances)?;
    differs("return data", &done.return_data, &host.return_data)?;
    let after = lamports(ground);
    differs("lamports", &after, &lamports_expected(before, case, &host))?;
    Ok((host.label.to_owned(), done.units))
}

/// Executor, order and payer: the tip goes to the one, the rest of the order to the other.
fn lamports_expected(before: (u64, u64, u64), case: &Case, host: &Expected) -> (u64, u64, u64) {
    if !host.filled {
        return before;
    }
    let (executor, order, payer) = before;
    let tip = case.order.tip_lamports;
    (executor + tip, 0, payer + order - tip)
}

fn refused_alike(
    ground: &Ground,
    case: &Case,
    failed: &TxFailed,
    code: u32,
) -> Result<(String, u64), String> {
    if failed.code() != Some(code) {
        return Err(format!("the host refuses with {code}, the program says {failed}"));
    }
    if is_accounting_error(code) {
        return Err(format!("accounting contradicts itself in a state that can come about: {failed}"));
    }
    differs("market", &ground.world.market_of(&ground.keys.market), &case.market)?;
    differs("position", &ground.world.position(&ground.position), &case.position)?;
    let takes_risk = matches!(case.action, Action::Increase | Action::Remove | Action::Deposit);
    let may_exceed = case.extreme || takes_risk;
    if code == u32::from(BulkheadError::Overflow) && !may_exceed {
        return Err(format!("a number is out of range at ordinary magnitudes: {failed}"));
    }
    Ok((format!("refused, {}", bulkhead_client::error::describe(code)), failed.units))
}

fn differs<T: PartialEq + std::fmt::Debug>(what: &str, program: &T, host: &T) -> Result<(), String> {
    if program == host {
        return Ok(());
    }
    Err(format!("{what} differs.\nprogram: {program:#?}\nhost: {host:#?}"))
}

/// Writes the accounts of `case` and sets the clock.
fn place(ground: &mut Ground, case: &Case) {
    let (keys, position) = (ground.keys, ground.position);
    ground.world.warp_to(case.now);
    ground.write(keys.market, &case.market, 0);
    ground.write(position, &case.position, 0);
    let placed_slot = ground.world.slot() - u64::from(!case.same_slot);
    let order = Order { placed_slot, ..case.order };
    ground.write(pda::order(&position, 0), &order, order.tip_lamports);
    let (decimals, shares) = (case.market.params.quote_decimals, case.market.shares);
    ground.set_decimals(keys.collateral_mint, decimals);
    ground.set_supply(pda::lp_mint(&keys.market), shares.saturating_sub(1_000_000));
    ground.set_balances(&case.balances);
    ground.set_frozen(pda::vault(&position), case.vault_frozen);
    ground.set_frozen(pda::insurance_vault(&keys.market), case.insurance_frozen);
    ground.world.set_price(&case.price);
    // Whatever a case pays out, the next one starts from the same.
    ground.world.set_lamports(ground.world.keeper.key, 1_000_000_000_000);
    ground.world.set_lamports(ground.owner.key, 1_000_000_000_000);
}

fn instruction(ground: &Ground, case: &Case) -> Instruction {
    let (keys, position, owner) = (&ground.keys, ground.position, &ground.owner);
    let keeper = ground.world.keeper;
    match case.action {
        Action::Update => ix::update_market(keys),
        Action::Crank => ix::crank_market(keys, keeper.tokens),
        Action::Refresh => ix::refresh_position(keys, position),
        Action::Flag => ix::flag(keys, &[position]),
        Action::View => ix::view_position(keys, position),
        Action::Liquidate => ix::liquidate(keys, keeper.key, keeper.tokens, position),
        Action::Settle => ix::settle_capped(keys, keeper.key, keeper.tokens, position),
        Action::Increase | Action::Decrease => {
            let args = ExecuteOrderArgs { placed_at: case.order.placed_at, tip_lamports_min: 0 };
            ix::execute_order(keys, keeper.key, position, 0, case.order.payer, args)
        }
        Action::Remove => ix::remove_collateral(keys, owner.key, position, owner.tokens, case.amount),
        Action::Deposit => {
            let args = DepositArgs { amount_atoms: case.amount, shares_min: 0 };
            ix::deposit(keys, owner.key, owner.tokens, ground.shares, args)
        }
        Action::Add => ix::add_collateral(keys, owner.key, owner.tokens, position, case.amount),
    }
}
