//! How much may be opened, and what may not be done to a position in a bad state. What is refused for that is
//! spent: a waiting order would be its owner's free option.

use bulkhead::error::BulkheadError;
use bulkhead::oracle::OracleSource;
use bulkhead::state::{Market, OrderAction, Position, PositionSide};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::{Actor, MarketSetup, Opening, PriceUpdate, World, WorldOptions, defaults};
use bulkhead_risk::transition::{self, IncreaseArgs};
use bulkhead_risk::{BaseAtoms, Ppm, PriceE12, Purpose, QuoteAtoms, RiskError, Side};
use bulkhead_tests::*;
use solana_pubkey::Pubkey;

use crate::desk::{Desk, FEE_PPM, execution, opening};

/// Places an opening order of somebody new and lets its window come.
fn place(world: &mut World, opening: &Opening) -> (Actor, Pubkey) {
    let owner = world.actor(opening.collateral_atoms);
    let position = world.place(&owner, opening).unwrap();
    world.advance(5);
    world.send(&[ix::update_market(&world.keys)]).unwrap();
    (owner, position)
}

#[track_caller]
fn opens(world: &mut World, opening: &Opening) -> Pubkey {
    let (_, position) = place(world, opening);
    world.execute(position, 0).unwrap();
    position
}

#[track_caller]
fn does_not_open(world: &mut World, opening: &Opening, error: BulkheadError) {
    let (_, position) = place(world, opening);
    let instruction = execution(world, position, 0);
    spent(world, &instruction, error);
}

fn long(size_atoms: u64) -> Opening {
    Opening::new(PositionSide::Long, size_atoms, 10_000 * USD)
}

fn short(size_atoms: u64) -> Opening {
    Opening::new(PositionSide::Short, size_atoms, 10_000 * USD)
}

/// The least collateral with which the risk crate opens the size now.
fn least_collateral(world: &World, side: Side, size_atoms: u64) -> u64 {
    let seen = seen(world, Purpose::Risk);
    let acceptable = PriceE12(if side == Side::Long { u64::MAX } else { 0 });
    let args = IncreaseArgs { size: BaseAtoms(size_atoms), payout_cap_ppm: Ppm(1_000_000), acceptable };
    let opens = |collateral: u64| {
        let pending = bulkhead_risk::Position::pending(side, QuoteAtoms(collateral));
        match transition::increase(&seen.market, &pending, &seen.sample, &args, seen.now) {
            Ok(_) => true,
            Err(RiskError::InitialMarginShort | RiskError::InsufficientCollateral) => false,
            Err(other) => panic!("{other:?}"),
        }
    };
    let (mut bad, mut good) = (0, 1_000_000 * USD);
    while good - bad > 1 {
        let middle = bad + (good - bad) / 2;
        if opens(middle) { good = middle } else { bad = middle }
    }
    good
}

#[test]
fn execute_order_ok_with_the_initial_margin_and_not_one_atom_less() {
    for (side, risk_side) in [(PositionSide::Long, Side::Long), (PositionSide::Short, Side::Short)] {
        for missing in [1, 0] {
            let mut world = world_with(|params| params.trade_fee_ppm = FEE_PPM);
            let mut later = world_with(|params| params.trade_fee_ppm = FEE_PPM);
            later.advance(5);
            later.send(&[ix::update_market(&later.keys)]).unwrap();
            let least = least_collateral(&later, risk_side, BTC / 10);
            // 6.8 % and a few basis points of 6,000, and the fee of 6.
            assert!(least.abs_diff(446 * USD) < 10 * USD, "{least}");
            let opening = Opening::new(side, BTC / 10, least - missing);
            match missing {
                0 => drop(opens(&mut world, &opening)),
                _ => does_not_open(&mut world, &opening, BulkheadError::InitialMarginShort),
            }
        }
    }
}

#[test]
fn execute_order_fails_where_the_collateral_does_not_pay_the_fee() {
    let mut world = world_with(|params| params.trade_fee_ppm = FEE_PPM);
    // The fee is 6,002,400 atoms.
    let just_short = Opening::new(PositionSide::Long, BTC / 10, 6_002_399);
    does_not_open(&mut world, &just_short, BulkheadError::InsufficientCollateral);
    let nothing_left = Opening::new(PositionSide::Long, BTC / 10, 6_002_400);
    does_not_open(&mut world, &nothing_left, BulkheadError::InitialMarginShort);
}

#[test]
fn execute_order_fails_under_the_least_notional() {
    let mut world = World::new().unwrap();
    // 99.9996 and 100.0002 USD at the index.
    does_not_open(&mut world, &long(166_666), BulkheadError::NotionalTooSmall);
    opens(&mut world, &long(166_667));
}

#[test]
fn execute_order_fails_with_too_large_a_share_of_the_pool() {
    // A tenth of the pool is exactly what 0.1 BTC sets aside.
    let options = WorldOptions { pool_atoms: 60_024 * USD, ..WorldOptions::default() };
    let mut world = World::with(options).unwrap();
    does_not_open(&mut world, &long(BTC / 10 + 1), BulkheadError::PoolShareExceeded);
    let position = opens(&mut world, &long(BTC / 10));
    // A smaller payout cap makes room for a larger position.
    opens(&mut world, &long(BTC / 5).with_payout_cap(500_000));
    // What counts is the position's whole reserve, not the order's.
    let owner = Actor { key: world.position(&position).owner, ..Actor::default() };
    let id = world.place_order(&owner, position, OrderAction::Increase, BTC / 100).unwrap();
    world.advance(5);
    let instruction = execution(&world, position, id);
    spent(&mut world, &instruction, BulkheadError::PoolShareExceeded);
}

#[test]
fn execute_order_fails_where_the_pool_cannot_set_more_aside() {
    // Four fifths of the pool are exactly what two longs of 0.1 BTC set aside.
    let mut options = WorldOptions { pool_atoms: 15_006 * USD, ..WorldOptions::default() };
    options.params.pool_share_max_ppm = 500_000;
    let mut world = World::with(options).unwrap();
    opens(&mut world, &long(BTC / 10));
    does_not_open(&mut world, &long(BTC / 10 + 1), BulkheadError::ReserveUnavailable);
    let second = opens(&mut world, &long(BTC / 10));
    let market = world.market();
    assert_eq!(market.long.reserved_atoms, 12_004_800_000);
    // The other side sets aside from the same pool.
    does_not_open(&mut world, &short(BTC / 50), BulkheadError::ReserveUnavailable);
    // Donations to the pool vault are not the pool's.
    world.mint_to(pda::pool_vault(&world.keys.market), 1_000_000 * USD);
    does_not_open(&mut world, &short(BTC / 50), BulkheadError::ReserveUnavailable);
    assert_eq!(world.position(&second).status, 1);
}

#[test]
fn execute_order_fails_beyond_the_open_interest_of_a_side() {
    let mut world = world_with(|params| params.open_interest_cap_quote_atoms = 6_000 * USD);
    does_not_open(&mut world, &long(BTC / 10 + 1), BulkheadError::OpenInterestCapExceeded);
    opens(&mut world, &long(BTC / 10));
    does_not_open(&mut world, &long(BTC / 50), BulkheadError::OpenInterestCapExceeded);
    opens(&mut world, &short(BTC / 10));
}

#[test]
fn execute_order_fails_beyond_the_skew_cap() {
    let mut world = world_with(|params| params.skew_cap_quote_atoms = 6_000 * USD);
    does_not_open(&mut world, &short(BTC / 10 + 1), BulkheadError::SkewCapExceeded);
    opens(&mut world, &short(BTC / 10));
    does_not_open(&mut world, &short(BTC / 50), BulkheadError::SkewCapExceeded);
    // The other side turns it round, by no more than the cap.
    does_not_open(&mut world, &long(BTC / 5 + 1), BulkheadError::SkewCapExceeded);
    opens(&mut world, &long(BTC / 5));
}

#[test]
fn execute_order_fails_in_a_market_that_takes_no_new_risk_but_decreases() {
    let mut desk = Desk::open(PositionSide::Long);
    let grow = desk.order(OrderAction::Increase, BTC / 50);
    let shrink = desk.order(OrderAction::Decrease, BTC / 50);
    desk.world.advance(5);
    let market = desk.keys().market;
    poke(&mut desk.world, &market, |market: &mut Market| market.status = 1);
    let instruction = desk.execution(grow);
    spent(&mut desk.world, &instruction, BulkheadError::MarketNotActive);
    desk.world.execute(desk.position, shrink).unwrap();
}

#[test]
fn execute_order_fails_before_the_markets_first_sample() {
    let mut world = World::new().unwrap();
    let oracle = OracleSource::PythCore { shard: 7, feed_id: [3; 32] };
    let options = WorldOptions { oracle, ..WorldOptions::default() };
    let setup = MarketSetup::of(&options, &world);
    let keys = world.create_market(&setup).unwrap();
    let owner = world.actor(10_000 * USD);
    let (position, _) = world.place_in(&keys, &owner, &opening(PositionSide::Long)).unwrap();
    world.warp_to(world.now() + 5);
    world.set_price_of(keys.price, &PriceUpdate::at(defaults::START_PRICE_E8, world.now()));
    let outcome = world.execute_in(&keys, position, 0);
    bulkhead_lab::world::expect_error(outcome, BulkheadError::MarketUnsampled);
}

#[test]
fn execute_order_fails_to_increase_what_may_only_shrink() {
    let mut desk = Desk::open(PositionSide::Long);
    let grow = desk.order(OrderAction::Increase, BTC / 50);
    let shrink = desk.order(OrderAction::Decrease, BTC / 50);
    // Equity of 5.1 % is above maintenance, and not so far above that the requirement could rise.
    desk.world.move_price(52_775 * E8, 5).unwrap();
    let (position, now) = (desk.position, desk.world.now());
    let ramp = desk.world.market().view().unwrap().volatility.ramp_ppm_ceil().unwrap().get();
    poke(&mut desk.world, &position, |position: &mut Position| {
        position.margin_ppm = ramp - 1;
        position.margin_refreshed_at = now;
    });
    let instruction = desk.execution(grow);
    spent(&mut desk.world, &instruction, BulkheadError::PositionReduceOnly);
    desk.world.execute(position, shrink).unwrap();
}

#[test]
fn execute_order_fails_to_increase_at_the_payout_cap() {
    let mut world = World::new().unwrap();
    let owner = world.actor(10_000 * USD);
    let opening = opening(PositionSide::Long).with_payout_cap(50_000);
    let position = world.open(&owner, &opening).unwrap();
    let mut desk = Desk { world, owner, position };
    let grow = desk.order(OrderAction::Increase, BTC / 50);
    // 300.12 are set aside: the cap is reached at 60,024 + 3,001.2.
    desk.world.move_price(63_025_200_000_000 / 10, 5).unwrap();
    let instruction = desk.execution(grow);
    spent(&mut desk.world, &instruction, BulkheadError::PayoutCapReached);
    let grow = desk.order(OrderAction::Increase, BTC / 50);
    desk.world.move_price(6_302_519_999_999, 5).unwrap();
    let instruction = desk.execution(grow);
    desk.world.send(&[instruction]).unwrap();
}

#[test]
fn execute_order_fails_a_partial_decrease_that_worsens_bad_health_but_a_full_one_goes() {
    let mut desk = Desk::open_in(World::new().unwrap(), PositionSide::Long);
    // Bought at 60,024 on 1,000: at 50,030 equity is 0.6. Selling costs 4 basis points of what is sold.
    let id = desk.order(OrderAction::Decrease, BTC / 20);
    desk.world.move_price(50_030 * E8, 5).unwrap();
    let instruction = desk.execution(id);
    spent(&mut desk.world, &instruction, BulkheadError::DecreaseWorsensHealth);
    let id = desk.order(OrderAction::Decrease, u64::MAX);
    desk.world.advance(5);
    desk.world.execute(desk.position, id).unwrap();
    // 0.1 * (60,024 - 50,009.988) = 1,001.4012 on 1,000.
    assert_eq!(desk.world.market().shortfall_total_atoms, 1_401_200);
    assert_eq!(desk.world.vault_balance(&desk.position), 0);
}

#[test]
fn execute_order_fails_a_partial_decrease_whose_loss_the_collateral_does_not_cover() {
    let mut desk = Desk::open_in(World::new().unwrap(), PositionSide::Long);
    let id = desk.order(OrderAction::Decrease, BTC / 20);
    desk.world.move_price(30_000 * E8, 5).unwrap();
    let instruction = desk.execution(id);
    spent(&mut desk.world, &instruction, BulkheadError::DecreaseWorsensHealth);
}

#[test]
fn execute_order_ok_a_partial_decrease_that_betters_bad_health() {
    let mut desk = Desk::open_in(World::new().unwrap(), PositionSide::Long);
    let id = desk.order(OrderAction::Decrease, BTC / 20);
    // Equity 97.6 of 5,100: far below maintenance, and half of the size is half of the trouble.
    desk.world.move_price(51_000 * E8, 5).unwrap();
    desk.world.execute(desk.position, id).unwrap();
    assert_eq!(desk.world.position(&desk.position).size_atoms, BTC / 20);
}

/// The attack that spending prevents: an order short of collateral waits, its owner watches the price of the
/// window and only then adds what is missing.
#[test]
fn execute_order_ok_spends_an_increase_whose_notional_no_number_holds() {
    let mut world = World::new().unwrap();
    let owner = world.actor(10_000 * USD);
    let position = world.place(&owner, &Opening::new(PositionSide::Long, u64::MAX, 1_000 * USD)).unwrap();
    world.advance(5);
    let instruction = execution(&world, position, 0);
    spent(&mut world, &instruction, BulkheadError::Overflow);
}

#[test]
fn execute_order_ok_spends_an_increase_whose_owner_would_add_collateral_later() {
    let mut world = World::new().unwrap();
    let owner = world.actor(10_000 * USD);
    let position = world.place(&owner, &Opening::new(PositionSide::Long, BTC / 10, 1)).unwrap();
    world.advance(5);
    let instruction = execution(&world, position, 0);
    spent(&mut world, &instruction, BulkheadError::InitialMarginShort);
    let keys = world.keys;
    let add = ix::add_collateral(&keys, owner.key, owner.tokens, position, 1_000 * USD);
    assert!(world.send(&[add, instruction]).is_err());
    // What was in the vault is still the owner's.
    world.send(&[ix::close_position(&keys, owner.key, position, owner.tokens)]).unwrap();
    assert_eq!(world.token_balance(&owner.tokens), 10_000 * USD);
}
