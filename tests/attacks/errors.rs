//! Errors: every refusal of the risk crate has one of its own, and no code ever moves.

use std::collections::BTreeSet;

use bulkhead::error::BulkheadError;
use bulkhead_client::error::BULKHEAD_ERRORS;
use bulkhead_risk::RiskError;

/// Codes as clients know them. A line may be added; none may ever change.
const PINNED: &[(&str, u32)] = &[
    ("AdminRequired", 6000),
    ("OwnerRequired", 6001),
    ("OwnerOrDelegateRequired", 6002),
    ("PositionMarketMismatch", 6003),
    ("PositionVaultMismatch", 6004),
    ("OrderPositionMismatch", 6005),
    ("OrderPayerMismatch", 6006),
    ("PoolVaultMismatch", 6007),
    ("InsuranceVaultMismatch", 6008),
    ("CollateralMintMismatch", 6009),
    ("LpMintMismatch", 6010),
    ("TokenProgramMismatch", 6011),
    ("IdMismatch", 6012),
    ("FeeReceiverMismatch", 6014),
    ("AccountVersionMismatch", 6015),
    ("NotAPosition", 6016),
    ("ChangePayerMismatch", 6017),
    ("ChangeMarketMismatch", 6018),
    ("PendingAdminRequired", 6019),
    ("GuardianRequired", 6020),
    ("GuardianOrAdminRequired", 6021),
    ("ParameterOutOfBounds", 6100),
    ("TimelockOutOfBounds", 6101),
    ("MarketIndexMismatch", 6102),
    ("MintExtensionRefused", 6104),
    ("LegacyOracleOnMainnet", 6105),
    ("OracleProgramUnknown", 6106),
    ("NewRiskPaused", 6107),
    ("DepositsPaused", 6108),
    ("MarketNotActive", 6109),
    ("ChangeNotDue", 6110),
    ("ChangeExpired", 6111),
    ("DecimalsImmutable", 6112),
    ("FeedImmutable", 6113),
    ("MarketSettled", 6114),
    ("PauseTooSoon", 6115),
    ("NotPaused", 6116),
    ("OracleAccountMismatch", 6200),
    ("OracleOwnerMismatch", 6201),
    ("OracleDataInvalid", 6202),
    ("OracleNotFullyVerified", 6203),
    ("OracleFeedMismatch", 6204),
    ("OracleNotTrading", 6205),
    ("PriceNotPositive", 6206),
    ("PriceOutOfRange", 6207),
    ("PriceFromFuture", 6208),
    ("PriceNotMonotonic", 6209),
    ("PriceTooOld", 6210),
    ("ConfidenceTooWide", 6211),
    ("MarketStale", 6212),
    ("MarketUnsampled", 6213),
    ("PositionNotOpen", 6300),
    ("PositionClosed", 6301),
    ("PositionNotFlat", 6302),
    ("SizeZero", 6303),
    ("AmountZero", 6304),
    ("NotionalTooSmall", 6305),
    ("PayoutCapOutOfRange", 6306),
    ("InitialMarginShort", 6307),
    ("PositionReduceOnly", 6308),
    ("InsufficientCollateral", 6309),
    ("DecreaseWorsensHealth", 6310),
    ("PayoutCapNotReached", 6311),
    ("OpenInterestCapExceeded", 6312),
    ("SkewCapExceeded", 6313),
    ("ReserveUnavailable", 6314),
    ("PoolShareExceeded", 6315),
    ("OrdersWaiting", 6316),
    ("FrozenAmountsOpen", 6317),
    ("NothingToCollect", 6318),
    ("PayoutCapReached", 6319),
    ("TooManyOrders", 6400),
    ("TipTooSmall", 6401),
    ("OrderChanged", 6402),
    ("OrderSameSlot", 6403),
    ("PriceBeforeWindow", 6404),
    ("PriceAfterWindow", 6405),
    ("PriceNotAcceptable", 6406),
    ("OrderInWindow", 6407),
    ("OrderVoid", 6408),
    ("OrderNotTriggered", 6409),
    ("OrderAlreadyTriggered", 6410),
    ("TriggerNotMet", 6411),
    ("OrderExpired", 6412),
    ("OrderHasNoTrigger", 6413),
    ("PriceBeforeOrder", 6414),
    ("TriggerPriceInvalid", 6415),
    ("ExpiryInvalid", 6416),
    ("OrderKindOnlyDecreases", 6417),
    ("KeeperAccountIsOurs", 6501),
    ("PoolInsolvent", 6600),
    ("DepositTooSmall", 6601),
    ("SharesBelowMinimum", 6602),
    ("NotATokenAccount", 6700),
    ("TokenDeltaMismatch", 6701),
    ("VaultBelowBooked", 6800),
    ("PoolVaultBelowBooked", 6801),
    ("ReserveNotCovered", 6802),
    ("InsuranceVaultBelowBooked", 6803),
    ("PositionInconsistent", 6804),
    ("LedgerInconsistent", 6805),
    ("AccountingBroken", 6806),
    ("Overflow", 6900),
    ("DivisionByZero", 6901),
    ("CorruptAccount", 6902),
];

#[test]
fn errors_ok_no_code_has_moved() {
    let found: Vec<_> = BULKHEAD_ERRORS.iter().map(|error| (error.name(), u32::from(*error))).collect();
    let pinned: Vec<_> = PINNED.iter().map(|(name, code)| ((*name).to_owned(), *code)).collect();
    assert_eq!(found, pinned);
}

#[test]
fn errors_ok_messages_say_something_and_differ() {
    let messages: BTreeSet<_> = BULKHEAD_ERRORS.iter().map(ToString::to_string).collect();
    assert_eq!(messages.len(), BULKHEAD_ERRORS.len(), "two errors share a message");
    for message in messages {
        assert!(message.len() >= 10 && !message.ends_with('.'), "{message}");
        assert!(message.starts_with(|first: char| first.is_uppercase()), "{message}");
    }
}

/// Which error of the program each refusal becomes. The `match` makes a variant that is missing below fail to
/// compile.
const MAPPED: &[(RiskError, BulkheadError)] = &[
    (RiskError::Overflow, BulkheadError::Overflow),
    (RiskError::DivisionByZero, BulkheadError::DivisionByZero),
    (RiskError::PriceNotPositive, BulkheadError::PriceNotPositive),
    (RiskError::PriceOutOfRange, BulkheadError::PriceOutOfRange),
    (RiskError::PriceFromFuture, BulkheadError::PriceFromFuture),
    (RiskError::PriceNotMonotonic, BulkheadError::PriceNotMonotonic),
    (RiskError::PriceTooOld, BulkheadError::PriceTooOld),
    (RiskError::ConfidenceTooWide, BulkheadError::ConfidenceTooWide),
    (RiskError::MarketStale, BulkheadError::MarketStale),
    (RiskError::MarketUnsampled, BulkheadError::MarketUnsampled),
    (RiskError::ParameterOutOfBounds(7), BulkheadError::ParameterOutOfBounds),
    (RiskError::MarketNotActive, BulkheadError::MarketNotActive),
    (RiskError::OpenInterestCapExceeded, BulkheadError::OpenInterestCapExceeded),
    (RiskError::SkewCapExceeded, BulkheadError::SkewCapExceeded),
    (RiskError::ReserveUnavailable, BulkheadError::ReserveUnavailable),
    (RiskError::PoolShareExceeded, BulkheadError::PoolShareExceeded),
    (RiskError::PoolInsolvent, BulkheadError::PoolInsolvent),
    (RiskError::DepositTooSmall, BulkheadError::DepositTooSmall),
    (RiskError::PositionNotOpen, BulkheadError::PositionNotOpen),
    (RiskError::PositionClosed, BulkheadError::PositionClosed),
    (RiskError::PositionNotFlat, BulkheadError::PositionNotFlat),
    (RiskError::SizeZero, BulkheadError::SizeZero),
    (RiskError::AmountZero, BulkheadError::AmountZero),
    (RiskError::NotionalTooSmall, BulkheadError::NotionalTooSmall),
    (RiskError::PayoutCapOutOfRange, BulkheadError::PayoutCapOutOfRange),
    (RiskError::InitialMarginShort, BulkheadError::InitialMarginShort),
    (RiskError::PositionReduceOnly, BulkheadError::PositionReduceOnly),
    (RiskError::InsufficientCollateral, BulkheadError::InsufficientCollateral),
    (RiskError::DecreaseWorsensHealth, BulkheadError::DecreaseWorsensHealth),
    (RiskError::PayoutCapNotReached, BulkheadError::PayoutCapNotReached),
    (RiskError::PriceNotAcceptable, BulkheadError::PriceNotAcceptable),
    (RiskError::PriceBeforeWindow, BulkheadError::PriceBeforeWindow),
    (RiskError::PriceAfterWindow, BulkheadError::PriceAfterWindow),
    (RiskError::AccountingBroken, BulkheadError::AccountingBroken),
    (RiskError::PayoutCapReached, BulkheadError::PayoutCapReached),
    (RiskError::OrderNotTriggered, BulkheadError::OrderNotTriggered),
    (RiskError::OrderAlreadyTriggered, BulkheadError::OrderAlreadyTriggered),
    (RiskError::TriggerNotMet, BulkheadError::TriggerNotMet),
    (RiskError::OrderExpired, BulkheadError::OrderExpired),
    (RiskError::OrderHasNoTrigger, BulkheadError::OrderHasNoTrigger),
    (RiskError::PriceBeforeOrder, BulkheadError::PriceBeforeOrder),
];

/// Position of a variant in [`MAPPED`], so that the compiler asks for every new one.
fn place(error: RiskError) -> usize {
    match error {
        RiskError::Overflow => 0,
        RiskError::DivisionByZero => 1,
        RiskError::PriceNotPositive => 2,
        RiskError::PriceOutOfRange => 3,
        RiskError::PriceFromFuture => 4,
        RiskError::PriceNotMonotonic => 5,
        RiskError::PriceTooOld => 6,
        RiskError::ConfidenceTooWide => 7,
        RiskError::MarketStale => 8,
        RiskError::MarketUnsampled => 9,
        RiskError::ParameterOutOfBounds(_) => 10,
        RiskError::MarketNotActive => 11,
        RiskError::OpenInterestCapExceeded => 12,
        RiskError::SkewCapExceeded => 13,
        RiskError::ReserveUnavailable => 14,
        RiskError::PoolShareExceeded => 15,
        RiskError::PoolInsolvent => 16,
        RiskError::DepositTooSmall => 17,
        RiskError::PositionNotOpen => 18,
        RiskError::PositionClosed => 19,
        RiskError::PositionNotFlat => 20,
        RiskError::SizeZero => 21,
        RiskError::AmountZero => 22,
        RiskError::NotionalTooSmall => 23,
        RiskError::PayoutCapOutOfRange => 24,
        RiskError::InitialMarginShort => 25,
        RiskError::PositionReduceOnly => 26,
        RiskError::InsufficientCollateral => 27,
        RiskError::DecreaseWorsensHealth => 28,
        RiskError::PayoutCapNotReached => 29,
        RiskError::PriceNotAcceptable => 30,
        RiskError::PriceBeforeWindow => 31,
        RiskError::PriceAfterWindow => 32,
        RiskError::AccountingBroken => 33,
        RiskError::PayoutCapReached => 34,
        RiskError::OrderNotTriggered => 35,
        RiskError::OrderAlreadyTriggered => 36,
        RiskError::TriggerNotMet => 37,
        RiskError::OrderExpired => 38,
        RiskError::OrderHasNoTrigger => 39,
        RiskError::PriceBeforeOrder => 40,
    }
}

#[test]
fn errors_ok_every_refusal_of_the_risk_crate_has_its_own() {
    for (at, (risk, program)) in MAPPED.iter().enumerate() {
        assert_eq!(place(*risk), at);
        assert_eq!(BulkheadError::from(*risk), *program, "{risk:?}");
    }
    assert_eq!(place(RiskError::PriceBeforeOrder) + 1, MAPPED.len());
    let codes: BTreeSet<_> = MAPPED.iter().map(|(_, program)| u32::from(*program)).collect();
    assert_eq!(codes.len(), MAPPED.len(), "two refusals share an error");
}
