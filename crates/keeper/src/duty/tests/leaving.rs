//! Leaving: withdrawals from the pool, and positions of a market that has ended.

use bulkhead::constants::ACCOUNT_VERSION;
use bulkhead::state::{MARKET_SETTLED, POSITION_CLOSED, Settlement, Withdrawal};
use bulkhead_client::accounts::AnyAccount;
use bulkhead_client::{ix, pda};
use solana_pubkey::Pubkey;

use super::{CENTS, KEEPER, NOW, USD, World, zeroed};
use crate::action::Reward;
use crate::duty::Duty;
use crate::state::Update;
use crate::wallet::token_account;

const OWNER: Pubkey = Pubkey::new_from_array([8; 32]);
/// A fifth of the pool may leave in an hour.
const LARGE: u64 = 50_000_000 * USD;

impl World {
    /// A withdrawal of `shares` that can be executed between 10 s and 3,610 s after the beginning.
    fn withdrawal(&mut self, shares: u64, change: impl FnOnce(&mut Withdrawal)) -> Pubkey {
        let mut account: Withdrawal = zeroed(ACCOUNT_VERSION);
        (account.market, account.owner, account.payer) = (self.key, OWNER, OWNER);
        (account.shares, account.shares_requested, account.tip_lamports) = (shares, shares, 30_000);
        (account.executable_from, account.lapses_at) = (NOW + 10, NOW + 3_610);
        change(&mut account);
        let key = pda::withdrawal(&self.key, &OWNER, 0);
        self.put(key, AnyAccount::Withdrawal(Box::new(account)));
        key
    }

    fn due_at(&mut self, seconds: i64) -> usize {
        self.at(CENTS, seconds);
        self.targets(Duty::ExecuteWithdrawals).len()
    }
}

#[test]
fn execute_withdrawals_ok_within_the_window() {
    let mut world = World::new();
    let key = world.withdrawal(1_000 * USD, |_| {});
    // The chain's clock may be a second behind.
    assert_eq!([9, 10, 11].map(|seconds| world.due_at(seconds)), [0, 0, 1]);
    let plan = world.plan(Duty::ExecuteWithdrawals);
    let keys = world.state.market(&world.key).unwrap().keys;
    let account = world.state.withdrawals().next().unwrap().account;
    assert_eq!((plan[0].key.target, plan[0].needs), (key, Some(key)));
    assert_eq!(plan[0].instruction, ix::execute_withdrawal(&keys, KEEPER, key, &account));
    assert_eq!(plan[0].reward.lamports, 30_000, "all of the tip for all of the shares");
    // Without a price that new risk may be taken at, the program refuses.
    world.seconds = 71;
    assert_eq!(world.targets(Duty::ExecuteWithdrawals), []);
    world.withdrawal(1_000 * USD, |account| account.lapses_at = NOW + 20);
    assert_eq!([19, 20].map(|seconds| world.due_at(seconds)), [1, 0]);
}

#[test]
fn execute_withdrawals_ok_in_part_once_and_then_now_and_then() {
    let mut world = World::new();
    world.withdrawal(LARGE, |_| {});
    assert_eq!(world.due_at(20), 1, "the first counts it as short");
    assert_eq!(world.plan(Duty::ExecuteWithdrawals)[0].reward.lamports, 12_000, "20 of 50 million");
    // Paid in part 599 and 600 seconds ago: each payment opens an hour anew.
    let paid_before = |world: &mut World, seconds: i64| {
        world.withdrawal(LARGE, |account| {
            (account.short_since, account.lapses_at) = (NOW - 5_000, NOW + 20 - seconds + 3_600);
        });
        world.due_at(20)
    };
    assert_eq!([0, 599, 600, 3_599].map(|seconds| paid_before(&mut world, seconds)), [0, 0, 1, 1]);
    // Where nothing can be paid it waits, until its window would end.
    world.market.long.reserved_atoms = world.market.pool_atoms;
    world.store_market();
    let due = [600, 2_999, 3_000, 3_599].map(|seconds| paid_before(&mut world, seconds));
    assert_eq!(due, [0, 0, 1, 1]);
}

#[test]
fn execute_withdrawals_ok_in_a_settled_market_and_not_in_a_pause() {
    let mut world = World::new();
    let key = world.withdrawal(1_000 * USD, |_| {});
    world.at(CENTS, 20);
    let mut protocol = *world.state.protocol().unwrap();
    protocol.pause_withdrawals.until = NOW + 21;
    world.put(pda::protocol(), AnyAccount::Protocol(Box::new(protocol)));
    assert_eq!([20, 21].map(|seconds| world.due_at(seconds)), [0, 1]);
    // No price is needed any more, and there may be none.
    world.market.status = MARKET_SETTLED;
    world.market.settlement_price_e12 = CENTS * 10_000_000_000;
    world.store_market();
    world.state.market_mut(&world.key.clone()).sample = None;
    world.seconds = 3_000;
    assert_eq!(world.targets(Duty::ExecuteWithdrawals), [key]);
}

#[test]
fn cancel_withdrawals_ok_once_lapsed() {
    let mut world = World::new();
    let key = world.withdrawal(1_000 * USD, |account| account.lapses_at = NOW + 20);
    world.at(CENTS, 20);
    assert_eq!(world.targets(Duty::CancelWithdrawals), []);
    world.at(CENTS, 21);
    let plan = world.plan(Duty::CancelWithdrawals);
    let keys = world.state.market(&world.key).unwrap().keys;
    let account = world.state.withdrawals().next().unwrap().account;
    let shares = token_account(&OWNER, &pda::lp_mint(&world.key), &keys.token_program);
    assert_eq!(plan[0].instruction, ix::cancel_withdrawal(&keys, KEEPER, key, &account, shares));
    assert_eq!((plan[0].key.target, plan[0].reward.lamports), (key, 10_000));
    // Whoever paid for it gets the tip back instead.
    world.withdrawal(1_000 * USD, |account| (account.lapses_at, account.payer) = (NOW + 20, KEEPER));
    assert_eq!(world.plan(Duty::CancelWithdrawals)[0].reward.lamports, 0);
    world.state.apply(Update::Account { key, slot: 2, account: None });
    assert_eq!(world.targets(Duty::CancelWithdrawals), []);
}

impl World {
    /// What is due of the market's end, at a fresh price.
    fn ending(&mut self, seconds: i64) -> Option<solana_instruction::Instruction> {
        self.at(CENTS, seconds);
        self.plan(Duty::SettleMarkets).pop().map(|action| action.instruction)
    }

    /// Keeps `count` prices, the last of them of so many seconds after the beginning.
    fn keep_prices(&mut self, count: u8, last: i64) {
        let mut account: Settlement = zeroed(ACCOUNT_VERSION);
        (account.market, account.payer) = (self.key, OWNER);
        (account.count, account.recorded_at) = (count, NOW + last);
        account.prices_e12 = [CENTS * 10_000_000_000; 60];
        self.put(pda::settlement(&self.key), AnyAccount::Settlement(Box::new(account)));
    }
}

#[test]
fn settle_markets_ok_keeps_a_price_of_every_minute_and_settles() {
    let mut world = World::new();
    assert_eq!(world.ending(70), None, "nothing winds down");
    world.market.wind_down_from = NOW + 30;
    world.store_market();
    let keys = world.state.market(&world.key).unwrap().keys;
    let record = Some(ix::record_settlement_price(&keys, KEEPER));
    // NOW is twenty seconds into a minute.
    assert_eq!((world.ending(29), world.ending(70)), (None, record.clone()));
    world.keep_prices(1, 70);
    assert_eq!((world.ending(99), world.ending(100)), (None, record));
    // An hour later thirty prices are enough, and their rent goes back to who paid it.
    let settle = Some(ix::settle_market(world.key, OWNER));
    world.keep_prices(29, 3_560);
    assert_ne!(world.ending(3_631), settle);
    world.keep_prices(30, 3_560);
    assert_eq!((world.ending(3_630), world.ending(3_631)), (None, settle));
    world.market.status = MARKET_SETTLED;
    (world.market.insurance_atoms, world.market.crank_budget_atoms) = (0, 0);
    world.store_market();
    assert_eq!(world.ending(3_700), None);
}

#[test]
fn settle_markets_ok_releases_funds_once_the_last_position_has_left() {
    let mut world = World::new();
    world.market.status = MARKET_SETTLED;
    (world.market.insurance_atoms, world.market.crank_budget_atoms) = (0, 1);
    world.market.long.positions = 1;
    world.store_market();
    assert_eq!(world.ending(70), None, "somebody is still there");
    world.market.long.positions = 0;
    world.store_market();
    let release = ix::release_funds(&world.state.market(&world.key).unwrap().keys);
    assert_eq!(world.ending(70), Some(release));
    world.market.crank_budget_atoms = 0;
    world.store_market();
    assert_eq!(world.ending(70), None, "there is nothing to release");
}

#[test]
fn settle_markets_ok_once_the_oracle_is_dead() {
    let mut world = World::new();
    world.state.market_mut(&world.key.clone()).sample = None;
    let mut due = |seconds| {
        world.seconds = seconds;
        world.plan(Duty::SettleMarkets).pop().map(|action| action.instruction)
    };
    assert_eq!(due(604_800), None);
    assert_eq!(due(604_801), Some(ix::settle_market(pda::market(0), KEEPER)));
}

#[test]
fn settle_positions_ok_once_the_market_is_settled() {
    let mut world = World::new();
    let (open, closed) = (world.open(1, 5_000), world.open(2, 5_000));
    world.change(closed, |position| position.status = POSITION_CLOSED);
    assert_eq!(world.targets(Duty::SettlePositions), []);
    world.market.status = MARKET_SETTLED;
    world.market.settlement_price_e12 = CENTS * 10_000_000_000;
    world.store_market();
    let plan = world.plan(Duty::SettlePositions);
    let keys = world.state.market(&world.key).unwrap().keys;
    assert_eq!((plan.len(), plan[0].key.target), (1, open));
    assert_eq!(plan[0].instruction, ix::settle_position(&keys, KEEPER, open));
    assert_eq!(plan[0].reward, Reward { quote_decimals: 6, ..Reward::default() });
}
