//! Funding and borrow: rates from the state, indexes over time, and what a position has accrued.
//!
//! Indexes advance to `now` before any check, at the rates and the price that held since the last advance.
//! Formulas: docs/math.md, "Funding" and "Borrow".

use crate::error::{Result, RiskError};
use crate::fixed;
use crate::ledger::{Ledger, Side};
use crate::params::Params;
use crate::position::Position;
use crate::units::{PriceE12, QuoteAtoms, UnixSeconds};

const E12: u64 = 1_000_000_000_000;
const E6: u64 = 1_000_000;
const TWICE_E6: u64 = 2_000_000;
const E18: u64 = 1_000_000_000_000_000_000;

/// Borrow rate per second in 10^-12: linear from 0 to the kink, linear from there to full, flat beyond.
pub fn borrow_rate_e12_floor(params: &Params, ledger: &Ledger) -> Result<u64> {
    if params.borrow_full_rate_e12 == 0 {
        return Ok(0);
    }
    let used = u64::from(ledger.utilisation_ppm_ceil()?.0);
    let kink = u64::from(params.borrow_kink_utilisation_ppm.0);
    let full = u64::from(params.borrow_full_utilisation_ppm.0);
    if used <= kink {
        return match kink {
            0 => Ok(0),
            _ => fixed::mul_div_u64_floor(params.borrow_kink_rate_e12, used, kink),
        };
    }
    let rise =
        params.borrow_full_rate_e12.checked_sub(params.borrow_kink_rate_e12).ok_or(RiskError::Overflow)?;
    let above = used.min(full).checked_sub(kink).ok_or(RiskError::Overflow)?;
    let span = full.checked_sub(kink).ok_or(RiskError::Overflow)?;
    let risen = fixed::mul_div_u64_floor(rise, above, span)?;
    params.borrow_kink_rate_e12.checked_add(risen).ok_or(RiskError::Overflow)
}

/// Funding rate per second in 10^-18 after `seconds` at the present skew:
/// rate + clamp(skew / scale, -1, 1) * velocity * seconds, clamped to the largest rate. A drift is rounded
/// towards none, by less than one unit a step.
pub fn funding_rate_e18_after(
    params: &Params,
    ledger: &Ledger,
    index: PriceE12,
    seconds: u64,
) -> Result<i64> {
    let scale = params.funding_skew_scale_quote_atoms.0;
    let rate_max = fixed::mul(params.funding_rate_max_e12, E6)?;
    if scale == 0 || rate_max == 0 {
        return Ok(0);
    }
    let long = params.notional_floor(ledger.long.open_interest, index)?;
    let short = params.notional_floor(ledger.short.open_interest, index)?;
    let skew = long.0.abs_diff(short.0).min(scale);
    let drift_e18 = fixed::mul_div_floor(
        u128::from(params.funding_velocity_max_e18),
        fixed::product(skew, seconds),
        u128::from(scale),
    )?;
    // A drift from one end beyond the other is clamped like one that just reaches it, and fits the rate's type.
    let before = ledger.funding_rate_e18;
    let farthest = rate_max.checked_add(before.unsigned_abs()).ok_or(RiskError::Overflow)?;
    let drift = u64::try_from(drift_e18).map_or(farthest, |drift| drift.min(farthest));
    let drift = i64::try_from(drift).map_err(|_| RiskError::Overflow)?;
    let moved = if long >= short { before.checked_add(drift) } else { before.checked_sub(drift) };
    let most = i64::try_from(rate_max).map_err(|_| RiskError::Overflow)?;
    let least = most.checked_neg().ok_or(RiskError::Overflow)?;
    Ok(moved.ok_or(RiskError::Overflow)?.clamp(least, most))
}

impl Ledger {
    /// Advances the borrow and funding indexes to `now`, at `index`, the price that held until now.
    pub fn accrue(&mut self, params: &Params, index: PriceE12, now: UnixSeconds) -> Result<()> {
        let seconds = now.since(self.accrued_at)?;
        if seconds == 0 {
            return Ok(());
        }
        if !self.accrued_at.is_zero() {
            self.accrue_borrow(params, seconds)?;
            self.accrue_funding(params, index, seconds)?;
        }
        self.accrued_at = now;
        Ok(())
    }

    fn accrue_borrow(&mut self, params: &Params, seconds: u64) -> Result<()> {
        let rate = borrow_rate_e12_floor(params, self)?;
        if rate == 0 {
            return Ok(());
        }
        let growth = fixed::product(rate, seconds);
        self.borrow_index_e12 = self.borrow_index_e12.checked_add(growth).ok_or(RiskError::Overflow)?;
        let owed = fixed::mul_div_floor(u128::from(self.reserved()?.0), growth, u128::from(E12))?;
        self.borrow_owed = self.borrow_owed.plus(QuoteAtoms(fixed::narrow(owed)?))?;
        Ok(())
    }

    fn accrue_funding(&mut self, params: &Params, index: PriceE12, seconds: u64) -> Result<()> {
        let before = self.funding_rate_e18;
        let after = funding_rate_e18_after(params, self, index, seconds)?;
        self.funding_rate_e18 = after;
        // Trapezoid: twice the mean rate over the interval.
        let twice = i128::from(before).checked_add(i128::from(after)).ok_or(RiskError::Overflow)?;
        if twice == 0 {
            return Ok(());
        }
        let payer = if twice > 0 { Side::Long } else { Side::Short };
        let paid = self.side(payer).open_interest;
        let received = self.side(payer.opposite()).open_interest;
        let twice_over_time = fixed::times(twice.unsigned_abs(), seconds)?;
        let growth = fixed::div_u64_floor(fixed::times(twice_over_time, index.0)?, TWICE_E6)?;
        let payers = self.side_mut(payer);
        payers.funding_paid_e24 = payers.funding_paid_e24.checked_add(growth).ok_or(RiskError::Overflow)?;
        if received.is_zero() {
            return Ok(());
        }
        // Receivers share what the payers pay; where payers are the larger side, the pool keeps the rest.
        let shared = fixed::mul_div_floor(growth, u128::from(paid.min(received).0), u128::from(received.0))?;
        let due = funding_amount_ceil(params, received.0, shared)?;
        let receivers = self.side_mut(payer.opposite());
        receivers.funding_received_e24 =
            receivers.funding_received_e24.checked_add(shared).ok_or(RiskError::Overflow)?;
        self.funding_due = self.funding_due.plus(due)?;
        Ok(())
    }
}

/// Borrow fee on what is set aside, for a growth of the index.
pub(crate) fn borrow_amount_ceil(reserved: QuoteAtoms, growth_e12: u128) -> Result<QuoteAtoms> {
    let amount = fixed::mul_div_ceil(u128::from(reserved.0), growth_e12, u128::from(E12))?;
    fixed::narrow(amount).map(QuoteAtoms)
}

fn funding_amount_ceil(params: &Params, size: u64, growth_e24: u128) -> Result<QuoteAtoms> {
    // Divided in two steps, which rounds no differently: both divisors fit 64 bits, and their product does not.
    let amount = fixed::mul_div_ceil(u128::from(size), growth_e24, u128::from(E12))?;
    fixed::narrow(fixed::div_u64_ceil(amount, params.notional_divisor)?).map(QuoteAtoms)
}

fn funding_amount_floor(params: &Params, size: u64, growth_e24: u128) -> Result<QuoteAtoms> {
    let amount = fixed::mul_div_floor(u128::from(size), growth_e24, u128::from(E12))?;
    fixed::narrow(fixed::div_u64_floor(amount, params.notional_divisor)?).map(QuoteAtoms)
}

impl Position {
    /// The position with everything booked that it has accrued: payables rounded up, receivables down.
    pub fn accrued(&self, params: &Params, ledger: &Ledger) -> Result<Self> {
        let mut next = *self;
        next.accrue(params, ledger)?;
        Ok(next)
    }

    /// The same in place; after an error it is of no use.
    pub fn accrue(&mut self, params: &Params, ledger: &Ledger) -> Result<()> {
        let side = ledger.side(self.side);
        let growth = |now: u128, then: u128| now.checked_sub(then).ok_or(RiskError::AccountingBroken);
        let borrow = growth(ledger.borrow_index_e12, self.borrow_snapshot_e12)?;
        if borrow != 0 {
            self.owed_borrow = self.owed_borrow.plus(borrow_amount_ceil(self.reserved, borrow)?)?;
            self.borrow_snapshot_e12 = ledger.borrow_index_e12;
        }
        let paid = growth(side.funding_paid_e24, self.funding_paid_snapshot_e24)?;
        if paid != 0 {
            self.owed_funding = self.owed_funding.plus(funding_amount_ceil(params, self.size.0, paid)?)?;
            self.funding_paid_snapshot_e24 = side.funding_paid_e24;
        }
        let received = growth(side.funding_received_e24, self.funding_received_snapshot_e24)?;
        if received != 0 {
            self.due = self.due.plus(funding_amount_floor(params, self.size.0, received)?)?;
            self.funding_received_snapshot_e24 = side.funding_received_e24;
        }
        Ok(())
    }

    /// What it would accrue in payables over `seconds` at the present rates, rounded up.
    pub fn carry_ceil(
        &self,
        params: &Params,
        ledger: &Ledger,
        index: PriceE12,
        seconds: u64,
    ) -> Result<QuoteAtoms> {
        let rate = borrow_rate_e12_floor(params, ledger)?;
        let borrow = fixed::product(rate, seconds);
        let pays = match self.side {
            Side::Long => ledger.funding_rate_e18 > 0,
            Side::Short => ledger.funding_rate_e18 < 0,
        };
        let mut carry = borrow_amount_ceil(self.reserved, borrow)?;
        if pays {
            let notional = params.notional_ceil(self.size, index)?;
            let growth = fixed::product(ledger.funding_rate_e18.unsigned_abs(), seconds);
            let funding = fixed::mul_div_ceil(u128::from(notional.0), growth, u128::from(E18))?;
            carry = carry.plus(QuoteAtoms(fixed::narrow(funding)?))?;
        }
        Ok(carry)
    }
}
