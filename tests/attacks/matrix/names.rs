//! What an account is, seen from an instruction: the name under which the matrix counts it.

use anchor_lang::Discriminator;
use bulkhead::state::{
    Market, Order, ParamChange, Position, Protocol, Settlement, TopUpPlan, Trader, Withdrawal,
};
use bulkhead_client::ID;
use solana_account::ReadableAccount;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use super::chain::Chain;
use super::interface::Described;

/// Bytes of a mint and of a token account.
const MINT_LEN: usize = 82;
const TOKENS_LEN: usize = 165;

/// One instruction of one set-up, and who is who in it.
pub(super) struct Scene<'a> {
    pub(super) described: &'a Described,
    pub(super) instruction: &'a Instruction,
    pub(super) chain: &'a Chain,
    pub(super) admin: Pubkey,
    pub(super) guardian: Pubkey,
    pub(super) fee_receiver: Pubkey,
}

fn key_at(data: &[u8], offset: usize) -> Pubkey {
    let bytes = data.get(offset..offset + 32).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or_else(Pubkey::default, Pubkey::new_from_array)
}

impl Scene<'_> {
    /// What `address` is in the place of the account at `place`.
    pub(super) fn name(&self, place: usize, address: &Pubkey) -> String {
        if let Some(slot) = self.own_slot(place, address) {
            let is_wallet = self.chain.get(address).is_some_and(is_wallet);
            return format!("{}its own `{slot}`", if is_wallet { "wallet: " } else { "" });
        }
        match self.chain.get(address) {
            None => "nothing there".to_owned(),
            Some(account) if account.executable() => "a program".to_owned(),
            Some(account) if *account.owner() == ID => self.of_ours(account.data()),
            Some(account) if is_wallet(account) => self.of_wallet(address),
            Some(account) if is_token_program(account.owner()) => self.of_tokens(account.data()),
            Some(account) if *account.owner() == upgradeable_loader() => "data of another program".to_owned(),
            Some(_) => "price of another feed".to_owned(),
        }
    }

    fn own_slot(&self, place: usize, address: &Pubkey) -> Option<&str> {
        let places = self.instruction.accounts.iter().enumerate();
        let mut others = places.filter(|(other, meta)| *other != place && meta.pubkey == *address);
        others.next().map(|(other, _)| self.described.slot(other))
    }

    /// The account that the instruction has in the slot of this name.
    pub(super) fn own(&self, slot: &str) -> Option<Pubkey> {
        let place = self.described.accounts.iter().position(|known| known.name == slot)?;
        self.instruction.accounts.get(place).map(|meta| meta.pubkey)
    }

    fn load<T: bytemuck::AnyBitPattern + Discriminator>(&self, address: &Pubkey) -> Option<T> {
        let data = self.chain.get(address)?.data();
        bytemuck::try_pod_read_unaligned(data.strip_prefix(T::DISCRIMINATOR)?).ok()
    }

    fn of_ours(&self, data: &[u8]) -> String {
        fn is<T: Discriminator>(data: &[u8]) -> bool {
            data.starts_with(T::DISCRIMINATOR)
        }
        fn read<T: bytemuck::AnyBitPattern>(data: &[u8]) -> T {
            bytemuck::pod_read_unaligned(&data[8..])
        }
        match () {
            () if is::<Position>(data) => self.of_position(&read(data), "position"),
            () if is::<Order>(data) => self.of_order(&read(data)),
            () if is::<Withdrawal>(data) => self.of_withdrawal(&read(data), "withdrawal"),
            () if is::<Trader>(data) => self.of_market(&read::<Trader>(data).market, "trader"),
            () if is::<Settlement>(data) => self.of_market(&read::<Settlement>(data).market, "settlement"),
            () if is::<Market>(data) => "another market".to_owned(),
            () if is::<Protocol>(data) => "the protocol".to_owned(),
            () if is::<ParamChange>(data) => "another change".to_owned(),
            () if is::<TopUpPlan>(data) => "plan of another position".to_owned(),
            () => panic!("an account of the program of no kind that the matrix knows"),
        }
    }

    fn of_market(&self, market: &Pubkey, what: &str) -> String {
        match self.own("market") {
            Some(own) if own != *market => format!("{what} of another market"),
            _ => format!("another owner's {what}"),
        }
    }

    pub(super) fn of_position(&self, position: &Position, what: &str) -> String {
        let own = self.own("position").and_then(|own| self.load::<Position>(&own));
        match own {
            Some(own) if own.owner == position.owner && own.market == position.market => {
                format!("the owner's other {what}")
            }
            _ => self.of_market(&position.market, what),
        }
    }

    pub(super) fn of_withdrawal(&self, withdrawal: &Withdrawal, what: &str) -> String {
        let own = self.own("withdrawal").and_then(|own| self.load::<Withdrawal>(&own));
        match own {
            Some(own) if own.owner == withdrawal.owner && own.market == withdrawal.market => {
                format!("the owner's other {what}")
            }
            _ => self.of_market(&withdrawal.market, what),
        }
    }

    fn of_order(&self, order: &Order) -> String {
        if self.own("position") == Some(order.position) {
            return "another order of the position".to_owned();
        }
        match self.load::<Position>(&order.position) {
            Some(position) => self.of_position(&position, "order"),
            None => "order of a position that is gone".to_owned(),
        }
    }

    fn of_wallet(&self, address: &Pubkey) -> String {
        let roles = [(self.admin, "admin"), (self.guardian, "guardian"), (self.fee_receiver, "fee receiver")];
        let role = roles.iter().find(|(key, _)| key == address).map(|(_, role)| *role);
        format!("wallet: {}", role.unwrap_or("somebody"))
    }

    fn of_tokens(&self, data: &[u8]) -> String {
        if data.len() == MINT_LEN {
            let market = self.own("market").and_then(|market| self.load::<Market>(&market));
            let authority = key_at(data, 4);
            return match market {
                Some(_) if self.own("market") == Some(authority) => "the market's share mint".to_owned(),
                _ if self.load::<Market>(&authority).is_some() => "share mint of another market".to_owned(),
                _ => "another mint".to_owned(),
            };
        }
        assert_eq!(data.len(), TOKENS_LEN, "a token account of a size that the matrix does not know");
        let (mint, authority) = (key_at(data, 0), key_at(data, 32));
        if let Some(position) = self.load::<Position>(&authority) {
            return self.of_position(&position, "vault");
        }
        if let Some(withdrawal) = self.load::<Withdrawal>(&authority) {
            return self.of_withdrawal(&withdrawal, "escrow");
        }
        if self.load::<Market>(&authority).is_some() {
            let is_own = self.own("market") == Some(authority);
            return format!("vault of {} market", if is_own { "the" } else { "another" });
        }
        let market = self.own("market").and_then(|market| self.load::<Market>(&market));
        if market.is_some_and(|market| market.lp_mint == mint) {
            return "somebody's shares".to_owned();
        }
        let wanted = self.own("collateral_mint").or(market.map(|market| market.collateral_mint));
        match wanted.is_none_or(|wanted| wanted == mint) {
            true => "somebody's tokens".to_owned(),
            false => "somebody's tokens of another mint".to_owned(),
        }
    }
}

/// Of the system program and without data: a key that somebody may sign with.
pub(super) fn is_wallet(account: &solana_account::AccountSharedData) -> bool {
    *account.owner() == Pubkey::default() && account.data().is_empty()
}

pub(super) fn is_token_program(owner: &Pubkey) -> bool {
    [spl_token_interface::ID, spl_token_2022_interface::ID].contains(owner)
}

/// The loader that upgradeable programs and their data belong to.
fn upgradeable_loader() -> Pubkey {
    Pubkey::from_str_const("BPFLoaderUpgradeab1e11111111111111111111111")
}
