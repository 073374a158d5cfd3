//! Top-up plans: how an owner's wallet stands behind one position, within bounds that the owner has set.
//!
//! Anyone may bring the price at which a position needs it. The plan says how much then moves, how often and
//! out of which budget; a top-up that would not make the position healthy moves nothing.

use crate::error::{Result, RiskError};
use crate::liquidation::{Assessment, LiquidationReason, Readiness, assess};
use crate::margin_call::Standing;
use crate::market::Market;
use crate::oracle::Sample;
use crate::position::Position;
use crate::refresh::HEADROOM_PPM;
use crate::transition::add_collateral;
use crate::units::{Ppm, QuoteAtoms, UnixSeconds};

/// Lowest trigger: the maintenance margin itself.
pub const TRIGGER_PPM_MIN: Ppm = Ppm(1_000_000);
/// Highest trigger: five times the maintenance margin.
pub const TRIGGER_PPM_MAX: Ppm = Ppm(5_000_000);
/// Shortest interval: longer than a price may be old (10 s), so that no two top-ups act on one price.
pub const INTERVAL_SECS_MIN: u32 = 15;
/// Longest interval: 7 days.
pub const INTERVAL_SECS_MAX: u32 = 604_800;
/// Most of what a top-up moves that goes to the keeper: 5 %.
pub const KEEPER_SHARE_PPM_MAX: Ppm = Ppm(50_000);

/// What an owner has allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What may still move, keeper pay included.
    pub budget: QuoteAtoms,
    /// Equity below this multiple of the maintenance margin calls for a top-up.
    pub trigger_ppm: Ppm,
    /// What one top-up moves, keeper pay included.
    pub amount: QuoteAtoms,
    /// Least time between two top-ups.
    pub interval_secs: u32,
    /// When the last one was; zero if none was.
    pub last_at: UnixSeconds,
    /// Of the amount, to whoever executes it.
    pub keeper_pay: QuoteAtoms,
}

/// How one top-up divides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "transfer exactly these amounts"]
pub struct Split {
    /// To whoever executes it.
    pub keeper_pay: QuoteAtoms,
    /// Into the position's vault, as collateral.
    pub into_vault: QuoteAtoms,
}

impl Split {
    /// Both together: what leaves the owner's account.
    pub fn moved(&self) -> Result<QuoteAtoms> {
        self.keeper_pay.plus(self.into_vault)
    }
}

impl Plan {
    /// An error unless a plan may say this.
    pub fn validate(&self) -> Result<()> {
        if self.amount.is_zero() || self.budget.is_zero() {
            return Err(RiskError::AmountZero);
        }
        if !(TRIGGER_PPM_MIN..=TRIGGER_PPM_MAX).contains(&self.trigger_ppm) {
            return Err(RiskError::TopUpTriggerOutOfRange);
        }
        if !(INTERVAL_SECS_MIN..=INTERVAL_SECS_MAX).contains(&self.interval_secs) {
            return Err(RiskError::TopUpIntervalOutOfRange);
        }
        if self.keeper_pay > self.amount.share_floor(KEEPER_SHARE_PPM_MAX)? {
            return Err(RiskError::TopUpKeeperPayTooLarge);
        }
        Ok(())
    }

    /// What the next top-up moves: the amount, or what is left of the budget. Of a last, smaller one the
    /// keeper gets at most the largest share too, rounded down.
    pub fn next(&self) -> Result<Split> {
        let moved = self.amount.min(self.budget);
        if moved.is_zero() {
            return Err(RiskError::TopUpBudgetSpent);
        }
        let keeper_pay = self.keeper_pay.min(moved.share_floor(KEEPER_SHARE_PPM_MAX)?);
        Ok(Split { keeper_pay, into_vault: moved.minus(keeper_pay)? })
    }

    /// An error until the interval since the last top-up has passed.
    fn require_due(&self, now: UnixSeconds) -> Result<()> {
        let is_first = self.last_at.is_zero();
        if is_first || now.since(self.last_at)? >= u64::from(self.interval_secs) {
            Ok(())
        } else {
            Err(RiskError::TopUpTooEarly)
        }
    }
}

/// What a top-up does. Tokens and events follow it to the atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "store and transfer exactly these"]
pub struct TopUpReport {
    /// Standing before.
    pub assessment: Assessment,
    /// What moves out of the owner's account.
    pub split: Split,
    /// Standing afterwards, at the same price.
    pub after: Standing,
    /// Plan afterwards.
    pub plan: Plan,
    /// Position afterwards, as it is to be stored: nothing of the market's projection is in it.
    pub position: Position,
}

/// Tops `position` (as stored) up by `plan`. `market` has observed `sample` for
/// [`crate::Purpose::Liquidate`], and is only looked at.
///
/// Refuses a position that is worth nothing (the money would be lost with it), one at its payout cap (it can
/// only be settled), one that is not below the trigger, and an amount after which it would not stand at 1.1
/// times its maintenance margin. After it the position is healthy: an older sighting is void.
///
/// INV-20: the budget falls by exactly what vault and keeper get.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
pub fn top_up(
    market: &Market,
    position: &Position,
    plan: &Plan,
    sample: &Sample,
    now: UnixSeconds,
) -> Result<TopUpReport> {
    position.require_open()?;
    plan.require_due(now)?;
    let split = plan.next()?;
    let mut current = *position;
    current.accrue(&market.params, &market.ledger)?;
    current.lower(market)?;
    let assessment = assess(market, &current, sample, now)?;
    let before = Standing::of(&assessment);
    if assessment.readiness == Readiness::Ready(LiquidationReason::PayoutCapped) {
        return Err(RiskError::PayoutCapReached);
    }
    if before.equity.0 <= 0 {
        return Err(RiskError::TopUpInsolvent);
    }
    if !before.is_below(u64::from(plan.trigger_ppm.0))? {
        return Err(RiskError::TopUpNotNeeded);
    }
    let after = Standing { equity: before.equity.plus(split.into_vault.signed())?, ..before };
    if after.is_below(HEADROOM_PPM)? {
        return Err(RiskError::TopUpTooSmall);
    }
    let looked_at = current.sighted(Readiness::Healthy, sample).called(&after)?;
    let position = add_collateral(&position.with_requirement_of(&looked_at), split.into_vault)?;
    let plan = Plan { budget: plan.budget.minus(split.moved()?)?, last_at: now, ..*plan };
    Ok(TopUpReport { assessment, split, after, plan, position })
}
