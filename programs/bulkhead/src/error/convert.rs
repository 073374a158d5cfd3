//! The refusals of the risk crate as errors of the program, exhaustively.

use anchor_lang::prelude::*;
use bulkhead_risk::RiskError;

use super::BulkheadError;

impl From<RiskError> for BulkheadError {
    fn from(error: RiskError) -> Self {
        match error {
            RiskError::Overflow => Self::Overflow,
            RiskError::DivisionByZero => Self::DivisionByZero,
            RiskError::PriceNotPositive => Self::PriceNotPositive,
            RiskError::PriceOutOfRange => Self::PriceOutOfRange,
            RiskError::PriceFromFuture => Self::PriceFromFuture,
            RiskError::PriceNotMonotonic => Self::PriceNotMonotonic,
            RiskError::PriceTooOld => Self::PriceTooOld,
            RiskError::ConfidenceTooWide => Self::ConfidenceTooWide,
            RiskError::MarketStale => Self::MarketStale,
            RiskError::MarketUnsampled => Self::MarketUnsampled,
            RiskError::ParameterOutOfBounds(place) => {
                msg!("parameter {} is out of bounds", place);
                Self::ParameterOutOfBounds
            }
            RiskError::MarketNotActive => Self::MarketNotActive,
            RiskError::MarketSettled => Self::MarketSettled,
            RiskError::MarketNotSettled => Self::MarketNotSettled,
            RiskError::PositionsRemain => Self::PositionsRemain,
            RiskError::SettlementNotDue => Self::SettlementNotDue,
            RiskError::NotWindingDown => Self::NotWindingDown,
            RiskError::SettlementMinuteRecorded => Self::SettlementMinuteRecorded,
            RiskError::SettlementPricesComplete => Self::SettlementPricesComplete,
            RiskError::CollateralPriceTooOld => Self::CollateralPriceTooOld,
            RiskError::CollateralDepegged => Self::CollateralDepegged,
            RiskError::OpenInterestCapExceeded => Self::OpenInterestCapExceeded,
            RiskError::SkewCapExceeded => Self::SkewCapExceeded,
            RiskError::ReserveUnavailable => Self::ReserveUnavailable,
            RiskError::PoolShareExceeded => Self::PoolShareExceeded,
            RiskError::PoolInsolvent => Self::PoolInsolvent,
            RiskError::DepositTooSmall => Self::DepositTooSmall,
            RiskError::WithdrawalTooSmall => Self::WithdrawalTooSmall,
            RiskError::WithdrawalNotMatured => Self::WithdrawalNotMatured,
            RiskError::WithdrawalLapsed => Self::WithdrawalLapsed,
            RiskError::WithdrawalNotCancellable => Self::WithdrawalNotCancellable,
            RiskError::WithdrawalsWaiting => Self::WithdrawalsWaiting,
            RiskError::PositionNotOpen => Self::PositionNotOpen,
            RiskError::PositionClosed => Self::PositionClosed,
            RiskError::PositionNotFlat => Self::PositionNotFlat,
            RiskError::SizeZero => Self::SizeZero,
            RiskError::AmountZero => Self::AmountZero,
            RiskError::NotionalTooSmall => Self::NotionalTooSmall,
            RiskError::PayoutCapOutOfRange => Self::PayoutCapOutOfRange,
            RiskError::InitialMarginShort => Self::InitialMarginShort,
            RiskError::PositionReduceOnly => Self::PositionReduceOnly,
            RiskError::InsufficientCollateral => Self::InsufficientCollateral,
            RiskError::DecreaseWorsensHealth => Self::DecreaseWorsensHealth,
            RiskError::PayoutCapNotReached => Self::PayoutCapNotReached,
            RiskError::PayoutCapReached => Self::PayoutCapReached,
            RiskError::TopUpTriggerOutOfRange => Self::TopUpTriggerOutOfRange,
            RiskError::TopUpIntervalOutOfRange => Self::TopUpIntervalOutOfRange,
            RiskError::TopUpKeeperPayTooLarge => Self::TopUpKeeperPayTooLarge,
            RiskError::TopUpNotNeeded => Self::TopUpNotNeeded,
            RiskError::TopUpTooEarly => Self::TopUpTooEarly,
            RiskError::TopUpBudgetSpent => Self::TopUpBudgetSpent,
            RiskError::TopUpTooSmall => Self::TopUpTooSmall,
            RiskError::TopUpInsolvent => Self::TopUpInsolvent,
            RiskError::PriceNotAcceptable => Self::PriceNotAcceptable,
            RiskError::PriceBeforeWindow => Self::PriceBeforeWindow,
            RiskError::PriceAfterWindow => Self::PriceAfterWindow,
            RiskError::OrderNotTriggered => Self::OrderNotTriggered,
            RiskError::OrderAlreadyTriggered => Self::OrderAlreadyTriggered,
            RiskError::TriggerNotMet => Self::TriggerNotMet,
            RiskError::OrderExpired => Self::OrderExpired,
            RiskError::OrderHasNoTrigger => Self::OrderHasNoTrigger,
            RiskError::PriceBeforeOrder => Self::PriceBeforeOrder,
            RiskError::AccountingBroken => Self::AccountingBroken,
        }
    }
}

/// Turns a risk result into the program's.
pub trait IntoProgram<T> {
    /// The value, or the program's error for the refusal.
    fn or_refuse(self) -> Result<T>;
}

impl<T> IntoProgram<T> for bulkhead_risk::Result<T> {
    fn or_refuse(self) -> Result<T> {
        self.map_err(|error| BulkheadError::from(error).into())
    }
}
