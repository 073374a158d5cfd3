//! The table of errors against the program's source, and the words for codes.

use anchor_lang::prelude::{Pubkey, system_program};
use bulkhead::error::BulkheadError;
use bulkhead_client::ID;
use bulkhead_client::error::{BULKHEAD_ERRORS, ErrorOrigin, bulkhead_error, describe, find, from_logs};

const SOURCE: &str = include_str!("../../../../programs/bulkhead/src/error.rs");
const TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

/// "Name = number," lines of the enum.
fn variants() -> Vec<(&'static str, u32)> {
    let line = |line: &'static str| {
        let (name, number) = line.trim().strip_suffix(',')?.split_once(" = ")?;
        Some((name, number.parse().ok()?))
    };
    SOURCE.lines().filter_map(line).collect()
}

#[test]
fn every_variant_is_found_by_its_code() {
    let variants = variants();
    assert!(variants.len() > 80, "the source is not read as it should be");
    assert_eq!(variants.len(), BULKHEAD_ERRORS.len());
    for (name, number) in variants {
        let found = find(6000 + number).unwrap_or_else(|| panic!("{name} is missing in error/tables.rs"));
        assert_eq!((found.name.as_str(), found.origin), (name, ErrorOrigin::Bulkhead));
        assert!(SOURCE.contains(&format!("#[msg(\"{}\")]", found.message)), "{name}: {}", found.message);
    }
}

#[test]
fn describe_ok_own_error() {
    assert_eq!(describe(6210), "6210 PriceTooOld: Price is too old for this");
    assert_eq!(bulkhead_error(6210), Some(BulkheadError::PriceTooOld));
}

#[test]
fn describe_ok_framework_error() {
    assert_eq!(describe(2006), "2006 ConstraintSeeds: A seeds constraint was violated");
    assert_eq!(
        describe(3012),
        "3012 AccountNotInitialized: The program expected this account to be already initialized"
    );
    assert_eq!(find(2040).unwrap().origin, ErrorOrigin::Framework);
}

#[test]
fn describe_ok_token_error() {
    assert_eq!(describe(1), "1 InsufficientFunds: Insufficient funds");
    assert_eq!(describe(17), "17 AccountFrozen: Account is frozen");
}

#[test]
fn describe_ok_unknown() {
    assert_eq!(find(5999), None);
    assert_eq!(describe(5999), "5999: not an error that this client knows");
}

#[test]
fn from_logs_ok_innermost_program() {
    let token_refused = format!(
        "Program {ID} invoke [1]|Program log: Instruction: Deposit|Program {TOKEN} invoke [2]|\
         Program {TOKEN} failed: custom program error: 0x1|Program {ID} failed: custom program error: 0x1"
    );
    let found = from_logs(token_refused.split('|')).unwrap();
    assert_eq!((found.name.as_str(), found.origin), ("InsufficientFunds", ErrorOrigin::Token));

    let system = system_program::ID;
    let found = from_logs([format!("Program {system} failed: custom program error: 0x1").as_str()]).unwrap();
    assert_eq!((found.name.as_str(), found.origin), ("ResultWithNegativeLamports", ErrorOrigin::System));

    let found = from_logs([format!("Program {ID} failed: custom program error: 0x1842").as_str()]).unwrap();
    assert_eq!(found.name, "PriceTooOld");
}

#[test]
fn from_logs_ok_nothing_custom() {
    let other = Pubkey::new_unique();
    let logs = [
        format!("Program {other} failed: custom program error: 0x1842"),
        format!("Program {ID} success"),
        format!("Program {ID} failed: exceeded CUs meter at BPF instruction"),
        format!("Program log: Program {ID} failed: custom program error: 0x1842"),
    ];
    for entry in &logs {
        assert_eq!(from_logs([entry.as_str()]), None, "{entry}");
    }
}
