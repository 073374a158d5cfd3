//! Withdrawals whose hour has come: paid in full where the pool can; in part, so that they start to count as
//! short, and from then on now and then; and anew before their window ends, or they would lose their place.

use bulkhead::state::{MARKET_SETTLED, Withdrawal};
use bulkhead_client::ix;
use bulkhead_client::quote::Look;
use bulkhead_client::rpc::Keyed;
use bulkhead_risk::pool::withdraw::{self, WINDOW_SECS, WithdrawalReport};
use bulkhead_risk::{Purpose, UnixSeconds};

use crate::action::{Action, Reward};
use crate::duty::Duty;
use crate::state::{MarketState, View};

/// A payment in part costs a whole fee and brings a part of the tip: so often for one withdrawal.
const PART_EVERY_SECS: u64 = 600;
/// Before the window ends it is opened anew, whatever can be paid.
const RENEW_SECS: u64 = 600;

/// One action for each withdrawal.
pub(super) fn plan(view: &View<'_>, now: UnixSeconds) -> Vec<Action> {
    if view.state.protocol().is_some_and(|protocol| now.0 < protocol.pause_withdrawals.until) {
        return Vec::new();
    }
    view.state.withdrawals().filter_map(|withdrawal| execution(view, &withdrawal, now)).collect()
}

fn execution(view: &View<'_>, withdrawal: &Keyed<Withdrawal>, now: UnixSeconds) -> Option<Action> {
    let market = view.state.market(&withdrawal.account.market)?;
    let waiting = withdrawal.account.view().ok()?;
    // The chain's clock may be a little behind what is known of it here.
    waiting.require_executable(UnixSeconds(now.0.saturating_sub(1))).ok()?;
    let report = report(market, &waiting, now)?;
    if !is_due(&waiting, &report, now)? {
        return None;
    }
    let instruction = ix::execute_withdrawal(&market.keys, view.keeper, withdrawal.key, &withdrawal.account);
    Some(Action {
        reward: Reward { lamports: report.tip_lamports, ..market.no_reward() },
        needs: Some(withdrawal.key),
        touches: vec![withdrawal.key, market.keys.market],
        ..Action::of(Duty::ExecuteWithdrawals, market, withdrawal.key, instruction)
    })
}

/// What executing would do; none if the program would refuse.
fn report(
    market: &MarketState,
    waiting: &withdraw::Withdrawal,
    now: UnixSeconds,
) -> Option<WithdrawalReport> {
    let (known, price) = if market.account.status == MARKET_SETTLED {
        let known = market.account.view().ok()?;
        (known, known.settlement_price)
    } else {
        let known = Look::new(&market.account, market.sample?, now).ok()?.observed(Purpose::Risk).ok()?;
        (known, known.oracle.index)
    };
    withdraw::execute(&known, price, waiting, waiting.shares, now).ok()
}

fn is_due(waiting: &withdraw::Withdrawal, report: &WithdrawalReport, now: UnixSeconds) -> Option<bool> {
    if report.is_done() || waiting.short_since.is_zero() {
        return Some(true);
    }
    let left_secs = waiting.lapses_at.since(now).ok()?;
    // Every payment in part opens a whole window anew: what is gone of it is the time since.
    let since_secs = u64::from(WINDOW_SECS).saturating_sub(left_secs);
    let pays = !report.amount.is_zero() && since_secs >= PART_EVERY_SECS;
    Some(pays || left_secs <= RENEW_SECS)
}
