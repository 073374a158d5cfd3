//! Top-up plans, and the approval that they live by.

use bulkhead::instructions::SetTopUpArgs;
use bulkhead::state::TopUpPlan;
use bulkhead_client::{ix, pda};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use spl_token_interface::instruction as token;

use super::{Actor, TxFailed, TxOk, World};

impl World {
    /// The owner approves the top-up authority for so much of its collateral: the token program's own
    /// instruction, which both token programs read alike.
    pub fn approve_top_ups(&mut self, owner: &Actor, amount_atoms: u64) -> Result<TxOk, TxFailed> {
        let authority = pda::top_up_authority(&owner.key);
        let spl = spl_token_interface::ID;
        let approve = token::approve(&spl, &owner.tokens, &authority, &owner.key, &[], amount_atoms)
            .expect("a known program");
        self.send(&[Instruction { program_id: self.keys.token_program, ..approve }])
    }

    /// The owner takes its approval back, without this program.
    pub fn revoke_top_ups(&mut self, owner: &Actor) -> Result<TxOk, TxFailed> {
        let revoke =
            token::revoke(&spl_token_interface::ID, &owner.tokens, &owner.key, &[]).expect("a known program");
        self.send(&[Instruction { program_id: self.keys.token_program, ..revoke }])
    }

    /// Makes or replaces the plan of a position in market 0, out of the owner's tokens.
    pub fn set_top_up(
        &mut self,
        owner: &Actor,
        position: Pubkey,
        args: SetTopUpArgs,
    ) -> Result<TxOk, TxFailed> {
        let keys = self.keys;
        self.send(&[ix::set_top_up(&keys, owner.key, owner.key, position, owner.tokens, args)])
    }

    /// The position's plan, if it has one.
    pub fn top_up_plan(&self, position: &Pubkey) -> Option<TopUpPlan> {
        self.load(&pda::top_up(position))
    }

    /// What the keeper sends to top a position up by its plan, which must be there.
    pub fn top_up(&self, position: Pubkey) -> Instruction {
        let plan = self.top_up_plan(&position).expect("the position has no plan");
        let keeper = self.keeper;
        ix::execute_top_up(&self.keys, keeper.key, keeper.tokens, position, plan.owner, plan.source)
    }

    /// Tops a position up by its plan, as the keeper, at the price that stands.
    pub fn execute_top_up(&mut self, position: Pubkey) -> Result<TxOk, TxFailed> {
        let top_up = self.top_up(position);
        self.send(&[top_up])
    }

    /// Takes a plan back; its rent goes to whoever paid it.
    pub fn cancel_top_up(&mut self, canceller: &Actor, position: Pubkey) -> Result<TxOk, TxFailed> {
        let plan = self.top_up_plan(&position).expect("the position has no plan");
        self.send(&[ix::cancel_top_up(canceller.key, position, plan.payer)])
    }
}
