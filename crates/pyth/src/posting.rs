//! A Wormhole message on its way into an account where its signatures have been verified.

use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_system_interface::instruction::create_account_with_seed;

use crate::programs::{Generation, Programs};
use crate::update::Update;

/// Where the message begins in its account: discriminator, status, authority, version, length.
pub const VAA_START: usize = 8 + 1 + 32 + 1 + 4;

/// Bytes of the message that fit beside the account's creation, so that the transaction stays below 1,232.
const FIRST_PART_BYTES: usize = 640;
/// The same of a transaction that only writes and verifies.
const PART_BYTES: usize = 850;
/// Seeds are at most 32 bytes long: as many hex digits name 16 bytes of the message's hash.
const SEED_HASH_BYTES: usize = 16;
/// A signature costs the chain 25,000 for the key and some thousands around it.
const SIGNATURE_UNITS: u32 = 40_000;
const STEP_UNITS: u32 = 40_000;

/// The transactions that verify a message for one payer, and the account in which it lies then.
///
/// The account's address follows from payer and message, so that it needs no key of its own, and that what uses
/// it can be built before it is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Posting {
    /// The account.
    pub account: Pubkey,
    /// The generation whose programs verify it.
    pub generation: Generation,
    /// One transaction each, in this order, the next once the last has landed.
    pub steps: Vec<Vec<Instruction>>,
    /// Most compute units of the dearest step.
    pub units: u32,
}

impl Posting {
    /// Of an update's message, paid and owned by `payer`. `rent` gives the lamports that an account of so many
    /// bytes needs. None for an address that no seed gives: it is derived from fixed lengths, and always there.
    pub fn new(
        update: &Update,
        generation: Generation,
        payer: &Pubkey,
        rent: impl Fn(usize) -> u64,
    ) -> Option<Self> {
        let programs = generation.programs();
        let seed = seed(&update.vaa);
        let account = Pubkey::create_with_seed(payer, &seed, &programs.wormhole).ok()?;
        let bytes = VAA_START + update.vaa.len();
        let (lamports, space) = (rent(bytes), u64::try_from(bytes).ok()?);
        let create =
            create_account_with_seed(payer, &account, payer, &seed, lamports, space, &programs.wormhole);
        let parts = parts(&update.vaa, &programs, payer, &account);
        let mut steps: Vec<Vec<Instruction>> = parts.into_iter().map(|part| vec![part]).collect();
        if let Some(first) = steps.first_mut() {
            first.splice(0..0, [create, programs.init_encoded_vaa(payer, &account)]);
        }
        steps.last_mut()?.push(programs.verify_encoded_vaa(payer, &account, update.guardian_set));
        let units = SIGNATURE_UNITS.saturating_mul(u32::from(update.signatures)).saturating_add(STEP_UNITS);
        Some(Self { account, generation, steps, units })
    }

    /// Closes the account.
    pub fn close(&self, payer: &Pubkey) -> Instruction {
        self.generation.programs().close_encoded_vaa(payer, &self.account)
    }

    /// Where the bytes of such an account name who may write and close it.
    pub const AUTHORITY_AT: usize = 8 + 1;
}

fn parts(vaa: &[u8], programs: &Programs, payer: &Pubkey, account: &Pubkey) -> Vec<Instruction> {
    let (first, rest) = vaa.split_at(vaa.len().min(FIRST_PART_BYTES));
    let mut offset = 0_u32;
    std::iter::once(first)
        .chain(rest.chunks(PART_BYTES))
        .map(|part| {
            let write = programs.write_encoded_vaa(payer, account, offset, part);
            offset = offset.saturating_add(u32::try_from(part.len()).unwrap_or(u32::MAX));
            write
        })
        .collect()
}

fn seed(vaa: &[u8]) -> String {
    let hash = solana_sha256_hasher::hash(vaa).to_bytes();
    hash[..SEED_HASH_BYTES].iter().map(|byte| format!("{byte:02x}")).collect()
}
