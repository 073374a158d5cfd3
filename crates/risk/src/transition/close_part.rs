//! Closing a part of a position: the core that decrease, liquidation and settlement share.

use crate::error::{Result, RiskError};
use crate::fixed;
use crate::impact::{Impact, buys};
use crate::ledger::Ledger;
use crate::orders::OrderAction;
use crate::params::Params;
use crate::position::{Position, PositionStatus};
use crate::transition::{clear_owed, count_collateral};
use crate::units::{BaseAtoms, Ppm, PriceE12, QuoteAtoms, SignedQuoteAtoms, UnixSeconds};

/// What closing a part realised. Fees come on top and are the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosedPart {
    /// Size closed.
    pub size: BaseAtoms,
    /// Its value at the fill price, rounded up.
    pub notional: QuoteAtoms,
    /// Fill price.
    pub price: PriceE12,
    /// Realised profit and loss, rounded down.
    pub pnl: SignedQuoteAtoms,
    /// Funding receivable realised with it.
    pub due: QuoteAtoms,
    /// Paid by the pool: min(f * gain, f * reserved).
    pub payout: QuoteAtoms,
    /// Loss paid to the pool.
    pub loss_paid: QuoteAtoms,
    /// Borrow fee and funding paid to the pool: all that was owed.
    pub owed_paid: QuoteAtoms,
    /// What the collateral did not suffice for: borne by the pool, nobody's debt.
    pub shortfall: QuoteAtoms,
    /// Payout no longer set aside.
    pub reserved_released: QuoteAtoms,
    /// Whether nothing of the position is left open.
    pub is_full: bool,
}

/// Closes `size` of `position` (accrued) at `price` and books everything but fees.
///
/// Loss is paid before what is owed; both from collateral and payout together. In a partial close they
/// must suffice.
fn close_part(
    params: &Params,
    ledger: &mut Ledger,
    position: &mut Position,
    size: BaseAtoms,
    price: PriceE12,
) -> Result<ClosedPart> {
    let is_full = size == position.size;
    let (due, reserved_released) = if is_full {
        (position.due, position.reserved)
    } else {
        let share =
            |amount: QuoteAtoms| fixed::mul_div_u64_floor(amount.0, size.0, position.size.0).map(QuoteAtoms);
        (share(position.due)?, share(position.reserved)?)
    };
    let pnl = position.pnl_of(size, params, price)?;
    let gain = pnl.plus(due.signed())?;
    let payout = gain.positive_part()?.min(reserved_released);
    let loss = gain.negative_part()?;
    let available = position.collateral.plus(payout)?;
    let loss_paid = loss.min(available);
    let owed = position.owed()?;
    let owed_paid = owed.min(available.minus(loss_paid)?);
    let shortfall = loss.minus(loss_paid)?.plus(owed.minus(owed_paid)?)?;
    if !is_full && !shortfall.is_zero() {
        return Err(RiskError::DecreaseWorsensHealth);
    }

    let notional = params.notional_ceil(size, price)?;
    book_side(ledger, position, size, reserved_released, is_full)?;
    ledger.pool = ledger.pool.plus(loss_paid)?.plus(owed_paid)?.minus(payout)?;
    clear_owed(ledger, position)?;
    ledger.funding_due = ledger.funding_due.minus(due.min(ledger.funding_due))?;
    ledger.shortfall_total = ledger.shortfall_total.plus(shortfall)?;

    position.collateral = available.minus(loss_paid)?.minus(owed_paid)?;
    position.due = position.due.minus(due)?;
    position.reserved = position.reserved.minus(reserved_released)?;
    position.size = position.size.minus(size)?;
    if is_full {
        retire(position);
    }
    Ok(ClosedPart {
        size,
        notional,
        price,
        pnl,
        due,
        payout,
        loss_paid,
        owed_paid,
        shortfall,
        reserved_released,
        is_full,
    })
}

/// The same at the price that `impact` makes of `price`, booking what it does to the reference price.
///
/// A charge that ends in a gain beyond the payout cap, or in a loss beyond the collateral, is not paid: had it
/// counted, the rebate for it would come out of the pool.
pub(crate) fn close_with_impact(
    params: &Params,
    ledger: &mut Ledger,
    position: &mut Position,
    size: BaseAtoms,
    price: PriceE12,
    impact: &Impact,
) -> Result<ClosedPart> {
    let is_buy = buys(position.side, OrderAction::Decrease);
    let fill = impact.on_price(params, is_buy, size, price)?;
    let pnl_without = if fill == price { None } else { Some(position.pnl_of(size, params, price)?) };
    let closed = close_part(params, ledger, position, size, fill)?;
    let pnl_without = pnl_without.unwrap_or(closed.pnl);
    let gain_without = pnl_without.plus(closed.due.signed())?;
    let is_paid = closed.shortfall.is_zero() && gain_without.0 <= closed.reserved_released.signed().0;
    ledger.impact_reference = impact.reference(is_paid);
    Ok(closed)
}

fn book_side(
    ledger: &mut Ledger,
    position: &mut Position,
    size: BaseAtoms,
    reserved_released: QuoteAtoms,
    is_full: bool,
) -> Result<()> {
    let cost = fixed::product(size.0, position.entry.0);
    let side = ledger.side_mut(position.side);
    side.open_interest = side.open_interest.minus(size)?;
    side.cost_e12 = side.cost_e12.checked_sub(cost).ok_or(RiskError::AccountingBroken)?;
    side.reserved = side.reserved.minus(reserved_released)?;
    if is_full {
        side.positions = side.positions.checked_sub(1).ok_or(RiskError::AccountingBroken)?;
        count_collateral(ledger, position, QuoteAtoms::ZERO)?;
    }
    Ok(())
}

/// Closed is for good: no requirement, no sighting, no price.
fn retire(position: &mut Position) {
    position.status = PositionStatus::Closed;
    position.entry = PriceE12::ZERO;
    position.margin_ppm = Ppm::ZERO;
    position.addon_ppm = Ppm::ZERO;
    position.liquidation_fee_ppm = Ppm::ZERO;
    position.below_since = UnixSeconds::ZERO;
    position.margin_called = false;
}

/// Takes the trade fee of `notional` from the collateral, as far as it goes: a fee never blocks an exit. Of a
/// part it must go all the way: closing in parts while the vault is empty would else cost less than at once.
pub(crate) fn take_trade_fee(
    params: &Params,
    ledger: &mut Ledger,
    position: &mut Position,
    notional: QuoteAtoms,
) -> Result<QuoteAtoms> {
    let whole = notional.share_ceil(params.trade_fee_ppm)?;
    let fee = whole.min(position.collateral);
    if fee < whole && position.status == PositionStatus::Open {
        return Err(RiskError::DecreaseWorsensHealth);
    }
    position.collateral = position.collateral.minus(fee)?;
    ledger.book_trade_fee(fee)?;
    Ok(fee)
}
