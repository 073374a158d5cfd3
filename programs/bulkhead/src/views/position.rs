//! Position account <-> risk position.

use anchor_lang::prelude::*;
use bulkhead_risk as risk;
use risk::{BaseAtoms, Ppm, PriceE12, QuoteAtoms, UnixSeconds};

use crate::error::BulkheadError;
use crate::state::{POSITION_CLOSED, POSITION_OPEN, POSITION_PENDING, Position, PositionSide};

impl From<PositionSide> for risk::Side {
    fn from(side: PositionSide) -> Self {
        match side {
            PositionSide::Long => Self::Long,
            PositionSide::Short => Self::Short,
        }
    }
}

impl From<risk::Side> for PositionSide {
    fn from(side: risk::Side) -> Self {
        match side {
            risk::Side::Long => Self::Long,
            risk::Side::Short => Self::Short,
        }
    }
}

fn side_of(number: u8) -> Result<risk::Side> {
    match number {
        0 => Ok(risk::Side::Long),
        1 => Ok(risk::Side::Short),
        _ => err!(BulkheadError::CorruptAccount),
    }
}

fn side_number(side: risk::Side) -> u8 {
    match side {
        risk::Side::Long => 0,
        risk::Side::Short => 1,
    }
}

fn status_of(number: u8) -> Result<risk::PositionStatus> {
    match number {
        POSITION_PENDING => Ok(risk::PositionStatus::Pending),
        POSITION_OPEN => Ok(risk::PositionStatus::Open),
        POSITION_CLOSED => Ok(risk::PositionStatus::Closed),
        _ => err!(BulkheadError::CorruptAccount),
    }
}

fn status_number(status: risk::PositionStatus) -> u8 {
    match status {
        risk::PositionStatus::Pending => POSITION_PENDING,
        risk::PositionStatus::Open => POSITION_OPEN,
        risk::PositionStatus::Closed => POSITION_CLOSED,
    }
}

impl Position {
    /// As the risk crate sees it.
    pub fn view(&self) -> Result<risk::Position> {
        self.require_version()?;
        Ok(risk::Position {
            status: status_of(self.status)?,
            side: side_of(self.side)?,
            size: BaseAtoms(self.size_atoms),
            entry: PriceE12(self.entry_price_e12),
            collateral: QuoteAtoms(self.collateral_atoms),
            collateral_counted: QuoteAtoms(self.collateral_counted_atoms),
            owed_borrow: QuoteAtoms(self.owed_borrow_atoms),
            owed_funding: QuoteAtoms(self.owed_funding_atoms),
            due: QuoteAtoms(self.due_atoms),
            reserved: QuoteAtoms(self.reserved_atoms),
            frozen_owed: QuoteAtoms(self.frozen_owed_atoms),
            borrow_snapshot_e12: self.borrow_snapshot_e12.into(),
            funding_paid_snapshot_e24: self.funding_paid_snapshot_e24.into(),
            funding_received_snapshot_e24: self.funding_received_snapshot_e24.into(),
            margin_ppm: Ppm(self.margin_ppm),
            addon_ppm: Ppm(self.addon_ppm),
            liquidation_fee_ppm: Ppm(self.liquidation_fee_ppm),
            margin_refreshed_at: UnixSeconds(self.margin_refreshed_at),
            opened_at: UnixSeconds(self.opened_at),
            below_since: UnixSeconds(self.below_since),
            margin_called: self.margin_called != 0,
        })
    }

    /// Takes over what a report says.
    pub fn store(&mut self, view: &risk::Position) {
        self.status = status_number(view.status);
        self.side = side_number(view.side);
        self.size_atoms = view.size.get();
        self.entry_price_e12 = view.entry.get();
        self.collateral_atoms = view.collateral.get();
        self.collateral_counted_atoms = view.collateral_counted.get();
        self.owed_borrow_atoms = view.owed_borrow.get();
        self.owed_funding_atoms = view.owed_funding.get();
        self.due_atoms = view.due.get();
        self.reserved_atoms = view.reserved.get();
        self.frozen_owed_atoms = view.frozen_owed.get();
        self.borrow_snapshot_e12 = view.borrow_snapshot_e12.into();
        self.funding_paid_snapshot_e24 = view.funding_paid_snapshot_e24.into();
        self.funding_received_snapshot_e24 = view.funding_received_snapshot_e24.into();
        self.margin_ppm = view.margin_ppm.get();
        self.addon_ppm = view.addon_ppm.get();
        self.liquidation_fee_ppm = view.liquidation_fee_ppm.get();
        self.margin_refreshed_at = view.margin_refreshed_at.get();
        self.opened_at = view.opened_at.get();
        self.below_since = view.below_since.get();
        self.margin_called = view.margin_called.into();
    }

    /// Takes over requirement, sighting and call of a projection and nothing else, as
    /// [`risk::Position::with_requirement_of`] says: nothing else is written.
    pub fn store_requirement(&mut self, projected: &risk::Position) {
        self.margin_ppm = projected.margin_ppm.get();
        self.addon_ppm = projected.addon_ppm.get();
        self.margin_refreshed_at = projected.margin_refreshed_at.get();
        self.below_since = projected.below_since.get();
        self.margin_called = projected.margin_called.into();
    }
}
