//! What a market charges now, by the second and by the year. Needs no price account.

use bulkhead::state::Market;
use bulkhead_risk::rates::{Rates, rates};
use bulkhead_risk::{Side, UnixSeconds};
use serde_json::json;

use super::{funding, yearly};
use crate::amount::{percent, plain, price, span};
use crate::error::Result;
use crate::explain::side_name;
use crate::output::{Report, pairs};
use crate::session::{MarketName, Session};
use crate::units::Units;

/// Rates of a market, as `view_rates` answers.
pub(super) async fn show(session: &Session, market: &MarketName) -> Result<Report> {
    let key = session.market_key(market).await?;
    let account: Market = session.node().get(&key).await?;
    let now = session.node().clock().await?.now;
    let units = Units::of(&account);
    let rates = rates(&account.view()?, now)?;
    Ok(Report::new(text(&rates, &units, now)?, rates_json(&rates, &units)))
}

fn text(rates: &Rates, units: &Units, now: UnixSeconds) -> Result<String> {
    let accrued = now.since(rates.ledger.accrued_at).unwrap_or(0);
    let sigma = |ppm: u64| percent(ppm as i64);
    Ok(pairs(&[
        ("index", price(rates.index.get())),
        ("funding", funding(rates.funding_rate_e18)?),
        ("borrow", format!("{} a year of what is set aside", yearly(rates.borrow_rate_e12)?)),
        ("set aside", format!("{} of the pool", percent(rates.utilisation.get().into()))),
        ("long", value_of(rates, units, Side::Long)),
        ("short", value_of(rates, units, Side::Short)),
        ("long less short", units.signed_quote(rates.skew.get())),
        (
            "volatility of an hour",
            format!(
                "{} by the last hour, {} by the last day, {} by the last 30 days, {} by the oracle's average",
                sigma(rates.sigmas.hour_ppm),
                sigma(rates.sigmas.day_ppm),
                sigma(rates.sigmas.month_ppm),
                sigma(rates.sigmas.ema_ppm)
            ),
        ),
        (
            "volatility margin",
            format!(
                "{}, on its way to {}",
                percent(rates.ramp.get().into()),
                percent(rates.target.get().into())
            ),
        ),
        ("indexes run up to", format!("{} ago", span(accrued))),
    ]))
}

fn value_of(rates: &Rates, units: &Units, side: Side) -> String {
    let value = if side == Side::Long { rates.long } else { rates.short };
    let size = rates.ledger.side(side).open_interest;
    format!("{}, worth {}", units.base(size.get()), units.quote(value.get()))
}

fn rates_json(rates: &Rates, units: &Units) -> serde_json::Value {
    json!({
        "index_price": plain(rates.index.get().into(), 12),
        "funding_rate_per_sec_e18": rates.funding_rate_e18.to_string(),
        "funding_payer": rates.funding_payer.map(side_name),
        "borrow_rate_per_sec_e12": rates.borrow_rate_e12.to_string(),
        "utilisation_percent": plain(rates.utilisation.get().into(), 4),
        "long": units.plain_base(rates.ledger.long.open_interest.get()),
        "short": units.plain_base(rates.ledger.short.open_interest.get()),
        "long_notional": units.plain_quote(rates.long.get().into()),
        "short_notional": units.plain_quote(rates.short.get().into()),
        "skew": units.plain_quote(rates.skew.get()),
        "borrow_index_e12": rates.ledger.borrow_index_e12.to_string(),
        "margin_percent": plain(rates.ramp.get().into(), 4),
        "margin_target_percent": plain(rates.target.get().into(), 4),
        "sigma_hour_percent": plain(rates.sigmas.hour_ppm.into(), 4),
        "accrued_at": rates.ledger.accrued_at.get(),
    })
}
