//! Markets: price, volatility, margin, pool, rates, and their end.

pub mod ending;
mod rates;

use bulkhead::state::Market;
use bulkhead_client::rpc::{Keyed, Snapshot};
use bulkhead_risk::accrual::borrow_rate_e12_floor;
use bulkhead_risk::params::YEAR_SECS;
use bulkhead_risk::volatility::Volatility;
use bulkhead_risk::{self as risk, MarketStatus, Side, fixed, pool};
use clap::Subcommand;
use serde_json::{Value, json};

use super::Outcome;
use crate::amount::{percent, plain, price};
use crate::error::Result;
use crate::output::{Report, pairs, table};
use crate::session::{MarketName, Session};
use crate::units::Units;
use crate::view::{View, age};

const E12_PER_PPM: u64 = 1_000_000;
const E18_PER_PPM: u64 = 1_000_000_000_000;

/// What to do with markets.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// All markets, a line each
    List,
    /// One market with everything that matters to a trader or a provider
    Show {
        /// Index, asset (BTC) or address
        market: MarketName,
    },
    /// What a market charges now; needs no price account
    Rates {
        /// Index, asset (BTC) or address
        market: MarketName,
    },
    /// Keep the price of this minute of a wind-down; anyone
    RecordPrice {
        /// Index, asset (BTC) or address
        market: MarketName,
    },
    /// Settle a market whose oracle is dead or whose wind-down is complete; anyone
    Settle {
        /// Index, asset (BTC) or address
        market: MarketName,
    },
    /// Give insurance and crank budget of a settled market without positions to its pool; anyone
    ReleaseFunds {
        /// Index, asset (BTC) or address
        market: MarketName,
    },
}

impl Command {
    /// Runs it.
    pub async fn run(self, session: &Session) -> Outcome {
        match self {
            Self::List => list(session).await.map(Some),
            Self::Show { market } => show(&session.market(&market).await?).map(Some),
            Self::Rates { market } => rates::show(session, &market).await.map(Some),
            Self::RecordPrice { market } => ending::record_price(session, &market).await,
            Self::Settle { market } => ending::settle(session, &market).await,
            Self::ReleaseFunds { market } => ending::release_funds(session, &market).await,
        }
    }
}

async fn list(session: &Session) -> Result<Report> {
    let markets = session.node().markets().await?;
    let rows = markets.iter().map(row).collect::<Result<Vec<_>>>()?;
    let text =
        table(&["market", "asset", "index", "mark", "margin", "long", "short", "pool", "status"], rows);
    let json = markets.iter().map(listed_json).collect::<Result<Vec<_>>>()?;
    Ok(Report::new(text, Value::Array(json)))
}

fn row(market: &Keyed<Market>) -> Result<Vec<String>> {
    let (account, view) = (&market.account, market.account.view()?);
    let units = Units::of(account);
    Ok(vec![
        account.index.to_string(),
        units.base.unwrap_or("-").to_owned(),
        price(view.oracle.index.get()),
        price(view.oracle.mark.get()),
        percent(view.volatility.margin_ppm()?.get().into()),
        units.base(view.ledger.long.open_interest.get()),
        units.base(view.ledger.short.open_interest.get()),
        units.quote(view.ledger.pool.get()),
        status_name(view.status).to_owned(),
    ])
}

fn listed_json(market: &Keyed<Market>) -> Result<Value> {
    let (account, view) = (&market.account, market.account.view()?);
    let units = Units::of(account);
    Ok(json!({
        "address": market.key.to_string(),
        "index": account.index,
        "asset": units.base,
        "status": status_name(view.status),
        "index_price": plain(view.oracle.index.get().into(), 12),
        "mark_price": plain(view.oracle.mark.get().into(), 12),
        "long": units.plain_base(view.ledger.long.open_interest.get()),
        "short": units.plain_base(view.ledger.short.open_interest.get()),
        "pool": units.plain_quote(view.ledger.pool.get().into()),
    }))
}

fn show(snapshot: &Snapshot) -> Result<Report> {
    let account = &snapshot.market.account;
    let View { market, note, .. } = View::of(snapshot)?;
    let units = Units::of(account);
    let name = units.base.map_or_else(String::new, |name| format!(", {name}"));
    let mut text = format!("Market {}{name}: {}\n", account.index, status_name(market.status));
    text += &note.as_ref().map_or_else(String::new, |note| format!("Shown {note}.\n"));
    let mut rows = price_rows(snapshot, &market)?;
    rows.extend(book_rows(&units, &market)?);
    text += &pairs(&rows);
    Ok(Report::new(text, shown_json(snapshot, &market, &units, note)?))
}

fn price_rows(snapshot: &Snapshot, market: &risk::Market) -> Result<Vec<(&'static str, String)>> {
    let (sample, volatility) = (&snapshot.sample, &market.volatility);
    let sigma = |variance| Volatility::sigma_hour_ppm(variance).map(|ppm| percent(ppm as i64));
    let confidence = sample.confidence_ppm_ceil().map_or(0, |ppm| ppm.get());
    Ok(vec![
        ("address", snapshot.market.key.to_string()),
        ("index", price(market.oracle.index.get())),
        ("mark", price(market.oracle.mark.get())),
        (
            "price account",
            format!(
                "{} {} ago, give or take {}",
                price(sample.price.get()),
                age(snapshot, sample.publish_time),
                percent(confidence.into())
            ),
        ),
        (
            "volatility of an hour",
            format!(
                "{} by the last hour, {} by the last day, {} by the last 30 days",
                sigma(volatility.variance_1h_e24)?,
                sigma(volatility.variance_1d_e24)?,
                sigma(volatility.variance_30d_e24)?
            ),
        ),
        (
            "volatility margin",
            format!(
                "{}, on its way to {}",
                percent(volatility.ramp_ppm_ceil()?.get().into()),
                percent(volatility.target_ppm.get().into())
            ),
        ),
    ])
}

fn book_rows(units: &Units, market: &risk::Market) -> Result<Vec<(&'static str, String)>> {
    let (ledger, params) = (&market.ledger, &market.params);
    let utilisation = percent(ledger.utilisation_ppm_ceil()?.get().into());
    Ok(vec![
        ("long", side(units, market, Side::Long)?),
        ("short", side(units, market, Side::Short)?),
        ("funding", funding(ledger.funding_rate_e18)?),
        ("borrow", format!("{} a year", yearly(borrow_rate_e12_floor(params, ledger)?)?)),
        ("fee", percent(params.trade_fee_ppm.get().into())),
        (
            "order window",
            format!("{} s to {} s after placing", params.order_delay_secs, params.order_window_secs),
        ),
        ("pool", format!("{}, {utilisation} of it set aside", units.quote(ledger.pool.get()))),
        ("insurance", units.quote(ledger.insurance.get())),
        ("losses borne by the pool", units.quote(ledger.shortfall_total.get())),
    ])
}

fn side(units: &Units, market: &risk::Market, side: Side) -> Result<String> {
    let sums = market.ledger.side(side);
    Ok(format!(
        "{} in {} positions, {} set aside, adds {} for size",
        units.base(sums.open_interest.get()),
        sums.positions,
        units.quote(sums.reserved.get()),
        percent(market.addon_ppm(side)?.get().into())
    ))
}

fn shown_json(
    snapshot: &Snapshot,
    market: &risk::Market,
    units: &Units,
    note: Option<String>,
) -> Result<Value> {
    let (sample, volatility, ledger) = (&snapshot.sample, &market.volatility, &market.ledger);
    let value = pool::value_for_deposit(market, market.oracle.index).ok();
    Ok(json!({
        "market": listed_json(&snapshot.market)?,
        "price_note": note,
        "price_published_at": sample.publish_time.get(),
        "price": plain(sample.price.get().into(), 12),
        "confidence": plain(sample.conf.get().into(), 12),
        "sigma_hour_percent": plain(Volatility::sigma_hour_ppm(volatility.variance_1h_e24)?.into(), 4),
        "margin_percent": plain(volatility.ramp_ppm_ceil()?.get().into(), 4),
        "margin_target_percent": plain(volatility.target_ppm.get().into(), 4),
        "funding_rate_per_sec_e18": ledger.funding_rate_e18.to_string(),
        "borrow_rate_per_sec_e12": borrow_rate_e12_floor(&market.params, ledger)?.to_string(),
        "utilisation_percent": plain(ledger.utilisation_ppm_ceil()?.get().into(), 4),
        "insurance": units.plain_quote(ledger.insurance.get().into()),
        "value_for_deposit": value.map(|value| units.plain_quote(value.get().into())),
        "shares": units.plain_quote(ledger.shares.get().into()),
    }))
}

fn funding(rate_e18: i64) -> Result<String> {
    let rate = share_of_year(rate_e18.unsigned_abs(), E18_PER_PPM)?;
    Ok(match rate_e18 {
        0 => "none".into(),
        1.. => format!("longs pay {rate} a year"),
        _ => format!("shorts pay {rate} a year"),
    })
}

/// A rate per second, in 10^-12, as a percentage of a year.
fn yearly(rate_e12: u64) -> Result<String> {
    share_of_year(rate_e12, E12_PER_PPM)
}

/// The same of a rate of which `per_ppm` make a millionth.
fn share_of_year(rate: u64, per_ppm: u64) -> Result<String> {
    let ppm = fixed::mul_div_u64_floor(rate, YEAR_SECS, per_ppm)?;
    Ok(percent(i64::try_from(ppm).unwrap_or(i64::MAX)))
}

/// "active", "reduce-only" or "settled".
pub fn status_name(status: MarketStatus) -> &'static str {
    match status {
        MarketStatus::Active => "active",
        MarketStatus::ReduceOnly => "reduce-only",
        MarketStatus::Settled => "settled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_shown_by_the_year() {
        // 20 % a year, as the parameters write it.
        assert_eq!(yearly(6_342).unwrap(), "20.0001 %");
        assert_eq!(funding(-6_342_000_000).unwrap(), "shorts pay 20.0001 % a year");
        assert_eq!(funding(3_171_000_000).unwrap(), "longs pay 10 % a year");
        assert_eq!(funding(0).unwrap(), "none");
    }
}
