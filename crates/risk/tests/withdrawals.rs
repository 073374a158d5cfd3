//! Leaving the pool: what is paid, how much at a time, when, and that nobody takes from those who stay.
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

use bulkhead_risk::pool::state::state;
use bulkhead_risk::pool::withdraw::{
    self, Withdrawal, WithdrawalReport, free_liquidity, value_for_withdrawal,
};
use bulkhead_risk::pool::{deposit, value_for_deposit};
use common::*;
use proptest::prelude::*;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
const TIP: u64 = 10_000;

fn after(secs: i64) -> UnixSeconds {
    UnixSeconds(NOW.0 + secs)
}

/// Matured at [`NOW`].
fn matured(shares: Shares) -> Withdrawal {
    let (executable_from, lapses_at) = (NOW, after(HOUR));
    Withdrawal { shares, tip_lamports: TIP, executable_from, lapses_at, short_since: UnixSeconds::ZERO }
}

fn shares(dollars: u64) -> Shares {
    Shares(dollars * USD)
}

fn pay(market: &Market, withdrawal: &Withdrawal, now: UnixSeconds) -> Result<WithdrawalReport> {
    withdraw::execute(market, market.oracle.index, withdrawal, withdrawal.shares, now)
}

/// The market with a report's ledger.
fn with(market: &Market, ledger: &Ledger) -> Market {
    Market { ledger: *ledger, ..*market }
}

#[test]
fn value_for_withdrawal_ok_bears_gains_and_no_losses() {
    for (side, down) in [(Side::Long, false), (Side::Short, true)] {
        let (market, _) = open(&market(), side, 1_000_000, usd(50_000));
        let value = |percent: u64| value_for_withdrawal(&market, PriceE12(PRICE.0 / 100 * percent)).unwrap();
        let (gain, loss) = if down { (90, 110) } else { (110, 90) };
        assert_eq!(value(100), usd(100_000_000));
        assert_eq!(value(gain), usd(99_900_000));
        assert_eq!(value(loss), usd(100_000_000), "what is lost and not paid is not the leaver's");
    }
    let (market, _) = open(&market(), Side::Long, 1_000_000, usd(50_000));
    let doubled = PriceE12(PRICE.0 * 3);
    assert_eq!(value_for_withdrawal(&market, doubled).unwrap(), usd(99_000_000), "the payout cap");
}

#[test]
fn value_for_withdrawal_ok_bears_funding_due_and_counts_no_borrow() {
    let mut market = market();
    (market.ledger.funding_due, market.ledger.borrow_owed) = (usd(7), usd(1_000));
    assert_eq!(value_for_withdrawal(&market, PRICE).unwrap(), usd(100_000_000 - 7));
    market.ledger.pool = usd(7);
    assert_eq!(value_for_withdrawal(&market, PRICE).unwrap(), QuoteAtoms::ZERO);
    market.ledger.pool = usd(6);
    assert_eq!(value_for_withdrawal(&market, PRICE).unwrap(), QuoteAtoms::ZERO, "not below zero");
}

#[test]
fn request_ok_times_and_least_worth() {
    let market = market();
    let request = |shares, pool: u64| {
        let ledger = Ledger { pool: QuoteAtoms(pool), ..market.ledger };
        withdraw::request(&ledger, &market.params, shares, TIP, NOW)
    };
    let pool = market.ledger.pool.0;
    let made = request(shares(5), pool).unwrap();
    assert_eq!(
        made,
        Withdrawal { executable_from: after(HOUR), lapses_at: after(2 * HOUR), ..matured(shares(5)) }
    );
    // A cent is 10,000 atoms of six decimals.
    assert!(request(Shares(10_000), pool).is_ok());
    assert_eq!(request(Shares(9_999), pool), Err(RiskError::WithdrawalTooSmall));
    assert_eq!(request(Shares(10_000), pool - 1), Err(RiskError::WithdrawalTooSmall));
    assert_eq!(request(Shares::ZERO, pool), Err(RiskError::AmountZero));
    assert_eq!(request(Shares(market.ledger.shares.0 + 1), pool), Err(RiskError::WithdrawalTooSmall));
    assert_eq!(request(shares(5), 0), Err(RiskError::WithdrawalTooSmall));
}

#[test]
fn withdrawal_ok_executable_and_cancellable_at_their_seconds() {
    let early = withdraw::request(&market().ledger, &params(), shares(5), TIP, NOW).unwrap();
    for (secs, executable, by_owner, by_anyone) in [
        (0, Err(RiskError::WithdrawalNotMatured), true, false),
        (HOUR - 601, Err(RiskError::WithdrawalNotMatured), true, false),
        (HOUR - 600, Err(RiskError::WithdrawalNotMatured), false, false),
        (HOUR - 1, Err(RiskError::WithdrawalNotMatured), false, false),
        (HOUR, Ok(()), false, false),
        (2 * HOUR - 1, Ok(()), false, false),
        (2 * HOUR, Err(RiskError::WithdrawalLapsed), true, true),
        (9 * DAY, Err(RiskError::WithdrawalLapsed), true, true),
    ] {
        let now = after(secs);
        assert_eq!(early.require_executable(now), executable, "{secs}");
        assert_eq!(early.require_cancellable(true, now).is_ok(), by_owner, "{secs}");
        assert_eq!(early.require_cancellable(false, now).is_ok(), by_anyone, "{secs}");
    }
}

#[test]
fn withdrawal_ok_the_owner_may_give_up_after_a_day_of_waiting() {
    let kept_open = Withdrawal { short_since: NOW, lapses_at: after(2 * DAY), ..matured(shares(5)) };
    for (secs, by_owner) in [(DAY - 1, false), (DAY, true), (DAY + HOUR, true)] {
        assert_eq!(kept_open.require_cancellable(true, after(secs)).is_ok(), by_owner, "{secs}");
        let refused = Err(RiskError::WithdrawalNotCancellable);
        assert_eq!(kept_open.require_cancellable(false, after(secs)), refused, "{secs}");
    }
}

#[test]
fn execute_ok_pays_all_where_there_is_room() {
    let (market, _) = open(&market(), Side::Long, 1_000_000, usd(50_000));
    let market = at(&market, PriceE12(PRICE.0 / 100 * 110), NOW);
    let done = pay(&market, &matured(shares(10_000_000)), NOW).unwrap();
    assert!(done.is_done());
    assert_eq!(done.value_before, usd(99_900_000));
    assert_eq!((done.amount, done.shares_burnt), (usd(9_990_000), shares(10_000_000)));
    assert_eq!((done.tip_lamports, done.withdrawal.tip_lamports), (TIP, 0));
    assert_eq!(done.ledger.pool, usd(90_010_000));
    assert_eq!(done.ledger.shares, shares(90_000_000));
    assert_eq!((done.ledger.withdrawals_short, done.ledger.withdrawals_short_since), (0, UnixSeconds::ZERO));
}

#[test]
fn execute_ok_the_hourly_limit_is_a_fifth_and_drains() {
    let market = market();
    let first = pay(&market, &matured(shares(50_000_000)), NOW).unwrap();
    assert_eq!((first.amount, first.shares_burnt), (usd(20_000_000), shares(20_000_000)));
    assert_eq!(first.withdrawal.shares, shares(30_000_000));
    assert_eq!(first.withdrawal.lapses_at, after(HOUR));
    assert_eq!(first.withdrawal.short_since, NOW);
    assert_eq!((first.tip_lamports, first.withdrawal.tip_lamports), (TIP * 2 / 5, TIP * 3 / 5));
    assert_eq!((first.ledger.withdrawals_short, first.ledger.withdrawals_short_since), (1, NOW));
    // Nothing more at once, for nobody.
    let market = with(&market, &first.ledger);
    let again = pay(&market, &first.withdrawal, NOW).unwrap();
    assert_eq!((again.amount, again.shares_burnt, again.tip_lamports), (QuoteAtoms::ZERO, Shares::ZERO, 0));
    assert_eq!(again.ledger, market.ledger, "counted once");
    let other = pay(&market, &matured(shares(1)), NOW).unwrap();
    assert_eq!((other.amount, other.ledger.withdrawals_short), (QuoteAtoms::ZERO, 2));
    // Half an hour later ten of the hundred million have drained.
    let later = pay(&market, &first.withdrawal, after(HOUR / 2)).unwrap();
    assert_eq!(later.amount, usd(8_000_000), "a fifth of 80 + 10, less the 10 that stand");
    assert_eq!(later.withdrawal.lapses_at, after(HOUR / 2 + HOUR));
    assert_eq!(later.withdrawal.short_since, NOW, "it has waited since the first time");
}

#[test]
fn execute_ok_never_takes_what_is_set_aside() {
    let mut market = market();
    market.ledger.long.reserved = usd(95_000_000);
    let done = pay(&market, &matured(shares(10_000_000)), NOW).unwrap();
    assert_eq!((done.amount, done.shares_burnt), (usd(5_000_000), shares(5_000_000)));
    done.ledger.assert_reserve_covered().unwrap();
    assert_eq!(free_liquidity(&done.ledger).unwrap(), QuoteAtoms::ZERO);
    market.ledger.long.reserved = usd(100_000_000);
    let none = pay(&market, &matured(shares(10_000_000)), after(60)).unwrap();
    assert_eq!((none.amount, none.shares_burnt, none.tip_lamports), (QuoteAtoms::ZERO, Shares::ZERO, 0));
    assert_eq!(none.withdrawal.lapses_at, after(60 + HOUR));
    assert_eq!(none.ledger.withdrawals_short, 1);
}

#[test]
fn execute_ok_burns_nothing_for_nothing_in_a_pool_that_owes_all() {
    let mut market = market();
    market.ledger.funding_due = market.ledger.pool;
    let done = pay(&market, &matured(shares(1)), NOW).unwrap();
    assert_eq!((done.amount, done.shares_burnt), (QuoteAtoms::ZERO, Shares::ZERO));
    assert!(!done.is_done());
}

#[test]
fn execute_ok_many_small_payments_burn_no_share_for_less_than_its_worth() {
    // A share is worth 1,000.5 atoms, and 1,500 may leave: one share goes, for its worth rounded down.
    let mut market = market();
    (market.ledger.shares, market.ledger.pool) = (Shares(2_000_000), QuoteAtoms(2_001_000_000));
    market.ledger.long.reserved = QuoteAtoms(2_001_000_000 - 1_500);
    let done = pay(&market, &matured(Shares(500)), NOW).unwrap();
    assert_eq!((done.shares_burnt, done.amount), (Shares(1), QuoteAtoms(1_000)));
    // What is under a share's worth pays nothing and burns nothing.
    let rest = with(&market, &done.ledger);
    let none = pay(&rest, &done.withdrawal, NOW).unwrap();
    assert_eq!((none.shares_burnt, none.amount), (Shares::ZERO, QuoteAtoms::ZERO));
}

#[test]
fn execute_ok_burns_what_was_sent_to_the_escrow_without_paying_for_it() {
    let market = market();
    let withdrawal = matured(shares(1_000));
    let done = withdraw::execute(&market, PRICE, &withdrawal, shares(1_500), NOW).unwrap();
    assert_eq!((done.amount, done.shares_burnt), (usd(1_000), shares(1_500)));
    assert_eq!(done.ledger.shares, shares(100_000_000 - 1_500));
    // While a part waits, it stays where it is.
    let large = matured(shares(50_000_000));
    let part = withdraw::execute(&market, PRICE, &large, shares(60_000_000), NOW).unwrap();
    assert_eq!(part.shares_burnt, shares(20_000_000));
    let missing = withdraw::execute(&market, PRICE, &withdrawal, shares(999), NOW);
    assert_eq!(missing, Err(RiskError::AccountingBroken));
}

#[test]
fn execute_fails_outside_of_its_window() {
    let (market, withdrawal) = (market(), matured(shares(1)));
    assert_eq!(pay(&market, &withdrawal, after(-1)), Err(RiskError::WithdrawalNotMatured));
    assert_eq!(pay(&market, &withdrawal, after(HOUR)), Err(RiskError::WithdrawalLapsed));
    assert!(pay(&market, &withdrawal, after(HOUR - 1)).is_ok());
}

#[test]
fn short_withdrawals_are_counted_in_and_out() {
    let mut market = market();
    market.ledger.long.reserved = market.ledger.pool;
    let first = pay(&market, &matured(shares(1)), NOW).unwrap();
    let second = pay(&with(&market, &first.ledger), &matured(shares(1)), after(100)).unwrap();
    let count = |ledger: &Ledger| (ledger.withdrawals_short, ledger.withdrawals_short_since);
    assert_eq!(count(&second.ledger), (2, NOW));
    let one = withdraw::cancel(&second.ledger, &first.withdrawal).unwrap();
    assert_eq!(count(&one), (1, NOW));
    assert_eq!(withdraw::cancel(&one, &matured(shares(1))).unwrap(), one, "one that was not short");
    let mut freed = with(&market, &one);
    freed.ledger.long.reserved = QuoteAtoms::ZERO;
    let served = pay(&freed, &second.withdrawal, after(200)).unwrap();
    assert!(served.is_done());
    assert_eq!(count(&served.ledger), (0, UnixSeconds::ZERO));
    assert_eq!(withdraw::cancel(&served.ledger, &first.withdrawal), Err(RiskError::AccountingBroken));
}

#[test]
fn increase_fails_while_withdrawals_have_waited_for_a_day() {
    let mut market = market();
    let position = Position::pending(Side::Long, usd(1_000));
    let args =
        IncreaseArgs { size: worth(1_000), payout_cap_ppm: Ppm(1_000_000), acceptable: PriceE12(u64::MAX) };
    let open = |market: &Market| increase(market, &position, &sample(PRICE), &args, NOW).map(|_| ());
    assert_eq!(open(&market), Ok(()));
    market.ledger.withdrawals_short = 1;
    market.ledger.withdrawals_short_since = after(-DAY);
    assert_eq!(open(&market), Ok(()), "a day to the second");
    market.ledger.withdrawals_short_since = after(-DAY - 1);
    assert_eq!(open(&market), Err(RiskError::WithdrawalsWaiting));
    assert!(!orders::spends_order(orders::OrderAction::Increase, RiskError::WithdrawalsWaiting));
}

#[test]
fn state_ok_says_what_the_parts_say() {
    let (market, _) = open(&market(), Side::Long, 1_000_000, usd(50_000));
    let (up, down) = (PriceE12(PRICE.0 / 100 * 110), PriceE12(PRICE.0 / 100 * 90));
    let seen = state(&market, up, NOW).unwrap();
    assert_eq!((seen.value_for_deposit, seen.value_for_withdrawal), (usd(99_900_000), usd(99_900_000)));
    assert_eq!((seen.deposit_price_e9, seen.withdrawal_price_e9), (999_000_000, 999_000_000));
    assert_eq!((seen.promised, seen.reserved, seen.free), (usd(100_000), usd(1_000_000), usd(99_000_000)));
    assert_eq!((seen.outflow_left, seen.utilisation_ppm), (usd(20_000_000), Ppm(10_000)));
    let seen = state(&market, down, NOW).unwrap();
    assert_eq!((seen.value_for_deposit, seen.value_for_withdrawal), (usd(100_100_000), usd(100_000_000)));
    assert_eq!((seen.deposit_price_e9, seen.withdrawal_price_e9), (1_001_000_000, 1_000_000_000));
    let mut broke = market;
    (broke.ledger.pool, broke.ledger.funding_due) = (usd(1_000_000), usd(1));
    let seen = state(&broke, PriceE12(PRICE.0 * 3), NOW).unwrap();
    assert_eq!((seen.value_for_deposit, seen.withdrawal_price_e9), (QuoteAtoms::ZERO, 0));
    assert_eq!((seen.promised, seen.free), (usd(1_000_001), QuoteAtoms::ZERO));
    let none = Market { ledger: Ledger { accrued_at: NOW, ..Ledger::default() }, ..market };
    assert_eq!(state(&none, PRICE, NOW).unwrap().deposit_price_e9, 0);
}

/// A market in whose pool others are, with positions of both sides and accruals.
fn crowded() -> impl Strategy<Value = Market> {
    let amounts = (magnitude(8, 15), magnitude(7, 15), 0_u64..900_000, 0_u64..1_000_000);
    (amounts, 500_000_u64..2_000_000, 0_u64..1_000_000_000, 0_u64..1_000_000_000).prop_map(
        |((pool, shares, reserved_ppm, longs_ppm), price_ppm, owed, due)| {
            let mut market = market();
            let part = |whole: u64, ppm: u64| (u128::from(whole) * u128::from(ppm) / 1_000_000) as u64;
            let reserved = part(pool, reserved_ppm);
            let longs = part(reserved, longs_ppm);
            for (side, reserved) in [(Side::Long, longs), (Side::Short, reserved - longs)] {
                let size = market.params.size_ceil(QuoteAtoms(reserved), PRICE).unwrap();
                let sums = market.ledger.side_mut(side);
                sums.open_interest = size;
                sums.cost_e12 = u128::from(size.0) * u128::from(PRICE.0);
                sums.reserved = QuoteAtoms(reserved);
            }
            (market.ledger.pool, market.ledger.shares) = (QuoteAtoms(pool), Shares(shares.max(2_000_000)));
            (market.ledger.borrow_owed, market.ledger.funding_due) =
                (QuoteAtoms(owed), QuoteAtoms(due.min(pool)));
            at(&market, PriceE12(part(PRICE.0, price_ppm)), NOW)
        },
    )
}

proptest! {
    #![proptest_config(cases(512))]

    /// Whoever enters is worth more than whoever leaves, at any price.
    #[test]
    fn withdrawals_ok_leaving_never_pays_more_than_entering_costs(market in crowded()) {
        let leaving = value_for_withdrawal(&market, market.oracle.index).unwrap();
        if let Ok(entering) = value_for_deposit(&market, market.oracle.index) {
            prop_assert!(leaving <= entering);
        }
    }

    /// Whatever is paid: to the atom out of the pool, within both limits, never more than the shares are worth,
    /// and those who stay have no less a share than before.
    #[test]
    fn withdrawals_ok_conserve_and_never_dilute(
        market in crowded(),
        share_ppm in 1_u64..1_000_000,
        secs in 0_i64..HOUR,
    ) {
        let total = market.ledger.shares;
        let shares = Shares((u128::from(total.0) * u128::from(share_ppm) / 1_000_000).max(1) as u64);
        let (withdrawal, now) = (matured(shares), after(secs));
        let before = state(&market, market.oracle.index, now).unwrap();
        let done = pay(&market, &withdrawal, now).unwrap();
        prop_assert_eq!(done.ledger.pool.0 + done.amount.0, market.ledger.pool.0);
        prop_assert_eq!(done.ledger.shares.0 + done.shares_burnt.0, total.0);
        prop_assert_eq!(done.shares_burnt.0 + done.withdrawal.shares.0, shares.0);
        prop_assert_eq!(done.tip_lamports + done.withdrawal.tip_lamports, TIP);
        prop_assert!(done.amount <= before.free && done.amount <= before.outflow_left);
        done.ledger.assert_reserve_covered().unwrap();
        let wide = |a: u64, b: u64| u128::from(a) * u128::from(b);
        let value = before.value_for_withdrawal;
        prop_assert!(wide(done.amount.0, total.0) <= wide(value.0, done.shares_burnt.0));
        // Nor does whoever leaves lose more than an atom by rounding.
        prop_assert!(wide(done.amount.0 + 1, total.0) > wide(value.0, done.shares_burnt.0));
        let left = value_for_withdrawal(&with(&market, &done.ledger), market.oracle.index).unwrap();
        prop_assert!(wide(left.0, total.0) >= wide(value.0, done.ledger.shares.0));
        // The next one at this moment gets nothing: either all is paid, or one of the limits is reached.
        if !done.is_done() {
            let again = pay(&with(&market, &done.ledger), &done.withdrawal, now).unwrap();
            prop_assert!(u128::from(again.amount.0) <= u128::from(value.0) / u128::from(total.0) + 2);
        }
    }

    /// Any sequence of deposits and withdrawals at one price never gains, whatever the hour, with others in the
    /// pool who do nothing, and they lose nothing.
    #[test]
    fn withdrawals_ok_no_sequence_at_one_price_gains(
        market in crowded(),
        acts in prop::collection::vec((any::<bool>(), 1_u64..1_000_000, 0_i64..2 * HOUR), 1..24),
    ) {
        let index = market.oracle.index;
        let others = market.ledger.shares;
        let before = value_for_withdrawal(&market, index).unwrap();
        let (mut market, mut now) = (market, NOW);
        let wealth = 4 * market.ledger.pool.0;
        let (mut cash, mut held, mut waiting) = (wealth, Shares::ZERO, Withdrawal::default());
        for (enters, ppm, secs) in acts {
            now = UnixSeconds(now.0 + secs);
            if enters {
                let amount = QuoteAtoms((u128::from(cash) * u128::from(ppm) / 1_000_000) as u64);
                if let Ok(done) = deposit(&market, amount) {
                    cash -= done.amount.0;
                    held = held.plus(done.shares).unwrap();
                    market.ledger = done.ledger;
                }
                continue;
            }
            if waiting.shares.is_zero() {
                let shares = Shares((u128::from(held.0) * u128::from(ppm) / 1_000_000) as u64);
                let Ok(made) = withdraw::request(&market.ledger, &market.params, shares, TIP, now) else { continue };
                held = held.minus(shares).unwrap();
                waiting = made;
            } else if waiting.has_lapsed(now) {
                market.ledger = withdraw::cancel(&market.ledger, &waiting).unwrap();
                held = held.plus(waiting.shares).unwrap();
                waiting = Withdrawal::default();
            } else if let Ok(done) = pay(&market, &waiting, now) {
                cash += done.amount.0;
                market.ledger = done.ledger;
                waiting = done.withdrawal;
            }
        }
        // What is held is worth what leaving would pay for it if there were room.
        let value = value_for_withdrawal(&market, index).unwrap();
        let worth = |shares: Shares| u128::from(shares.0) * u128::from(value.0) / u128::from(market.ledger.shares.0);
        let held = held.plus(waiting.shares).unwrap();
        prop_assert!(u128::from(cash) + worth(held) <= u128::from(wealth));
        prop_assert!(worth(others) + 1 >= u128::from(before.0), "others have {} of {}", worth(others), before.0);
        market.ledger.assert_reserve_covered().unwrap();
    }
}
