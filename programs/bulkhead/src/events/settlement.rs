//! Events of a market's end, and of its move to another layout.

use anchor_lang::prelude::*;

use super::ClosedAmounts;

/// Why a market was settled.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettlementReason {
    /// No sample was accepted for seven days.
    DeadOracle,
    /// The admin wound it down.
    WindDown,
}

/// A minute of a wind-down got its price.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementPriceRecorded {
    /// Market.
    pub market: Pubkey,
    /// Publish time.
    pub published_at: i64,
    /// Price.
    pub price_e12: u64,
    /// Prices that are kept, with this one.
    pub count: u8,
}

/// A market was settled: every position leaves at this price.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketSettledAt {
    /// Market.
    pub market: Pubkey,
    /// Why.
    pub reason: SettlementReason,
    /// Settlement price.
    pub price_e12: u64,
    /// Minutes that it is the median of; zero for a dead oracle.
    pub minutes: u8,
    /// Up to when funding and borrow have run.
    pub accrued_at: i64,
}

/// A position of a settled market was closed at the settlement price.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionSettled {
    /// Market.
    pub market: Pubkey,
    /// Position.
    pub position: Pubkey,
    /// Who settled it.
    pub by: Pubkey,
    /// Whether the vault was frozen: nothing moved, the net stays owed.
    pub vault_frozen: bool,
    /// Amounts.
    pub closed: ClosedAmounts,
}

/// What insurance and crank budget of a settled market still held became its pool's.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundsReleased {
    /// Market.
    pub market: Pubkey,
    /// From the insurance vault to the pool vault.
    pub insurance_atoms: u64,
    /// From the crank budget to the pool.
    pub crank_budget_atoms: u64,
}

/// A market was rewritten in this version's layout.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketMigrated {
    /// Market.
    pub market: Pubkey,
    /// Layout version before.
    pub from_version: u8,
    /// Layout version now.
    pub to_version: u8,
}
