//! The accounts of what waits: prices of a wind-down, withdrawals, top-ups.

use super::*;

#[test]
fn layout_ok_settlement() {
    check::<Settlement>([0x37, 0x0b, 0xdb, 0x21, 0x24, 0x88, 0x28, 0xb6], 632, |it| {
        vec![
            (8, bytes_of(&it.version)),
            (9, bytes_of(&it.bump)),
            (10, bytes_of(&it.count)),
            (11, bytes_of(&it._pad)),
            (16, bytes_of(&it.market)),
            (48, bytes_of(&it.payer)),
            (80, bytes_of(&it.recorded_at)),
            (88, bytes_of(&it.prices_e12)),
            (568, bytes_of(&it._reserved)),
        ]
    });
}

#[test]
fn layout_ok_withdrawal() {
    check::<Withdrawal>([0x0a, 0x2d, 0xd3, 0xb6, 0x81, 0xeb, 0x5a, 0x52], 304, |it| {
        vec![
            (8, bytes_of(&it.version)),
            (9, bytes_of(&it.bump)),
            (10, bytes_of(&it.vault_bump)),
            (11, bytes_of(&it._pad)),
            (12, bytes_of(&it.id)),
            (16, bytes_of(&it.market)),
            (48, bytes_of(&it.owner)),
            (80, bytes_of(&it.payer)),
            (112, bytes_of(&it.vault)),
            (144, bytes_of(&it.destination)),
            (176, bytes_of(&it.shares_requested)),
            (184, bytes_of(&it.shares)),
            (192, bytes_of(&it.paid_atoms)),
            (200, bytes_of(&it.tip_lamports)),
            (208, bytes_of(&it.requested_at)),
            (216, bytes_of(&it.executable_from)),
            (224, bytes_of(&it.lapses_at)),
            (232, bytes_of(&it.short_since)),
            (240, bytes_of(&it._reserved)),
        ]
    });
}

#[test]
fn layout_ok_top_up_plan() {
    check::<TopUpPlan>([0xf1, 0xa6, 0x22, 0x8b, 0x36, 0x8e, 0x67, 0x97], 248, |it| {
        vec![
            (8, bytes_of(&it.version)),
            (9, bytes_of(&it.bump)),
            (10, bytes_of(&it.authority_bump)),
            (11, bytes_of(&it._pad)),
            (12, bytes_of(&it.trigger_ppm)),
            (16, bytes_of(&it.position)),
            (48, bytes_of(&it.owner)),
            (80, bytes_of(&it.payer)),
            (112, bytes_of(&it.source)),
            (144, bytes_of(&it.budget_atoms)),
            (152, bytes_of(&it.amount_atoms)),
            (160, bytes_of(&it.keeper_pay_atoms)),
            (168, bytes_of(&it.last_at)),
            (176, bytes_of(&it.interval_secs)),
            (180, bytes_of(&it._pad_2)),
            (184, bytes_of(&it._reserved)),
        ]
    });
}
