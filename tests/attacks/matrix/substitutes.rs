//! What an attacker, or a clumsy client, could put in the place of an account.

use std::collections::BTreeMap;

use anchor_lang::Discriminator;
use bulkhead::constants::{ORDER_SEED, POSITION_SEED, VAULT_SEED};
use bulkhead::state::{Order, Position};
use bulkhead_client::ID;
use bytemuck::NoUninit;
use solana_account::{Account, AccountSharedData, ReadableAccount};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use super::chain::Chain;
use super::names::{Scene, is_token_program, is_wallet};

/// Ids of what an owner has besides; no set-up comes to them.
const OTHER_ID: u32 = 77;
/// So many of what has one name are tried: there are hundreds of wallets.
const ALIKE_MAX: usize = 10;
/// An owner of accounts that is none of the programs.
const FOREIGN: Pubkey = Pubkey::new_from_array([0xf0; 32]);
/// Bytes of a token account without extensions.
const TOKENS_LEN: usize = 165;

/// An instruction with one account that is another.
pub(super) struct Substitute {
    pub(super) name: String,
    pub(super) instruction: Instruction,
    /// What lies at the address besides, for this attempt alone.
    pub(super) there: Option<(Pubkey, Account)>,
}

/// A fresh address for what is made up at `place`.
fn made_up(place: usize, kind: u8) -> Pubkey {
    let mut bytes = *b"bulkhead matrix: an address.....";
    bytes[30] = u8::try_from(place).expect("few accounts");
    bytes[31] = kind;
    Pubkey::new_from_array(bytes)
}

/// Puts beside the position and the order of `instruction` another of the same owner, and of the same position.
pub(super) fn add_siblings(chain: &mut Chain, instruction: &Instruction) {
    let own = instruction.accounts.iter().map(|meta| meta.pubkey).collect::<Vec<_>>();
    for address in own {
        let Some(account) = chain.get(&address).cloned() else { continue };
        if *account.owner() != ID {
            continue;
        }
        if let Some(mut position) = load::<Position>(&account) {
            let seeds =
                [POSITION_SEED, position.market.as_ref(), position.owner.as_ref(), &OTHER_ID.to_le_bytes()];
            let (sibling, bump) = Pubkey::find_program_address(&seeds, &ID);
            let (vault, vault_bump) = Pubkey::find_program_address(&[VAULT_SEED, sibling.as_ref()], &ID);
            if let Some(tokens) = chain.get(&position.vault).cloned() {
                let mut tokens = Account::from(tokens);
                tokens.data[32..64].copy_from_slice(sibling.as_ref());
                chain.put(vault, tokens);
            }
            (position.id, position.bump, position.vault, position.vault_bump) =
                (OTHER_ID, bump, vault, vault_bump);
            chain.put(sibling, with(&account, &position));
        }
        if let Some(mut order) = load::<Order>(&account) {
            let seeds = [ORDER_SEED, order.position.as_ref(), &OTHER_ID.to_le_bytes()];
            let (sibling, bump) = Pubkey::find_program_address(&seeds, &ID);
            (order.id, order.bump) = (OTHER_ID, bump);
            chain.put(sibling, with(&account, &order));
        }
    }
}

pub(super) fn load<T: bytemuck::AnyBitPattern + Discriminator>(account: &AccountSharedData) -> Option<T> {
    bytemuck::try_pod_read_unaligned(account.data().strip_prefix(T::DISCRIMINATOR)?).ok()
}

fn with<T: NoUninit>(account: &AccountSharedData, value: &T) -> Account {
    let mut account = Account::from(account.clone());
    account.data[8..].copy_from_slice(bytemuck::bytes_of(value));
    account
}

impl Scene<'_> {
    /// Everything that can stand in the place of the account at `place`.
    pub(super) fn substitutes(&self, place: usize) -> Vec<Substitute> {
        let meta = &self.instruction.accounts[place];
        let mut all = self.flags(place);
        let there = self.chain.get(&meta.pubkey);
        let mut met = BTreeMap::<String, usize>::new();
        for (address, account) in self.everything() {
            // Nobody can sign for an account of a program.
            if address == meta.pubkey || (meta.is_signer && !is_wallet(account)) {
                continue;
            }
            let name = self.name(place, &address);
            let alike = met.entry(name.clone()).or_default();
            *alike += 1;
            if *alike <= ALIKE_MAX {
                all.push(self.swap(name, place, address, None));
            }
        }
        if meta.is_signer {
            return all;
        }
        let nothing = made_up(place, 0);
        all.push(self.swap("nothing there".to_owned(), place, nothing, None));
        if self.described.is_optional(place) && meta.pubkey != ID {
            all.push(self.swap("none".to_owned(), place, ID, None));
        }
        let Some(account) = there.filter(|account| !is_wallet(account) && !account.executable()) else {
            return all;
        };
        let copy = |owner: Pubkey| Account { owner, ..Account::from(account.clone()) };
        let forged = made_up(place, 1);
        all.push(self.swap("its bytes under another program".to_owned(), place, forged, Some(copy(FOREIGN))));
        // Anyone can have the token programs, the oracle or the loader make an account that looks the same.
        if *account.owner() != ID {
            let twin = made_up(place, 2);
            let name = match is_token_program(account.owner()) && account.data().len() == TOKENS_LEN {
                true => "other tokens of the same authority",
                false => "a copy of it",
            };
            all.push(self.swap(name.to_owned(), place, twin, Some(copy(*account.owner()))));
        }
        let gone = Account::default();
        let emptied = Account { lamports: account.lamports(), ..Account::default() };
        for (name, account) in [("itself, closed", gone), ("itself, closed and sent lamports", emptied)] {
            all.push(self.swap(name.to_owned(), place, meta.pubkey, Some(account)));
        }
        all
    }

    /// Without its signature, and only to be read.
    fn flags(&self, place: usize) -> Vec<Substitute> {
        let meta = &self.instruction.accounts[place];
        let mut all = Vec::new();
        let mut tamper = |name: &str, change: &dyn Fn(&mut solana_instruction::AccountMeta)| {
            let mut instruction = self.instruction.clone();
            let same = instruction.accounts.iter_mut().filter(|other| other.pubkey == meta.pubkey);
            same.for_each(change);
            all.push(Substitute { name: name.to_owned(), instruction, there: None });
        };
        if meta.is_signer {
            tamper("unsigned", &|meta| meta.is_signer = false);
        }
        if meta.is_writable {
            tamper("not writable", &|meta| meta.is_writable = false);
        }
        all
    }

    fn swap(&self, name: String, place: usize, to: Pubkey, there: Option<Account>) -> Substitute {
        let mut instruction = self.instruction.clone();
        instruction.accounts[place].pubkey = to;
        Substitute { name, instruction, there: there.map(|account| (to, account)) }
    }

    /// All accounts but the chain's own and programs that nothing here calls.
    pub(super) fn everything(&self) -> Vec<(Pubkey, &AccountSharedData)> {
        let called = [ID, Pubkey::default(), spl_token_interface::ID, spl_token_2022_interface::ID];
        let is_candidate = |(address, account): &(&Pubkey, &AccountSharedData)| {
            let owner = account.owner().to_string();
            let is_chains = CHAINS.iter().any(|prefix| owner.starts_with(prefix));
            account.lamports() != 0 && (called.contains(address) || !(account.executable() || is_chains))
        };
        let mut all: Vec<_> =
            self.chain.addresses().filter(is_candidate).map(|(at, account)| (*at, account)).collect();
        all.sort_by_key(|(address, _)| *address);
        all
    }
}

/// Owners of sysvars, of feature switches, and of what the chain is configured with.
const CHAINS: [&str; 4] = ["Sysvar1", "Feature1", "Config1", "NativeLoader1"];
