//! A position of a run, what its owner is about to do, and when it must be looked at again.

use bulkhead_risk::{Position, PositionStatus, PriceE12, QuoteAtoms, Side};

use super::feed::MARKETS;

/// What an owner is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Add half of the first collateral.
    Add,
    /// Close.
    Close,
}

/// A position.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) person: usize,
    pub(super) market: usize,
    /// As it is stored. In a pooled venue its collateral lies in the account instead.
    pub(super) position: Position,
    /// What it was opened with and what was added for it: all that is its own.
    pub(super) own: QuoteAtoms,
    /// What it was opened with.
    pub(super) first: QuoteAtoms,
    /// Where its owner closes.
    pub(super) stop: Option<PriceE12>,
    pub(super) adds_left: u8,
    pub(super) act: Option<(i64, Act)>,
    /// Since when it has waited for a keeper.
    pub(super) waits_since: Option<i64>,
    /// It must be looked at from there downwards and upwards.
    pub(super) low: u64,
    pub(super) high: u64,
}

impl Held {
    pub(super) fn is_open(&self) -> bool {
        self.position.status == PositionStatus::Open
    }

    pub(super) fn is_long(&self) -> bool {
        self.position.side == Side::Long
    }

    pub(super) fn must_look(&self, price: u64) -> bool {
        price <= self.low || price >= self.high
    }

    /// Whether its owner's stop is reached.
    pub(super) fn is_stopped(&self, price: PriceE12) -> bool {
        self.stop.is_some_and(|stop| match self.position.side {
            Side::Long => price <= stop,
            Side::Short => price >= stop,
        })
    }
}

/// A trader's account in a pooled venue.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Account {
    /// Collateral behind all positions.
    pub(super) cash: QuoteAtoms,
    /// Open positions.
    pub(super) held: [Option<usize>; MARKETS],
    /// When it was first found below its requirement.
    pub(super) sighted_at: Option<i64>,
}
