//! Withdrawals that have lapsed: their shares go back to their owner, and a part of the tip to whoever sees to it.
//!
//! They go to the owner's usual account of shares. Where the owner has closed that, the simulation refuses:
//! to open it at the keeper's expense would be a gift that could be asked for again and again.

use bulkhead::constants::CANCEL_TIP_LAMPORTS;
use bulkhead::state::Withdrawal;
use bulkhead_client::rpc::Keyed;
use bulkhead_client::{ix, pda};
use bulkhead_risk::UnixSeconds;

use crate::action::{Action, Reward};
use crate::duty::Duty;
use crate::state::View;
use crate::wallet::token_account;

/// One action for each withdrawal.
pub(super) fn plan(view: &View<'_>, now: UnixSeconds) -> Vec<Action> {
    view.state.withdrawals().filter_map(|withdrawal| cancellation(view, &withdrawal, now)).collect()
}

fn cancellation(view: &View<'_>, withdrawal: &Keyed<Withdrawal>, now: UnixSeconds) -> Option<Action> {
    let Withdrawal { market, owner, payer, tip_lamports, .. } = withdrawal.account;
    let market = view.state.market(&market)?;
    // The chain's clock may be a little behind what is known of it here.
    let clock = UnixSeconds(now.0.saturating_sub(1));
    withdrawal.account.view().ok()?.require_cancellable(false, clock).ok()?;
    let shares = token_account(&owner, &pda::lp_mint(&market.keys.market), &market.keys.token_program);
    let instruction =
        ix::cancel_withdrawal(&market.keys, view.keeper, withdrawal.key, &withdrawal.account, shares);
    let is_own = [owner, payer].contains(&view.keeper);
    let tip = if is_own { 0 } else { tip_lamports.min(CANCEL_TIP_LAMPORTS) };
    Some(Action {
        reward: Reward { lamports: tip, ..market.no_reward() },
        needs: Some(withdrawal.key),
        touches: vec![withdrawal.key, market.keys.market],
        ..Action::of(Duty::CancelWithdrawals, market, withdrawal.key, instruction)
    })
}
