//! Leaving a settled market: every position closes at the one price, whoever asks, without a fee.

use crate::error::{Result, RiskError};
use crate::impact::Impact;
use crate::ledger::Ledger;
use crate::market::{Market, MarketStatus};
use crate::position::Position;
use crate::transition::PoolFlow;
use crate::transition::close_part::{ClosedPart, close_with_impact};
use crate::transition::liquidate::close_in_books;

/// What settling at the market's last price did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "store and transfer exactly these"]
pub struct FinalReport {
    /// What was realised. No fee comes on top.
    pub closed: ClosedPart,
    /// Tokens between vault and pool.
    pub flow: PoolFlow,
    /// Position afterwards.
    pub position: Position,
    /// Ledger afterwards.
    pub ledger: Ledger,
}

/// Closes all of `position` at the settlement price of `market`: payout up to what is set aside, loss and what
/// is owed up to the collateral. The indexes stand since the market was settled, so that the order in which
/// positions leave changes no amount.
///
/// `vault_frozen`: nothing moves; the net stays owed ([`crate::transition::collect_frozen`]).
#[inline(never)] // A frame of its own: sBPF frames hold 4 KiB.
pub fn settle_final(market: &Market, position: &Position, vault_frozen: bool) -> Result<FinalReport> {
    if market.status != MarketStatus::Settled {
        return Err(RiskError::MarketNotSettled);
    }
    position.require_open()?;
    let mut position = position.accrued(&market.params, &market.ledger)?;
    let price = market.settlement_price;
    if vault_frozen {
        let frozen = close_in_books(market, position, price)?;
        let (position, ledger) = (frozen.position, frozen.ledger);
        return Ok(FinalReport { closed: frozen.closed, flow: PoolFlow::default(), position, ledger });
    }
    let mut ledger = market.ledger;
    let size = position.size;
    // No skew is left to pay for or to be paid for once everything leaves.
    let impact = Impact::default();
    let closed = close_with_impact(&market.params, &mut ledger, &mut position, size, price, &impact)?;
    let flow = PoolFlow::net(closed.loss_paid.plus(closed.owed_paid)?, closed.payout)?;
    Ok(FinalReport { closed, flow, position, ledger })
}
