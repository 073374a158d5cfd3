//! Parameters of a BTC-like market: reference figures of docs/math.md, with every flow of money off or, as live
//! markets have it, on.

use bulkhead::oracle::OracleSource;
use bulkhead::views::MarketParams;

/// One whole unit of collateral.
pub const QUOTE_UNIT: u64 = 1_000_000;
pub const QUOTE_DECIMALS: u8 = 6;
/// One whole unit of the base asset.
pub const BASE_UNIT: u64 = 100_000_000;
pub const BASE_DECIMALS: u8 = 8;

/// Shard of Pyth's push oracle that nobody else pushes to.
pub const ORACLE_SHARD: u16 = 0xb01d;
/// Pyth's feed id of BTC/USD.
pub const FEED_ID_BTC: [u8; 32] = [
    0xe6, 0x2d, 0xf6, 0xc8, 0xb4, 0xa8, 0x5f, 0xe1, 0xa6, 0x7d, 0xb4, 0x4d, 0xc1, 0x2d, 0xe5, 0xdb, 0x33,
    0x0f, 0x7a, 0xc6, 0x6b, 0x72, 0xdc, 0x65, 0x8a, 0xfe, 0xdf, 0x0f, 0x4a, 0x41, 0x5b, 0x43,
];

/// 2026-01-05 00:00:00 UTC.
pub const START_SECS: i64 = 1_767_571_200;
/// 60,000 USD.
pub const START_PRICE_E8: u64 = 6_000_000_000_000;
/// 20 million.
pub const POOL_ATOMS: u64 = 20_000_000 * QUOTE_UNIT;

/// Variance per second, in 10^-24, of a volatility of 80 % a year: 0.8^2 / 31,536,000.
pub const STRESS_VARIANCE_80_E24: u64 = 20_294_266_869_609_335;
/// The same of 100 %.
pub const STRESS_VARIANCE_100_E24: u64 = 31_709_791_983_764_586;

/// The push feed of BTC on our shard, second receiver generation.
pub fn oracle() -> OracleSource {
    OracleSource::PythCompatible { shard: ORACLE_SHARD, feed_id: FEED_ID_BTC }
}

/// Without trade fee, borrow fee, funding, price impact, least pay and crank fee: what a test sees moves for one
/// reason.
pub fn params() -> MarketParams {
    MarketParams {
        base_decimals: BASE_DECIMALS,
        stress_variance_e24: STRESS_VARIANCE_80_E24,
        margin_min_ppm: 25_000,
        margin_max_ppm: 200_000,
        initial_margin_min_ppm: 20_000,
        liquidation_fee_ppm: 5_000,
        trade_fee_ppm: 0,
        confidence_max_ppm: 20_000,
        utilisation_max_ppm: 800_000,
        pool_share_max_ppm: 100_000,
        depth_quote_atoms: 20_000_000 * QUOTE_UNIT,
        open_interest_cap_quote_atoms: 50_000_000 * QUOTE_UNIT,
        skew_cap_quote_atoms: 50_000_000 * QUOTE_UNIT,
        notional_min_quote_atoms: 100 * QUOTE_UNIT,
        chunk_min_quote_atoms: 50 * QUOTE_UNIT,
        order_delay_secs: 2,
        order_window_secs: 15,
        borrow_kink_utilisation_ppm: 700_000,
        borrow_kink_rate_e12: 0,
        borrow_full_utilisation_ppm: 950_000,
        borrow_full_rate_e12: 0,
        funding_skew_scale_quote_atoms: 0,
        funding_velocity_max_e18: 0,
        funding_rate_max_e12: 0,
        impact_scale_quote_atoms: 0,
        keeper_floor_quote_atoms: 0,
        crank_fee_quote_atoms: 0,
    }
}

/// The same market with all of them on, at the rates of `migrations/markets/btc.toml`.
pub fn live_params() -> MarketParams {
    MarketParams {
        trade_fee_ppm: 600,
        borrow_kink_rate_e12: 6_342,
        borrow_full_rate_e12: 95_129,
        funding_skew_scale_quote_atoms: 10_000_000 * QUOTE_UNIT,
        funding_velocity_max_e18: 367_011,
        funding_rate_max_e12: 31_709,
        impact_scale_quote_atoms: 1_000_000_000 * QUOTE_UNIT,
        keeper_floor_quote_atoms: 150_000,
        crank_fee_quote_atoms: 1_000,
        ..params()
    }
}
