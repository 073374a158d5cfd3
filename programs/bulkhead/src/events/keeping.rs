//! Events of what anyone may do to keep the system running.

use anchor_lang::prelude::*;

use super::ClosedAmounts;

/// A position was found below maintenance for the first time, or healthy again.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionSighted {
    /// Position.
    pub position: Pubkey,
    /// Publish time of the first sighting; zero: healthy again.
    pub below_since: i64,
    /// Equity.
    pub equity_atoms: i64,
    /// Maintenance margin.
    pub maintenance_atoms: u64,
}

/// A position's requirement followed the market's.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionRefreshed {
    /// Position.
    pub position: Pubkey,
    /// Volatility part before.
    pub margin_before_ppm: u32,
    /// Volatility part after.
    pub margin_ppm: u32,
    /// Size part after.
    pub addon_ppm: u32,
    /// m_ramp.
    pub ramp_ppm: u32,
    /// First sighting below maintenance that still counts; zero: none, or cleared by this sample.
    pub below_since: i64,
}

/// Why a position was liquidated.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiquidationReason {
    /// Payout cap reached; no liquidation fee.
    PayoutCapped,
    /// Equity zero or below.
    Insolvent,
    /// Equity below maintenance margin, on two samples.
    BelowMaintenance,
}

/// Why a liquidation did nothing.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// Not open: pending, or closed already.
    NotOpen,
    /// Healthy.
    Healthy,
    /// Below maintenance for the first time: a second sample has to confirm it.
    FirstSighting,
    /// The first sighting is less than two seconds old.
    Unconfirmed,
    /// Confidence is wide.
    HeldBack,
}

/// A liquidation found nothing to do.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiquidationSkipped {
    /// Position.
    pub position: Pubkey,
    /// Why.
    pub reason: SkipReason,
    /// Equity.
    pub equity_atoms: i64,
    /// Maintenance margin.
    pub maintenance_atoms: u64,
}

/// A position was liquidated, in part or whole.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionLiquidated {
    /// Market.
    pub market: Pubkey,
    /// Position.
    pub position: Pubkey,
    /// Who liquidated.
    pub keeper: Pubkey,
    /// Why.
    pub reason: LiquidationReason,
    /// Equity before.
    pub equity_before_atoms: i64,
    /// Maintenance margin before.
    pub maintenance_before_atoms: u64,
    /// Of the fee, to the keeper.
    pub keeper_pay_atoms: u64,
    /// Of the fee, to insurance.
    pub insurance_pay_atoms: u64,
    /// From insurance to the keeper: what was missing to its least pay.
    pub keeper_floor_pay_atoms: u64,
    /// From insurance to the pool: of the loss beyond the collateral.
    pub shortfall_covered_atoms: u64,
    /// From the crank budget to the keeper, for settling a capped position.
    pub settle_pay_atoms: u64,
    /// Whether the vault was frozen: nothing moved, the net stays owed.
    pub vault_frozen: bool,
    /// Amounts.
    pub closed: ClosedAmounts,
}

/// A position whose payout cap was reached was settled.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CappedSettled {
    /// Market.
    pub market: Pubkey,
    /// Position.
    pub position: Pubkey,
    /// Who settled it.
    pub by: Pubkey,
    /// What that paid, from the crank budget.
    pub keeper_pay_atoms: u64,
    /// Amounts.
    pub closed: ClosedAmounts,
}

/// A market update was paid for.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrankPaid {
    /// Market.
    pub market: Pubkey,
    /// Token account that was paid.
    pub keeper_account: Pubkey,
    /// Amount, from the crank budget.
    pub amount_atoms: u64,
}

/// What a frozen vault had left owed was collected.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenCollected {
    /// Position.
    pub position: Pubkey,
    /// To the pool.
    pub to_pool_atoms: u64,
    /// To the vault.
    pub to_vault_atoms: u64,
}
