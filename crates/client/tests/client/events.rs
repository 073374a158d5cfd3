//! Events: round trip, completeness, and whose bytes count.

use anchor_lang::Event;
use anchor_lang::prelude::Pubkey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bulkhead::events::{
    ClosedAmounts, CollateralAdded, DelegateSet, LiquidationReason, MarketUpdated, PositionLiquidated,
};
use bulkhead_client::ID;
use bulkhead_client::events::{AnyEvent, EventError, from_logs};

const SOURCES: [&str; 7] = [
    include_str!("../../../../programs/bulkhead/src/events.rs"),
    include_str!("../../../../programs/bulkhead/src/events/governance.rs"),
    include_str!("../../../../programs/bulkhead/src/events/keeping.rs"),
    include_str!("../../../../programs/bulkhead/src/events/liquidity.rs"),
    include_str!("../../../../programs/bulkhead/src/events/settlement.rs"),
    include_str!("../../../../programs/bulkhead/src/events/top_up.rs"),
    include_str!("../../../../programs/bulkhead/src/events/orders.rs"),
];

fn delegate_set(seed: u8) -> AnyEvent {
    let key = Pubkey::new_from_array([seed; 32]);
    DelegateSet { position: key, delegate: key }.into()
}

fn data_line(event: &AnyEvent) -> String {
    format!("Program data: {}", STANDARD.encode(event.data()))
}

fn read(lines: &[String]) -> bulkhead_client::events::LoggedEvents {
    from_logs(lines.iter().map(String::as_str))
}

#[test]
fn every_event_of_the_program_is_known() {
    let mut declared: Vec<_> = SOURCES
        .iter()
        .flat_map(|source| source.split("#[event]").skip(1))
        .map(|part| part.split_once("pub struct ").unwrap().1.split(' ').next().unwrap())
        .collect();
    assert!(declared.len() >= 20, "the source is not read as it should be");
    let mut known = AnyEvent::NAMES.to_vec();
    declared.sort_unstable();
    known.sort_unstable();
    assert_eq!(declared, known);
}

#[test]
fn decode_ok_round_trip() {
    let market = Pubkey::new_unique();
    let updated = MarketUpdated {
        market,
        published_at: -1,
        index_price_e12: u64::MAX,
        mark_price_e12: 1,
        opened_bucket: true,
        gap_secs: 2,
        target_ppm: 3,
        ramp_ppm: 4,
    };
    let liquidated = PositionLiquidated {
        market,
        position: Pubkey::new_unique(),
        keeper: Pubkey::new_unique(),
        reason: LiquidationReason::BelowMaintenance,
        equity_before_atoms: -5,
        maintenance_before_atoms: 6,
        keeper_pay_atoms: 7,
        insurance_pay_atoms: 8,
        keeper_floor_pay_atoms: 9,
        shortfall_covered_atoms: 10,
        settle_pay_atoms: 11,
        vault_frozen: false,
        closed: ClosedAmounts {
            fill_price_e12: 1,
            size_atoms: 2,
            notional_atoms: 3,
            pnl_atoms: -4,
            payout_atoms: 5,
            loss_paid_atoms: 6,
            owed_paid_atoms: 7,
            trade_fee_atoms: 8,
            shortfall_atoms: 9,
            reserved_released_atoms: 10,
            collateral_atoms: 11,
            size_left_atoms: 12,
        },
    };
    let (updated_data, liquidated_data) = (updated.data(), liquidated.data());
    let AnyEvent::MarketUpdated(read) = AnyEvent::decode(&updated_data).unwrap() else { panic!("kind") };
    assert_eq!(read.data(), updated_data);
    assert_eq!((read.published_at, read.ramp_ppm), (-1, 4));
    let AnyEvent::PositionLiquidated(read) = AnyEvent::decode(&liquidated_data).unwrap() else {
        panic!("kind")
    };
    assert_eq!(read.data(), liquidated_data);
    assert_eq!((read.closed.pnl_atoms, read.closed.size_left_atoms), (-4, 12));
}

#[test]
fn decode_fails_on_other_bytes() {
    let data = delegate_set(1).data();
    assert_eq!(AnyEvent::decode(&data[..7]), Err(EventError::TooShort));
    assert_eq!(AnyEvent::decode(&[9; 40]), Err(EventError::UnknownDiscriminator([9; 8])));
    assert_eq!(AnyEvent::decode(&data[..71]), Err(EventError::Malformed("DelegateSet")));
    assert_eq!(AnyEvent::decode(&[data, vec![0]].concat()), Err(EventError::Malformed("DelegateSet")));
}

#[test]
fn from_logs_ok_in_order() {
    let added = CollateralAdded {
        position: Pubkey::new_unique(),
        from: Pubkey::new_unique(),
        amount_atoms: 1,
        collateral_atoms: 2,
    };
    let expected = [added.into(), delegate_set(2)];
    let token = Pubkey::new_unique();
    let logged = read(&[
        format!("Program {ID} invoke [1]"),
        "Program log: Instruction: AddCollateral".to_owned(),
        format!("Program {token} invoke [2]"),
        format!("Program {token} consumed 100 of 200000 compute units"),
        format!("Program {token} success"),
        data_line(&expected[0]),
        format!("Program return: {ID} AA=="),
        format!("Program {ID} success"),
        format!("Program {ID} invoke [1]"),
        data_line(&expected[1]),
        format!("Program {ID} success"),
    ]);
    assert_eq!(logged.events, expected);
    assert_eq!((logged.unreadable.len(), logged.is_truncated, logged.has_failed), (0, false, false));
}

#[test]
fn from_logs_ok_when_called_by_another_program() {
    let caller = Pubkey::new_unique();
    let logged = read(&[
        format!("Program {caller} invoke [1]"),
        format!("Program {ID} invoke [2]"),
        data_line(&delegate_set(1)),
        format!("Program {ID} success"),
        data_line(&delegate_set(2)),
        format!("Program {caller} success"),
    ]);
    assert_eq!(logged.events, [delegate_set(1)]);
}

#[test]
fn from_logs_ignores_what_others_log() {
    let (other, inner) = (Pubkey::new_unique(), Pubkey::new_unique());
    let forged = data_line(&delegate_set(1));
    let logged = read(&[
        forged.clone(),
        format!("Program {other} invoke [1]"),
        forged.clone(),
        format!("Program log: Program {ID} invoke [2]"),
        forged.clone(),
        format!("Program log: \nProgram {ID} invoke [2]"),
        forged.clone(),
        format!("Program {other} success"),
        format!("Program {ID} invoke [1]"),
        format!("Program {inner} invoke [2]"),
        forged,
        format!("Program {inner} success"),
        format!("Program {ID} success"),
    ]);
    assert_eq!(logged, Default::default());
}

#[test]
fn from_logs_ok_messages_do_not_end_the_program() {
    let logged = read(&[
        format!("Program {ID} invoke [1]"),
        "Program log: success".to_owned(),
        "Program log: failed: custom program error: 0x0".to_owned(),
        data_line(&delegate_set(1)),
        format!("Program {ID} success"),
    ]);
    assert_eq!(logged.events, [delegate_set(1)]);
    assert!(!logged.has_failed);
}

#[test]
fn from_logs_ok_says_what_is_missing() {
    let logged = read(&[
        format!("Program {ID} invoke [1]"),
        "Program data: ****".to_owned(),
        format!("Program data: {}", STANDARD.encode([9; 8])),
        data_line(&delegate_set(1)),
        format!("Program {ID} failed: custom program error: 0x1"),
        "Log truncated".to_owned(),
    ]);
    assert_eq!(logged.unreadable, [EventError::NotBase64, EventError::UnknownDiscriminator([9; 8])]);
    assert!(logged.has_failed && logged.is_truncated);
    assert_eq!(logged.events.len(), 1);
}
