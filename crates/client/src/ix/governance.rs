//! Hand-over of the admin, changes behind the timelock, and pauses.

use anchor_lang::prelude::{Pubkey, system_program};
use bulkhead::instructions::QueueChangeArgs;
use bulkhead::state::PauseKind;
use bulkhead::{accounts, instruction};
use solana_instruction::Instruction;

use super::build;
use crate::pda;

/// Names who may take over from `admin`, who signs. The default key withdraws the proposal.
pub fn propose_admin(admin: Pubkey, new_admin: Pubkey) -> Instruction {
    let accounts = accounts::ProposeAdmin { admin, protocol: pda::protocol() };
    build(accounts, instruction::ProposeAdmin { new_admin })
}

/// Takes over as admin. `pending_admin` signs.
pub fn accept_admin(pending_admin: Pubkey) -> Instruction {
    let accounts = accounts::AcceptAdmin { pending_admin, protocol: pda::protocol() };
    build(accounts, instruction::AcceptAdmin {})
}

/// Queues a change for `market`, or for the protocol if none is given. `admin` signs and pays rent.
pub fn queue_change(admin: Pubkey, market: Option<Pubkey>, args: QueueChangeArgs) -> Instruction {
    let accounts = accounts::QueueChange {
        admin,
        protocol: pda::protocol(),
        market,
        change: pda::change(args.nonce),
        system_program: system_program::ID,
    };
    build(accounts, instruction::QueueChange { args })
}

/// Applies change `nonce` of `market`, or of the protocol; `payer` has paid for it. Nobody signs.
pub fn apply_change(nonce: u64, market: Option<Pubkey>, payer: Pubkey) -> Instruction {
    let (protocol, change) = (pda::protocol(), pda::change(nonce));
    build(accounts::ApplyChange { protocol, market, change, payer }, instruction::ApplyChange {})
}

/// Takes change `nonce` back; `payer` has paid for it. `canceller` signs.
pub fn cancel_change(canceller: Pubkey, nonce: u64, payer: Pubkey) -> Instruction {
    let (protocol, change) = (pda::protocol(), pda::change(nonce));
    build(accounts::CancelChange { canceller, protocol, change, payer }, instruction::CancelChange {})
}

/// Pauses something for a day. `guardian` signs.
pub fn pause(guardian: Pubkey, kind: PauseKind) -> Instruction {
    let accounts = accounts::SetPause { guardian, protocol: pda::protocol() };
    build(accounts, instruction::Pause { kind })
}

/// Lifts a pause. `authority`, the guardian or the admin, signs.
pub fn unpause(authority: Pubkey, kind: PauseKind) -> Instruction {
    let accounts = accounts::LiftPause { authority, protocol: pda::protocol() };
    build(accounts, instruction::Unpause { kind })
}
