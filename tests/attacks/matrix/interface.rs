//! What the program says of itself: its instructions and their accounts, out of the committed IDL.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use solana_instruction::Instruction;

/// Accounts behind those that the IDL names.
pub(super) const REMAINING: &str = "remaining accounts";

#[derive(Deserialize)]
pub(super) struct Interface {
    pub(super) instructions: Vec<Described>,
    errors: Vec<NamedError>,
}

#[derive(Deserialize)]
pub(super) struct Described {
    pub(super) name: String,
    discriminator: Vec<u8>,
    pub(super) accounts: Vec<Slot>,
}

#[derive(Deserialize)]
pub(super) struct Slot {
    pub(super) name: String,
    #[serde(default)]
    pub(super) optional: bool,
}

#[derive(Deserialize)]
struct NamedError {
    code: u32,
    name: String,
}

impl Interface {
    pub(super) fn committed() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../idl/bulkhead.json");
        let text = fs::read_to_string(file).expect("idl/bulkhead.json is there");
        serde_json::from_str(&text).expect("idl/bulkhead.json is an IDL")
    }

    pub(super) fn of(&self, instruction: &Instruction) -> &Described {
        let is_it = |known: &&Described| instruction.data.starts_with(&known.discriminator);
        self.instructions.iter().find(is_it).expect("the IDL does not know this instruction")
    }

    pub(super) fn error(&self, code: u32) -> Option<&str> {
        self.errors.iter().find(|error| error.code == code).map(|error| error.name.as_str())
    }
}

impl Described {
    /// Name of the account at `place` of the instruction.
    pub(super) fn slot(&self, place: usize) -> &str {
        self.accounts.get(place).map_or(REMAINING, |slot| slot.name.as_str())
    }

    pub(super) fn is_optional(&self, place: usize) -> bool {
        self.accounts.get(place).is_some_and(|slot| slot.optional)
    }
}
