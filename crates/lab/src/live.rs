//! The parameters of the live markets, from the definitions that they are created by.

use anyhow::{Context, Result};
use bulkhead_risk::{Params, Ppm, QuoteAtoms};
use serde::Deserialize;

/// Decimals of the collateral that the definitions' `quote_atoms` count in.
const QUOTE_DECIMALS: u8 = 6;

const BTC: &str = include_str!("../../../migrations/markets/btc.toml");
const ETH: &str = include_str!("../../../migrations/markets/eth.toml");

/// BTC/USD as it is live.
pub fn btc() -> Result<Params> {
    parse(BTC).context("migrations/markets/btc.toml")
}

/// ETH/USD as it is live.
pub fn eth() -> Result<Params> {
    parse(ETH).context("migrations/markets/eth.toml")
}

/// The parameters of one definition, within the program's bounds.
pub fn parse(text: &str) -> Result<Params> {
    let params = toml::from_str::<File>(text)?.params.params()?;
    params.validate().map_err(|error| anyhow::anyhow!("the program refuses these parameters: {error:?}"))?;
    Ok(params)
}

#[derive(Deserialize)]
struct File {
    params: ParamsFile,
}

/// Makes the file's form of [`Params`], key by key, and the way from it.
macro_rules! params_file {
    ($($key:ident: $kind:ty => $from:expr),* $(,)?) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct ParamsFile {
            base_decimals: u8,
            $($key: $kind,)*
        }

        impl ParamsFile {
            fn params(self) -> Result<Params> {
                let divisor = Params::notional_divisor_of(self.base_decimals, QUOTE_DECIMALS)
                    .map_err(|error| anyhow::anyhow!("{error:?}"))?;
                Ok(Params {
                    base_decimals: self.base_decimals,
                    quote_decimals: QUOTE_DECIMALS,
                    notional_divisor: divisor,
                    $($key: $from(self.$key),)*
                })
            }
        }
    };
}

params_file! {
    stress_variance_e24: u64 => u64::from,
    margin_min_ppm: u32 => Ppm,
    margin_max_ppm: u32 => Ppm,
    initial_margin_min_ppm: u32 => Ppm,
    liquidation_fee_ppm: u32 => Ppm,
    trade_fee_ppm: u32 => Ppm,
    confidence_max_ppm: u32 => Ppm,
    utilisation_max_ppm: u32 => Ppm,
    pool_share_max_ppm: u32 => Ppm,
    depth_quote_atoms: u64 => QuoteAtoms,
    open_interest_cap_quote_atoms: u64 => QuoteAtoms,
    skew_cap_quote_atoms: u64 => QuoteAtoms,
    notional_min_quote_atoms: u64 => QuoteAtoms,
    chunk_min_quote_atoms: u64 => QuoteAtoms,
    order_delay_secs: u32 => u32::from,
    order_window_secs: u32 => u32::from,
    borrow_kink_utilisation_ppm: u32 => Ppm,
    borrow_kink_rate_e12: u64 => u64::from,
    borrow_full_utilisation_ppm: u32 => Ppm,
    borrow_full_rate_e12: u64 => u64::from,
    funding_skew_scale_quote_atoms: u64 => QuoteAtoms,
    funding_velocity_max_e18: u64 => u64::from,
    funding_rate_max_e12: u64 => u64::from,
    impact_scale_quote_atoms: u64 => QuoteAtoms,
    keeper_floor_quote_atoms: u64 => QuoteAtoms,
    crank_fee_quote_atoms: u64 => QuoteAtoms,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn live_markets_have_what_their_definitions_say() {
        let (btc, eth) = (btc().unwrap(), eth().unwrap());
        assert_eq!((btc.trade_fee_ppm, eth.trade_fee_ppm), (Ppm(600), Ppm(600)));
        assert_eq!(btc.notional_divisor, 100_000_000_000_000);
        assert_eq!((btc.margin_min_ppm, eth.margin_min_ppm), (Ppm(25_000), Ppm(30_000)));
    }

    #[test]
    fn parse_fails_on_what_the_program_refuses_or_does_not_know() {
        assert!(parse(&BTC.replace("margin_min_ppm = 25_000", "margin_min_ppm = 1")).is_err());
        assert!(parse(&BTC.replace("trade_fee_ppm", "trading_fee_ppm")).is_err());
    }
}
