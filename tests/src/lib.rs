//! What the suites share: refusals that change nothing, tampered instructions, pokes at accounts, events.

pub mod foreign;
pub mod keeping;
mod oracle;
pub mod price_bytes;
pub mod random;
pub mod set_ups;
mod spent;
mod tamper;
pub mod top_ups;

pub use oracle::{bad_prices, refuses_bad_prices};
pub use spent::spent;
pub use tamper::{impostor, readonly, refuses_impostors, refuses_readonly, swapped, unsigned};

use std::collections::BTreeMap;

use anchor_lang::Discriminator;
use bulkhead::views::MarketParams;
use bulkhead_client::events::{AnyEvent, from_logs};
use bulkhead_lab::world::{TxFailed, TxOk, World, WorldOptions, defaults, expect_error};
use bulkhead_risk as risk;
use bytemuck::{AnyBitPattern, NoUninit};
use solana_account::Account;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

/// One bitcoin in base atoms.
pub const BTC: u64 = defaults::BASE_UNIT;
/// One dollar in quote atoms.
pub const USD: u64 = defaults::QUOTE_UNIT;
/// One dollar as a price of 10^-8, and of 10^-12.
pub const E8: u64 = 100_000_000;
pub const E12: u64 = 1_000_000_000_000;

/// What the token programs answer with.
pub mod token_error {
    pub const INSUFFICIENT_FUNDS: u32 = 1;
    pub const MINT_MISMATCH: u32 = 3;
    pub const OWNER_MISMATCH: u32 = 4;
    pub const FROZEN: u32 = 17;
}

/// What the system program answers with where an account to be created is there.
pub const ALREADY_IN_USE: u32 = 0;

/// A world whose market has other parameters than the default.
pub fn world_with(change: impl FnOnce(&mut MarketParams)) -> World {
    let mut options = WorldOptions::default();
    change(&mut options.params);
    World::with(options).unwrap()
}

/// Everything that lies at some addresses.
#[derive(Debug, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<Pubkey, Option<Account>>);

impl Snapshot {
    pub fn of(world: &World, addresses: impl IntoIterator<Item = Pubkey>) -> Self {
        Self(addresses.into_iter().map(|address| (address, world.account(&address))).collect())
    }

    /// Of all accounts that instructions name.
    pub fn of_all(world: &World, instructions: &[Instruction]) -> Self {
        let metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
        Self::of(world, metas.map(|meta| meta.pubkey))
    }

    /// Not one byte, lamport or owner is another.
    #[track_caller]
    pub fn assert_unchanged(&self, world: &World) {
        for (address, before) in &self.0 {
            // Lamports of nothing at all: the chain does not tell them from an account that never was.
            let is_there = |account: &Account| account.lamports != 0;
            let after = world.account(address).filter(is_there);
            assert_eq!(before.clone().filter(is_there), after, "{address} has changed");
        }
    }
}

/// The instruction fails with `error` and changes nothing that it names.
#[track_caller]
pub fn refused(world: &mut World, instruction: &Instruction, error: impl Into<u32>) -> TxFailed {
    let before = Snapshot::of_all(world, std::slice::from_ref(instruction));
    let failed = expect_error(world.send(std::slice::from_ref(instruction)), error);
    before.assert_unchanged(world);
    failed
}

/// The instruction fails with an error of the runtime, not of a program, and changes nothing that it names.
#[track_caller]
pub fn refused_by_chain(
    world: &mut World,
    instruction: &Instruction,
    error: solana_transaction::InstructionError,
) {
    let before = Snapshot::of_all(world, std::slice::from_ref(instruction));
    let failed = world.send(std::slice::from_ref(instruction)).expect_err("should have failed");
    let expected = solana_transaction::TransactionError::InstructionError(0, error);
    assert_eq!(failed.error, expected, "{:#?}", failed.logs);
    before.assert_unchanged(world);
}

/// The program's events of a transaction.
pub fn events(done: &TxOk) -> Vec<AnyEvent> {
    let logged = from_logs(done.logs.iter().map(String::as_str));
    assert!(logged.unreadable.is_empty() && !logged.is_truncated && !logged.has_failed, "{logged:?}");
    logged.events
}

/// The transaction emitted exactly these, to the byte.
#[track_caller]
pub fn assert_events(done: &TxOk, expected: impl IntoIterator<Item = AnyEvent>) {
    let data = |events: &[AnyEvent]| events.iter().map(AnyEvent::data).collect::<Vec<_>>();
    let (found, expected) = (events(done), expected.into_iter().collect::<Vec<_>>());
    assert_eq!(found, expected, "found {:?}, expected {:?}", data(&found), data(&expected));
}

/// Changes an account of the program as no instruction would.
#[track_caller]
pub fn poke<T: AnyBitPattern + NoUninit + Discriminator>(
    world: &mut World,
    address: &Pubkey,
    change: impl FnOnce(&mut T),
) {
    let mut account = world.account(address).expect("nothing lies there");
    let mut value: T = world.load(address).expect("another account lies there");
    change(&mut value);
    account.data[8..].copy_from_slice(bytemuck::bytes_of(&value));
    world.set_account(*address, account);
}

/// What an instruction would see of market 0 if it were sent now.
pub struct Seen {
    pub market: risk::Market,
    pub sample: risk::Sample,
    pub now: risk::UnixSeconds,
}

/// Market 0 after it has taken in the price that stands.
pub fn seen(world: &World, purpose: risk::Purpose) -> Seen {
    let sample = sample(world);
    let now = risk::UnixSeconds(world.now());
    let mut market = world.market().view().unwrap();
    let _ = market.observe(&sample, purpose, now).unwrap();
    Seen { market, sample, now }
}

/// The price that stands for market 0.
pub fn sample(world: &World) -> risk::Sample {
    let price = world.price_of(&world.keys.price).expect("no price stands");
    let (value, conf, ema) = (price.price, price.conf, price.ema_price);
    risk::Sample::from_raw(value, conf, ema, price.exponent, price.publish_time).unwrap()
}

/// Lamports that an account of so many bytes must hold.
pub fn rent(world: &World, bytes: usize) -> u64 {
    world.svm.minimum_balance_for_rent_exemption(bytes)
}

/// Rent of an account of the program.
pub fn rent_of<T>(world: &World) -> u64 {
    rent(world, 8 + size_of::<T>())
}

/// Bytes of a token account without extensions.
pub const TOKEN_ACCOUNT_LEN: usize = 165;
