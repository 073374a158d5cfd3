//! Decreasing and closing a position by its owner's order.

use crate::error::{Result, RiskError};
use crate::fixed;
use crate::impact::{buys, impact};
use crate::ledger::{Ledger, Side};
use crate::market::Market;
use crate::oracle::{AGE_SECS_MAX, AGED_DEVIATIONS, Sample};
use crate::orders::{OrderAction, require_acceptable};
use crate::position::Position;
use crate::transition::close_part::{ClosedPart, close_with_impact, take_trade_fee};
use crate::transition::{PoolFlow, count_collateral};
use crate::units::{BaseAtoms, PPM, PriceE12, QuoteAtoms, UnixSeconds};

/// What to close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecreaseArgs {
    /// Size to close; the position's size or more closes everything.
    pub size: BaseAtoms,
    /// Worst fill price: lowest for longs, highest for shorts.
    pub acceptable: PriceE12,
}

/// What decreasing or closing did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "store and transfer exactly these"]
pub struct DecreaseReport {
    /// What was realised.
    pub closed: ClosedPart,
    /// Close fee.
    pub trade_fee: QuoteAtoms,
    /// Tokens between vault and pool.
    pub flow: PoolFlow,
    /// Position afterwards.
    pub position: Position,
    /// Ledger afterwards.
    pub ledger: Ledger,
}

/// Closes a part of `position`, or all of it where the rest would be under the minimum notional.
///
/// `market` has observed `sample` for [`crate::Purpose::Decrease`]. It fills at the edge against the
/// position, with the price impact. A partial decrease may not leave the position below maintenance and less
/// healthy than it was; a full one is always possible.
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
pub fn decrease(
    market: &Market,
    position: &Position,
    sample: &Sample,
    args: &DecreaseArgs,
    now: UnixSeconds,
) -> Result<DecreaseReport> {
    position.require_open()?;
    if args.size.is_zero() {
        return Err(RiskError::SizeZero);
    }
    let params = &market.params;
    let mut before = *position;
    before.accrue(params, &market.ledger)?;
    before.refresh(market, sample, now)?;
    let mut position = before;
    let mut ledger = market.ledger;
    let size = size_or_all(market, &before, sample, args.size)?;
    let is_buy = buys(before.side, OrderAction::Decrease);
    let impact = impact(params, &ledger, is_buy, size, market.oracle.index)?;
    let edge = market.exit_edge(before.side, sample, now)?;
    let fill = impact.on_price(params, is_buy, size, edge)?;
    require_acceptable(before.side, OrderAction::Decrease, fill, args.acceptable)?;
    let closed = close_with_impact(params, &mut ledger, &mut position, size, edge, &impact)?;
    let trade_fee = take_trade_fee(params, &mut ledger, &mut position, closed.notional)?;
    if !closed.is_full {
        let counted = position.collateral;
        count_collateral(&mut ledger, &mut position, counted)?;
        check_not_worsened(market, &before, &mut position, sample)?;
    }
    let to_pool = closed.loss_paid.plus(closed.owed_paid)?.plus(trade_fee)?;
    let flow = PoolFlow::net(to_pool, closed.payout)?;
    Ok(DecreaseReport { closed, trade_fee, flow, position, ledger })
}

impl Market {
    /// The edge at which an owner closes: against the position, and further away where the sample is older than
    /// one for new risk may be, by what the price may have moved in its age.
    pub fn exit_edge(&self, side: Side, sample: &Sample, now: UnixSeconds) -> Result<PriceE12> {
        let edge = sample.closing_edge(side)?;
        let age_secs = now.since(sample.publish_time)?;
        if age_secs <= AGE_SECS_MAX {
            return Ok(edge);
        }
        let moved = self.volatility.moved_ppm_ceil(AGED_DEVIATIONS, age_secs)?;
        let charge = PriceE12(fixed::mul_div_u64_ceil(sample.price.0, u64::from(moved.0), PPM)?);
        match side {
            Side::Long => edge.minus(charge),
            Side::Short => edge.plus(charge),
        }
    }
}

fn size_or_all(
    market: &Market,
    position: &Position,
    sample: &Sample,
    wanted: BaseAtoms,
) -> Result<BaseAtoms> {
    if wanted >= position.size {
        return Ok(position.size);
    }
    let left = market.params.notional_floor(position.size.minus(wanted)?, sample.price)?;
    Ok(if left < market.params.notional_min_quote_atoms { position.size } else { wanted })
}

/// An error if the decrease left it below maintenance and worse than before. Healthy now, an older sighting
/// is void.
fn check_not_worsened(
    market: &Market,
    before: &Position,
    after: &mut Position,
    sample: &Sample,
) -> Result<()> {
    let value = after.value(&market.params, sample.price)?;
    let required = after.maintenance_margin(value.notional)?;
    if value.equity.0 >= required.signed().0 {
        after.below_since = UnixSeconds::ZERO;
        return Ok(());
    }
    let health_before = before.value(&market.params, sample.price)?.health_ppm_floor()?;
    if value.health_ppm_floor()? < health_before {
        return Err(RiskError::DecreaseWorsensHealth);
    }
    Ok(())
}
