//! One or more situations for every instruction in which it does all that it can: those in which it is dearest.
//!
//! Whoever walks through them gets each instruction with the world in which it would go through now, and sends it: the
//! table of compute units, and the matrix of substituted accounts.

mod keeping;
mod settlement;
mod triggers;
mod waiting;

use bulkhead::constants::{ORDER_SEED, POSITION_SEED, TRADER_SEED, VAULT_SEED};
use bulkhead::instructions::{Change, DepositArgs, MarketMode, QueueChangeArgs};
use bulkhead::oracle::OracleSource;
use bulkhead::state::{LowHigh, Market, OrderAction, PauseKind, PositionSide};
use bulkhead::views::MarketParams;
use bulkhead_client::{ID, ix, pda};
use bulkhead_lab::world::{Actor, MarketSetup, Opening, PriceUpdate, TxOk, World, WorldOptions, defaults};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::poke;

const BTC: u64 = defaults::BASE_UNIT;
const USD: u64 = defaults::QUOTE_UNIT;
const PRICE: u64 = defaults::START_PRICE_E8;

/// Gets a world, what the set-up is called, and an instruction that would go through; sends it.
pub type Step<'a> = dyn FnMut(&mut World, &'static str, Instruction) -> TxOk + 'a;

/// All of them, in the order of a market's life.
pub fn walk(step: &mut Step) {
    birth(step);
    updates(step);
    orders(step);
    triggers::walk(step);
    collateral(step);
    keeping::walk(step);
    governance(step);
    settlement::walk(step);
    waiting::walk(step);
}

fn params() -> MarketParams {
    MarketParams {
        trade_fee_ppm: 1_000,
        borrow_kink_rate_e12: 6_342,
        borrow_full_rate_e12: 95_129,
        funding_skew_scale_quote_atoms: 50_000_000 * USD,
        funding_velocity_max_e18: 1_000_000,
        funding_rate_max_e12: 100_000,
        impact_scale_quote_atoms: 1_000_000_000 * USD,
        crank_fee_quote_atoms: 1_000,
        ..defaults::params()
    }
}

fn options() -> WorldOptions {
    WorldOptions { params: params(), ..WorldOptions::default() }
}

/// A market in which both sides hold open interest and every four-hour bucket has been seen.
pub fn busy() -> World {
    busy_with(options())
}

fn busy_with(options: WorldOptions) -> World {
    let mut world = World::with(options).expect("the world comes up");
    let others = world.actor(10_000_000 * USD);
    world.open(&others, &Opening::new(PositionSide::Long, 7 * BTC, 100_000 * USD)).expect("a long");
    world.open(&others, &Opening::new(PositionSide::Short, 5 * BTC, 70_000 * USD)).expect("a short");
    fill_buckets(&mut world);
    world
}

/// Lows and highs a little around the price in all eighteen buckets.
fn fill_buckets(world: &mut World) {
    let price_e12 = world.market().observations.index_price_e12;
    let market = world.keys.market;
    poke::<Market>(world, &market, |market| {
        for (place, bucket) in (1_u64..).zip(&mut market.extremes) {
            let width = price_e12 / 5_000 * place;
            *bucket = LowHigh { low_e12: price_e12 - width, high_e12: price_e12 + width };
        }
    });
}

/// Somebody for whose first position and its first orders no bump has to be searched.
fn trader(world: &mut World) -> Actor {
    let market = world.keys.market;
    loop {
        let actor = world.actor(1_000_000 * USD);
        let is_first = |seeds: &[&[u8]]| Pubkey::find_program_address(seeds, &ID).1 == 255;
        let positions = [0_u32, 1].map(|id| pda::position(&market, &actor.key, id));
        let fits = is_first(&[TRADER_SEED, market.as_ref(), actor.key.as_ref()])
            && (0_u32..).zip(positions).all(|(id, position)| {
                is_first(&[POSITION_SEED, market.as_ref(), actor.key.as_ref(), &id.to_le_bytes()])
                    && is_first(&[VAULT_SEED, position.as_ref()])
                    && is_first(&[ORDER_SEED, position.as_ref(), &0_u32.to_le_bytes()])
            })
            && is_first(&[ORDER_SEED, positions[0].as_ref(), &1_u32.to_le_bytes()]);
        if fits {
            return actor;
        }
    }
}

/// The next minute, at another price; the market has not seen it yet.
fn next_minute(world: &mut World, price_e8: u64) {
    let now = world.now();
    world.warp_to(now - now.rem_euclid(60) + 60);
    world.set_price(&PriceUpdate::at(price_e8, world.now()));
}

fn birth(step: &mut Step) {
    let options = options();
    let mut world = World::bare(&options).expect("the world comes up");
    let args = bulkhead::instructions::InitializeProtocolArgs {
        cluster: options.cluster,
        timelock_secs: 0,
        guardian: world.guardian,
        fee_receiver: world.fee_receiver,
    };
    let initialize = ix::initialize_protocol(world.admin, args);
    step(&mut world, "once", initialize);
    let setup = MarketSetup::of(&options, &world);
    let args = bulkhead::instructions::CreateMarketArgs {
        index: setup.index,
        oracle: setup.oracle,
        params: setup.params,
        collateral_oracle: setup.collateral_oracle,
    };
    let create = ix::create_market(world.admin, setup.mint, setup.token_program, args);
    step(&mut world, "SPL Token collateral", create);
}

fn updates(step: &mut Step) {
    let mut world = busy();
    let update = ix::update_market(&world.keys);
    next_minute(&mut world, PRICE * 101 / 100);
    step(&mut world, "first price of a minute", update.clone());
    world.advance(2);
    step(&mut world, "second price of a minute", update.clone());
    let crank = ix::crank_market(&world.keys, world.keeper.tokens);
    for (set_up, paid) in [("first price of a minute, paid", 1_000), ("second price of a minute, unpaid", 0)]
    {
        match paid {
            0 => world.advance(2),
            _ => next_minute(&mut world, PRICE * 102 / 100),
        }
        let before = world.token_balance(&world.keeper.tokens);
        step(&mut world, set_up, crank.clone());
        assert_eq!(world.token_balance(&world.keeper.tokens) - before, paid, "{set_up}");
    }
    world.warp_to(world.now() + 3 * 86_400);
    world.set_price(&PriceUpdate::at(PRICE * 90 / 100, world.now()));
    step(&mut world, "after three days without a price", update);

    let lp = world.actor(1_000_000 * USD);
    let shares = world.create_token_account(pda::lp_mint(&world.keys.market), lp.key);
    next_minute(&mut world, PRICE * 95 / 100);
    let args = DepositArgs { amount_atoms: 1_000_000 * USD, shares_min: 1 };
    let deposit = ix::deposit(&world.keys, lp.key, lp.tokens, shares, args);
    step(&mut world, "both sides at a loss or a gain", deposit);
}

fn orders(step: &mut Step) {
    let mut world = busy();
    let keys = world.keys;
    let owner = trader(&mut world);
    let opening = Opening::new(PositionSide::Long, BTC, 20_000 * USD);
    let (position, place) = world.placement(&keys, &owner, &opening);
    step(&mut world, "the owner's first", place);
    next_minute(&mut world, PRICE);
    // Within the window of fifteen seconds the next minute need not begin: the last price was of this one.
    let placed_at = world.order(&pda::order(&position, 0)).placed_at;
    world.warp_to(placed_at + 5);
    world.set_price(&PriceUpdate::at(PRICE, world.now()));
    age_bucket(&mut world);
    let execute = world.execution(&keys, position, 0);
    step(&mut world, "opens", execute);
    let (_, place) = world.placement(&keys, &owner, &opening);
    step(&mut world, "the owner's second", place);

    world.advance(7_200);
    world.send(&[ix::update_market(&keys)]).expect("update");
    for (action, size, price, set_up) in [
        (OrderAction::Increase, BTC / 2, PRICE, "increases, after accruals and a refresh"),
        (OrderAction::Decrease, BTC / 2, PRICE * 98 / 100, "decreases at a loss"),
        (OrderAction::Decrease, BTC / 2, PRICE * 105 / 100, "decreases at a gain"),
        (OrderAction::Decrease, u64::MAX, PRICE * 103 / 100, "closes at a gain"),
    ] {
        let account = world.position(&position);
        let order_id = account.next_order_id;
        let args = bulkhead::instructions::PlaceOrderArgs {
            order_id,
            action,
            kind: bulkhead::state::OrderKind::Market,
            size_atoms: size,
            acceptable_price_e12: if action == OrderAction::Increase { u64::MAX } else { 0 },
            payout_cap_ppm: 1_000_000,
            tip_lamports: 10_000,
            trigger_price_e12: 0,
            expires_at: 0,
        };
        let place = ix::place_order(&keys, owner.key, owner.key, position, args);
        match order_id {
            1 => drop(step(&mut world, "by the owner", place)),
            _ => drop(world.send(&[place]).expect("place")),
        }
        world.warp_to(world.now() + 5);
        world.set_price(&PriceUpdate::at(price, world.now()));
        age_bucket(&mut world);
        let execute = world.execution(&keys, position, order_id);
        step(&mut world, set_up, execute);
    }
    let second = pda::position(&keys.market, &owner.key, 1);
    world.advance(60);
    let cancel = ix::cancel_order(&keys, world.keeper.key, second, 0, owner.key);
    step(&mut world, "by somebody else, for the tip", cancel);
}

/// Lets the last bucket sample lie a minute back, so that the next price opens a bucket.
fn age_bucket(world: &mut World) {
    let market = world.keys.market;
    poke::<Market>(world, &market, |market| market.observations.sampled_at -= 60);
}

fn collateral(step: &mut Step) {
    let mut world = busy();
    let keys = world.keys;
    let owner = trader(&mut world);
    let opening = Opening::new(PositionSide::Long, BTC, 30_000 * USD);
    let position = world.open(&owner, &opening).expect("open");
    let add = ix::add_collateral(&keys, owner.key, owner.tokens, position, 10_000 * USD);
    step(&mut world, "by the owner", add);
    world.advance(86_400);
    world.send(&[ix::update_market(&keys)]).expect("update");
    next_minute(&mut world, PRICE * 99 / 100);
    world.send(&[ix::refresh_position(&keys, position)]).expect("refresh");
    let remove = ix::remove_collateral(&keys, owner.key, position, owner.tokens, 10_000 * USD);
    step(&mut world, "with borrow fee and funding owed", remove);
    let delegate = world.key();
    step(&mut world, "by the owner", ix::set_delegate(owner.key, position, delegate));
    step(&mut world, "open, accrued", ix::view_position(&keys, position));
}

fn governance(step: &mut Step) {
    let mut world = busy();
    let (admin, guardian, market) = (world.admin, world.guardian, world.keys.market);
    let source = OracleSource::PythCore { shard: 9, feed_id: defaults::FEED_ID_BTC };
    let settings = Change::ProtocolSettings { guardian, fee_receiver: world.fee_receiver, timelock_secs: 0 };
    for (nonce, definition, of, set_up) in [
        (0, Change::MarketParams(params()), Some(market), "parameters of a market"),
        (1, Change::OracleGeneration(source), Some(market), "oracle generation"),
        (2, Change::MarketStatus(MarketMode::ReduceOnly), Some(market), "market status"),
        (3, settings, None, "protocol settings"),
        (4, settings, None, "to be cancelled"),
    ] {
        let queue = ix::queue_change(admin, of, QueueChangeArgs { nonce, definition });
        step(&mut world, set_up, queue);
        let end = match nonce {
            4 => ix::cancel_change(admin, nonce, admin),
            _ => ix::apply_change(nonce, of, admin),
        };
        step(&mut world, set_up, end);
    }
    step(&mut world, "new risk", ix::pause(guardian, PauseKind::NewRisk));
    step(&mut world, "by the guardian", ix::unpause(guardian, PauseKind::NewRisk));
    step(&mut world, "somebody", ix::propose_admin(admin, guardian));
    step(&mut world, "once", ix::accept_admin(guardian));
}
