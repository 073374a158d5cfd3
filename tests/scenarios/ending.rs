//! How markets end: late in a life one is wound down, and the oracle of another dies.

use crate::random::Random;
use bulkhead::instructions::{Change, MarketMode};
use bulkhead_client::ix;
use bulkhead_risk::{UnixSeconds, settlement, transition};

use crate::actions::Plan;
use crate::governance::{apply_of, queue_of};
use crate::town::{Known, Town};

/// Actions of a life.
pub(crate) const LIFE: u64 = 5_000;
const WIND_DOWN_FROM: u64 = 2_800;
const SILENT_FROM: u64 = 4_400;
const DEAD_FROM: u64 = 4_500;
const MINUTE_SECS: i64 = 60;
/// Where short lives begin: at birth, and shortly before each thing that comes late.
const SHORT_LIVES_FROM: [u64; 4] = [0, WIND_DOWN_FROM - 4, SILENT_FROM - 4, DEAD_FROM - 16];

/// Lets a life begin late; returns how many actions it counts already.
pub(crate) fn begin_late(town: &mut Town, choice: u8) -> u64 {
    let age = SHORT_LIVES_FROM[usize::from(choice) % SHORT_LIVES_FROM.len()];
    if age >= SILENT_FROM {
        town.silent = Some(town.ending.1);
    }
    age
}

/// What the end of a market asks for now, if it is drawn.
pub(crate) fn due(random: &mut Random, town: &mut Town, number: u64) -> Option<Plan> {
    let (wound_down, dying) = town.ending;
    if number == SILENT_FROM {
        town.silent = Some(dying);
    }
    if number == DEAD_FROM {
        town.world.warp_to(town.world.now() + i64::from(settlement::DEAD_ORACLE_SECS));
    }
    if number < WIND_DOWN_FROM || !random.chance(10) {
        // Not due yet, and refused: no market is settled because somebody asks.
        return if random.chance(1) { early(random, town) } else { None };
    }
    let market = town.market(wound_down);
    if market.wind_down_from == 0 {
        return begin(town, wound_down);
    }
    if !town.is_settled(wound_down) {
        return Some(record_or_settle(random, town, wound_down));
    }
    if number > DEAD_FROM && !town.is_settled(dying) {
        return Some(settle_market(town, dying));
    }
    leave(random, town)
}

fn early(random: &mut Random, town: &Town) -> Option<Plan> {
    let (wound_down, dying) = town.ending;
    let market = random.pick(&[wound_down, dying]);
    let keeper = town.world.keeper.key;
    Some(match random.range(0, 3) {
        0 => settle_market(town, market),
        1 => Plan::of("record", ix::record_settlement_price(&town.markets[market], keeper)),
        3 => Plan::of("release funds", ix::release_funds(&town.markets[market])),
        _ => {
            let known = town.positions.first()?;
            Plan::of("settle position", ix::settle_position(&town.markets[known.market], keeper, known.key))
        }
    })
}

fn begin(town: &mut Town, market: usize) -> Option<Plan> {
    let protocol = town.world.protocol().expect("it is set up");
    if let Some(change) = town.changes.iter().find(|change| change.is_wind_down).copied() {
        town.world.warp_to(town.world.now() + i64::from(protocol.timelock_secs));
        return apply_of(town, &change);
    }
    Some(queue_of(&protocol, town, Some(market), Change::MarketStatus(MarketMode::WindDown)))
}

/// A price a minute, and the settlement as soon as it is complete: then nothing may stand in its way.
fn record_or_settle(random: &mut Random, town: &mut Town, market: usize) -> Plan {
    let account = town.market(market);
    let kept = town.world.settlement(&town.markets[market].market).map_or(0, |kept| usize::from(kept.count));
    let over = account.wind_down_from + i64::from(settlement::WIND_DOWN_SECS);
    if kept >= settlement::MINUTES_MIN && town.world.now() >= over {
        return settle_market(town, market);
    }
    if random.chance(90) {
        let now = town.world.now();
        town.world.warp_to(now - now.rem_euclid(MINUTE_SECS) + MINUTE_SECS + random.range_i64(0, 30));
        town.publish(market, random.range(10, 2_000));
    }
    let keeper = town.world.keeper.key;
    Plan::of("record", ix::record_settlement_price(&town.markets[market], keeper))
}

fn settle_market(town: &Town, market: usize) -> Plan {
    let address = town.markets[market].market;
    let kept = town.world.settlement(&address);
    let payer = kept.map_or(town.world.keeper.key, |kept| kept.payer);
    let prices: Vec<_> = kept.iter().flat_map(|kept| &kept.prices_e12[..usize::from(kept.count)]).collect();
    let prices: Vec<_> = prices.into_iter().map(|price| bulkhead_risk::PriceE12(*price)).collect();
    let now = UnixSeconds(town.world.now());
    let view = town.market(market).view().ok();
    let may = view.is_some_and(|view| settlement::settle_market(&view, &prices, now).is_ok());
    Plan::of("settle market", ix::settle_market(address, payer)).sure_if(may)
}

/// What nobody needs any more goes to the pool.
fn release(town: &Town) -> Option<Plan> {
    let (wound_down, dying) = town.ending;
    let empty = |number: &usize| {
        let view = town.market(*number).view().ok();
        view.is_some_and(|view| transition::release_funds(&view).is_ok())
    };
    let number = [wound_down, dying].into_iter().find(empty)?;
    Some(Plan::of("release funds", ix::release_funds(&town.markets[number])).sure_if(true))
}

/// Every position leaves at the settlement price, whatever is frozen.
fn leave(random: &mut Random, town: &Town) -> Option<Plan> {
    if let Some(released) = release(town) {
        return Some(released);
    }
    let is_stuck = |known: &&Known| town.is_settled(known.market) && town.position(known).status == 1;
    let known = town.positions.iter().find(is_stuck).filter(|_| random.chance(90))?;
    let settle = ix::settle_position(&town.markets[known.market], town.world.keeper.key, known.key);
    Some(Plan::of("settle position", settle).sure_if(true))
}
