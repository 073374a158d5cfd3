//! Events of orders that wait for a trigger.

use anchor_lang::prelude::*;

/// An order's trigger was met: its window counts from now.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderTriggered {
    /// Position.
    pub position: Pubkey,
    /// Order.
    pub order: Pubkey,
    /// Who brought the price.
    pub by: Pubkey,
    /// Index that met the trigger.
    pub index_price_e12: u64,
    /// When it was published.
    pub published_at: i64,
    /// From when its window counts.
    pub triggered_at: i64,
    /// What that paid; zero from the second time on.
    pub tip_lamports: u64,
}
