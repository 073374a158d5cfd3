//! A position: what it holds, what it is worth, and how it stands against its requirement.

use crate::error::{Result, RiskError};
use crate::fixed;
use crate::ledger::Side;
use crate::params::Params;
use crate::units::{BaseAtoms, PPM, Ppm, PriceE12, QuoteAtoms, SignedQuoteAtoms, UnixSeconds};

/// Life of a position. It only goes forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PositionStatus {
    /// Created, collateral is in, the opening order has not filled.
    Pending,
    /// Holds size.
    Open,
    /// Flat for good; what is left in the vault is the owner's.
    Closed,
}

/// The part of a position that arithmetic works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Life.
    pub status: PositionStatus,
    /// Direction.
    pub side: Side,
    /// Size.
    pub size: BaseAtoms,
    /// Entry price, size-weighted over increases.
    pub entry: PriceE12,
    /// Collateral.
    pub collateral: QuoteAtoms,
    /// The part of the collateral that the side's sum counts.
    pub collateral_counted: QuoteAtoms,
    /// Borrow fee accrued and not paid.
    pub owed_borrow: QuoteAtoms,
    /// Funding payable accrued and not paid.
    pub owed_funding: QuoteAtoms,
    /// Funding receivable accrued and not paid.
    pub due: QuoteAtoms,
    /// Payout set aside in the pool: the most that profit and funding received can bring.
    pub reserved: QuoteAtoms,
    /// Closed while its vault was frozen: what the vault still has to hand to the pool.
    pub frozen_owed: QuoteAtoms,
    /// Borrow index at the last accrual.
    pub borrow_snapshot_e12: u128,
    /// Index of funding paid at the last accrual.
    pub funding_paid_snapshot_e24: u128,
    /// Index of funding received at the last accrual.
    pub funding_received_snapshot_e24: u128,
    /// Volatility part of its maintenance margin.
    pub margin_ppm: Ppm,
    /// Size part of it.
    pub addon_ppm: Ppm,
    /// Liquidation fee, the last part of it.
    pub liquidation_fee_ppm: Ppm,
    /// When `margin_ppm` last could rise.
    pub margin_refreshed_at: UnixSeconds,
    /// When it was opened.
    pub opened_at: UnixSeconds,
    /// Publish time of the sample at which it was first found below maintenance; zero if it was not.
    pub below_since: UnixSeconds,
    /// Whether a margin call was announced and not cured.
    pub margin_called: bool,
}

/// A position's value at a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valuation {
    /// Value of the size, rounded up: what requirements are taken of.
    pub notional: QuoteAtoms,
    /// Profit and loss, rounded down.
    pub pnl: SignedQuoteAtoms,
    /// Profit and loss and funding receivable, before the cap.
    pub gain: SignedQuoteAtoms,
    /// Collateral - owed + min(gain, reserved).
    pub equity: SignedQuoteAtoms,
}

impl Position {
    /// A position that was just created with `collateral` in its vault.
    pub fn pending(side: Side, collateral: QuoteAtoms) -> Self {
        Self {
            status: PositionStatus::Pending,
            side,
            size: BaseAtoms::ZERO,
            entry: PriceE12::ZERO,
            collateral,
            collateral_counted: QuoteAtoms::ZERO,
            owed_borrow: QuoteAtoms::ZERO,
            owed_funding: QuoteAtoms::ZERO,
            due: QuoteAtoms::ZERO,
            reserved: QuoteAtoms::ZERO,
            frozen_owed: QuoteAtoms::ZERO,
            borrow_snapshot_e12: 0,
            funding_paid_snapshot_e24: 0,
            funding_received_snapshot_e24: 0,
            margin_ppm: Ppm::ZERO,
            addon_ppm: Ppm::ZERO,
            liquidation_fee_ppm: Ppm::ZERO,
            margin_refreshed_at: UnixSeconds::ZERO,
            opened_at: UnixSeconds::ZERO,
            below_since: UnixSeconds::ZERO,
            margin_called: false,
        }
    }

    /// Borrow fee and funding payable.
    pub fn owed(&self) -> Result<QuoteAtoms> {
        self.owed_borrow.plus(self.owed_funding)
    }

    /// Maintenance margin over notional: all three parts.
    pub fn maintenance_ppm(&self) -> Result<Ppm> {
        self.margin_ppm.plus_all(&[self.addon_ppm, self.liquidation_fee_ppm])
    }

    /// An error unless it holds size.
    pub fn require_open(&self) -> Result<()> {
        match self.status {
            PositionStatus::Open => Ok(()),
            PositionStatus::Pending => Err(RiskError::PositionNotOpen),
            PositionStatus::Closed => Err(RiskError::PositionClosed),
        }
    }

    /// Profit and loss of `size` out of it at `price`, rounded down.
    pub fn pnl_of(&self, size: BaseAtoms, params: &Params, price: PriceE12) -> Result<SignedQuoteAtoms> {
        let gains = match self.side {
            Side::Long => price >= self.entry,
            Side::Short => price <= self.entry,
        };
        let magnitude = fixed::product(size.0, price.0.abs_diff(self.entry.0));
        params.signed_notional_floor(magnitude, !gains)
    }

    /// Value at `price`.
    pub fn value(&self, params: &Params, price: PriceE12) -> Result<Valuation> {
        let notional = params.notional_ceil(self.size, price)?;
        let pnl = self.pnl_of(self.size, params, price)?;
        let gain = pnl.plus(self.due.signed())?;
        let kept = SignedQuoteAtoms(gain.0.min(self.reserved.signed().0));
        let equity = self.collateral.signed().minus(self.owed()?.signed())?.plus(kept)?;
        Ok(Valuation { notional, pnl, gain, equity })
    }

    /// Whether it cannot gain more than it has at `valuation`: the payout set aside for it is reached.
    pub fn has_reached_cap(&self, valuation: &Valuation) -> bool {
        valuation.gain.0 >= self.reserved.signed().0
    }

    /// Equity at `price` with positive gains counted as zero: the measure for increases and removals.
    pub fn equity_without_gains(&self, params: &Params, price: PriceE12) -> Result<SignedQuoteAtoms> {
        let gain = self.pnl_of(self.size, params, price)?.plus(self.due.signed())?;
        let loss_only = SignedQuoteAtoms(gain.0.min(0));
        self.collateral.signed().minus(self.owed()?.signed())?.plus(loss_only)
    }

    /// Maintenance margin of `notional`, rounded up.
    pub fn maintenance_margin(&self, notional: QuoteAtoms) -> Result<QuoteAtoms> {
        notional.share_ceil(self.maintenance_ppm()?)
    }
}

impl Valuation {
    /// q: equity over notional in ppm, rounded down. Zero notional has no ratio and gives the largest, and so
    /// does a notional so small that the ratio does not fit: a ratio is no amount, and blocks nobody's exit.
    pub fn health_ppm_floor(&self) -> Result<i64> {
        if self.notional.is_zero() {
            return Ok(i64::MAX);
        }
        let scaled = |amount: QuoteAtoms| fixed::product(amount.0, PPM);
        let positive = fixed::div_u64_floor(scaled(self.equity.positive_part()?), self.notional.0)?;
        let negative = fixed::div_u64_ceil(scaled(self.equity.negative_part()?), self.notional.0)?;
        let up = i64::try_from(positive).unwrap_or(i64::MAX);
        let down = i64::try_from(negative).unwrap_or(i64::MAX);
        up.checked_sub(down).ok_or(RiskError::Overflow)
    }
}
