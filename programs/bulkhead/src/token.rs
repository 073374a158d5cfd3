//! Token movements. After each, what moved must equal what was booked (INV-08), so that over any history the
//! tokens in all vaults are deposits less withdrawals (INV-11).

use anchor_lang::prelude::*;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::solana_program::program::invoke_signed_unchecked;
use anchor_spl::token_2022::spl_token_2022::{
    extension::{BaseStateWithExtensions, ExtensionType, StateWithExtensions},
    instruction::TokenInstruction,
    state::{Account as HoldingState, Mint as MintState},
};
use anchor_spl::token_interface::{self, Burn, CloseAccount, MintTo};

use crate::error::BulkheadError;

/// Both token programs keep an account's mint, owner, amount and state at these offsets.
const MINT: core::ops::Range<usize> = 0..32;
const OWNER: core::ops::Range<usize> = 32..64;
const AMOUNT: core::ops::Range<usize> = 64..72;
const STATE: usize = 108;
const ACCOUNT_LEN_MIN: usize = 165;
const STATE_FROZEN: u8 = 2;

/// Amount in a token account.
pub(crate) fn amount(account: &AccountInfo) -> Result<u64> {
    let data = account.try_borrow_data()?;
    require!(data.len() >= ACCOUNT_LEN_MIN, BulkheadError::NotATokenAccount);
    let mut bytes = [0_u8; 8];
    bytes.copy_from_slice(&data[AMOUNT]);
    Ok(u64::from_le_bytes(bytes))
}

/// Whether the mint's authority has frozen the account.
pub(crate) fn is_frozen(account: &AccountInfo) -> Result<bool> {
    let data = account.try_borrow_data()?;
    require!(data.len() >= ACCOUNT_LEN_MIN, BulkheadError::NotATokenAccount);
    Ok(data[STATE] == STATE_FROZEN)
}

/// Whether `account` is a token account of `mint` under `program`.
pub(crate) fn is_of_mint(account: &AccountInfo, program: &Pubkey, mint: &Pubkey) -> Result<bool> {
    let data = account.try_borrow_data()?;
    // A mint is shorter, or says by its length that it is none; one that is not initialised names no mint.
    Ok(account.owner == program && data.len() >= ACCOUNT_LEN_MIN && data[MINT] == mint.to_bytes())
}

/// Whether `owner` owns the token account.
pub(crate) fn is_owned_by(account: &AccountInfo, owner: &Pubkey) -> Result<bool> {
    let data = account.try_borrow_data()?;
    Ok(data.len() >= ACCOUNT_LEN_MIN && data[OWNER] == owner.to_bytes())
}

/// Everything that a token account says of itself.
pub(crate) fn holding(account: &AccountInfo) -> Result<HoldingState> {
    let data = account.try_borrow_data()?;
    let state = StateWithExtensions::<HoldingState>::unpack(&data);
    Ok(state.map_err(|_| error!(BulkheadError::NotATokenAccount))?.base)
}

/// One transfer of collateral.
pub(crate) struct Transfer<'a, 'info> {
    /// Token program of both.
    pub(crate) program: &'a AccountInfo<'info>,
    /// Mint of what moves.
    pub(crate) mint: &'a AccountInfo<'info>,
    /// Its decimals.
    pub(crate) decimals: u8,
    /// Source.
    pub(crate) from: &'a AccountInfo<'info>,
    /// Destination.
    pub(crate) to: &'a AccountInfo<'info>,
    /// Who may move tokens out of the source.
    pub(crate) authority: &'a AccountInfo<'info>,
}

impl Transfer<'_, '_> {
    /// Moves `amount_atoms`, signing with `seeds` (empty where the authority signed the transaction).
    /// Nothing is sent for nothing.
    pub(crate) fn send(&self, amount_atoms: u64, seeds: &[&[u8]]) -> Result<()> {
        if amount_atoms == 0 {
            return Ok(());
        }
        let (from_before, to_before) = (amount(self.from)?, amount(self.to)?);
        // Put together here: the library's function asks for the program's id, which every instruction has done.
        let transfer = Instruction {
            program_id: *self.program.key,
            accounts: vec![
                AccountMeta::new(*self.from.key, false),
                AccountMeta::new_readonly(*self.mint.key, false),
                AccountMeta::new(*self.to.key, false),
                AccountMeta::new_readonly(*self.authority.key, true),
            ],
            data: TokenInstruction::TransferChecked { amount: amount_atoms, decimals: self.decimals }.pack(),
        };
        let accounts = [self.from.clone(), self.mint.clone(), self.to.clone(), self.authority.clone()];
        let signers = [seeds];
        let signers: &[&[&[u8]]] = if seeds.is_empty() { &[] } else { &signers };
        // Unchecked: whether anybody still borrows the two that the token program writes was asked above, by
        // reading their amounts. Asking of all four again costs 300 compute units.
        invoke_signed_unchecked(&transfer, &accounts, signers)?;
        let left = from_before.checked_sub(amount(self.from)?);
        let came = amount(self.to)?.checked_sub(to_before);
        let exact = left == Some(amount_atoms) && came == Some(amount_atoms);
        require!(exact, BulkheadError::TokenDeltaMismatch);
        Ok(())
    }
}

/// Mints pool shares.
pub(crate) fn mint_shares<'info>(
    program: &AccountInfo<'info>,
    mint: &AccountInfo<'info>,
    to: &AccountInfo<'info>,
    market: &AccountInfo<'info>,
    shares: u64,
    seeds: &[&[u8]],
) -> Result<()> {
    let before = amount(to)?;
    let accounts = MintTo { mint: mint.clone(), to: to.clone(), authority: market.clone() };
    token_interface::mint_to(CpiContext::new_with_signer(*program.key, accounts, &[seeds]), shares)?;
    require!(amount(to)?.checked_sub(before) == Some(shares), BulkheadError::TokenDeltaMismatch);
    Ok(())
}

/// Burns pool shares out of the escrow `from`; nothing for nothing.
pub(crate) fn burn_shares<'info>(
    program: &AccountInfo<'info>,
    mint: &AccountInfo<'info>,
    from: &AccountInfo<'info>,
    authority: &AccountInfo<'info>,
    shares: u64,
    seeds: &[&[u8]],
) -> Result<()> {
    if shares == 0 {
        return Ok(());
    }
    let before = amount(from)?;
    let accounts = Burn { mint: mint.clone(), from: from.clone(), authority: authority.clone() };
    token_interface::burn(CpiContext::new_with_signer(*program.key, accounts, &[seeds]), shares)?;
    require!(before.checked_sub(amount(from)?) == Some(shares), BulkheadError::TokenDeltaMismatch);
    Ok(())
}

/// Closes an empty vault; its rent goes to `to`.
pub(crate) fn close_vault<'info>(
    program: &AccountInfo<'info>,
    vault: &AccountInfo<'info>,
    to: &AccountInfo<'info>,
    authority: &AccountInfo<'info>,
    seeds: &[&[u8]],
) -> Result<()> {
    let accounts =
        CloseAccount { account: vault.clone(), destination: to.clone(), authority: authority.clone() };
    token_interface::close_account(CpiContext::new_with_signer(*program.key, accounts, &[seeds]))
}

/// Refuses a mint whose extensions could change what an amount means or who can move it: only metadata
/// and group pointers are accepted. An extension that is not known is not accepted.
pub(crate) fn require_plain_mint(mint: &AccountInfo) -> Result<()> {
    let data = mint.try_borrow_data()?;
    let state = StateWithExtensions::<MintState>::unpack(&data)?;
    for extension in state.get_extension_types()? {
        let harmless = matches!(
            extension,
            ExtensionType::MetadataPointer
                | ExtensionType::TokenMetadata
                | ExtensionType::GroupPointer
                | ExtensionType::TokenGroup
                | ExtensionType::GroupMemberPointer
                | ExtensionType::TokenGroupMember
        );
        require!(harmless, BulkheadError::MintExtensionRefused);
    }
    Ok(())
}
