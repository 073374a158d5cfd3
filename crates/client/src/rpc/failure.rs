//! Why a transaction did not do what it should, by name.

use std::fmt;

use anchor_lang::prelude::{Pubkey, system_program};
use solana_message::VersionedMessage;
use solana_signature::Signature;
use solana_signer::SignerError;
use solana_transaction::{InstructionError, TransactionError};

use super::node_error::NodeError;
use crate::error::{self, ErrorOrigin, KnownError};
use crate::events::{self, LoggedEvents};

/// The system program's code for "from has too few lamports".
const SYSTEM_LAMPORTS_SHORT: u32 = 1;

/// What made a transaction fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A program refused, with an error that has a name.
    Named(KnownError),
    /// The payer cannot pay fee, rent or tip.
    LamportsShort,
    /// It needed more compute units than its limit.
    ComputeExceeded,
    /// It loads more account bytes than its limit.
    LoadedBytesExceeded,
    /// The cluster does not know its blockhash, or no more.
    BlockhashUnknown,
    /// Anything else, in the chain's own words.
    Other(TransactionError),
}

/// A transaction that failed: in simulation, or on chain, where it has changed nothing but its payer's fee.
#[derive(Debug, PartialEq, Eq)]
pub struct TxFailure {
    /// Why.
    pub cause: Cause,
    /// Which instruction of the message failed, from zero; those of the compute budget count.
    pub instruction: Option<u8>,
    /// The program of that instruction.
    pub program: Option<Pubkey>,
    /// The chain's error.
    pub error: TransactionError,
    /// Log entries, where the node gave them.
    pub logs: Vec<String>,
    /// The transaction, if it landed; none if only the simulation failed.
    pub signature: Option<Signature>,
}

impl TxFailure {
    /// A failure with `error` of `message`, whose `logs` may be empty.
    pub fn new(error: TransactionError, message: &VersionedMessage, logs: Vec<String>) -> Self {
        let instruction = match &error {
            TransactionError::InstructionError(index, _) => Some(*index),
            _ => None,
        };
        let program = instruction.and_then(|index| program_of(message, index));
        let cause = cause_of(&error, program.as_ref(), &logs);
        Self { cause, instruction, program, error, logs, signature: None }
    }

    /// The error's name, where it has one: "PriceTooOld".
    pub fn name(&self) -> Option<&str> {
        match &self.cause {
            Cause::Named(known) => Some(&known.name),
            _ => None,
        }
    }

    /// Custom code, where a program gave one.
    pub fn code(&self) -> Option<u32> {
        match self.error {
            TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(code),
            _ => None,
        }
    }

    /// Whether it failed with this error of the program.
    pub fn is(&self, error: bulkhead::error::BulkheadError) -> bool {
        matches!(&self.cause, Cause::Named(known)
            if known.origin == ErrorOrigin::Bulkhead && known.code == u32::from(error))
    }

    /// Events that the program logged before it failed. None of them happened.
    pub fn events(&self) -> LoggedEvents {
        events::from_logs(self.logs.iter().map(String::as_str))
    }
}

fn program_of(message: &VersionedMessage, index: u8) -> Option<Pubkey> {
    let instruction = message.instructions().get(usize::from(index))?;
    message.static_account_keys().get(usize::from(instruction.program_id_index)).copied()
}

fn cause_of(error: &TransactionError, program: Option<&Pubkey>, logs: &[String]) -> Cause {
    match error {
        TransactionError::InstructionError(_, InstructionError::Custom(code)) => {
            custom_cause(*code, program, logs).unwrap_or_else(|| Cause::Other(error.clone()))
        }
        TransactionError::InstructionError(_, InstructionError::ComputationalBudgetExceeded) => {
            Cause::ComputeExceeded
        }
        TransactionError::InstructionError(_, InstructionError::ProgramFailedToComplete)
            if logs.iter().any(|entry| entry.ends_with("exceeded CUs meter at BPF instruction")) =>
        {
            Cause::ComputeExceeded
        }
        TransactionError::InsufficientFundsForFee
        | TransactionError::InsufficientFundsForRent { .. }
        // The payer itself does not exist: it never had a lamport.
        | TransactionError::AccountNotFound => Cause::LamportsShort,
        TransactionError::MaxLoadedAccountsDataSizeExceeded => Cause::LoadedBytesExceeded,
        TransactionError::BlockhashNotFound => Cause::BlockhashUnknown,
        other => Cause::Other(other.clone()),
    }
}

/// The logs say which program answered with the code; without them it is the one that was called, or the
/// token program under it.
fn custom_cause(code: u32, program: Option<&Pubkey>, logs: &[String]) -> Option<Cause> {
    let logged = error::from_logs(logs.iter().map(String::as_str));
    let known = logged.filter(|known| known.code == code).or_else(|| match program {
        Some(program) if *program != bulkhead::ID => error::of_program(program, code),
        _ => error::find(code),
    })?;
    if known.origin == ErrorOrigin::System && known.code == SYSTEM_LAMPORTS_SHORT {
        return Some(Cause::LamportsShort);
    }
    Some(Cause::Named(known))
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(known) => known.fmt(formatter),
            Self::LamportsShort => {
                formatter.write_str("the payer has too few lamports for fee, rent and tip")
            }
            Self::ComputeExceeded => formatter.write_str("it needs more compute units than its limit"),
            Self::LoadedBytesExceeded => formatter.write_str("it loads more account data than its limit"),
            Self::BlockhashUnknown => formatter.write_str("the node does not know its blockhash"),
            Self::Other(error) => error.fmt(formatter),
        }
    }
}

impl fmt::Display for TxFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.signature, self.program) {
            (Some(signature), _) => write!(formatter, "transaction {signature} failed: {}", self.cause),
            (None, Some(program)) if program != bulkhead::ID && program != system_program::ID => {
                write!(formatter, "refused by {program}: {}", self.cause)
            }
            (None, _) => write!(formatter, "refused: {}", self.cause),
        }
    }
}

impl std::error::Error for TxFailure {}

/// Why sending came to no good end.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Refused: by the simulation, then nothing was sent; or on chain.
    #[error(transparent)]
    Refused(Box<TxFailure>),
    /// Every blockhash expired before the transaction landed. It did not, and never will.
    #[error("not landed before {blockhashes} blockhashes expired: the cluster or the node is overloaded")]
    Expired {
        /// Blockhashes that were tried.
        blockhashes: u32,
        /// What was sent.
        signatures: Vec<Signature>,
    },
    /// The node went silent after something was sent: whether it landed is not known. Look the signatures up
    /// before trying again.
    #[error("whether {} has landed is not known: {source}", list(.signatures))]
    Unknown {
        /// What was sent under blockhashes that may still live.
        signatures: Vec<Signature>,
        /// The last answer, or rather none.
        source: NodeError,
    },
    /// A key that must sign is missing, or a device refused.
    #[error("cannot sign: {0}")]
    Sign(#[from] SignerError),
    /// The instructions do not make a transaction: too many accounts, or too long.
    #[error("cannot build the transaction: {0}")]
    Build(String),
    /// The node, before anything was sent.
    #[error(transparent)]
    Node(#[from] NodeError),
}

impl SendError {
    /// The failure, if it was refused.
    pub fn failure(&self) -> Option<&TxFailure> {
        match self {
            Self::Refused(failure) => Some(failure),
            _ => None,
        }
    }
}

impl From<TxFailure> for SendError {
    fn from(failure: TxFailure) -> Self {
        Self::Refused(Box::new(failure))
    }
}

fn list(signatures: &[Signature]) -> String {
    signatures.iter().map(Signature::to_string).collect::<Vec<_>>().join(" or ")
}
