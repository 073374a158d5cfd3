//! Token accounts: the usual one of an owner, and what a token account's bytes hold.

use anchor_lang::prelude::{Pubkey, system_program};
use solana_instruction::{AccountMeta, Instruction};

/// The program that gives every owner one usual account for each mint.
const ASSOCIATED_TOKEN_PROGRAM: Pubkey =
    Pubkey::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
/// Its instruction "create unless it exists".
const CREATE_IDEMPOTENT: u8 = 1;
/// Where a token account holds its mint, owner, amount; both token programs agree.
const OWNER_AT: usize = 32;
const AMOUNT_AT: usize = 64;
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

/// A token account's mint, owner and amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Mint.
    pub mint: Pubkey,
    /// Owner.
    pub owner: Pubkey,
    /// Amount in smallest units.
    pub atoms: u64,
}

impl Holding {
    /// The token account in `data`; none if it is too short to be one.
    pub fn decode(data: &[u8]) -> Option<Self> {
        if data.len() < TOKEN_ACCOUNT_LEN {
            return None;
        }
        let key = |at: usize| Some(Pubkey::new_from_array(*data.get(at..)?.first_chunk()?));
        let atoms = u64::from_le_bytes(*data.get(AMOUNT_AT..)?.first_chunk()?);
        Some(Self { mint: key(0)?, owner: key(OWNER_AT)?, atoms })
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
        };
        assert_eq!(Holding::decode(&data), Some(expected));
        assert_eq!(Holding::decode(&data[1..]), None);
    }
}
