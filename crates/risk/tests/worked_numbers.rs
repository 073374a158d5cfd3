//! docs/math.md works one number for each formula; here the crate works them again.
//!
//! A worked number is a line `- **W-nn** what = `result``. Every line must be computed here, and everything
//! computed here must stand there.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::panic,
    clippy::unwrap_used
)] // Tests may panic; that is how they fail.

mod common;

use bulkhead_risk::accrual::{borrow_rate_e12_floor, funding_rate_e18_after};
use bulkhead_risk::fixed::DecayRate;
use bulkhead_risk::health::liquidation_price;
use bulkhead_risk::liquidation::{assess, fee_ppm_floor};
use bulkhead_risk::margin::addon_ppm_ceil;
use bulkhead_risk::pool::withdraw::{self, Withdrawal};
use common::*;
use std::collections::BTreeMap;

/// `(id, result)` of every line; digits, a sign and nothing else.
fn written() -> BTreeMap<u32, i128> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/math.md");
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("- **W-"));
    lines
        .map(|line| {
            let (id, rest) = line.split_once("**").unwrap();
            let result = rest.trim_end().strip_suffix('`').and_then(|rest| rest.rsplit_once("= `"));
            let result = result.unwrap_or_else(|| panic!("W-{id} ends in no result")).1;
            let number = result.split(' ').next().unwrap().replace(',', "");
            (id.parse().unwrap(), number.parse().unwrap_or_else(|_| panic!("W-{id}: {number}")))
        })
        .collect()
}

fn volatility() -> Vec<(u32, i128)> {
    let first = Volatility::default().sampled(&sample(PRICE), &params()).unwrap();
    let later = sample_at(PriceE12(50_250 * DOLLAR_E12), UnixSeconds(NOW.0 + 60));
    let later = Sample { ema: PriceE12(50_010 * DOLLAR_E12), ..later };
    let second = first.sampled(&later, &params()).unwrap();
    let mark = market().oracle.mark_after(&later).unwrap();
    vec![
        (1, i128::from(DecayRate::TAU_1H.weight_q48(60).unwrap())),
        (2, second.variance_1h_e24 as i128),
        (3, second.variance_ema_e24 as i128),
        (4, i128::from(first.target_ppm.0)),
        (5, i128::from(Volatility::sigma_hour_ppm(first.variance_1h_e24).unwrap())),
        (6, {
            let behind = Volatility { ramp_ppb: 40_000_000, ..first };
            i128::from(behind.sampled(&later, &params()).unwrap().ramp_ppb)
        }),
        (7, i128::from(mark.0)),
    ]
}

fn value_and_margin() -> Vec<(u32, i128)> {
    let (market, mut long) = open(&market(), Side::Long, 1_000, usd(145));
    let capped =
        Position { reserved: usd(50), owed_borrow: usd(3), owed_funding: usd(4), due: usd(10), ..long };
    let at = |percent: u64| capped.value(&market.params, PriceE12(PRICE.0 / 100 * percent)).unwrap();
    let price = PriceE12(50_000_010_000_000_000);
    let odd = Position { size: BaseAtoms(12_345_678), side: Side::Short, ..long };
    let odd = odd.value(&market.params, price).unwrap();
    let (_, short) = open(&market, Side::Short, 1_000, usd(145));
    let sample_conf = Sample { conf: PriceE12(PRICE.0 / 1_000), ..sample(PRICE) };
    let entry = |side| {
        let (market, mut position) = open(&market, side, 1_000, usd(1_000));
        position.size = BaseAtoms(2_000_001);
        let args = IncreaseArgs {
            size: BaseAtoms(1_000_000),
            payout_cap_ppm: Ppm::ONE,
            acceptable: if side == Side::Long { PriceE12(u64::MAX) } else { PriceE12(1) },
        };
        let mut market = at_price(&market, 50_100);
        let sums = market.ledger.side_mut(side);
        (sums.open_interest, sums.cost_e12) =
            (position.size, u128::from(position.size.0) * u128::from(PRICE.0));
        let sample = sample(PriceE12(50_100 * DOLLAR_E12));
        i128::from(increase(&market, &position, &sample, &args, NOW).unwrap().position.entry.0)
    };
    long.collateral = usd(145);
    vec![
        (10, i128::from(odd.notional.0)),
        (11, odd.pnl.0),
        (12, at(104).equity.0),
        (13, i128::from(at(80).health_ppm_floor().unwrap())),
        (14, i128::from(long.maintenance_margin(usd(1_000)).unwrap().0)),
        (15, i128::from(addon_ppm_ceil(&params(), usd(10_000)).unwrap().0)),
        (16, i128::from(market.initial_ppm(Ppm(448), &sample_conf).unwrap().0)),
        (17, i128::from(liquidation_price(&market, &long).unwrap().0)),
        (18, i128::from(liquidation_price(&market, &short).unwrap().0)),
        (19, entry(Side::Long)),
        (20, entry(Side::Short)),
    ]
}

fn at_price(market: &Market, dollars: u64) -> Market {
    at(market, PriceE12(dollars * DOLLAR_E12), NOW)
}

fn refresh() -> Vec<(u32, i128)> {
    let (mut market, mut position) = open(&market(), Side::Long, 1_000, usd(55));
    market.volatility.ramp_ppb = 60_000_000;
    position.margin_refreshed_at = UnixSeconds(NOW.0 - 3_600);
    let shown = position.refreshed(&market, &sample(PRICE), NOW).unwrap().margin_ppm;
    let rich = Position { collateral: usd(900), margin_refreshed_at: UnixSeconds(NOW.0 - 60), ..position };
    let step = rich.refreshed(&market, &sample(PRICE), NOW).unwrap().margin_ppm;
    market.extremes.note(PriceE12(47_500 * DOLLAR_E12), NOW).unwrap();
    let lived = Position { collateral: usd(105), ..position };
    let lived = lived.refreshed(&market, &sample(PRICE), NOW).unwrap().margin_ppm;
    vec![(30, shown.0.into()), (31, lived.0.into()), (32, step.0.into())]
}

fn liquidation() -> Vec<(u32, i128)> {
    let (market, mut position) = open(&market(), Side::Long, 10_000, usd(400));
    position.below_since = UnixSeconds(NOW.0 - 10);
    let assessment = assess(&market, &position, &sample(PRICE), NOW).unwrap();
    let rate = fee_ppm_floor(&position, &assessment).unwrap();
    let Liquidation::Done(done) =
        liquidate(&market, &position, &sample(PRICE), Frozen::default(), NOW).unwrap()
    else {
        panic!("healthy")
    };
    let after = done.position.value(&market.params, PRICE).unwrap();
    vec![
        (40, rate.0.into()),
        (41, done.closed.notional.0.into()),
        (42, done.fee.0.into()),
        (43, done.keeper_pay.0.into()),
        (44, after.health_ppm_floor().unwrap().into()),
    ]
}

fn accrual_and_pool() -> Vec<(u32, i128)> {
    let used = |ppm: u64| {
        let mut ledger = Ledger { pool: QuoteAtoms(1_000_000), ..Ledger::default() };
        ledger.long.reserved = QuoteAtoms(ppm);
        i128::from(borrow_rate_e12_floor(&params(), &ledger).unwrap())
    };
    let (market, long) = open(&market(), Side::Long, 10_000_000, usd(1_000_000));
    let rate = funding_rate_e18_after(&params(), &market.ledger, PRICE, 3_600).unwrap();
    let (mut funded, short) = open(&market, Side::Short, 4_000_000, usd(1_000_000));
    funded.ledger.funding_rate_e18 = 10_000_000_000;
    funded.params.funding_velocity_max_e18 = 0;
    funded.ledger.accrue(&funded.params, PRICE, UnixSeconds(NOW.0 + 1_000)).unwrap();
    let paid = long.accrued(&funded.params, &funded.ledger).unwrap();
    let got = short.accrued(&funded.params, &funded.ledger).unwrap();
    let mut carried = market;
    carried.ledger.funding_rate_e18 = 10_000_000_000;
    let carry = long.carry_ceil(&carried.params, &carried.ledger, PRICE, 604_800).unwrap();
    let (pool, _) = open(&common::market(), Side::Long, 1_000_000, usd(50_000));
    let pool = at_price(&pool, 48_500);
    let deposit = pool::deposit(&pool, usd(1_000)).unwrap();
    vec![
        (50, used(350_000)),
        (51, used(825_000)),
        (52, rate.into()),
        (53, paid.owed_funding.0.into()),
        (54, got.due.0.into()),
        (55, carry.0.into()),
        (60, deposit.value_before.0.into()),
        (61, deposit.shares.0.into()),
    ]
}

fn leaving() -> Vec<(u32, i128)> {
    let matured = |dollars: u64| Withdrawal {
        shares: Shares(dollars * USD),
        tip_lamports: 10_000,
        executable_from: NOW,
        lapses_at: UnixSeconds(NOW.0 + 3_600),
        short_since: UnixSeconds::ZERO,
    };
    let pay = |market: &Market, withdrawal: &Withdrawal, now| {
        withdraw::execute(market, market.oracle.index, withdrawal, withdrawal.shares, now).unwrap()
    };
    let (won, _) = open(&common::market(), Side::Long, 1_000_000, usd(50_000));
    let all = pay(&at_price(&won, 55_000), &matured(10_000_000), NOW);
    let first = pay(&common::market(), &matured(50_000_000), NOW);
    let drained = Market { ledger: first.ledger, ..common::market() };
    let second = pay(&drained, &first.withdrawal, UnixSeconds(NOW.0 + 1_800));
    vec![
        (85, all.value_before.0.into()),
        (86, all.amount.0.into()),
        (87, first.amount.0.into()),
        (88, second.amount.0.into()),
        (89, first.tip_lamports.into()),
    ]
}

fn closing() -> Vec<(u32, i128)> {
    let (market, mut position) = open(&market(), Side::Long, 10_000, usd(1_000));
    (position.due, position.owed_borrow) = (usd(11), usd(7));
    let market = at_price(&market, 55_000);
    let args = DecreaseArgs { size: worth(5_000), acceptable: PriceE12(1) };
    let done = decrease(&market, &position, &sample(market.oracle.index), &args, NOW).unwrap();
    vec![
        (70, done.closed.payout.0.into()),
        (71, done.trade_fee.0.into()),
        (72, done.flow.to_vault.0.into()),
        (73, i128::from(done.ledger.protocol_fees.0)),
        (74, market.volatility.moved_ppm_ceil(oracle::AGED_DEVIATIONS, 120).unwrap().0.into()),
        (75, market.exit_edge(Side::Long, &sample(PRICE), UnixSeconds(NOW.0 + 120)).unwrap().0.into()),
    ]
}

fn settlement() -> Vec<(u32, i128)> {
    let dollars = [50_000, 50_030, 49_990, 50_010].map(|dollars| PriceE12(dollars * DOLLAR_E12));
    let (market, long) = open(&market(), Side::Long, 10_000, usd(1_000));
    let settled_at = |dollars: u64| {
        let settlement_price = PriceE12(dollars * DOLLAR_E12);
        let market = Market { status: MarketStatus::Settled, settlement_price, ..market };
        settle_final(&market, &long, false).unwrap()
    };
    let mut accrued = market;
    accrued.accrue(UnixSeconds(NOW.0 + 3_600)).unwrap();
    let much_later = UnixSeconds(NOW.0 + 9_999_999);
    let ended = settlement::settle_market(&accrued, &[], much_later).unwrap().ledger.accrued_at;
    vec![
        (95, settlement::lower_median(&dollars).unwrap().0.into()),
        (96, settled_at(52_500).flow.to_vault.0.into()),
        (97, settled_at(44_000).closed.shortfall.0.into()),
        (98, i128::from(ended.0 - accrued.ledger.accrued_at.0)),
    ]
}

/// The least amount at which `holds`, where it holds for all above.
fn least(holds: impl Fn(QuoteAtoms) -> bool) -> i128 {
    let (mut below, mut above) = (0, 10_000 * USD);
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        if holds(QuoteAtoms(middle)) { above = middle } else { below = middle }
    }
    above.into()
}

fn top_ups() -> Vec<(u32, i128)> {
    let plan = top_up::Plan {
        budget: usd(1_000),
        trigger_ppm: Ppm(1_200_000),
        amount: usd(300),
        interval_secs: 60,
        last_at: UnixSeconds::ZERO,
        keeper_pay: usd(1),
    };
    let outcome = |equity: QuoteAtoms| {
        let (market, position) = open(&market(), Side::Long, 10_000, equity);
        top_up::top_up(&market, &position, &plan, &sample(PRICE), NOW).map(drop)
    };
    let last = top_up::Plan { budget: usd(10), keeper_pay: usd(15), ..plan }.next().unwrap();
    let is_called = |equity: QuoteAtoms| {
        let (market, position) = open(&market(), Side::Long, 10_000, equity);
        let standing = margin_call::Standing::at(&market, &position, &sample(PRICE), NOW).unwrap();
        position.called(&standing).unwrap().margin_called
    };
    vec![
        (90, least(|equity| outcome(equity) == Err(RiskError::TopUpNotNeeded))),
        (91, last.keeper_pay.0.into()),
        (92, least(|equity| !is_called(equity))),
        (93, least(|equity| outcome(equity) != Err(RiskError::TopUpTooSmall))),
    ]
}

fn triggers() -> Vec<(u32, i128)> {
    use orders::{Order, OrderAction, OrderKind};
    let limit = Order {
        action: OrderAction::Increase,
        kind: OrderKind::Limit,
        size: worth(1_000),
        acceptable: PriceE12(u64::MAX),
        trigger: PRICE,
        payout_cap_ppm: Ppm(1_000_000),
        placed_at: NOW,
        triggered_at: UnixSeconds(0),
        expires_at: UnixSeconds(0),
    };
    let at = UnixSeconds(NOW.0 + 1_000);
    let window = |order: Order, published: i64| {
        let sample = sample_at(PRICE, UnixSeconds(published));
        let triggered_at = order.triggered(&market(), Side::Long, &sample, at).unwrap();
        Order { triggered_at, ..order }.window(&params()).unwrap().unwrap()
    };
    let after = |time: UnixSeconds| i128::from(time.0 - NOW.0);
    let stop = Order { action: OrderAction::Decrease, kind: OrderKind::StopLoss, ..limit };
    vec![
        (80, after(window(limit, at.0).from)),
        (81, after(window(limit, at.0).cancellable_from)),
        (82, after(window(stop, at.0).cancellable_from)),
        (83, after(window(limit, at.0 + 2).from)),
    ]
}

/// A market whose skew is so many dollars long at 50,000, and what of it counts as paid for.
fn skewed(scale: u64, dollars: u64, reference: PriceE12) -> Market {
    let mut market = market();
    market.params.impact_scale_quote_atoms = usd(scale);
    market.ledger.long.open_interest = worth(dollars);
    market.ledger.impact_reference = reference;
    market
}

fn price_impact() -> Vec<(u32, i128)> {
    let of = |market: &Market, is_buy, size: BaseAtoms| {
        impact::impact(&market.params, &market.ledger, is_buy, size, market.oracle.index).unwrap()
    };
    let none = skewed(1_000_000_000, 0, PriceE12::ZERO);
    let first = of(&none, true, worth(1_000_000));
    let fill = first.on_price(&none.params, true, worth(1_000_000), PRICE).unwrap();
    let grown = at_price(&skewed(1_000_000_000, 1_000_000, PRICE), 60_000);
    let second = grown.params.size_ceil(usd(1_000_000), grown.oracle.index).unwrap();
    let double = skewed(1_000_000_000, 2_000_000, PRICE);
    let closed_at = |dollars| of(&at_price(&double, dollars), false, worth(2_000_000)).rebate.0;
    let steep = of(&skewed(4_000_000, 1_000_000, PRICE), true, worth(1_000_000));
    let unpaid = of(&skewed(1_000_000_000, 400_000, PRICE), true, worth(400_000)).reference(false);
    vec![
        (100, first.charge.0.into()),
        (101, fill.0.into()),
        (102, of(&grown, true, second).reference(true).0.into()),
        (103, closed_at(60_000).into()),
        (104, closed_at(40_000).into()),
        (105, steep.charge.0.into()),
        (106, unpaid.0.into()),
    ]
}

fn insurance() -> Vec<(u32, i128)> {
    let (mut market, small) = open(&market(), Side::Long, 100, usd(5));
    market.params.keeper_floor_quote_atoms = QuoteAtoms(150_000);
    let Liquidation::Done(done) = liquidate(
        &at_price(&market, 45_000),
        &small,
        &sample(PriceE12(45_000 * DOLLAR_E12)),
        Frozen::default(),
        NOW,
    )
    .unwrap() else {
        panic!("healthy")
    };
    let mut ledger = Ledger { insurance: usd(1_000), ..Ledger::default() };
    let mut pays = |now| ledger.pay_from_insurance(QuoteAtoms::ZERO, usd(500), now).unwrap().to_pool.0;
    let [first, _, third] = [NOW; 3].map(&mut pays);
    vec![
        (107, done.insured.to_keeper.0.into()),
        (108, first.into()),
        (109, third.into()),
        (110, pays(UnixSeconds(NOW.0 + 21_600)).into()),
    ]
}

#[test]
fn worked_numbers_ok_as_the_document_says() {
    let written = written();
    let groups = [
        volatility(),
        value_and_margin(),
        refresh(),
        liquidation(),
        accrual_and_pool(),
        closing(),
        settlement(),
        top_ups(),
        triggers(),
        leaving(),
        price_impact(),
        insurance(),
    ];
    let computed: BTreeMap<u32, i128> = groups.into_iter().flatten().collect();
    let shown: Vec<_> = computed.iter().map(|(id, number)| format!("W-{id:02} {number}")).collect();
    assert_eq!(written, computed, "docs/math.md and the crate differ; computed:\n{}", shown.join("\n"));
}
