//! The pool as anyone may ask for it: its worth, what of it is promised, and what may leave.

use crate::error::{Result, RiskError};
use crate::fixed;
use crate::market::Market;
use crate::pool::withdraw::{free_liquidity, outflow_left_floor, value_for_withdrawal};
use crate::pool::{gains_capped, value_for_deposit};
use crate::units::{Ppm, PriceE12, QuoteAtoms, UnixSeconds};

const E9: u64 = 1_000_000_000;

/// The pool at a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    /// Worth to those who enter; zero where it owes more than it has, and nobody can.
    pub value_for_deposit: QuoteAtoms,
    /// Worth to those who leave.
    pub value_for_withdrawal: QuoteAtoms,
    /// What a share costs on entering, in 10^-9 atoms, rounded down; zero without shares.
    pub deposit_price_e9: u64,
    /// What a share brings on leaving, in 10^-9 atoms, rounded down; zero without shares.
    pub withdrawal_price_e9: u64,
    /// Traders' gains, up to what is set aside, and funding due to them: the pool's no more.
    pub promised: QuoteAtoms,
    /// Payouts set aside.
    pub reserved: QuoteAtoms,
    /// What is not set aside.
    pub free: QuoteAtoms,
    /// What withdrawals may still take by the hourly limit.
    pub outflow_left: QuoteAtoms,
    /// Share of the pool that is set aside, rounded up.
    pub utilisation_ppm: Ppm,
}

/// The pool of `market` at `price`. `market` is accrued to `now`.
pub fn state(market: &Market, price: PriceE12, now: UnixSeconds) -> Result<PoolState> {
    let ledger = &market.ledger;
    let value_for_deposit = match value_for_deposit(market, price) {
        Err(RiskError::PoolInsolvent) => QuoteAtoms::ZERO,
        other => other?,
    };
    let value_for_withdrawal = value_for_withdrawal(market, price)?;
    let per_share = |value: QuoteAtoms| match ledger.shares.is_zero() {
        true => Ok(0),
        false => fixed::mul_div_u64_floor(value.0, E9, ledger.shares.0),
    };
    Ok(PoolState {
        value_for_deposit,
        value_for_withdrawal,
        deposit_price_e9: per_share(value_for_deposit)?,
        withdrawal_price_e9: per_share(value_for_withdrawal)?,
        promised: gains_capped(market, price)?.plus(ledger.funding_due)?,
        reserved: ledger.reserved()?,
        free: free_liquidity(ledger)?,
        outflow_left: outflow_left_floor(ledger, now)?,
        utilisation_ppm: ledger.utilisation_ppm_ceil()?,
    })
}
