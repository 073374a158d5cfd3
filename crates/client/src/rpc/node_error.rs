//! Why a node gave no answer, or none that is of use.

use anchor_lang::prelude::Pubkey;
use solana_rpc_client_api::client_error::{Error as ClientError, ErrorKind};
use solana_rpc_client_api::custom_error::{
    JSON_RPC_SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED, JSON_RPC_SERVER_ERROR_NODE_UNHEALTHY,
};
use solana_rpc_client_api::request::{RpcError, RpcResponseErrorData};

use crate::Refusal;
use crate::accounts::AccountError;

/// Codes by which nodes and the services before them say "too many requests" in a JSON-RPC answer.
const RATE_LIMIT_CODES: [i64; 2] = [429, -32429];
const HTTP_TOO_MANY_REQUESTS: u16 = 429;

/// Why a node gave no answer, or none that is of use.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Too many requests; still so after every retry that the policy allows.
    #[error("the node limits the rate of requests: wait, or use another endpoint")]
    RateLimited,
    /// The node has not caught up with the cluster, or with the slot that was asked for.
    #[error("the node is behind the cluster{}", .slots.map_or_else(String::new, |slots| format!(" by {slots} slots")))]
    Behind {
        /// How far, where the node says.
        slots: Option<u64>,
    },
    /// No connection, a broken one, or an answer that took too long.
    #[error("no answer from the node: {0}")]
    Unreachable(String),
    /// The node refuses the request itself.
    #[error("the node refuses the request: {message} ({code})")]
    Rejected {
        /// JSON-RPC code.
        code: i64,
        /// What the node says.
        message: String,
    },
    /// An answer that is not what the protocol promises.
    #[error("the node's answer cannot be read: {0}")]
    Malformed(String),
    /// No account at this address.
    #[error("no {what} at {key}")]
    NotFound {
        /// What should be there.
        what: &'static str,
        /// Address.
        key: Pubkey,
    },
    /// The account is not what was asked for.
    #[error("{key}: {error}")]
    Account {
        /// Address.
        key: Pubkey,
        /// Why not.
        error: AccountError,
    },
    /// The price account, or what follows from it, is what the program itself would refuse.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl NodeError {
    /// Whether the same question may well be answered a little later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::RateLimited | Self::Behind { .. } | Self::Unreachable(_))
    }
}

impl From<ClientError> for NodeError {
    fn from(error: ClientError) -> Self {
        match *error.kind {
            ErrorKind::RpcError(RpcError::RpcResponseError { code, message, data }) => {
                of_response(code, message, &data)
            }
            ErrorKind::RpcError(RpcError::RpcRequestError(message) | RpcError::ParseError(message)) => {
                Self::Malformed(message)
            }
            ErrorKind::SerdeJson(error) => Self::Malformed(error.to_string()),
            ErrorKind::Reqwest(error) => match error.status().map(|status| status.as_u16()) {
                Some(HTTP_TOO_MANY_REQUESTS) => Self::RateLimited,
                // The fault of what stands before the node, and of the moment.
                Some(status) if status >= 500 => Self::Unreachable(error.without_url().to_string()),
                Some(status) => {
                    Self::Rejected { code: status.into(), message: error.without_url().to_string() }
                }
                None if error.is_decode() => Self::Malformed(error.without_url().to_string()),
                None => Self::Unreachable(chain_of(&error.without_url())),
            },
            ErrorKind::Io(error) => Self::Unreachable(error.to_string()),
            other => Self::Malformed(other.to_string()),
        }
    }
}

fn of_response(code: i64, message: String, data: &RpcResponseErrorData) -> NodeError {
    if RATE_LIMIT_CODES.contains(&code) {
        return NodeError::RateLimited;
    }
    match (code, data) {
        (_, RpcResponseErrorData::NodeUnhealthy { num_slots_behind }) => {
            NodeError::Behind { slots: *num_slots_behind }
        }
        (JSON_RPC_SERVER_ERROR_NODE_UNHEALTHY | JSON_RPC_SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED, _) => {
            NodeError::Behind { slots: None }
        }
        _ => NodeError::Rejected { code, message },
    }
}

/// An error with what caused it: "error sending request: connection refused". Endpoints often carry a key in
/// their address, so that stays out.
fn chain_of(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
