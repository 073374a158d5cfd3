//! What an order waits for before its window begins, and for how long.

use std::str::FromStr;

use bulkhead::state::Market;
use bulkhead_client::quote::Look;
use bulkhead_risk::{PriceE12, Sample, UnixSeconds};

use crate::amount::Typed;
use crate::error::{CliError, Result};
use crate::limits::read_price;

/// A trigger price and its end.
#[derive(Clone, Debug, clap::Args)]
pub struct Trigger {
    /// Index price, in USD, that the order waits for; from which side follows from what it does
    #[arg(long, value_name = "USD")]
    trigger: Option<Typed>,
    /// How long it waits, as in 30min, 12h or 7d; or until when, as @ and seconds of the Unix epoch
    /// [default: for ever]
    #[arg(long, value_name = "SPAN|@TIME", requires = "trigger")]
    expires: Option<Expiry>,
}

/// The end of waiting, as it was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Seconds from now.
    In(u32),
    /// A time.
    At(UnixSeconds),
}

impl FromStr for Expiry {
    type Err = CliError;

    fn from_str(text: &str) -> Result<Self> {
        let wrong =
            || CliError::usage(format!("{text:?} is no span: write 30min, 12h or 7d, or @ and a time"));
        if let Some(time) = text.strip_prefix('@') {
            let time = time.parse().ok().filter(|time: &i64| *time > 0).ok_or_else(wrong)?;
            return Ok(Self::At(UnixSeconds(time)));
        }
        let typed = Typed::parse(text).map_err(|_| wrong())?;
        let unit_secs: u64 = match typed.unit() {
            Some("s") => 1,
            Some("min") => 60,
            Some("h") => 3_600,
            Some("d") => 86_400,
            _ => return Err(wrong()),
        };
        let secs = typed.atoms(0)?.checked_mul(unit_secs).and_then(|secs| u32::try_from(secs).ok());
        secs.map(Self::In).ok_or_else(wrong)
    }
}

impl Trigger {
    /// The trigger price; none for an order that does not wait.
    pub fn price(&self) -> Result<Option<PriceE12>> {
        self.trigger.as_ref().map(read_price).transpose()
    }

    /// As an order says it: the time from which on it cannot be triggered, zero for never.
    pub fn expires_at(&self, now: UnixSeconds) -> Result<i64> {
        Ok(match self.expires {
            None => 0,
            Some(Expiry::At(time)) => time.get(),
            Some(Expiry::In(secs)) => now.after_secs(secs)?.get(),
        })
    }
}

/// The same look at another price: what an order would do if its trigger price were the price of now.
pub fn look_at(market: &Market, look: &Look, price: PriceE12, is_stale: bool) -> Result<Look> {
    let sample = Sample { price, ..*look.sample() };
    let look = Look::new(market, sample, look.now())?;
    Ok(if is_stale { look.updated()? } else { look })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiries_are_spans_or_times() {
        assert_eq!("30min".parse(), Ok(Expiry::In(1_800)));
        assert_eq!("12 h".parse(), Ok(Expiry::In(43_200)));
        assert_eq!("7d".parse(), Ok(Expiry::In(604_800)));
        assert_eq!("@1800000000".parse(), Ok(Expiry::At(UnixSeconds(1_800_000_000))));
        for wrong in ["", "7", "7 weeks", "1.5h", "0h", "@", "@-1", "@0", "99999999d"] {
            assert!(wrong.parse::<Expiry>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_expiry_counts_from_the_chains_clock() {
        let at = |expires| Trigger { trigger: None, expires }.expires_at(UnixSeconds(1_000)).unwrap();
        assert_eq!((at(None), at(Some(Expiry::In(60)))), (0, 1_060));
        assert_eq!(at(Some(Expiry::At(UnixSeconds(5_000)))), 5_000);
    }
}
