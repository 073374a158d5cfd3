//! The dearest of what keepers do with positions: refreshes, flags, liquidations, and what pays for them.

use bulkhead::state::PositionSide;
use bulkhead::views::MarketParams;
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Opening, World, WorldOptions, defaults};
use solana_pubkey::Pubkey;

use super::{Step, busy, busy_with, next_minute, options, params, trader};
use crate::poke;

const BTC: u64 = defaults::BASE_UNIT;
const USD: u64 = defaults::QUOTE_UNIT;
const PRICE: u64 = defaults::START_PRICE_E8;

pub(super) fn walk(step: &mut Step) {
    refreshes(step);
    flags(step);
    liquidations(step);
    endings(step);
    paid(step);
}

fn refreshes(step: &mut Step) {
    let mut world = busy();
    let keys = world.keys;
    let owner = trader(&mut world);
    let position = world.open(&owner, &Opening::new(PositionSide::Long, BTC, 30_000 * USD)).expect("open");
    let behind = |world: &mut World| {
        poke::<bulkhead::state::Position>(world, &position, |position| {
            position.margin_ppm -= 10_000;
            position.opened_at -= 4 * 86_400;
        });
        world.advance(3_600);
    };
    behind(&mut world);
    step(&mut world, "raised, over all buckets", ix::refresh_position(&keys, position));
    for (seconds, set_up) in [
        (60, "raised, a minute after the last price"),
        (0, "raised, on the price that the market has just taken"),
    ] {
        behind(&mut world);
        world.send(&[ix::update_market(&keys)]).expect("update");
        world.advance(seconds);
        step(&mut world, set_up, ix::refresh_position(&keys, position));
    }
    let ahead = |world: &mut World| {
        poke::<bulkhead::state::Position>(world, &position, |position| position.margin_ppm += 30_000);
        world.advance(3_600);
    };
    ahead(&mut world);
    step(&mut world, "lowered", ix::refresh_position(&keys, position));
    for (seconds, set_up) in [
        (60, "lowered, a minute after the last price"),
        (2, "lowered, second price of a minute"),
        (0, "lowered, on the price that the market has just taken"),
    ] {
        ahead(&mut world);
        world.send(&[ix::update_market(&keys)]).expect("update");
        world.advance(seconds);
        step(&mut world, set_up, ix::refresh_position(&keys, position));
    }
}

/// Positions of one BTC whose margin is just enough.
fn thin(world: &mut World, count: usize) -> Vec<Pubkey> {
    let owner = world.actor(10_000_000 * USD);
    let opening = Opening::new(PositionSide::Long, BTC, 5_000 * USD);
    (0..count).map(|_| world.open(&owner, &opening).expect("open")).collect()
}

fn flags(step: &mut Step) {
    let mut world = busy();
    let positions = thin(&mut world, 10);
    let keys = world.keys;
    next_minute(&mut world, PRICE * 96 / 100);
    step(&mut world, "one position, first seen below", ix::flag(&keys, &positions[..1]));
    world.advance(61);
    step(&mut world, "ten positions, first seen below", ix::flag(&keys, &positions));
    world.advance(61);
    world.send(&[ix::update_market(&keys)]).expect("update");
    world.advance(2);
    step(&mut world, "one position, second price of a minute", ix::flag(&keys, &positions[..1]));
    world.advance(61);
    world.send(&[ix::update_market(&keys)]).expect("update");
    let again = ix::flag(&keys, &positions[..1]);
    step(&mut world, "one position, on the price that the market has just taken", again);
}

fn liquidations(step: &mut Step) {
    for (percent, set_up, sightings) in [
        (100, "healthy, skipped", 0),
        (96, "below maintenance, first seen", 0),
        (96, "part", 1),
        (96, "part, on the price that the market has just taken", 1),
        (93, "whole, below maintenance", 1),
        (80, "insolvent", 0),
        (205, "payout capped", 0),
    ] {
        let mut world = busy();
        let keys = world.keys;
        let position = thin(&mut world, 1)[0];
        next_minute(&mut world, PRICE * percent / 100);
        for _ in 0..sightings {
            world.send(&[ix::flag(&keys, &[position])]).expect("flag");
            world.advance(30);
        }
        if set_up.ends_with("just taken") {
            world.send(&[ix::update_market(&keys)]).expect("update");
        }
        let keeper = world.keeper;
        let liquidate = ix::liquidate(&keys, keeper.key, keeper.tokens, position);
        step(&mut world, set_up, liquidate);
        let left = world.position(&position).size_atoms;
        let expected = match set_up {
            part if part.starts_with("part") => {
                left > 0 && left < BTC && world.token_balance(&keeper.tokens) > 0
            }
            "healthy, skipped" | "below maintenance, first seen" => left == BTC,
            _ => left == 0,
        };
        assert!(expected, "{set_up}: {left} atoms are left");
    }
}

fn endings(step: &mut Step) {
    let mut world = busy();
    let keys = world.keys;
    let [capped, frozen] = thin(&mut world, 2)[..] else { panic!("two positions") };
    world.freeze(pda::vault(&frozen));
    next_minute(&mut world, PRICE * 205 / 100);
    let keeper = world.keeper;
    step(&mut world, "at its cap", ix::settle_capped(&keys, keeper.key, keeper.tokens, capped));
    world.send(&[ix::liquidate(&keys, keeper.key, keeper.tokens, frozen)]).expect("liquidate");
    world.thaw(pda::vault(&frozen));
    step(&mut world, "the pool pays what it had set aside", ix::collect_frozen(&keys, frozen));
    let owner = world.position(&capped).owner;
    let destination = world.create_token_account(keys.collateral_mint, owner);
    step(&mut world, "with tokens in its vault", ix::close_position(&keys, owner, capped, destination));
    let receiver = world.create_token_account(keys.collateral_mint, world.fee_receiver);
    step(&mut world, "once", ix::collect_fees(&keys, receiver));
}

/// What the market pays for being kept, out of its crank budget and its insurance.
fn paid(step: &mut Step) {
    let params =
        MarketParams { keeper_floor_quote_atoms: 150_000, crank_fee_quote_atoms: 100_000, ..params() };
    let mut world = busy_with(WorldOptions { params, ..options() });
    let [part, insolvent] = thin(&mut world, 2)[..] else { panic!("two positions") };
    let owner = world.actor(1_000_000 * USD);
    let capped = world.open(&owner, &Opening::new(PositionSide::Long, BTC, 50_000 * USD)).expect("open");
    let (keys, keeper) = (world.keys, world.keeper);
    next_minute(&mut world, PRICE * 96 / 100);
    world.send(&[ix::crank_market(&keys, keeper.tokens)]).expect("crank");
    world.send(&[ix::flag(&keys, &[part])]).expect("flag");
    world.advance(30);
    // Its fee is what the insurance has.
    world.send(&[ix::liquidate(&keys, keeper.key, keeper.tokens, part)]).expect("liquidate");
    next_minute(&mut world, PRICE * 80 / 100);
    let had = world.token_balance(&keeper.tokens);
    let liquidate = ix::liquidate(&keys, keeper.key, keeper.tokens, insolvent);
    step(&mut world, "insolvent, insurance pays keeper and pool", liquidate);
    assert!(world.token_balance(&keeper.tokens) > had, "the keeper was not paid");
    next_minute(&mut world, PRICE * 205 / 100);
    let had = world.token_balance(&keeper.tokens);
    let settle = ix::settle_capped(&keys, keeper.key, keeper.tokens, capped);
    step(&mut world, "at its cap, the crank budget pays the keeper", settle);
    assert!(world.token_balance(&keeper.tokens) > had, "the keeper was not paid");
}
