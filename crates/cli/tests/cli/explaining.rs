//! Positions in words, at states that the program itself has reached.

use bulkhead::state::PositionSide;
use bulkhead_cli::explain::Explanation;
use bulkhead_client::quote;
use bulkhead_client::read_sample;
use bulkhead_client::rpc::{ChainClock, Keyed, Snapshot};
use bulkhead_lab::world::{Opening, World, defaults};
use bulkhead_risk::UnixSeconds;
use solana_pubkey::Pubkey;

const SIZE: u64 = defaults::BASE_UNIT;
const COLLATERAL: u64 = 6_000 * defaults::QUOTE_UNIT;

fn snapshot(world: &World) -> Snapshot {
    let market = world.market();
    let price = world.account(&world.keys.price).unwrap();
    let sample = read_sample(&market.oracle, &world.keys.price, &price.owner, &price.data).unwrap();
    let slot = world.slot();
    Snapshot {
        market: Keyed { key: world.keys.market, account: market },
        sample,
        clock: ChainClock { slot, now: UnixSeconds(world.now()) },
        slot,
    }
}

fn explain(world: &World, position: Pubkey) -> Explanation {
    Explanation::of(position, &world.position(&position), &snapshot(world), false).unwrap()
}

fn text(world: &World, position: Pubkey) -> String {
    explain(world, position).report().unwrap().text
}

#[track_caller]
fn assert_says(text: &str, expected: &[&str]) {
    for expected in expected {
        assert!(text.contains(expected), "{expected:?} in\n{text}");
    }
}

#[test]
fn position_show_ok_says_how_far_and_why() {
    let mut world = World::new().unwrap();
    let trader = world.actor(COLLATERAL);
    let position = world.open(&trader, &Opening::new(PositionSide::Long, SIZE, COLLATERAL)).unwrap();
    let explained = explain(&world, position);
    let look = snapshot(&world).look().unwrap();
    let health = quote::health(&look, &world.position(&position)).unwrap();
    assert_eq!(explained.health(), &health);
    let report = explained.report().unwrap();
    assert_says(
        &report.text,
        &[
            "long 1 BTC, entered at 60,024.00 USD",
            "collateral 6,000 USD",
            "for volatility",
            "for the size of its side",
            "0.5 % (300 USD) for the liquidation fee",
            "the price must fall by",
            "times the market's volatility of an hour",
            "The most that it can win is set aside: 60,024 USD",
            "It is not reduce-only",
        ],
    );
    let json = &report.json;
    let border: f64 = json["liquidation_price"].as_str().unwrap().parse().unwrap();
    let far: f64 = json["distance_percent"].as_str().unwrap().parse().unwrap();
    assert!((far - (60_000.0 - border) / 600.0).abs() < 0.001, "{far} % to {border}");
    let parts = &json["maintenance_parts_percent"];
    let sum: f64 = ["volatility", "size", "liquidation_fee"]
        .map(|part| parts[part].as_str().unwrap().parse::<f64>().unwrap())
        .iter()
        .sum();
    assert!((sum - json["maintenance_percent"].as_str().unwrap().parse::<f64>().unwrap()).abs() < 1e-9);
}

#[test]
fn position_show_ok_short_after_a_rise() {
    let mut world = World::new().unwrap();
    let trader = world.actor(COLLATERAL);
    let position = world.open(&trader, &Opening::new(PositionSide::Short, SIZE, COLLATERAL)).unwrap();
    world.move_price(defaults::START_PRICE_E8 * 101 / 100, 5).unwrap();
    assert_says(&text(&world, position), &["short 1 BTC", "the price must rise by", "profit and loss -6"]);
}

#[test]
fn position_show_ok_below_maintenance() {
    let mut world = World::new().unwrap();
    let trader = world.actor(COLLATERAL);
    let position = world.open(&trader, &Opening::new(PositionSide::Long, SIZE, COLLATERAL)).unwrap();
    world.move_price(defaults::START_PRICE_E8 * 92 / 100, 5).unwrap();
    let said = text(&world, position);
    assert_says(
        &said,
        &["below its requirement: a second sighting confirms it", "It meets its requirement above"],
    );
}

#[test]
fn position_show_ok_at_its_cap() {
    let mut world = World::new().unwrap();
    let trader = world.actor(COLLATERAL);
    let opening = Opening::new(PositionSide::Long, SIZE, COLLATERAL).with_payout_cap(50_000);
    let position = world.open(&trader, &opening).unwrap();
    world.move_price(defaults::START_PRICE_E8 * 106 / 100, 5).unwrap();
    assert_says(&text(&world, position), &["reached the most that it can win", "It can be liquidated now"]);
}

#[test]
fn position_show_ok_reduce_only_and_why() {
    let mut world = World::new().unwrap();
    let trader = world.actor(COLLATERAL);
    let position = world.open(&trader, &Opening::new(PositionSide::Long, SIZE, COLLATERAL)).unwrap();
    // Two days of a wild market: the volatility margin rises, the position's may not follow at once.
    let mut price = defaults::START_PRICE_E8;
    for step in 0..240 {
        price = if step % 2 == 0 { defaults::START_PRICE_E8 * 102 / 100 } else { defaults::START_PRICE_E8 };
        world.move_price(price, 60).unwrap();
    }
    world.move_price(price, 5).unwrap();
    let reasons = explain(&world, position).reduce_only_reasons().unwrap();
    assert!(reasons.iter().any(|reason| reason.contains("behind the market's")), "{reasons:?}");
    assert_says(&text(&world, position), &["It may only shrink", "Collateral cannot be taken out now"]);
}

#[test]
fn position_show_ok_at_the_last_price_where_the_account_is_old() {
    let mut world = World::new().unwrap();
    let trader = world.actor(COLLATERAL);
    let position = world.open(&trader, &Opening::new(PositionSide::Long, SIZE, COLLATERAL)).unwrap();
    world.warp_to(world.now() + 3_600);
    let said = text(&world, position);
    assert_says(
        &said,
        &[
            "Shown as of the last price that the market took, 60 min 0 s ago",
            "PriceTooOld",
            "the price must fall",
        ],
    );
}

#[test]
fn position_show_ok_pending_and_closed() {
    let mut world = World::new().unwrap();
    let trader = world.actor(COLLATERAL);
    let position = world.place(&trader, &Opening::new(PositionSide::Long, SIZE, COLLATERAL)).unwrap();
    assert_says(&text(&world, position), &["pending", "has not filled. 6,000 USD are in its vault"]);
    world.advance(5);
    world.execute(position, 0).unwrap();
    let order =
        world.place_order(&trader, position, bulkhead::state::OrderAction::Decrease, u64::MAX).unwrap();
    world.advance(5);
    world.execute(position, order).unwrap();
    assert_says(&text(&world, position), &["closed", "flat for good", "`position close` returns them"]);
}
