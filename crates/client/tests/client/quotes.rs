//! Quotes against the risk crate's own functions, and the price account's bytes.

use anchor_lang::prelude::Pubkey;
use bulkhead::error::BulkheadError;
use bulkhead::oracle::{OracleSource, PRICE_UPDATE_DISCRIMINATOR, PRICE_UPDATE_LEN, PYTH_RECEIVER_CORE};
use bulkhead_client::quote::{
    health, quote_decrease, quote_increase, quote_liquidation, quote_open, removable_collateral,
};
use bulkhead_client::{Refusal, read_sample};
use bulkhead_risk as risk;
use risk::liquidation::{LiquidationReason, Readiness};
use risk::transition::{self, DecreaseArgs, Frozen, Liquidation};
use risk::{BaseAtoms, PriceE12, Purpose, QuoteAtoms, Side, UnixSeconds};

use crate::fixture::*;

const SIDES: [Side; 2] = [Side::Long, Side::Short];
const AT_50_000: u64 = 5_000_000;

fn refused<T: std::fmt::Debug>(error: BulkheadError) -> Result<T, Refusal> {
    Err(Refusal(error))
}

#[test]
fn quote_open_ok_amounts() {
    for side in SIDES {
        let look = look(&market(), AT_50_000, 0);
        let quote = quote_open(&look, side, QuoteAtoms(2_000 * USD), &opening(side, 10_000)).unwrap();
        assert_eq!(quote.report.fill, PriceE12(DOLLARS * 1_000_000_000_000));
        assert_eq!(quote.report.notional, QuoteAtoms(10_000 * USD));
        assert_eq!(quote.report.trade_fee, QuoteAtoms(5 * USD)); // 0.05 % of 10,000.
        assert_eq!(quote.loss_max, QuoteAtoms(2_000 * USD));
        assert_eq!(quote.win_max, QuoteAtoms(10_000 * USD));
        assert_eq!(quote.report.position.collateral, QuoteAtoms(1_995 * USD));
        assert_eq!(quote.after.assessment.readiness, Readiness::Healthy);
    }
}

#[test]
fn quote_open_ok_liquidation_price_is_the_border() {
    for side in SIDES {
        let market = market();
        let quote =
            quote_open(&look(&market, AT_50_000, 0), side, QuoteAtoms(2_000 * USD), &opening(side, 10_000))
                .unwrap();
        let standing = |price: PriceE12| {
            let valuation = quote.report.position.value(&market.params.view(), price).unwrap();
            let required = quote.report.position.maintenance_margin(valuation.notional).unwrap();
            risk::liquidation::reason(&quote.report.position, &valuation, required)
        };
        let border = quote.liquidation_price;
        let cent = 10_000_000_000;
        let (inside, beyond) = match side {
            Side::Long => (PriceE12(border.0 + cent), PriceE12(border.0 - cent)),
            Side::Short => (PriceE12(border.0 - cent), PriceE12(border.0 + cent)),
        };
        assert_eq!(standing(inside), None);
        assert_eq!(standing(beyond), Some(LiquidationReason::BelowMaintenance));
    }
}

#[test]
fn quote_open_fails_with_the_programs_error() {
    let market = market();
    let look = look(&market, AT_50_000, 0);
    let quote = quote_open(&look, Side::Long, QuoteAtoms(USD), &opening(Side::Long, 10_000));
    assert_eq!(quote, refused(BulkheadError::InsufficientCollateral));
    let quote = quote_open(&look, Side::Long, QuoteAtoms(300 * USD), &opening(Side::Long, 10_000));
    assert_eq!(quote, refused(BulkheadError::InitialMarginShort));
    assert_eq!(quote.unwrap_err().code(), 6307);
    assert_eq!(
        quote.unwrap_err().to_string(),
        "6307 InitialMarginShort: Equity would be under the initial margin"
    );
}

#[test]
fn quote_open_fails_stale_market_until_updated() {
    let market = market();
    let stale = look(&market, AT_50_000, 301);
    let collateral = QuoteAtoms(2_000 * USD);
    let args = opening(Side::Long, 10_000);
    assert_eq!(quote_open(&stale, Side::Long, collateral, &args), refused(BulkheadError::MarketStale));
    let updated = stale.updated().unwrap();
    assert!(quote_open(&updated, Side::Long, collateral, &args).is_ok());
}

#[test]
fn quote_increase_ok_is_the_risk_crates_report() {
    let mut market = market();
    let position = open(&mut market, Side::Long, 10_000, 2_000);
    let look = look(&market, 5_010_000, 4);
    let args = opening(Side::Long, 5_000);
    let quote = quote_increase(&look, &position, &args).unwrap();
    let seen = look.observed(Purpose::Risk).unwrap();
    let report =
        transition::increase(&seen, &position.view().unwrap(), look.sample(), &args, look.now()).unwrap();
    assert_eq!(quote.report, report);
    assert_eq!(quote.loss_max.get(), position.collateral_atoms);
    assert_eq!(quote.win_max, report.position.reserved);
}

#[test]
fn quote_decrease_ok_part_and_whole() {
    let mut market = market();
    let position = open(&mut market, Side::Short, 10_000, 2_000);
    let look = look(&market, AT_50_000, 4);
    let acceptable = PriceE12(u64::MAX);
    let part = DecreaseArgs { size: worth(4_000), acceptable };
    let quote = quote_decrease(&look, &position, &part).unwrap();
    assert_eq!(quote.report.closed.size, worth(4_000));
    assert_eq!(quote.report.trade_fee, QuoteAtoms(2 * USD));
    assert!(quote.after.unwrap().health_ppm > 300_000);

    let whole = DecreaseArgs { size: BaseAtoms(u64::MAX), acceptable };
    let quote = quote_decrease(&look, &position, &whole).unwrap();
    assert_eq!(quote.report.position.size, BaseAtoms::ZERO);
    assert_eq!(quote.after, None);

    let unacceptable = DecreaseArgs { acceptable: PriceE12(1), ..whole };
    assert_eq!(quote_decrease(&look, &position, &unacceptable), refused(BulkheadError::PriceNotAcceptable));
}

#[test]
fn quote_liquidation_ok_skips_confirms_and_plans() {
    let mut market = market();
    let mut position = open(&mut market, Side::Long, 10_000, 1_200);
    let healthy = quote_liquidation(&look(&market, AT_50_000, 4), &position, Frozen::default()).unwrap();
    let Liquidation::Skipped { assessment, .. } = healthy else { panic!("healthy") };
    assert_eq!(assessment.readiness, Readiness::Healthy);

    // A price just beyond the border, twice.
    let border = health(&look(&market, AT_50_000, 4), &position).unwrap().liquidation_price;
    let cents = border.get() / 10_000_000_000 - 100;
    let first = quote_liquidation(&look(&market, cents, 5), &position, Frozen::default()).unwrap();
    let Liquidation::Skipped { assessment, position: sighted } = first else { panic!("first sighting") };
    assert_eq!(assessment.readiness, Readiness::FirstSighting);
    position.store(&sighted);

    let second = quote_liquidation(&look(&market, cents, 8), &position, Frozen::default()).unwrap();
    let Liquidation::Done(report) = second else { panic!("confirmed") };
    assert_eq!(report.reason, LiquidationReason::BelowMaintenance);
    assert!(!report.closed.is_full && report.keeper_pay > QuoteAtoms::ZERO);
    assert!(report.keeper_pay > report.insurance_pay);
}

#[test]
fn health_ok_old_sample_refused() {
    let mut market = market();
    let position = open(&mut market, Side::Long, 10_000, 2_000);
    assert!(health(&look(&market, AT_50_000, 9), &position).is_ok());
    let old = bulkhead_client::quote::Look::new(&market, sample(AT_50_000, 0), at(11)).unwrap();
    assert_eq!(health(&old, &position), refused(BulkheadError::PriceTooOld));
}

#[test]
fn removable_collateral_ok_is_the_largest_accepted() {
    for side in SIDES {
        for (collateral, cents, seconds) in
            [(2_000, AT_50_000, 1), (5_000, 4_995_000, 30), (1_300, 5_005_000, 200)]
        {
            let mut market = market();
            let position = open(&mut market, side, 10_000, collateral);
            let look = look(&market, cents, seconds);
            let largest = removable_collateral(&look, &position).unwrap();
            let seen = look.observed(Purpose::Risk).unwrap();
            let remove = |amount: u64| {
                let position = position.view().unwrap();
                transition::remove_collateral(&seen, &position, look.sample(), QuoteAtoms(amount), look.now())
            };
            assert!(largest.get() > 0 && remove(largest.get()).is_ok());
            assert_eq!(remove(largest.get() + 1), Err(risk::RiskError::InitialMarginShort));
        }
    }
}

#[test]
fn removable_collateral_ok_zero_at_the_margin() {
    let mut market = market();
    let position = open(&mut market, Side::Long, 10_000, 2_000);
    // 14 % down: healthy, but under the initial margin.
    let look = look(&market, 4_300_000, 1);
    assert_eq!(health(&look, &position).unwrap().assessment.readiness, Readiness::Healthy);
    assert_eq!(removable_collateral(&look, &position), Ok(QuoteAtoms::ZERO));
}

#[test]
fn removable_collateral_fails_where_nothing_may_go() {
    let mut market = market();
    let position = open(&mut market, Side::Long, 10_000, 2_000);
    let stale = look(&market, AT_50_000, 400);
    assert_eq!(removable_collateral(&stale, &position), refused(BulkheadError::MarketStale));
    let mut closed = position;
    closed.store(&risk::Position {
        status: risk::PositionStatus::Closed,
        collateral: QuoteAtoms::ZERO,
        ..position.view().unwrap()
    });
    let fresh = look(&market, AT_50_000, 1);
    assert_eq!(removable_collateral(&fresh, &closed), refused(BulkheadError::PositionClosed));
}

fn price_update(feed_id: [u8; 32]) -> Vec<u8> {
    let mut data = PRICE_UPDATE_DISCRIMINATOR.to_vec();
    data.extend([0; 32]); // Write authority.
    data.push(1); // Fully verified.
    data.extend(feed_id);
    data.extend(5_000_000_000_000_i64.to_le_bytes());
    data.extend(1_000_000_000_u64.to_le_bytes());
    data.extend((-8_i32).to_le_bytes());
    data.extend(1_700_000_000_i64.to_le_bytes());
    data.extend(1_699_999_999_i64.to_le_bytes());
    data.extend(4_900_000_000_000_i64.to_le_bytes());
    data.resize(PRICE_UPDATE_LEN, 0);
    data
}

#[test]
fn read_sample_ok_and_refusals() {
    let config = OracleSource::PythCore { shard: 1, feed_id: [5; 32] }.resolve(false).unwrap();
    let read = |key: &Pubkey, owner: &Pubkey, data: &[u8]| read_sample(&config, key, owner, data);
    let data = price_update([5; 32]);
    let unaligned = [vec![0], data.clone()].concat();
    let sample = read(&config.account, &PYTH_RECEIVER_CORE, &unaligned[1..]).unwrap();
    assert_eq!(sample.price, PriceE12(50_000_000_000_000_000));
    assert_eq!(sample.conf, PriceE12(10_000_000_000_000));
    assert_eq!(sample.ema, PriceE12(49_000_000_000_000_000));
    assert_eq!(sample.publish_time, UnixSeconds(1_700_000_000));

    let other = Pubkey::new_unique();
    assert_eq!(read(&other, &PYTH_RECEIVER_CORE, &data), refused(BulkheadError::OracleAccountMismatch));
    assert_eq!(read(&config.account, &other, &data), refused(BulkheadError::OracleOwnerMismatch));
    assert_eq!(
        read(&config.account, &PYTH_RECEIVER_CORE, &price_update([6; 32])),
        refused(BulkheadError::OracleFeedMismatch)
    );
    assert_eq!(
        read(&config.account, &PYTH_RECEIVER_CORE, &data[1..]),
        refused(BulkheadError::OracleDataInvalid)
    );
}
