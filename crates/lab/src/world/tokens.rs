//! Mints and token accounts, written as bytes: both token programs share the layout.

use solana_account::Account;
use solana_program_pack::Pack;
use solana_pubkey::Pubkey;
use spl_token_interface::state::{Account as TokenAccount, AccountState, Mint};

use super::World;

impl World {
    /// A mint that [`World::mint_authority`] may mint and freeze.
    pub fn create_mint(&mut self, token_program: Pubkey, decimals: u8) -> Pubkey {
        let mint = Mint {
            mint_authority: Some(self.mint_authority).into(),
            supply: 0,
            decimals,
            is_initialized: true,
            freeze_authority: Some(self.mint_authority).into(),
        };
        let address = self.key();
        self.write_packed(address, token_program, &mint);
        address
    }

    /// An empty token account of `owner`, under whichever program the mint lives.
    pub fn create_token_account(&mut self, mint: Pubkey, owner: Pubkey) -> Pubkey {
        let address = self.key();
        let account = TokenAccount {
            mint,
            owner,
            amount: 0,
            delegate: None.into(),
            state: AccountState::Initialized,
            is_native: None.into(),
            delegated_amount: 0,
            close_authority: None.into(),
        };
        let token_program = self.account(&mint).expect("the mint does not exist").owner;
        self.write_packed(address, token_program, &account);
        address
    }

    /// Mints into any token account; the supply rises with it.
    pub fn mint_to(&mut self, account: Pubkey, amount: u64) {
        let mut mint = Pubkey::default();
        self.edit_packed(account, |tokens: &mut TokenAccount| {
            mint = tokens.mint;
            tokens.amount += amount;
        });
        self.edit_packed(mint, |mint: &mut Mint| mint.supply += amount);
    }

    /// Tokens of a mint that exist; none where there is no mint.
    pub fn mint_supply(&self, mint: &Pubkey) -> u64 {
        /// Both token programs keep the supply here.
        const SUPPLY: std::ops::Range<usize> = 36..44;
        let read = |data: &[u8]| data.get(SUPPLY)?.try_into().ok().map(u64::from_le_bytes);
        self.data(mint).and_then(read).unwrap_or(0)
    }

    /// Tokens in an account; nothing where there is none.
    pub fn token_balance(&self, account: &Pubkey) -> u64 {
        /// Both token programs keep the amount here.
        const AMOUNT: std::ops::Range<usize> = 64..72;
        let read = |data: &[u8]| data.get(AMOUNT)?.try_into().ok().map(u64::from_le_bytes);
        self.data(account).and_then(read).unwrap_or(0)
    }

    /// Freezes an account, as the mint's issuer may.
    pub fn freeze(&mut self, account: Pubkey) {
        self.edit_packed(account, |tokens: &mut TokenAccount| tokens.state = AccountState::Frozen);
    }

    pub fn thaw(&mut self, account: Pubkey) {
        self.edit_packed(account, |tokens: &mut TokenAccount| tokens.state = AccountState::Initialized);
    }

    fn write_packed<T: Pack>(&mut self, address: Pubkey, owner: Pubkey, value: &T) {
        let mut data = vec![0; T::LEN];
        T::pack_into_slice(value, &mut data);
        let lamports = self.svm.minimum_balance_for_rent_exemption(data.len());
        self.set_account(address, Account { lamports, data, owner, executable: false, rent_epoch: u64::MAX });
    }

    /// Extensions of Token-2022 lie behind the base layout and stay as they are.
    fn edit_packed<T: Pack>(&mut self, address: Pubkey, edit: impl FnOnce(&mut T)) {
        let mut account = self.account(&address).expect("no such token account");
        let base = &mut account.data[..T::LEN];
        let mut value = T::unpack_from_slice(base).expect("not a token account");
        edit(&mut value);
        T::pack_into_slice(&value, base);
        self.set_account(address, account);
    }
}
