//! The collateral: a test dollar that the faucet mints, in associated token accounts.

use anyhow::{Result, anyhow};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signature::Signature;
use solana_signer::Signer;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id;
use spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent;
use spl_token_interface::instruction as token;

use crate::link::Link;
use crate::markets::QUOTE_DECIMALS;

/// One test dollar.
pub const QUOTE_UNIT: u64 = 1_000_000;
/// SPL Token's mint layout.
const MINT_LEN: u64 = 82;
/// Accounts created and filled in one transaction: as many as its bytes hold.
const FILLED_AT_ONCE: usize = 4;

/// A wallet's account of a mint.
pub fn account_of(owner: &Pubkey, mint: &Pubkey) -> Pubkey {
    get_associated_token_address_with_program_id(owner, mint, &spl_token_interface::ID)
}

/// Creates an account of a mint for `owner`, if there is none. `payer` signs.
pub(crate) fn create_account(payer: &Pubkey, owner: &Pubkey, mint: &Pubkey) -> Instruction {
    create_associated_token_account_idempotent(payer, owner, mint, &spl_token_interface::ID)
}

/// Creates the collateral mint. The transaction still has to land.
pub(crate) async fn create_mint(
    link: &Link,
    payer: &Keypair,
    mint: &Keypair,
    faucet: &Pubkey,
) -> Result<Signature> {
    let rent = link.rpc.get_minimum_balance_for_rent_exemption(usize::try_from(MINT_LEN)?).await?;
    let (payer_key, mint_key) = (payer.pubkey(), mint.pubkey());
    let program = spl_token_interface::ID;
    let create =
        solana_system_interface::instruction::create_account(&payer_key, &mint_key, rent, MINT_LEN, &program);
    let initialize = token::initialize_mint2(&program, &mint_key, faucet, Some(faucet), QUOTE_DECIMALS);
    let initialize = initialize.map_err(|error| anyhow!("initialize_mint2: {error}"))?;
    link.submit(&[create, initialize], &[payer, mint]).await
}

/// Gives each of `owners` so many atoms of the mint, in their own account. The transactions still have to land.
pub(crate) async fn fill(
    link: &Link,
    faucet: &Keypair,
    mint: &Pubkey,
    owners: &[(Pubkey, u64)],
) -> Result<Vec<Signature>> {
    let faucet_key = faucet.pubkey();
    let mut sent = Vec::new();
    for part in owners.chunks(FILLED_AT_ONCE) {
        let mut instructions = Vec::new();
        for (owner, amount) in part {
            let account = account_of(owner, mint);
            instructions.push(create_account(&faucet_key, owner, mint));
            let minted = token::mint_to(&spl_token_interface::ID, mint, &account, &faucet_key, &[], *amount);
            instructions.push(minted.map_err(|error| anyhow!("mint_to: {error}"))?);
        }
        sent.push(link.submit(&instructions, &[faucet]).await?);
    }
    Ok(sent)
}
