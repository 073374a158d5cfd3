//! Events of margin calls and of top-up plans.

use anchor_lang::prelude::*;

/// A position's equity fell below 1.5 times its maintenance margin. Once a crossing.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarginCalled {
    /// Position.
    pub position: Pubkey,
    /// Its owner.
    pub owner: Pubkey,
    /// Equity.
    pub equity_atoms: i64,
    /// Maintenance margin.
    pub maintenance_atoms: u64,
    /// Price at which both were taken.
    pub price_e12: u64,
}

/// A top-up plan was made or replaced.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUpSet {
    /// Position.
    pub position: Pubkey,
    /// Its owner.
    pub owner: Pubkey,
    /// Token account that the money comes out of.
    pub source: Pubkey,
    /// What may move in all.
    pub budget_atoms: u64,
    /// Equity below this multiple of the maintenance margin calls for a top-up.
    pub trigger_ppm: u32,
    /// What one top-up moves.
    pub amount_atoms: u64,
    /// Least time between two top-ups.
    pub interval_secs: u32,
    /// Of the amount, to whoever executes it.
    pub keeper_pay_atoms: u64,
}

/// A top-up plan was taken back, or swept after its position.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUpCancelled {
    /// Position.
    pub position: Pubkey,
    /// Who did it.
    pub by: Pubkey,
    /// What was left of the budget.
    pub budget_atoms: u64,
}

/// A position was topped up.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToppedUp {
    /// Position.
    pub position: Pubkey,
    /// Its owner, whose money moved.
    pub owner: Pubkey,
    /// Who executed it.
    pub keeper: Pubkey,
    /// Into the position's vault.
    pub into_vault_atoms: u64,
    /// To the keeper.
    pub keeper_pay_atoms: u64,
    /// What is left of the budget.
    pub budget_atoms: u64,
    /// Collateral afterwards.
    pub collateral_atoms: u64,
    /// Equity before.
    pub equity_before_atoms: i64,
    /// Maintenance margin.
    pub maintenance_atoms: u64,
    /// Price at which both were taken.
    pub price_e12: u64,
}
