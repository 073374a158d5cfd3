//! A world with one position in it, whose accounts a test overwrites as it likes.

use anchor_lang::Discriminator;
use bulkhead::state::PositionSide;
use bulkhead::state::{Market, Order, Position};
use bulkhead_client::{ID, MarketKeys, pda};
use bulkhead_lab::world::{Actor, Opening, World};
use bytemuck::Pod;
use solana_account::Account;
use solana_pubkey::Pubkey;

/// Tokens that everybody outside the protocol holds.
pub(crate) const OUTSIDE_ATOMS: u64 = 1_000_000_000_000_000_000;

/// Offsets of a token account's amount and state, and of a mint's supply and decimals.
const AMOUNT: usize = 64;
const STATE: usize = 108;
const MINT_SUPPLY: usize = 36;
const MINT_DECIMALS: usize = 44;

pub(crate) struct Ground {
    pub(crate) world: World,
    pub(crate) keys: MarketKeys,
    pub(crate) owner: Actor,
    /// Where the owner's pool shares go.
    pub(crate) shares: Pubkey,
    pub(crate) position: Pubkey,
    /// As they were after set-up: keys, bumps and ids of every case come from these.
    pub(crate) market: Market,
    pub(crate) pending: Position,
    pub(crate) order: Order,
}

/// Amounts in the token accounts that an instruction on the position can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Balances {
    pub(crate) vault: u64,
    pub(crate) pool: u64,
    pub(crate) insurance: u64,
    pub(crate) keeper: u64,
    pub(crate) owner: u64,
    pub(crate) shares: u64,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let mut world = World::new().expect("the world comes up");
        let owner = world.actor(1_000_000_000);
        let opening = Opening::new(PositionSide::Long, 100_000_000, 1_000_000_000);
        let position = world.place(&owner, &opening).expect("the opening order is placed");
        let keys = world.keys;
        let shares = world.create_token_account(pda::lp_mint(&keys.market), owner.key);
        let market = world.market();
        let pending = world.position(&position);
        let order = world.order(&pda::order(&position, 0));
        Self { world, keys, owner, shares, position, market, pending, order }
    }

    /// Writes an account of the program's own.
    pub(crate) fn write<T: Pod + Discriminator>(
        &mut self,
        address: Pubkey,
        value: &T,
        lamports_above_rent: u64,
    ) {
        let mut data = T::DISCRIMINATOR.to_vec();
        data.extend_from_slice(bytemuck::bytes_of(value));
        let lamports = self.world.svm.minimum_balance_for_rent_exemption(data.len()) + lamports_above_rent;
        let account = Account { lamports, data, owner: ID, executable: false, rent_epoch: u64::MAX };
        self.world.set_account(address, account);
    }

    pub(crate) fn set_amount(&mut self, tokens: Pubkey, amount: u64) {
        self.edit(tokens, AMOUNT, &amount.to_le_bytes());
    }

    pub(crate) fn set_frozen(&mut self, tokens: Pubkey, frozen: bool) {
        self.edit(tokens, STATE, &[if frozen { 2 } else { 1 }]);
    }

    pub(crate) fn set_decimals(&mut self, mint: Pubkey, decimals: u8) {
        self.edit(mint, MINT_DECIMALS, &[decimals]);
    }

    pub(crate) fn set_supply(&mut self, mint: Pubkey, supply: u64) {
        self.edit(mint, MINT_SUPPLY, &supply.to_le_bytes());
    }

    fn edit(&mut self, address: Pubkey, offset: usize, bytes: &[u8]) {
        let mut account = self.world.account(&address).expect("the account is there");
        account.data[offset..offset + bytes.len()].copy_from_slice(bytes);
        self.world.set_account(address, account);
    }

    pub(crate) fn set_balances(&mut self, balances: &Balances) {
        let market = self.keys.market;
        self.set_amount(pda::vault(&self.position), balances.vault);
        self.set_amount(pda::pool_vault(&market), balances.pool);
        self.set_amount(pda::insurance_vault(&market), balances.insurance);
        self.set_amount(self.world.keeper.tokens, balances.keeper);
        self.set_amount(self.owner.tokens, balances.owner);
        self.set_amount(self.shares, balances.shares);
    }

    pub(crate) fn balances(&self) -> Balances {
        let of = |address: &Pubkey| self.world.token_balance(address);
        let market = &self.keys.market;
        Balances {
            vault: of(&pda::vault(&self.position)),
            pool: of(&pda::pool_vault(market)),
            insurance: of(&pda::insurance_vault(market)),
            keeper: of(&self.world.keeper.tokens),
            owner: of(&self.owner.tokens),
            shares: of(&self.shares),
        }
    }
}
