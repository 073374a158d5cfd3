//! Top-up plans.

use bulkhead::constants::ACCOUNT_VERSION;
use bulkhead::state::{POSITION_CLOSED, TopUpPlan};
use bulkhead_client::accounts::AnyAccount;
use bulkhead_client::{ix, pda};
use solana_pubkey::Pubkey;

use super::{CENTS, KEEPER, NOW, USD, World, zeroed};
use crate::duty::Duty;
use crate::wallet::token_account;

const OWNER: Pubkey = Pubkey::new_from_array([8; 32]);
const SOURCE: Pubkey = Pubkey::new_from_array([9; 32]);

impl World {
    /// A plan of 500 USD at a time, of which 2 for the keeper, below 1.25 times the maintenance margin.
    fn top_up(&mut self, position: Pubkey, change: impl FnOnce(&mut TopUpPlan)) -> Pubkey {
        let mut account: TopUpPlan = zeroed(ACCOUNT_VERSION);
        (account.position, account.owner, account.source) = (position, OWNER, SOURCE);
        (account.amount_atoms, account.budget_atoms, account.keeper_pay_atoms) =
            (500 * USD, 5_000 * USD, 2 * USD);
        (account.trigger_ppm, account.interval_secs) = (1_250_000, 60);
        change(&mut account);
        let key = pda::top_up(&position);
        self.put(key, AnyAccount::TopUpPlan(Box::new(account)));
        key
    }
}

#[test]
fn execute_top_ups_ok_below_the_trigger() {
    let mut world = World::new();
    let position = world.open(1, 800);
    let key = world.top_up(position, |_| {});
    world.at(CENTS, 3);
    assert_eq!(world.targets(Duty::ExecuteTopUps), []);
    world.at(4_700_000, 3);
    let plan = world.plan(Duty::ExecuteTopUps);
    let keys = world.state.market(&world.key).unwrap().keys;
    let account = token_account(&KEEPER, &keys.collateral_mint, &keys.token_program);
    assert_eq!((plan.len(), plan[0].key.target, plan[0].needs), (1, position, Some(key)));
    assert_eq!(plan[0].instruction, ix::execute_top_up(&keys, KEEPER, account, position, OWNER, SOURCE));
    assert_eq!(plan[0].reward.quote_atoms, 2 * USD);
    // An old price tops nothing up, and nor does one at which nothing is left to save.
    world.seconds = 20;
    assert_eq!(world.targets(Duty::ExecuteTopUps), []);
    world.at(4_500_000, 20);
    assert_eq!(world.targets(Duty::ExecuteTopUps), []);
}

#[test]
fn execute_top_ups_fails_where_the_plan_or_the_position_forbids_it() {
    let mut world = World::new();
    let position = world.open(1, 800);
    world.at(4_700_000, 100);
    type Change = fn(&mut TopUpPlan);
    let plans: [(Change, usize); 6] = [
        (|_| {}, 1),
        (|plan| plan.last_at = NOW + 41, 0),
        (|plan| plan.last_at = NOW + 40, 1),
        (|plan| plan.budget_atoms = 0, 0),
        (|plan| plan.amount_atoms = USD, 0),
        (|plan| plan.position = Pubkey::default(), 0),
    ];
    for (number, (change, expected)) in plans.into_iter().enumerate() {
        world.top_up(position, change);
        assert_eq!(world.targets(Duty::ExecuteTopUps).len(), expected, "{number}");
    }
    world.top_up(position, |_| {});
    world.change(position, |position| position.status = POSITION_CLOSED);
    assert_eq!(world.targets(Duty::ExecuteTopUps), []);
}
