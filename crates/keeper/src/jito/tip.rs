//! What a block engine is offered: a share of what the transaction brings, within bounds.

use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;

use crate::action::{Action, Batch};
use crate::config::{Jito, Profit};
use crate::profit::reward_lamports;

/// Block engines take no less.
pub const TIP_LAMPORTS_MIN: u64 = 1_000;

const PPM: u128 = 1_000_000;
const SYSTEM_PROGRAM: Pubkey = Pubkey::new_from_array([0; 32]);
/// `SystemInstruction::Transfer`, before the lamports.
const TRANSFER: u32 = 2;

fn share_floor(reward: u64, settings: &Jito) -> u64 {
    let share = u128::from(reward) * u128::from(settings.tip_share_ppm) / PPM;
    // A share of at most all of it.
    u64::try_from(share).unwrap_or(reward)
}

/// The tip of a transaction.
pub fn tip_lamports(batch: &Batch, settings: &Jito, profit: &Profit) -> u64 {
    let rewards = batch.actions.iter().map(|action| reward_lamports(&action.reward, profit));
    let share = share_floor(rewards.fold(0, u64::saturating_add), settings);
    share.clamp(settings.tip_lamports_min, settings.tip_lamports_max)
}

/// What one of `shared` actions bears of it: together never less than the tip. None where its duty is not tipped.
pub fn part_ceil(action: &Action, shared: usize, settings: &Jito, profit: &Profit) -> u64 {
    if !settings.is_for(action.key.duty) {
        return 0;
    }
    let least = settings.tip_lamports_min.div_ceil(u64::try_from(shared.max(1)).unwrap_or(u64::MAX));
    // Shares are rounded down one by one; their sum may be one more for each.
    let share = share_floor(reward_lamports(&action.reward, profit), settings).saturating_add(1);
    share.max(least).min(settings.tip_lamports_max)
}

/// Pays it, with the transaction that it stands in or not at all.
pub fn instruction(payer: &Pubkey, account: &Pubkey, lamports: u64) -> Instruction {
    let accounts = vec![AccountMeta::new(*payer, true), AccountMeta::new(*account, false)];
    let mut data = TRANSFER.to_le_bytes().to_vec();
    data.extend(lamports.to_le_bytes());
    Instruction { program_id: SYSTEM_PROGRAM, accounts, data }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::action::{ActionKey, Reward};
    use crate::duty::Duty;

    fn settings() -> Jito {
        Jito { url: Some("http://engine".into()), ..Jito::default() }
    }

    fn batch(rewards: &[u64]) -> Batch {
        let action = |lamports: &u64| Action {
            key: ActionKey { duty: Duty::Liquidate, target: Pubkey::default() },
            market: Pubkey::default(),
            instruction: instruction(&Pubkey::default(), &Pubkey::default(), 0),
            list_after: None,
            units: 1,
            reward: Reward { lamports: *lamports, ..Reward::default() },
            needs: None,
            touches: Vec::new(),
        };
        Batch { actions: rewards.iter().map(action).collect() }
    }

    #[test]
    fn a_tip_is_a_share_between_floor_and_cap() {
        let tip = |rewards: &[u64]| tip_lamports(&batch(rewards), &settings(), &Profit::default());
        assert_eq!(tip(&[0]), 1_000);
        assert_eq!(tip(&[30_000, 20_004]), 10_000);
        assert_eq!(tip(&[u64::MAX, u64::MAX]), 200_000);
    }

    #[test]
    fn a_tip_is_the_transfer_of_the_system_program() {
        let (from, to) = (Pubkey::new_from_array([1; 32]), Pubkey::new_from_array([2; 32]));
        let expected = anchor_lang::solana_program::system_instruction::transfer(&from, &to, 7_000);
        assert_eq!(instruction(&from, &to, 7_000), expected);
    }

    #[test]
    fn an_untipped_duty_bears_nothing() {
        let (mut action, profit) = (batch(&[1_000_000]).actions.remove(0), Profit::default());
        assert_eq!(part_ceil(&action, 1, &settings(), &profit), 200_000);
        assert_eq!(part_ceil(&action, 1, &Jito::default(), &profit), 0);
        action.key.duty = Duty::Refresh;
        assert_eq!(part_ceil(&action, 1, &settings(), &profit), 0);
    }

    proptest! {
        #[test]
        fn parts_ok_bear_the_whole_tip(rewards in prop::collection::vec(0_u64..3_000_000, 1..9)) {
            let (settings, profit) = (settings(), Profit::default());
            let batch = batch(&rewards);
            let part = |action| part_ceil(action, rewards.len(), &settings, &profit);
            let parts: u64 = batch.actions.iter().map(part).sum();
            prop_assert!(parts >= tip_lamports(&batch, &settings, &profit));
        }
    }
}
