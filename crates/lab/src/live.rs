//! The parameters of the live markets, from the definitions that they are created by.

use anyhow::{Context, Result};
use bulkhead::views::MarketParams;
use bulkhead_risk::Params;
use serde::Deserialize;

/// Decimals of the collateral that the definitions' `quote_atoms` count in.
pub const QUOTE_DECIMALS: u8 = 6;

const BTC: &str = include_str!("../../../migrations/markets/btc.toml");
const ETH: &str = include_str!("../../../migrations/markets/eth.toml");

/// BTC/USD as it is live.
pub fn btc() -> Result<Params> {
    parse(BTC)?.checked().context("migrations/markets/btc.toml")
}

/// ETH/USD as it is live.
pub fn eth() -> Result<Params> {
    parse(ETH)?.checked().context("migrations/markets/eth.toml")
}

/// BTC/USD as the program takes it.
pub fn btc_for_program() -> Result<MarketParams> {
    parse(BTC).map(MarketParams::from)
}

/// The parameters of one definition; what else it defines is not looked at.
fn parse(text: &str) -> Result<ParamsFile> {
    Ok(toml::from_str::<File>(text)?.params)
}

#[derive(Deserialize)]
struct File {
    params: ParamsFile,
}

impl ParamsFile {
    /// As the risk crate sees them, within the program's bounds.
    pub fn checked(self) -> Result<Params> {
        MarketParams::from(self)
            .checked(QUOTE_DECIMALS)
            .map_err(|error| anyhow::anyhow!("the program refuses these parameters: {error}"))
    }
}

/// Makes the file's form of [`MarketParams`], key by key, and the way from it.
macro_rules! params_file {
    ($($key:ident: $kind:ty),* $(,)?) => {
        /// Parameters as a market's definition writes them.
        #[derive(Clone, Copy, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct ParamsFile {
            $($key: $kind,)*
        }

        impl From<ParamsFile> for MarketParams {
            fn from(file: ParamsFile) -> Self {
                Self { $($key: file.$key,)* }
            }
        }
    };
}

params_file! {
    base_decimals: u8,
    stress_variance_e24: u64,
    margin_min_ppm: u32,
    margin_max_ppm: u32,
    initial_margin_min_ppm: u32,
    liquidation_fee_ppm: u32,
    trade_fee_ppm: u32,
    confidence_max_ppm: u32,
    utilisation_max_ppm: u32,
    pool_share_max_ppm: u32,
    depth_quote_atoms: u64,
    open_interest_cap_quote_atoms: u64,
    skew_cap_quote_atoms: u64,
    notional_min_quote_atoms: u64,
    chunk_min_quote_atoms: u64,
    order_delay_secs: u32,
    order_window_secs: u32,
    borrow_kink_utilisation_ppm: u32,
    borrow_kink_rate_e12: u64,
    borrow_full_utilisation_ppm: u32,
    borrow_full_rate_e12: u64,
    funding_skew_scale_quote_atoms: u64,
    funding_velocity_max_e18: u64,
    funding_rate_max_e12: u64,
    impact_scale_quote_atoms: u64,
    keeper_floor_quote_atoms: u64,
    crank_fee_quote_atoms: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use bulkhead_risk::Ppm;

    #[test]
    fn live_markets_have_what_their_definitions_say() {
        let (btc, eth) = (btc().unwrap(), eth().unwrap());
        assert_eq!((btc.trade_fee_ppm, eth.trade_fee_ppm), (Ppm(600), Ppm(600)));
        assert_eq!(btc.notional_divisor, 100_000_000_000_000);
        assert_eq!((btc.margin_min_ppm, eth.margin_min_ppm), (Ppm(25_000), Ppm(30_000)));
    }

    #[test]
    fn parse_fails_on_what_the_program_refuses_or_does_not_know() {
        let out_of_bounds = parse(&BTC.replace("margin_min_ppm = 25_000", "margin_min_ppm = 1")).unwrap();
        assert!(out_of_bounds.checked().is_err());
        assert!(parse(&BTC.replace("trade_fee_ppm", "trading_fee_ppm")).is_err());
    }
}
