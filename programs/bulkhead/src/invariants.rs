//! What must hold at the end of every instruction that changes something. Ids: docs/invariants.md.

use anchor_lang::prelude::*;

use crate::error::{BulkheadError, IntoProgram};
use crate::state::{Market, Position};
use crate::token;

/// INV-01: a vault holds at least what its position has booked. INV-05: the position is consistent.
pub(crate) fn assert_position(position: &Position, vault: &AccountInfo) -> Result<()> {
    position.assert_consistent()?;
    require!(token::amount(vault)? >= position.collateral_atoms, BulkheadError::VaultBelowBooked);
    Ok(())
}

/// INV-02: the pool vault holds pool, protocol fees and crank budget. INV-03: the pool covers every payout
/// set aside. INV-06: a side without positions has nothing booked.
pub(crate) fn assert_market(market: &Market, pool_vault: &AccountInfo) -> Result<()> {
    let ledger = market.ledger();
    let booked = ledger.pool_vault_booked().or_refuse()?;
    require!(token::amount(pool_vault)? >= booked.get(), BulkheadError::PoolVaultBelowBooked);
    ledger.assert_reserve_covered().map_err(|_| error!(BulkheadError::ReserveNotCovered))?;
    for side in [&market.long, &market.short] {
        let is_empty = side.positions == 0;
        let has_size = side.open_interest_atoms != 0;
        require!(is_empty != has_size, BulkheadError::LedgerInconsistent);
    }
    Ok(())
}

/// INV-04: the insurance vault holds at least what is booked.
pub(crate) fn assert_insurance(market: &Market, insurance_vault: &AccountInfo) -> Result<()> {
    let held = token::amount(insurance_vault)?;
    require!(held >= market.insurance_atoms, BulkheadError::InsuranceVaultBelowBooked);
    Ok(())
}
