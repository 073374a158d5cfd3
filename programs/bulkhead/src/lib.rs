//! Bulkhead: isolated-margin derivatives with one sealed vault per position.
//!
//! 1. The most a position can lose is its own vault.
//! 2. The most it can win is already set aside in the pool.
//! 3. A rise in margin alone never liquidates it.
//! 4. Everyone may keep it running; exits cannot be paused.
//!
//! Handlers load accounts, look at the oracle, call `bulkhead_risk`, apply its report, transfer, assert
//! invariants and emit. No arithmetic of money stands here.
#![allow(unexpected_cfgs)]

pub mod constants;
pub mod error;
pub mod events;
mod guard;
pub mod instructions;
mod invariants;
mod margin_calls;
mod observe;
pub mod oracle;
pub mod state;
mod token;
mod transfers;
pub mod views;

use anchor_lang::prelude::*;
use instructions::*;
use state::PauseKind;

declare_id!("FkEYjjFvzHqYgJR2KpLeKGxaysAREtaYpTroxuJ3iLRq");

#[cfg(not(feature = "no-entrypoint"))]
solana_security_txt::security_txt! {
    name: "Bulkhead",
    project_url: "https://github.com/bulkhead-protocol/bulkhead",
    contacts: "link:https://github.com/bulkhead-protocol/bulkhead/security/advisories/new",
    policy: "https://github.com/bulkhead-protocol/bulkhead/blob/main/SECURITY.md"
}

/// Instructions.
#[program] // What runs most comes first: each that is asked for in vain costs twelve compute units.
pub mod bulkhead {
    use super::*;

    /// Takes a price sample into the market; anyone.
    pub fn update_market(ctx: Context<UpdateMarket>) -> Result<()> {
        handle_update_market(ctx)
    }

    /// Takes a price sample into the market and earns the crank fee; anyone.
    pub fn crank_market(ctx: Context<CrankMarket>) -> Result<()> {
        handle_crank_market(ctx)
    }

    /// Lets a position's requirement follow the market's; anyone.
    pub fn refresh_position(ctx: Context<RefreshPosition>) -> Result<()> {
        handle_refresh_position(ctx)
    }

    /// Notes positions below maintenance; anyone.
    pub fn flag<'info>(ctx: Context<'info, Flag<'info>>) -> Result<()> {
        handle_flag(ctx)
    }

    /// Liquidates a position that may be, in part or whole; anyone.
    pub fn liquidate(ctx: Context<Liquidate>) -> Result<()> {
        handle_liquidate(ctx)
    }

    /// Fills a waiting order; anyone.
    pub fn execute_order(ctx: Context<ExecuteOrder>, args: ExecuteOrderArgs) -> Result<()> {
        handle_execute_order(ctx, args)
    }

    /// Begins the window of an order whose trigger a price meets; anyone.
    pub fn trigger_order(ctx: Context<TriggerOrder>) -> Result<()> {
        handle_trigger_order(ctx)
    }

    /// Tops a position up by its owner's plan; anyone.
    pub fn execute_top_up(ctx: Context<ExecuteTopUp>) -> Result<()> {
        handle_execute_top_up(ctx)
    }

    /// Settles a position at its payout cap; anyone.
    pub fn settle_capped(ctx: Context<SettleCapped>) -> Result<()> {
        handle_settle_capped(ctx)
    }

    /// Places an order on an open position; owner or delegate.
    pub fn place_order(ctx: Context<PlaceOrder>, args: PlaceOrderArgs) -> Result<()> {
        handle_place_order(ctx, args)
    }

    /// Creates a position with its vault and places the order that opens it; anyone, for themselves.
    pub fn place_opening_order(ctx: Context<PlaceOpeningOrder>, args: PlaceOpeningOrderArgs) -> Result<()> {
        handle_place_opening_order(ctx, args)
    }

    /// Adds collateral; anyone.
    pub fn add_collateral(ctx: Context<AddCollateral>, amount_atoms: u64) -> Result<()> {
        handle_add_collateral(ctx, amount_atoms)
    }

    /// Removes collateral; owner.
    pub fn remove_collateral(ctx: Context<RemoveCollateral>, amount_atoms: u64) -> Result<()> {
        handle_remove_collateral(ctx, amount_atoms)
    }

    /// Cancels an order: one that can no longer fill anyone, one that waits for its trigger owner or delegate.
    pub fn cancel_order(ctx: Context<CancelOrder>) -> Result<()> {
        handle_cancel_order(ctx)
    }

    /// Takes everything out of a flat position; owner.
    pub fn close_position(ctx: Context<ClosePosition>) -> Result<()> {
        handle_close_position(ctx)
    }

    /// Puts collateral into the pool for shares; anyone.
    pub fn deposit(ctx: Context<Deposit>, args: DepositArgs) -> Result<()> {
        handle_deposit(ctx, args)
    }

    /// Puts pool shares into escrow, to be paid out after an hour; anyone, for themselves.
    pub fn request_withdrawal(ctx: Context<RequestWithdrawal>, args: RequestWithdrawalArgs) -> Result<()> {
        handle_request_withdrawal(ctx, args)
    }

    /// Pays a matured withdrawal, or as much of it as may leave the pool; anyone.
    pub fn execute_withdrawal(ctx: Context<ExecuteWithdrawal>) -> Result<()> {
        handle_execute_withdrawal(ctx)
    }

    /// Gives the shares of a withdrawal back; its owner in time, and anyone once it has lapsed.
    pub fn cancel_withdrawal(ctx: Context<CancelWithdrawal>) -> Result<()> {
        handle_cancel_withdrawal(ctx)
    }

    /// Makes or replaces a position's top-up plan; owner.
    pub fn set_top_up(ctx: Context<SetTopUp>, args: SetTopUpArgs) -> Result<()> {
        handle_set_top_up(ctx, args)
    }

    /// Takes a top-up plan back; owner, and anyone once the position is closed.
    pub fn cancel_top_up(ctx: Context<CancelTopUp>) -> Result<()> {
        handle_cancel_top_up(ctx)
    }

    /// Names a delegate, or nobody; owner.
    pub fn set_delegate(ctx: Context<SetDelegate>, delegate: Pubkey) -> Result<()> {
        handle_set_delegate(ctx, delegate)
    }

    /// Collects what a frozen vault left owed; anyone.
    pub fn collect_frozen(ctx: Context<CollectFrozen>) -> Result<()> {
        handle_collect_frozen(ctx)
    }

    /// Closes a position of a settled market at the settlement price; anyone.
    pub fn settle_position(ctx: Context<SettlePosition>) -> Result<()> {
        handle_settle_position(ctx)
    }

    /// Gives insurance and crank budget of a settled market without positions to its pool; anyone.
    pub fn release_funds(ctx: Context<ReleaseFunds>) -> Result<()> {
        handle_release_funds(ctx)
    }

    /// Keeps the price of a minute of a market's wind-down; anyone.
    pub fn record_settlement_price(ctx: Context<RecordSettlementPrice>) -> Result<()> {
        handle_record_settlement_price(ctx)
    }

    /// Settles a market whose oracle is dead or whose wind-down is complete; anyone.
    pub fn settle_market(ctx: Context<SettleMarket>) -> Result<()> {
        handle_settle_market(ctx)
    }

    /// Sends protocol fees to the fee receiver; anyone.
    pub fn collect_fees(ctx: Context<CollectFees>) -> Result<()> {
        handle_collect_fees(ctx)
    }

    /// A position's health as return data.
    pub fn view_position(ctx: Context<ViewPosition>) -> Result<PositionHealth> {
        handle_view_position(ctx)
    }

    /// Where an order stands at the present price, as return data.
    pub fn view_order(ctx: Context<ViewOrder>) -> Result<OrderView> {
        handle_view_order(ctx)
    }

    /// A market's rates, open interest and volatility as return data.
    pub fn view_rates(ctx: Context<ViewRates>) -> Result<MarketRates> {
        handle_view_rates(ctx)
    }

    /// The pool's worth and what may leave it as return data.
    pub fn view_pool(ctx: Context<ViewPool>) -> Result<PoolView> {
        handle_view_pool(ctx)
    }

    /// Holds back new risk, deposits or withdrawals for a day; guardian.
    pub fn pause(ctx: Context<SetPause>, kind: PauseKind) -> Result<()> {
        handle_pause(ctx, kind)
    }

    /// Lifts a pause before it lapses; guardian or admin.
    pub fn unpause(ctx: Context<LiftPause>, kind: PauseKind) -> Result<()> {
        handle_unpause(ctx, kind)
    }

    /// Queues a change behind the timelock; admin.
    pub fn queue_change(ctx: Context<QueueChange>, args: QueueChangeArgs) -> Result<()> {
        handle_queue_change(ctx, args)
    }

    /// Applies a change that is due; anyone.
    pub fn apply_change(ctx: Context<ApplyChange>) -> Result<()> {
        handle_apply_change(ctx)
    }

    /// Takes a queued change back; admin, and anyone once it has expired.
    pub fn cancel_change(ctx: Context<CancelChange>) -> Result<()> {
        handle_cancel_change(ctx)
    }

    /// Names who may take over as admin, or nobody; admin.
    pub fn propose_admin(ctx: Context<ProposeAdmin>, new_admin: Pubkey) -> Result<()> {
        handle_propose_admin(ctx, new_admin)
    }

    /// Takes over as admin; whom the admin has proposed.
    pub fn accept_admin(ctx: Context<AcceptAdmin>) -> Result<()> {
        handle_accept_admin(ctx)
    }

    /// Rewrites a market of the version before in this one's layout; anyone.
    pub fn migrate_market(ctx: Context<MigrateMarket>) -> Result<()> {
        handle_migrate_market(ctx)
    }

    /// Creates a market with its vaults and its mint of pool shares; admin.
    pub fn create_market(ctx: Context<CreateMarket>, args: CreateMarketArgs) -> Result<()> {
        handle_create_market(ctx, args)
    }

    /// Sets the protocol up, once; only the program's upgrade authority.
    pub fn initialize_protocol(ctx: Context<InitializeProtocol>, args: InitializeProtocolArgs) -> Result<()> {
        handle_initialize_protocol(ctx, args)
    }
}
