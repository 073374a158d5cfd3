//! Instruction builders: one function an instruction, one file an area. Each fills in every account that
//! follows from what it is given; what it asks for cannot be derived.

mod admin;
mod governance;
mod keeping;
mod liquidity;
mod settlement;
mod top_up;
mod trading;
mod view;

pub use admin::*;
pub use governance::*;
pub use keeping::*;
pub use liquidity::*;
pub use settlement::*;
pub use top_up::*;
pub use trading::*;
pub use view::*;

use anchor_lang::{InstructionData, ToAccountMetas};
use solana_instruction::Instruction;

fn build(accounts: impl ToAccountMetas, arguments: impl InstructionData) -> Instruction {
    Instruction {
        program_id: bulkhead::ID,
        accounts: accounts.to_account_metas(None),
        data: arguments.data(),
    }
}
