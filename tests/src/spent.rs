//! Orders that their price could not fill.

use bulkhead::error::BulkheadError;
use bulkhead::state::{Order, Position};
use bulkhead_client::events::{AnyEvent, from_logs};
use bulkhead_lab::world::World;
use solana_instruction::Instruction;

/// Places of `execute_order`'s accounts.
const EXECUTOR: usize = 0;
const POSITION: usize = 3;
const ORDER: usize = 4;
const PAYER: usize = 5;
const VAULT: usize = 7;

/// Asserts that an `execute_order` spends the order for `error`: the executor gets the tip, the payer the
/// rent, the position keeps everything and counts one order less, and the event says why.
#[track_caller]
pub fn spent(world: &mut World, execution: &Instruction, error: BulkheadError) {
    let account = |place: usize| execution.accounts[place].pubkey;
    let (executor, payer) = (account(EXECUTOR), account(PAYER));
    let order: Order = world.order(&account(ORDER));
    let before: Position = world.position(&account(POSITION));
    let vault = world.token_balance(&account(VAULT));
    let escrow = world.lamports(&account(ORDER));
    let (executor_had, payer_had) = (world.lamports(&executor), world.lamports(&payer));
    let done = world.send(std::slice::from_ref(execution)).expect("spent, not refused");

    let events = from_logs(done.logs.iter().map(String::as_str)).events;
    let [AnyEvent::OrderFailed(failed)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(failed.error_code, u32::from(error));
    assert_eq!((failed.order, failed.executor), (account(ORDER), executor));
    assert!(world.account(&account(ORDER)).is_none());
    if executor != payer {
        assert_eq!(world.lamports(&executor), executor_had + order.tip_lamports);
        assert_eq!(world.lamports(&payer), payer_had + escrow - order.tip_lamports);
    }
    let expected = Position {
        open_orders: before.open_orders - 1,
        waiting_increases: before.waiting_increases - order.counted,
        ..before
    };
    assert_eq!(world.position(&account(POSITION)), expected);
    assert_eq!(world.token_balance(&account(VAULT)), vault);
}
