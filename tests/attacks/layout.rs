//! Accounts to the byte: kind, length, and where every field lies. What is written once must stay readable.

mod waiting;

use anchor_lang::Discriminator;
use bulkhead::state::{
    Market, Order, OrderAction, ParamChange, Position, PositionSide, Protocol, Settlement, TopUpPlan, Trader,
    Withdrawal,
};
use bulkhead_client::accounts::{Account, decode};
use bulkhead_client::pda;
use bulkhead_lab::world::{Opening, World};
use bulkhead_tests::random::Random;
use bulkhead_tests::{BTC, USD};
use bytemuck::bytes_of;
use solana_pubkey::Pubkey;

/// Offsets in the account, the eight bytes of its kind included, and the bytes of the field there.
type Fields<'a> = Vec<(usize, &'a [u8])>;

/// Bytes that nobody's struct has written are read field by field, leave no byte unread, and come back.
#[track_caller]
fn check<T: Account + PartialEq>(kind: [u8; 8], len: usize, fields: impl Fn(&T) -> Fields<'_>) {
    assert_eq!(T::DISCRIMINATOR, kind, "the account's kind");
    assert_eq!((T::LEN, 8 + size_of::<T>()), (len, len), "the account's length");
    for case in 0..16 {
        let mut random = Random::of_case(0x1a_70_07, case);
        let mut data: Vec<u8> = (0..len).map(|_| random.bits() as u8).collect();
        data[..8].copy_from_slice(&kind);
        data[8] = T::VERSION; // The layout's version comes first.
        let account: T = decode(&data).unwrap();
        let mut next = 8;
        for (offset, bytes) in fields(&account) {
            assert_eq!(offset, next, "a field is missing, or lies elsewhere");
            next += bytes.len();
            assert_eq!(bytes, &data[offset..next], "the field at {offset}");
        }
        assert_eq!(next, len, "fields fill the account");
        assert_eq!(bytes_of(&account), &data[8..], "written as read");
        data[8] = T::VERSION + 1;
        assert!(decode::<T>(&data).is_err(), "another version is not read as this one");
    }
}

fn oracle(at: usize, it: &bulkhead::state::OracleConfig) -> Fields<'_> {
    vec![
        (at, bytes_of(&it.program)),
        (at + 32, bytes_of(&it.feed_id)),
        (at + 64, bytes_of(&it.account)),
        (at + 96, bytes_of(&it.kind)),
        (at + 97, bytes_of(&it._pad)),
    ]
}

fn params(at: usize, it: &bulkhead::state::ParamsData) -> Fields<'_> {
    vec![
        (at, bytes_of(&it.notional_divisor)),
        (at + 8, bytes_of(&it.stress_variance_e24)),
        (at + 16, bytes_of(&it.depth_quote_atoms)),
        (at + 24, bytes_of(&it.open_interest_cap_quote_atoms)),
        (at + 32, bytes_of(&it.skew_cap_quote_atoms)),
        (at + 40, bytes_of(&it.notional_min_quote_atoms)),
        (at + 48, bytes_of(&it.chunk_min_quote_atoms)),
        (at + 56, bytes_of(&it.borrow_kink_rate_e12)),
        (at + 64, bytes_of(&it.borrow_full_rate_e12)),
        (at + 72, bytes_of(&it.funding_skew_scale_quote_atoms)),
        (at + 80, bytes_of(&it.funding_velocity_max_e18)),
        (at + 88, bytes_of(&it.funding_rate_max_e12)),
        (at + 96, bytes_of(&it.impact_scale_quote_atoms)),
        (at + 104, bytes_of(&it.margin_min_ppm)),
        (at + 108, bytes_of(&it.margin_max_ppm)),
        (at + 112, bytes_of(&it.initial_margin_min_ppm)),
        (at + 116, bytes_of(&it.liquidation_fee_ppm)),
        (at + 120, bytes_of(&it.trade_fee_ppm)),
        (at + 124, bytes_of(&it.confidence_max_ppm)),
        (at + 128, bytes_of(&it.utilisation_max_ppm)),
        (at + 132, bytes_of(&it.pool_share_max_ppm)),
        (at + 136, bytes_of(&it.order_delay_secs)),
        (at + 140, bytes_of(&it.order_window_secs)),
        (at + 144, bytes_of(&it.borrow_kink_utilisation_ppm)),
        (at + 148, bytes_of(&it.borrow_full_utilisation_ppm)),
        (at + 152, bytes_of(&it.base_decimals)),
        (at + 153, bytes_of(&it.quote_decimals)),
        (at + 154, bytes_of(&it._pad)),
        (at + 160, bytes_of(&it.keeper_floor_quote_atoms)),
        (at + 168, bytes_of(&it.crank_fee_quote_atoms)),
        (at + 176, bytes_of(&it._reserved)),
    ]
}

fn observations(at: usize, it: &bulkhead::state::Observations) -> Fields<'_> {
    vec![
        (at, bytes_of(&it.index_price_e12)),
        (at + 8, bytes_of(&it.mark_price_e12)),
        (at + 16, bytes_of(&it.published_at)),
        (at + 24, bytes_of(&it.conf_wide_since)),
        (at + 32, bytes_of(&it.variance_1h_e24)),
        (at + 48, bytes_of(&it.variance_1d_e24)),
        (at + 64, bytes_of(&it.variance_30d_e24)),
        (at + 80, bytes_of(&it.variance_ema_e24)),
        (at + 96, bytes_of(&it.ramp_ppb)),
        (at + 104, bytes_of(&it.sampled_price_e12)),
        (at + 112, bytes_of(&it.sampled_at)),
        (at + 120, bytes_of(&it.first_sampled_at)),
        (at + 128, bytes_of(&it.target_ppm)),
        (at + 132, bytes_of(&it.narrow_buckets)),
        (at + 133, bytes_of(&it._pad)),
    ]
}

fn side(at: usize, it: &bulkhead::state::SideData) -> Fields<'_> {
    vec![
        (at, bytes_of(&it.open_interest_atoms)),
        (at + 8, bytes_of(&it.reserved_atoms)),
        (at + 16, bytes_of(&it.collateral_atoms)),
        (at + 24, bytes_of(&it.cost_e12)),
        (at + 40, bytes_of(&it.funding_paid_e24)),
        (at + 56, bytes_of(&it.funding_received_e24)),
        (at + 72, bytes_of(&it.positions)),
        (at + 76, bytes_of(&it._pad)),
    ]
}

#[test]
fn layout_ok_protocol() {
    check::<Protocol>([0x2d, 0x27, 0x65, 0x2b, 0x73, 0x48, 0x83, 0x28], 336, |it| {
        vec![
            (8, bytes_of(&it.version)),
            (9, bytes_of(&it.bump)),
            (10, bytes_of(&it.cluster)),
            (11, bytes_of(&it._pad)),
            (12, bytes_of(&it.market_count)),
            (14, bytes_of(&it._pad_2)),
            (16, bytes_of(&it.timelock_secs)),
            (20, bytes_of(&it._pad_3)),
            (24, bytes_of(&it.admin)),
            (56, bytes_of(&it.pending_admin)),
            (88, bytes_of(&it.guardian)),
            (120, bytes_of(&it.fee_receiver)),
            (152, bytes_of(&it.pause_new_risk)),
            (168, bytes_of(&it.pause_deposits)),
            (184, bytes_of(&it.pause_withdrawals)),
            (200, bytes_of(&it.next_change)),
            (208, bytes_of(&it._reserved)),
        ]
    });
}

#[test]
fn layout_ok_market() {
    check::<Market>([0xdb, 0xbe, 0xd5, 0x37, 0x00, 0xe3, 0xc6, 0x9a], 1624, |it| {
        let mut fields: Fields = vec![
            (8, bytes_of(&it.version)),
            (9, bytes_of(&it.bump)),
            (10, bytes_of(&it.pool_bump)),
            (11, bytes_of(&it.insurance_bump)),
            (12, bytes_of(&it.lp_mint_bump)),
            (13, bytes_of(&it.status)),
            (14, bytes_of(&it.index)),
            (16, bytes_of(&it.collateral_mint)),
            (48, bytes_of(&it.token_program)),
            (80, bytes_of(&it.pool_vault)),
            (112, bytes_of(&it.insurance_vault)),
            (144, bytes_of(&it.lp_mint)),
        ];
        fields.extend(oracle(176, &it.oracle));
        fields.extend(oracle(280, &it.collateral_oracle));
        fields.extend(params(384, &it.params));
        fields.extend(observations(608, &it.observations));
        fields.extend([(744, bytes_of(&it.extremes_newest)), (752, bytes_of(&it.extremes))]);
        fields.extend(side(1040, &it.long));
        fields.extend(side(1120, &it.short));
        fields.extend([
            (1200, bytes_of(&it.pool_atoms)),
            (1208, bytes_of(&it.shares)),
            (1216, bytes_of(&it.protocol_fees_atoms)),
            (1224, bytes_of(&it.crank_budget_atoms)),
            (1232, bytes_of(&it.insurance_atoms)),
            (1240, bytes_of(&it.shortfall_total_atoms)),
            (1248, bytes_of(&it.funding_due_atoms)),
            (1256, bytes_of(&it.borrow_owed_atoms)),
            (1264, bytes_of(&it.borrow_index_e12)),
            (1280, bytes_of(&it.funding_rate_e18)),
            (1288, bytes_of(&it.accrued_at)),
            (1296, bytes_of(&it.impact_reference_e12)),
            (1304, bytes_of(&it.insurance_outflow_atoms)),
            (1312, bytes_of(&it.insurance_outflow_at)),
            (1320, bytes_of(&it.withdrawal_outflow_atoms)),
            (1328, bytes_of(&it.withdrawal_outflow_at)),
            (1336, bytes_of(&it.withdrawals_short_since)),
            (1344, bytes_of(&it.withdrawals_short)),
            (1348, bytes_of(&it._pad)),
            (1352, bytes_of(&it.wind_down_from)),
            (1360, bytes_of(&it.settlement_price_e12)),
            (1368, bytes_of(&it._reserved)),
        ]);
        fields
    });
}

#[test]
fn layout_ok_param_change() {
    check::<ParamChange>([0x89, 0x80, 0x58, 0x8c, 0x0f, 0xc9, 0xf2, 0x0d], 560, |it| {
        let mut fields: Fields = vec![
            (8, bytes_of(&it.version)),
            (9, bytes_of(&it.bump)),
            (10, bytes_of(&it.kind)),
            (11, bytes_of(&it.status)),
            (12, bytes_of(&it.timelock_secs)),
            (16, bytes_of(&it.nonce)),
            (24, bytes_of(&it.applies_from)),
            (32, bytes_of(&it.expires_at)),
            (40, bytes_of(&it.payer)),
            (72, bytes_of(&it.market)),
        ];
        fields.extend(oracle(104, &it.oracle));
        fields.extend(params(208, &it.params));
        fields.extend([
            (432, bytes_of(&it.guardian)),
            (464, bytes_of(&it.fee_receiver)),
            (496, bytes_of(&it._reserved)),
        ]);
        fields
    });
}

#[test]
fn layout_ok_position() {
    check::<Position>([0xaa, 0xbc, 0x8f, 0xe4, 0x7a, 0x40, 0xf7, 0xd0], 416, |it| {
        vec![
            (8, bytes_of(&it.version)),
            (9, bytes_of(&it.bump)),
            (10, bytes_of(&it.vault_bump)),
            (11, bytes_of(&it.status)),
            (12, bytes_of(&it.side)),
            (13, bytes_of(&it.open_orders)),
            (14, bytes_of(&it.margin_called)),
            (15, bytes_of(&it.waiting_increases)),
            (16, bytes_of(&it.id)),
            (20, bytes_of(&it.next_order_id)),
            (24, bytes_of(&it.market)),
            (56, bytes_of(&it.owner)),
            (88, bytes_of(&it.delegate)),
            (120, bytes_of(&it.vault)),
            (152, bytes_of(&it.size_atoms)),
            (160, bytes_of(&it.entry_price_e12)),
            (168, bytes_of(&it.collateral_atoms)),
            (176, bytes_of(&it.collateral_counted_atoms)),
            (184, bytes_of(&it.owed_borrow_atoms)),
            (192, bytes_of(&it.owed_funding_atoms)),
            (200, bytes_of(&it.due_atoms)),
            (208, bytes_of(&it.reserved_atoms)),
            (216, bytes_of(&it.frozen_owed_atoms)),
            (224, bytes_of(&it.borrow_snapshot_e12)),
            (240, bytes_of(&it.funding_paid_snapshot_e24)),
            (256, bytes_of(&it.funding_received_snapshot_e24)),
            (272, bytes_of(&it.margin_ppm)),
            (276, bytes_of(&it.addon_ppm)),
            (280, bytes_of(&it.liquidation_fee_ppm)),
            (284, bytes_of(&it._pad_2)),
            (288, bytes_of(&it.margin_refreshed_at)),
            (296, bytes_of(&it.opened_at)),
            (304, bytes_of(&it.below_since)),
            (312, bytes_of(&it._reserved)),
        ]
    });
}

#[test]
fn layout_ok_order() {
    check::<Order>([0x86, 0xad, 0xdf, 0xb9, 0x4d, 0x56, 0x1c, 0x33], 200, |it| {
        vec![
            (8, bytes_of(&it.version)),
            (9, bytes_of(&it.bump)),
            (10, bytes_of(&it.action)),
            (11, bytes_of(&it.kind)),
            (12, bytes_of(&it.id)),
            (16, bytes_of(&it.position)),
            (48, bytes_of(&it.payer)),
            (80, bytes_of(&it.size_atoms)),
            (88, bytes_of(&it.acceptable_price_e12)),
            (96, bytes_of(&it.trigger_price_e12)),
            (104, bytes_of(&it.placed_at)),
            (112, bytes_of(&it.placed_slot)),
            (120, bytes_of(&it.triggered_at)),
            (128, bytes_of(&it.expires_at)),
            (136, bytes_of(&it.tip_lamports)),
            (144, bytes_of(&it.payout_cap_ppm)),
            (148, bytes_of(&it.counted)),
            (149, bytes_of(&it._pad)),
            (152, bytes_of(&it.triggered_slot)),
            (160, bytes_of(&it._reserved)),
        ]
    });
}

#[test]
fn layout_ok_trader() {
    check::<Trader>([0x4a, 0x85, 0x20, 0x69, 0x2f, 0x32, 0x05, 0xee], 120, |it| {
        vec![
            (8, bytes_of(&it.version)),
            (9, bytes_of(&it.bump)),
            (10, bytes_of(&it._pad)),
            (12, bytes_of(&it.next_position_id)),
            (16, bytes_of(&it.next_withdrawal_id)),
            (20, bytes_of(&it._pad_2)),
            (24, bytes_of(&it.market)),
            (56, bytes_of(&it.owner)),
            (88, bytes_of(&it._reserved)),
        ]
    });
}

/// What the program has written after a day in the life of a market.
#[test]
fn layout_ok_reserved_bytes_and_padding_stay_zero() {
    let mut world = World::new().unwrap();
    let owner = world.actor(10_000 * USD);
    let position = world.open(&owner, &Opening::new(PositionSide::Short, BTC / 10, 1_000 * USD)).unwrap();
    world.place_order(&owner, position, OrderAction::Decrease, BTC / 20).unwrap();
    world.move_price(6_100_000_000_000, 60).unwrap();
    let market = world.market();
    assert_eq!(market._reserved, [0; 256]);
    assert_eq!((market.params._pad, market.params._reserved), ([0; 6], [0; 48]));
    assert_eq!((market.oracle._pad, market.observations._pad), ([0; 7], [0; 3]));
    assert_eq!((market.long._pad, market.short._pad), ([0; 4], [0; 4]));
    let account = world.position(&position);
    assert_eq!((account._pad_2, account._reserved), ([0; 4], [0; 104]));
    let order = world.order(&pda::order(&position, 1));
    assert_eq!((order._pad, order._reserved), ([0; 3], [0; 40]));
    let trader = world.trader(&owner.key).unwrap();
    assert_eq!((trader._pad, trader._pad_2, trader._reserved), ([0; 2], [0; 4], [0; 32]));
    let protocol = world.protocol().unwrap();
    assert_eq!((protocol._pad, protocol._pad_2, protocol._pad_3), (0, [0; 2], [0; 4]));
    assert_eq!(protocol._reserved, [0; 128]);
    let versions = [market.version, account.version, order.version, trader.version, protocol.version];
    assert_eq!(versions, [2, 1, 1, 1, 1]);
}

/// Numbers that are written by hand, little end first, are the numbers that are read.
#[test]
fn layout_ok_numbers_by_hand() {
    let mut data = vec![0; 416];
    data[..8].copy_from_slice(Position::DISCRIMINATOR);
    data[8] = 1;
    data[11] = 1;
    data[12] = 1;
    data[16..20].copy_from_slice(&[0x04, 0x03, 0x02, 0x01]);
    data[56..88].copy_from_slice(&[7; 32]);
    data[152..160].copy_from_slice(&[0, 0xe1, 0xf5, 0x05, 0, 0, 0, 0]);
    data[224] = 9;
    data[232] = 3;
    data[272..276].copy_from_slice(&[0xa8, 0x61, 0, 0]);
    data[304..312].copy_from_slice(&[0xff; 8]);
    let position: Position = decode(&data).unwrap();
    assert_eq!((position.status, position.side, position.id), (1, 1, 0x0102_0304));
    assert_eq!((position.owner, position.size_atoms), (Pubkey::new_from_array([7; 32]), 100_000_000));
    assert_eq!(u128::from(position.borrow_snapshot_e12), (3 << 64) + 9);
    assert_eq!((position.margin_ppm, position.below_since), (25_000, -1));
}
