//! The wallet: where pay goes, and whether there is enough to go on.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use bulkhead_client::MarketKeys;
use bulkhead_client::rpc::{Sender, TxRequest};
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use tracing::info;

const ASSOCIATED_TOKEN_PROGRAM: Pubkey =
    Pubkey::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
const SYSTEM_PROGRAM: Pubkey = Pubkey::new_from_array([0; 32]);
/// `CreateIdempotent`: the account may be there already.
const CREATE_IDEMPOTENT: u8 = 1;

/// The associated token account of `owner`.
pub fn token_account(owner: &Pubkey, mint: &Pubkey, token_program: &Pubkey) -> Pubkey {
    let seeds = [owner.as_ref(), token_program.as_ref(), mint.as_ref()];
    Pubkey::find_program_address(&seeds, &ASSOCIATED_TOKEN_PROGRAM).0
}

/// Creates it, if it is not there. `owner` pays and signs.
fn create_token_account(owner: &Pubkey, mint: &Pubkey, token_program: &Pubkey) -> Instruction {
    let accounts = vec![
        AccountMeta::new(*owner, true),
        AccountMeta::new(token_account(owner, mint, token_program), false),
        AccountMeta::new_readonly(*owner, false),
        AccountMeta::new_readonly(*mint, false),
        AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
        AccountMeta::new_readonly(*token_program, false),
    ];
    Instruction { program_id: ASSOCIATED_TOKEN_PROGRAM, accounts, data: vec![CREATE_IDEMPOTENT] }
}

/// Creates the keeper's token accounts for the collateral of `markets` where they are missing.
pub async fn create_missing(sender: &Sender, keeper: &Keypair, markets: &[MarketKeys]) -> Result<()> {
    let owner = keeper.pubkey();
    let mints: BTreeSet<_> = markets.iter().map(|keys| (keys.collateral_mint, keys.token_program)).collect();
    for (mint, program) in mints {
        let account = token_account(&owner, &mint, &program);
        let found = sender.node().raw_accounts(&[account]).await?;
        if found.iter().flatten().next().is_some() {
            continue;
        }
        let request = TxRequest::new(owner, vec![create_token_account(&owner, &mint, &program)]);
        let sent = sender.send(&request, &[keeper]).await;
        sent.with_context(|| format!("creating the token account {account} for pay in {mint}"))?;
        info!(%account, %mint, "created the token account for pay");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_accounts_are_where_every_wallet_looks_for_them() {
        let program = Pubkey::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
        let (owner, mint) = (Pubkey::new_from_array([7; 32]), Pubkey::new_from_array([9; 32]));
        let expected = bulkhead_localnet::tokens::account_of(&owner, &mint);
        assert_eq!(token_account(&owner, &mint, &program), expected);
    }
}
