//! Fills a waiting order at a price published after it was placed. Anyone may; the tip is theirs.
//!
//! An order that its position or the market cannot bear is spent by the first price that is brought: left
//! waiting, it would be its owner's free option.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use bulkhead_risk::transition::{self, DecreaseArgs, DecreaseReport, IncreaseArgs, IncreaseReport, PoolFlow};
use bulkhead_risk::{BaseAtoms, Ppm, PriceE12, Purpose, RiskError, orders};

use crate::error::{BulkheadError, IntoProgram};
use crate::events::{OrderFailed, PositionDecreased, PositionIncreased};
use crate::invariants;
use crate::margin_calls;
use crate::observe::{Projection, observe, require_collateral_worth};
use crate::state::{Market, Order, OrderAction, POSITION_CLOSED, Position, Protocol};
use crate::transfers::{PositionTransfers, SignerKeys};
use crate::views::closed_amounts;

/// What the executor believes the order to be, so that nobody swaps it under a running transaction.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct ExecuteOrderArgs {
    /// When it was placed.
    pub placed_at: i64,
    /// Least tip.
    pub tip_lamports_min: u64,
}

/// Accounts of `execute_order`.
#[derive(Accounts)]
pub struct ExecuteOrder<'info> {
    /// Anyone; gets the tip.
    #[account(mut)]
    pub executor: Signer<'info>,
    /// The protocol: pauses.
    pub protocol: AccountLoader<'info, Protocol>,
    /// Market of the position.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// Position.
    #[account(
        mut,
        constraint = position.load()?.market == market.key() @ BulkheadError::PositionMarketMismatch
    )]
    pub position: AccountLoader<'info, Position>,
    /// The order.
    #[account(
        mut, close = payer,
        constraint = order.load()?.position == position.key() @ BulkheadError::OrderPositionMismatch
    )]
    pub order: AccountLoader<'info, Order>,
    /// Who paid for the order; gets its rent back.
    /// CHECK: address.
    #[account(mut, address = order.load()?.payer @ BulkheadError::OrderPayerMismatch, dup)]
    pub payer: UncheckedAccount<'info>,
    /// Price account.
    /// CHECK: `oracle::read`.
    pub price: UncheckedAccount<'info>,
    /// Vault of the position.
    /// CHECK: address.
    #[account(mut, address = position.load()?.vault @ BulkheadError::PositionVaultMismatch)]
    pub vault: UncheckedAccount<'info>,
    /// Pool vault.
    /// CHECK: address.
    #[account(mut, address = market.load()?.pool_vault @ BulkheadError::PoolVaultMismatch)]
    pub pool_vault: UncheckedAccount<'info>,
    /// Collateral mint.
    /// CHECK: address.
    #[account(address = market.load()?.collateral_mint @ BulkheadError::CollateralMintMismatch)]
    pub collateral_mint: UncheckedAccount<'info>,
    /// Token program of the collateral.
    #[account(address = market.load()?.token_program @ BulkheadError::TokenProgramMismatch)]
    pub token_program: Interface<'info, TokenInterface>,
    /// Price account of the collateral, where the market asks for it and the order increases.
    /// CHECK: `oracle::read`.
    pub collateral_price: Option<UncheckedAccount<'info>>,
}

impl ExecuteOrder<'_> {
    fn validate(&self, args: &ExecuteOrderArgs) -> Result<()> {
        // executor - anyone. payer, vaults, mint, programs - checked in the #[account] attributes.
        let order = self.order.load()?;
        order.require_version()?;
        let as_expected = order.placed_at == args.placed_at && order.tip_lamports >= args.tip_lamports_min;
        require!(as_expected, BulkheadError::OrderChanged);
        let clock = Clock::get()?;
        // CANNOT fill before its trigger. Whether it has expired since does not matter.
        order.view()?.since().or_refuse()?;
        require!(clock.slot > order.since_slot()?, BulkheadError::OrderSameSlot);
        require!(self.position.load()?.status != POSITION_CLOSED, BulkheadError::OrderVoid);
        if order.action()? == OrderAction::Increase {
            self.protocol.load()?.require_new_risk(clock.unix_timestamp)?;
        }
        Ok(())
    }
}

/// Handler of `execute_order`.
#[access_control(ctx.accounts.validate(&args))]
pub fn handle_execute_order(ctx: Context<ExecuteOrder>, args: ExecuteOrderArgs) -> Result<()> {
    let accounts = &ctx.accounts;
    let (flow, keys) = match accounts.order.load()?.action()? {
        OrderAction::Increase => increase(accounts)?,
        OrderAction::Decrease => decrease(accounts)?,
    };
    let transfers = PositionTransfers {
        program: accounts.token_program.as_ref(),
        mint: &accounts.collateral_mint,
        market: accounts.market.as_ref(),
        position: accounts.position.as_ref(),
        vault: &accounts.vault,
        keys,
    };
    transfers.flow(flow, &accounts.pool_vault)?;
    let tip = accounts.order.load()?.tip_lamports;
    accounts.order.sub_lamports(tip)?;
    accounts.executor.add_lamports(tip)?;
    invariants::assert_position(&*accounts.position.load()?, &accounts.vault)?;
    invariants::assert_market(&*accounts.market.load()?, &accounts.pool_vault)
}

fn look(accounts: &ExecuteOrder, market: &Market, purpose: Purpose) -> Result<Box<Projection>> {
    let seen = observe(market, &accounts.price, purpose)?;
    let since = accounts.order.load()?.view()?.since().or_refuse()?;
    orders::require_in_window(&seen.market.params, since, seen.sample.publish_time).or_refuse()?;
    Ok(seen)
}

#[inline(never)]
fn increase(accounts: &ExecuteOrder) -> Result<(PoolFlow, SignerKeys)> {
    let mut market = accounts.market.load_mut()?;
    let mut position = accounts.position.load_mut()?;
    let mut seen = look(accounts, &market, Purpose::Risk)?;
    require_collateral_worth(&market, accounts.collateral_price.as_deref(), seen.now)?;
    let order = accounts.order.load()?;
    let args = IncreaseArgs {
        size: BaseAtoms(order.size_atoms),
        payout_cap_ppm: Ppm(order.payout_cap_ppm),
        acceptable: PriceE12(order.acceptable_price_e12),
    };
    let view = position.view()?;
    let report = match transition::increase(&seen.market, &view, &seen.sample, &args, seen.now) {
        Err(refusal) if orders::spends_order(orders::OrderAction::Increase, refusal) => {
            return spend(accounts, (&mut market, &mut position), &seen, &order, refusal);
        }
        other => other.or_refuse()?,
    };
    seen.market.ledger = report.ledger;
    market.store_observed(&seen.market);
    position.remove_order(&order)?;
    emit_increased(accounts, &report);
    margin_calls::store_changed(&mut position, &accounts.position.key(), &report.position, &seen)?;
    Ok((report.flow, SignerKeys::of(&market, &position)))
}

#[inline(never)]
fn decrease(accounts: &ExecuteOrder) -> Result<(PoolFlow, SignerKeys)> {
    let mut market = accounts.market.load_mut()?;
    let mut position = accounts.position.load_mut()?;
    let mut seen = look(accounts, &market, Purpose::Decrease)?;
    let order = accounts.order.load()?;
    let args =
        DecreaseArgs { size: BaseAtoms(order.size_atoms), acceptable: PriceE12(order.acceptable_price_e12) };
    let view = position.view()?;
    let report = match transition::decrease(&seen.market, &view, &seen.sample, &args, seen.now) {
        Err(refusal) if orders::spends_order(orders::OrderAction::Decrease, refusal) => {
            return spend(accounts, (&mut market, &mut position), &seen, &order, refusal);
        }
        other => other.or_refuse()?,
    };
    seen.market.ledger = report.ledger;
    market.store_observed(&seen.market);
    position.remove_order(&order)?;
    emit_decreased(accounts, &report)?;
    margin_calls::store_changed(&mut position, &accounts.position.key(), &report.position, &seen)?;
    Ok((report.flow, SignerKeys::of(&market, &position)))
}

/// Ends an order that its price cannot fill: the position keeps what it has, the executor gets the tip.
#[inline(never)]
fn spend(
    accounts: &ExecuteOrder,
    (market, position): (&mut Market, &mut Position),
    seen: &Projection,
    order: &Order,
    refusal: RiskError,
) -> Result<(PoolFlow, SignerKeys)> {
    market.store_observed(&seen.market);
    position.remove_order(order)?;
    emit!(OrderFailed {
        market: accounts.market.key(),
        position: accounts.position.key(),
        order: accounts.order.key(),
        executor: accounts.executor.key(),
        error_code: BulkheadError::from(refusal).into(),
    });
    Ok((PoolFlow::default(), SignerKeys::of(market, position)))
}

fn emit_increased(accounts: &ExecuteOrder, report: &IncreaseReport) {
    emit!(PositionIncreased {
        market: accounts.market.key(),
        position: accounts.position.key(),
        order: accounts.order.key(),
        executor: accounts.executor.key(),
        fill_price_e12: report.fill.get(),
        size_atoms: report.position.size.get(),
        entry_price_e12: report.position.entry.get(),
        notional_atoms: report.notional.get(),
        trade_fee_atoms: report.trade_fee.get(),
        owed_paid_atoms: report.owed_paid.get(),
        collateral_atoms: report.position.collateral.get(),
        reserved_atoms: report.position.reserved.get(),
        margin_ppm: report.position.margin_ppm.get(),
        addon_ppm: report.position.addon_ppm.get(),
    });
}

fn emit_decreased(accounts: &ExecuteOrder, report: &DecreaseReport) -> Result<()> {
    emit!(PositionDecreased {
        market: accounts.market.key(),
        position: accounts.position.key(),
        order: accounts.order.key(),
        executor: accounts.executor.key(),
        closed: closed_amounts(&report.closed, report.trade_fee, &report.position)?,
    });
    Ok(())
}
