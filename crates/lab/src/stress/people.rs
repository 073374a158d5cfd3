//! Who takes part: drawn before the run, so that every venue and scenario has the same people with the same
//! intentions.

use bulkhead_risk::Side;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::feed::MARKETS;

/// What a trader does when it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: sleeps, or hopes.
    Holds,
    /// Adds half of the first collateral at a margin call, twice at most.
    Defends,
    /// Closes once so much of the way to losing its collateral is gone, in ppm.
    StopsAt(u32),
    /// Closes once the market has gone so far against it within an hour, in ppm.
    PanicsAt(u32),
}

/// A position that somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Direction.
    pub side: Side,
    /// When, in seconds from the beginning of the crash.
    pub opens_after: i64,
    /// How large, whole US dollars.
    pub notional_usd: u64,
    /// Leverage wanted, in hundredths; the venue may allow less.
    pub leverage_e2: u64,
    /// Payout to set aside, of the notional.
    pub payout_cap_ppm: u32,
}

/// One trader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// Reaction.
    pub kind: Kind,
    /// How long it takes to react.
    pub reacts_in: i64,
    /// Position wanted in each market.
    pub wants: [Option<Intent>; MARKETS],
}

/// A provider of liquidity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lender {
    /// Its part of the first pool, in ppm.
    pub share_ppm: u32,
    /// Leaves once the price of the market has gone so far within an hour, in ppm; none stays.
    pub panics_at: Option<u32>,
}

/// Payout caps wanted: small ones are cheap and more common.
const PAYOUT_CAPS_PPM: [u32; 8] = [1_000_000, 500_000, 200_000, 200_000, 100_000, 100_000, 50_000, 50_000];
/// Openings: most within the day before, the last of them half a day into the crash.
const OPENS_FROM: i64 = -24 * 3_600;
const OPENS_UNTIL: i64 = -600;
const LATE_UNTIL: i64 = 12 * 3_600;

/// Draws `count` traders.
pub fn draw(count: u32, seed: u64) -> Vec<Person> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(11); // Streams 0 and 1 belong to the built-in path and to the replay's plans.
    (0..count).map(|_| person(&mut random)).collect()
}

/// Twenty providers of equal share; six of ten leave at some fall.
pub fn lenders(seed: u64) -> Vec<Lender> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(12);
    let one = |random: &mut ChaCha8Rng| Lender {
        share_ppm: 50_000,
        panics_at: random.random_ratio(6, 10).then(|| random.random_range(30_000..120_000)),
    };
    (0..20).map(|_| one(&mut random)).collect()
}

fn person(random: &mut ChaCha8Rng) -> Person {
    let kind = match random.random_range(0..10) {
        0..=3 => Kind::Holds,
        4..=5 => Kind::Defends,
        6..=7 => Kind::StopsAt(random.random_range(300_000..800_000)),
        _ => Kind::PanicsAt(random.random_range(30_000..120_000)),
    };
    let (first, both) = (random.random_range(0..MARKETS), random.random_ratio(6, 10));
    let mut wants = [None; MARKETS];
    wants[first] = Some(intent(random, None));
    if both {
        // Four of ten who hold both are on opposite sides: spreads and hedges.
        let side = wants[first].map(|other: Intent| match random.random_ratio(4, 10) {
            true => other.side.opposite(),
            false => other.side,
        });
        wants[1 - first] = Some(intent(random, side));
    }
    Person { kind, reacts_in: random.random_range(15..600), wants }
}

fn intent(random: &mut ChaCha8Rng, side: Option<Side>) -> Intent {
    let drawn = if random.random_ratio(65, 100) { Side::Long } else { Side::Short };
    let late = random.random_ratio(1, 5);
    let opens_after = match late {
        true => random.random_range(0..LATE_UNTIL),
        false => random.random_range(OPENS_FROM..OPENS_UNTIL),
    };
    Intent {
        side: side.unwrap_or(drawn),
        opens_after,
        notional_usd: (1_000_u64 << random.random_range(0..7)) * random.random_range(1_000..2_000) / 1_000,
        leverage_e2: match random.random_range(0..20) {
            0..=4 => random.random_range(200..500),
            5..=11 => random.random_range(500..1_000),
            _ => random.random_range(1_000..5_000),
        },
        payout_cap_ppm: PAYOUT_CAPS_PPM.choose(random).copied().unwrap_or(1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_the_same_for_a_seed_and_of_every_kind() {
        let people = draw(500, 7);
        assert_eq!(people, draw(500, 7));
        assert_ne!(people, draw(500, 8));
        let count = |test: fn(&Kind) -> bool| people.iter().filter(|person| test(&person.kind)).count();
        assert!(count(|kind| matches!(kind, Kind::Holds)) > 150);
        assert!(count(|kind| matches!(kind, Kind::Defends)) > 60);
        assert!(count(|kind| matches!(kind, Kind::StopsAt(_))) > 60);
        assert!(count(|kind| matches!(kind, Kind::PanicsAt(_))) > 60);
        let both = people.iter().filter(|person| person.wants.iter().all(Option::is_some)).count();
        assert!((250..=350).contains(&both), "{both}");
        assert_eq!(lenders(7).iter().map(|lender| lender.share_ppm).sum::<u32>(), 1_000_000);
    }
}
