//! Price impact: nobody takes out more than was paid in, by any way that skew can come and go.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::panic,
    clippy::unwrap_used
)] // Tests may panic; that is how they fail.

mod common;

use bulkhead_risk::impact::{Impact, buys, impact, impact_without_rebate};
use bulkhead_risk::orders::OrderAction;
use common::*;
use proptest::prelude::*;

const SCALE_USD: u64 = 4_000_000;

fn priced() -> Market {
    let mut market = market();
    market.params.impact_scale_quote_atoms = usd(SCALE_USD);
    market
}

/// Skew alone: who holds it makes no difference to the formula.
#[derive(Clone, Copy)]
struct Book {
    market: Market,
    charges: u128,
    rebates: u128,
}

impl Book {
    fn new(long: u64, short: u64) -> Self {
        let mut book = Self { market: priced(), charges: 0, rebates: 0 };
        // Interest of both sides at first, so that closing can grow the skew; it has paid for nothing.
        book.market.ledger.long.open_interest = BaseAtoms(long);
        book.market.ledger.short.open_interest = BaseAtoms(short);
        book
    }

    fn of(&self, is_buy: bool, size: u64, index: PriceE12) -> Impact {
        impact(&self.market.params, &self.market.ledger, is_buy, BaseAtoms(size), index).unwrap()
    }

    fn charge_of(&self, is_buy: bool, size: u64, index: PriceE12) -> Impact {
        impact_without_rebate(&self.market.params, &self.market.ledger, is_buy, BaseAtoms(size), index)
            .unwrap()
    }

    fn trade(&mut self, is_buy: bool, size: u64, index: PriceE12, how: How) {
        let mut impact = self.of(is_buy, size, index);
        assert_eq!(self.charge_of(is_buy, size, index), impact.without_rebate());
        impact = match how {
            How::Owner | How::Unpaid => impact,
            How::Liquidation(most) => impact.without_rebate().charged_at_most(QuoteAtoms(most)),
            How::Frozen => impact.waived(),
        };
        self.market.ledger.impact_reference = impact.reference(how != How::Unpaid);
        if how != How::Unpaid {
            self.charges += u128::from(impact.charge.0);
        }
        self.rebates += u128::from(impact.rebate.0);
        let ledger = &mut self.market.ledger;
        // As an opening where it buys for the long side; a closing of the other where that has the size.
        let (side, other) = if is_buy { (Side::Long, Side::Short) } else { (Side::Short, Side::Long) };
        if ledger.side(other).open_interest.0 >= size && size.is_multiple_of(2) {
            ledger.side_mut(other).open_interest.0 -= size;
        } else {
            ledger.side_mut(side).open_interest.0 += size;
        }
    }

    fn skew(&self) -> i128 {
        i128::from(self.market.ledger.long.open_interest.0)
            - i128::from(self.market.ledger.short.open_interest.0)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Owner,
    /// A closing whose charge ends beyond the payout cap or the collateral.
    Unpaid,
    /// Charged so much at most.
    Liquidation(u64),
    Frozen,
}

fn hows() -> impl Strategy<Value = How> {
    prop_oneof![
        6 => Just(How::Owner),
        1 => Just(How::Unpaid),
        1 => (0_u64..100_000_000_000).prop_map(How::Liquidation),
        1 => Just(How::Frozen),
    ]
}

/// From dust to half of the scale: past the end of the slope too.
fn sizes() -> impl Strategy<Value = u64> {
    prop_oneof![1_u64..1_000, 1_000_u64..10_000_000, 10_000_000_u64..4_000_000_000]
}

fn price(ppm: u64) -> PriceE12 {
    PriceE12((u128::from(PRICE.0) * u128::from(ppm) / 1_000_000) as u64)
}

proptest! {
    #![proptest_config(cases(3_000))]

    /// REQ-186: over any sequence of trades, of anybody, at any prices, at every moment.
    #[test]
    fn impact_ok_rebates_are_never_more_than_charges(
        trades in prop::collection::vec((any::<bool>(), sizes(), 100_000_u64..20_000_000, hows(), any::<bool>()), 1..60),
        first in (0_u64..4_000_000_000, 0_u64..4_000_000_000),
    ) {
        let mut book = Book::new(first.0, first.1);
        for (is_buy, size, ppm, how, undoes) in trades {
            // Half of the time exactly what stands is undone.
            let skew = book.skew();
            let (is_buy, size) = match undoes && skew != 0 {
                true => (skew < 0, skew.unsigned_abs() as u64),
                false => (is_buy, size),
            };
            book.trade(is_buy, size, price(ppm), how);
            prop_assert!(book.rebates <= book.charges, "{} of {}", book.rebates, book.charges);
            prop_assert!(book.skew() != 0 || book.market.ledger.impact_reference.is_zero());
        }
    }

    /// REQ-187: one trader alone, at one price, comes back to the skew that he found, and has gained nothing.
    #[test]
    fn impact_ok_a_round_trip_at_one_price_never_gains(
        paid in (sizes(), any::<bool>(), 100_000_u64..4_000_000),
        trades in prop::collection::vec((any::<bool>(), sizes()), 1..20),
        unwinds in 1_u64..5,
    ) {
        let mut book = Book::new(0, 0);
        book.trade(paid.1, paid.0, price(paid.2), How::Owner);
        let (found, before) = (book.skew(), book);
        for (is_buy, size) in trades {
            book.trade(is_buy, size, PRICE, How::Owner);
        }
        let away = book.skew() - found;
        let whole = away.unsigned_abs() as u64;
        for part in 0..unwinds {
            let size = if part + 1 == unwinds { whole - whole / unwinds * part } else { whole / unwinds };
            if size > 0 {
                book.trade(away < 0, size, PRICE, How::Owner);
            }
        }
        prop_assert_eq!(book.skew(), found);
        prop_assert!(book.rebates - before.rebates <= book.charges - before.charges);
    }

    /// REQ-188: in parts it costs no less: what is rounded is rounded against the trader.
    #[test]
    fn impact_ok_splitting_never_makes_it_cheaper(
        paid in (sizes(), any::<bool>(), 100_000_u64..4_000_000),
        is_buy: bool,
        parts in prop::collection::vec(sizes(), 2..8),
    ) {
        let mut book = Book::new(0, 0);
        book.trade(paid.1, paid.0, price(paid.2), How::Owner);
        let whole = book.of(is_buy, parts.iter().sum(), PRICE);
        let before = book;
        for size in &parts {
            book.trade(is_buy, *size, PRICE, How::Owner);
        }
        let cost = |charges: u128, rebates: u128| charges as i128 - rebates as i128;
        let split = cost(book.charges - before.charges, book.rebates - before.rebates);
        let once = cost(whole.charge.0.into(), whole.rebate.0.into());
        // At once is rounded up itself: by a quarter of an atom for each end that is, at most, and one.
        prop_assert!(split + 3 >= once, "{split} in parts, {once} at once");
    }

    /// REQ-189: no trade costs more than a quarter of its notional, and the price holds all of the charge.
    #[test]
    fn impact_ok_at_most_a_quarter_and_filled_against_the_trader(
        stand in (0_u64..40_000_000_000, 0_u64..40_000_000_000),
        is_buy: bool,
        size in sizes(),
        ppm in 100_000_u64..20_000_000,
    ) {
        let book = Book::new(stand.0, stand.1);
        let (params, index) = (book.market.params, price(ppm));
        let moved = book.of(is_buy, size, index);
        let notional = params.notional_ceil(BaseAtoms(size), index).unwrap();
        prop_assert!(moved.charge.0 <= notional.0 / 4 + 2, "{moved:?} of {notional:?}");
        let fill = moved.on_price(&params, is_buy, BaseAtoms(size), index).unwrap();
        let worse = if is_buy { i128::from(fill.0) - i128::from(index.0) } else { i128::from(index.0) - i128::from(fill.0) };
        let exact = (i128::from(moved.charge.0) - i128::from(moved.rebate.0)) * i128::from(params.notional_divisor);
        prop_assert!(worse * i128::from(size) >= exact || fill == PriceE12(1));
    }

    /// REQ-190: in any scene a liquidation's impact takes what is there: what is missing was missing without it.
    #[test]
    fn impact_ok_never_makes_a_liquidation_short(scene in scenes(), scale in 1_000_u64..400_000_000) {
        let Scene { mut market, position, sample } = scene;
        let report = |market: &Market| match liquidate(market, &position, &sample, Frozen::default(), NOW).unwrap() {
            Liquidation::Done(report) => Some(report),
            Liquidation::Skipped { .. } => None,
        };
        let without = report(&market);
        market.params.impact_scale_quote_atoms = usd(scale);
        let with = report(&market);
        if let (Some(without), Some(with)) = (without, with) {
            prop_assert!(with.closed.shortfall <= without.closed.shortfall);
            prop_assert!(with.closed.payout <= with.closed.reserved_released);
        }
    }
}

/// What a gain beyond the payout cap hides from the charge is not paid back to another account.
#[test]
fn impact_ok_a_capped_gain_pays_for_no_rebate() {
    let mut market = priced();
    market.params.impact_scale_quote_atoms = usd(10 * SCALE_USD);
    let (market, mut capped) = open(&market, Side::Long, 400_000, usd(100_000));
    capped.reserved = usd(20_000);
    let mut market = market;
    market.ledger.long.reserved = usd(20_000);
    let (mut market, other) = open(&market, Side::Short, 800_000, usd(200_000));
    market.ledger.impact_reference = PRICE;
    let up = PriceE12(PRICE.0 / 10 * 12);
    let market = at(&market, up, NOW);
    let all = |position: &Position, acceptable| DecreaseArgs { size: position.size, acceptable };
    let first = decrease(&market, &capped, &sample(up), &all(&capped, PriceE12(1)), NOW).unwrap();
    assert_eq!(first.closed.payout, usd(20_000), "it is paid its cap all the same");
    // The skew has doubled and was paid for but once.
    assert_eq!(first.ledger.impact_reference, PriceE12(PRICE.0 / 2));
    let after = Market { ledger: first.ledger, ..market };
    let second = decrease(&after, &other, &sample(up), &all(&other, PriceE12(u64::MAX)), NOW).unwrap();
    // Phi(400,000) = 400,000^2 / 80 million: what the first 400,000 of skew had cost, and not four times that.
    let rebate = u128::from(up.0 - second.closed.price.0) * u128::from(other.size.0);
    assert_eq!(rebate / u128::from(market.params.notional_divisor), 2_000_000_000);
}

#[test]
fn impact_ok_buys_and_sells() {
    for (side, action, is_buy) in [
        (Side::Long, OrderAction::Increase, true),
        (Side::Long, OrderAction::Decrease, false),
        (Side::Short, OrderAction::Increase, false),
        (Side::Short, OrderAction::Decrease, true),
    ] {
        assert_eq!(buys(side, action), is_buy);
    }
}

/// Without a scale nothing is charged, and what comes about is never paid back.
#[test]
fn impact_ok_off_pays_for_nothing() {
    let mut book = Book::new(0, 0);
    book.market.params.impact_scale_quote_atoms = QuoteAtoms::ZERO;
    book.market.ledger.impact_reference = PRICE;
    book.trade(true, 1_000_000_000, PRICE, How::Owner);
    book.market.params.impact_scale_quote_atoms = usd(SCALE_USD);
    book.trade(false, 1_000_000_000, PRICE, How::Owner);
    assert_eq!((book.charges, book.rebates), (0, 0));
}

#[test]
fn on_price_ok_never_zero_and_of_something() {
    let fill =
        |size, price| Impact::default().on_price(&priced().params, true, BaseAtoms(size), PriceE12(price));
    assert_eq!((fill(5, 0), fill(5, 1), fill(5, 7)), (Ok(PriceE12(1)), Ok(PriceE12(1)), Ok(PriceE12(7))));
    assert_eq!(fill(0, 7), Err(RiskError::DivisionByZero));
}
