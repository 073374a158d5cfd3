//! The worst price that an order accepts.

use bulkhead::state::OrderAction;
use bulkhead_risk::{PriceE12, Side, fixed};

use crate::amount::{Share, Typed};
use crate::error::{CliError, Result};

const PPM: u64 = 1_000_000;
const PRICE_DECIMALS: u8 = 12;

/// How far from the price an order may fill.
#[derive(Clone, Debug, clap::Args)]
pub struct Limit {
    /// How much worse than the price of now the fill may be; "any" for any price
    #[arg(long, default_value = "1%", value_name = "SHARE|any", value_parser = parse_slippage)]
    slippage: Slippage,
    /// Worst price of the fill, in USD, instead of --slippage
    #[arg(long, value_name = "USD", conflicts_with = "slippage")]
    limit: Option<Typed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slippage {
    Share(Share),
    Any,
}

fn parse_slippage(text: &str) -> Result<Slippage> {
    match text {
        "any" => Ok(Slippage::Any),
        share => share.parse().map(Slippage::Share),
    }
}

impl Limit {
    /// The worst price accepted by an order with this action on a position of this side, while the price
    /// is `now`.
    pub fn acceptable(&self, side: Side, action: OrderAction, now: PriceE12) -> Result<PriceE12> {
        let buys = is_buying(side, action);
        match (&self.limit, self.slippage) {
            (Some(limit), _) => read_price(limit),
            (None, Slippage::Any) if buys => Ok(PriceE12(u64::MAX)),
            (None, Slippage::Any) => Ok(PriceE12(0)),
            (None, Slippage::Share(Share(ppm))) => {
                let (ppm, now) = (u64::from(ppm), now.get());
                let factor = if buys { PPM + ppm } else { PPM - ppm };
                // Rounded towards the price of now: never worse than was asked for.
                let bound = match buys {
                    true => fixed::mul_div_u64_floor(now, factor, PPM),
                    false => fixed::mul_div_u64_ceil(now, factor, PPM),
                };
                Ok(PriceE12(bound?))
            }
        }
    }
}

fn is_buying(side: Side, action: OrderAction) -> bool {
    matches!((side, action), (Side::Long, OrderAction::Increase) | (Side::Short, OrderAction::Decrease))
}

/// Reads a price in USD.
pub fn read_price(typed: &Typed) -> Result<PriceE12> {
    if let Some(unit) = typed.unit().filter(|unit| !unit.eq_ignore_ascii_case("USD")) {
        return Err(CliError::usage(format!("prices are in USD, not in {unit}")));
    }
    typed.atoms(PRICE_DECIMALS).map(PriceE12)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(slippage: &str, limit: Option<&str>) -> Limit {
        Limit {
            slippage: parse_slippage(slippage).unwrap(),
            limit: limit.map(|limit| Typed::parse(limit).unwrap()),
        }
    }

    #[test]
    fn limits_lie_on_the_side_that_is_worse() {
        let (long, short) = (Side::Long, Side::Short);
        let (more, less) = (OrderAction::Increase, OrderAction::Decrease);
        let now = PriceE12(1_000);
        for (side, action, expected) in
            [(long, more, 1_010), (long, less, 990), (short, more, 990), (short, less, 1_010)]
        {
            let one = limit("1%", None).acceptable(side, action, now);
            assert_eq!(one, Ok(PriceE12(expected)), "{side:?} {action:?}");
            let any = limit("any", None).acceptable(side, action, now).unwrap();
            assert_eq!(any.get(), if expected > 1_000 { u64::MAX } else { 0 });
        }
        // Never worse than asked for: 33 * 1.01 = 33.33, 33 * 0.99 = 32.67.
        assert_eq!(limit("1%", None).acceptable(long, more, PriceE12(33)), Ok(PriceE12(33)));
        assert_eq!(limit("1%", None).acceptable(long, less, PriceE12(33)), Ok(PriceE12(33)));
    }

    #[test]
    fn a_limit_is_a_price_in_usd() {
        let at = |text| limit("1%", Some(text)).acceptable(Side::Long, OrderAction::Increase, PriceE12(1));
        assert_eq!(at("60000.5"), Ok(PriceE12(60_000_500_000_000_000)));
        assert_eq!(at("60000.5 USD"), Ok(PriceE12(60_000_500_000_000_000)));
        assert!(at("1 BTC").is_err());
        assert!(at("20000000").is_err(), "more than the type holds");
    }
}
