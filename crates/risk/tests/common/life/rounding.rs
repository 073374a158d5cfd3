//! Who gains by a rounding: never whoever acts. Products are compared, so nothing is rounded here.

use bulkhead_risk::transition::*;
use bulkhead_risk::*;

/// The entry is on the far side of the mean of what was there and what came, by less than one unit of 10^-12 USD.
pub fn assert_entry(before: &Position, done: &IncreaseReport) {
    let after = &done.position;
    let added = after.size.0 - before.size.0;
    let cost =
        u128::from(before.size.0) * u128::from(before.entry.0) + u128::from(added) * u128::from(done.fill.0);
    let booked = u128::from(after.size.0) * u128::from(after.entry.0);
    let unit = u128::from(after.size.0);
    match after.side {
        Side::Long => assert!(booked >= cost && booked < cost + unit, "a long's entry: {booked} for {cost}"),
        Side::Short => {
            assert!(booked <= cost && booked + unit > cost, "a short's entry: {booked} for {cost}")
        }
    }
}

/// The fee is not less than its share of the notional, and at most an atom more.
pub fn assert_fee(params: &Params, notional: QuoteAtoms, fee: QuoteAtoms) {
    let exact = u128::from(notional.0) * u128::from(params.trade_fee_ppm.0);
    let taken = u128::from(fee.0) * 1_000_000;
    assert!(taken >= exact && taken < exact + 1_000_000, "a fee of {} on {}", fee.0, notional.0);
}

/// Profit is rounded down and loss up, and no more is paid out than won.
pub fn assert_closed(params: &Params, before: &Position, closed: &ClosedPart) {
    let gain = i128::from(closed.price.0) - i128::from(before.entry.0);
    let gain = if before.side == Side::Long { gain } else { -gain };
    let exact = gain * i128::from(closed.size.0);
    let divisor = i128::from(params.notional_divisor);
    let booked = closed.pnl.0 * divisor;
    assert!(booked <= exact && booked + divisor > exact, "a profit of {} for {exact}", closed.pnl.0);
    let won = (closed.pnl.0 + i128::from(closed.due.0)).max(0);
    assert!(i128::from(closed.payout.0) <= won, "{} paid for {won} won", closed.payout.0);
    assert!(closed.payout <= closed.reserved_released, "paid out of what was not set aside");
}

/// Shares are bought for no less than they are worth.
pub fn assert_deposit(before: &Ledger, done: &pool::DepositReport) {
    if before.shares.0 > 0 {
        let bought = u128::from(done.shares.0) * u128::from(done.value_before.0);
        assert!(bought <= u128::from(done.amount.0) * u128::from(before.shares.0), "shares for nothing");
    }
}

/// Shares are paid for with no more than they are worth, and nothing that is set aside leaves.
pub fn assert_withdrawal(before: &Ledger, done: &pool::withdraw::WithdrawalReport) {
    let worth = u128::from(done.shares_burnt.0) * u128::from(done.value_before.0);
    assert!(
        u128::from(done.amount.0) * u128::from(before.shares.0) <= worth,
        "shares paid above their worth"
    );
    assert!(done.ledger.pool >= done.ledger.reserved().unwrap(), "what is set aside has left");
}
