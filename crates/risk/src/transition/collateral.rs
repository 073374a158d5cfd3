//! Adding and removing collateral.

use crate::error::{Result, RiskError};
use crate::ledger::Ledger;
use crate::margin::Judgement;
use crate::market::Market;
use crate::oracle::Sample;
use crate::params::CARRY_SECS_AFTER_REMOVAL;
use crate::position::{Position, PositionStatus};
use crate::transition::{PoolFlow, clear_owed, count_collateral};
use crate::units::{QuoteAtoms, UnixSeconds};

/// What a removal did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "store and transfer exactly these"]
pub struct CollateralReport {
    /// To the owner.
    pub removed: QuoteAtoms,
    /// Borrow fee and funding paid on the way.
    pub owed_paid: QuoteAtoms,
    /// Initial margin and seven days' carry that had to stay.
    pub required: QuoteAtoms,
    /// Tokens between vault and pool.
    pub flow: PoolFlow,
    /// Position afterwards.
    pub position: Position,
    /// Ledger afterwards.
    pub ledger: Ledger,
}

/// Adds collateral. Needs no price and no market: nothing can block it but a closed position.
pub fn add_collateral(position: &Position, amount: QuoteAtoms) -> Result<Position> {
    if amount.is_zero() {
        return Err(RiskError::AmountZero);
    }
    if position.status == PositionStatus::Closed {
        return Err(RiskError::PositionClosed);
    }
    Ok(Position { collateral: position.collateral.plus(amount)?, ..*position })
}

/// Removes collateral. What stays is, with gains counted as zero and at the worst of edge and mark, at
/// least the initial margin and seven days of borrow and funding at the present rates.
///
/// `market` has observed `sample` for [`crate::Purpose::Risk`].
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
pub fn remove_collateral(
    market: &Market,
    position: &Position,
    sample: &Sample,
    amount: QuoteAtoms,
    now: UnixSeconds,
) -> Result<CollateralReport> {
    if amount.is_zero() {
        return Err(RiskError::AmountZero);
    }
    position.require_open()?;
    let params = &market.params;
    let mut position = *position;
    position.accrue(params, &market.ledger)?;
    position.lift(market, sample, now)?;
    // CANNOT remove while its stored margin is behind the market's.
    if position.is_reduce_only(market)? {
        return Err(RiskError::PositionReduceOnly);
    }
    let mut ledger = market.ledger;
    let owed_paid = position.owed()?;
    let leaves = owed_paid.plus(amount)?;
    position.collateral = position.collateral.minus(leaves).map_err(|_| RiskError::InsufficientCollateral)?;
    clear_owed(&mut ledger, &mut position)?;
    ledger.pool = ledger.pool.plus(owed_paid)?;
    let counted = position.collateral;
    count_collateral(&mut ledger, &mut position, counted)?;

    let judged = Judgement::of(market, position.side, sample)?;
    let rate = market.initial_ppm_of(&position, market.addon_ppm(position.side)?, sample)?;
    let initial = params.notional_ceil(position.size, judged.notional_price)?.share_ceil(rate)?;
    let carry = position.carry_ceil(params, &market.ledger, sample.price, CARRY_SECS_AFTER_REMOVAL)?;
    let required = initial.plus(carry)?;
    if position.equity_without_gains(params, judged.equity_price)?.0 < required.signed().0 {
        return Err(RiskError::InitialMarginShort);
    }
    // It meets the initial margin at this sample: an older sighting is void.
    position.below_since = UnixSeconds::ZERO;
    let flow = PoolFlow::net(owed_paid, QuoteAtoms::ZERO)?;
    Ok(CollateralReport { removed: amount, owed_paid, required, flow, position, ledger })
}
