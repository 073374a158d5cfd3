//! Transactions as a keeper builds them: version 0, compute budget, lookup table.

use std::borrow::Cow;

use anyhow::{Context, Result, anyhow};
use bulkhead_client::{ix, pda};
use solana_account::Account;
use solana_address_lookup_table_interface::state::{AddressLookupTable, LookupTableMeta};
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;
use solana_message::v0::{LoadedAddresses, Message};
use solana_message::{AddressLookupTableAccount, VersionedMessage};
use solana_pubkey::Pubkey;
use solana_transaction::versioned::VersionedTransaction;

use crate::world::World;

/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 64;
/// Bytes that every loaded account counts beside its data, and the header of a program's data account.
const ACCOUNT_BYTES: usize = 64;

/// What the lookup table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// What all liquidations of a market have in common: made once.
    Market,
    /// Positions and their vaults as well: a keeper extends it as positions open.
    MarketAndPositions,
}

impl Table {
    /// As tables call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Market => "the market's accounts",
            Self::MarketAndPositions => "positions and vaults too",
        }
    }
}

/// A transaction and what a cost model must know of it.
pub struct Built {
    /// As it is sent.
    pub transaction: VersionedTransaction,
    /// Addresses out of the table.
    pub loaded: LoadedAddresses,
    /// Bytes on the wire.
    pub bytes: usize,
    /// Accounts that it locks.
    pub locks: usize,
}

/// Liquidates `positions` in one transaction with these limits.
pub fn liquidate(
    world: &mut World,
    positions: &[Pubkey],
    table: Table,
    units: u32,
    loaded_bytes: u32,
) -> Result<Built> {
    let (keys, keeper) = (world.keys, world.keeper);
    let mut instructions = vec![
        ComputeBudgetInstruction::set_compute_unit_limit(units),
        ComputeBudgetInstruction::set_compute_unit_price(1_000),
        ComputeBudgetInstruction::set_loaded_accounts_data_size_limit(loaded_bytes),
    ];
    let liquidate = |position: &Pubkey| ix::liquidate(&keys, keeper.key, keeper.tokens, *position);
    instructions.extend(positions.iter().map(liquidate));
    let mut addresses = vec![
        keys.market,
        keys.price,
        pda::pool_vault(&keys.market),
        pda::insurance_vault(&keys.market),
        keeper.tokens,
        keys.collateral_mint,
        keys.token_program,
    ];
    if table == Table::MarketAndPositions {
        addresses.extend(positions.iter().flat_map(|position| [*position, pda::vault(position)]));
    }
    let account = AddressLookupTableAccount { key: world.key(), addresses };
    write_table(world, &account)?;
    compile(keeper.key, &instructions, account)
}

fn compile(payer: Pubkey, instructions: &[Instruction], table: AddressLookupTableAccount) -> Result<Built> {
    let message =
        Message::try_compile(&payer, instructions, std::slice::from_ref(&table), Default::default())
            .map_err(|error| anyhow!("the message does not compile: {error}"))?;
    let found = |indexes: &[u8]| indexes.iter().map(|index| table.addresses[usize::from(*index)]).collect();
    let lookup = message.address_table_lookups.first().context("no address came out of the table")?;
    let loaded = LoadedAddresses {
        writable: found(&lookup.writable_indexes),
        readonly: found(&lookup.readonly_indexes),
    };
    let locks = message.account_keys.len() + loaded.len();
    let signatures = usize::from(message.header.num_required_signatures);
    let message = VersionedMessage::V0(message);
    let bytes = 1 + signatures * SIGNATURE_BYTES + message.serialize().len();
    let transaction = VersionedTransaction { signatures: vec![Default::default(); signatures], message };
    Ok(Built { transaction, loaded, bytes, locks })
}

/// A table that has lain there for long.
fn write_table(world: &mut World, table: &AddressLookupTableAccount) -> Result<()> {
    let data = AddressLookupTable {
        meta: LookupTableMeta { deactivation_slot: u64::MAX, ..LookupTableMeta::default() },
        addresses: Cow::Borrowed(&table.addresses),
    };
    let data = data.serialize_for_tests().map_err(|error| anyhow!("a lookup table: {error}"))?;
    let owner = solana_address_lookup_table_interface::program::id();
    let account = Account { lamports: crate::world::LAMPORTS, data, owner, ..Account::default() };
    world.set_account(table.key, account);
    Ok(())
}

impl Built {
    /// Bytes of the accounts that it loads, as the runtime counts them: all that it locks, their programs' data,
    /// and the table.
    pub fn loaded_bytes(&self, world: &World) -> u32 {
        let message = &self.transaction.message;
        let loaded = self.loaded.writable.iter().chain(&self.loaded.readonly);
        let tables = message.address_table_lookups().into_iter().flatten().map(|lookup| &lookup.account_key);
        let own = pda::program_data();
        let all = message.static_account_keys().iter().chain(loaded).chain(tables).chain([&own]);
        let bytes: usize =
            all.map(|key| world.account(key).map_or(0, |account| account.data.len()) + ACCOUNT_BYTES).sum();
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}
