//! A cranker who chooses which price of a minute is its volatility sample.
//!
//! Of each minute only the first accepted sample counts. Who is alone at it takes the second of the minute that
//! moves V most the way he wants: the largest or the smallest step from the last sample, where the deviation from
//! the oracle's own average counts with the weight it has. To lower he may also leave minutes out, as long as new
//! risk stays possible: up to five. Compared with the first second of every minute.

use anyhow::Result;
use bulkhead_risk::volatility::{STALE_SECS, Volatility, WARM_UP_SECS};
use bulkhead_risk::{Params, Position, Ppm, PriceE12, QuoteAtoms, Side, UnixSeconds};

use super::market::{averages, broken, market, observe, sample};
use super::seconds::Seconds;

const MINUTE: usize = 60;
const PPM: u64 = 1_000_000;
const NOTIONAL: u64 = 10_000_000_000;

/// What the cranker wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    Honest,
    Raise,
    Lower,
    /// ... and leaves out up to so many minutes.
    LowerSkipping(usize),
}

/// Margins after one way of cranking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Margins {
    /// Mean over the path, in ppm.
    pub target_ppm: u64,
    /// See `target_ppm`.
    pub ramp_ppm: u64,
}

/// All ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The first second of every minute.
    pub honest: Margins,
    /// The second that raises most.
    pub raised: Margins,
    /// The second that lowers most.
    pub lowered: Margins,
    /// The same, with minutes left out.
    pub skipping: Margins,
    /// Positions that a refresh at the raised margin made liquidatable at its own sample; and how many refreshes.
    pub tipped: u64,
    /// See `tipped`.
    pub refreshes: u64,
}

/// Cranks a path in all ways.
pub fn search(seconds: &Seconds, params: &Params) -> Result<Outcome> {
    let averages = averages(seconds);
    let skipped = STALE_SECS as usize / MINUTE - 1;
    let crank = |aim| Cranked::along(seconds, &averages, params, aim).map(|cranked| cranked.margins);
    let raised = Cranked::along(seconds, &averages, params, Aim::Raise)?;
    Ok(Outcome {
        honest: crank(Aim::Honest)?,
        raised: raised.margins,
        lowered: crank(Aim::Lower)?,
        skipping: crank(Aim::LowerSkipping(skipped))?,
        tipped: raised.tipped,
        refreshes: raised.refreshes,
    })
}

struct Cranked {
    margins: Margins,
    tipped: u64,
    refreshes: u64,
}

impl Cranked {
    fn along(seconds: &Seconds, averages: &[u64], params: &Params, aim: Aim) -> Result<Self> {
        let mut market = market(params);
        let (mut sums, mut count) = ((0_u64, 0_u64), 0_u64);
        let (mut tipped, mut refreshes) = (0, 0);
        let mut victims = Vec::new();
        let mut minute = 0;
        while (minute + 1) * MINUTE <= seconds.len() {
            let last = match aim {
                Aim::LowerSkipping(skipped) if minute > 0 => minute + skipped,
                _ => minute,
            };
            let until = ((last + 1) * MINUTE).min(seconds.len());
            let at = choose(seconds, averages, &market.volatility, (minute * MINUTE, until), aim);
            let taken = sample(seconds, averages, at);
            if observe(&mut market, &taken, bulkhead_risk::Purpose::Update)? {
                // A market past its first 48 hours, in which nobody could lower anything.
                market.volatility.first_sampled_at = UnixSeconds(seconds.from - WARM_UP_SECS as i64);
                let volatility = &market.volatility;
                // A sample stands for all minutes until it.
                let minutes = (at / MINUTE + 1 - minute) as u64;
                sums.0 += u64::from(volatility.target_ppm.get()) * minutes;
                sums.1 += u64::from(volatility.ramp_ppm_ceil().map_err(broken)?.get()) * minutes;
                count += minutes;
                if aim == Aim::Raise {
                    if minute % 30 == 0 {
                        victims.extend(opened(&market, taken.price)?);
                    }
                    for victim in &mut victims {
                        refreshes += 1;
                        tipped += u64::from(refresh(&market, victim, &taken)?);
                    }
                    victims.retain(|victim: &Position| victim.size.get() > 0);
                }
            }
            minute = at / MINUTE + 1;
        }
        let count = count.max(1);
        let margins = Margins { target_ppm: sums.0 / count, ramp_ppm: sums.1 / count };
        Ok(Self { margins, tipped, refreshes })
    }
}

/// A long and a short at 1.1 times the maintenance margin: the least that a refresh moves.
fn opened(market: &bulkhead_risk::Market, price: PriceE12) -> Result<Vec<Position>> {
    let params = &market.params;
    let ramp = market.volatility.ramp_ppm_ceil().map_err(broken)?;
    [Side::Long, Side::Short]
        .into_iter()
        .map(|side| {
            let mut position = Position {
                status: bulkhead_risk::PositionStatus::Open,
                size: params.size_ceil(QuoteAtoms(NOTIONAL), price).map_err(broken)?,
                entry: price,
                reserved: QuoteAtoms(NOTIONAL),
                margin_ppm: ramp,
                addon_ppm: Ppm(0),
                liquidation_fee_ppm: params.liquidation_fee_ppm,
                opened_at: market.oracle.published_at,
                margin_refreshed_at: market.oracle.published_at,
                ..Position::pending(side, QuoteAtoms::ZERO)
            };
            let margin = u64::from(position.maintenance_ppm().map_err(broken)?.get());
            position.collateral = QuoteAtoms(NOTIONAL / PPM * margin * 3 / 2);
            Ok(position)
        })
        .collect()
}

/// Refreshes a position; true if that alone made it liquidatable. One that falls below by its price is dropped.
fn refresh(
    market: &bulkhead_risk::Market,
    victim: &mut Position,
    sample: &bulkhead_risk::Sample,
) -> Result<bool> {
    let is_below = |position: &Position| -> Result<bool> {
        let value = position.value(&market.params, sample.price).map_err(broken)?;
        let required = position.maintenance_margin(value.notional).map_err(broken)?;
        Ok(value.equity.get() < required.signed().get())
    };
    let before = is_below(&victim.lowered(market).map_err(broken)?)?;
    if before {
        victim.size = bulkhead_risk::BaseAtoms::ZERO;
        return Ok(false);
    }
    *victim = victim.refreshed(market, sample, sample.publish_time).map_err(broken)?;
    is_below(victim)
}

/// The second that moves the variance most the way that `aim` wants.
fn choose(
    seconds: &Seconds,
    averages: &[u64],
    volatility: &Volatility,
    (from, until): (usize, usize),
    aim: Aim,
) -> usize {
    let price = |at: usize| i128::from(seconds.price_e8[at]) * 10_000;
    let last = i128::from(volatility.sampled_price.get());
    // What a sample adds to the blend, up to a common factor: r^2 over its time, against 2 d^2 over 5,194 s.
    let weight = |at: usize| {
        let dt = i128::from((seconds.from + at as i64 - volatility.sampled_at.get()).max(1));
        let ppm = |change: i128, of: i128| change * 1_000_000 / of.max(1);
        let (step, deviation) =
            (ppm(price(at) - last, last), ppm(price(at) - i128::from(averages[at]), last));
        (step * step / dt).max(2 * deviation * deviation / 5_194)
    };
    if volatility.sampled_at.is_zero() {
        return from;
    }
    match aim {
        Aim::Honest => from,
        Aim::Raise => (from..until).max_by_key(|at| weight(*at)).unwrap_or(from),
        Aim::Lower | Aim::LowerSkipping(_) => (from..until).min_by_key(|at| weight(*at)).unwrap_or(from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_ok_every_aim_moves_the_margin_its_way_and_tips_nobody() {
        let walk = Seconds::walk(4 * 86_400, 900_000, 3).unwrap();
        let outcome = search(&walk, &crate::live::btc().unwrap()).unwrap();
        assert!(outcome.raised.ramp_ppm >= outcome.honest.ramp_ppm, "{outcome:?}");
        assert!(outcome.lowered.target_ppm < outcome.honest.target_ppm, "{outcome:?}");
        assert!(outcome.skipping.target_ppm <= outcome.lowered.target_ppm, "{outcome:?}");
        assert!(outcome.refreshes > 10_000);
        assert_eq!(outcome.tipped, 0);
    }
}
