//! Random states of a market and a position that could have come about, and something to do with them.

use bulkhead::state::{Market, Order, OrderAction, Position, Wide};
use bulkhead_lab::world::PriceUpdate;
use bulkhead_risk as risk;
use bulkhead_tests::random::Random;

use crate::ground::{Balances, Ground};
use crate::ledgers::{draw_indexes, draw_ledger, draw_observations, draw_params, draw_price};

pub(crate) const DAYS_60: u64 = 60 * 86_400;
pub(crate) const PPM: u64 = 1_000_000;
/// Most that a market may be given.
pub(crate) const OPEN_INTEREST_CAP: u64 = 184_467_440_737_095_516;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    Update,
    Crank,
    Refresh,
    Flag,
    View,
    Liquidate,
    Settle,
    Increase,
    Decrease,
    Remove,
    Deposit,
    Add,
}

const ACTIONS: [Action; 17] = [
    Action::Crank,
    Action::Update,
    Action::Update,
    Action::Refresh,
    Action::Refresh,
    Action::Flag,
    Action::View,
    Action::Liquidate,
    Action::Liquidate,
    Action::Liquidate,
    Action::Settle,
    Action::Increase,
    Action::Increase,
    Action::Decrease,
    Action::Remove,
    Action::Deposit,
    Action::Add,
];

#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) action: Action,
    pub(crate) market: Market,
    pub(crate) position: Position,
    pub(crate) order: Order,
    /// Near the ends of the types: there numbers may be out of range.
    pub(crate) extreme: bool,
    /// Of remove, deposit and add.
    pub(crate) amount: u64,
    pub(crate) vault_frozen: bool,
    pub(crate) insurance_frozen: bool,
    pub(crate) price: PriceUpdate,
    pub(crate) now: i64,
    /// Whether the order is executed in the slot in which it was placed.
    pub(crate) same_slot: bool,
    pub(crate) balances: Balances,
}

/// What the parts of a case have in common.
pub(crate) struct Scale {
    pub(crate) action: Action,
    /// Near the ends of the types.
    pub(crate) extreme: bool,
    pub(crate) price: u64,
    pub(crate) publish_time: i64,
    pub(crate) divisor: u64,
}

/// `value` of these ppm more or less, at least 1.
pub(crate) fn moved(value: u64, ppm: i64) -> u64 {
    let factor = (PPM as i128 + i128::from(ppm)).max(0) as u128;
    let moved = u128::from(value) * factor / u128::from(PPM);
    (moved.clamp(1, u128::from(u64::MAX / 2))) as u64
}

/// A relative move either way, mostly small, of at most `most` ppm.
pub(crate) fn some_move(random: &mut Random, most: u64) -> i64 {
    let size = random.magnitude(1, most) as i64;
    if random.chance(50) { size } else { -size }
}

pub(crate) fn share(value: u64, ppm: u64) -> u64 {
    (u128::from(value) * u128::from(ppm) / u128::from(PPM)).min(u128::from(u64::MAX)) as u64
}

impl Case {
    /// Draws until a state comes out whose sums fit their types.
    pub(crate) fn draw(random: &mut Random, ground: &Ground) -> Self {
        loop {
            if let Some(case) = Self::try_draw(random, ground) {
                return case;
            }
        }
    }

    /// Everything that the arithmetic sees of it.
    pub(crate) fn describe(&self) -> String {
        let (market, position) = (self.market.view(), self.position.view());
        let Self { action, order, amount, price, now, balances, .. } = self;
        let frozen = (self.vault_frozen, self.insurance_frozen);
        format!(
            "{action:?} at {now}, amount {amount}, vault and insurance frozen: {frozen:?}\n{price:?}\n{balances:?}\n\
             {market:?}\n{position:?}\norder: {:?} of {}, accepts {}, placed at {}",
            order.action, order.size_atoms, order.acceptable_price_e12, order.placed_at
        )
    }

    fn try_draw(random: &mut Random, ground: &Ground) -> Option<Self> {
        let action = random.pick(&ACTIONS);
        let extreme = random.chance(15);
        let mut market = ground.market;
        let (params, quote_decimals) = draw_params(random);
        market.params.store(&params.checked(quote_decimals).expect("drawn within the bounds"));
        let publish_time = 1_700_000_000 + random.range_i64(0, 300_000_000);
        let (price, scaled) = draw_price(random, extreme, publish_time);
        let divisor = market.params.notional_divisor;
        let scale = Scale { action, extreme, price: scaled, publish_time, divisor };

        draw_observations(random, &scale, &mut market);
        draw_indexes(random, &scale, &mut market);
        let position = draw_position(random, &scale, &market, ground)?;
        let balances = draw_ledger(random, &scale, &mut market, &position)?;
        let age = match random.range(0, 19) {
            0 => random.pick(&[-4, -3, -2, 11, 121, 3_600]),
            1..3 => random.range_i64(-2, 10),
            3..6 if action == Action::Decrease => random.range_i64(10, 120),
            _ => random.range_i64(0, 3),
        };
        let now = publish_time + age;
        let order = draw_order(random, &scale, &market, &position, ground)?;
        let amount = draw_amount(random, &scale, &position);
        Some(Self {
            action,
            market,
            position,
            order,
            extreme,
            amount,
            vault_frozen: action == Action::Liquidate && random.chance(8),
            insurance_frozen: action == Action::Liquidate && random.chance(8),
            price,
            now,
            same_slot: random.chance(1),
            balances,
        })
    }
}

fn draw_position(random: &mut Random, scale: &Scale, market: &Market, ground: &Ground) -> Option<Position> {
    let mut position = ground.pending;
    position.side = random.range(0, 1) as u8;
    position.open_orders = 1;
    let increases = scale.action == Action::Increase || (scale.action == Action::Remove && random.chance(2));
    position.waiting_increases = u8::from(increases);
    let notional =
        if scale.extreme { random.magnitude(1, 1 << 59) } else { random.magnitude(10_000_000, 1 << 50) };
    let size = u128::from(notional) * u128::from(scale.divisor) / u128::from(scale.price);
    let size = size.clamp(1, 1 << 62) as u64;
    let worth = u128::from(size) * u128::from(scale.price) / u128::from(scale.divisor);
    let notional = u64::try_from(worth).ok().filter(|worth| *worth < 1 << 60)?;
    let roll = random.range(0, 99);
    if roll < 3 || (scale.action == Action::Increase && roll < 50) {
        // Waits for its opening order, of about that notional.
        position.collateral_atoms = share(notional, random.magnitude(20_000, 2_000_000)).max(1);
        return Some(position);
    }
    if roll >= 97 {
        position.status = 2;
        position.collateral_atoms = share(notional, random.range(0, 100_000));
        return Some(position);
    }
    position.status = 1;
    position.size_atoms = size;
    let most = if random.chance(5) { 20_000_000 } else { 900_000 };
    position.entry_price_e12 = match random.range(0, 19) {
        0 => scale.price,
        _ => moved(scale.price, some_move(random, most).max(-999_000)),
    };
    let cost = u128::from(size) * u128::from(position.entry_price_e12) / u128::from(scale.divisor);
    let cost = u64::try_from(cost).ok().filter(|cost| *cost < 1 << 61)?;
    position.reserved_atoms = share(cost, random.range(50_000, PPM));
    let accrued =
        |random: &mut Random| share(notional, random.magnitude(1, 50_000)) * u64::from(random.chance(30));
    position.owed_borrow_atoms = accrued(random);
    position.owed_funding_atoms = accrued(random);
    position.due_atoms = accrued(random);
    draw_snapshots(random, scale, market, &mut position);
    draw_requirement(random, scale, market, &mut position);
    draw_collateral(random, scale, market, &mut position, notional)?;
    Some(position)
}

/// How far the indexes have run since the position was last touched: mostly to a part of its notional.
fn draw_snapshots(random: &mut Random, scale: &Scale, market: &Market, position: &mut Position) {
    let side = if position.side == 0 { &market.long } else { &market.short };
    let back = |random: &mut Random, index: Wide, growth: u128| -> Wide {
        let growth = match random.range(0, 9) {
            0..4 => 0,
            9 if scale.extreme => random.magnitude_u128(1, u128::from(index).max(1)),
            _ => random.magnitude_u128(1, growth.max(1)),
        };
        u128::from(index).saturating_sub(growth).into()
    };
    let funding = u128::from(scale.price) * 200_000_000_000;
    position.borrow_snapshot_e12 = back(random, market.borrow_index_e12, 200_000_000_000);
    position.funding_paid_snapshot_e24 = back(random, side.funding_paid_e24, funding);
    position.funding_received_snapshot_e24 = back(random, side.funding_received_e24, funding);
}

fn draw_requirement(random: &mut Random, scale: &Scale, market: &Market, position: &mut Position) {
    let ramp_ppm = market.observations.ramp_ppb.div_ceil(1_000).max(10_000);
    let least = if random.chance(50) { 300_000 } else { 1_000_000 };
    let near = random.range(least, 2_000_000);
    position.margin_ppm = share(ramp_ppm, near) as u32;
    position.addon_ppm = random.magnitude(1, 100_000) as u32;
    position.liquidation_fee_ppm = random.range_u32(1_000, 20_000);
    let publish_time = scale.publish_time;
    position.margin_refreshed_at =
        publish_time - random.pick(&[0, 1, 59, 60, 61, 600, 3_599, 3_600, 90_000, 5_000_000]);
    position.opened_at = publish_time - random.magnitude(1, DAYS_60) as i64;
    position.below_since = match random.range(0, 9) {
        0..3 => 0,
        3..8 => publish_time - random.range_i64(2, 60),
        _ => publish_time - random.pick(&[0, 1, 2, 60, 61, 5_000]),
    };
}

/// Collateral with which it is insolvent, below maintenance, at the edge of it, or healthy; some are capped.
fn draw_collateral(
    random: &mut Random,
    scale: &Scale,
    market: &Market,
    position: &mut Position,
    notional: u64,
) -> Option<()> {
    let params = market.params.view();
    let pnl = position.view().ok()?.value(&params, risk::PriceE12(scale.price)).ok()?.gain.get();
    let capped = pnl > 1 && random.chance(if scale.action == Action::Settle { 80 } else { 8 });
    if capped {
        let most = u64::try_from(pnl).ok()?.min(position.reserved_atoms.max(1));
        position.reserved_atoms = random.range(most / 10, most);
    }
    let kept = pnl.min(i128::from(position.reserved_atoms));
    let maintenance = i64::from(position.margin_ppm)
        + i64::from(position.addon_ppm)
        + i64::from(position.liquidation_fee_ppm);
    let wants_health = matches!(scale.action, Action::Increase | Action::Remove | Action::Decrease);
    let health = match random.range(0, 9) {
        _ if wants_health && random.chance(75) => maintenance * 2 + random.magnitude(1, 3_000_000) as i64,
        0 if random.chance(30) => 0,
        0 => -(random.magnitude(1, PPM) as i64),
        1..5 => random.range_i64(0, maintenance),
        5 => maintenance + random.range_i64(-20, 20),
        _ => maintenance + random.magnitude(1, PPM) as i64,
    };
    let equity = i128::from(notional) * i128::from(health) / i128::from(PPM);
    let owed = i128::from(position.owed_borrow_atoms) + i128::from(position.owed_funding_atoms);
    let collateral = (equity + owed - kept).max(0);
    position.collateral_atoms = u64::try_from(collateral).ok().filter(|atoms| *atoms < 1 << 61)?;
    position.collateral_counted_atoms =
        share(position.collateral_atoms, if random.chance(80) { PPM } else { random.range(0, PPM) });
    Some(())
}

fn draw_order(
    random: &mut Random,
    scale: &Scale,
    market: &Market,
    position: &Position,
    ground: &Ground,
) -> Option<Order> {
    let mut order = ground.order;
    let action = if scale.action == Action::Increase { OrderAction::Increase } else { OrderAction::Decrease };
    order.action = action.into();
    order.counted = u8::from(action == OrderAction::Increase);
    order.size_atoms = match action {
        // Of what the collateral carries at a leverage of one half to fifty.
        OrderAction::Increase => {
            let notional = share(position.collateral_atoms, random.magnitude(500_000, 50_000_000));
            let size = u128::from(notional) * u128::from(scale.divisor) / u128::from(scale.price);
            u64::try_from(size).ok()?
        }
        OrderAction::Decrease => match random.range(0, 9) {
            0..3 => u64::MAX,
            _ => random.range(1, position.size_atoms.max(1)),
        },
    };
    let buys = (position.side == 0) == (action == OrderAction::Increase);
    order.acceptable_price_e12 = match random.range(0, 9) {
        0 => moved(scale.price, some_move(random, 10_000)),
        _ if buys => u64::MAX,
        _ => 0,
    };
    order.payout_cap_ppm = if random.chance(1) { 49_999 } else { random.range_u32(50_000, 1_000_000) };
    let (delay, window) = (market.params.order_delay_secs, market.params.order_window_secs);
    let waited = if random.chance(95) { random.range_u32(delay, window) } else { random.range_u32(0, 100) };
    order.placed_at = scale.publish_time - i64::from(waited);
    order.tip_lamports = random.range(10_000, 1_000_000_000);
    Some(order)
}

fn draw_amount(random: &mut Random, scale: &Scale, position: &Position) -> u64 {
    match scale.action {
        Action::Remove if random.chance(95) => random.magnitude(1, position.collateral_atoms.max(1)),
        _ if random.chance(2) => 0,
        _ => random.magnitude(1, if scale.extreme { 1 << 59 } else { 1 << 50 }),
    }
}
