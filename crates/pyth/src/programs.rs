//! Pyth's programs: their ids, their addresses, their instructions.

use anchor_lang::AnchorSerialize;
use bulkhead::oracle::{PYTH_PUSH_COMPATIBLE, PYTH_PUSH_CORE, PYTH_RECEIVER_COMPATIBLE, PYTH_RECEIVER_CORE};
use pyth_solana_receiver_sdk::PostUpdateParams;
use pyth_solana_receiver_sdk::pda::{CONFIG_SEED, TREASURY_SEED};
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;

use crate::update::{FeedId, Leaf};

const SYSTEM_ID: Pubkey = Pubkey::new_from_array([0; 32]);
const WORMHOLE_CORE: Pubkey = Pubkey::from_str_const("HDwcJBJXjL9FpJ7UBsYBtaDjsBUhuLCUYoz3zr8SWWaQ");
const WORMHOLE_COMPATIBLE: Pubkey = Pubkey::from_str_const("HDw2E7P8X1SkCyjvoGsfBGAVUutKcj874bXjHrpVYrVL");
const GUARDIAN_SET_SEED: &[u8] = b"GuardianSet";
/// Anchor's discriminator: the first bytes of the hash of `global:` and the instruction's name.
const DISCRIMINATOR_BYTES: usize = 8;

/// Which of Pyth's two sets of programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Generation {
    /// The first.
    Core,
    /// The second.
    Compatible,
}

/// The programs of a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Programs {
    /// Stores prices; owns the price accounts.
    pub receiver: Pubkey,
    /// Keeps one price account a feed and shard.
    pub push: Pubkey,
    /// Verifies signatures.
    pub wormhole: Pubkey,
}

impl Generation {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Core, Self::Compatible];

    /// The one whose price accounts `receiver` owns.
    pub fn of_receiver(receiver: &Pubkey) -> Option<Self> {
        Self::ALL.into_iter().find(|generation| generation.programs().receiver == *receiver)
    }

    /// Its programs.
    pub const fn programs(self) -> Programs {
        match self {
            Self::Core => {
                Programs { receiver: PYTH_RECEIVER_CORE, push: PYTH_PUSH_CORE, wormhole: WORMHOLE_CORE }
            }
            Self::Compatible => Programs {
                receiver: PYTH_RECEIVER_COMPATIBLE,
                push: PYTH_PUSH_COMPATIBLE,
                wormhole: WORMHOLE_COMPATIBLE,
            },
        }
    }
}

impl Programs {
    /// The receiver's settings.
    pub fn config(&self) -> Pubkey {
        Pubkey::find_program_address(&[CONFIG_SEED.as_bytes()], &self.receiver).0
    }

    /// Where the fee of an update goes: there are 256, so that nobody waits for a lock.
    pub fn treasury(&self, id: u8) -> Pubkey {
        Pubkey::find_program_address(&[TREASURY_SEED.as_bytes(), &[id]], &self.receiver).0
    }

    /// A set of signers.
    pub fn guardian_set(&self, index: u32) -> Pubkey {
        Pubkey::find_program_address(&[GUARDIAN_SET_SEED, &index.to_be_bytes()], &self.wormhole).0
    }

    /// The price account of a feed in a shard.
    pub fn price_account(&self, shard: u16, feed: &FeedId) -> Pubkey {
        Pubkey::find_program_address(&[&shard.to_le_bytes(), feed], &self.push).0
    }

    /// The shard of a price account, which stores none. Tries all of them: up to seconds.
    pub fn shard_of(&self, account: &Pubkey, feed: &FeedId) -> Option<u16> {
        (0..=u16::MAX).find(|shard| self.price_account(*shard, feed) == *account)
    }

    /// Makes an account that the system program has created one for a Wormhole message.
    pub fn init_encoded_vaa(&self, authority: &Pubkey, account: &Pubkey) -> Instruction {
        self.wormhole("init_encoded_vaa", authority, account, &[])
    }

    /// Writes a part of the message, from its byte `offset`.
    pub fn write_encoded_vaa(
        &self,
        authority: &Pubkey,
        account: &Pubkey,
        offset: u32,
        part: &[u8],
    ) -> Instruction {
        let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
        let args = [&offset.to_le_bytes()[..], &length.to_le_bytes(), part].concat();
        self.wormhole("write_encoded_vaa", authority, account, &args)
    }

    /// Verifies the message's signatures by the set that it names.
    pub fn verify_encoded_vaa(&self, authority: &Pubkey, account: &Pubkey, guardian_set: u32) -> Instruction {
        let mut verify = self.wormhole("verify_encoded_vaa_v1", authority, account, &[]);
        verify.accounts.push(AccountMeta::new_readonly(self.guardian_set(guardian_set), false));
        verify
    }

    /// Closes the account of a message; its rent comes back.
    pub fn close_encoded_vaa(&self, authority: &Pubkey, account: &Pubkey) -> Instruction {
        let mut close = self.wormhole("close_encoded_vaa", authority, account, &[]);
        if let Some(authority) = close.accounts.first_mut() {
            authority.is_writable = true;
        }
        close
    }

    fn wormhole(&self, name: &str, authority: &Pubkey, account: &Pubkey, args: &[u8]) -> Instruction {
        let accounts = vec![AccountMeta::new_readonly(*authority, true), AccountMeta::new(*account, false)];
        let data = [&discriminator(name)[..], args].concat();
        Instruction { program_id: self.wormhole, accounts, data }
    }

    /// Writes a price into its account, if it is newer than what is there. `vaa` is the account of its verified
    /// message.
    pub fn update_price_feed(
        &self,
        payer: &Pubkey,
        vaa: &Pubkey,
        leaf: &Leaf,
        shard: u16,
        treasury_id: u8,
    ) -> Instruction {
        let feed = leaf.price.feed_id;
        let params = PostUpdateParams { merkle_price_update: leaf.proof.clone(), treasury_id };
        let mut data = discriminator("update_price_feed").to_vec();
        // A Vec takes every byte.
        let _ = (params, shard, feed).serialize(&mut data);
        let accounts = vec![
            AccountMeta::new(*payer, true),
            AccountMeta::new_readonly(self.receiver, false),
            AccountMeta::new_readonly(*vaa, false),
            AccountMeta::new_readonly(self.config(), false),
            AccountMeta::new(self.treasury(treasury_id), false),
            AccountMeta::new(self.price_account(shard, &feed), false),
            AccountMeta::new_readonly(SYSTEM_ID, false),
        ];
        Instruction { program_id: self.push, accounts, data }
    }
}

fn discriminator(name: &str) -> [u8; DISCRIMINATOR_BYTES] {
    let hash = solana_sha256_hasher::hashv(&[b"global:", name.as_bytes()]).to_bytes();
    let mut discriminator = [0; DISCRIMINATOR_BYTES];
    discriminator.copy_from_slice(&hash[..DISCRIMINATOR_BYTES]);
    discriminator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discriminator_ok_as_clients_of_the_deployed_programs_send_them() {
        for (name, expected) in [
            ("init_encoded_vaa", [209, 193, 173, 25, 91, 202, 181, 218]),
            ("write_encoded_vaa", [199, 208, 110, 177, 150, 76, 118, 42]),
            ("verify_encoded_vaa_v1", [103, 56, 177, 229, 240, 103, 68, 73]),
            ("close_encoded_vaa", [48, 221, 174, 198, 231, 7, 152, 38]),
            ("update_price_feed", [28, 9, 93, 150, 86, 153, 188, 115]),
        ] {
            assert_eq!(discriminator(name), expected, "{name}");
        }
    }

    #[test]
    fn price_account_ok_of_the_sponsored_shard() {
        // The address that Pyth's pages give for SOL/USD.
        let feed = [
            0xef, 0x0d, 0x8b, 0x6f, 0xda, 0x2c, 0xeb, 0xa4, 0x1d, 0xa1, 0x5d, 0x40, 0x95, 0xd1, 0xda, 0x39,
            0x2a, 0x0d, 0x2f, 0x8e, 0xd0, 0xc6, 0xc7, 0xbc, 0x0f, 0x4c, 0xfa, 0xc8, 0xc2, 0x80, 0xb5, 0x6d,
        ];
        let programs = Generation::Core.programs();
        let account = Pubkey::from_str_const("7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE");
        assert_eq!(programs.price_account(0, &feed), account);
        assert_eq!(programs.shard_of(&programs.price_account(7, &feed), &feed), Some(7));
        assert_eq!(Generation::of_receiver(&programs.receiver), Some(Generation::Core));
        assert_eq!(Generation::of_receiver(&account), None);
    }
}
