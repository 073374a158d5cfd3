//! State changes: pure functions from views and arguments to a report of every amount.
//!
//! A report holds the position and the ledger as they are afterwards, and the amounts by which tokens
//! move. The program stores and transfers exactly these; nothing else computes them a second time.

mod close_part;
mod collateral;
mod decrease;
mod increase;
mod liquidate;
mod release_funds;
mod settle;
mod settle_final;

pub use close_part::ClosedPart;
pub use collateral::{CollateralReport, add_collateral, remove_collateral};
pub use decrease::{DecreaseArgs, DecreaseReport, decrease};
pub use increase::{IncreaseArgs, IncreaseReport, increase};
pub use liquidate::{Frozen, Liquidation, LiquidationReport, liquidate};
pub use release_funds::{ReleaseReport, release_funds};
pub use settle::{CollectReport, SettleReport, collect_frozen, settle_capped};
pub use settle_final::{FinalReport, settle_final};

use crate::error::Result;
use crate::ledger::Ledger;
use crate::position::Position;
use crate::units::QuoteAtoms;

/// Net flow between a position's vault and the pool vault. At most one of the two is not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "transfer exactly these amounts"]
pub struct PoolFlow {
    /// From the position's vault to the pool vault.
    pub to_pool: QuoteAtoms,
    /// From the pool vault to the position's vault.
    pub to_vault: QuoteAtoms,
}

impl PoolFlow {
    /// The net of what goes each way.
    pub fn net(to_pool: QuoteAtoms, to_vault: QuoteAtoms) -> Result<Self> {
        let net = match to_pool >= to_vault {
            true => Self { to_pool: to_pool.minus(to_vault)?, to_vault: QuoteAtoms::ZERO },
            false => Self { to_pool: QuoteAtoms::ZERO, to_vault: to_vault.minus(to_pool)? },
        };
        Ok(net)
    }
}

/// Nothing is owed any more: what could be paid has been, the rest is shortfall.
fn clear_owed(ledger: &mut Ledger, position: &mut Position) -> Result<()> {
    ledger.borrow_owed = ledger.borrow_owed.minus(position.owed_borrow.min(ledger.borrow_owed))?;
    position.owed_borrow = QuoteAtoms::ZERO;
    position.owed_funding = QuoteAtoms::ZERO;
    Ok(())
}

/// Brings the side's collateral sum up to the position's collateral.
fn count_collateral(ledger: &mut Ledger, position: &mut Position, counted: QuoteAtoms) -> Result<()> {
    let side = ledger.side_mut(position.side);
    side.collateral = side.collateral.minus(position.collateral_counted)?.plus(counted)?;
    position.collateral_counted = counted;
    Ok(())
}
