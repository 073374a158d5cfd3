//! A position: one sealed compartment with its own vault.

use core::cell::RefMut;

use anchor_lang::Discriminator;
use anchor_lang::prelude::*;

use super::{Order, OrderAction, Wide};
use crate::constants::{ACCOUNT_VERSION, POSITION_SEED};
use crate::error::BulkheadError;

/// Direction, as arguments and events spell it.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum PositionSide {
    /// Gains when the price rises.
    Long,
    /// Gains when the price falls.
    Short,
}

/// `Position::status` of one whose opening order has not filled.
pub const POSITION_PENDING: u8 = 0;
/// ... of one that holds size.
pub const POSITION_OPEN: u8 = 1;
/// ... of one that is flat for good.
pub const POSITION_CLOSED: u8 = 2;

/// A position. Seeds: "position", market, owner, id. Its vault: "vault", position.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Position {
    /// Layout version.
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// Bump of the vault.
    pub vault_bump: u8,
    /// 0 pending, 1 open, 2 closed.
    pub status: u8,
    /// 0 long, 1 short.
    pub side: u8,
    /// Orders that exist.
    pub open_orders: u8,
    /// Whether a margin call was announced and not cured.
    pub margin_called: u8,
    /// Of the orders, those that increase and may fill, or may again without another being placed: market
    /// orders, and others from their first trigger on. Collateral that they may need cannot leave meanwhile.
    pub waiting_increases: u8,
    /// Id within owner and market.
    pub id: u32,
    /// Id of the next order.
    pub next_order_id: u32,
    /// Market.
    pub market: Pubkey,
    /// Owner.
    pub owner: Pubkey,
    /// May place and cancel orders and add collateral; all zeros for nobody.
    pub delegate: Pubkey,
    /// Vault: the only token account that stands behind this position.
    pub vault: Pubkey,
    /// Size, base atoms.
    pub size_atoms: u64,
    /// Entry price.
    pub entry_price_e12: u64,
    /// Collateral booked, quote atoms.
    pub collateral_atoms: u64,
    /// Part of the collateral that the side's sum counts.
    pub collateral_counted_atoms: u64,
    /// Borrow fee owed.
    pub owed_borrow_atoms: u64,
    /// Funding owed.
    pub owed_funding_atoms: u64,
    /// Funding receivable.
    pub due_atoms: u64,
    /// Payout set aside in the pool.
    pub reserved_atoms: u64,
    /// What a vault that was frozen at closing still owes the pool.
    pub frozen_owed_atoms: u64,
    /// Borrow index at the last accrual.
    pub borrow_snapshot_e12: Wide,
    /// Index of funding paid at the last accrual.
    pub funding_paid_snapshot_e24: Wide,
    /// Index of funding received at the last accrual.
    pub funding_received_snapshot_e24: Wide,
    /// Volatility part of the maintenance margin.
    pub margin_ppm: u32,
    /// Size part.
    pub addon_ppm: u32,
    /// Liquidation fee part.
    pub liquidation_fee_ppm: u32,
    /// Alignment.
    pub _pad_2: [u8; 4],
    /// When `margin_ppm` last could rise.
    pub margin_refreshed_at: i64,
    /// Publish time of the fill that opened it.
    pub opened_at: i64,
    /// Publish time of the sample that first found it below maintenance; zero if none.
    pub below_since: i64,
    /// For later versions.
    pub _reserved: [u8; 104],
}

const _: () = assert!(size_of::<Position>() == 408);

impl Position {
    /// The position in `account`, or none where it has been closed: then the address holds nothing.
    pub fn find<'a>(account: &'a AccountInfo) -> Result<Option<RefMut<'a, Position>>> {
        if *account.owner != crate::ID || account.data_is_empty() {
            return Ok(None);
        }
        let data = account.try_borrow_mut_data()?;
        let is_position =
            data.get(..8) == Some(Position::DISCRIMINATOR) && data.len() == 8 + size_of::<Position>();
        require!(is_position, BulkheadError::NotAPosition);
        Ok(Some(RefMut::map(data, |bytes| bytemuck::from_bytes_mut(&mut bytes[8..]))))
    }

    /// An error for an account of another layout.
    pub fn require_version(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, BulkheadError::AccountVersionMismatch);
        Ok(())
    }

    /// Whether `key` is its owner's or its delegate's; the default key, which stands for nobody, is not.
    pub fn is_owner_or_delegate(&self, key: &Pubkey) -> bool {
        *key == self.owner || (self.delegate != Pubkey::default() && *key == self.delegate)
    }

    /// Counts an order in (INV-16).
    pub fn add_order(&mut self) -> Result<()> {
        self.open_orders = self.open_orders.checked_add(1).ok_or_else(|| error!(BulkheadError::Overflow))?;
        Ok(())
    }

    /// Counts an increase that may fill from now on, once.
    pub fn await_increase(&mut self, order: &mut Order) -> Result<()> {
        if order.action()? == OrderAction::Increase && !order.is_counted() {
            order.counted = 1;
            self.waiting_increases =
                self.waiting_increases.checked_add(1).ok_or_else(|| error!(BulkheadError::Overflow))?;
        }
        Ok(())
    }

    /// Counts an order out (INV-16).
    pub fn remove_order(&mut self, order: &Order) -> Result<()> {
        let less =
            |count: u8| count.checked_sub(1).ok_or_else(|| error!(BulkheadError::PositionInconsistent));
        self.open_orders = less(self.open_orders)?;
        if order.is_counted() {
            self.waiting_increases = less(self.waiting_increases)?;
        }
        Ok(())
    }

    /// The part of the signer seeds that has to be kept alive: id and bump.
    pub fn seed_tail(&self) -> ([u8; 4], [u8; 1]) {
        (self.id.to_le_bytes(), [self.bump])
    }

    /// INV-05: only an open position has size, entry, requirement or accruals.
    pub fn assert_consistent(&self) -> Result<()> {
        let is_open = self.status == POSITION_OPEN;
        let has_size = self.size_atoms != 0;
        let is_clean = is_open
            || (self.entry_price_e12 == 0
                && self.owed_borrow_atoms == 0
                && self.owed_funding_atoms == 0
                && self.due_atoms == 0
                && self.margin_ppm == 0
                && self.collateral_counted_atoms == 0);
        let is_thawed = self.status == POSITION_CLOSED || self.frozen_owed_atoms == 0;
        require!(is_open == has_size && is_clean && is_thawed, BulkheadError::PositionInconsistent);
        Ok(())
    }
}

/// Signer seeds of a position, for transfers out of its vault.
pub fn position_signer<'a>(
    market: &'a Pubkey,
    owner: &'a Pubkey,
    tail: &'a ([u8; 4], [u8; 1]),
) -> [&'a [u8]; 5] {
    [POSITION_SEED, market.as_ref(), owner.as_ref(), &tail.0, &tail.1]
}
