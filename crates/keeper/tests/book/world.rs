//! A market and positions in it, made of nothing but public values.

use anchor_lang::prelude::Pubkey;
use bulkhead_risk::liquidation::{LiquidationReason, Readiness};
use bulkhead_risk::{
    Market, Params, Position, PositionStatus, Ppm, PriceE12, QuoteAtoms, Shares, Side, UnixSeconds,
};

pub(crate) const NOW: UnixSeconds = UnixSeconds(1_700_000_000);
pub(crate) const USD: u64 = 1_000_000;
pub(crate) const PRICE: PriceE12 = PriceE12(50_000_000_000_000_000);

fn params() -> Params {
    Params {
        base_decimals: 8,
        quote_decimals: 6,
        notional_divisor: 100_000_000_000_000,
        stress_variance_e24: 20_294_266_869_609_335,
        margin_min_ppm: Ppm(25_000),
        margin_max_ppm: Ppm(200_000),
        initial_margin_min_ppm: Ppm(20_000),
        liquidation_fee_ppm: Ppm(5_000),
        trade_fee_ppm: Ppm(500),
        confidence_max_ppm: Ppm(20_000),
        utilisation_max_ppm: Ppm(800_000),
        pool_share_max_ppm: Ppm(200_000),
        depth_quote_atoms: QuoteAtoms(5_000_000 * USD),
        open_interest_cap_quote_atoms: QuoteAtoms(1_000_000_000 * USD),
        skew_cap_quote_atoms: QuoteAtoms(500_000_000 * USD),
        notional_min_quote_atoms: QuoteAtoms(20 * USD),
        chunk_min_quote_atoms: QuoteAtoms(10 * USD),
        order_delay_secs: 2,
        order_window_secs: 15,
        borrow_kink_utilisation_ppm: Ppm(700_000),
        borrow_kink_rate_e12: 31_709, // 100 % a year
        borrow_full_utilisation_ppm: Ppm(950_000),
        borrow_full_rate_e12: 317_098, // 1,000 % a year
        ..Params::default()
    }
}

/// A market of 50,000 USD that has been sampled for a long time, with a ramp of 4 %, and with the fastest
/// funding that parameters allow.
pub(crate) fn market() -> Market {
    let mut market = Market { params: params(), ..Market::default() };
    market.params.funding_skew_scale_quote_atoms = QuoteAtoms(20_000_000 * USD);
    market.params.funding_velocity_max_e18 = 88_082_778;
    market.params.funding_rate_max_e12 = 317_098;
    (market.oracle.index, market.oracle.mark, market.oracle.published_at) = (PRICE, PRICE, NOW);
    market.ledger.pool = QuoteAtoms(100_000_000 * USD);
    market.ledger.shares = Shares(100_000_000 * USD);
    market.ledger.insurance = QuoteAtoms(100_000 * USD);
    market.ledger.accrued_at = NOW;
    let stress = u128::from(market.params.stress_variance_e24);
    market.volatility.variance_1h_e24 = stress;
    market.volatility.variance_1d_e24 = stress;
    market.volatility.variance_30d_e24 = stress;
    market.volatility.variance_ema_e24 = stress;
    market.volatility.ramp_ppb = 40_000_000;
    market.volatility.target_ppm = Ppm(40_000);
    market.volatility.sampled_price = PRICE;
    market.volatility.sampled_at = NOW;
    market.volatility.first_sampled_at = UnixSeconds(NOW.0 - 1_000_000);
    market.extremes.note(PRICE, NOW).unwrap();
    market
}

pub(crate) fn key(number: u64) -> Pubkey {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    Pubkey::new_from_array(bytes)
}

/// An open position of `dollars` entered at the index, with so much collateral in ppm of it.
pub(crate) fn position_at(market: &Market, side: Side, dollars: u64, collateral_ppm: u64) -> Position {
    let notional = QuoteAtoms(dollars * USD);
    let mut position = Position::pending(side, QuoteAtoms(dollars * collateral_ppm));
    position.status = PositionStatus::Open;
    position.size = market.params.size_ceil(notional, market.oracle.index).unwrap();
    position.entry = market.oracle.index;
    position.collateral_counted = position.collateral;
    position.reserved = notional;
    position.margin_ppm = Ppm(40_000);
    position.liquidation_fee_ppm = Ppm(5_000);
    position.margin_refreshed_at = market.ledger.accrued_at;
    position.opened_at = market.ledger.accrued_at;
    position.borrow_snapshot_e12 = market.ledger.borrow_index_e12;
    position.funding_paid_snapshot_e24 = market.ledger.side(side).funding_paid_e24;
    position.funding_received_snapshot_e24 = market.ledger.side(side).funding_received_e24;
    position
}

/// Counts a position in the market's sums.
pub(crate) fn count(market: &mut Market, position: &Position) {
    let sums = market.ledger.side_mut(position.side);
    sums.open_interest = sums.open_interest.plus(position.size).unwrap();
    sums.cost_e12 += u128::from(position.size.0) * u128::from(position.entry.0);
    sums.reserved = sums.reserved.plus(position.reserved).unwrap();
    sums.collateral = sums.collateral.plus(position.collateral_counted).unwrap();
    sums.positions += 1;
}

/// How often each standing was found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// First sighting, unconfirmed, held back, ready: below maintenance, insolvent, payout capped.
    pub(crate) kinds: [u64; 6],
    /// Healthy positions in the book at those ticks.
    pub(crate) healthy: u64,
    /// Of them, looked at.
    pub(crate) idle: u64,
    /// Liquidations carried out.
    pub(crate) liquidated: u64,
}

impl Seen {
    pub(crate) fn note(&mut self, readiness: Readiness) {
        let kind = match readiness {
            Readiness::Healthy => panic!("a healthy position is no hit"),
            Readiness::FirstSighting => 0,
            Readiness::Unconfirmed => 1,
            Readiness::HeldBack => 2,
            Readiness::Ready(LiquidationReason::BelowMaintenance) => 3,
            Readiness::Ready(LiquidationReason::Insolvent) => 4,
            Readiness::Ready(LiquidationReason::PayoutCapped) => 5,
        };
        self.kinds[kind] += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, times) in self.kinds.iter_mut().zip(other.kinds) {
            *sum += times;
        }
        self.healthy += other.healthy;
        self.idle += other.idle;
        self.liquidated += other.liquidated;
    }
}
