//! Liquidation: partial where that cures, full where it does not, never blocked by what the owner does.

use crate::error::{Result, RiskError};
use crate::fixed;
use crate::impact::{Impact, buys, impact_without_rebate};
use crate::insurance::InsurancePayout;
use crate::ledger::Ledger;
use crate::liquidation::{
    Assessment, LiquidationReason, Readiness, assess, assess_margin, fee_ppm_floor, reason, size_to_close,
};
use crate::margin_call::Standing;
use crate::market::Market;
use crate::oracle::Sample;
use crate::orders::OrderAction;
use crate::params::{LIQUIDATION_KEEPER_SHARE_PPM, Params};
use crate::position::Position;
use crate::transition::close_part::{ClosedPart, close_with_impact, take_trade_fee};
use crate::transition::settle::settle_at;
use crate::transition::{PoolFlow, count_collateral};
use crate::units::{BaseAtoms, PPM, Ppm, PriceE12, QuoteAtoms, UnixSeconds};

/// Half, as a rate: the liquidation fee takes at most so much of the equity, and the price impact too.
const HALF: Ppm = Ppm(500_000);

/// What a liquidation did. Tokens and events follow it to the atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "store and transfer exactly these"]
pub struct LiquidationReport {
    /// Why.
    pub reason: LiquidationReason,
    /// Standing before.
    pub assessment: Assessment,
    /// What was realised.
    pub closed: ClosedPart,
    /// Liquidation fee.
    pub fee: QuoteAtoms,
    /// Of the fee, to whoever liquidated.
    pub keeper_pay: QuoteAtoms,
    /// Of the fee, to the insurance vault.
    pub insurance_pay: QuoteAtoms,
    /// Out of the insurance vault.
    pub insured: InsurancePayout,
    /// To whoever liquidated, out of the crank budget in the pool vault: for settling a capped position.
    pub settle_pay: QuoteAtoms,
    /// Close fee.
    pub trade_fee: QuoteAtoms,
    /// Tokens between vault and pool.
    pub flow: PoolFlow,
    /// How what is left of it stands, at the price that liquidated it; none where nothing is left.
    pub after: Option<Standing>,
    /// Position afterwards.
    pub position: Position,
    /// Ledger afterwards.
    pub ledger: Ledger,
}

/// Outcome of a liquidation attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)] // Lives on the stack for one instruction; a box would need an allocator.
#[must_use = "store the position either way"]
pub enum Liquidation {
    /// Not now. The position may have a first sighting set or cleared, and a lower requirement.
    Skipped {
        /// Standing.
        assessment: Assessment,
        /// Position afterwards.
        position: Position,
    },
    /// Done.
    Done(LiquidationReport),
}

/// Tokens that cannot move because the collateral's issuer has frozen an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frozen {
    /// The position's vault: it is closed in the books without fees, and what its vault owes stays owed
    /// ([`crate::transition::collect_frozen`]).
    pub vault: bool,
    /// The insurance vault: it gets and pays nothing, its part of the fee is the pool's.
    pub insurance: bool,
}

/// Liquidates `position` if it may be. `market` has observed `sample` for [`crate::Purpose::Liquidate`].
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
pub fn liquidate(
    market: &Market,
    position: &Position,
    sample: &Sample,
    frozen: Frozen,
    now: UnixSeconds,
) -> Result<Liquidation> {
    position.require_open()?;
    let mut position = *position;
    position.accrue(&market.params, &market.ledger)?;
    position.lower(market)?;
    let mut assessment = assess(market, &position, sample, now)?;
    if assessment.readiness == Readiness::Ready(LiquidationReason::PayoutCapped) && !frozen.vault {
        if let Some(report) = settle(market, position, assessment)? {
            return Ok(Liquidation::Done(report));
        }
        assessment = assess_margin(market, &position, sample, now)?;
    }
    let Readiness::Ready(reason) = assessment.readiness else {
        let position = position.sighted(assessment.readiness, sample);
        return Ok(Liquidation::Skipped { assessment, position });
    };
    let mut report = match (frozen.vault, reason) {
        (true, _) => close_frozen(market, position, assessment, reason)?,
        (false, LiquidationReason::BelowMaintenance) => cure(market, &position, assessment, now)?,
        (false, _) => {
            let rate = fee_ppm_floor(&position, &assessment)?;
            take(market, &position, assessment, reason, (position.size, rate))?
        }
    };
    insure(market, &position, &mut report, frozen, now)?;
    Ok(Liquidation::Done(report))
}

/// What insurance gets and gives: its part of the fee, the least pay of a keeper who has closed the position
/// for good, and the loss that no collateral was left for.
///
/// The least pay is for closing everything, which happens once in a position's life: there is nothing to gain
/// from liquidating in many parts. Insurance adds no more to it than the position's open fee: there is nothing
/// to gain either from opening positions to let them go insolvent.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
fn insure(
    market: &Market,
    position: &Position,
    report: &mut LiquidationReport,
    frozen: Frozen,
    now: UnixSeconds,
) -> Result<()> {
    let ledger = &mut report.ledger;
    if frozen.insurance {
        let to_pool = core::mem::take(&mut report.insurance_pay);
        ledger.pool = ledger.pool.plus(to_pool)?;
        let all_to_pool = report.flow.to_pool.plus(to_pool)?;
        report.flow = PoolFlow::net(all_to_pool, report.flow.to_vault)?;
        return Ok(());
    }
    let missing = match report.closed.is_full && report.reason != LiquidationReason::PayoutCapped {
        true => missing_pay(&market.params, position, report.keeper_pay)?,
        false => QuoteAtoms::ZERO,
    };
    report.insured = ledger.pay_from_insurance(missing, report.closed.shortfall, now)?;
    ledger.insurance = ledger.insurance.plus(report.insurance_pay)?;
    Ok(())
}

/// What a keeper's pay lacks of the least pay, up to the fee that opening `position` cost.
fn missing_pay(params: &Params, position: &Position, keeper_pay: QuoteAtoms) -> Result<QuoteAtoms> {
    let floor = params.keeper_floor_quote_atoms;
    let open_fee = params.notional_floor(position.size, position.entry)?.share_floor(params.trade_fee_ppm)?;
    Ok(floor.minus(keeper_pay.min(floor))?.min(open_fee))
}

/// Partial if that leaves the position healthy, else full.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
fn cure(
    market: &Market,
    position: &Position,
    assessment: Assessment,
    now: UnixSeconds,
) -> Result<LiquidationReport> {
    let reason = LiquidationReason::BelowMaintenance;
    let rate = fee_ppm_floor(position, &assessment)?;
    let cost =
        rate.plus_all(&[market.params.trade_fee_ppm, impact_ppm_ceil(market, position, &assessment)?])?;
    let size = size_to_close(market, position, &assessment, cost)?;
    if size < position.size {
        match take(market, position, assessment, reason, (size, rate)) {
            Ok(mut report) => {
                report.after = cured(market, &report)?;
                if report.after.is_some() {
                    // What cured it is not something it has shown: its requirement starts to rise from here.
                    report.position.margin_refreshed_at = now;
                    return Ok(report);
                }
            }
            // What is owed may be more than a part brings in, with the gain of the rest still open.
            Err(RiskError::DecreaseWorsensHealth) => {}
            Err(other) => return Err(other),
        }
    }
    take(market, position, assessment, reason, (position.size, rate))
}

/// What the price impact of closing everything costs, of the notional: a part costs no more of its own.
fn impact_ppm_ceil(market: &Market, position: &Position, assessment: &Assessment) -> Result<Ppm> {
    let charge = charged(market, position, position.size, assessment)?.charge;
    if charge.is_zero() {
        return Ok(Ppm::ZERO);
    }
    let ppm = fixed::mul_div_u64_ceil(charge.0, PPM, assessment.valuation.notional.0)?;
    u32::try_from(ppm).map(Ppm).map_err(|_| RiskError::Overflow)
}

/// Price impact of closing `size`: no rebate, and never more than half of the equity, so that it takes nothing
/// that is not there. None where the step between two prices is worth more than the equity.
fn charged(market: &Market, position: &Position, size: BaseAtoms, assessment: &Assessment) -> Result<Impact> {
    let is_buy = buys(position.side, OrderAction::Decrease);
    let half = assessment.valuation.equity.positive_part()?.share_floor(HALF)?;
    let impact = impact_without_rebate(&market.params, &market.ledger, is_buy, size, market.oracle.index)?;
    let charged = impact.charged_at_most(half);
    if charged.is_none() {
        return Ok(charged);
    }
    let fill = charged.on_price(&market.params, is_buy, size, assessment.price)?;
    let pnl = |price| position.pnl_of(size, &market.params, price);
    let cost = pnl(assessment.price)?.minus(pnl(fill)?)?;
    Ok(if cost.0 > assessment.valuation.equity.0.max(0) { impact.waived() } else { charged })
}

/// How the rest stands at the price that liquidated a part, if it is not liquidatable there (INV-07).
fn cured(market: &Market, report: &LiquidationReport) -> Result<Option<Standing>> {
    let price = report.assessment.price;
    let valuation = report.position.value(&market.params, price)?;
    let maintenance_margin = report.position.maintenance_margin(valuation.notional)?;
    let is_cured = reason(&report.position, &valuation, maintenance_margin).is_none();
    Ok(is_cured.then_some(Standing { price, equity: valuation.equity, maintenance_margin }))
}

/// Closes `size` with the liquidation fee of `rate`.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
fn take(
    market: &Market,
    position: &Position,
    assessment: Assessment,
    reason: LiquidationReason,
    (size, rate): (BaseAtoms, Ppm),
) -> Result<LiquidationReport> {
    let params = &market.params;
    let impact = charged(market, position, size, &assessment)?;
    let mut position = *position;
    let mut ledger = market.ledger;
    let price = assessment.price;
    let closed = close_with_impact(params, &mut ledger, &mut position, size, price, &impact)?;
    let fee = liquidation_fee(&assessment, &closed, rate, position.collateral)?;
    position.collateral = position.collateral.minus(fee)?;
    let keeper_pay = fee.share_floor(LIQUIDATION_KEEPER_SHARE_PPM)?;
    let insurance_pay = fee.minus(keeper_pay)?;
    let trade_fee = take_trade_fee(params, &mut ledger, &mut position, closed.notional)?;
    if !closed.is_full {
        let counted = position.collateral;
        count_collateral(&mut ledger, &mut position, counted)?;
        // Cured at this sample: the next liquidation needs two sightings of its own.
        position.below_since = UnixSeconds::ZERO;
    }
    let to_pool = closed.loss_paid.plus(closed.owed_paid)?.plus(trade_fee)?;
    let flow = PoolFlow::net(to_pool, closed.payout)?;
    Ok(LiquidationReport {
        reason,
        assessment,
        closed,
        fee,
        keeper_pay,
        insurance_pay,
        insured: InsurancePayout::default(),
        settle_pay: QuoteAtoms::ZERO,
        trade_fee,
        flow,
        after: None,
        position,
        ledger,
    })
}

/// Of the closed notional, never above half of the equity and never more than is there.
fn liquidation_fee(
    assessment: &Assessment,
    closed: &ClosedPart,
    rate: Ppm,
    collateral: QuoteAtoms,
) -> Result<QuoteAtoms> {
    let half = assessment.valuation.equity.positive_part()?.share_floor(HALF)?;
    Ok(closed.notional.share_floor(rate)?.min(half).min(collateral))
}

#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
fn settle(
    market: &Market,
    mut position: Position,
    assessment: Assessment,
) -> Result<Option<LiquidationReport>> {
    let Some(settled) = settle_at(market, &mut position, assessment.price)? else { return Ok(None) };
    Ok(Some(LiquidationReport {
        reason: LiquidationReason::PayoutCapped,
        assessment,
        closed: settled.closed,
        fee: QuoteAtoms::ZERO,
        keeper_pay: QuoteAtoms::ZERO,
        insurance_pay: QuoteAtoms::ZERO,
        insured: InsurancePayout::default(),
        settle_pay: settled.keeper_pay,
        trade_fee: settled.trade_fee,
        flow: settled.flow,
        after: None,
        position: settled.position,
        ledger: settled.ledger,
    }))
}

#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
fn close_frozen(
    market: &Market,
    position: Position,
    assessment: Assessment,
    reason: LiquidationReason,
) -> Result<LiquidationReport> {
    let frozen = close_in_books(market, position, assessment.price)?;
    Ok(LiquidationReport {
        reason,
        assessment,
        closed: frozen.closed,
        fee: QuoteAtoms::ZERO,
        keeper_pay: QuoteAtoms::ZERO,
        insurance_pay: QuoteAtoms::ZERO,
        insured: InsurancePayout::default(),
        settle_pay: QuoteAtoms::ZERO,
        trade_fee: QuoteAtoms::ZERO,
        flow: PoolFlow::default(),
        after: None,
        position: frozen.position,
        ledger: frozen.ledger,
    })
}

/// What closing in the books did: nothing moves.
pub(crate) struct ClosedInBooks {
    /// What was realised.
    pub(crate) closed: ClosedPart,
    /// Position afterwards.
    pub(crate) position: Position,
    /// Ledger afterwards.
    pub(crate) ledger: Ledger,
}

/// Closes everything in the books while no token can leave or enter the vault: the net stays owed, by the
/// vault as `frozen_owed`, or by the pool, set aside as `reserved`. `position` is accrued.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
pub(crate) fn close_in_books(
    market: &Market,
    mut position: Position,
    price: PriceE12,
) -> Result<ClosedInBooks> {
    let mut ledger = market.ledger;
    let size = position.size;
    let before = position.collateral;
    let is_buy = buys(position.side, OrderAction::Decrease);
    let impact = impact_without_rebate(&market.params, &ledger, is_buy, size, market.oracle.index)?.waived();
    let closed = close_with_impact(&market.params, &mut ledger, &mut position, size, price, &impact)?;
    let net = PoolFlow::net(closed.loss_paid.plus(closed.owed_paid)?, closed.payout)?;
    ledger.pool = ledger.pool.plus(net.to_vault)?.minus(net.to_pool)?;
    position.collateral = before;
    position.frozen_owed = net.to_pool;
    position.reserved = net.to_vault;
    let side = ledger.side_mut(position.side);
    side.reserved = side.reserved.plus(net.to_vault)?;
    if before.plus(net.to_vault)? < net.to_pool {
        return Err(RiskError::AccountingBroken);
    }
    Ok(ClosedInBooks { closed, position, ledger })
}
