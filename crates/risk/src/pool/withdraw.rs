//! Leaving the pool: what shares are worth to those who go, how much may go now, and when.
//!
//! Whoever leaves gets nothing of what traders have lost or owe and not paid yet, and bears all that they
//! have won: so nobody who enters and leaves at one price takes anything from those who stay. Formulas:
//! docs/math.md, "Withdrawals". Why each time is what it is: docs/adr/0019.

use crate::error::{Result, RiskError};
use crate::fixed;
use crate::ledger::Ledger;
use crate::market::Market;
use crate::outflow::OutflowLimit;
use crate::params::Params;
use crate::pool::gains_capped;
use crate::units::{Ppm, PriceE12, QuoteAtoms, Shares, UnixSeconds};

/// A withdrawal can be executed this long after it was requested: 1 hour.
pub const MATURES_AFTER_SECS: u32 = 3_600;
/// ... and for this long: 1 hour. A payment in part opens the window anew.
pub const WINDOW_SECS: u32 = 3_600;
/// Its owner may cancel it until this long before it can be executed: 10 minutes.
pub const COMMITTED_SECS: u32 = 600;
/// The longest that anyone can keep a withdrawal waiting for liquidity against its owner's will, and the
/// longest that withdrawals wait before new positions do: 24 hours.
pub const SHORT_PATIENCE_SECS: u64 = 86_400;
/// What withdrawals may take out of the pool: a fifth of it an hour.
pub const OUTFLOW: OutflowLimit = OutflowLimit { share: Ppm(200_000), period_secs: 3_600 };

/// A withdrawal that waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Withdrawal {
    /// Shares in escrow that are not paid yet.
    pub shares: Shares,
    /// Lamports left for those who execute it.
    pub tip_lamports: u64,
    /// From then on it can be executed.
    pub executable_from: UnixSeconds,
    /// From then on it can only be cancelled.
    pub lapses_at: UnixSeconds,
    /// When it was first executed and not paid in full; zero if never.
    pub short_since: UnixSeconds,
}

/// What executing a withdrawal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "transfer, burn and store exactly these"]
pub struct WithdrawalReport {
    /// Collateral out of the pool, rounded down.
    pub amount: QuoteAtoms,
    /// Shares that go for it. With the last of them goes what others have sent to the escrow.
    pub shares_burnt: Shares,
    /// Part of the tip for whoever executes, as the shares paid are of those that waited.
    pub tip_lamports: u64,
    /// Worth of the pool before, for a withdrawal.
    pub value_before: QuoteAtoms,
    /// The withdrawal afterwards; without shares it is done.
    pub withdrawal: Withdrawal,
    /// Ledger afterwards.
    pub ledger: Ledger,
}

impl WithdrawalReport {
    /// Whether all of it is paid.
    pub fn is_done(&self) -> bool {
        self.withdrawal.shares.is_zero()
    }
}

/// NAV_withdraw at `price`: pool - sum over sides of min(reserved, gains) - funding due to traders, not below
/// zero. Losses and fees that traders have not paid count zero.
pub fn value_for_withdrawal(market: &Market, price: PriceE12) -> Result<QuoteAtoms> {
    let ledger = &market.ledger;
    let promised = gains_capped(market, price)?.plus(ledger.funding_due)?;
    ledger.pool.minus(promised.min(ledger.pool))
}

/// What of the pool is not set aside for a payout.
pub fn free_liquidity(ledger: &Ledger) -> Result<QuoteAtoms> {
    ledger.pool.minus(ledger.reserved()?.min(ledger.pool))
}

/// What withdrawals may still take at `now` by the hourly limit, whatever is free.
pub fn outflow_left_floor(ledger: &Ledger, now: UnixSeconds) -> Result<QuoteAtoms> {
    ledger.withdrawal_outflow.left_floor(ledger.pool, OUTFLOW, now)
}

/// A request for `shares` at `now`. They must be worth a cent of the booked pool: no price is needed, and
/// what nobody would come to execute is refused.
pub fn request(
    ledger: &Ledger,
    params: &Params,
    shares: Shares,
    tip_lamports: u64,
    now: UnixSeconds,
) -> Result<Withdrawal> {
    if shares.is_zero() {
        return Err(RiskError::AmountZero);
    }
    if shares > ledger.shares {
        return Err(RiskError::WithdrawalTooSmall);
    }
    let worth = fixed::mul_div_u64_floor(shares.0, ledger.pool.0, ledger.shares.0)?;
    let cent = u32::from(params.quote_decimals)
        .checked_sub(2)
        .and_then(|exponent| 10_u64.checked_pow(exponent))
        .ok_or(RiskError::Overflow)?;
    if worth < cent {
        return Err(RiskError::WithdrawalTooSmall);
    }
    let executable_from = now.after_secs(MATURES_AFTER_SECS)?;
    let lapses_at = executable_from.after_secs(WINDOW_SECS)?;
    Ok(Withdrawal { shares, tip_lamports, executable_from, lapses_at, short_since: UnixSeconds::ZERO })
}

impl Withdrawal {
    /// An error outside of its window: `[executable_from, lapses_at)`.
    pub fn require_executable(&self, now: UnixSeconds) -> Result<()> {
        if now < self.executable_from {
            return Err(RiskError::WithdrawalNotMatured);
        }
        if now >= self.lapses_at {
            return Err(RiskError::WithdrawalLapsed);
        }
        Ok(())
    }

    /// Whether its window is over.
    pub fn has_lapsed(&self, now: UnixSeconds) -> bool {
        now >= self.lapses_at
    }

    /// An error where it cannot be cancelled. Anyone may once it has lapsed; its owner until ten minutes
    /// before it can be executed, and again once it has waited for liquidity for a day.
    pub fn require_cancellable(&self, is_owner: bool, now: UnixSeconds) -> Result<()> {
        let is_early = now.after_secs(COMMITTED_SECS)? < self.executable_from;
        let has_waited = !self.short_since.is_zero() && now.since(self.short_since)? >= SHORT_PATIENCE_SECS;
        let may = self.has_lapsed(now) || (is_owner && (is_early || has_waited));
        if may { Ok(()) } else { Err(RiskError::WithdrawalNotCancellable) }
    }
}

/// Pays `withdrawal` at `price`, or as much of it as is free and within the hourly limit: the rest stays
/// with a fresh window. `escrowed` is what lies in its escrow; the withdrawal's shares, or more where somebody
/// has sent some. `market` has observed a sample for [`crate::Purpose::Risk`].
pub fn execute(
    market: &Market,
    price: PriceE12,
    withdrawal: &Withdrawal,
    escrowed: Shares,
    now: UnixSeconds,
) -> Result<WithdrawalReport> {
    withdrawal.require_executable(now)?;
    if escrowed < withdrawal.shares {
        return Err(RiskError::AccountingBroken);
    }
    let mut ledger = market.ledger;
    let value_before = value_for_withdrawal(market, price)?;
    let payable = free_liquidity(&ledger)?.min(outflow_left_floor(&ledger, now)?);
    let (shares_paid, amount) = payment(withdrawal.shares, ledger.shares, value_before, payable)?;
    let mut after = Withdrawal { shares: withdrawal.shares.minus(shares_paid)?, ..*withdrawal };
    let is_done = after.shares.is_zero();
    let (shares_burnt, tip_lamports) = match is_done {
        true => (escrowed, withdrawal.tip_lamports),
        false => {
            let (tip, paid) = (withdrawal.tip_lamports, shares_paid.0);
            (shares_paid, fixed::mul_div_u64_floor(tip, paid, withdrawal.shares.0)?)
        }
    };
    after.tip_lamports = after.tip_lamports.checked_sub(tip_lamports).ok_or(RiskError::Overflow)?;
    if is_done {
        forget_short(&mut ledger, withdrawal)?;
    } else {
        note_short(&mut ledger, &mut after, now)?;
        after.lapses_at = now.after_secs(WINDOW_SECS)?;
    }
    ledger.withdrawal_outflow = ledger.withdrawal_outflow.taken(ledger.pool, amount, OUTFLOW, now)?;
    ledger.pool = ledger.pool.minus(amount)?;
    ledger.shares = ledger.shares.minus(shares_burnt)?;
    Ok(WithdrawalReport { amount, shares_burnt, tip_lamports, value_before, withdrawal: after, ledger })
}

/// Shares that go, and what is paid for them: the worth of exactly these, rounded down. Whole shares go for
/// what may be paid, so that no number of payments in part takes more than an atom each from whoever leaves.
fn payment(
    shares: Shares,
    total: Shares,
    value: QuoteAtoms,
    payable: QuoteAtoms,
) -> Result<(Shares, QuoteAtoms)> {
    // Shares are not burnt for nothing in a pool that owes all it has: they wait.
    if value.is_zero() {
        return Ok((Shares::ZERO, QuoteAtoms::ZERO));
    }
    let worth = |shares: Shares| fixed::mul_div_u64_floor(shares.0, value.0, total.0).map(QuoteAtoms);
    let whole = worth(shares)?;
    if whole <= payable {
        return Ok((shares, whole));
    }
    let paid = Shares(fixed::mul_div_u64_floor(payable.0, total.0, value.0)?);
    Ok((paid, worth(paid)?))
}

/// The ledger without `withdrawal`, which is cancelled.
pub fn cancel(ledger: &Ledger, withdrawal: &Withdrawal) -> Result<Ledger> {
    let mut ledger = *ledger;
    forget_short(&mut ledger, withdrawal)?;
    Ok(ledger)
}

/// INV-14: counted once, until it is paid in full or cancelled.
fn note_short(ledger: &mut Ledger, withdrawal: &mut Withdrawal, now: UnixSeconds) -> Result<()> {
    if !withdrawal.short_since.is_zero() {
        return Ok(());
    }
    withdrawal.short_since = now;
    if ledger.withdrawals_short == 0 {
        ledger.withdrawals_short_since = now;
    }
    ledger.withdrawals_short = ledger.withdrawals_short.checked_add(1).ok_or(RiskError::Overflow)?;
    Ok(())
}

fn forget_short(ledger: &mut Ledger, withdrawal: &Withdrawal) -> Result<()> {
    if withdrawal.short_since.is_zero() {
        return Ok(());
    }
    let left = ledger.withdrawals_short.checked_sub(1).ok_or(RiskError::AccountingBroken)?;
    ledger.withdrawals_short = left;
    if left == 0 {
        ledger.withdrawals_short_since = UnixSeconds::ZERO;
    }
    Ok(())
}
