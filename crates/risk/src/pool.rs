//! The pool's worth for those who enter, and the shares they get. Formulas: docs/math.md, "Pool".

pub mod state;
pub mod withdraw;

use crate::error::{Result, RiskError};
use crate::fixed;
use crate::ledger::{Ledger, Side};
use crate::market::Market;
use crate::units::{PriceE12, QuoteAtoms, Shares};

/// Shares of the first deposit that nobody gets: with them the price of a share cannot be driven up by a
/// first depositor who owns all of it.
pub const SHARES_LOCKED: Shares = Shares(1_000_000);

/// What a deposit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "transfer and mint exactly these"]
pub struct DepositReport {
    /// Collateral into the pool.
    pub amount: QuoteAtoms,
    /// Shares to the depositor.
    pub shares: Shares,
    /// Worth of the pool before, for a deposit.
    pub value_before: QuoteAtoms,
    /// Ledger afterwards.
    pub ledger: Ledger,
}

/// NAV_deposit at `index`: pool + losses of the sides - sum of min(reserved, gains) + borrow accrued.
///
/// The side's sums stand for its positions. Losses are not capped by the collateral that the side has
/// counted: collateral added since is not in that sum, and a newcomer must not get a share of a loss that
/// will still be paid in. What is too much by it, the newcomer sees beforehand and can refuse.
pub fn value_for_deposit(market: &Market, index: PriceE12) -> Result<QuoteAtoms> {
    let (losses, gains) = losses_and_gains(market, index)?;
    let claims = market.ledger.pool.plus(market.ledger.borrow_owed)?.plus(losses)?;
    claims.minus(gains).map_err(|_| RiskError::PoolInsolvent)
}

/// Gains of both sides at `price`, each up to what is set aside for it: the pool's no more.
pub fn gains_capped(market: &Market, price: PriceE12) -> Result<QuoteAtoms> {
    losses_and_gains(market, price).map(|(_, gains)| gains)
}

/// Losses of both sides, and gains as in [`gains_capped`].
fn losses_and_gains(market: &Market, price: PriceE12) -> Result<(QuoteAtoms, QuoteAtoms)> {
    let mut sums = (QuoteAtoms::ZERO, QuoteAtoms::ZERO);
    for side in [Side::Long, Side::Short] {
        let ledger = market.ledger.side(side);
        let pnl = ledger.pnl(side, &market.params, price)?;
        sums.0 = sums.0.plus(pnl.negative_part()?)?;
        sums.1 = sums.1.plus(pnl.positive_part()?.min(ledger.reserved))?;
    }
    Ok(sums)
}

/// Shares for `amount`, rounded down; the first deposit gives one share an atom and locks
/// [`SHARES_LOCKED`]. `market` has observed a sample for [`crate::Purpose::Risk`].
pub fn deposit(market: &Market, amount: QuoteAtoms) -> Result<DepositReport> {
    market.require_active()?;
    if amount.is_zero() {
        return Err(RiskError::AmountZero);
    }
    let mut ledger = market.ledger;
    let (shares, minted, value_before) = if ledger.shares.is_zero() {
        // What lies in a pool without shares is nobody's; the first depositor takes it over.
        let minted = Shares(amount.0);
        let to_depositor = minted.minus(SHARES_LOCKED).map_err(|_| RiskError::DepositTooSmall)?;
        (to_depositor, minted, QuoteAtoms::ZERO)
    } else {
        let value = value_for_deposit(market, market.oracle.index)?;
        if value.is_zero() {
            return Err(RiskError::PoolInsolvent);
        }
        let shares = Shares(fixed::mul_div_u64_floor(amount.0, ledger.shares.0, value.0)?);
        (shares, shares, value)
    };
    if shares.is_zero() {
        return Err(RiskError::DepositTooSmall);
    }
    ledger.shares = ledger.shares.plus(minted)?;
    ledger.pool = ledger.pool.plus(amount)?;
    Ok(DepositReport { amount, shares, value_before, ledger })
}
