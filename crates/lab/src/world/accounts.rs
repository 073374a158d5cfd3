//! Accounts, as bytes and as the program's types.

use anchor_lang::Discriminator;
use bulkhead::state::{Market, Order, Position, Protocol, Trader};
use bulkhead_client::pda;
use bytemuck::AnyBitPattern;
use solana_account::{Account, ReadableAccount};
use solana_pubkey::Pubkey;

use super::World;

impl World {
    /// An account with everything; none where nothing lies.
    pub fn account(&self, address: &Pubkey) -> Option<Account> {
        self.svm.get_account(address)
    }

    /// Its bytes, without a copy.
    pub fn data(&self, address: &Pubkey) -> Option<&[u8]> {
        self.svm.accounts_db().get_account_ref(address).map(ReadableAccount::data)
    }

    pub fn set_account(&mut self, address: Pubkey, account: Account) {
        self.svm.set_account(address, account).expect("only sysvars and programs can be refused");
    }

    pub fn lamports(&self, address: &Pubkey) -> u64 {
        self.svm.get_balance(address).unwrap_or(0)
    }

    /// Lamports out of nowhere, at whatever lies at `address`.
    pub fn set_lamports(&mut self, address: Pubkey, lamports: u64) {
        let account = self.account(&address).unwrap_or_default();
        self.set_account(address, Account { lamports, ..account });
    }

    /// The account at `address` if it is a `T` of the program.
    pub fn load<T: AnyBitPattern + Discriminator>(&self, address: &Pubkey) -> Option<T> {
        let rest = self.data(address)?.strip_prefix(T::DISCRIMINATOR)?;
        bytemuck::try_pod_read_unaligned(rest).ok()
    }

    pub fn protocol(&self) -> Option<Protocol> {
        self.load(&pda::protocol())
    }

    /// Market 0.
    pub fn market(&self) -> Market {
        self.market_of(&self.keys.market)
    }

    /// The market at `address`, which must be there.
    pub fn market_of(&self, address: &Pubkey) -> Market {
        self.market_at(address).expect("no market lies there")
    }

    pub fn market_at(&self, address: &Pubkey) -> Option<Market> {
        self.load(address)
    }

    /// The position at `address`, which must be there.
    pub fn position(&self, address: &Pubkey) -> Position {
        self.position_at(address).expect("no position lies there")
    }

    pub fn position_at(&self, address: &Pubkey) -> Option<Position> {
        self.load(address)
    }

    /// The order at `address`, which must be there.
    pub fn order(&self, address: &Pubkey) -> Order {
        self.load(address).expect("no order lies there")
    }

    /// An owner's counters in market 0, once there are any.
    pub fn trader(&self, owner: &Pubkey) -> Option<Trader> {
        self.load(&pda::trader(&self.keys.market, owner))
    }

    /// Tokens in a position's vault.
    pub fn vault_balance(&self, position: &Pubkey) -> u64 {
        self.token_balance(&pda::vault(position))
    }
}
