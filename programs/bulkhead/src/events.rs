//! Events: past tense, one per state change, amounts in atoms, prices in 10^-12 USD, times in seconds.

mod governance;
mod keeping;
mod liquidity;
mod orders;
mod settlement;
mod top_up;

pub use governance::*;
pub use keeping::*;
pub use liquidity::*;
pub use orders::*;
pub use settlement::*;
pub use top_up::*;

use anchor_lang::prelude::*;

use crate::state::{Cluster, OrderAction, OrderKind, PositionSide};

/// The protocol was set up.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolInitialized {
    /// Admin.
    pub admin: Pubkey,
    /// Guardian.
    pub guardian: Pubkey,
    /// Owner of the fee token accounts.
    pub fee_receiver: Pubkey,
    /// Cluster.
    pub cluster: Cluster,
    /// Seconds that a queued change waits.
    pub timelock_secs: u32,
}

/// A market was created.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketCreated {
    /// Market.
    pub market: Pubkey,
    /// Index.
    pub index: u16,
    /// Collateral mint.
    pub collateral_mint: Pubkey,
    /// Price account.
    pub oracle_account: Pubkey,
}

/// A market took a sample in.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketUpdated {
    /// Market.
    pub market: Pubkey,
    /// Publish time.
    pub published_at: i64,
    /// Index.
    pub index_price_e12: u64,
    /// Mark.
    pub mark_price_e12: u64,
    /// Whether it opened a bucket and moved the volatility.
    pub opened_bucket: bool,
    /// Seconds since the bucket sample before it.
    pub gap_secs: u64,
    /// m_target.
    pub target_ppm: u32,
    /// m_ramp.
    pub ramp_ppm: u32,
}

/// Collateral came into the pool.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposited {
    /// Market.
    pub market: Pubkey,
    /// Depositor.
    pub owner: Pubkey,
    /// Collateral in.
    pub amount_atoms: u64,
    /// Shares out.
    pub shares: u64,
    /// Worth of the pool before.
    pub value_before_atoms: u64,
    /// Pool afterwards.
    pub pool_atoms: u64,
}

/// A position was created, with its vault.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionCreated {
    /// Market.
    pub market: Pubkey,
    /// Position.
    pub position: Pubkey,
    /// Owner.
    pub owner: Pubkey,
    /// Id within owner and market.
    pub id: u32,
    /// Side.
    pub side: PositionSide,
    /// Collateral in its vault.
    pub collateral_atoms: u64,
}

/// An order was placed.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderPlaced {
    /// Position.
    pub position: Pubkey,
    /// Order.
    pub order: Pubkey,
    /// Id within the position.
    pub id: u32,
    /// What it does.
    pub action: OrderAction,
    /// Size.
    pub size_atoms: u64,
    /// Worst fill price.
    pub acceptable_price_e12: u64,
    /// Placed at.
    pub placed_at: i64,
    /// Tip.
    pub tip_lamports: u64,
    /// When it fills.
    pub kind: OrderKind,
    /// Trigger price; zero for a market order.
    pub trigger_price_e12: u64,
    /// From when on it cannot be triggered; zero for never.
    pub expires_at: i64,
}

/// An order was brought a price of its window and could not be filled: it is spent.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFailed {
    /// Market.
    pub market: Pubkey,
    /// Position.
    pub position: Pubkey,
    /// Order.
    pub order: Pubkey,
    /// Who brought the price, and got the tip.
    pub executor: Pubkey,
    /// Why: the code of the program's error.
    pub error_code: u32,
}

/// An order was cancelled.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderCancelled {
    /// Position.
    pub position: Pubkey,
    /// Order.
    pub order: Pubkey,
    /// Who cancelled it.
    pub by: Pubkey,
    /// What that paid.
    pub tip_lamports: u64,
}

/// A position was opened or increased.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionIncreased {
    /// Market.
    pub market: Pubkey,
    /// Position.
    pub position: Pubkey,
    /// Order that did it.
    pub order: Pubkey,
    /// Who executed it.
    pub executor: Pubkey,
    /// Fill price.
    pub fill_price_e12: u64,
    /// Size afterwards.
    pub size_atoms: u64,
    /// Entry price afterwards.
    pub entry_price_e12: u64,
    /// Notional added.
    pub notional_atoms: u64,
    /// Open fee.
    pub trade_fee_atoms: u64,
    /// Borrow fee and funding paid.
    pub owed_paid_atoms: u64,
    /// Collateral afterwards.
    pub collateral_atoms: u64,
    /// Payout set aside afterwards.
    pub reserved_atoms: u64,
    /// Volatility part of the maintenance margin afterwards.
    pub margin_ppm: u32,
    /// Size part.
    pub addon_ppm: u32,
}

/// Amounts that closing a part realised.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosedAmounts {
    /// Fill price.
    pub fill_price_e12: u64,
    /// Size closed.
    pub size_atoms: u64,
    /// Its notional.
    pub notional_atoms: u64,
    /// Profit and loss.
    pub pnl_atoms: i64,
    /// Paid by the pool.
    pub payout_atoms: u64,
    /// Loss paid to the pool.
    pub loss_paid_atoms: u64,
    /// Borrow fee and funding paid.
    pub owed_paid_atoms: u64,
    /// Close fee.
    pub trade_fee_atoms: u64,
    /// Borne by the pool.
    pub shortfall_atoms: u64,
    /// Payout no longer set aside.
    pub reserved_released_atoms: u64,
    /// Collateral afterwards.
    pub collateral_atoms: u64,
    /// Size afterwards.
    pub size_left_atoms: u64,
}

/// A position was decreased or closed by its owner's order.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionDecreased {
    /// Market.
    pub market: Pubkey,
    /// Position.
    pub position: Pubkey,
    /// Order that did it.
    pub order: Pubkey,
    /// Who executed it.
    pub executor: Pubkey,
    /// Amounts.
    pub closed: ClosedAmounts,
}

/// Collateral was added.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollateralAdded {
    /// Position.
    pub position: Pubkey,
    /// Who gave it.
    pub from: Pubkey,
    /// Amount.
    pub amount_atoms: u64,
    /// Collateral afterwards.
    pub collateral_atoms: u64,
}

/// Collateral was removed.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollateralRemoved {
    /// Position.
    pub position: Pubkey,
    /// Amount.
    pub amount_atoms: u64,
    /// Borrow fee and funding paid.
    pub owed_paid_atoms: u64,
    /// What had to stay.
    pub required_atoms: u64,
    /// Collateral afterwards.
    pub collateral_atoms: u64,
}

/// A flat position was closed; everything in its vault went to its owner.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionClosed {
    /// Position.
    pub position: Pubkey,
    /// Owner.
    pub owner: Pubkey,
    /// Tokens returned, donations included.
    pub returned_atoms: u64,
}

/// A delegate was set or removed.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegateSet {
    /// Position.
    pub position: Pubkey,
    /// Delegate; all zeros for nobody.
    pub delegate: Pubkey,
}

/// Protocol fees were collected.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeesCollected {
    /// Market.
    pub market: Pubkey,
    /// Amount.
    pub amount_atoms: u64,
}
