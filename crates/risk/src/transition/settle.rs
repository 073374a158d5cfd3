//! Settling a position that cannot gain more, and collecting from a vault that was frozen when it closed.

use crate::accrual::borrow_amount_ceil;
use crate::error::{Result, RiskError};
use crate::impact::{buys, impact_without_rebate};
use crate::ledger::Ledger;
use crate::market::Market;
use crate::oracle::Sample;
use crate::orders::OrderAction;
use crate::position::{Position, PositionStatus};
use crate::transition::PoolFlow;
use crate::transition::close_part::{ClosedPart, close_with_impact, take_trade_fee};
use crate::units::{PriceE12, QuoteAtoms};

/// What settling did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "store and transfer exactly these"]
pub struct SettleReport {
    /// What was realised.
    pub closed: ClosedPart,
    /// Close fee.
    pub trade_fee: QuoteAtoms,
    /// To whoever settled, out of the crank budget in the pool vault.
    pub keeper_pay: QuoteAtoms,
    /// Tokens between vault and pool.
    pub flow: PoolFlow,
    /// Position afterwards.
    pub position: Position,
    /// Ledger afterwards.
    pub ledger: Ledger,
}

/// Closes a position whose gain has reached its payout cap. Anyone may: it can only lose from there.
///
/// It settles at the index. `market` has observed `sample`.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
pub fn settle_capped(market: &Market, position: &Position, sample: &Sample) -> Result<SettleReport> {
    position.require_open()?;
    let mut position = position.accrued(&market.params, &market.ledger)?;
    let value = position.value(&market.params, sample.price)?;
    if !position.has_reached_cap(&value) {
        return Err(RiskError::PayoutCapNotReached);
    }
    settle_at(market, &mut position, sample.price)?.ok_or(RiskError::PayoutCapNotReached)
}

/// Closes all of an accrued position at `price` with the ordinary close fee and the price impact; `None` where
/// the impact would leave less than the payout cap: its owner is not settled for less by a stranger.
///
/// Whoever settles gets the keeper's least pay from the crank budget, and never more than the close fee: there
/// is nothing to gain from settling one's own positions.
pub(crate) fn settle_at(
    market: &Market,
    position: &mut Position,
    price: PriceE12,
) -> Result<Option<SettleReport>> {
    let params = &market.params;
    let mut ledger = market.ledger;
    let size = position.size;
    let is_buy = buys(position.side, OrderAction::Decrease);
    let impact = impact_without_rebate(params, &ledger, is_buy, size, market.oracle.index)?;
    let fill = impact.on_price(params, is_buy, size, price)?;
    if !position.has_reached_cap(&position.value(params, fill)?) {
        return Ok(None);
    }
    let closed = close_with_impact(params, &mut ledger, position, size, price, &impact)?;
    let trade_fee = take_trade_fee(params, &mut ledger, position, closed.notional)?;
    let keeper_pay = ledger.pay_from_crank_budget(params.keeper_floor_quote_atoms.min(trade_fee))?;
    let to_pool = closed.loss_paid.plus(closed.owed_paid)?.plus(trade_fee)?;
    let flow = PoolFlow::net(to_pool, closed.payout)?;
    Ok(Some(SettleReport { closed, trade_fee, keeper_pay, flow, position: *position, ledger }))
}

/// What collecting from a thawed vault did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "store and transfer exactly these"]
pub struct CollectReport {
    /// Tokens between vault and pool.
    pub flow: PoolFlow,
    /// Position afterwards.
    pub position: Position,
    /// Ledger afterwards.
    pub ledger: Ledger,
}

/// Hands over what stayed owed when a position was closed in the books while its vault was frozen: to the
/// pool what it lost, or to the vault what the pool had set aside for it.
pub fn collect_frozen(ledger: &Ledger, position: &Position) -> Result<CollectReport> {
    if position.status != PositionStatus::Closed {
        return Err(RiskError::PositionNotFlat);
    }
    let mut ledger = *ledger;
    let mut position = *position;
    let flow = PoolFlow { to_pool: position.frozen_owed, to_vault: position.reserved };
    if flow.to_pool.is_zero() && flow.to_vault.is_zero() {
        return Err(RiskError::AmountZero);
    }
    ledger.pool = ledger.pool.plus(flow.to_pool)?.minus(flow.to_vault)?;
    // What lay set aside counted as borrowing, which nobody owes for a position that was closed.
    let waited = ledger.borrow_index_e12.checked_sub(position.borrow_snapshot_e12);
    let waited = waited.ok_or(RiskError::AccountingBroken)?;
    let unowed = borrow_amount_ceil(flow.to_vault, waited)?;
    ledger.borrow_owed = ledger.borrow_owed.minus(unowed.min(ledger.borrow_owed))?;
    let side = ledger.side_mut(position.side);
    side.reserved = side.reserved.minus(flow.to_vault)?;
    position.collateral = position.collateral.minus(flow.to_pool)?.plus(flow.to_vault)?;
    position.frozen_owed = QuoteAtoms::ZERO;
    position.reserved = QuoteAtoms::ZERO;
    Ok(CollectReport { flow, position, ledger })
}
