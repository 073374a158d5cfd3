//! A market's parameters by name: read from a market, changed by a file or by hand, compared.

use bulkhead::state::{Market, ParamsData};
use bulkhead::views::MarketParams;
use toml::Value;

use crate::error::{CliError, Result};

macro_rules! parameters {
    ($($name:ident),* $(,)?) => {
        /// A market's parameters as they are.
        pub(super) fn of(market: &Market) -> MarketParams {
            let params: &ParamsData = &market.params;
            MarketParams { $($name: params.$name,)* }
        }

        /// Sets one by name.
        pub(super) fn set(params: &mut MarketParams, name: &str, value: u64) -> Result<()> {
            match name {
                $(stringify!($name) => {
                    params.$name = value
                        .try_into()
                        .map_err(|_| CliError::usage(format!("{name} cannot be {value}: too large")))?;
                    Ok(())
                })*
                other => Err(CliError::usage(format!(
                    "no parameter is called {other:?}; there are {}", NAMES.join(", ")
                ))),
            }
        }

        /// Names and values.
        pub(super) fn values(params: &MarketParams) -> Vec<(&'static str, u64)> {
            vec![$((stringify!($name), u64::from(params.$name)),)*]
        }

        /// Names of all.
        pub(super) const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

parameters!(
    base_decimals,
    stress_variance_e24,
    margin_min_ppm,
    margin_max_ppm,
    initial_margin_min_ppm,
    liquidation_fee_ppm,
    trade_fee_ppm,
    confidence_max_ppm,
    utilisation_max_ppm,
    pool_share_max_ppm,
    depth_quote_atoms,
    open_interest_cap_quote_atoms,
    skew_cap_quote_atoms,
    notional_min_quote_atoms,
    chunk_min_quote_atoms,
    order_delay_secs,
    order_window_secs,
    borrow_kink_utilisation_ppm,
    borrow_kink_rate_e12,
    borrow_full_utilisation_ppm,
    borrow_full_rate_e12,
    funding_skew_scale_quote_atoms,
    funding_velocity_max_e18,
    funding_rate_max_e12,
    impact_scale_quote_atoms,
    keeper_floor_quote_atoms,
    crank_fee_quote_atoms,
);

/// Reads "name=value".
pub(super) fn parse_setting(text: &str) -> Result<(String, u64)> {
    let wrong = || CliError::usage(format!("{text:?}: write NAME=NUMBER, as in trade_fee_ppm=500"));
    let (name, value) = text.split_once('=').ok_or_else(wrong)?;
    let value = value.trim().replace('_', "").parse().map_err(|_| wrong())?;
    Ok((name.trim().to_owned(), value))
}

/// Sets whatever a TOML file names.
pub(super) fn set_all(params: &mut MarketParams, text: &str) -> Result<()> {
    let table: toml::Table = text.parse().map_err(|error| CliError::usage(format!("{error}")))?;
    for (name, value) in &table {
        let number = match value {
            Value::Integer(number) => u64::try_from(*number).ok(),
            _ => None,
        };
        let number =
            number.ok_or_else(|| CliError::usage(format!("{name} is no whole number, zero or above")))?;
        set(params, name, number)?;
    }
    Ok(())
}

/// What differs, a line each.
pub(super) fn differences(before: &MarketParams, after: &MarketParams) -> Vec<String> {
    let pairs = values(before).into_iter().zip(values(after));
    pairs
        .filter(|((_, before), (_, after))| before != after)
        .map(|((name, before), (_, after))| format!("{name}: {before} -> {after}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use bulkhead_lab::world::defaults;

    use super::*;

    #[test]
    fn parameters_are_set_by_name_and_compared() {
        let before = defaults::params();
        let mut after = before;
        set_all(&mut after, "trade_fee_ppm = 500\norder_window_secs = 20\n").unwrap();
        let (name, value) = parse_setting("depth_quote_atoms=30_000_000_000_000").unwrap();
        set(&mut after, &name, value).unwrap();
        assert_eq!((after.trade_fee_ppm, after.order_window_secs), (500, 20));
        assert_eq!(
            differences(&before, &after),
            [
                "trade_fee_ppm: 0 -> 500",
                "depth_quote_atoms: 20000000000000 -> 30000000000000",
                "order_window_secs: 15 -> 20",
            ]
        );
        assert_eq!(values(&before).len(), NAMES.len());
    }

    #[test]
    fn parameters_fail_and_say_what_is_wrong() {
        let mut params = defaults::params();
        let message = |result: Result<()>| result.unwrap_err().to_string();
        assert!(message(set(&mut params, "fee", 1)).contains("no parameter is called \"fee\""));
        assert!(message(set(&mut params, "base_decimals", 256)).contains("too large"));
        assert!(message(set_all(&mut params, "trade_fee_ppm = 0.5")).contains("no whole number"));
        assert!(message(set_all(&mut params, "trade_fee_ppm = -1")).contains("no whole number"));
        assert!(parse_setting("trade_fee_ppm").is_err());
        assert!(parse_setting("trade_fee_ppm=much").is_err());
    }
}
