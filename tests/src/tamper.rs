//! Instructions as an attacker would send them.

use anchor_lang::error::ErrorCode;
use bulkhead_lab::world::World;
use solana_account::Account;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_transaction::InstructionError;

use crate::{refused, refused_by_chain};

/// The instruction with another account in the place of `from`.
#[track_caller]
pub fn swapped(instruction: &Instruction, from: Pubkey, to: Pubkey) -> Instruction {
    let mut changed = instruction.clone();
    let mut places = changed.accounts.iter_mut().filter(|meta| meta.pubkey == from);
    places.next().expect("the instruction does not name this account").pubkey = to;
    changed
}

/// The instruction without the signature of `signer`.
#[track_caller]
pub fn unsigned(instruction: &Instruction, signer: Pubkey) -> Instruction {
    let mut changed = instruction.clone();
    let meta = changed.accounts.iter_mut().find(|meta| meta.pubkey == signer && meta.is_signer);
    meta.expect("the instruction does not ask for this signature").is_signer = false;
    changed
}

/// The instruction with `account` only to be read.
#[track_caller]
pub fn readonly(instruction: &Instruction, account: Pubkey) -> Instruction {
    let mut changed = instruction.clone();
    let mut found = false;
    for meta in changed.accounts.iter_mut().filter(|meta| meta.pubkey == account) {
        meta.is_writable = false;
        found = true;
    }
    assert!(found, "the instruction does not name this account");
    changed
}

/// A copy of an account, byte for byte, that another program owns.
pub fn impostor(world: &mut World, of: &Pubkey) -> Pubkey {
    let address = world.key();
    let owner = world.key();
    let account = world.account(of).expect("nothing lies there");
    world.set_account(address, Account { owner, ..account });
    address
}

/// Each account that the instruction writes must come as writable. Those that it creates, and who pays for
/// that, are the system program's to refuse.
#[track_caller]
pub fn refuses_readonly(world: &mut World, instruction: &Instruction, created: &[Pubkey]) {
    for meta in instruction.accounts.iter().filter(|meta| meta.is_writable) {
        let tampered = readonly(instruction, meta.pubkey);
        match created.contains(&meta.pubkey) {
            true => refused_by_chain(world, &tampered, InstructionError::PrivilegeEscalation),
            false => drop(refused(world, &tampered, ErrorCode::ConstraintMut)),
        }
    }
}

/// No account of the program can be replaced by one with the same bytes and another owner; `but` are left
/// out.
#[track_caller]
pub fn refuses_impostors(world: &mut World, instruction: &Instruction, but: &[Pubkey]) {
    let mut tried = 0;
    for meta in &instruction.accounts {
        let is_ours = world.account(&meta.pubkey).is_some_and(|account| account.owner == bulkhead::ID);
        if is_ours && !but.contains(&meta.pubkey) {
            let fake = impostor(world, &meta.pubkey);
            let tampered = swapped(instruction, meta.pubkey, fake);
            refused(world, &tampered, ErrorCode::AccountOwnedByWrongProgram);
            tried += 1;
        }
    }
    assert!(tried > 0, "the instruction names no account of the program");
}
