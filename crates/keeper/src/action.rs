//! What a duty wants done: one instruction, with what it costs, what it brings, and what it looks at.

use bulkhead_client::rpc::{Budget, TxRequest};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::duty::Duty;
use crate::jito::tip_instruction;
use crate::state::MarketState;

/// Names an action: planned again, it is the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActionKey {
    /// Duty.
    pub duty: Duty,
    /// Account that it is about: a market, a position or an order.
    pub target: Pubkey,
}

/// What an action brings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reward {
    /// Lamports to the keeper.
    pub lamports: u64,
    /// Atoms of the market's collateral to the keeper.
    pub quote_atoms: u64,
    /// Decimals of that collateral.
    pub quote_decimals: u8,
}

/// One instruction that should be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Name.
    pub key: ActionKey,
    /// Market that it is in.
    pub market: Pubkey,
    /// The instruction.
    pub instruction: Instruction,
    /// If the accounts after the first so many are a list, instructions that are else the same become one.
    pub list_after: Option<usize>,
    /// Most compute units that it uses.
    pub units: u32,
    /// What it brings.
    pub reward: Reward,
    /// Account without which the instruction would fail: looked up just before sending, because another keeper
    /// may have been first. None where the program skips what is done already.
    pub needs: Option<Pubkey>,
    /// Accounts of the program that it changes; read again once it has landed.
    pub touches: Vec<Pubkey>,
}

impl Action {
    /// An instruction about `target` that pays nothing and that is skipped, not failed, where it comes late.
    pub fn of(duty: Duty, market: &MarketState, target: Pubkey, instruction: Instruction) -> Self {
        Self {
            key: ActionKey { duty, target },
            market: market.keys.market,
            instruction,
            list_after: None,
            units: duty.units(),
            reward: market.no_reward(),
            needs: None,
            touches: vec![target],
        }
    }
}

/// Stands for a tip account.
pub(crate) const TIP_ROOM: Pubkey = Pubkey::new_from_array([255; 32]);
/// What the list's first action costs beside the rest of it: the instruction itself.
const LIST_UNITS: u32 = 20_000;
/// Three instructions of the compute budget, and a tip.
const BUDGET_UNITS: u32 = 1_000;
/// Their logs, and the call of a list's instruction.
const BUDGET_LOG_BYTES: usize = 600;
/// Nodes cut the logs of a transaction off behind so many bytes.
const LOG_BYTES_MAX: usize = 10_000;

/// Actions of one market and duty that share a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// In the order of their instructions.
    pub actions: Vec<Action>,
}

/// How large a batch may be.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    /// Instructions.
    pub instructions: usize,
    /// Entries of a list.
    pub list: usize,
    /// Compute units.
    pub units: u32,
    /// Leave room for a tip.
    pub is_tipped: bool,
}

impl Batch {
    /// One action.
    pub fn of(action: Action) -> Self {
        Self { actions: vec![action] }
    }

    /// Its instructions; actions with a list come as one.
    pub fn instructions(&self) -> Vec<Instruction> {
        let mut instructions: Vec<Instruction> = Vec::new();
        for action in &self.actions {
            let (next, after) = (&action.instruction, action.list_after);
            match (instructions.last_mut(), after) {
                (Some(last), Some(after)) if is_same_list(last, next, after) => {
                    last.accounts.extend_from_slice(&next.accounts[after..]);
                }
                _ => instructions.push(next.clone()),
            }
        }
        instructions
    }

    /// Compute units to ask for.
    pub fn units(&self) -> u32 {
        let is_list = self.actions.iter().any(|action| action.list_after.is_some());
        let own = self.actions.iter().map(|action| action.units).fold(0, u32::saturating_add);
        own.saturating_add(BUDGET_UNITS).saturating_add(if is_list { LIST_UNITS } else { 0 })
    }

    fn log_bytes(&self) -> usize {
        self.actions
            .iter()
            .map(|action| action.key.duty.log_bytes())
            .fold(BUDGET_LOG_BYTES, usize::saturating_add)
    }

    /// Which of its actions failed, from the place of the failed instruction; none if that says nothing.
    pub fn failed(&self, instruction: Option<u8>, budget_instructions: usize) -> Option<usize> {
        let place = usize::from(instruction?).checked_sub(budget_instructions)?;
        let is_plain = self.actions.iter().all(|action| action.list_after.is_none());
        (is_plain && place < self.actions.len()).then_some(place)
    }

    fn fits(&self, limits: &BatchLimits, payer: &Pubkey) -> bool {
        let is_list = self.actions.iter().all(|action| action.list_after.is_some());
        let most = if is_list { limits.list } else { limits.instructions };
        let mut request = TxRequest::new(*payer, self.instructions());
        if limits.is_tipped {
            // Any address that is not among the others takes as much room.
            request.instructions.push(tip_instruction(payer, &TIP_ROOM, 0));
        }
        self.actions.len() <= most
            && self.units() <= limits.units
            && self.log_bytes() <= LOG_BYTES_MAX
            && request.message(&Budget::WIDEST, Default::default()).is_ok()
    }
}

fn is_same_list(last: &Instruction, next: &Instruction, after: usize) -> bool {
    last.program_id == next.program_id
        && last.data == next.data
        && next.accounts.len() > after
        && last.accounts.get(..after) == next.accounts.get(..after)
}

/// Packs actions in their order into as few transactions as fit; each holds one duty in one market.
pub fn pack(actions: Vec<Action>, limits: &BatchLimits, payer: &Pubkey) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for action in actions {
        let place = |batch: &Batch| {
            let first = batch.actions.first();
            first.map(|first| (first.key.duty, first.market)) == Some((action.key.duty, action.market))
        };
        // Only the newest of its kind can have room.
        if let Some(batch) = batches.iter_mut().rev().find(|batch| place(batch)) {
            batch.actions.push(action);
            if batch.fits(limits, payer) {
                continue;
            }
            let Some(action) = batch.actions.pop() else { continue };
            batches.push(Batch::of(action));
        } else {
            batches.push(Batch::of(action));
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use bulkhead_client::{MarketKeys, ix};

    use super::*;

    const LIMITS: BatchLimits = BatchLimits { instructions: 8, list: 20, units: 800_000, is_tipped: false };

    fn key(number: u8) -> Pubkey {
        Pubkey::new_from_array([number; 32])
    }

    fn keys() -> MarketKeys {
        let [market, price, collateral_mint, token_program] = [1, 2, 3, 4].map(key);
        MarketKeys { market, price, collateral_mint, token_program, collateral_price: None }
    }

    fn action(duty: Duty, number: u8) -> Action {
        let (position, keys) = (key(number), keys());
        let (instruction, list_after) = match duty {
            Duty::Flag => (ix::flag(&keys, &[position]), Some(2)),
            _ => (ix::liquidate(&keys, key(5), key(6), position), None),
        };
        let key = ActionKey { duty, target: position };
        let (reward, touches) = (Reward::default(), vec![position]);
        Action {
            key,
            market: keys.market,
            instruction,
            list_after,
            units: 45_000,
            reward,
            needs: None,
            touches,
        }
    }

    #[test]
    fn flags_become_one_instruction() {
        let batch = Batch { actions: (10..30).map(|number| action(Duty::Flag, number)).collect() };
        let positions: Vec<_> = (10..30).map(key).collect();
        assert_eq!(batch.instructions(), [ix::flag(&keys(), &positions)]);
        assert_eq!(batch.failed(Some(3), 3), None);
    }

    #[test]
    fn pack_keeps_order_kinds_and_limits() {
        let mut actions: Vec<_> = (10..30).map(|number| action(Duty::Liquidate, number)).collect();
        actions.extend((10..60).map(|number| action(Duty::Flag, number)));
        let batches = pack(actions.clone(), &LIMITS, &key(5));
        let counts: Vec<_> =
            batches.iter().map(|batch| (batch.actions[0].key.duty, batch.actions.len())).collect();
        let (liquidate, flag) = (Duty::Liquidate, Duty::Flag);
        // Six, and not eight: a seventh one's events might be cut off.
        let expected = [(liquidate, 6), (liquidate, 6), (liquidate, 6), (liquidate, 2)];
        assert_eq!(counts[..4], expected);
        assert!(counts[4..].iter().all(|(duty, count)| *duty == flag && *count <= 20));
        assert_eq!(counts[4..].iter().map(|(_, count)| count).sum::<usize>(), 50);
        assert!(batches.iter().all(|batch| batch.fits(&LIMITS, &key(5))));
        let all: Vec<_> = batches.into_iter().flat_map(|batch| batch.actions).collect();
        assert_eq!(all, actions);
    }

    #[test]
    fn failed_names_the_action_of_the_instruction() {
        let batch = Batch { actions: (10..14).map(|number| action(Duty::Liquidate, number)).collect() };
        assert_eq!(batch.failed(Some(5), 3), Some(2));
        assert_eq!(batch.failed(Some(2), 3), None);
        assert_eq!(batch.failed(Some(7), 3), None);
        assert_eq!(batch.failed(None, 3), None);
    }
}
