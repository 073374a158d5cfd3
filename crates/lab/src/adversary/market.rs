//! A market that lives along seconds: one sample a minute, as an honest cranker brings it.

use anyhow::{Result, anyhow};
use bulkhead_risk::{Market, Params, PriceE12, Purpose, QuoteAtoms, RiskError, Sample, Shares, UnixSeconds};

use super::seconds::Seconds;

const E12_PER_E8: u64 = 10_000;
const POOL: u64 = 20_000_000_000_000;
/// Time constant of the oracle's own average: one hour's half-life.
const EMA_TAU_SECS: i128 = 5_194;

/// An error of the arithmetic: the search asked for what cannot be.
pub(super) fn broken(error: RiskError) -> anyhow::Error {
    anyhow!("{error:?}")
}

/// The oracle's average at every second.
pub(super) fn averages(seconds: &Seconds) -> Vec<u64> {
    let first = seconds.price_e8.first().copied().unwrap_or(1);
    // In 10^-12, so that a second's step is not rounded away.
    let mut average = i128::from(first) * i128::from(E12_PER_E8);
    let step = |price_e8: &u64| {
        average += (i128::from(*price_e8) * i128::from(E12_PER_E8) - average) / EMA_TAU_SECS;
        average as u64
    };
    seconds.price_e8.iter().map(step).collect()
}

/// The sample published at second `at`.
pub(super) fn sample(seconds: &Seconds, averages: &[u64], at: usize) -> Sample {
    Sample {
        price: PriceE12(seconds.price_e8[at] * E12_PER_E8),
        conf: PriceE12(seconds.conf_e8[at] * E12_PER_E8),
        ema: PriceE12(averages[at]),
        publish_time: UnixSeconds(seconds.from + at as i64),
    }
}

/// A market with a pool and nothing else.
pub(super) fn market(params: &Params) -> Market {
    let mut market = Market { params: *params, ..Market::default() };
    market.ledger.pool = QuoteAtoms(POOL);
    market.ledger.shares = Shares(POOL);
    market
}

/// Takes the sample of second `at` in, at that second. False where it is too wide.
pub(super) fn observe(market: &mut Market, sample: &Sample, purpose: Purpose) -> Result<bool> {
    let mut seen = *market;
    match seen.observe(sample, purpose, sample.publish_time) {
        Ok(_) => {
            *market = seen;
            Ok(true)
        }
        Err(RiskError::ConfidenceTooWide) => Ok(false),
        Err(other) => Err(broken(other)),
    }
}
