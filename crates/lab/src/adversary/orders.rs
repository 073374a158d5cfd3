//! A trader who executes his own order: which price of its window, and when.
//!
//! An order placed at 0 fills on a price published from `delay` to `window` seconds later. Whoever brings it may
//! bring an older one than the last: up to 10 s old for an increase, 120 s for a decrease, as long as the price
//! account still holds it, that is until somebody else pushes a newer one or moves the market. So at every second
//! he looks at the best price still to be had and decides: fill, or wait for more. What he does not fill he
//! cancels, for the fee of a transaction. His gain is the price now less the price he fills at, less edge and
//! trade fee: after that the price is as likely to rise as to fall.
//!
//! The best response is found backwards from the last second (least squares Monte Carlo with classes instead of a
//! regression: Longstaff and Schwartz 2001), on all orders of a path at once. The classes see half of the orders,
//! the profit is that of the other half, so that no rule profits from what it has seen. "Foresight" is what
//! somebody would make who knew all prices of the window and after it: a bound that nobody reaches.

use bulkhead_risk::Params;
use bulkhead_risk::oracle::{AGE_DECREASE_SECS_MAX, AGE_SECS_MAX, AGED_DEVIATIONS};

use super::seconds::Seconds;

const PPM: i128 = 1_000_000;
/// Orders are placed so far apart, on alternating sides.
const EVERY_SECS: usize = 20;
/// Classes of the present gain, in quarters of the deviation of the window, to both sides.
const GAIN_CLASSES: i64 = 24;
const VOLATILITY_CLASSES: usize = 12;
/// An order whose gain is not worth more than this is not worth thinking about.
const NOTHING: i64 = i64::MIN / 4;

/// Opening or closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    /// An increase.
    Open,
    /// A decrease.
    Close,
}

impl Leg {
    /// Oldest price that fills it.
    pub const fn age_max(self) -> usize {
        match self {
            Self::Open => AGE_SECS_MAX as usize,
            Self::Close => AGE_DECREASE_SECS_MAX as usize,
        }
    }
}

/// When a price may fill an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// First and last publish time, in seconds after placing.
    pub window_secs: (usize, usize),
    /// Oldest price.
    pub age_max_secs: usize,
    /// For a price older than an increase may use, so many hundredths of the deviation of its age are charged. Here it is
    /// the path's own deviation; the program takes the one of its margin, which is larger where it is calm.
    pub age_charge_percent: u32,
}

impl Terms {
    /// The terms of `params` for a leg.
    pub fn of(params: &Params, leg: Leg) -> Self {
        Self {
            window_secs: (params.order_delay_secs as usize, params.order_window_secs as usize),
            age_max_secs: leg.age_max(),
            age_charge_percent: AGED_DEVIATIONS as u32 * 100,
        }
    }
}

/// What others do to a price account or a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Others {
    /// Somebody else pushes a price every so many seconds; none: nobody else ever does.
    pub push_every: Option<usize>,
    /// Somebody else executes what can be executed, at each of those pushes.
    pub execute: bool,
}

/// The gains that an order offers, second by second, in ppm, before the trade fee.
struct Offers {
    /// From the first second of the window.
    gains: Vec<i64>,
    /// Class of the volatility when it was placed, and the deviation of its window in ppm.
    volatility: usize,
    deviation_ppm: i64,
}

/// What a best response comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Orders placed.
    pub orders: u64,
    /// Orders filled.
    pub fills: u64,
    /// Mean profit of an order, those not filled included, in ppb of the notional.
    pub per_order_ppb: i64,
    /// Mean profit of a filled order, in ppm.
    pub per_fill_ppm: i64,
    /// The same as `per_order_ppb` with knowledge of all prices to come.
    pub foresight_ppb: i64,
}

/// All orders of a path and what they offer.
pub struct Book {
    offers: Vec<Offers>,
}

impl Book {
    /// Orders along `seconds`.
    pub fn of(seconds: &Seconds, terms: Terms, others: Others) -> Self {
        let window = terms.window_secs.1;
        let last = window + terms.age_max_secs;
        let starts = (600..seconds.len().saturating_sub(last + 1)).step_by(EVERY_SECS);
        let offers = starts.enumerate().map(|(number, start)| {
            let buys = number % 2 == 0;
            let sigma = seconds.sigma_ppb(start);
            Offers {
                gains: gains(seconds, start, terms, others, buys),
                volatility: ((sigma / 10_000).max(1).ilog2() as usize).min(VOLATILITY_CLASSES - 1),
                deviation_ppm: ((sigma * (window as i128 * PPM).isqrt() / 1_000_000).max(1_000) / 1_000)
                    as i64,
            }
        });
        Self { offers: offers.collect() }
    }

    /// The best response at a trade fee.
    pub fn best_response(&self, fee_ppm: u32) -> Outcome {
        let fee = i64::from(fee_ppm);
        let steps = self.offers.first().map_or(0, |offers| offers.gains.len());
        // By the rule so far, from the second after on: what each order brings, nothing where it is not filled.
        let mut values: Vec<Option<i64>> = vec![None; self.offers.len()];
        for step in (0..steps).rev() {
            let classes = self.classes(step, &values, fee);
            for (offers, value) in self.offers.iter().zip(&mut values) {
                let gain = offers.gains[step] - fee;
                let waiting = classes[offers.class(step)];
                if gain > 0 && gain * 1_000 >= waiting {
                    *value = Some(gain);
                }
            }
        }
        let judged = || values.iter().skip(1).step_by(2);
        let fills = judged().flatten().count() as u64;
        let orders = judged().count() as u64;
        let sum: i64 = judged().flatten().sum();
        let best = |offers: &Offers| (offers.gains.iter().max().copied().unwrap_or(0) - fee).max(0);
        let foresight: i64 = self.offers.iter().skip(1).step_by(2).map(best).sum();
        Outcome {
            orders,
            fills,
            per_order_ppb: sum * 1_000 / (orders.max(1) as i64),
            per_fill_ppm: sum / (fills.max(1) as i64),
            foresight_ppb: foresight * 1_000 / (orders.max(1) as i64),
        }
    }

    /// What waiting is worth in each class at `step`, in ppb, learnt from every second order.
    fn classes(&self, step: usize, values: &[Option<i64>], fee: i64) -> Vec<i64> {
        let mut sums = vec![(0_i64, 0_i64); VOLATILITY_CLASSES * (2 * GAIN_CLASSES as usize + 1)];
        for (offers, value) in self.offers.iter().zip(values).step_by(2) {
            if offers.gains[step] - fee > 0 {
                let sum = &mut sums[offers.class(step)];
                *sum = (sum.0 + value.unwrap_or(0) * 1_000, sum.1 + 1);
            }
        }
        sums.into_iter().map(|(sum, count)| sum / count.max(1)).collect()
    }
}

impl Offers {
    fn class(&self, step: usize) -> usize {
        let quarters =
            (self.gains[step].max(NOTHING) * 4 / self.deviation_ppm).clamp(-GAIN_CLASSES, GAIN_CLASSES);
        self.volatility * (2 * GAIN_CLASSES as usize + 1) + (quarters + GAIN_CLASSES) as usize
    }
}

/// At each second from the beginning of the window to its last price's end: the price now against the best that
/// still fills.
fn gains(seconds: &Seconds, start: usize, terms: Terms, others: Others, buys: bool) -> Vec<i64> {
    let (delay, window) = terms.window_secs;
    let sigma_ppb = seconds.sigma_ppb(start);
    // What an old price is charged, in e8.
    let charge = |age: usize| {
        if age <= Leg::Open.age_max() {
            return 0;
        }
        let deviation_ppb = sigma_ppb * (age as i128 * PPM).isqrt() / 1_000;
        let ppb = deviation_ppb * i128::from(terms.age_charge_percent) / 100;
        i128::from(seconds.price_e8[start]) * ppb / (PPM * 1_000)
    };
    let mut gone = false;
    (start + delay..=start + window + terms.age_max_secs)
        .map(|now| {
            let pushed = others.push_every.map_or(0, |every| now - now % every.max(1));
            // Whoever executes for the tip does so at the first push of the window: nothing is left then.
            gone |= others.execute && pushed >= start + delay && pushed < now;
            let oldest = (start + delay).max(now.saturating_sub(terms.age_max_secs)).max(pushed);
            let newest = now.min(start + window);
            if gone || oldest > newest {
                return NOTHING;
            }
            let price = i128::from(seconds.price_e8[now]);
            let gain = |at: usize| {
                let fill = fill(seconds, at, buys);
                (if buys { price - fill } else { fill - price }) - charge(now - at)
            };
            let gain = (oldest..=newest).map(gain).max().unwrap_or(0);
            (gain * PPM / price) as i64
        })
        .collect()
}

/// Fill price: the edge against the trader.
fn fill(seconds: &Seconds, at: usize, buys: bool) -> i128 {
    let (price, conf) = (i128::from(seconds.price_e8[at]), i128::from(seconds.conf_e8[at]));
    if buys { price + conf } else { price - conf }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Others = Others { push_every: None, execute: false };

    fn walk() -> Seconds {
        Seconds::walk(60_000, 800_000, 5).unwrap()
    }

    #[test]
    fn best_response_lies_between_nothing_and_foresight_and_falls_with_the_fee() {
        let params = crate::live::btc().unwrap();
        let book = Book::of(&walk(), Terms::of(&params, Leg::Open), ALONE);
        let mut before = i64::MAX;
        for fee in [0, 300, 600, 2_000] {
            let outcome = book.best_response(fee);
            assert!(
                outcome.per_order_ppb >= 0 && outcome.per_order_ppb <= outcome.foresight_ppb,
                "{outcome:?}"
            );
            assert!(outcome.per_order_ppb <= before, "{outcome:?}");
            before = outcome.per_order_ppb;
        }
        assert_eq!(book.best_response(100_000).fills, 0);
    }

    #[test]
    fn best_response_has_nothing_where_prices_come_every_second() {
        let params = crate::live::btc().unwrap();
        let others = Others { push_every: Some(1), execute: false };
        for leg in [Leg::Open, Leg::Close] {
            let outcome = Book::of(&walk(), Terms::of(&params, leg), others).best_response(0);
            assert_eq!((outcome.fills, outcome.foresight_ppb), (0, 0), "{leg:?}");
        }
    }

    #[test]
    fn best_response_is_worth_less_the_more_others_do() {
        let params = crate::live::btc().unwrap();
        let profit = |push_every, execute| {
            let others = Others { push_every, execute };
            Book::of(&walk(), Terms::of(&params, Leg::Close), others).best_response(0).per_order_ppb
        };
        assert!(profit(None, false) > profit(Some(15), false));
        assert!(profit(Some(15), false) > profit(Some(15), true));
    }
}
