//! A node that answers questions about accounts.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anchor_lang::prelude::Pubkey;
use backon::Retryable;
use bulkhead::state::{Market, ParamChange, Position, Protocol, Trader};
use futures_util::future::try_join_all;
use solana_account::Account as ChainAccount;
use solana_account_decoder_client_types::{UiAccount, UiAccountEncoding};
use solana_address_lookup_table_interface::state::AddressLookupTable;
use solana_commitment_config::CommitmentConfig;
use solana_message::AddressLookupTableAccount;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::client_error::Error as ClientError;
use solana_rpc_client_api::config::RpcAccountInfoConfig;

use super::node_error::NodeError;
use super::policy::RetryPolicy;
use crate::accounts::{Account, decode_owned};
use crate::pda;

/// Most accounts that a node returns for one `getMultipleAccounts`.
const ACCOUNTS_PER_REQUEST_MAX: usize = 100;
/// Longest wait for one answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Most accounts that a node accepts in one `getRecentPrioritizationFees`.
const FEE_ACCOUNTS_MAX: usize = 128;

/// An account and its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyed<T> {
    /// Address.
    pub key: Pubkey,
    /// The account.
    pub account: T,
}

/// A node that answers questions about accounts. Questions whose answer may come later are repeated by the
/// [`RetryPolicy`].
#[derive(Clone)]
pub struct Node {
    client: Arc<RpcClient>,
    retry: RetryPolicy,
    min_context_slot: Option<u64>,
}

impl Node {
    /// The node at `url`, read at `commitment`.
    pub fn new(url: impl ToString, commitment: CommitmentConfig) -> Self {
        let client = RpcClient::new_with_timeout_and_commitment(url.to_string(), REQUEST_TIMEOUT, commitment);
        Self::from_client(Arc::new(client))
    }

    /// Through a client of one's own, with its commitment.
    pub fn from_client(client: Arc<RpcClient>) -> Self {
        Self { client, retry: RetryPolicy::default(), min_context_slot: None }
    }

    /// The same node asked by another retry policy.
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// The same node, whose answers must be of `slot` or later: what a transaction that landed there has
    /// changed is in them. An endpoint of several nodes may else answer from one that lags.
    pub fn at_least(&self, slot: u64) -> Self {
        let slot = self.min_context_slot.map_or(slot, |known| known.max(slot));
        Self { min_context_slot: Some(slot), ..self.clone() }
    }

    /// The client underneath, for what has no method here.
    pub fn client(&self) -> &RpcClient {
        &self.client
    }

    /// Commitment of its answers.
    pub fn commitment(&self) -> CommitmentConfig {
        self.client.commitment()
    }

    pub(super) fn min_context_slot(&self) -> Option<u64> {
        self.min_context_slot
    }

    pub(super) fn account_config(&self) -> RpcAccountInfoConfig {
        RpcAccountInfoConfig {
            encoding: Some(UiAccountEncoding::Base64),
            data_slice: None,
            commitment: Some(self.commitment()),
            min_context_slot: self.min_context_slot,
        }
    }

    /// Asks, and asks again while the answer may come later.
    pub async fn ask<T, F>(&self, question: impl Fn() -> F) -> Result<T, NodeError>
    where
        F: Future<Output = Result<T, ClientError>>,
    {
        let ask = || async { question().await.map_err(NodeError::from) };
        ask.retry(self.retry.backoff()).when(NodeError::is_transient).await
    }

    /// Raw accounts in the order of `keys`, in requests of at most a hundred; none where nothing is. Requests
    /// run side by side and may be answered from different slots.
    pub async fn raw_accounts(&self, keys: &[Pubkey]) -> Result<Vec<Option<ChainAccount>>, NodeError> {
        let chunks = keys.chunks(ACCOUNTS_PER_REQUEST_MAX).map(|chunk| self.raw_chunk(chunk));
        Ok(try_join_all(chunks).await?.into_iter().flat_map(|(_, accounts)| accounts).collect())
    }

    /// The same of at most a hundred, all of one slot, which comes with them.
    pub(super) async fn raw_chunk(
        &self,
        keys: &[Pubkey],
    ) -> Result<(u64, Vec<Option<ChainAccount>>), NodeError> {
        let config = self.account_config();
        let ask = || self.client.get_multiple_ui_accounts_with_config(keys, config.clone());
        let answer = self.ask(ask).await?;
        if answer.value.len() != keys.len() {
            let (asked, given) = (keys.len(), answer.value.len());
            return Err(NodeError::Malformed(format!("{given} accounts, {asked} were asked for")));
        }
        let accounts: Result<_, _> =
            answer.value.iter().map(|account| account.as_ref().map(decoded).transpose()).collect();
        Ok((answer.context.slot, accounts?))
    }

    /// Accounts of one kind in the order of `keys`; none where nothing is.
    pub async fn find_all<T: Account>(&self, keys: &[Pubkey]) -> Result<Vec<Option<T>>, NodeError> {
        let accounts = self.raw_accounts(keys).await?;
        let read = |(key, account): (&Pubkey, Option<ChainAccount>)| {
            account.map(|account| decode_at(key, &account)).transpose()
        };
        keys.iter().zip(accounts).map(read).collect()
    }

    /// The account at `key`, if there is one.
    pub async fn find<T: Account>(&self, key: &Pubkey) -> Result<Option<T>, NodeError> {
        Ok(self.find_all(std::slice::from_ref(key)).await?.pop().flatten())
    }

    /// The account at `key`.
    pub async fn get<T: Account>(&self, key: &Pubkey) -> Result<T, NodeError> {
        self.find(key).await?.ok_or(NodeError::NotFound { what: T::NAME, key: *key })
    }

    /// The protocol.
    pub async fn protocol(&self) -> Result<Protocol, NodeError> {
        self.get(&pda::protocol()).await
    }

    /// The market with this index.
    pub async fn market(&self, index: u16) -> Result<Keyed<Market>, NodeError> {
        let key = pda::market(index);
        Ok(Keyed { key, account: self.get(&key).await? })
    }

    /// All markets, by index.
    pub async fn markets(&self) -> Result<Vec<Keyed<Market>>, NodeError> {
        let count = self.protocol().await?.market_count;
        let keys: Vec<Pubkey> = (0..count).map(pda::market).collect();
        let markets = self.find_all::<Market>(&keys).await?;
        let present = |(key, account): (Pubkey, Option<Market>)| {
            let account = account.ok_or(NodeError::NotFound { what: Market::NAME, key })?;
            Ok(Keyed { key, account })
        };
        keys.into_iter().zip(markets).map(present).collect()
    }

    /// A position.
    pub async fn position(&self, key: &Pubkey) -> Result<Position, NodeError> {
        self.get(key).await
    }

    /// An owner's counters in a market; none before the first position there.
    pub async fn trader(&self, market: &Pubkey, owner: &Pubkey) -> Result<Option<Trader>, NodeError> {
        self.find(&pda::trader(market, owner)).await
    }

    /// The queued change with this number.
    pub async fn change(&self, nonce: u64) -> Result<Keyed<ParamChange>, NodeError> {
        let key = pda::change(nonce);
        Ok(Keyed { key, account: self.get(&key).await? })
    }

    /// An address lookup table, for [`TxRequest::with_lookup_tables`](super::TxRequest::with_lookup_tables).
    pub async fn lookup_table(&self, key: &Pubkey) -> Result<AddressLookupTableAccount, NodeError> {
        const WHAT: &str = "address lookup table";
        let (_, mut accounts) = self.raw_chunk(std::slice::from_ref(key)).await?;
        let missing = NodeError::NotFound { what: WHAT, key: *key };
        let account = accounts.pop().flatten().ok_or(missing)?;
        let table = AddressLookupTable::deserialize(&account.data)
            .map_err(|_| NodeError::NotFound { what: WHAT, key: *key })?;
        Ok(AddressLookupTableAccount { key: *key, addresses: table.addresses.to_vec() })
    }

    /// Lowest priority fee, in 10^-6 lamports a unit, of each recent slot for transactions that write
    /// `accounts`.
    pub async fn recent_priority_fees(&self, accounts: &[Pubkey]) -> Result<Vec<u64>, NodeError> {
        let accounts = &accounts[..accounts.len().min(FEE_ACCOUNTS_MAX)];
        let fees = self.ask(|| self.client.get_recent_prioritization_fees(accounts)).await?;
        Ok(fees.into_iter().map(|fee| fee.prioritization_fee).collect())
    }
}

pub(super) fn decoded(account: &UiAccount) -> Result<ChainAccount, NodeError> {
    account.to_account().ok_or_else(|| NodeError::Malformed("account data is not base64".into()))
}

pub(super) fn decode_at<T: Account>(key: &Pubkey, account: &ChainAccount) -> Result<T, NodeError> {
    decode_owned(&account.owner, &account.data).map_err(|error| NodeError::Account { key: *key, error })
}
