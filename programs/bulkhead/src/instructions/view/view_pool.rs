//! The pool as return data: what shares cost and bring, what is promised, and what may leave.

use anchor_lang::prelude::*;
use bulkhead_risk::{Purpose, pool};

use crate::error::IntoProgram;
use crate::observe::observe_pool;
use crate::state::Market;

/// The pool at a sample. Amounts in atoms of the collateral.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolView {
    /// Price at which it was valued.
    pub price_e12: u64,
    /// Collateral booked as the pool's.
    pub pool_atoms: u64,
    /// Shares, the locked ones included.
    pub shares: u64,
    /// Worth to those who enter; zero where it owes more than it has, and nobody can.
    pub value_for_deposit_atoms: u64,
    /// Worth to those who leave.
    pub value_for_withdrawal_atoms: u64,
    /// What a share costs on entering, in 10^-9 atoms.
    pub deposit_price_e9: u64,
    /// What a share brings on leaving, in 10^-9 atoms.
    pub withdrawal_price_e9: u64,
    /// Traders' gains, up to what is set aside, and funding due to them.
    pub promised_atoms: u64,
    /// Payouts set aside.
    pub reserved_atoms: u64,
    /// What is not set aside.
    pub free_atoms: u64,
    /// What withdrawals may still take by the hourly limit.
    pub outflow_left_atoms: u64,
    /// Share of the pool that is set aside.
    pub utilisation_ppm: u32,
    /// Booked in the insurance vault.
    pub insurance_atoms: u64,
    /// Withdrawals that wait for liquidity.
    pub withdrawals_short: u32,
    /// Since when at least one does; zero while none does.
    pub withdrawals_short_since: i64,
}

/// Accounts of `view_pool`.
#[derive(Accounts)]
pub struct ViewPool<'info> {
    /// Market.
    pub market: AccountLoader<'info, Market>,
    /// Price account.
    /// CHECK: `oracle::read`.
    pub price: UncheckedAccount<'info>,
}

/// Handler of `view_pool`.
pub fn handle_view_pool(ctx: Context<ViewPool>) -> Result<PoolView> {
    let seen = observe_pool(&*ctx.accounts.market.load()?, &ctx.accounts.price, Purpose::Observe)?;
    let price = seen.price;
    let state = pool::state::state(&seen.market, price, seen.now).or_refuse()?;
    let ledger = &seen.market.ledger;
    Ok(PoolView {
        price_e12: price.get(),
        pool_atoms: ledger.pool.get(),
        shares: ledger.shares.get(),
        value_for_deposit_atoms: state.value_for_deposit.get(),
        value_for_withdrawal_atoms: state.value_for_withdrawal.get(),
        deposit_price_e9: state.deposit_price_e9,
        withdrawal_price_e9: state.withdrawal_price_e9,
        promised_atoms: state.promised.get(),
        reserved_atoms: state.reserved.get(),
        free_atoms: state.free.get(),
        outflow_left_atoms: state.outflow_left.get(),
        utilisation_ppm: state.utilisation_ppm.get(),
        insurance_atoms: ledger.insurance.get(),
        withdrawals_short: ledger.withdrawals_short,
        withdrawals_short_since: ledger.withdrawals_short_since.get(),
    })
}
