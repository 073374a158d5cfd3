//! One moment of a chain: instructions are tried on it, and it stays as it is.

use std::collections::HashMap;

use litesvm::LiteSVM;
use solana_account::{Account, AccountSharedData, ReadableAccount};
use solana_instruction::Instruction;
use solana_message::Message;
use solana_pubkey::Pubkey;
use solana_transaction::{InstructionError, Transaction, TransactionError};

use super::interface::Interface;

pub(super) struct Chain {
    svm: LiteSVM,
    /// As it was; what is tried is compared with it.
    still: LiteSVM,
    fee_payer: Pubkey,
}

impl Chain {
    /// `svm` with these accounts besides, where it has none at their addresses.
    pub(super) fn of(svm: &LiteSVM, fee_payer: Pubkey, crowd: &[(Pubkey, Account)], free: &[Pubkey]) -> Self {
        let mut still = svm.clone();
        for (address, account) in crowd {
            if still.accounts_db().get_account_ref(address).is_none() && !free.contains(address) {
                still.set_account(*address, account.clone()).expect("an ordinary account");
            }
        }
        Self { svm: still.clone(), still, fee_payer }
    }

    /// Whatever lies at `address`; what has no lamports does not.
    pub(super) fn get(&self, address: &Pubkey) -> Option<&AccountSharedData> {
        accounts(&self.still).get(address).filter(|account| account.lamports() != 0)
    }

    /// All but who pays fees, and LiteSVM's own wallet: that one's address is another in every run.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (&Pubkey, &AccountSharedData)> {
        let left_out = [self.fee_payer, self.still.airdrop_pubkey()];
        accounts(&self.still).iter().filter(move |(address, _)| !left_out.contains(address))
    }

    /// Puts an account there for good.
    pub(super) fn put(&mut self, address: Pubkey, account: Account) {
        self.still.set_account(address, account.clone()).expect("an ordinary account");
        self.svm.set_account(address, account).expect("an ordinary account");
    }

    /// What the instruction comes to; afterwards all is as before. With `there`, other accounts lie at those addresses.
    pub(super) fn attempt(
        &mut self,
        interface: &Interface,
        instruction: &Instruction,
        there: &[(Pubkey, Account)],
    ) -> Outcome {
        let before = (!there.is_empty()).then(|| {
            let mut other = self.still.clone();
            for (address, account) in there {
                other.set_account(*address, account.clone()).expect("an ordinary account");
            }
            other
        });
        if let Some(before) = &before {
            self.svm = before.clone();
        }
        let message = Message::new(std::slice::from_ref(instruction), Some(&self.fee_payer));
        let outcome = match self.svm.send_transaction(Transaction::new_unsigned(message)) {
            Ok(_) => Outcome::Success,
            Err(failed) => {
                let error = name(interface, &failed.err, &failed.meta.logs);
                match self.first_change(before.as_ref().unwrap_or(&self.still)) {
                    Some(address) => Outcome::Leaky(format!("{error}, but {address} has changed")),
                    None => Outcome::Refused(error),
                }
            }
        };
        if before.is_some() || !matches!(outcome, Outcome::Refused(_)) {
            self.svm = self.still.clone();
        }
        outcome
    }

    /// An address at which not every byte is as before, the fee payer's aside.
    fn first_change(&self, before: &LiteSVM) -> Option<Pubkey> {
        let (before, after) = (accounts(before), accounts(&self.svm));
        // A copy of a map has its order, as long as nothing was put in or taken out.
        let mut pairs = before.iter().zip(after.iter());
        let payer = self.fee_payer;
        let is_unmoved = before.len() == after.len()
            && pairs.all(|((was_at, was), (at, is))| {
                was_at == at && (*at == payer || is_same(Some(was), Some(is)))
            });
        if is_unmoved {
            return None;
        }
        let addresses = before.keys().chain(after.keys());
        let mut others = addresses.filter(|address| **address != self.fee_payer);
        others.find(|address| !is_same(before.get(*address), after.get(*address))).copied()
    }
}

fn accounts(svm: &LiteSVM) -> &HashMap<Pubkey, AccountSharedData, impl std::hash::BuildHasher + use<>> {
    &svm.accounts_db().inner
}

fn is_same(one: Option<&AccountSharedData>, other: Option<&AccountSharedData>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => {
            // Bytes that nobody has written are shared.
            let are_shared = std::ptr::eq(one.data(), other.data());
            (one.lamports(), one.owner(), one.executable())
                == (other.lamports(), other.owner(), other.executable())
                && (are_shared || one.data() == other.data())
        }
        (one, other) => [one, other].iter().all(|side| side.is_none_or(|account| account.lamports() == 0)),
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Success,
    /// With the name of its error, and nothing else happened.
    Refused(String),
    /// It failed and left something behind.
    Leaky(String),
}

/// The program's and Anchor's errors by their names; those of other programs and the chain's own as they call them.
fn name(interface: &Interface, error: &TransactionError, logs: &[String]) -> String {
    let TransactionError::InstructionError(_, error) = error else { return format!("{error:?}") };
    let InstructionError::Custom(code) = error else { return format!("{error:?}") };
    if let Some(name) = interface.error(*code) {
        return name.to_owned();
    }
    let logged = logs.iter().rev().find_map(|line| line.split_once("Error Code: "));
    if let Some((name, _)) = logged.and_then(|(_, rest)| rest.split_once(". Error Number")) {
        return name.to_owned();
    }
    let failed = logs.iter().find_map(|line| line.strip_prefix("Program ")?.split_once(" failed: "));
    let program = failed.map_or("", |(program, _)| program);
    let programs = [
        (spl_token_interface::ID.to_string(), "SPL Token"),
        (spl_token_2022_interface::ID.to_string(), "Token-2022"),
        (Pubkey::default().to_string(), "System"),
    ];
    let known = programs.iter().find(|(known, _)| known == program).map(|(_, name)| *name);
    format!("{} {code}", known.unwrap_or("error"))
}
