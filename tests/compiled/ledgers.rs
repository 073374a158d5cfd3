//! Random markets: parameters, prices, what was observed, what is booked.

use bulkhead::state::{LowHigh, Market, Position, SideData, Wide};
use bulkhead::views::MarketParams;
use bulkhead_lab::world::PriceUpdate;
use bulkhead_risk as risk;
use bulkhead_tests::random::Random;

use crate::case::{Action, DAYS_60, OPEN_INTEREST_CAP, PPM, Scale, moved, share, some_move};
use crate::ground::{Balances, OUTSIDE_ATOMS};

pub(crate) fn draw_params(random: &mut Random) -> (MarketParams, u8) {
    let margin_min_ppm = random.magnitude(10_000, 200_000) as u32;
    let kink = random.range_u32(0, 900_000);
    let borrow_full = random.range(0, 317_098) * u64::from(random.chance(70));
    let notional_min = random.magnitude(1, 1_000_000_000);
    let wide_caps = random.chance(85);
    let cap = |random: &mut Random, most| if wide_caps { most } else { random.magnitude(1_000, most) };
    let open_interest_cap = cap(random, OPEN_INTEREST_CAP);
    // At least four times the cap, or no impact.
    let impact_scale =
        open_interest_cap.saturating_mul(random.magnitude(4, 64)).min(1 << 62) * u64::from(random.chance(70));
    let impact_scale = if impact_scale / 4 < open_interest_cap { 0 } else { impact_scale };
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
        open_interest_cap_quote_atoms: open_interest_cap,
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
        impact_scale_quote_atoms: impact_scale,
        keeper_floor_quote_atoms: random.range(0, notional_min / 1_000_000 * 1_500),
        crank_fee_quote_atoms: random.range(0, notional_min / 1_000),
    };
    (params, random.range(6, 9) as u8)
}

/// An update, and its price in 10^-12.
pub(crate) fn draw_price(random: &mut Random, extreme: bool, publish_time: i64) -> (PriceUpdate, u64) {
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

pub(crate) fn draw_observations(random: &mut Random, scale: &Scale, market: &mut Market) {
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

pub(crate) fn draw_indexes(random: &mut Random, scale: &Scale, market: &mut Market) {
    let most = if scale.extreme { 1 << 126 } else { 1 << 90 };
    market.borrow_index_e12 = random.magnitude_u128(1, most).into();
    for side in [&mut market.long, &mut market.short] {
        side.funding_paid_e24 = random.magnitude_u128(1, most).into();
        side.funding_received_e24 = random.magnitude_u128(1, most).into();
    }
    let rate_max = market.params.funding_rate_max_e12 as i64;
    market.funding_rate_e18 = random.range_i64(-rate_max, rate_max) * 1_000_000;
    let last = market.observations.published_at;
    market.accrued_at = match random.range(0, 9) {
        0 => 0,
        1 => scale.publish_time,
        2 => scale.publish_time - random.magnitude(1, DAYS_60) as i64,
        _ => last,
    };
    market.status = if random.chance(3) { random.range(1, 2) as u8 } else { 0 };
}

pub(crate) fn draw_ledger(
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
            _ => random.magnitude(1, position.size_atoms.clamp(1_000_000, 1 << 60)),
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
    let room = random.magnitude(1, reserved.clamp(1 << 40, 1 << 60));
    let room = if random.chance(80) { room.max(reserved) } else { room };
    market.pool_atoms = reserved.checked_add(room)?;
    let ample =
        matches!(scale.action, Action::Increase).then(|| position.collateral_atoms.saturating_mul(150));
    market.pool_atoms = market.pool_atoms.max(ample.unwrap_or(0).min(1 << 61));
    market.shares = match random.range(0, 9) {
        0 => 0,
        _ => moved(market.pool_atoms, some_move(random, 900_000)).max(1_000_000),
    };
    market.impact_reference_e12 = moved(scale.price, some_move(random, 300_000));
    market.insurance_outflow_atoms = random.magnitude(1, 1 << 45) * u64::from(random.chance(50));
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
