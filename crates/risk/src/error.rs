//! Why a computation was refused. The program maps each variant to one error of its own, exhaustively.

/// Result of every fallible function of this crate.
pub type Result<T> = core::result::Result<T, RiskError>;

/// Every reason for which this crate refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RiskError {
    // --- arithmetic ------------------------------------------------------------------------------
    /// A result does not fit its type.
    Overflow,
    /// A divisor is zero.
    DivisionByZero,

    // --- oracle ----------------------------------------------------------------------------------
    /// Price is zero or negative.
    PriceNotPositive,
    /// Exponent outside -12..=0, or the price does not fit at 10^-12 USD.
    PriceOutOfRange,
    /// Publish time lies further in the future than the tolerance.
    PriceFromFuture,
    /// Older than the newest sample that the market has accepted.
    PriceNotMonotonic,
    /// Older than the purpose allows.
    PriceTooOld,
    /// Confidence interval wider than the purpose allows.
    ConfidenceTooWide,
    /// No bucket was sampled for five minutes: run `update_market` first.
    MarketStale,
    /// No sample was ever accepted.
    MarketUnsampled,

    // --- parameters ------------------------------------------------------------------------------
    /// A parameter lies outside the constants of the program; the number names it (`params` lists them).
    ParameterOutOfBounds(u8),

    // --- market ----------------------------------------------------------------------------------
    /// The market takes no new risk (reduce-only or settled).
    MarketNotActive,
    /// The market is settled: nothing of it follows a price any more.
    MarketSettled,
    /// The market is not settled.
    MarketNotSettled,
    /// Positions of the settled market are still open.
    PositionsRemain,
    /// Neither is its oracle dead nor its wind-down complete.
    SettlementNotDue,
    /// No wind-down has begun.
    NotWindingDown,
    /// This minute of the wind-down has its price, or lies before it.
    SettlementMinuteRecorded,
    /// The wind-down has all the prices that it needs.
    SettlementPricesComplete,
    /// The price of the collateral is too old for taking risk, or from the future.
    CollateralPriceTooOld,
    /// The collateral is worth less than it has to be for taking risk.
    CollateralDepegged,
    /// Open interest of the side would exceed its cap.
    OpenInterestCapExceeded,
    /// Skew would exceed its cap.
    SkewCapExceeded,
    /// The pool cannot set the payout aside: opens stop at the utilisation limit.
    ReserveUnavailable,
    /// The position's payout cap would be too large a share of the pool.
    PoolShareExceeded,
    /// The pool owes more than it holds: deposits stop.
    PoolInsolvent,
    /// A deposit too small to be worth one share, or below the first deposit's minimum.
    DepositTooSmall,
    /// A withdrawal of shares worth less than a cent.
    WithdrawalTooSmall,
    /// The withdrawal's hour of waiting is not over.
    WithdrawalNotMatured,
    /// The withdrawal's window is over: it can only be cancelled.
    WithdrawalLapsed,
    /// The withdrawal cannot be cancelled now, or not by this one.
    WithdrawalNotCancellable,
    /// Matured withdrawals have waited for more than a day: no new risk until they are served.
    WithdrawalsWaiting,

    // --- position --------------------------------------------------------------------------------
    /// The position holds no size.
    PositionNotOpen,
    /// The position is closed for good.
    PositionClosed,
    /// The position still holds size.
    PositionNotFlat,
    /// Size is zero.
    SizeZero,
    /// Amount is zero.
    AmountZero,
    /// Notional is under the market's minimum.
    NotionalTooSmall,
    /// Payout cap outside 5 % to 100 % of the notional.
    PayoutCapOutOfRange,
    /// Equity would be under the initial margin.
    InitialMarginShort,
    /// The position is reduce-only while its stored margin is below the market's.
    PositionReduceOnly,
    /// More than the position holds.
    InsufficientCollateral,
    /// A partial decrease that would leave the position less healthy and liquidatable: close it all.
    DecreaseWorsensHealth,
    /// The payout cap is not reached.
    PayoutCapNotReached,
    /// The payout cap is reached: an increase would lift it after the fact. Settle first.
    PayoutCapReached,

    // --- top-ups ---------------------------------------------------------------------------------
    /// Trigger outside 1 to 5 times the maintenance margin.
    TopUpTriggerOutOfRange,
    /// Interval outside 15 seconds to 7 days.
    TopUpIntervalOutOfRange,
    /// Keeper pay over 5 % of what one top-up moves.
    TopUpKeeperPayTooLarge,
    /// Equity is not below the plan's trigger.
    TopUpNotNeeded,
    /// The interval since the last top-up has not passed.
    TopUpTooEarly,
    /// Nothing is left of the plan's budget.
    TopUpBudgetSpent,
    /// The position would stand under 1.1 times its maintenance margin.
    TopUpTooSmall,
    /// Equity is zero or below: the money would be lost with the position.
    TopUpInsolvent,

    // --- orders ----------------------------------------------------------------------------------
    /// Fill price is worse than the order accepts.
    PriceNotAcceptable,
    /// Price published before the order's window: it was, or could have been, known when it was placed.
    PriceBeforeWindow,
    /// Price published after the order's window.
    PriceAfterWindow,
    /// The order's trigger has not been met yet: its window has not begun.
    OrderNotTriggered,
    /// The order was triggered and a price may still fill it: its window does not move.
    OrderAlreadyTriggered,
    /// The price does not meet the order's trigger.
    TriggerNotMet,
    /// The order's time to be triggered has passed.
    OrderExpired,
    /// A market order has no trigger.
    OrderHasNoTrigger,
    /// Price published before the order was placed: it does not trigger it.
    PriceBeforeOrder,

    // --- accounting, never expected --------------------------------------------------------------
    /// Booked amounts contradict each other.
    AccountingBroken,
}
