//! What became of withdrawals.

use anchor_lang::prelude::*;

/// Shares were put into escrow.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalRequested {
    /// Market.
    pub market: Pubkey,
    /// Withdrawal.
    pub withdrawal: Pubkey,
    /// Owner.
    pub owner: Pubkey,
    /// Id within owner and market.
    pub id: u32,
    /// Shares.
    pub shares: u64,
    /// Where the collateral will go.
    pub destination: Pubkey,
    /// From then on it can be executed.
    pub executable_from: i64,
    /// From then on it can only be cancelled.
    pub lapses_at: i64,
    /// Tip.
    pub tip_lamports: u64,
}

/// A withdrawal was executed: paid in full, in part, or, where nothing could leave the pool, not at all.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalExecuted {
    /// Market.
    pub market: Pubkey,
    /// Withdrawal.
    pub withdrawal: Pubkey,
    /// Owner.
    pub owner: Pubkey,
    /// Who executed it.
    pub executor: Pubkey,
    /// Collateral paid.
    pub amount_atoms: u64,
    /// Shares burnt, those included that others had sent to the escrow.
    pub shares_burnt: u64,
    /// Shares that still wait; none if it is done.
    pub shares_left: u64,
    /// From then on it can only be cancelled, if it is not done.
    pub lapses_at: i64,
    /// Worth of the pool before.
    pub value_before_atoms: u64,
    /// Pool afterwards.
    pub pool_atoms: u64,
    /// Part of the tip that the executor got.
    pub tip_lamports: u64,
}

/// A withdrawal was cancelled; its shares went back.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalCancelled {
    /// Market.
    pub market: Pubkey,
    /// Withdrawal.
    pub withdrawal: Pubkey,
    /// Owner.
    pub owner: Pubkey,
    /// Who cancelled it.
    pub by: Pubkey,
    /// Shares returned, those included that others had sent to the escrow.
    pub shares_returned: u64,
    /// What cancelling paid.
    pub tip_lamports: u64,
}
