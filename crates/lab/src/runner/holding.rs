//! One position of the run as the host follows it.

use bulkhead::state::PositionSide;
use bulkhead_risk::orders::OrderAction;
use bulkhead_risk::{BaseAtoms, Position, PositionStatus, Ppm, PriceE12};
use solana_pubkey::Pubkey;

use super::plan::Plan;
use crate::record::Side;
use crate::world::Actor;

/// An order that waits for its price.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) id: u32,
    pub(super) action: OrderAction,
    pub(super) placed_at: i64,
    pub(super) tip_lamports: u64,
    pub(super) size: BaseAtoms,
    pub(super) acceptable: PriceE12,
}

/// What the counts of the summary need to know of a position's past.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Past {
    /// q right after opening, or after size or collateral last changed.
    pub(super) q_begun_ppm: i64,
    /// The lowest since then, over the samples at which it was healthy.
    pub(super) q_lowest_survived_ppm: Option<i64>,
    /// Maintenance margin before the last minute's refresh, if that raised it.
    pub(super) maintenance_before_raise: Option<Ppm>,
    /// A refresh took it below maintenance at its own sample, and it has not been healthy since.
    pub(super) tipped_by_refresh: bool,
    /// Collateral that its owner has put in, less what he took out: gains too.
    pub(super) put_in_atoms: i128,
    /// What it has lost so far: losses, owed and fees, less payouts.
    pub(super) lost_atoms: i128,
}

pub(super) struct Holding {
    pub(super) plan: Plan,
    pub(super) owner: Actor,
    pub(super) stage: Stage,
    /// Zero until the order that opens it is placed.
    pub(super) key: Pubkey,
    pub(super) vault: Pubkey,
    /// As its account has it.
    pub(super) position: Position,
    pub(super) waiting: Option<Waiting>,
    pub(super) past: Past,
    pub(super) leverage: u64,
    pub(super) first_collateral_atoms: u64,
    pub(super) has_defended: bool,
    /// When it became flat.
    pub(super) flat_since: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Planned,
    /// Its account exists.
    Exists,
    /// Its owner took everything out, or it never came to be.
    Gone,
}

impl Holding {
    pub(super) fn new(plan: Plan, owner: Actor) -> Self {
        Self {
            position: Position::pending(plan.side.into(), bulkhead_risk::QuoteAtoms::ZERO),
            plan,
            owner,
            stage: Stage::Planned,
            key: Pubkey::default(),
            vault: Pubkey::default(),
            waiting: None,
            past: Past::default(),
            leverage: 0,
            first_collateral_atoms: 0,
            has_defended: false,
            flat_since: 0,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.stage == Stage::Exists && self.position.status == PositionStatus::Open
    }

    pub(super) fn exists(&self) -> bool {
        self.stage == Stage::Exists
    }

    pub(super) fn is_gone(&self) -> bool {
        self.stage == Stage::Gone
    }

    pub(super) fn is_flat(&self) -> bool {
        self.exists() && !self.is_open() && self.waiting.is_none()
    }

    pub(super) fn side(&self) -> Side {
        match self.plan.side {
            PositionSide::Long => Side::Long,
            PositionSide::Short => Side::Short,
        }
    }

    /// Short name in reports: `L042 10x`.
    pub(super) fn label(&self) -> String {
        let side = if self.side() == Side::Long { 'L' } else { 'S' };
        format!("{side}{:03} {}x", self.plan.number, self.leverage)
    }
}
