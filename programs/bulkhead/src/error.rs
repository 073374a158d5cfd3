//! Every error of the program, in numbered blocks. Codes are 6000 + the number; they are never reordered.
//!
//! 0 authority and accounts, 100 configuration, 200 oracle, 300 position and margin, 400 orders,
//! 500 liquidation, 600 pool, 700 tokens, 800 accounting (never expected), 900 arithmetic.

mod convert;

use anchor_lang::prelude::*;

pub use convert::IntoProgram;

/// Errors of the program.
#[error_code]
#[derive(PartialEq, Eq)]
pub enum BulkheadError {
    // --- 0: authority and accounts ---------------------------------------------------------------
    #[msg("Only the protocol's admin may do this")]
    AdminRequired = 0,
    #[msg("Only the position's owner may do this")]
    OwnerRequired = 1,
    #[msg("Only the position's owner or its delegate may do this")]
    OwnerOrDelegateRequired = 2,
    #[msg("This position belongs to another market")]
    PositionMarketMismatch = 3,
    #[msg("This vault is not the vault of the position")]
    PositionVaultMismatch = 4,
    #[msg("This order belongs to another position")]
    OrderPositionMismatch = 5,
    #[msg("This account is not the one that paid for the order")]
    OrderPayerMismatch = 6,
    #[msg("This is not the pool vault of the market")]
    PoolVaultMismatch = 7,
    #[msg("This is not the insurance vault of the market")]
    InsuranceVaultMismatch = 8,
    #[msg("This is not the collateral mint of the market")]
    CollateralMintMismatch = 9,
    #[msg("This is not the mint of the market's pool shares")]
    LpMintMismatch = 10,
    #[msg("This is not the token program of the market's collateral")]
    TokenProgramMismatch = 11,
    #[msg("Id is not the next one: read the counter again")]
    IdMismatch = 12,
    #[msg("This is not the protocol's fee receiver's token account")]
    FeeReceiverMismatch = 14,
    #[msg("This account was written by another version of the program")]
    AccountVersionMismatch = 15,
    #[msg("This account is not a writable position of this program")]
    NotAPosition = 16,
    #[msg("This account is not the one that paid for the change")]
    ChangePayerMismatch = 17,
    #[msg("The change belongs to another market, or to none, or needs one")]
    ChangeMarketMismatch = 18,
    #[msg("Only the proposed admin may accept")]
    PendingAdminRequired = 19,
    #[msg("Only the guardian may do this")]
    GuardianRequired = 20,
    #[msg("Only the guardian or the admin may do this")]
    GuardianOrAdminRequired = 21,
    #[msg("This top-up plan belongs to another position")]
    TopUpPlanMismatch = 22,
    #[msg("This withdrawal belongs to another market")]
    WithdrawalMarketMismatch = 23,
    #[msg("This account is not the one that paid for the withdrawal")]
    WithdrawalPayerMismatch = 24,
    #[msg("This vault does not hold the withdrawal's shares")]
    WithdrawalVaultMismatch = 25,
    #[msg("This account is not the one that paid for the top-up plan")]
    TopUpPayerMismatch = 26,
    #[msg("This is not the token account that the top-up plan names")]
    TopUpSourceMismatch = 27,
    #[msg("The token account that a top-up comes from must be the position's owner's")]
    TopUpSourceOwnerMismatch = 28,
    #[msg("The keeper's token account is the position's vault or the one that the top-up comes from")]
    TopUpKeeperAccountRefused = 29,

    // --- 100: configuration ----------------------------------------------------------------------
    #[msg("A parameter lies outside the program's bounds: its number is in the log")]
    ParameterOutOfBounds = 100,
    #[msg("Timelock outside the program's bounds")]
    TimelockOutOfBounds = 101,
    #[msg("Market index is not the next one")]
    MarketIndexMismatch = 102,
    #[msg("The collateral mint has an extension that is not accepted")]
    MintExtensionRefused = 104,
    #[msg("The older push oracle is never used on mainnet")]
    LegacyOracleOnMainnet = 105,
    #[msg("This is not an oracle program that the protocol knows")]
    OracleProgramUnknown = 106,
    #[msg("Opening and increasing positions is paused by the guardian")]
    NewRiskPaused = 107,
    #[msg("Deposits are paused by the guardian")]
    DepositsPaused = 108,
    #[msg("The market takes no new risk")]
    MarketNotActive = 109,
    #[msg("The change still waits out the timelock")]
    ChangeNotDue = 110,
    #[msg("The change has expired: it can only be cancelled")]
    ChangeExpired = 111,
    #[msg("The decimals of a market never change")]
    DecimalsImmutable = 112,
    #[msg("The feed of a market never changes")]
    FeedImmutable = 113,
    #[msg("A settled market stays settled")]
    MarketSettled = 114,
    #[msg("This pause was set less than seven days ago")]
    PauseTooSoon = 115,
    #[msg("This is not paused")]
    NotPaused = 116,
    #[msg("The market can be settled after seven days without a price, or when its wind-down is complete")]
    SettlementNotDue = 117,
    #[msg("The market is not being wound down")]
    NotWindingDown = 118,
    #[msg("A wind-down that has begun runs to its end")]
    WindDownBegun = 119,
    #[msg("The market is not settled")]
    MarketNotSettled = 120,
    #[msg("Withdrawals are paused by the guardian")]
    WithdrawalsPaused = 122,
    #[msg("This minute of the wind-down has its price, or lies before it")]
    SettlementMinuteRecorded = 123,
    #[msg("The wind-down has all its prices: settle the market")]
    SettlementPricesComplete = 124,
    #[msg("This account is not the one that paid for the prices of the wind-down")]
    SettlementPayerMismatch = 125,
    #[msg("These are not the prices of this market's wind-down")]
    SettlementMismatch = 126,
    #[msg("The market is of this version already")]
    MarketAlreadyMigrated = 127,
    #[msg("This account is not a market of the version before")]
    MarketNotMigratable = 128,
    #[msg("Positions of the settled market are still open: settle them first")]
    PositionsRemain = 129,

    // --- 200: oracle -----------------------------------------------------------------------------
    #[msg("This is not the market's price account")]
    OracleAccountMismatch = 200,
    #[msg("The price account is owned by another program")]
    OracleOwnerMismatch = 201,
    #[msg("The price account's bytes are not a price update")]
    OracleDataInvalid = 202,
    #[msg("The price update is only partially verified")]
    OracleNotFullyVerified = 203,
    #[msg("The price account holds another feed")]
    OracleFeedMismatch = 204,
    #[msg("The oracle is not trading")]
    OracleNotTrading = 205,
    #[msg("Price is zero or negative")]
    PriceNotPositive = 206,
    #[msg("Price or exponent out of range")]
    PriceOutOfRange = 207,
    #[msg("Price was published in the future")]
    PriceFromFuture = 208,
    #[msg("Price is older than one that the market has already accepted")]
    PriceNotMonotonic = 209,
    #[msg("Price is too old for this")]
    PriceTooOld = 210,
    #[msg("The price's confidence interval is too wide for this")]
    ConfidenceTooWide = 211,
    #[msg("The market was not sampled for five minutes: run update_market first")]
    MarketStale = 212,
    #[msg("The market has no price yet: run update_market first")]
    MarketUnsampled = 213,

    // --- 300: position and margin ----------------------------------------------------------------
    #[msg("The position is not open yet")]
    PositionNotOpen = 300,
    #[msg("The position is closed")]
    PositionClosed = 301,
    #[msg("The position still holds size")]
    PositionNotFlat = 302,
    #[msg("Size is zero")]
    SizeZero = 303,
    #[msg("Amount is zero")]
    AmountZero = 304,
    #[msg("Notional is under the market's minimum")]
    NotionalTooSmall = 305,
    #[msg("Payout cap must be between 5 % and 100 % of the notional")]
    PayoutCapOutOfRange = 306,
    #[msg("Equity would be under the initial margin")]
    InitialMarginShort = 307,
    #[msg("The position may only shrink until its margin has caught up with the market's")]
    PositionReduceOnly = 308,
    #[msg("More than the position's collateral")]
    InsufficientCollateral = 309,
    #[msg("This decrease would leave the position worse and liquidatable: close all of it")]
    DecreaseWorsensHealth = 310,
    #[msg("The payout cap is not reached")]
    PayoutCapNotReached = 311,
    #[msg("Open interest of the side would exceed its cap")]
    OpenInterestCapExceeded = 312,
    #[msg("Skew would exceed its cap")]
    SkewCapExceeded = 313,
    #[msg("The pool cannot set the payout aside")]
    ReserveUnavailable = 314,
    #[msg("The payout cap is too large a share of the pool")]
    PoolShareExceeded = 315,
    #[msg("An order of this position is still waiting: cancel it first")]
    OrdersWaiting = 316,
    #[msg("The vault was frozen when the position closed and still owes: run collect_frozen first")]
    FrozenAmountsOpen = 317,
    #[msg("Nothing is waiting to be collected")]
    NothingToCollect = 318,
    #[msg("The payout cap is reached: settle the position first")]
    PayoutCapReached = 319,
    #[msg("A top-up plan's trigger must be between 1 and 5 times the maintenance margin")]
    TopUpTriggerOutOfRange = 320,
    #[msg("A top-up plan's interval must be between 15 seconds and 7 days")]
    TopUpIntervalOutOfRange = 321,
    #[msg("Keeper pay of a top-up must be at most 5 % of its amount")]
    TopUpKeeperPayTooLarge = 322,
    #[msg("The position's equity is not below the top-up plan's trigger")]
    TopUpNotNeeded = 323,
    #[msg("The interval since the last top-up has not passed")]
    TopUpTooEarly = 324,
    #[msg("Nothing is left of the top-up plan's budget")]
    TopUpBudgetSpent = 325,
    #[msg("The top-up would leave the position under 1.1 times its maintenance margin")]
    TopUpTooSmall = 326,
    #[msg("The position is worth nothing: a top-up would be lost with it")]
    TopUpInsolvent = 327,
    #[msg("The owner has not approved the top-up authority, or for less than this top-up moves")]
    TopUpNotApproved = 328,
    #[msg("The account that the top-up comes from is frozen or holds too little")]
    TopUpSourceUnable = 329,
    #[msg("The market asks for the price of its collateral before it takes risk: name that account too")]
    CollateralPriceRequired = 330,
    #[msg("The price of the collateral is too old: push a newer one")]
    CollateralPriceTooOld = 331,
    #[msg("The collateral is worth less than 0.98 USD: no new risk")]
    CollateralDepegged = 332,

    // --- 400: orders -----------------------------------------------------------------------------
    #[msg("The position has the most orders it can have")]
    TooManyOrders = 400,
    #[msg("Tip is under the minimum")]
    TipTooSmall = 401,
    #[msg("The order differs from what the executor expected")]
    OrderChanged = 402,
    #[msg("An order executes in a later slot than it was placed or triggered in")]
    OrderSameSlot = 403,
    #[msg("Price was published before the order's window")]
    PriceBeforeWindow = 404,
    #[msg("Price was published after the order's window: cancel the order")]
    PriceAfterWindow = 405,
    #[msg("Fill price is worse than the order accepts")]
    PriceNotAcceptable = 406,
    #[msg("The order may still fill and cannot be cancelled yet")]
    OrderInWindow = 407,
    #[msg("The order's position is closed: it can only be cancelled")]
    OrderVoid = 408,
    #[msg("The order's trigger has not been met yet: trigger it first")]
    OrderNotTriggered = 409,
    #[msg("The order was triggered and may still fill")]
    OrderAlreadyTriggered = 410,
    #[msg("The price does not meet the order's trigger")]
    TriggerNotMet = 411,
    #[msg("The order has expired: cancel the order")]
    OrderExpired = 412,
    #[msg("A market order has no trigger")]
    OrderHasNoTrigger = 413,
    #[msg("Price was published before the order was placed")]
    PriceBeforeOrder = 414,
    #[msg("The trigger price is zero for market orders and above zero for all others")]
    TriggerPriceInvalid = 415,
    #[msg("The expiry is zero for market orders, and for others zero or a time to come")]
    ExpiryInvalid = 416,
    #[msg("Stop-loss and take-profit orders only decrease")]
    OrderKindOnlyDecreases = 417,

    // --- 500: liquidation ------------------------------------------------------------------------
    #[msg("The keeper's token account is one of the market's or the position's own")]
    KeeperAccountIsOurs = 501,

    // --- 600: pool -------------------------------------------------------------------------------
    #[msg("The pool owes more than it holds")]
    PoolInsolvent = 600,
    #[msg("Deposit too small")]
    DepositTooSmall = 601,
    #[msg("Fewer shares than asked for")]
    SharesBelowMinimum = 602,
    #[msg("Shares to withdraw are worth less than a cent")]
    WithdrawalTooSmall = 603,
    #[msg("The withdrawal cannot be executed before its hour is over")]
    WithdrawalNotMatured = 604,
    #[msg("The withdrawal has lapsed: it can only be cancelled")]
    WithdrawalLapsed = 605,
    #[msg("The withdrawal cannot be cancelled now")]
    WithdrawalNotCancellable = 606,
    #[msg("Withdrawals have waited for more than a day: no new risk before they are paid")]
    WithdrawalsWaiting = 607,
    #[msg("This is not the account of collateral that the withdrawal pays to")]
    DestinationMismatch = 608,
    #[msg("This is not an account of pool shares that the withdrawal's owner owns")]
    SharesAccountMismatch = 609,

    // --- 700: tokens -----------------------------------------------------------------------------
    #[msg("The account is not a token account")]
    NotATokenAccount = 700,
    #[msg("INV-08: tokens moved differ from the amount booked")]
    TokenDeltaMismatch = 701,

    // --- 800: accounting, never expected ---------------------------------------------------------
    #[msg("INV-01: the position's vault holds less than booked")]
    VaultBelowBooked = 800,
    #[msg("INV-02: the pool vault holds less than booked")]
    PoolVaultBelowBooked = 801,
    #[msg("INV-03: more is set aside than the pool holds")]
    ReserveNotCovered = 802,
    #[msg("INV-04: the insurance vault holds less than booked")]
    InsuranceVaultBelowBooked = 803,
    #[msg("INV-05: the position contradicts itself")]
    PositionInconsistent = 804,
    #[msg("INV-06: the side's sums contradict each other")]
    LedgerInconsistent = 805,
    #[msg("Booked amounts contradict each other")]
    AccountingBroken = 806,

    // --- 900: arithmetic -------------------------------------------------------------------------
    #[msg("A number is out of range")]
    Overflow = 900,
    #[msg("Division by zero")]
    DivisionByZero = 901,
    #[msg("An account holds a value that its type does not have")]
    CorruptAccount = 902,
}
