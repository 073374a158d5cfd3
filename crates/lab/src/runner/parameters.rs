//! The market of a run: parameters by asset and margin mode, and the table of them that the report shows.

use anyhow::{Result, ensure};
use bulkhead::views::MarketParams;
use bulkhead_risk::{Params, QuoteAtoms};

use crate::record::{MarginMode, Parameter, Rates};
use crate::show::{percent, quote};
use crate::world::defaults;

/// Where the program lets both bounds of the margin lie, so that they can be the same.
const STATIC_MARGIN_PPM: std::ops::RangeInclusive<u32> = 20_000..=200_000;

/// Parameters for a path of this name: those of ETH where it says so, else those of BTC.
pub(super) fn of(path_name: &str, margin: MarginMode, rates: Rates) -> Result<MarketParams> {
    let mut params = match rates {
        Rates::Live => defaults::live_params(),
        Rates::Zero => defaults::params(),
    };
    params.notional_min_quote_atoms = 500 * defaults::QUOTE_UNIT;
    params.chunk_min_quote_atoms = 250 * defaults::QUOTE_UNIT;
    if path_name.to_ascii_uppercase().starts_with("ETH") {
        params.stress_variance_e24 = defaults::STRESS_VARIANCE_100_E24;
        params.margin_min_ppm = 30_000;
        params.impact_scale_quote_atoms = params.impact_scale_quote_atoms / 4 * 3;
    }
    if let MarginMode::Static { margin_ppm } = margin {
        ensure!(
            STATIC_MARGIN_PPM.contains(&margin_ppm),
            "a static margin of {} lies outside the program's bounds, 2 % to 20 %",
            percent(margin_ppm.into())
        );
        params.margin_min_ppm = margin_ppm;
        params.margin_max_ppm = margin_ppm;
    }
    Ok(params)
}

pub(super) fn table(params: &Params) -> Vec<Parameter> {
    let line = |name: &str, value: String, meaning: &str| Parameter {
        name: name.to_owned(),
        value,
        meaning: meaning.to_owned(),
    };
    let rate = |ppm: bulkhead_risk::Ppm| percent(ppm.get().into());
    let money = |atoms: QuoteAtoms| quote(atoms.get(), params.quote_decimals);
    let off_or = |atoms: QuoteAtoms| if atoms.is_zero() { "off".to_owned() } else { amount(atoms, params) };
    // The variance was rounded down; its root, cut, would show a hundredth of a percent too little.
    let stress_ppm = annual_ppm(u128::from(params.stress_variance_e24) + 1) + 1;
    vec![
        line("stress volatility", percent(stress_ppm as i64), "a quarter of the measure; floor in warm-up"),
        line("margin, least", rate(params.margin_min_ppm), "lower bound of m_target"),
        line("margin, largest", rate(params.margin_max_ppm), "upper bound of m_target"),
        line("initial margin, least", rate(params.initial_margin_min_ppm), "one over the largest leverage"),
        line("liquidation fee", rate(params.liquidation_fee_ppm), "of the closed notional, at most"),
        line("open and close fee", rate(params.trade_fee_ppm), "of the traded notional"),
        line(
            "borrow fee",
            borrow_rates(params),
            "a year, of the payout set aside, by the pool's utilisation",
        ),
        line("funding, largest", year(params.funding_rate_max_e12), "a year, of the notional"),
        line("price impact", off_or(params.impact_scale_quote_atoms), "skew that would move a fill by 100 %"),
        line(
            "keepers' floor",
            off_or(params.keeper_floor_quote_atoms),
            "least pay for closing a whole position",
        ),
        line("crank fee", off_or(params.crank_fee_quote_atoms), "for the first sample of a minute"),
        line("confidence, largest", rate(params.confidence_max_ppm), "of the price, for a sample to count"),
        line("utilisation, largest", rate(params.utilisation_max_ppm), "opens stop there"),
        line("share of one position", rate(params.pool_share_max_ppm), "its payout, of the pool"),
        line("depth", money(params.depth_quote_atoms), "open interest that adds 1 % of margin"),
        line("least notional", money(params.notional_min_quote_atoms), "of a position"),
        line(
            "order window",
            format!("{} to {} s", params.order_delay_secs, params.order_window_secs),
            "after placing",
        ),
    ]
}

/// Every digit that an amount has.
fn amount(atoms: QuoteAtoms, params: &Params) -> String {
    let cents = quote(atoms.get(), params.quote_decimals);
    let unit = 10_u64.pow(params.quote_decimals.into());
    let fraction = format!("{:0width$}", atoms.get() % unit, width = params.quote_decimals.into());
    match fraction.get(2..).map(|rest| rest.trim_end_matches('0')) {
        Some(finer) => format!("{cents}{finer}"),
        None => cents,
    }
}

/// A rate per second in 10^-12, as a percentage a year.
fn year(rate_e12: u64) -> String {
    percent((rate_e12 * bulkhead_risk::params::YEAR_SECS).div_ceil(1_000_000) as i64)
}

fn borrow_rates(params: &Params) -> String {
    match params.borrow_full_rate_e12 {
        0 => "off".to_owned(),
        full => format!("{} / {}", year(params.borrow_kink_rate_e12), year(full)),
    }
}

/// Volatility a year, in ppm, of a variance per second in 10^-24.
pub(super) fn annual_ppm(variance_e24: u128) -> u64 {
    let year_e24 = variance_e24.saturating_mul(u128::from(bulkhead_risk::params::YEAR_SECS));
    u64::try_from(year_e24.isqrt() / 1_000_000).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stress_of_the_default_market_is_80_percent_a_year() {
        assert_eq!(annual_ppm(defaults::STRESS_VARIANCE_80_E24.into()), 799_999);
    }

    #[test]
    fn static_margin_sets_both_bounds_within_the_programs() {
        let params = of("BTCUSDT", MarginMode::Static { margin_ppm: 41_234 }, Rates::Live).unwrap();
        assert_eq!((params.margin_min_ppm, params.margin_max_ppm), (41_234, 41_234));
        params.checked(defaults::QUOTE_DECIMALS).unwrap();
        assert!(of("BTCUSDT", MarginMode::Static { margin_ppm: 19_999 }, Rates::Zero).is_err());
        assert_eq!(of("ethusdt", MarginMode::VolatilityScaled, Rates::Live).unwrap().margin_min_ppm, 30_000);
    }
}
