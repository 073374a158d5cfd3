//! What can happen next, drawn at random: anybody does anything, at hostile prices, now and then with the
//! wrong accounts.

use bulkhead::instructions::{DepositArgs, ExecuteOrderArgs, PlaceOpeningOrderArgs, PlaceOrderArgs};
use bulkhead::state::{OrderAction, OrderKind, PositionSide, Trader};
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::any_price;
use bulkhead_risk::liquidation::{LiquidationReason, Readiness};
use bulkhead_tests::random::Random;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::books::readiness;
use crate::town::{Known, Town, USD};

/// Positions at a time, so that checking all of them stays quick.
const POSITIONS_MAX: usize = 40;
const BASE_UNIT: u128 = 100_000_000;

/// Something to send.
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) instructions: Vec<Instruction>,
    /// The position that a liquidation after a refresh is about.
    pub(crate) refreshed: Option<Known>,
}

fn plan(name: &'static str, instruction: Instruction) -> Option<Plan> {
    Some(Plan { name, instructions: vec![instruction], refreshed: None })
}

/// Draws an action. Some happen outside the program (time, prices, freezing, donations): those send nothing.
pub(crate) fn draw(random: &mut Random, town: &mut Town) -> Option<Plan> {
    // An order waits a quarter of a minute: most are filled next, as keepers would.
    let is_waiting = town.orders.last().and_then(|order| town.order(order));
    let is_waiting = is_waiting.is_some_and(|order| order.placed_at + 15 >= town.world.now());
    let roll = if is_waiting && random.chance(40) { 30 } else { random.range(0, 99) };
    let mut plan = match roll {
        0..18 => tick(random, town),
        18..30 => open(random, town),
        30..46 => execute(random, town),
        46..54 => place(random, town),
        54..57 => cancel(random, town),
        57..59 => add(random, town),
        59..62 => remove(random, town),
        62..67 => close(random, town),
        67..71 => of_some_position(random, town, "refresh", |town, known| {
            ix::refresh_position(&town.markets[known.market], known.key)
        }),
        71..75 => flag(random, town),
        75..83 => liquidate_some(random, town),
        83..86 => refresh_and_liquidate(random, town),
        86..89 => settle(random, town),
        89..91 => collect_frozen(random, town),
        91..93 => of_some_position(random, town, "delegate", |town, known| {
            ix::set_delegate(town.owners[known.owner].key, known.key, town.owners[0].key)
        }),
        93 => of_some_position(random, town, "view", |town, known| {
            ix::view_position(&town.markets[known.market], known.key)
        }),
        94 => {
            let keys = &town.markets[some_market(random)];
            self::plan("collect fees", ix::collect_fees(keys, town.fee_tokens))
        }
        95..97 => deposit(random, town),
        97 if random.chance(60) => freeze(random, town),
        98 => donate(random, town),
        _ => None,
    }?;
    if random.chance(8) {
        spoil(random, town, &mut plan);
    }
    Some(plan)
}

fn some_market(random: &mut Random) -> usize {
    random.range(0, 1) as usize
}

fn some_position(random: &mut Random, town: &Town) -> Option<Known> {
    if town.positions.is_empty() { None } else { Some(random.pick(&town.positions)) }
}

fn of_some_position(
    random: &mut Random,
    town: &Town,
    name: &'static str,
    instruction: impl Fn(&Town, &Known) -> Instruction,
) -> Option<Plan> {
    let known = some_position(random, town)?;
    plan(name, instruction(town, &known))
}

/// Time passes and prices move: mostly a little, sometimes by a crash, a gap or a wide confidence; some are
/// not published at all.
fn tick(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let secs = match random.range(0, 199) {
        0 => 3 * 86_400,
        1..4 => random.range_i64(3_600, 20_000),
        4..20 => random.range_i64(60, 900),
        20..60 => random.range_i64(10, 60),
        _ => random.range_i64(1, 10),
    };
    town.world.warp_to(town.world.now() + secs);
    for market in 0..town.markets.len() {
        let most: i64 = match random.range(0, 249) {
            0 => 350_000,
            1..8 => 80_000,
            8..40 => 15_000,
            _ => 1_200,
        };
        let factor = (1_000_000 + random.range_i64(-most, most)) as u128;
        let (low, high) = if market == 0 {
            (1_000_000_000_000, 30_000_000_000_000)
        } else {
            (50_000_000_000, 2_000_000_000_000)
        };
        let moved = (u128::from(town.prices_e8[market]) * factor / 1_000_000) as u64;
        town.prices_e8[market] = moved.clamp(low, high);
        match random.range(0, 19) {
            0..2 => (),
            2 => town.publish(market, random.range(20_000, 110_000)),
            _ => town.publish(market, random.range(10, 3_000)),
        }
    }
    plan("update", ix::update_market(&town.markets[some_market(random)]))
}

fn open(random: &mut Random, town: &Town) -> Option<Plan> {
    if town.positions.len() >= POSITIONS_MAX {
        return None;
    }
    let market = some_market(random);
    let (keys, owner) = (&town.markets[market], &town.owners[random.range(0, 4) as usize]);
    let counters = town.world.load::<Trader>(&pda::trader(&keys.market, &owner.key));
    let notional = random.magnitude(500 * USD, 300_000 * USD);
    let side = random.pick(&[PositionSide::Long, PositionSide::Short]);
    let args = PlaceOpeningOrderArgs {
        position_id: counters.map_or(0, |counters| counters.next_position_id),
        side,
        collateral_atoms: notional / 1_000 * random.range(70, 500),
        kind: OrderKind::Market,
        size_atoms: base_atoms(town, market, notional),
        acceptable_price_e12: any_price(side, OrderAction::Increase),
        payout_cap_ppm: random.magnitude(50_000, 1_000_000) as u32,
        tip_lamports: 10_000,
        trigger_price_e12: 0,
        expires_at: 0,
    };
    plan("open", ix::place_opening_order(keys, owner.key, owner.key, owner.tokens, args))
}

/// Base atoms of this notional; both markets have eight decimals of base and six of collateral.
fn base_atoms(town: &Town, market: usize, notional: u64) -> u64 {
    (u128::from(notional) * 100 * BASE_UNIT / u128::from(town.prices_e8[market])) as u64
}

/// Mostly brings a price of the order's window along.
fn execute(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let newest = town.orders.len().checked_sub(1)?;
    let place = if random.chance(80) { newest } else { random.range(0, newest as u64) as usize };
    let waiting = town.orders[place];
    let order = town.order(&waiting)?;
    let fits = order.placed_at + random.range_i64(2, 12);
    if random.chance(85) && town.world.now() <= fits {
        town.world.warp_to(fits);
        town.publish(waiting.market, random.range(10, 2_000));
    }
    let keys = &town.markets[waiting.market];
    let args = ExecuteOrderArgs { placed_at: order.placed_at, tip_lamports_min: 0 };
    let keeper = town.world.keeper.key;
    let update = ix::update_market(keys);
    let execute = ix::execute_order(keys, keeper, waiting.position, waiting.id, order.payer, args);
    let name = if order.action == 0 { "execute increase" } else { "execute decrease" };
    let instructions = if random.chance(70) { vec![update, execute] } else { vec![execute] };
    Some(Plan { name, instructions, refreshed: None })
}

fn place(random: &mut Random, town: &Town) -> Option<Plan> {
    let known = some_position(random, town)?;
    let account = town.position(&known);
    let side = if account.side == 0 { PositionSide::Long } else { PositionSide::Short };
    let action = if random.chance(35) { OrderAction::Increase } else { OrderAction::Decrease };
    let size_atoms = match action {
        OrderAction::Decrease if random.chance(40) => u64::MAX,
        _ => account.size_atoms / 1_000 * random.range(50, 900) + 1,
    };
    let authority = if random.chance(90) { known.owner } else { 0 };
    let authority = town.owners[authority].key;
    let args = PlaceOrderArgs {
        order_id: account.next_order_id,
        action,
        kind: OrderKind::Market,
        size_atoms,
        acceptable_price_e12: any_price(side, action),
        payout_cap_ppm: random.range_u32(50_000, 1_000_000),
        tip_lamports: 10_000,
        trigger_price_e12: 0,
        expires_at: 0,
    };
    let keys = &town.markets[known.market];
    plan("place", ix::place_order(keys, authority, authority, known.key, args))
}

/// Mostly the one that waits longest.
fn cancel(random: &mut Random, town: &Town) -> Option<Plan> {
    let newest = town.orders.len().checked_sub(1)?;
    let waiting = town.orders[if random.chance(80) { 0 } else { random.range(0, newest as u64) as usize }];
    let payer = town.order(&waiting)?.payer;
    let keys = &town.markets[waiting.market];
    plan("cancel", ix::cancel_order(keys, town.world.keeper.key, waiting.position, waiting.id, payer))
}

fn add(random: &mut Random, town: &Town) -> Option<Plan> {
    let known = some_position(random, town)?;
    let from = &town.owners[random.range(0, 4) as usize];
    let amount = random.magnitude(1, 50_000 * USD);
    plan("add", ix::add_collateral(&town.markets[known.market], from.key, from.tokens, known.key, amount))
}

fn remove(random: &mut Random, town: &Town) -> Option<Plan> {
    let known = some_position(random, town)?;
    let owner = &town.owners[known.owner];
    let amount = random.magnitude(1, town.position(&known).collateral_atoms.max(1));
    let keys = &town.markets[known.market];
    let remove = ix::remove_collateral(keys, owner.key, known.key, owner.tokens, amount);
    Some(Plan { name: "remove", instructions: vec![ix::update_market(keys), remove], refreshed: None })
}

/// Mostly of a position that is flat.
fn close(random: &mut Random, town: &Town) -> Option<Plan> {
    let is_flat = |known: &&Known| {
        let position = town.position(known);
        position.status == 2 || (position.status == 0 && position.open_orders == 0)
    };
    let flat = town.positions.iter().find(is_flat).copied();
    let known = if random.chance(90) { flat? } else { some_position(random, town)? };
    let owner = &town.owners[known.owner];
    plan("close", ix::close_position(&town.markets[known.market], owner.key, known.key, owner.tokens))
}

fn flag(random: &mut Random, town: &Town) -> Option<Plan> {
    let market = some_market(random);
    let of_market = town.positions.iter().filter(|known| known.market == market);
    let keys: Vec<Pubkey> = of_market.map(|known| known.key).filter(|_| random.chance(40)).take(8).collect();
    plan("flag", ix::flag(&town.markets[market], &keys))
}

fn collect_frozen(random: &mut Random, town: &Town) -> Option<Plan> {
    let owes = |known: &&Known| {
        let position = town.position(known);
        position.status == 2 && (position.frozen_owed_atoms != 0 || position.reserved_atoms != 0)
    };
    let owing = town.positions.iter().find(owes).copied();
    let known = if random.chance(90) { owing? } else { some_position(random, town)? };
    plan("collect frozen", ix::collect_frozen(&town.markets[known.market], known.key))
}

/// A position that stands as `wanted`, mostly.
fn ripe(random: &mut Random, town: &Town, wanted: impl Fn(Readiness) -> bool) -> Option<Known> {
    let stands = |known: &&Known| readiness(town, known).is_some_and(&wanted);
    let ripe = town.positions.iter().find(stands).copied();
    if random.chance(70) { ripe } else { None }.or_else(|| some_position(random, town))
}

fn liquidate_some(random: &mut Random, town: &Town) -> Option<Plan> {
    let known = ripe(random, town, |readiness| {
        !matches!(readiness, Readiness::Healthy | Readiness::Ready(LiquidationReason::PayoutCapped))
    })?;
    plan("liquidate", liquidate(town, &known))
}

fn settle(random: &mut Random, town: &Town) -> Option<Plan> {
    let known =
        ripe(random, town, |readiness| readiness == Readiness::Ready(LiquidationReason::PayoutCapped))?;
    let keeper = town.world.keeper;
    plan("settle", ix::settle_capped(&town.markets[known.market], keeper.key, keeper.tokens, known.key))
}

fn liquidate(town: &Town, known: &Known) -> Instruction {
    let keeper = town.world.keeper;
    ix::liquidate(&town.markets[known.market], keeper.key, keeper.tokens, known.key)
}

/// In one transaction: it must not take what was healthy before.
fn refresh_and_liquidate(random: &mut Random, town: &Town) -> Option<Plan> {
    let known = some_position(random, town)?;
    let refresh = ix::refresh_position(&town.markets[known.market], known.key);
    let instructions = vec![refresh, liquidate(town, &known)];
    Some(Plan { name: "refresh and liquidate", instructions, refreshed: Some(known) })
}

fn deposit(random: &mut Random, town: &Town) -> Option<Plan> {
    let (market, number) = (some_market(random), random.range(0, 4) as usize);
    let (keys, owner) = (&town.markets[market], &town.owners[number]);
    let args = DepositArgs { amount_atoms: random.magnitude(1, 200_000 * USD), shares_min: 0 };
    let deposit = ix::deposit(keys, owner.key, owner.tokens, town.shares[number][market], args);
    Some(Plan { name: "deposit", instructions: vec![ix::update_market(keys), deposit], refreshed: None })
}

/// The issuer thaws all vaults, or freezes one whose position is to be liquidated.
fn freeze(random: &mut Random, town: &mut Town) -> Option<Plan> {
    for known in town.positions.clone() {
        town.world.thaw(pda::vault(&known.key));
    }
    let known = ripe(random, town, |readiness| matches!(readiness, Readiness::Ready(_)))?;
    if random.chance(50) {
        return None;
    }
    town.world.freeze(pda::vault(&known.key));
    plan("liquidate", liquidate(town, &known))
}

fn donate(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let keys = town.markets[some_market(random)].market;
    let mut vaults = vec![pda::pool_vault(&keys), pda::insurance_vault(&keys)];
    vaults.extend(some_position(random, town).map(|known| pda::vault(&known.key)));
    let vault = random.pick(&vaults);
    town.donate(vault, random.range(1, 1_000 * USD));
    None
}

/// Puts another account in the place of one. Where tokens leave to is anybody's choice: that one stays.
fn spoil(random: &mut Random, town: &Town, plan: &mut Plan) {
    let outside = |key: &Pubkey| {
        town.owners.iter().chain([&town.world.keeper]).any(|actor| actor.tokens == *key)
            || *key == town.fee_tokens
            || town.shares.iter().flatten().any(|shares| shares == key)
    };
    let mut others: Vec<Pubkey> = town
        .markets
        .iter()
        .flat_map(|keys| {
            let market = &keys.market;
            [*market, keys.price, pda::pool_vault(market), pda::insurance_vault(market), pda::lp_mint(market)]
        })
        .collect();
    others.extend(town.positions.iter().flat_map(|known| [known.key, pda::vault(&known.key)]));
    others.extend(town.owners.iter().flat_map(|owner| [owner.key, owner.tokens]));
    let last = plan.instructions.last_mut().expect("a plan sends something");
    let place = random.range(0, last.accounts.len() as u64 - 1) as usize;
    if let Some(meta) = last.accounts.get_mut(place).filter(|meta| !outside(&meta.pubkey)) {
        meta.pubkey = random.pick(&others);
        plan.name = "wrong account";
    }
}
