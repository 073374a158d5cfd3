//! Why a command failed, and the exit code that says so.

use std::fmt;

use anchor_lang::prelude::Pubkey;
use bulkhead_client::Refusal;
use bulkhead_client::rpc::{Cause, NodeError, SendError};
use bulkhead_risk::RiskError;

/// Result of everything here.
pub type Result<T> = std::result::Result<T, CliError>;

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CliError {
    /// The program refuses, or the chain does. Nothing has changed but, at most, a fee.
    Refused {
        /// The error's name, where it has one.
        name: Option<String>,
        /// In words.
        message: String,
    },
    /// What was typed, or what it names, is wrong.
    Usage(String),
    /// The node, or the way there.
    Network(String),
}

impl CliError {
    /// A usage error.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::Usage(message.to_string())
    }

    /// A refusal without a name.
    pub fn refused(message: impl fmt::Display) -> Self {
        Self::Refused { name: None, message: message.to_string() }
    }

    /// 1 refused, 2 usage, 3 network.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused { .. } => 1,
            Self::Usage(_) => 2,
            Self::Network(_) => 3,
        }
    }

    /// Which of the three, as `--output json` spells it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::Usage(_) => "usage",
            Self::Network(_) => "network",
        }
    }

    /// The program's error, where it is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Refused { name, .. } => name.as_deref(),
            Self::Usage(_) | Self::Network(_) => None,
        }
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { message, .. } | Self::Usage(message) | Self::Network(message) => {
                formatter.write_str(message)
            }
        }
    }
}

impl std::error::Error for CliError {}

impl From<Refusal> for CliError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { name: Some(refusal.0.name()), message: refusal.to_string() }
    }
}

impl From<RiskError> for CliError {
    fn from(error: RiskError) -> Self {
        Refusal::from(error).into()
    }
}

impl From<anchor_lang::error::Error> for CliError {
    fn from(error: anchor_lang::error::Error) -> Self {
        Refusal::from(error).into()
    }
}

impl From<NodeError> for CliError {
    fn from(error: NodeError) -> Self {
        match error {
            NodeError::Refused(refusal) => refusal.into(),
            // What was asked for is not there, or is something else: the address is wrong.
            NodeError::NotFound { .. } | NodeError::Account { .. } => Self::usage(error),
            other => Self::Network(other.to_string()),
        }
    }
}

impl From<SendError> for CliError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Refused(failure) => {
                let name = match &failure.cause {
                    Cause::Named(known) => Some(known.name.clone()),
                    Cause::LamportsShort => Some("LamportsShort".to_owned()),
                    _ => None,
                };
                Self::Refused { name, message: failure.to_string() }
            }
            SendError::Node(error) => error.into(),
            SendError::Sign(_) | SendError::Build(_) => Self::usage(error),
            SendError::Unknown { ref signatures, .. } => {
                let looks = signatures.iter().map(|one| format!("`bulkhead decode transaction {one}`"));
                let looks = looks.collect::<Vec<_>>().join(", ");
                Self::Network(format!("{error}. Before you try again, look it up: {looks}"))
            }
            SendError::Expired { .. } => Self::Network(error.to_string()),
        }
    }
}

/// "X is no address", for whatever X was given.
pub fn parse_key(text: &str) -> Result<Pubkey> {
    text.parse().map_err(|_| CliError::usage(format!("{text:?} is no address")))
}
