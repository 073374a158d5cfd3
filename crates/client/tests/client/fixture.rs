//! A market and positions with round numbers: one base atom is 10^-8, one quote atom 10^-6 USD, the price
//! 50,000 USD.

use bulkhead::constants::{ACCOUNT_VERSION, MARKET_VERSION};
use bulkhead::state::{Market, OracleConfig, Position};
use bulkhead::views::MarketParams;
use bulkhead_client::accounts::Account;
use bulkhead_client::quote::{Look, quote_open};
use bulkhead_risk as risk;
use bytemuck::Zeroable;
use risk::transition::IncreaseArgs;
use risk::{BaseAtoms, Ppm, PriceE12, Purpose, QuoteAtoms, Sample, Side, UnixSeconds};

/// One dollar in quote atoms.
pub(crate) const USD: u64 = 1_000_000;
/// The moment of all tests.
pub(crate) const NOW: UnixSeconds = UnixSeconds(1_700_000_000);
/// Price that the market knows.
pub(crate) const DOLLARS: u64 = 50_000;

/// An account's bytes as the chain holds them.
pub(crate) fn bytes_of<T: Account>(account: &T) -> Vec<u8> {
    [T::DISCRIMINATOR, bytemuck::bytes_of(account)].concat()
}

/// Parameters within the program's bounds: a fee of 0.05 %, a borrow rate.
pub(crate) fn params() -> MarketParams {
    MarketParams {
        base_decimals: 8,
        stress_variance_e24: 20_294_266_869_609_335, // 80 % a year
        margin_min_ppm: 25_000,
        margin_max_ppm: 200_000,
        initial_margin_min_ppm: 20_000,
        liquidation_fee_ppm: 5_000,
        trade_fee_ppm: 500,
        confidence_max_ppm: 20_000,
        utilisation_max_ppm: 800_000,
        pool_share_max_ppm: 200_000,
        depth_quote_atoms: 20_000_000 * USD,
        open_interest_cap_quote_atoms: 50_000_000 * USD,
        skew_cap_quote_atoms: 50_000_000 * USD,
        notional_min_quote_atoms: 100 * USD,
        chunk_min_quote_atoms: 50 * USD,
        order_delay_secs: 2,
        order_window_secs: 15,
        borrow_kink_utilisation_ppm: 700_000,
        borrow_kink_rate_e12: 6_342, // 20 % a year
        borrow_full_utilisation_ppm: 950_000,
        borrow_full_rate_e12: 95_129, // 300 % a year
        funding_skew_scale_quote_atoms: 0,
        funding_velocity_max_e18: 0,
        funding_rate_max_e12: 0,
        impact_scale_quote_atoms: 0,
        keeper_floor_quote_atoms: 0,
        crank_fee_quote_atoms: 0,
    }
}

/// A sample at `cents` without a confidence interval, published `seconds` after [`NOW`].
pub(crate) fn sample(cents: u64, seconds: i64) -> Sample {
    let price = PriceE12(cents * 10_000_000_000);
    Sample { price, conf: PriceE12::ZERO, ema: price, publish_time: at(seconds) }
}

/// `seconds` after [`NOW`].
pub(crate) fn at(seconds: i64) -> UnixSeconds {
    UnixSeconds(NOW.0 + seconds)
}

/// A look at `market` at a fresh sample of `cents`, `seconds` after [`NOW`].
pub(crate) fn look(market: &Market, cents: u64, seconds: i64) -> Look {
    Look::new(market, sample(cents, seconds), at(seconds)).unwrap()
}

/// A market that was sampled at 50,000 USD and has a pool of 100 million USD.
pub(crate) fn market() -> Market {
    let mut market = Market { version: MARKET_VERSION, oracle: OracleConfig::zeroed(), ..Market::zeroed() };
    market.params.store(&params().checked(6).unwrap());
    market.pool_atoms = 100_000_000 * USD;
    market.shares = 100_000_000 * USD;
    let mut view = market.view().unwrap();
    let _ = view.observe(&sample(DOLLARS * 100, 0), Purpose::Update, NOW).unwrap();
    market.store_observed(&view);
    market
}

/// `dollars` worth of base atoms at 50,000 USD.
pub(crate) fn worth(dollars: u64) -> BaseAtoms {
    BaseAtoms(dollars * 100_000_000 / DOLLARS)
}

/// Arguments that open `dollars` at any price with the whole notional as payout cap.
pub(crate) fn opening(side: Side, dollars: u64) -> IncreaseArgs {
    let acceptable = match side {
        Side::Long => PriceE12(u64::MAX),
        Side::Short => PriceE12(0),
    };
    IncreaseArgs { size: worth(dollars), payout_cap_ppm: Ppm(1_000_000), acceptable }
}

/// A position of `dollars` opened in `market` with `collateral` dollars.
pub(crate) fn open(market: &mut Market, side: Side, dollars: u64, collateral: u64) -> Position {
    let quote = quote_open(
        &look(market, DOLLARS * 100, 0),
        side,
        QuoteAtoms(collateral * USD),
        &opening(side, dollars),
    )
    .unwrap();
    market.store_ledger(&quote.report.ledger);
    let mut position = Position { version: ACCOUNT_VERSION, ..Position::zeroed() };
    position.store(&quote.report.position);
    position
}
