//! Builders with round numbers: one base atom is 10^-8 BTC, one quote atom 10^-6 USD, the price 50,000 USD.

use bulkhead_risk::oracle::OracleState;
use bulkhead_risk::*;

pub const NOW: UnixSeconds = UnixSeconds(1_700_000_000);
pub const USD: u64 = 1_000_000;
pub const DOLLAR_E12: u64 = 1_000_000_000_000;
pub const PRICE: PriceE12 = PriceE12(50_000 * DOLLAR_E12);
pub const BTC: u64 = 100_000_000;

pub fn usd(dollars: u64) -> QuoteAtoms {
    QuoteAtoms(dollars * USD)
}

pub fn params() -> Params {
    Params {
        base_decimals: 8,
        quote_decimals: 6,
        notional_divisor: 100_000_000_000_000,
        stress_variance_e24: 20_294_266_869_609_335, // 80 % a year
        margin_min_ppm: Ppm(25_000),
        margin_max_ppm: Ppm(200_000),
        initial_margin_min_ppm: Ppm(20_000),
        liquidation_fee_ppm: Ppm(5_000),
        trade_fee_ppm: Ppm(500),
        confidence_max_ppm: Ppm(20_000),
        utilisation_max_ppm: Ppm(800_000),
        pool_share_max_ppm: Ppm(200_000),
        depth_quote_atoms: usd(5_000_000),
        open_interest_cap_quote_atoms: usd(100_000_000),
        skew_cap_quote_atoms: usd(50_000_000),
        notional_min_quote_atoms: usd(20),
        chunk_min_quote_atoms: usd(10),
        order_delay_secs: 2,
        order_window_secs: 15,
        borrow_kink_utilisation_ppm: Ppm(700_000),
        borrow_kink_rate_e12: 6_342, // 20 % a year
        borrow_full_utilisation_ppm: Ppm(950_000),
        borrow_full_rate_e12: 95_129, // 300 % a year
        funding_skew_scale_quote_atoms: usd(20_000_000),
        funding_velocity_max_e18: 8_000_000,
        funding_rate_max_e12: 60_000,
        impact_scale_quote_atoms: QuoteAtoms::ZERO,
        keeper_floor_quote_atoms: QuoteAtoms::ZERO,
        crank_fee_quote_atoms: QuoteAtoms::ZERO,
    }
}

pub fn sample_at(price: PriceE12, time: UnixSeconds) -> Sample {
    Sample { price, conf: PriceE12::ZERO, ema: price, publish_time: time }
}

/// A sample at `price` and now, without a confidence interval.
pub fn sample(price: PriceE12) -> Sample {
    sample_at(price, NOW)
}

/// A market with a pool of 100 million USD, no positions, and m_target = m_ramp = 4 %.
pub fn market() -> Market {
    let mut market = Market {
        params: params(),
        oracle: OracleState { index: PRICE, mark: PRICE, published_at: NOW, ..OracleState::default() },
        ledger: Ledger {
            pool: usd(100_000_000),
            shares: Shares(100_000_000 * USD),
            insurance: usd(100_000),
            accrued_at: NOW,
            ..Ledger::default()
        },
        ..Market::default()
    };
    let stress = u128::from(market.params.stress_variance_e24);
    market.volatility = volatility::Volatility {
        variance_1h_e24: stress,
        variance_1d_e24: stress,
        variance_30d_e24: stress,
        variance_ema_e24: stress,
        ramp_ppb: 40_000_000,
        target_ppm: Ppm(40_000),
        sampled_price: PRICE,
        sampled_at: NOW,
        first_sampled_at: UnixSeconds(NOW.0 - 1_000_000),
    };
    market.extremes.note(PRICE, NOW).unwrap();
    market
}

/// The market with its index, mark and extremes moved to `price` at `time`.
pub fn at(market: &Market, price: PriceE12, time: UnixSeconds) -> Market {
    let mut market = *market;
    market.oracle.index = price;
    market.oracle.mark = price;
    market.oracle.published_at = time;
    market.extremes.note(price, time).unwrap();
    market
}

/// `dollars` worth of base atoms at the round price.
pub fn worth(dollars: u64) -> BaseAtoms {
    BaseAtoms(dollars * BTC / 50_000)
}

/// An open position of `dollars` entered at the round price, and the market that counts it.
pub fn open(market: &Market, side: Side, dollars: u64, collateral: QuoteAtoms) -> (Market, Position) {
    let size = worth(dollars);
    let position = Position {
        status: PositionStatus::Open,
        size,
        entry: PRICE,
        collateral_counted: collateral,
        reserved: usd(dollars),
        borrow_snapshot_e12: market.ledger.borrow_index_e12,
        funding_paid_snapshot_e24: market.ledger.side(side).funding_paid_e24,
        funding_received_snapshot_e24: market.ledger.side(side).funding_received_e24,
        margin_ppm: Ppm(40_000),
        addon_ppm: Ppm(0),
        liquidation_fee_ppm: Ppm(5_000),
        margin_refreshed_at: NOW,
        opened_at: NOW,
        ..Position::pending(side, collateral)
    };
    let mut market = *market;
    let sums = market.ledger.side_mut(side);
    sums.open_interest = sums.open_interest.plus(size).unwrap();
    sums.cost_e12 += u128::from(size.0) * u128::from(PRICE.0);
    sums.reserved = sums.reserved.plus(position.reserved).unwrap();
    sums.collateral = sums.collateral.plus(collateral).unwrap();
    sums.positions += 1;
    (market, position)
}

/// Everything that the market and one position hold, so that any movement between them sums to zero.
pub fn total(ledger: &Ledger, position: &Position) -> i128 {
    let booked =
        [ledger.pool, ledger.protocol_fees, ledger.crank_budget, ledger.insurance, position.collateral];
    booked.iter().map(|amount| i128::from(amount.0)).sum()
}

/// Why the position could be liquidated if it had been sighted.
pub fn reason_at(
    market: &Market,
    position: &Position,
    price: PriceE12,
) -> Option<liquidation::LiquidationReason> {
    let value = position.value(&market.params, price).unwrap();
    let required = position.maintenance_margin(value.notional).unwrap();
    liquidation::reason(position, &value, required)
}
