//! An order, waiting for a price that nobody knew when it was placed.

use anchor_lang::prelude::*;

use crate::constants::ACCOUNT_VERSION;
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
    /// The same, once a price as good as its trigger price or better has triggered it.
    Limit,
    /// Decrease; the same, once a price has gone as far against the position as the trigger price.
    StopLoss,
    /// Decrease; the same, in the position's favour.
    TakeProfit,
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
    /// When it was last triggered; zero if it never was, or has no trigger.
    pub triggered_at: i64,
    /// From when on it cannot be triggered; zero for market orders and those that do not expire.
    pub expires_at: i64,
    /// Paid to whoever executes it. The trigger's tip comes on top, until the first trigger.
    pub tip_lamports: u64,
    /// Payout to set aside, of the notional; increases only.
    pub payout_cap_ppm: u32,
    /// Whether the position counts it among `waiting_increases`.
    pub counted: u8,
    /// Alignment.
    pub _pad: [u8; 3],
    /// Slot in which it was last triggered; zero if it never was.
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

    /// When it fills.
    pub fn kind(&self) -> Result<OrderKind> {
        match self.kind {
            0 => Ok(OrderKind::Market),
            1 => Ok(OrderKind::Limit),
            2 => Ok(OrderKind::StopLoss),
            3 => Ok(OrderKind::TakeProfit),
            _ => err!(BulkheadError::CorruptAccount),
        }
    }

    /// Whether the position counts it among its waiting increases.
    pub fn is_counted(&self) -> bool {
        self.counted != 0
    }

    /// Whether it was ever triggered: then its trigger's tip is paid.
    pub fn was_triggered(&self) -> bool {
        self.triggered_at != 0
    }

    /// An error for an account of another layout.
    pub fn require_version(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, BulkheadError::AccountVersionMismatch);
        Ok(())
    }

    /// The slot after which it fills: that of its placing, or of its last trigger.
    pub fn since_slot(&self) -> Result<u64> {
        match self.kind()? {
            OrderKind::Market => Ok(self.placed_slot),
            _ => Ok(self.triggered_slot),
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

impl From<OrderKind> for u8 {
    fn from(kind: OrderKind) -> Self {
        match kind {
            OrderKind::Market => 0,
            OrderKind::Limit => 1,
            OrderKind::StopLoss => 2,
            OrderKind::TakeProfit => 3,
        }
    }
}
