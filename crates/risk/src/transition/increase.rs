//! Opening and increasing a position.

use crate::error::{Result, RiskError};
use crate::fixed;
use crate::impact::{buys, impact};
use crate::ledger::{Ledger, Side};
use crate::margin::{Judgement, weighted_ppm_ceil};
use crate::market::Market;
use crate::oracle::Sample;
use crate::orders::{OrderAction, require_acceptable};
use crate::params::{PAYOUT_CAP_PPM_MAX, PAYOUT_CAP_PPM_MIN};
use crate::position::{Position, PositionStatus};
use crate::transition::{PoolFlow, clear_owed, count_collateral};
use crate::units::{BaseAtoms, Ppm, PriceE12, QuoteAtoms, UnixSeconds};

/// What to open or add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncreaseArgs {
    /// Size to add.
    pub size: BaseAtoms,
    /// Payout to set aside, of the added notional: 5 % to 100 %.
    pub payout_cap_ppm: Ppm,
    /// Worst fill price: highest for longs, lowest for shorts.
    pub acceptable: PriceE12,
}

/// What opening or increasing did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "store and transfer exactly these"]
pub struct IncreaseReport {
    /// Fill price: the sample's edge against the position, with the price impact.
    pub fill: PriceE12,
    /// Notional added, rounded up.
    pub notional: QuoteAtoms,
    /// Open fee.
    pub trade_fee: QuoteAtoms,
    /// Borrow fee and funding paid.
    pub owed_paid: QuoteAtoms,
    /// Payout newly set aside.
    pub reserved_added: QuoteAtoms,
    /// Initial margin it was held to.
    pub initial_margin: QuoteAtoms,
    /// Tokens between vault and pool.
    pub flow: PoolFlow,
    /// Position afterwards.
    pub position: Position,
    /// Ledger afterwards.
    pub ledger: Ledger,
}

/// Opens `position`, or adds to it. `market` has observed `sample` for [`crate::Purpose::Risk`].
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
pub fn increase(
    market: &Market,
    position: &Position,
    sample: &Sample,
    args: &IncreaseArgs,
    now: UnixSeconds,
) -> Result<IncreaseReport> {
    market.require_active()?;
    market.require_withdrawals_served(now)?;
    check_args(args)?;
    let mut position = eligible(market, position, sample, now)?;
    let params = &market.params;
    let mut ledger = market.ledger;
    let is_buy = buys(position.side, OrderAction::Increase);
    let impact = impact(params, &ledger, is_buy, args.size, market.oracle.index)?;
    let fill = impact.on_price(params, is_buy, args.size, sample.opening_edge(position.side)?)?;
    require_acceptable(position.side, OrderAction::Increase, fill, args.acceptable)?;
    ledger.impact_reference = impact.reference(true);

    let notional = params.notional_ceil(args.size, fill)?;
    let trade_fee = notional.share_ceil(params.trade_fee_ppm)?;
    let owed_paid = position.owed()?;
    let to_pool = trade_fee.plus(owed_paid)?;
    position.collateral =
        position.collateral.minus(to_pool).map_err(|_| RiskError::InsufficientCollateral)?;
    clear_owed(&mut ledger, &mut position)?;
    ledger.pool = ledger.pool.plus(owed_paid)?;
    ledger.book_trade_fee(trade_fee)?;

    let reserved_added = notional.share_floor(args.payout_cap_ppm)?;
    let addon = grow(market, &mut ledger, &mut position, args.size, fill, reserved_added, now)?;
    check_caps(market, &ledger, &position)?;
    let initial_margin = check_initial_margin(market, &position, addon, sample)?;
    Ok(IncreaseReport {
        fill,
        notional,
        trade_fee,
        owed_paid,
        reserved_added,
        initial_margin,
        flow: PoolFlow::net(to_pool, QuoteAtoms::ZERO)?,
        position,
        ledger,
    })
}

fn check_args(args: &IncreaseArgs) -> Result<()> {
    if args.size.is_zero() {
        return Err(RiskError::SizeZero);
    }
    if args.payout_cap_ppm < PAYOUT_CAP_PPM_MIN || args.payout_cap_ppm > PAYOUT_CAP_PPM_MAX {
        return Err(RiskError::PayoutCapOutOfRange);
    }
    Ok(())
}

/// The position accrued and refreshed, if it may grow.
fn eligible(market: &Market, position: &Position, sample: &Sample, now: UnixSeconds) -> Result<Position> {
    match position.status {
        PositionStatus::Closed => Err(RiskError::PositionClosed),
        PositionStatus::Pending => Ok(Position {
            borrow_snapshot_e12: market.ledger.borrow_index_e12,
            funding_paid_snapshot_e24: market.ledger.side(position.side).funding_paid_e24,
            funding_received_snapshot_e24: market.ledger.side(position.side).funding_received_e24,
            opened_at: sample.publish_time,
            ..*position
        }),
        PositionStatus::Open => {
            let mut position = *position;
            position.accrue(&market.params, &market.ledger)?;
            position.lift(market, sample, now)?;
            // CANNOT grow while its stored margin is behind the market's.
            if position.is_reduce_only(market)? {
                return Err(RiskError::PositionReduceOnly);
            }
            // CANNOT grow at its payout cap: new reserve would lift a cap that the price has already passed.
            let value = position.value(&market.params, sample.price)?;
            if position.has_reached_cap(&value) {
                return Err(RiskError::PayoutCapReached);
            }
            Ok(position)
        }
    }
}

/// Adds the size to position and side; returns the side's add-on afterwards.
fn grow(
    market: &Market,
    ledger: &mut Ledger,
    position: &mut Position,
    size: BaseAtoms,
    fill: PriceE12,
    reserved_added: QuoteAtoms,
    now: UnixSeconds,
) -> Result<Ppm> {
    let old_size = position.size;
    let old_cost = fixed::product(old_size.0, position.entry.0);
    let size_after = old_size.plus(size)?;
    let cost = old_cost.checked_add(fixed::product(size.0, fill.0)).ok_or(RiskError::Overflow)?;
    // Rounded against the position: longs are taken to have paid more, shorts to have got less.
    let entry = match position.side {
        Side::Long => fixed::div_u64_ceil(cost, size_after.0)?,
        Side::Short => fixed::div_u64_floor(cost, size_after.0)?,
    };
    position.entry = PriceE12(fixed::narrow(entry)?);
    position.size = size_after;
    position.reserved = position.reserved.plus(reserved_added)?;

    let is_new = position.status == PositionStatus::Pending;
    let cost_after = fixed::product(size_after.0, position.entry.0);
    let side = ledger.side_mut(position.side);
    side.open_interest = side.open_interest.plus(size)?;
    side.cost_e12 = side
        .cost_e12
        .checked_sub(old_cost)
        .and_then(|rest| rest.checked_add(cost_after))
        .ok_or(RiskError::Overflow)?;
    side.reserved = side.reserved.plus(reserved_added)?;
    side.positions = side.positions.checked_add(u32::from(is_new)).ok_or(RiskError::Overflow)?;
    let open_interest = side.open_interest;
    count_collateral(ledger, position, position.collateral)?;

    let open_interest = market.params.notional_ceil(open_interest, market.oracle.index)?;
    let addon = crate::margin::addon_ppm_ceil(&market.params, open_interest)?;
    let margin = market.volatility.ramp_ppm_ceil()?;
    position.margin_ppm = weighted_ppm_ceil((position.margin_ppm, old_size), (margin, size))?;
    position.addon_ppm = weighted_ppm_ceil((position.addon_ppm, old_size), (addon, size))?;
    position.liquidation_fee_ppm = weighted_ppm_ceil(
        (position.liquidation_fee_ppm, old_size),
        (market.params.liquidation_fee_ppm, size),
    )?;
    if is_new {
        position.margin_refreshed_at = now;
    }
    position.status = PositionStatus::Open;
    position.below_since = UnixSeconds::ZERO;
    Ok(addon)
}

fn check_caps(market: &Market, ledger: &Ledger, position: &Position) -> Result<()> {
    let params = &market.params;
    let index = market.oracle.index;
    if params.notional_floor(position.size, index)? < params.notional_min_quote_atoms {
        return Err(RiskError::NotionalTooSmall);
    }
    if position.reserved > ledger.pool.share_floor(params.pool_share_max_ppm)? {
        return Err(RiskError::PoolShareExceeded);
    }
    if ledger.reserved()? > ledger.pool.share_floor(params.utilisation_max_ppm)? {
        return Err(RiskError::ReserveUnavailable);
    }
    let own = params.notional_ceil(ledger.side(position.side).open_interest, index)?;
    let other = params.notional_floor(ledger.side(position.side.opposite()).open_interest, index)?;
    if own > params.open_interest_cap_quote_atoms {
        return Err(RiskError::OpenInterestCapExceeded);
    }
    // A trade that leaves its side the smaller one has shrunk the skew or at most turned it round.
    if own > other && own.minus(other)? > params.skew_cap_quote_atoms {
        return Err(RiskError::SkewCapExceeded);
    }
    Ok(())
}

fn check_initial_margin(
    market: &Market,
    position: &Position,
    addon_now: Ppm,
    sample: &Sample,
) -> Result<QuoteAtoms> {
    let judged = Judgement::of(market, position.side, sample)?;
    let required = market.initial_ppm_of(position, addon_now, sample)?;
    let notional = market.params.notional_ceil(position.size, judged.notional_price)?;
    let initial_margin = notional.share_ceil(required)?;
    let equity = position.equity_without_gains(&market.params, judged.equity_price)?;
    if equity.0 < initial_margin.signed().0 {
        return Err(RiskError::InitialMarginShort);
    }
    Ok(initial_margin)
}
