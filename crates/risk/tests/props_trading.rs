//! Properties of trading: no gain from splitting, none from going round, and no error where there is none.
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

use common::*;
use proptest::prelude::*;

fn close(market: &Market, position: &Position, sample: &Sample, size: u64) -> Result<DecreaseReport> {
    let acceptable = if position.side == Side::Long { PriceE12(1) } else { PriceE12(u64::MAX) };
    decrease(market, position, sample, &DecreaseArgs { size: BaseAtoms(size), acceptable }, NOW)
}

/// What the owner holds in the end.
fn left(position: &Position) -> u64 {
    position.collateral.0
}

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    fn decrease_ok_in_parts_never_pays_more(
        scene in scenes(),
        parts in prop::collection::vec(1_u64..400_000, 1..6),
        conf_ppm in 0_u64..20_000,
    ) {
        let Scene { market, position, mut sample } = scene;
        sample.conf = PriceE12((u128::from(sample.price.0) * u128::from(conf_ppm) / 1_000_000) as u64);
        let at_once = close(&market, &position, &sample, position.size.0).unwrap();
        let (mut market_now, mut now, mut paid) = (market, position, 0_u64);
        for part in parts {
            let size = (u128::from(position.size.0) * u128::from(part) / 1_000_000).max(1) as u64;
            let Ok(done) = close(&market_now, &now, &sample, size) else { break };
            prop_assert!(done.closed.payout <= done.closed.reserved_released);
            prop_assert_eq!(done.ledger.assert_reserve_covered(), Ok(()));
            paid += done.closed.payout.0;
            (market_now.ledger, now) = (done.ledger, done.position);
            if done.closed.is_full {
                break;
            }
        }
        if now.status == PositionStatus::Open {
            let done = close(&market_now, &now, &sample, now.size.0).unwrap();
            paid += done.closed.payout.0;
            now = done.position;
        }
        prop_assert!(paid <= at_once.closed.payout.0);
        prop_assert!(left(&now) <= left(&at_once.position), "{} parts, {} at once", left(&now), left(&at_once.position));
    }

    #[test]
    fn decrease_ok_conserves_to_the_atom(scene in scenes(), part in 1_u64..1_200_000) {
        let Scene { market, position, sample } = scene;
        let size = (u128::from(position.size.0) * u128::from(part) / 1_000_000).max(1) as u64;
        let done = match close(&market, &position, &sample, size) {
            Ok(done) => done,
            // The one refusal there is, and never of a full close.
            Err(error) => {
                prop_assert_eq!(error, RiskError::DecreaseWorsensHealth);
                prop_assert!(size < position.size.0);
                return Ok(());
            }
        };
        prop_assert_eq!(total(&done.ledger, &done.position), total(&market.ledger, &position));
        let vault = i128::from(position.collateral.0) + i128::from(done.flow.to_vault.0) - i128::from(done.flow.to_pool.0);
        prop_assert_eq!(i128::from(done.position.collateral.0), vault);
        let (before, after) = (market.ledger.pool_vault_booked().unwrap(), done.ledger.pool_vault_booked().unwrap());
        prop_assert_eq!(
            i128::from(after.0) - i128::from(before.0),
            i128::from(done.flow.to_pool.0) - i128::from(done.flow.to_vault.0)
        );
    }

    #[test]
    fn increase_ok_then_close_at_one_price_never_profits(
        side in side(),
        dollars in 20_u64..500_000,
        cap in 50_000_u32..=1_000_000,
        conf_ppm in 0_u64..20_000,
        fee in 0_u32..5_000,
    ) {
        let mut market = market();
        market.params.trade_fee_ppm = Ppm(fee);
        let sample = Sample { conf: PriceE12(PRICE.0 / 1_000_000 * conf_ppm), ..sample(PRICE) };
        let acceptable = if side == Side::Long { PriceE12(u64::MAX) } else { PriceE12(1) };
        let pending = Position::pending(side, usd(dollars));
        let args = IncreaseArgs { size: BaseAtoms(worth(dollars).0 + 7), payout_cap_ppm: Ppm(cap), acceptable };
        let opened = increase(&market, &pending, &sample, &args, NOW).unwrap();
        prop_assert_eq!(total(&opened.ledger, &opened.position), total(&market.ledger, &pending));
        prop_assert_eq!(opened.position.collateral.plus(opened.flow.to_pool), Ok(pending.collateral));
        prop_assert_eq!(reason_at(&market, &opened.position, PRICE), None);
        let after = Market { ledger: opened.ledger, ..market };
        let closed = close(&after, &opened.position, &sample, u64::MAX).unwrap();
        prop_assert!(left(&closed.position) <= pending.collateral.0);
        prop_assert!(closed.ledger.pool >= market.ledger.pool);
        prop_assert_eq!(closed.ledger.long, SideLedger { positions: 0, ..market.ledger.long });
        prop_assert_eq!(closed.ledger.short, market.ledger.short);
    }

    /// What the last part is held to is what the whole would be held to; payouts, fees and entry are no better.
    #[test]
    fn increase_ok_in_parts_never_asks_less(
        side in side(),
        dollars in 100_u64..400_000,
        first_ppm in 200_000_u64..800_000,
        addon_size in 0_u64..20_000_000,
    ) {
        let (mut market, _) = open(&market(), side, addon_size, usd(1_000));
        market.params.trade_fee_ppm = Ppm(700);
        let acceptable = if side == Side::Long { PriceE12(u64::MAX) } else { PriceE12(1) };
        let grow = |market: &Market, position: &Position, size: u64| {
            let args = IncreaseArgs { size: BaseAtoms(size), payout_cap_ppm: Ppm::ONE, acceptable };
            increase(market, position, &sample(PRICE), &args, NOW).unwrap()
        };
        let pending = Position::pending(side, usd(dollars));
        let size = worth(dollars).0;
        let first = (u128::from(size) * u128::from(first_ppm) / 1_000_000) as u64;
        let whole = grow(&market, &pending, size);
        let one = grow(&market, &pending, first);
        let two = grow(&Market { ledger: one.ledger, ..market }, &one.position, size - first);
        prop_assert!(two.initial_margin >= whole.initial_margin);
        prop_assert!(one.trade_fee.plus(two.trade_fee).unwrap() >= whole.trade_fee);
        prop_assert!(two.position.collateral <= whole.position.collateral);
        prop_assert_eq!(two.position.entry, whole.position.entry);
        prop_assert_eq!(two.position.margin_ppm, whole.position.margin_ppm);
        prop_assert!(two.position.reserved.0.abs_diff(whole.position.reserved.0) <= 1);
        // The stored add-on is the mean of what each part met: at most the whole's, at least two thirds of it.
        prop_assert!(two.position.addon_ppm <= whole.position.addon_ppm);
        prop_assert!(two.position.addon_ppm.0 * 3 + 3 >= whole.position.addon_ppm.0 * 2);
    }

    #[test]
    fn remove_collateral_ok_leaves_it_healthy_and_conserves(scene in scenes(), part in 1_u64..1_000_000) {
        let Scene { market, position, sample } = scene;
        let amount = (u128::from(position.collateral.0) * u128::from(part) / 1_000_000).max(1) as u64;
        match remove_collateral(&market, &position, &sample, QuoteAtoms(amount), NOW) {
            Ok(done) => {
                prop_assert_eq!(
                    total(&done.ledger, &done.position) + i128::from(amount),
                    total(&market.ledger, &position)
                );
                let reason = reason_at(&market, &done.position, sample.price);
                prop_assert!(matches!(reason, None | Some(LiquidationReason::PayoutCapped)), "{:?}", reason);
                prop_assert!(done.position.collateral >= done.required);
            }
            Err(error) => prop_assert!(matches!(
                error,
                RiskError::PositionReduceOnly | RiskError::InsufficientCollateral | RiskError::InitialMarginShort
            ), "{error:?}"),
        }
    }
}

proptest! {
    #![proptest_config(cases(20_000))]

    /// Prices from 10^-4 to 10^7 USD and positions up to 10^12 USD: no exit is ever refused by a number.
    #[test]
    fn exits_ok_at_every_scale(
        price in magnitude(8, 19),
        notional in magnitude(8, 18),
        move_ppm in 1_u64..3_000_000,
        collateral in magnitude(6, 18),
        side in side(),
    ) {
        prop_assume!(price < 9_000_000_000_000_000_000);
        let decimals = (0_u8..=12).rev().find(|decimals| {
            let size = u128::from(notional) * 10_u128.pow(u32::from(*decimals) + 6) / u128::from(price);
            size < 1 << 62
        });
        prop_assume!(decimals.is_some());
        let mut market = market();
        market.params.base_decimals = decimals.unwrap();
        market.params.notional_divisor = Params::notional_divisor_of(decimals.unwrap(), 6).unwrap();
        market.ledger.pool = QuoteAtoms(5_000_000_000_000_000_000);
        let size = market.params.size_ceil(QuoteAtoms(notional), PriceE12(price)).unwrap();
        let mut position = Position {
            status: PositionStatus::Open,
            size,
            entry: PriceE12(price),
            reserved: QuoteAtoms(notional),
            margin_ppm: Ppm(30_000),
            addon_ppm: Ppm(1_000),
            liquidation_fee_ppm: Ppm(5_000),
            opened_at: NOW,
            below_since: UnixSeconds(NOW.0 - 10),
            ..Position::pending(side, QuoteAtoms(collateral))
        };
        let sums = market.ledger.side_mut(side);
        (sums.open_interest, sums.reserved, sums.positions) = (size, QuoteAtoms(notional), 1);
        sums.cost_e12 = u128::from(size.0) * u128::from(price);
        let moved = (u128::from(price) * u128::from(move_ppm) / 1_000_000).clamp(1, 18_000_000_000_000_000_000);
        market.extremes = Default::default();
        let mut market = at(&market, PriceE12(moved as u64), NOW);
        let later = UnixSeconds(NOW.0 + 700);
        let sample = sample_at(PriceE12(moved as u64), later);
        let worth = market.params.notional_ceil(size, sample.price);
        prop_assume!(worth.is_ok());
        let _ = market.observe(&sample, Purpose::Liquidate, later).unwrap();
        position.below_since = UnixSeconds(later.0 - 10);
        position = position.accrued(&market.params, &market.ledger).unwrap();
        prop_assert!(position.refreshed(&market, &sample, later).is_ok());
        prop_assert!(liquidate(&market, &position, &sample, Frozen::default(), later).is_ok());
        let frozen = Frozen { vault: true, insurance: true };
        prop_assert!(liquidate(&market, &position, &sample, frozen, later).is_ok());
        prop_assert!(close(&market, &position, &sample, u64::MAX).is_ok());
        let shown = health::health(&market, &position, &sample, later);
        prop_assert!(shown.is_ok(), "{shown:?}");
    }

    /// Any bits at all: an error at worst, never a panic.
    #[test]
    fn anything_fails_with_an_error_and_never_a_panic(
        raw in prop::array::uniform24(any::<u64>()),
        rates in prop::array::uniform8(any::<u32>()),
        wide in prop::array::uniform4(any::<u128>()),
        side in side(),
    ) {
        let mut market = market();
        market.params.notional_divisor = raw[0];
        market.params.trade_fee_ppm = Ppm(rates[0]);
        market.params.depth_quote_atoms = QuoteAtoms(raw[1]);
        market.params.liquidation_fee_ppm = Ppm(rates[1]);
        market.params.funding_skew_scale_quote_atoms = QuoteAtoms(raw[2]);
        market.volatility.ramp_ppb = raw[3];
        market.volatility.variance_1h_e24 = wide[0];
        (market.oracle.index, market.oracle.mark) = (PriceE12(raw[4]), PriceE12(raw[5]));
        market.ledger.pool = QuoteAtoms(raw[6]);
        market.ledger.borrow_index_e12 = wide[1];
        market.ledger.funding_rate_e18 = (raw[7] as i64).saturating_mul(1_000_000);
        market.ledger.accrued_at = UnixSeconds(raw[8] as i64);
        let sums = market.ledger.side_mut(side);
        (sums.open_interest, sums.cost_e12) = (BaseAtoms(raw[9]), wide[2]);
        (sums.reserved, sums.collateral) = (QuoteAtoms(raw[10]), QuoteAtoms(raw[11]));
        sums.funding_paid_e24 = wide[3];
        let position = Position {
            status: PositionStatus::Open,
            size: BaseAtoms(raw[12]),
            entry: PriceE12(raw[13]),
            owed_borrow: QuoteAtoms(raw[14]),
            due: QuoteAtoms(raw[15]),
            reserved: QuoteAtoms(raw[16]),
            margin_ppm: Ppm(rates[2]),
            addon_ppm: Ppm(rates[3]),
            liquidation_fee_ppm: Ppm(rates[4]),
            opened_at: UnixSeconds(raw[17] as i64),
            margin_refreshed_at: UnixSeconds(raw[18] as i64),
            ..Position::pending(side, QuoteAtoms(raw[19]))
        };
        let now = UnixSeconds(raw[20] as i64);
        let sample = Sample {
            price: PriceE12(raw[21]),
            conf: PriceE12(raw[22]),
            ema: PriceE12(raw[23]),
            publish_time: now,
        };
        let _ = market.observe(&sample, Purpose::Update, now);
        let _ = market.volatility.sampled(&sample, &market.params);
        let _ = position.refreshed(&market, &sample, now);
        let _ = liquidate(&market, &position, &sample, Frozen::default(), now);
        let _ = liquidate(&market, &position, &sample, Frozen { vault: true, insurance: false }, now);
        let _ = close(&market, &position, &sample, raw[0]);
        let _ = health::health(&market, &position, &sample, now);
        let _ = remove_collateral(&market, &position, &sample, QuoteAtoms(raw[1]), now);
        let _ = settle_capped(&market, &position, &sample);
        let _ = pool::deposit(&market, QuoteAtoms(raw[2]));
        let args = IncreaseArgs { size: BaseAtoms(raw[3]), payout_cap_ppm: Ppm::ONE, acceptable: PriceE12(raw[4]) };
        let _ = increase(&market, &position, &sample, &args, now);
        let _ = increase(&market, &Position::pending(side, QuoteAtoms(raw[19])), &sample, &args, now);
    }
}
