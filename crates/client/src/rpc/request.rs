//! What is to be sent: instructions, who pays, and tables that shorten addresses.

use anchor_lang::prelude::Pubkey;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_message::{AddressLookupTableAccount, VersionedMessage, v0};

use super::budget::Budget;
use super::failure::SendError;

const SIGNATURE_BYTES: usize = 64;
/// Longest transaction that the network carries.
const PACKET_BYTES_MAX: usize = 1_232;

/// Instructions that shall run together or not at all.
#[derive(Clone, Debug)]
pub struct TxRequest {
    /// Pays the fees; signs.
    pub payer: Pubkey,
    /// In order. Those of the compute budget are the sender's matter.
    pub instructions: Vec<Instruction>,
    /// Address lookup tables; only those that hold a needed address make it into the transaction.
    pub lookup_tables: Vec<AddressLookupTableAccount>,
}

impl TxRequest {
    /// A request without lookup tables.
    pub fn new(payer: Pubkey, instructions: Vec<Instruction>) -> Self {
        Self { payer, instructions, lookup_tables: Vec::new() }
    }

    /// The same with these tables: [`Node::lookup_table`](super::Node::lookup_table) reads them.
    pub fn with_lookup_tables(mut self, tables: Vec<AddressLookupTableAccount>) -> Self {
        self.lookup_tables = tables;
        self
    }

    /// Accounts that it writes: what competes with other transactions for its place.
    pub fn writable_accounts(&self) -> Vec<Pubkey> {
        let metas = self.instructions.iter().flat_map(|instruction| &instruction.accounts);
        let mut keys: Vec<Pubkey> =
            metas.filter(|meta| meta.is_writable).map(|meta| meta.pubkey).chain([self.payer]).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The message, with `budget`'s instructions before the others.
    pub fn message(&self, budget: &Budget, blockhash: Hash) -> Result<VersionedMessage, SendError> {
        let mut instructions = budget.instructions();
        instructions.extend_from_slice(&self.instructions);
        let message = v0::Message::try_compile(&self.payer, &instructions, &self.lookup_tables, blockhash)
            .map(VersionedMessage::V0)
            .map_err(|error| SendError::Build(error.to_string()))?;
        let signatures = usize::from(message.header().num_required_signatures) * SIGNATURE_BYTES;
        // One byte counts the signatures: there are never 128 of them.
        let bytes = 1 + signatures + message.serialize().len();
        match bytes <= PACKET_BYTES_MAX {
            true => Ok(message),
            false => Err(SendError::Build(format!("{bytes} bytes, {PACKET_BYTES_MAX} at most"))),
        }
    }
}
