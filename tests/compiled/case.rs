//! Random states of a market and a position that could have come about, and something to do with them.

use bulkhead::state::{LowHigh, Market, Order, OrderAction, Position, SideData, Wide};
use bulkhead::views::MarketParams;
use bulkhead_lab::world::PriceUpdate;
use bulkhead_risk as risk;
use bulkhead_tests::random::Random;

use crate::ground::{Balances, Ground, OUTSIDE_ATOMS};

const DAYS_60: u64 = 60 * 86_400;
const PPM: u64 = 1_000_000;
/// Most that a market may be given.
const OPEN_INTEREST_CAP: u64 = 184_467_440_737_095_516;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    Update,
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

const ACTIONS: [Action; 16] = [
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
    pub(crate) price: PriceUpdate,
    pub(crate) now: i64,
    /// Whether the order is executed in the slot in which it was placed.
    pub(crate) same_slot: bool,
    pub(crate) balances: Balances,
}

/// What the parts of a case have in common.
struct Scale {
    action: Action,
    /// Near the ends of the types.
    extreme: bool,
    price: u64,
    publish_time: i64,
    divisor: u64,
}

/// `value` of these ppm more or less, at least 1.
fn moved(value: u64, ppm: i64) -> u64 {
    let factor = (PPM as i128 + i128::from(ppm)).max(0) as u128;
    let moved = u128::from(value) * factor / u128::from(PPM);
    (moved.clamp(1, u128::from(u64::MAX / 2))) as u64
}

/// A relative move either way, mostly small, of at most `most` ppm.
fn some_move(random: &mut Random, most: u64) -> i64 {
    let size = random.magnitude(1, most) as i64;
    if random.chance(50) { size } else { -size }
}

fn share(value: u64, ppm: u64) -> u64 {
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
        let Self { action, order, amount, vault_frozen, price, now, balances, .. } = self;
        format!(
            "{action:?} at {now}, amount {amount}, vault frozen: {vault_frozen}\n{price:?}\n{balances:?}\n\
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
            price,
            now,
            same_slot: random.chance(1),
            balances,
        })
    }
}

fn draw_params(random: &mut Random) -> (MarketParams, u8) {
    let margin_min_ppm = random.magnitude(10_000, 200_000) as u32;
    let kink = random.range_u32(0, 900_000);
    let borrow_full = random.range(0, 317_098) * u64::from(random.chance(70));
    let notional_min = random.magnitude(1, 1_000_000_000);
    let wide_caps = random.chance(85);
    let cap = |random: &mut Random, most| if wide_caps { most } else { random.magnitude(1_000, most) };
    let params = MarketParams {
        base_decimals: random.range(0, 12) as u8,
        stress_variance_e24: random.magnitude(1_268_391_679_350_583, 507_356_671_740_233_384),
        margin_min_ppm,
        margin_max_ppm: random.range_u32(margin_min_ppm.max(20_000), 400_000),
        initial_margin_min_ppm: random.magnitude(10_000, 500_000) as u32,
        liquidation_fee_ppm: random.range_u32(1_000, (margin_min_ppm / 2).min(20_000)),
        trade_fee_ppm: random.range_u32(0, 5_000),
        confidence_max_ppm: random.range_u32(1_000, 20_000),
        utilisation_max_ppm: random.range_u32(if wide_caps { 800_000 } else { 100_000 }, 900_000),
        pool_share_max_ppm: random.range_u32(if wide_caps { 400_000 } else { 1_000 }, 500_000),
        depth_quote_atoms: random.magnitude(1_000_000, 1 << 60),
        open_interest_cap_quote_atoms: cap(random, OPEN_INTEREST_CAP),
        skew_cap_quote_atoms: cap(random, u64::MAX),
        notional_min_quote_atoms: notional_min,
        chunk_min_quote_atoms: random.range(1, notional_min),
        order_delay_secs: random.range_u32(2, 4),
        order_window_secs: random.range_u32(5, 60),
        borrow_kink_utilisation_ppm: kink,
        borrow_kink_rate_e12: random.range(0, borrow_full),
        borrow_full_utilisation_ppm: random.range_u32(kink + 1, 1_000_000),
        borrow_full_rate_e12: borrow_full,
        funding_skew_scale_quote_atoms: random.magnitude(1, 1 << 55) * u64::from(random.chance(70)),
        funding_velocity_max_e18: random.magnitude(1, 88_082_778),
        funding_rate_max_e12: random.magnitude(1, 317_098),
        impact_scale_quote_atoms: 0,
    };
    (params, random.range(6, 9) as u8)
}

/// An update, and its price in 10^-12.
fn draw_price(random: &mut Random, extreme: bool, publish_time: i64) -> (PriceUpdate, u64) {
    let (low, high) =
        if extreme { (1, 9_000_000_000_000_000_000) } else { (1_000_000, 300_000_000_000_000_000) };
    let target = random.magnitude(low, high);
    let digits = target.ilog10();
    let shift = random.range(0, u64::from(digits.saturating_sub(if extreme { 0 } else { 4 }).min(12))) as u32;
    let unit = 10_u64.pow(shift);
    let raw = target / unit;
    let conf_ppm = match random.range(0, 19) {
        0 => random.range(20_001, 120_000),
        1 => random.range(0, 2_000_000),
        2..6 => random.range(0, 20_000),
        _ => random.range(0, 1_500),
    };
    let ema = match random.range(0, 29) {
        0 => 0,
        1 => -1,
        _ => moved(raw, some_move(random, 400_000)) as i64,
    };
    let price = PriceUpdate {
        price: if random.chance(1) { -(raw as i64) } else { raw as i64 },
        conf: share(raw, conf_ppm),
        ema_price: ema,
        exponent: if random.chance(1) { random.pick(&[1, -13]) } else { shift as i32 - 12 },
        ..PriceUpdate::at(1, publish_time)
    };
    (price, raw * unit)
}

fn draw_observations(random: &mut Random, scale: &Scale, market: &mut Market) {
    let needs_fresh =
        matches!(scale.action, Action::Increase | Action::Remove | Action::Deposit) && random.chance(90);
    let gap = match random.range(0, 9) {
        0 => 0,
        1..5 => random.range(1, 299),
        _ if needs_fresh => random.range(1, 299),
        _ => random.magnitude(1, DAYS_60),
    };
    let sampled_at = scale.publish_time - gap as i64;
    let published_at = sampled_at + random.range_i64(0, (gap as i64).min(60)) - i64::from(random.chance(2));
    let (newest, kept) = (risk::extremes::bucket_of(risk::UnixSeconds(published_at)), random.range(0, 18));
    let seen = &mut market.observations;
    seen.index_price_e12 = moved(scale.price, some_move(random, 300_000));
    seen.mark_price_e12 = moved(scale.price, some_move(random, 300_000));
    seen.published_at = published_at + i64::from(random.chance(2)) * 1_000;
    let since = [0, 0, 0, scale.publish_time - random.range_i64(0, 1_500)];
    seen.conf_wide_since = random.pick(&since);
    seen.narrow_buckets = if seen.conf_wide_since == 0 { 0 } else { random.range(0, 2) as u8 };
    let high = if scale.extreme { 1 << 100 } else { 1 << 70 };
    let variance = |random: &mut Random| Wide::from(random.magnitude_u128(1 << 30, high));
    seen.variance_1h_e24 = variance(random);
    seen.variance_1d_e24 = variance(random);
    seen.variance_30d_e24 = variance(random);
    seen.variance_ema_e24 = variance(random);
    seen.ramp_ppb = random.magnitude(10_000_000, 400_000_000);
    seen.sampled_price_e12 = moved(scale.price, some_move(random, 300_000));
    seen.sampled_at = sampled_at;
    seen.first_sampled_at = sampled_at - random.magnitude(1, 100 * 86_400) as i64;
    seen.target_ppm = random.range_u32(market.params.margin_min_ppm, market.params.margin_max_ppm);
    market.extremes_newest = newest;
    for (age, place) in (0..18).map(|age| (age, (newest - age as i64).rem_euclid(18) as usize)) {
        let low = moved(scale.price, -(random.magnitude(1, 300_000) as i64));
        let high = moved(scale.price, random.magnitude(1, 300_000) as i64);
        let is_seen = age < kept && random.chance(90);
        market.extremes[place] =
            if is_seen { LowHigh { low_e12: low, high_e12: high } } else { LowHigh::default() };
    }
    if random.chance(2) {
        let blank = bulkhead::state::Observations { _pad: [0; 3], ..bytemuck::Zeroable::zeroed() };
        market.observations = blank;
        market.extremes = [LowHigh::default(); 18];
        market.extremes_newest = 0;
    }
}

fn draw_indexes(random: &mut Random, scale: &Scale, market: &mut Market) {
    let most = if scale.extreme { 1 << 126 } else { 1 << 90 };
    market.borrow_index_e12 = random.magnitude_u128(1, most).into();
    for side in [&mut market.long, &mut market.short] {
        side.funding_paid_e24 = random.magnitude_u128(1, most).into();
        side.funding_received_e24 = random.magnitude_u128(1, most).into();
    }
    let rate_max = market.params.funding_rate_max_e12 as i64;
    market.funding_rate_e12 = random.range_i64(-rate_max, rate_max);
    let last = market.observations.published_at;
    market.accrued_at = match random.range(0, 9) {
        0 => 0,
        1 => scale.publish_time,
        2 => scale.publish_time - random.magnitude(1, DAYS_60) as i64,
        _ => last,
    };
    market.status = if random.chance(3) { random.range(1, 2) as u8 } else { 0 };
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

fn draw_ledger(
    random: &mut Random,
    scale: &Scale,
    market: &mut Market,
    position: &Position,
) -> Option<Balances> {
    let is_open = position.status == 1;
    for number in [0, 1] {
        let own = is_open && position.side == number;
        let mut side: SideData = if number == 0 { market.long } else { market.short };
        let others = random.range_u32(0, 3);
        let size = match others {
            0 => 0,
            _ => random.magnitude(1, position.size_atoms.max(1_000_000).min(1 << 60)),
        };
        let entry = moved(scale.price, some_move(random, 300_000));
        let worth = u128::from(size) * u128::from(entry) / u128::from(scale.divisor);
        let worth = u64::try_from(worth).ok().filter(|worth| *worth < 1 << 60)?;
        let own_size = if own { position.size_atoms } else { 0 };
        let cost = u128::from(own_size) * u128::from(position.entry_price_e12)
            + u128::from(size) * u128::from(entry);
        side.open_interest_atoms = own_size.checked_add(size)?;
        side.cost_e12 = cost.into();
        side.reserved_atoms =
            share(worth, random.range(50_000, PPM)) + if own { position.reserved_atoms } else { 0 };
        side.collateral_atoms =
            share(worth, random.range(0, 200_000)) + if own { position.collateral_counted_atoms } else { 0 };
        side.positions = others + u32::from(own);
        if number == 0 {
            market.long = side;
        } else {
            market.short = side;
        }
    }
    let reserved = market.long.reserved_atoms.checked_add(market.short.reserved_atoms)?;
    let room = random.magnitude(1, reserved.max(1 << 40).min(1 << 60));
    let room = if random.chance(80) { room.max(reserved) } else { room };
    market.pool_atoms = reserved.checked_add(room)?;
    let ample =
        matches!(scale.action, Action::Increase).then(|| position.collateral_atoms.saturating_mul(150));
    market.pool_atoms = market.pool_atoms.max(ample.unwrap_or(0).min(1 << 61));
    market.shares = match random.range(0, 9) {
        0 => 0,
        _ => moved(market.pool_atoms, some_move(random, 900_000)).max(1_000_000),
    };
    market.protocol_fees_atoms = random.magnitude(1, 1 << 50);
    market.crank_budget_atoms = random.magnitude(1, 1 << 50);
    market.insurance_atoms = random.magnitude(1, 1 << 50);
    market.shortfall_total_atoms = random.magnitude(1, 1 << 50);
    market.borrow_owed_atoms = random.magnitude(1, 1 << 50);
    market.funding_due_atoms = random.magnitude(1, 1 << 50);
    let donation = |random: &mut Random| random.magnitude(1, 1 << 40) * u64::from(random.chance(20));
    let booked = market.pool_atoms + market.protocol_fees_atoms + market.crank_budget_atoms;
    Some(Balances {
        vault: position.collateral_atoms + donation(random),
        pool: booked + donation(random),
        insurance: market.insurance_atoms + donation(random),
        keeper: OUTSIDE_ATOMS,
        owner: OUTSIDE_ATOMS,
        shares: 0,
    })
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
