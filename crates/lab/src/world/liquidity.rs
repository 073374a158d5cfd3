//! Who leaves the pool: providers with shares, their withdrawals, and what a test wants to know of them.

use bulkhead::constants::TIP_LAMPORTS_MIN;
use bulkhead::instructions::RequestWithdrawalArgs;
use bulkhead::state::{Trader, Withdrawal};
use bulkhead_client::{MarketKeys, ix, pda};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use super::{Actor, TxFailed, TxOk, World};

/// Somebody with an account of pool shares beside their collateral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    pub who: Actor,
    /// Their shares.
    pub shares: Pubkey,
}

impl World {
    /// Somebody with `collateral_atoms`, of which `deposit_atoms` are in market 0's pool.
    pub fn provider(&mut self, collateral_atoms: u64, deposit_atoms: u64) -> Result<Provider, TxFailed> {
        let keys = self.keys;
        let who = self.actor(collateral_atoms);
        let shares = self.deposit(&keys, &who, deposit_atoms)?;
        Ok(Provider { who, shares })
    }

    /// The withdrawal at `address`, which must be there.
    pub fn withdrawal(&self, address: &Pubkey) -> Withdrawal {
        self.withdrawal_at(address).expect("no withdrawal lies there")
    }

    pub fn withdrawal_at(&self, address: &Pubkey) -> Option<Withdrawal> {
        self.load(address)
    }

    /// Puts shares of `provider` into escrow, to be paid to their own collateral account; the address is the
    /// withdrawal's.
    pub fn request_withdrawal(&mut self, provider: &Provider, shares: u64) -> Result<Pubkey, TxFailed> {
        let keys = self.keys;
        self.request_withdrawal_in(&keys, provider, shares).map(|(withdrawal, _)| withdrawal)
    }

    /// The same in any market, with what the transaction came to.
    pub fn request_withdrawal_in(
        &mut self,
        keys: &MarketKeys,
        provider: &Provider,
        shares: u64,
    ) -> Result<(Pubkey, TxOk), TxFailed> {
        let (withdrawal, request) = self.withdrawal_request(keys, provider, shares);
        self.send(&[request]).map(|done| (withdrawal, done))
    }

    /// What [`World::request_withdrawal_in`] sends, and the address of the withdrawal to be.
    pub fn withdrawal_request(
        &self,
        keys: &MarketKeys,
        provider: &Provider,
        shares: u64,
    ) -> (Pubkey, Instruction) {
        let owner = provider.who.key;
        let counters = self.load::<Trader>(&pda::trader(&keys.market, &owner));
        let withdrawal_id = counters.map_or(0, |counters| counters.next_withdrawal_id);
        let args = RequestWithdrawalArgs { withdrawal_id, shares, tip_lamports: TIP_LAMPORTS_MIN };
        let destination = provider.who.tokens;
        let request = ix::request_withdrawal(keys, owner, owner, provider.shares, destination, args);
        (pda::withdrawal(&keys.market, &owner, withdrawal_id), request)
    }

    /// Executes a withdrawal of market 0 as the keeper, at the price that stands; the market is updated before it
    /// in the same transaction.
    pub fn execute_withdrawal(&mut self, withdrawal: Pubkey) -> Result<TxOk, TxFailed> {
        let (keys, keeper) = (self.keys, self.keeper.key);
        let account = self.withdrawal(&withdrawal);
        self.send(&[ix::update_market(&keys), ix::execute_withdrawal(&keys, keeper, withdrawal, &account)])
    }

    /// Cancels a withdrawal of market 0 as `canceller`; the shares go to `owner_shares`.
    pub fn cancel_withdrawal(
        &mut self,
        canceller: &Actor,
        withdrawal: Pubkey,
        owner_shares: Pubkey,
    ) -> Result<TxOk, TxFailed> {
        let keys = self.keys;
        let account = self.withdrawal(&withdrawal);
        self.send(&[ix::cancel_withdrawal(&keys, canceller.key, withdrawal, &account, owner_shares)])
    }
}
