//! All accounts of a kind: what the node finds by comparing bytes.

use std::mem::offset_of;

use anchor_lang::prelude::Pubkey;
use bulkhead::state::{Order, ParamChange, Position, Settlement, TopUpPlan, Withdrawal};
use solana_rpc_client_api::config::RpcProgramAccountsConfig;
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};

use super::node::{Keyed, Node, decode_at, decoded};
use super::node_error::NodeError;
use crate::accounts::Account;

/// Discriminators stand before every account's fields.
const DISCRIMINATOR_LEN: usize = 8;

/// Which positions; without either, all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PositionFilter {
    /// Of this owner.
    pub owner: Option<Pubkey>,
    /// In this market.
    pub market: Option<Pubkey>,
}

impl PositionFilter {
    /// All positions of a market.
    pub fn of_market(market: Pubkey) -> Self {
        Self { market: Some(market), owner: None }
    }

    /// All positions of an owner.
    pub fn of_owner(owner: Pubkey) -> Self {
        Self { owner: Some(owner), market: None }
    }
}

impl Node {
    /// Positions, by address.
    pub async fn positions(&self, filter: &PositionFilter) -> Result<Vec<Keyed<Position>>, NodeError> {
        let market = filter.market.map(|market| key_at(offset_of!(Position, market), &market));
        let owner = filter.owner.map(|owner| key_at(offset_of!(Position, owner), &owner));
        self.all_of(market.into_iter().chain(owner).collect()).await
    }

    /// Orders of a position that wait, by id.
    pub async fn orders_of(&self, position: &Pubkey) -> Result<Vec<Keyed<Order>>, NodeError> {
        let mut orders = self.all_of(vec![key_at(offset_of!(Order, position), position)]).await?;
        orders.sort_unstable_by_key(|order: &Keyed<Order>| order.account.id);
        Ok(orders)
    }

    /// All orders that wait, in whatever market.
    pub async fn orders(&self) -> Result<Vec<Keyed<Order>>, NodeError> {
        self.all_of(Vec::new()).await
    }

    /// All top-up plans, in whatever market.
    pub async fn top_up_plans(&self) -> Result<Vec<Keyed<TopUpPlan>>, NodeError> {
        self.all_of(Vec::new()).await
    }

    /// All withdrawals that wait, in whatever market.
    pub async fn withdrawals(&self) -> Result<Vec<Keyed<Withdrawal>>, NodeError> {
        self.all_of(Vec::new()).await
    }

    /// Prices of all wind-downs that are not settled yet.
    pub async fn settlements(&self) -> Result<Vec<Keyed<Settlement>>, NodeError> {
        self.all_of(Vec::new()).await
    }

    /// All queued changes, by number.
    pub async fn changes(&self) -> Result<Vec<Keyed<ParamChange>>, NodeError> {
        let mut changes = self.all_of(Vec::new()).await?;
        changes.sort_unstable_by_key(|change: &Keyed<ParamChange>| change.account.nonce);
        Ok(changes)
    }

    /// Addresses of another program's accounts whose bytes name `key` at a place.
    pub async fn addresses_naming(
        &self,
        program: &Pubkey,
        place: usize,
        key: &Pubkey,
    ) -> Result<Vec<Pubkey>, NodeError> {
        let config = RpcProgramAccountsConfig {
            filters: Some(vec![RpcFilterType::Memcmp(Memcmp::new_base58_encoded(place, key.as_ref()))]),
            account_config: self.account_config(),
            ..RpcProgramAccountsConfig::default()
        };
        let ask = || self.client().get_program_ui_accounts_with_config(program, config.clone());
        let found = self.ask(ask).await?;
        Ok(found.into_iter().map(|(address, _)| address).collect())
    }

    /// All accounts of a kind that pass `filters`, by address.
    async fn all_of<T: Account>(&self, filters: Vec<RpcFilterType>) -> Result<Vec<Keyed<T>>, NodeError> {
        let kind = RpcFilterType::Memcmp(Memcmp::new_base58_encoded(0, T::DISCRIMINATOR));
        let length = RpcFilterType::DataSize(T::LEN as u64);
        let config = RpcProgramAccountsConfig {
            filters: Some([kind, length].into_iter().chain(filters).collect()),
            account_config: self.account_config(),
            with_context: None,
            sort_results: None,
        };
        let ask = || self.client().get_program_ui_accounts_with_config(&bulkhead::ID, config.clone());
        let read = |(key, account)| {
            let account = decode_at(&key, &decoded(&account)?)?;
            Ok(Keyed { key, account })
        };
        let mut accounts: Vec<Keyed<T>> =
            self.ask(ask).await?.into_iter().map(read).collect::<Result<_, NodeError>>()?;
        accounts.sort_unstable_by_key(|account| account.key);
        Ok(accounts)
    }
}

fn key_at(offset: usize, key: &Pubkey) -> RpcFilterType {
    RpcFilterType::Memcmp(Memcmp::new_base58_encoded(DISCRIMINATOR_LEN + offset, key.as_ref()))
}
