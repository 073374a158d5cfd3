//! Token accounts: the usual one of an owner, and what a token account's bytes hold.

use anchor_lang::prelude::{Pubkey, system_program};
use solana_instruction::{AccountMeta, Instruction};

/// The program that gives every owner one usual account for each mint.
const ASSOCIATED_TOKEN_PROGRAM: Pubkey =
    Pubkey::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
/// Its instruction "create unless it exists".
const CREATE_IDEMPOTENT: u8 = 1;
/// Instructions of both token programs.
const APPROVE: u8 = 4;
const REVOKE: u8 = 5;
/// Where a token account holds its mint, owner, amount; both token programs agree.
const OWNER_AT: usize = 32;
const AMOUNT_AT: usize = 64;
const HAS_DELEGATE_AT: usize = 72;
const DELEGATE_AT: usize = 76;
const DELEGATED_AMOUNT_AT: usize = 121;
/// What stands before an optional key that is there.
const SOME: [u8; 4] = [1, 0, 0, 0];
const TOKEN_ACCOUNT_LEN: usize = 165;

/// The owner's usual account for a mint.
pub fn associated(owner: &Pubkey, mint: &Pubkey, token_program: &Pubkey) -> Pubkey {
    let seeds = [owner.as_ref(), token_program.as_ref(), mint.as_ref()];
    Pubkey::find_program_address(&seeds, &ASSOCIATED_TOKEN_PROGRAM).0
}

/// Creates that account unless it exists; `payer` signs and pays rent.
pub fn create_associated(payer: Pubkey, owner: Pubkey, mint: Pubkey, token_program: Pubkey) -> Instruction {
    Instruction {
        program_id: ASSOCIATED_TOKEN_PROGRAM,
        accounts: vec![
            AccountMeta::new(payer, true),
            AccountMeta::new(associated(&owner, &mint, &token_program), false),
            AccountMeta::new_readonly(owner, false),
            AccountMeta::new_readonly(mint, false),
            AccountMeta::new_readonly(system_program::ID, false),
            AccountMeta::new_readonly(token_program, false),
        ],
        data: vec![CREATE_IDEMPOTENT],
    }
}

/// Lets `delegate` move `atoms` out of `account`, in place of whatever was approved of it before. `owner`
/// signs.
pub fn approve(
    token_program: Pubkey,
    account: Pubkey,
    delegate: Pubkey,
    owner: Pubkey,
    atoms: u64,
) -> Instruction {
    Instruction {
        program_id: token_program,
        accounts: vec![
            AccountMeta::new(account, false),
            AccountMeta::new_readonly(delegate, false),
            AccountMeta::new_readonly(owner, true),
        ],
        data: [&[APPROVE], &atoms.to_le_bytes()[..]].concat(),
    }
}

/// Ends whatever is approved of `account`. `owner` signs.
pub fn revoke(token_program: Pubkey, account: Pubkey, owner: Pubkey) -> Instruction {
    Instruction {
        program_id: token_program,
        accounts: vec![AccountMeta::new(account, false), AccountMeta::new_readonly(owner, true)],
        data: vec![REVOKE],
    }
}

/// A token account's mint, owner, amount, and what of it is approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Mint.
    pub mint: Pubkey,
    /// Owner.
    pub owner: Pubkey,
    /// Amount in smallest units.
    pub atoms: u64,
    /// Who may move a part of it.
    pub delegate: Option<Pubkey>,
    /// That part.
    pub delegated_atoms: u64,
}

impl Holding {
    /// The token account in `data`; none if it is too short to be one.
    pub fn decode(data: &[u8]) -> Option<Self> {
        if data.len() < TOKEN_ACCOUNT_LEN {
            return None;
        }
        let key = |at: usize| Some(Pubkey::new_from_array(*data.get(at..)?.first_chunk()?));
        let number = |at: usize| Some(u64::from_le_bytes(*data.get(at..)?.first_chunk()?));
        let has_delegate = data.get(HAS_DELEGATE_AT..)?.starts_with(&SOME);
        Some(Self {
            mint: key(0)?,
            owner: key(OWNER_AT)?,
            atoms: number(AMOUNT_AT)?,
            delegate: if has_delegate { key(DELEGATE_AT) } else { None },
            delegated_atoms: number(DELEGATED_AMOUNT_AT)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_account_is_where_wallets_look() {
        let key = |text: &str| text.parse::<Pubkey>().unwrap();
        let token = key("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
        let (owner, mint) = (Pubkey::new_from_array([3; 32]), Pubkey::new_from_array([5; 32]));
        let address = associated(&owner, &mint, &token);
        assert_ne!(address, associated(&mint, &owner, &token));
        let create = create_associated(owner, owner, mint, token);
        assert_eq!((create.accounts[1].pubkey, create.data), (address, vec![1]));
    }

    #[test]
    fn holdings_are_read_from_their_places() {
        let mut data = vec![0; TOKEN_ACCOUNT_LEN];
        data[..32].fill(1);
        data[32..64].fill(2);
        data[64..72].copy_from_slice(&77_u64.to_le_bytes());
        let expected = Holding {
            mint: Pubkey::new_from_array([1; 32]),
            owner: Pubkey::new_from_array([2; 32]),
            atoms: 77,
            delegate: None,
            delegated_atoms: 0,
        };
        assert_eq!(Holding::decode(&data), Some(expected));
        data[72] = 1;
        data[76..108].fill(3);
        data[121..129].copy_from_slice(&5_u64.to_le_bytes());
        let delegate = Some(Pubkey::new_from_array([3; 32]));
        assert_eq!(Holding::decode(&data), Some(Holding { delegate, delegated_atoms: 5, ..expected }));
        assert_eq!(Holding::decode(&data[1..]), None);
    }
}
