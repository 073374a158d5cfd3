//! The chain as any client sees it: signed v0 transactions and account reads over JSON-RPC.

use std::time::{Duration, Instant};

use anchor_lang::Discriminator;
use anyhow::{Context, Result, anyhow, bail};
use bulkhead_client::accounts::{self, Account};
use solana_account::Account as RawAccount;
use solana_account_decoder_client_types::UiAccountEncoding;
use solana_commitment_config::{CommitmentConfig, CommitmentLevel};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{VersionedMessage, v0};
use solana_pubkey::Pubkey;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::config::{
    RpcAccountInfoConfig, RpcProgramAccountsConfig, RpcSendTransactionConfig,
};
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

const LAND_MAX: Duration = Duration::from_secs(10);
const POLL_EVERY: Duration = Duration::from_millis(10);
/// Most accounts that one `getMultipleAccounts` answers.
const MULTIPLE_MAX: usize = 100;

/// A client of the local chain. Everything is read as processed: there is nobody to disagree.
pub struct Link {
    /// For whatever the methods here do not cover.
    pub rpc: RpcClient,
}

impl Link {
    /// To the node at `url`.
    pub fn new(url: &str) -> Self {
        Self { rpc: RpcClient::new_with_commitment(url.to_owned(), CommitmentConfig::processed()) }
    }

    /// Sends one v0 transaction and waits until it has landed. The first signer pays its fee.
    pub async fn send(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Signature> {
        let signature = self.submit(instructions, signers).await?;
        self.landed(&signature).await?;
        Ok(signature)
    }

    /// The same without waiting for the block: surfpool answers once it has executed the transaction, and tells
    /// its status only with the next block. What was refused when it was tried beforehand is an error here.
    pub async fn submit(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Signature> {
        let payer = signers.first().context("nobody signs")?;
        let blockhash = self.rpc.get_latest_blockhash().await.context("no blockhash")?;
        let message = v0::Message::try_compile(&payer.pubkey(), instructions, &[], blockhash)?;
        let transaction = VersionedTransaction::try_new(VersionedMessage::V0(message), signers)?;
        let config = RpcSendTransactionConfig {
            preflight_commitment: Some(CommitmentLevel::Processed),
            ..RpcSendTransactionConfig::default()
        };
        let sent = self.rpc.send_transaction_with_config(&transaction, config).await;
        sent.map_err(|error| anyhow!("{error}"))
    }

    /// Waits until a transaction has landed; an error if it failed.
    pub async fn landed(&self, signature: &Signature) -> Result<()> {
        let deadline = Instant::now() + LAND_MAX;
        while Instant::now() < deadline {
            let statuses = self.rpc.get_signature_statuses(&[*signature]).await?;
            if let Some(status) = statuses.value.into_iter().next().flatten() {
                return status.err.map_or(Ok(()), |error| Err(anyhow!("{signature} failed: {error}")));
            }
            tokio::time::sleep(POLL_EVERY).await;
        }
        bail!("{signature} did not land within {} s", LAND_MAX.as_secs())
    }

    /// What lies at an address; none where nothing does.
    pub async fn raw(&self, address: &Pubkey) -> Result<Option<RawAccount>> {
        let read = self.rpc.get_account_with_commitment(address, CommitmentConfig::processed()).await;
        Ok(read.with_context(|| format!("cannot read {address}"))?.value)
    }

    /// The program's account at an address; none where nothing lies.
    pub async fn account<T: Account>(&self, address: &Pubkey) -> Result<Option<T>> {
        let raw = self.raw(address).await?;
        raw.map(|raw| decode(address, &raw)).transpose()
    }

    /// The program's account at an address, which must be there.
    pub async fn expect<T: Account>(&self, address: &Pubkey) -> Result<T> {
        self.account(address).await?.with_context(|| format!("no {} lies at {address}", T::NAME))
    }

    /// Many at a time, in order; none where nothing lies.
    pub async fn accounts<T: Account>(&self, addresses: &[Pubkey]) -> Result<Vec<Option<T>>> {
        let mut found = Vec::with_capacity(addresses.len());
        for part in addresses.chunks(MULTIPLE_MAX) {
            let read = self.rpc.get_multiple_accounts(part).await?;
            for (address, raw) in part.iter().zip(read) {
                found.push(raw.map(|raw| decode(address, &raw)).transpose()?);
            }
        }
        Ok(found)
    }

    /// Every account of a kind that the program has.
    pub async fn all<T: Account>(&self) -> Result<Vec<(Pubkey, T)>> {
        let kind = Memcmp::new_raw_bytes(0, <T as Discriminator>::DISCRIMINATOR.to_vec());
        let config = RpcProgramAccountsConfig {
            filters: Some(vec![RpcFilterType::Memcmp(kind), RpcFilterType::DataSize(T::LEN as u64)]),
            account_config: RpcAccountInfoConfig {
                encoding: Some(UiAccountEncoding::Base64),
                commitment: Some(CommitmentConfig::processed()),
                ..RpcAccountInfoConfig::default()
            },
            ..RpcProgramAccountsConfig::default()
        };
        let read = self.rpc.get_program_ui_accounts_with_config(&bulkhead::ID, config).await?;
        let decoded = read.into_iter().map(|(address, account)| {
            let data =
                account.data.decode().with_context(|| format!("{address} came in no known encoding"))?;
            Ok((address, accounts::decode::<T>(&data)?))
        });
        decoded.collect()
    }

    /// Tokens in an account; nothing where there is none.
    pub async fn tokens(&self, account: &Pubkey) -> Result<u64> {
        /// Both token programs keep the amount here.
        const AMOUNT: std::ops::Range<usize> = 64..72;
        let raw = self.raw(account).await?;
        let amount = raw.as_ref().and_then(|raw| raw.data.get(AMOUNT)?.try_into().ok());
        Ok(amount.map_or(0, u64::from_le_bytes))
    }
}

fn decode<T: Account>(address: &Pubkey, raw: &RawAccount) -> Result<T> {
    accounts::decode_owned(&raw.owner, &raw.data).with_context(|| format!("{address} is no {}", T::NAME))
}
