//! Which instructions went through, and how often each of them should.

use std::collections::BTreeMap;

use anchor_lang::Discriminator;
use bulkhead::instruction as ix;
use solana_instruction::Instruction;

/// The program's own list of its instructions.
const PROGRAM: &str = include_str!("../../programs/bulkhead/src/lib.rs");

/// Times that something happened.
pub(crate) type Counts = BTreeMap<String, u64>;

macro_rules! instructions {
    ($($type:ident $name:literal $least:literal),* $(,)?) => {
        /// Each instruction, and how often it goes through at least in a full run.
        const LEAST: &[(&str, u64)] = &[$(($name, $least)),*];

        fn name_of(instruction: &Instruction) -> Option<&'static str> {
            $(if instruction.data.starts_with(ix::$type::DISCRIMINATOR) { return Some($name); })*
            None
        }
    };
}

instructions! {
    InitializeProtocol "initialize_protocol" 0, CreateMarket "create_market" 0,
    CollectFees "collect_fees" 20, ProposeAdmin "propose_admin" 10, AcceptAdmin "accept_admin" 5,
    QueueChange "queue_change" 40, ApplyChange "apply_change" 20, CancelChange "cancel_change" 5,
    MigrateMarket "migrate_market" 0, Pause "pause" 8, Unpause "unpause" 5,
    Deposit "deposit" 50, RequestWithdrawal "request_withdrawal" 50,
    ExecuteWithdrawal "execute_withdrawal" 50, CancelWithdrawal "cancel_withdrawal" 20,
    PlaceOpeningOrder "place_opening_order" 300, PlaceOrder "place_order" 200,
    ExecuteOrder "execute_order" 500, CancelOrder "cancel_order" 100, AddCollateral "add_collateral" 50,
    RemoveCollateral "remove_collateral" 30, SetDelegate "set_delegate" 50, SetTopUp "set_top_up" 50,
    CancelTopUp "cancel_top_up" 20, ClosePosition "close_position" 200,
    UpdateMarket "update_market" 1_000, CrankMarket "crank_market" 100,
    RefreshPosition "refresh_position" 100, Flag "flag" 100, Liquidate "liquidate" 200,
    SettleCapped "settle_capped" 5, CollectFrozen "collect_frozen" 1,
    RecordSettlementPrice "record_settlement_price" 100, SettleMarket "settle_market" 4,
    SettlePosition "settle_position" 10, ReleaseFunds "release_funds" 1,
    ExecuteTopUp "execute_top_up" 5, TriggerOrder "trigger_order" 50,
    ViewOrder "view_order" 10, ViewPosition "view_position" 10, ViewRates "view_rates" 20,
    ViewPool "view_pool" 10,
}

/// What else must have happened: outcomes, and refusals that are the point of the attempt.
const OUTCOMES: [(&str, u64); 17] = [
    ("sent", 20_000),
    ("PositionIncreased", 100),
    ("PositionDecreased", 50),
    ("OrderFailed", 20),
    ("OrderTriggered", 50),
    ("MarginCalled", 20),
    ("ToppedUp", 5),
    ("CrankPaid", 20),
    ("withdrawn in part", 5),
    ("liquidated in part", 3),
    ("liquidated whole", 1),
    ("liquidated, insolvent", 1),
    ("liquidated, capped", 1),
    ("liquidated, frozen", 1),
    ("settled by wind-down", 2),
    ("settled by a dead oracle", 2),
    ("refused: migrate", 5),
];

/// Counts the instructions of a transaction that went through.
pub(crate) fn count(done: &mut Counts, instructions: &[Instruction]) {
    let ours = instructions.iter().filter(|instruction| instruction.program_id == bulkhead_client::ID);
    for instruction in ours {
        let name = name_of(instruction).expect("an instruction of the program");
        *done.entry(name.to_owned()).or_default() += 1;
    }
}

/// No instruction is missing from the list, and none from the run. Two happen once a life, before its first
/// action, and one is always refused: those are counted elsewhere.
pub(crate) fn assert_complete(done: &Counts) {
    for (name, least) in LEAST.iter().chain(&OUTCOMES) {
        let count = done.get(*name).copied().unwrap_or(0);
        assert!(count >= *least, "{name}: {count} went through, at least {least} should");
    }
}

#[test]
fn every_instruction_of_the_program_is_counted() {
    let listed = PROGRAM.lines().filter_map(|line| line.strip_prefix("    pub fn "));
    let name = |line: &str| line.split(['(', '<']).next().unwrap_or_default().to_owned();
    let mut listed: Vec<String> = listed.map(name).collect();
    let mut counted: Vec<String> = LEAST.iter().map(|(name, _)| (*name).to_owned()).collect();
    listed.sort_unstable();
    counted.sort_unstable();
    assert_eq!(counted, listed);
}
