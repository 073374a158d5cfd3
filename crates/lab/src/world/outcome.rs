//! What a transaction came to.

use std::fmt;

use anchor_lang::Discriminator;
use bulkhead::instruction as ix;
use bulkhead_client::ID;
use litesvm::types::{FailedTransactionMetadata, TransactionMetadata};
use solana_instruction::Instruction;
use solana_transaction::{InstructionError, TransactionError};

/// A transaction that went through.
#[derive(Clone, Debug)]
pub struct TxOk {
    pub logs: Vec<String>,
    /// Of the whole transaction.
    pub units: u64,
    pub return_data: Vec<u8>,
    /// The program's instructions in order, with what each used.
    pub uses: Vec<InstructionUse>,
}

/// Compute units of one instruction of the program, what it called included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstructionUse {
    /// In snake case, as the program spells it.
    pub name: &'static str,
    pub units: u64,
}

/// A transaction that failed; nothing but its fee happened.
#[derive(Clone, Debug)]
pub struct TxFailed {
    pub error: TransactionError,
    /// Name of the instruction that failed, where it is one of the program's.
    pub instruction: &'static str,
    pub logs: Vec<String>,
    pub units: u64,
}

const NOT_OURS: &str = "foreign";

macro_rules! names {
    ($data:expr; $($type:ident $name:literal),* $(,)?) => {
        $(if $data.starts_with(ix::$type::DISCRIMINATOR) { return $name; })*
    };
}

fn name_of(instruction: &Instruction) -> &'static str {
    if instruction.program_id != ID {
        return NOT_OURS;
    }
    names!(instruction.data;
        InitializeProtocol "initialize_protocol", CreateMarket "create_market", CollectFees "collect_fees",
        Deposit "deposit", PlaceOpeningOrder "place_opening_order", PlaceOrder "place_order",
        ExecuteOrder "execute_order", CancelOrder "cancel_order", AddCollateral "add_collateral",
        RemoveCollateral "remove_collateral", SetDelegate "set_delegate", ClosePosition "close_position",
        UpdateMarket "update_market", CrankMarket "crank_market", RefreshPosition "refresh_position", Flag "flag",
        Liquidate "liquidate", SettleCapped "settle_capped", CollectFrozen "collect_frozen",
        TriggerOrder "trigger_order", ViewOrder "view_order", ViewPosition "view_position",
        ProposeAdmin "propose_admin", AcceptAdmin "accept_admin",
        QueueChange "queue_change", ApplyChange "apply_change", CancelChange "cancel_change",
        Pause "pause", Unpause "unpause", MigrateMarket "migrate_market", SettleMarket "settle_market",
        RecordSettlementPrice "record_settlement_price", SettlePosition "settle_position",
        ReleaseFunds "release_funds",
        ViewRates "view_rates", ViewPool "view_pool", RequestWithdrawal "request_withdrawal",
        ExecuteWithdrawal "execute_withdrawal", CancelWithdrawal "cancel_withdrawal",
        SetTopUp "set_top_up", CancelTopUp "cancel_top_up", ExecuteTopUp "execute_top_up",
    );
    "unknown"
}

/// Pairs the program's instructions with the `consumed` lines of their outermost calls.
fn uses(instructions: &[Instruction], logs: &[String]) -> Vec<InstructionUse> {
    let ours = instructions.iter().map(name_of).filter(|name| *name != NOT_OURS);
    let consumed = format!("Program {ID} consumed ");
    let units = logs.iter().filter_map(|line| {
        let units = line.strip_prefix(&consumed)?.split(' ').next()?;
        units.parse().ok()
    });
    ours.zip(units).map(|(name, units)| InstructionUse { name, units }).collect()
}

impl TxOk {
    pub(super) fn new(meta: TransactionMetadata, instructions: &[Instruction]) -> Self {
        let uses = uses(instructions, &meta.logs);
        Self { units: meta.compute_units_consumed, return_data: meta.return_data.data, logs: meta.logs, uses }
    }
}

impl TxFailed {
    pub(super) fn new(failed: FailedTransactionMetadata, instructions: &[Instruction]) -> Self {
        let at = match &failed.err {
            TransactionError::InstructionError(index, _) => instructions.get(usize::from(*index)),
            _ => None,
        };
        Self {
            instruction: at.map_or(NOT_OURS, name_of),
            error: failed.err,
            units: failed.meta.compute_units_consumed,
            logs: failed.meta.logs,
        }
    }

    /// Code of the program that failed: 6000 and up are Bulkhead's, below are Anchor's and the token
    /// program's.
    pub fn code(&self) -> Option<u32> {
        match self.error {
            TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(code),
            _ => None,
        }
    }

    /// What Anchor logged about it, or the chain's word for it.
    pub fn message(&self) -> String {
        let logged = self.logs.iter().rev().find(|line| line.contains("AnchorError"));
        logged.cloned().unwrap_or_else(|| self.error.to_string())
    }
}

impl fmt::Display for TxFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {}", self.instruction, self.message())
    }
}

impl std::error::Error for TxFailed {}

/// Whether `outcome` failed with `error`: one of the program's errors, or Anchor's.
pub fn has_error<T>(outcome: &Result<T, TxFailed>, error: impl Into<u32>) -> bool {
    outcome.as_ref().err().and_then(TxFailed::code) == Some(error.into())
}

/// Asserts that `outcome` failed with `error`, and shows the logs where it did not.
#[track_caller]
pub fn expect_error<T: fmt::Debug>(outcome: Result<T, TxFailed>, error: impl Into<u32>) -> TxFailed {
    let expected = error.into();
    match outcome {
        Ok(done) => panic!("should have failed with {expected}, but went through: {done:#?}"),
        Err(failed) if failed.code() == Some(expected) => failed,
        Err(failed) => panic!("should have failed with {expected}, but {failed}\n{:#?}", failed.logs),
    }
}
