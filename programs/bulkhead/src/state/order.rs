//! An order, waiting for a price that nobody knew when it was placed.

use anchor_lang::prelude::*;

use crate::error::BulkheadError;

/// What an order does.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderAction {
    /// Opens or increases.
    Increase,
    /// Decreases or closes.
    Decrease,
}

/// When an order fills.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKind {
    /// On the first price of its window that somebody brings.
    Market,
}

/// An order. Seeds: "order", position, id. Its lamports above rent are the tip.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Order {
    /// Layout version.
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// [`OrderAction`] as a number.
    pub action: u8,
    /// [`OrderKind`] as a number.
    pub kind: u8,
    /// Id within the position.
    pub id: u32,
    /// Position it belongs to.
    pub position: Pubkey,
    /// Who paid rent and tip, and gets back what is left.
    pub payer: Pubkey,
    /// Size in base atoms; for a decrease, u64::MAX closes all.
    pub size_atoms: u64,
    /// Worst fill price.
    pub acceptable_price_e12: u64,
    /// Trigger price; zero for market orders.
    pub trigger_price_e12: u64,
    /// Placed at: the later of the chain's clock and the market's last publish time.
    pub placed_at: i64,
    /// Slot in which it was placed.
    pub placed_slot: u64,
    /// When its trigger was met; zero if it was not, or has none.
    pub triggered_at: i64,
    /// When it lapses untriggered; zero for market orders.
    pub expires_at: i64,
    /// Paid to whoever executes it.
    pub tip_lamports: u64,
    /// Payout to set aside, of the notional; increases only.
    pub payout_cap_ppm: u32,
    /// Alignment.
    pub _pad: [u8; 4],
    /// Slot in which its trigger was met; zero if it was not.
    pub triggered_slot: u64,
    /// For later versions.
    pub _reserved: [u8; 40],
}

const _: () = assert!(size_of::<Order>() == 192);

impl Order {
    /// What it does.
    pub fn action(&self) -> Result<OrderAction> {
        match self.action {
            0 => Ok(OrderAction::Increase),
            1 => Ok(OrderAction::Decrease),
            _ => err!(BulkheadError::CorruptAccount),
        }
    }
}

impl From<OrderAction> for bulkhead_risk::orders::OrderAction {
    fn from(action: OrderAction) -> Self {
        match action {
            OrderAction::Increase => Self::Increase,
            OrderAction::Decrease => Self::Decrease,
        }
    }
}

impl From<OrderAction> for u8 {
    fn from(action: OrderAction) -> Self {
        match action {
            OrderAction::Increase => 0,
            OrderAction::Decrease => 1,
        }
    }
}
