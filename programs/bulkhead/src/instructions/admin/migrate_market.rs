//! Rewrites a market of the version before in this one's layout. Anyone may, and pays the rent that the new
//! layout adds. How the next version is made: docs/accounts.md, "Versions".

use anchor_lang::prelude::*;
use anchor_lang::system_program::{self, Transfer};
use bulkhead_risk::fixed;

use crate::constants::MARKET_VERSION;
use crate::error::{BulkheadError, IntoProgram};
use crate::events::MarketMigrated;
use crate::state::Market;
use crate::state::legacy::MarketV1;

/// Accounts of `migrate_market`.
#[derive(Accounts)]
pub struct MigrateMarket<'info> {
    /// Anyone; pays the added rent.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Market of the version before.
    /// CHECK: owner here; kind, length and version in `MarketV1::read`.
    #[account(mut, owner = crate::ID @ BulkheadError::MarketNotMigratable)]
    pub market: UncheckedAccount<'info>,
    /// Moves the rent.
    pub system_program: Program<'info, System>,
}

/// Handler of `migrate_market`.
pub fn handle_migrate_market(ctx: Context<MigrateMarket>) -> Result<()> {
    let accounts = &ctx.accounts;
    let old = MarketV1::read(&accounts.market.try_borrow_data()?)?;
    let from_version = old.version;
    pay_rent(accounts)?;
    accounts.market.resize(MarketV1::NEXT_LEN)?;
    {
        let mut data = accounts.market.try_borrow_mut_data()?;
        // The kind, in the first eight bytes, stays what it is.
        let body = data.get_mut(8..).ok_or_else(|| error!(BulkheadError::MarketNotMigratable))?;
        body.fill(0);
        let market: &mut Market = bytemuck::from_bytes_mut(body);
        market.take_over(&old)?;
    }
    emit!(MarketMigrated { market: accounts.market.key(), from_version, to_version: MARKET_VERSION });
    Ok(())
}

fn pay_rent(accounts: &MigrateMarket) -> Result<()> {
    let due = Rent::get()?.minimum_balance(MarketV1::NEXT_LEN);
    // Whatever somebody has sent there counts: nothing is due where it holds enough.
    let missing = fixed::above(due, accounts.market.lamports()).or_refuse()?;
    let transfer = Transfer { from: accounts.payer.to_account_info(), to: accounts.market.to_account_info() };
    system_program::transfer(CpiContext::new(accounts.system_program.key(), transfer), missing)
}
