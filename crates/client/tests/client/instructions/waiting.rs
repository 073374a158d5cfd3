//! Builders of what waits: withdrawals, triggers, a market's end, top-ups.

use super::*;

#[test]
fn withdrawal_accounts() {
    let (owner, payer, tokens, shares) = (key(OWNER), key(PAYER), key(TOKENS), key(14));
    let (market, mint) = (key(1), pda::lp_mint(&key(1)));
    let withdrawal = pda::withdrawal(&market, &owner, 9);
    let vault = pda::withdrawal_vault(&withdrawal);
    let args = RequestWithdrawalArgs { withdrawal_id: 9, shares: 7, tip_lamports: 8 };
    let built = ix::request_withdrawal(&keys(), owner, payer, shares, tokens, args);
    check::<instruction::RequestWithdrawal>(
        &built,
        &[
            s(owner),
            sw(payer),
            r(pda::protocol()),
            r(market),
            w(pda::trader(&market, &owner)),
            w(withdrawal),
            w(vault),
            w(shares),
            r(tokens),
            r(mint),
            r(key(4)),
            r(system_program::ID),
        ],
    );
    let read = RequestWithdrawalArgs::try_from_slice(&built.data[8..]).unwrap();
    assert_eq!((read.withdrawal_id, read.shares, read.tip_lamports), (9, 7, 8));
    let account = Withdrawal { payer, vault, destination: tokens, ..Withdrawal::zeroed() };
    check::<instruction::ExecuteWithdrawal>(
        &ix::execute_withdrawal(&keys(), key(15), withdrawal, &account),
        &[
            sw(key(15)),
            r(pda::protocol()),
            w(market),
            w(withdrawal),
            w(payer),
            r(key(2)),
            w(vault),
            w(tokens),
            w(pool()),
            w(mint),
            r(key(3)),
            r(key(4)),
        ],
    );
    check::<instruction::CancelWithdrawal>(
        &ix::cancel_withdrawal(&keys(), key(15), withdrawal, &account, shares),
        &[sw(key(15)), w(market), w(withdrawal), w(payer), w(vault), w(shares), r(mint), r(key(4))],
    );
    check::<instruction::ViewPool>(&ix::view_pool(&keys()), &[r(market), r(key(2))]);
}

#[test]
fn trigger_accounts() {
    let (keeper, order) = (key(OWNER), pda::order(&key(POSITION), 6));
    check::<instruction::TriggerOrder>(
        &ix::trigger_order(&keys(), keeper, key(POSITION), 6),
        &[sw(keeper), r(key(1)), w(key(POSITION)), w(order), r(key(2))],
    );
    check::<instruction::ViewOrder>(
        &ix::view_order(&keys(), key(POSITION), 6),
        &[r(pda::protocol()), r(key(1)), r(key(POSITION)), r(order), r(key(2))],
    );
}

#[test]
fn settlement_accounts() {
    let (keeper, position, system) = (key(OWNER), key(POSITION), system_program::ID);
    let kept = pda::settlement(&key(1));
    check::<instruction::RecordSettlementPrice>(
        &ix::record_settlement_price(&keys(), keeper),
        &[sw(keeper), w(key(1)), w(kept), r(key(2)), r(system)],
    );
    check::<instruction::SettleMarket>(&ix::settle_market(key(1), keeper), &[w(key(1)), w(kept), w(keeper)]);
    check::<instruction::SettlePosition>(
        &ix::settle_position(&keys(), keeper, position),
        &[s(keeper), w(key(1)), w(position), w(vault()), w(pool()), r(key(3)), r(key(4))],
    );
    let insurance = pda::insurance_vault(&key(1));
    check::<instruction::ReleaseFunds>(
        &ix::release_funds(&keys()),
        &[w(key(1)), w(pool()), w(insurance), r(key(3)), r(key(4))],
    );
    check::<instruction::MigrateMarket>(
        &ix::migrate_market(keeper, key(1)),
        &[sw(keeper), w(key(1)), r(system)],
    );
    check::<instruction::ViewRates>(&ix::view_rates(key(1)), &[r(key(1))]);
}

#[test]
fn top_up_accounts() {
    let (owner, payer, position, tokens) = (key(OWNER), key(PAYER), key(POSITION), key(TOKENS));
    let (plan, authority) = (pda::top_up(&position), pda::top_up_authority(&owner));
    let args = SetTopUpArgs {
        budget_atoms: 1,
        trigger_ppm: 2,
        amount_atoms: 3,
        interval_secs: 4,
        keeper_pay_atoms: 5,
    };
    let set = ix::set_top_up(&keys(), owner, payer, position, tokens, args);
    check::<instruction::SetTopUp>(
        &set,
        &[
            s(owner),
            sw(payer),
            r(key(1)),
            r(position),
            w(plan),
            r(tokens),
            r(authority),
            r(system_program::ID),
        ],
    );
    let read = SetTopUpArgs::try_from_slice(&set.data[8..]).unwrap();
    assert_eq!((read.budget_atoms, read.trigger_ppm, read.amount_atoms), (1, 2, 3));
    assert_eq!((read.interval_secs, read.keeper_pay_atoms), (4, 5));
    check::<instruction::CancelTopUp>(
        &ix::cancel_top_up(key(30), position, payer),
        &[s(key(30)), r(position), w(plan), w(payer)],
    );
    check::<instruction::ExecuteTopUp>(
        &ix::execute_top_up(&keys(), key(30), key(31), position, owner, tokens),
        &[
            s(key(30)),
            r(key(1)),
            w(position),
            r(key(2)),
            w(vault()),
            w(plan),
            w(tokens),
            r(authority),
            w(key(31)),
            r(key(3)),
            r(key(4)),
        ],
    );
}
