//! Time, a hostile price path, and what issuers and strangers do to accounts.

use crate::random::Random;
use bulkhead_client::ix;
use bulkhead_risk::liquidation::Readiness;

use crate::actions::{Plan, some_market, some_position};
use crate::keeping::{liquidate, ripe};
use crate::town::{MARKETS, Town, USD};

/// Bounds of each market's price, 10^-8 USD.
const BOUNDS_E8: [(u64, u64); MARKETS] = [
    (1_000_000_000_000, 30_000_000_000_000),
    (50_000_000_000, 2_000_000_000_000),
    (2_000_000_000, 100_000_000_000),
];

/// Time passes and prices move: mostly a little, sometimes by a crash, a gap, a wick or a wide confidence;
/// some are not published at all.
pub(crate) fn tick(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let secs = match random.range(0, 199) {
        0 => 3 * 86_400,
        1..3 => random.range_i64(3_600, 20_000),
        3..20 => random.range_i64(60, 900),
        20..60 => random.range_i64(10, 60),
        _ => random.range_i64(1, 10),
    };
    town.world.warp_to(town.world.now() + secs);
    for market in 0..MARKETS {
        walk(random, town, market);
    }
    Some(Plan::of("update", ix::update_market(&town.markets[some_market(random)])))
}

fn walk(random: &mut Random, town: &mut Town, market: usize) {
    let most: i64 = match random.range(0, 249) {
        0 => 350_000,
        1..8 => 80_000,
        8..40 => 15_000,
        _ => 1_200,
    };
    let moved = moved(town, market, random.range_i64(-most, most));
    let conf = match random.range(0, 19) {
        0..2 => return,
        2 => random.range(20_000, 110_000),
        _ => random.range(10, 3_000),
    };
    let ema_off = if random.chance(5) { random.range_i64(-60_000, 60_000) } else { 0 };
    // A wick is gone with the next price.
    if !random.chance(2) {
        town.prices_e8[market] = moved;
    }
    town.publish_at(market, moved, conf, ema_off);
}

fn moved(town: &Town, market: usize, by_ppm: i64) -> u64 {
    let moved = u128::from(town.prices_e8[market]) * (1_000_000 + by_ppm) as u128 / 1_000_000;
    let (low, high) = BOUNDS_E8[market];
    (moved as u64).clamp(low, high)
}

/// The first price of a minute, paid.
pub(crate) fn crank(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let market = some_market(random);
    if random.chance(80) {
        town.world.warp_to(town.world.now() + random.range_i64(1, 70));
        walk(random, town, market);
    }
    Some(Plan::of("crank", ix::crank_market(&town.markets[market], town.keeper_tokens[market])))
}

/// The issuer thaws all accounts, or freezes one: mostly the vault of a position that is to be liquidated.
pub(crate) fn freeze(random: &mut Random, town: &mut Town) -> Option<Plan> {
    town.thaw_all();
    if random.chance(30) {
        return None;
    }
    if random.chance(25) {
        let (market, owner) = (some_market(random), random.range(0, 4) as usize);
        let account = random.pick(&[town.owners[owner].tokens[market], town.vaults[market].insurance]);
        town.freeze(account);
        return None;
    }
    let known = ripe(random, town, |readiness| matches!(readiness, Readiness::Ready(_)))?;
    town.freeze(known.vault);
    Some(Plan::of("liquidate", liquidate(town, &known)).liquidating(known))
}

/// Somebody sends tokens to a vault, which nothing books.
pub(crate) fn donate(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let market = some_market(random);
    let (mut number, mut vault) =
        (market, random.pick(&[town.vaults[market].pool, town.vaults[market].insurance]));
    if let Some(known) = some_position(random, town).filter(|_| random.chance(50)) {
        (number, vault) = (known.market, known.vault);
    }
    town.donate(number, vault, random.range(1, 1_000 * USD));
    None
}
