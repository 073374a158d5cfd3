//! Who opens what, and what they do with it: drawn before the run, so that two runs of one seed have the
//! same people with the same intentions, whatever their markets do.

use bulkhead::state::PositionSide;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Three quarters open in the first half of the path, before what it is about; the others whenever they
/// like: also into the crash and after it, at the margin of that hour.
const EARLY_OF_FOUR: u32 = 3;
/// Nobody opens in the first minutes, and in the last.
const MARGIN_SECS: i64 = 600;
const PAYOUT_CAPS_PPM: [u32; 6] = [1_000_000, 1_000_000, 500_000, 200_000, 100_000, 50_000];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) number: u32,
    pub(super) side: PositionSide,
    pub(super) open_at_secs: i64,
    pub(super) notional_usd: u64,
    /// Between 2x (0) and the most that the initial margin allows (one million); a third take the most.
    pub(super) leverage_share_ppm: u64,
    pub(super) payout_cap_ppm: u32,
    /// How far from the last price the fill may be.
    pub(super) slippage_ppm: u64,
    pub(super) close_at_secs: Option<i64>,
    /// Closes 40 % then.
    pub(super) decrease_at_secs: Option<i64>,
    /// Adds half of the first collateral then.
    pub(super) add_at_secs: Option<i64>,
    /// Takes half of what is free out then.
    pub(super) remove_at_secs: Option<i64>,
    /// Adds once when the position comes near its maintenance margin.
    pub(super) defends: bool,
    /// How long an owner leaves what is his in the vault of a position that is flat.
    pub(super) leaves_after_secs: i64,
}

pub(super) fn draw(count: u32, seed: u64, from_secs: i64, to_secs: i64) -> Vec<Plan> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(1); // The built-in path is drawn from stream 0.
    let first = from_secs + MARGIN_SECS;
    let last = (to_secs - MARGIN_SECS).max(first + 1);
    let middle = from_secs.midpoint(to_secs).clamp(first + 1, last);
    (0..count).map(|number| one(number, &mut random, first, middle, last)).collect()
}

fn one(number: u32, random: &mut ChaCha8Rng, first: i64, middle: i64, last: i64) -> Plan {
    let is_early = random.random_ratio(EARLY_OF_FOUR, 4);
    let open_at_secs =
        if is_early { random.random_range(first..middle) } else { random.random_range(middle - 1..last) };
    let later = |random: &mut ChaCha8Rng, of_hundred: u32| {
        let at_secs = random.random_range(open_at_secs..last + MARGIN_SECS);
        random.random_ratio(of_hundred, 100).then_some(at_secs)
    };
    let (close_at_secs, decrease_at_secs) = (later(random, 35), later(random, 12));
    let (add_at_secs, remove_at_secs) = (later(random, 12), later(random, 15));
    Plan {
        number,
        side: if random.random_ratio(1, 2) { PositionSide::Long } else { PositionSide::Short },
        open_at_secs,
        notional_usd: (1_000_u64 << random.random_range(0..6)) * random.random_range(1_000..2_000) / 1_000,
        leverage_share_ppm: random.random_range(0..1_500_000_u64).min(1_000_000),
        payout_cap_ppm: PAYOUT_CAPS_PPM.choose(random).copied().unwrap_or(1_000_000),
        slippage_ppm: if random.random_ratio(1, 8) { 500 } else { 10_000 },
        close_at_secs,
        decrease_at_secs,
        add_at_secs,
        remove_at_secs,
        defends: random.random_ratio(1, 8),
        leaves_after_secs: random.random_range(60..7_200),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_the_same_for_a_seed_and_use_the_whole_path() {
        let plans = draw(400, 7, 0, 400_000);
        assert_eq!(plans, draw(400, 7, 0, 400_000));
        assert_ne!(plans, draw(400, 8, 0, 400_000));
        let early = plans.iter().filter(|plan| plan.open_at_secs < 200_000).count();
        assert!((260..=340).contains(&early), "{early}");
        let longs = plans.iter().filter(|plan| plan.side == PositionSide::Long).count();
        assert!((160..=240).contains(&longs), "{longs}");
        assert!(plans.iter().all(|plan| (600..400_000).contains(&plan.open_at_secs)));
        assert!(plans.iter().filter_map(|plan| plan.close_at_secs).all(|at| at < 400_000));
    }

    #[test]
    fn the_shortest_path_has_room_for_plans() {
        assert_eq!(draw(5, 1, 1_000, 1_060).len(), 5);
    }
}
