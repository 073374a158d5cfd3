//! A liquidator who chooses his sightings: two dips two seconds apart, and the worst price of the last ten seconds.
//!
//! Victims are positions just above their maintenance margin: every minute one long and one short, by a drawn
//! distance. An honest keeper looks every five seconds at the price of that second, forgets a sighting where he
//! finds a position healthy, and liquidates on the second look. The adversary looks every second at all prices of
//! the last ten seconds that come after the last one used, never clears a sighting, and once he may liquidate,
//! takes the worst price he has, or waits for a worse one until the sighting lapses: he tries every second and
//! keeps the largest pay. Nobody else moves the market meanwhile. Both follow `transition::liquidate`.

use anyhow::Result;
use bulkhead_risk::liquidation::{CONFIRM_SECS, FLAG_LAPSES_SECS};
use bulkhead_risk::oracle::AGE_SECS_MAX;
use bulkhead_risk::transition::{self, Frozen, Liquidation};
use bulkhead_risk::{BaseAtoms, Market, Params, Position, Ppm, PriceE12, Purpose, QuoteAtoms, Side, health};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::market::{averages, broken, market, observe, sample};
use super::seconds::Seconds;

const PPM: u64 = 1_000_000;
const MINUTE: usize = 60;
const HONEST_EVERY: usize = 5;
const AGE: usize = AGE_SECS_MAX as usize;
/// How long a victim is watched.
const WATCHED_SECS: usize = 600;
/// How far above its maintenance margin a victim is at most, in ppm of the price.
const DISTANCE_PPM_MAX: u64 = 3_000;
const NOTIONAL: u64 = 100_000_000_000;

/// What both did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Positions near their maintenance margin.
    pub victims: u64,
    /// Liquidated by an honest keeper, and by the adversary.
    pub hit: [u64; 2],
    /// Pay of each, in quote atoms.
    pub pay: [u64; 2],
    /// What victims lost by the fees of being liquidated, in quote atoms.
    pub lost: [u64; 2],
    /// Notional of the victims, in quote atoms.
    pub notional: u64,
}

/// A keeper's takings from one victim.
#[derive(Clone, Copy, Default)]
struct Taken {
    pay: u64,
    lost: u64,
}

/// Plays every victim twice.
pub fn search(seconds: &Seconds, params: &Params, seed: u64) -> Result<Outcome> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(31);
    let averages = averages(seconds);
    let mut now = market(params);
    let mut outcome = Outcome::default();
    for minute in (0..seconds.len().saturating_sub(WATCHED_SECS + 1)).step_by(MINUTE) {
        let _ = observe(&mut now, &sample(seconds, &averages, minute), Purpose::Update)?;
        for side in [Side::Long, Side::Short] {
            let distance = random.random_range(100..DISTANCE_PPM_MAX);
            let victim = victim(&now, seconds.price_e8[minute] * 10_000, side, distance)?;
            let lives = Lives { seconds, averages: &averages, market: &now, victim, from: minute + 1 };
            outcome.victims += 1;
            outcome.notional += NOTIONAL;
            for (who, taken) in [lives.honest()?, lives.adversary()?].into_iter().enumerate() {
                if let Some(taken) = taken {
                    outcome.hit[who] += 1;
                    outcome.pay[who] += taken.pay;
                    outcome.lost[who] += taken.lost;
                }
            }
        }
    }
    Ok(outcome)
}

/// A position whose maintenance margin is reached `distance_ppm` away from the price.
fn victim(market: &Market, price: u64, side: Side, distance_ppm: u64) -> Result<Position> {
    let params = &market.params;
    let size = params.size_ceil(QuoteAtoms(NOTIONAL), PriceE12(price)).map_err(broken)?;
    let mut position = Position {
        status: bulkhead_risk::PositionStatus::Open,
        size,
        entry: PriceE12(price),
        reserved: QuoteAtoms(NOTIONAL),
        margin_ppm: market.volatility.ramp_ppm_ceil().map_err(broken)?,
        addon_ppm: Ppm(0),
        liquidation_fee_ppm: params.liquidation_fee_ppm,
        ..Position::pending(side, QuoteAtoms::ZERO)
    };
    let margin = u64::from(position.maintenance_ppm().map_err(broken)?.get());
    // At the threshold equity is m (1 - x) N for a long, and x N of it is lost by then; for a short m (1 + x) N.
    let kept = match side {
        Side::Long => margin * (PPM - distance_ppm) / PPM,
        Side::Short => margin * (PPM + distance_ppm) / PPM,
    };
    position.collateral = QuoteAtoms(NOTIONAL / PPM * (kept + distance_ppm));
    debug_assert!(position.size > BaseAtoms::ZERO);
    Ok(position)
}

struct Lives<'a> {
    seconds: &'a Seconds,
    averages: &'a [u64],
    market: &'a Market,
    victim: Position,
    from: usize,
}

impl Lives<'_> {
    /// Whether the price of a second is beyond the threshold.
    fn is_below(&self, threshold: u64, at: usize) -> bool {
        let price = self.seconds.price_e8[at] * 10_000;
        match self.victim.side {
            Side::Long => price < threshold,
            Side::Short => price > threshold,
        }
    }

    fn threshold(&self) -> Result<u64> {
        health::liquidation_price(self.market, &self.victim).map(PriceE12::get).map_err(broken)
    }

    fn honest(&self) -> Result<Option<Taken>> {
        let threshold = self.threshold()?;
        let mut sighted: Option<usize> = None;
        for at in (self.from..self.from + WATCHED_SECS).step_by(HONEST_EVERY) {
            if !self.is_below(threshold, at) {
                sighted = None;
            } else if let Some(first) = sighted {
                return self.take(first, at);
            } else {
                sighted = Some(at);
            }
        }
        Ok(None)
    }

    fn adversary(&self) -> Result<Option<Taken>> {
        let threshold = self.threshold()?;
        let (mut sighted, mut best): (Option<usize>, Option<Taken>) = (None, None);
        for now in self.from..self.from + WATCHED_SECS {
            let Some(first) = sighted.filter(|first| now - first <= FLAG_LAPSES_SECS as usize + AGE) else {
                // The earliest dip that is still young enough leaves the most time for another.
                let oldest = now.saturating_sub(AGE).max(self.from);
                sighted = (oldest..=now).find(|at| self.is_below(threshold, *at));
                continue;
            };
            let oldest = now.saturating_sub(AGE).max(first + CONFIRM_SECS as usize);
            let dips = (oldest..=now.min(first + FLAG_LAPSES_SECS as usize))
                .filter(|at| self.is_below(threshold, *at));
            let worst = match self.victim.side {
                Side::Long => dips.min_by_key(|at| self.seconds.price_e8[*at]),
                Side::Short => dips.max_by_key(|at| self.seconds.price_e8[*at]),
            };
            if let Some(taken) = worst.map(|at| self.take(first, at)).transpose()?.flatten() {
                best = best.filter(|best| best.pay >= taken.pay).or(Some(taken));
            } else if best.is_some() {
                break;
            }
        }
        Ok(best)
    }

    /// Liquidates on the sightings at two seconds.
    fn take(&self, first: usize, second: usize) -> Result<Option<Taken>> {
        let mut market = *self.market;
        let mut position = self.victim;
        for at in [first, second] {
            let sample = sample(self.seconds, self.averages, at);
            if !observe(&mut market, &sample, Purpose::Liquidate)? {
                return Ok(None);
            }
            let now = sample.publish_time;
            // Its size is not in the ledger of this market: only its own terms count.
            market.ledger.side_mut(position.side).open_interest = position.size;
            let ledger = market.ledger.side_mut(position.side);
            (ledger.cost_e12, ledger.positions) =
                (u128::from(position.size.get()) * u128::from(position.entry.get()), 1);
            ledger.reserved = position.reserved;
            match transition::liquidate(&market, &position, &sample, Frozen::default(), now)
                .map_err(broken)?
            {
                Liquidation::Skipped { position: stored, .. } => position = stored,
                Liquidation::Done(report) => {
                    let pay = report.keeper_pay.get() + report.insured.to_keeper.get();
                    let impact = report.assessment.price.get().abs_diff(report.closed.price.get());
                    let impact = params_notional(&market.params, report.closed.size, impact)?;
                    let lost = report.fee.get() + report.trade_fee.get() + impact;
                    return Ok(Some(Taken { pay, lost }));
                }
            }
        }
        Ok(None)
    }
}

fn params_notional(params: &Params, size: BaseAtoms, difference: u64) -> Result<u64> {
    params.notional_ceil(size, PriceE12(difference)).map(QuoteAtoms::get).map_err(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_ok_adversary_takes_at_least_what_an_honest_keeper_takes() {
        let walk = Seconds::walk(20_000, 800_000, 9).unwrap();
        let outcome = search(&walk, &crate::live::btc().unwrap(), 9).unwrap();
        assert!(outcome.victims > 600 && outcome.hit[0] > 50, "{outcome:?}");
        assert!(outcome.hit[1] >= outcome.hit[0] && outcome.pay[1] >= outcome.pay[0], "{outcome:?}");
        // Every liquidation costs its victim the trade fee and at most the liquidation fee of what is closed.
        assert!(outcome.lost[1] < outcome.hit[1] * NOTIONAL / 100, "{outcome:?}");
    }
}
