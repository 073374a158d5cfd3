//! What is subscribed to.

use std::collections::HashMap;

use solana_pubkey::Pubkey;
use yellowstone_grpc_proto::geyser::subscribe_request_filter_accounts_filter::Filter;
use yellowstone_grpc_proto::geyser::subscribe_request_filter_accounts_filter_lamports::Cmp;
use yellowstone_grpc_proto::geyser::{
    CommitmentLevel, SubscribeRequest, SubscribeRequestFilterAccounts, SubscribeRequestFilterAccountsFilter,
    SubscribeRequestFilterAccountsFilterLamports, SubscribeRequestFilterSlots, SubscribeRequestPing,
};

const SYSTEM_PROGRAM: Pubkey = Pubkey::new_from_array([0; 32]);

/// How sure what is told has to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Commitment {
    /// Executed by the node.
    #[default]
    Processed,
    /// Voted on by two thirds.
    Confirmed,
    /// Rooted.
    Finalized,
}

/// What shall be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Accounts of this program.
    pub owner: Pubkey,
    /// These accounts, whoever owns them.
    pub accounts: Vec<Pubkey>,
    /// Accounts that are closed: all of the chain, for whose one was is no longer to be seen.
    pub closings: bool,
    /// How sure.
    pub commitment: Commitment,
    /// Everything from this slot on, where the node has kept it.
    pub from_slot: Option<u64>,
}

impl Wanted {
    pub(crate) fn request(&self) -> SubscribeRequest {
        let base58 = |keys: &[Pubkey]| keys.iter().map(Pubkey::to_string).collect();
        let own = SubscribeRequestFilterAccounts { owner: base58(&[self.owner]), ..Default::default() };
        let mut accounts = HashMap::from([("own".to_owned(), own)]);
        // An empty list would ask for every account there is.
        if !self.accounts.is_empty() {
            let named =
                SubscribeRequestFilterAccounts { account: base58(&self.accounts), ..Default::default() };
            accounts.insert("named".into(), named);
        }
        if self.closings {
            let none = SubscribeRequestFilterAccountsFilterLamports { cmp: Some(Cmp::Eq(0)) };
            let filter = SubscribeRequestFilterAccountsFilter { filter: Some(Filter::Lamports(none)) };
            let (owner, filters) = (base58(&[SYSTEM_PROGRAM]), vec![filter]);
            let closed = SubscribeRequestFilterAccounts { owner, filters, ..Default::default() };
            accounts.insert("closed".into(), closed);
        }
        let commitment = match self.commitment {
            Commitment::Processed => CommitmentLevel::Processed,
            Commitment::Confirmed => CommitmentLevel::Confirmed,
            Commitment::Finalized => CommitmentLevel::Finalized,
        };
        let slots = SubscribeRequestFilterSlots { filter_by_commitment: Some(true), ..Default::default() };
        SubscribeRequest {
            accounts,
            slots: HashMap::from([("slots".to_owned(), slots)]),
            commitment: Some(commitment.into()),
            from_slot: self.from_slot,
            ..Default::default()
        }
    }
}

/// The answer to a ping: balancers between here and the node close what is silent in one direction.
pub(crate) fn pong() -> SubscribeRequest {
    SubscribeRequest { ping: Some(SubscribeRequestPing { id: 1 }), ..Default::default() }
}
