//! Whether an action is worth its fee.

use bulkhead_client::rpc::Budget;

use crate::action::{Action, Reward};
use crate::config::Profit;

/// What a signature costs.
const SIGNATURE_LAMPORTS: u64 = 5_000;
const LAMPORTS_PER_SOL: u128 = 1_000_000_000;

/// A reward in lamports, rounded down, at the configured price of a SOL; collateral counts as US dollars.
pub fn reward_lamports(reward: &Reward, profit: &Profit) -> u64 {
    let unit =
        10_u128.pow(u32::from(reward.quote_decimals.min(18))) * u128::from(profit.sol_price_usd.max(1));
    let quote = u128::from(reward.quote_atoms) * LAMPORTS_PER_SOL / unit;
    u64::try_from(quote).unwrap_or(u64::MAX).saturating_add(reward.lamports)
}

/// What one of `shared` actions costs in a transaction of its kind: its share of the signature, and its own
/// compute units at the price that would be paid.
pub fn cost_lamports(action: &Action, micro_lamports_per_unit: u64, lamports_max: u64, shared: usize) -> u64 {
    let own = Budget::priced(action.units, micro_lamports_per_unit, lamports_max, None);
    let share = SIGNATURE_LAMPORTS.div_ceil(u64::try_from(shared.max(1)).unwrap_or(u64::MAX));
    own.priority_fee_lamports().saturating_add(share)
}

/// Whether `reward` is more than `cost` by the margin that the operator asks for.
pub fn is_worth(reward: u64, cost: u64, margin_lamports: i64) -> bool {
    i128::from(reward) - i128::from(cost) >= i128::from(margin_lamports)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewards_are_counted_in_lamports() {
        let profit = Profit { sol_price_usd: 150, ..Profit::default() };
        let reward = |lamports, quote_atoms| Reward { lamports, quote_atoms, quote_decimals: 6 };
        // 0.15 USD is a thousandth of a SOL.
        assert_eq!(reward_lamports(&reward(0, 150_000), &profit), 1_000_000);
        assert_eq!(reward_lamports(&reward(7, 1), &profit), 13);
        assert_eq!(reward_lamports(&reward(u64::MAX, u64::MAX), &profit), u64::MAX);
    }

    #[test]
    fn the_margin_may_be_a_loss() {
        assert!(is_worth(5_000, 5_000, 0));
        assert!(!is_worth(5_000, 5_000, 1));
        assert!(is_worth(0, 5_000, -5_000));
        assert!(!is_worth(0, 5_001, -5_000));
    }
}
