//! What admin and guardian have done.

use anchor_lang::prelude::*;

use crate::instructions::Change;
use crate::state::PauseKind;

/// An admin was proposed, or the proposal withdrawn.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminProposed {
    /// Admin.
    pub admin: Pubkey,
    /// Who may accept; all zeros for nobody.
    pub pending_admin: Pubkey,
}

/// The proposed admin took over.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminAccepted {
    /// Admin before.
    pub before: Pubkey,
    /// Admin now.
    pub admin: Pubkey,
}

/// A change was queued.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeQueued {
    /// The queued change.
    pub change: Pubkey,
    /// Its number.
    pub nonce: u64,
    /// Market; all zeros for protocol settings.
    pub market: Pubkey,
    /// What it will set.
    pub definition: Change,
    /// From when on anyone may apply it.
    pub applies_from: i64,
    /// From when on it can only be cancelled.
    pub expires_at: i64,
}

/// A change was applied.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeApplied {
    /// The change.
    pub change: Pubkey,
    /// Its number.
    pub nonce: u64,
    /// Market; all zeros for protocol settings.
    pub market: Pubkey,
    /// Kind, as in `ParamChange`.
    pub kind: u8,
}

/// A change was cancelled.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeCancelled {
    /// The change.
    pub change: Pubkey,
    /// Its number.
    pub nonce: u64,
    /// Who cancelled it.
    pub by: Pubkey,
}

/// The guardian paused something.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseSet {
    /// What.
    pub kind: PauseKind,
    /// Until then.
    pub until: i64,
    /// It cannot be paused again before.
    pub again_from: i64,
}

/// A pause was lifted before it lapsed.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseLifted {
    /// What.
    pub kind: PauseKind,
    /// Guardian or admin.
    pub by: Pubkey,
}
