//! Shared strategies: a market with one position, anywhere in the documented ranges.

use super::state::*;
use bulkhead_risk::*;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// A market that has observed `sample`, and a position in it that its ledger counts.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    pub market: Market,
    pub position: Position,
    pub sample: Sample,
}

/// What a scene is made of. Rates in ppm; amounts in ppm of the notional.
#[derive(Clone, Copy, Debug)]
struct Parts {
    side: Side,
    base_decimals: u8,
    price: u64,
    notional: u64,
    entry_ppm: u64,
    rates: [u32; 3],
    ramp_ppb: u64,
    reserved_ppm: u64,
    owed_ppm: [u64; 2],
    due_ppm: u64,
    health_of_maintenance: i64,
    lived: (u64, u64),
    refreshed_ago: i64,
    trade_fee_ppm: u32,
    others: [u64; 2],
}

/// So many cases; what fails is kept beside the test and tried first from then on.
pub fn cases(cases: u32) -> ProptestConfig {
    let kept = FileFailurePersistence::WithSource("regressions");
    ProptestConfig { cases, failure_persistence: Some(Box::new(kept)), ..ProptestConfig::default() }
}

/// A number from 10^low to 10^high, every order of magnitude as likely as another.
pub fn magnitude(low: u32, high: u32) -> impl Strategy<Value = u64> {
    (low..high, 1_000_u64..10_000).prop_map(|(power, digits)| 10_u64.pow(power - 3) * digits)
}

pub fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Long), Just(Side::Short)]
}

fn parts() -> impl Strategy<Value = Parts> {
    let prices = (side(), 0_u8..=9, magnitude(8, 19), magnitude(7, 13), 700_000_u64..1_400_000);
    let rates = ((10_000_u32..200_000, 0_u32..100_000, 1_000_u32..20_000), 10_000_000_u64..200_000_000);
    let amounts = (
        prop_oneof![Just(1_000_000_u64), 50_000_u64..1_000_000],
        [0_u64..20_000, 0_u64..20_000],
        prop_oneof![Just(0_u64), 0_u64..30_000],
        prop_oneof![-2_000_i64..1_100, 950_i64..1_350, 0_i64..8_000],
    );
    let past = ((800_000_u64..=1_000_000, 1_000_000_u64..1_250_000), 0_i64..8_000);
    let rest = (0_u32..5_000, [magnitude(7, 14), magnitude(7, 14)]);
    (prices, rates, amounts, past, rest)
        .prop_filter("the size fits", |((_, decimals, price, notional, _), ..)| {
            let size = u128::from(*notional) * 10_u128.pow(u32::from(*decimals) + 6) / u128::from(*price);
            *price < 9_000_000_000_000_000_000 && size > 1_000 && size < 1 << 60
        })
        .prop_map(|(prices, rates, amounts, past, rest)| Parts {
            side: prices.0,
            base_decimals: prices.1,
            price: prices.2,
            notional: prices.3 + 20 * USD,
            entry_ppm: prices.4,
            rates: [rates.0.0, rates.0.1, rates.0.2],
            ramp_ppb: rates.1,
            reserved_ppm: amounts.0,
            owed_ppm: amounts.1,
            due_ppm: amounts.2,
            health_of_maintenance: amounts.3,
            lived: past.0,
            refreshed_ago: past.1,
            trade_fee_ppm: rest.0,
            others: rest.1,
        })
}

fn part(whole: u64, ppm: u64) -> u64 {
    (u128::from(whole) * u128::from(ppm) / 1_000_000) as u64
}

/// Any position in any market at its sample, from far below its requirement to far above.
pub fn scenes() -> impl Strategy<Value = Scene> {
    parts().prop_map(|parts| {
        let mut market = market();
        let price = PriceE12(parts.price);
        let divisor = Params::notional_divisor_of(parts.base_decimals, 6).unwrap();
        (market.params.base_decimals, market.params.notional_divisor) = (parts.base_decimals, divisor);
        market.params.trade_fee_ppm = Ppm(parts.trade_fee_ppm);
        (market.oracle.index, market.oracle.mark) = (price, price);
        market.volatility.ramp_ppb = parts.ramp_ppb;
        market.volatility.target_ppm = market.volatility.ramp_ppm_ceil().unwrap();
        market.volatility.sampled_price = price;
        market.extremes = Default::default();
        for lived in [parts.lived.0, parts.lived.1, 1_000_000] {
            market.extremes.note(PriceE12(part(parts.price, lived).max(1)), NOW).unwrap();
        }
        let position = position(&mut market, &parts, price);
        Scene { market, position, sample: sample(price) }
    })
}

fn position(market: &mut Market, parts: &Parts, price: PriceE12) -> Position {
    let notional = parts.notional;
    let mut position = Position {
        status: PositionStatus::Open,
        size: market.params.size_ceil(QuoteAtoms(notional), price).unwrap(),
        entry: PriceE12(part(parts.price, parts.entry_ppm)),
        owed_borrow: QuoteAtoms(part(notional, parts.owed_ppm[0])),
        owed_funding: QuoteAtoms(part(notional, parts.owed_ppm[1])),
        due: QuoteAtoms(part(notional, parts.due_ppm)),
        reserved: QuoteAtoms(part(notional, parts.reserved_ppm)),
        margin_ppm: Ppm(parts.rates[0]),
        addon_ppm: Ppm(parts.rates[1]),
        liquidation_fee_ppm: Ppm(parts.rates[2]),
        margin_refreshed_at: UnixSeconds(NOW.0 - parts.refreshed_ago),
        opened_at: UnixSeconds(NOW.0 - 100),
        below_since: UnixSeconds(NOW.0 - 10),
        ..Position::pending(parts.side, QuoteAtoms::ZERO)
    };
    let value = position.value(&market.params, price).unwrap();
    let required = i128::from(position.maintenance_margin(value.notional).unwrap().0);
    let wanted = required * i128::from(parts.health_of_maintenance) / 1_000;
    position.collateral = QuoteAtoms(u64::try_from((wanted - value.equity.0).max(0)).unwrap());
    position.collateral_counted = position.collateral;
    for (side, dollars) in [Side::Long, Side::Short].into_iter().zip(parts.others) {
        let own = side == parts.side;
        let others = market.params.size_ceil(QuoteAtoms(dollars), price).unwrap_or(BaseAtoms(1));
        let others = BaseAtoms(others.0.min(1 << 60));
        let sums = market.ledger.side_mut(side);
        sums.open_interest = others;
        sums.cost_e12 = u128::from(others.0) * u128::from(price.0);
        sums.reserved = QuoteAtoms(dollars);
        sums.positions = 1 + u32::from(own);
        if own {
            sums.open_interest = others.plus(position.size).unwrap();
            sums.cost_e12 += u128::from(position.size.0) * u128::from(position.entry.0);
            sums.reserved = sums.reserved.plus(position.reserved).unwrap();
            sums.collateral = position.collateral;
        }
    }
    let reserved = market.ledger.reserved().unwrap();
    market.ledger.pool = market.ledger.pool.max(QuoteAtoms(reserved.0 / 4 * 5));
    market.ledger.funding_due = position.due;
    market.ledger.borrow_owed = position.owed_borrow;
    position
}
