//! Liquidates a position: in part where that cures it, else whole. Anyone may, without stake or capital.
//!
//! A position that may not be liquidated now returns Ok with `LiquidationSkipped`, so that one healthy
//! position does not fail a batch. No account of the owner's takes part, so none can block it.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use bulkhead_risk::Purpose;
use bulkhead_risk::liquidation::Readiness;
use bulkhead_risk::margin_call::Standing;
use bulkhead_risk::transition::{self, Frozen, Liquidation, LiquidationReport};

use crate::error::{BulkheadError, IntoProgram};
use crate::events::{LiquidationSkipped, PositionLiquidated, SkipReason};
use crate::invariants;
use crate::margin_calls;
use crate::observe::observe;
use crate::state::{Market, POSITION_OPEN, Position};
use crate::token;
use crate::transfers::{PositionTransfers, SignerKeys};
use crate::views::{closed_amounts, to_event_atoms};

/// Accounts of `liquidate`.
#[derive(Accounts)]
pub struct Liquidate<'info> {
    /// Whoever liquidates; any key, the owner's own too.
    pub keeper: Signer<'info>,
    /// Market of the position.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// Position.
    #[account(
        mut,
        constraint = position.load()?.market == market.key() @ BulkheadError::PositionMarketMismatch
    )]
    pub position: AccountLoader<'info, Position>,
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
    /// Insurance vault.
    /// CHECK: address.
    #[account(mut, address = market.load()?.insurance_vault @ BulkheadError::InsuranceVaultMismatch)]
    pub insurance_vault: UncheckedAccount<'info>,
    /// Where the keeper's pay goes.
    /// CHECK: the token program checks the mint; it may not be one of the accounts above.
    #[account(
        mut,
        constraint = ![vault.key(), pool_vault.key(), insurance_vault.key()].contains(&keeper_account.key())
            @ BulkheadError::KeeperAccountIsOurs
    )]
    pub keeper_account: UncheckedAccount<'info>,
    /// Collateral mint.
    /// CHECK: address.
    #[account(address = market.load()?.collateral_mint @ BulkheadError::CollateralMintMismatch)]
    pub collateral_mint: UncheckedAccount<'info>,
    /// Token program of the collateral.
    #[account(address = market.load()?.token_program @ BulkheadError::TokenProgramMismatch)]
    pub token_program: Interface<'info, TokenInterface>,
}

/// Handler of `liquidate`.
pub fn handle_liquidate(ctx: Context<Liquidate>) -> Result<()> {
    let accounts = &ctx.accounts;
    if accounts.position.load()?.status != POSITION_OPEN {
        // Another keeper was first, or its owner left: no reason for a batch to fail.
        emit!(LiquidationSkipped {
            position: accounts.position.key(),
            reason: SkipReason::NotOpen,
            equity_atoms: 0,
            maintenance_atoms: 0,
        });
        return Ok(());
    }
    let frozen = Frozen {
        vault: token::is_frozen(&accounts.vault)?,
        insurance: token::is_frozen(&accounts.insurance_vault)?,
    };
    let Some((report, keys)) = decide(accounts, frozen)? else { return Ok(()) };
    let transfers = PositionTransfers {
        program: accounts.token_program.as_ref(),
        mint: &accounts.collateral_mint,
        market: accounts.market.as_ref(),
        position: accounts.position.as_ref(),
        vault: &accounts.vault,
        keys,
    };
    transfers.flow(report.flow, &accounts.pool_vault)?;
    transfers.out_of_vault(&accounts.keeper_account, report.keeper_pay.get())?;
    transfers.out_of_vault(&accounts.insurance_vault, report.insurance_pay.get())?;
    let (insured, to_keeper) = (report.insured, &accounts.keeper_account);
    transfers.out_of_market(&accounts.insurance_vault, to_keeper, insured.to_keeper.get())?;
    transfers.out_of_market(&accounts.insurance_vault, &accounts.pool_vault, insured.to_pool.get())?;
    transfers.out_of_market(&accounts.pool_vault, to_keeper, report.settle_pay.get())?;
    invariants::assert_position(&*accounts.position.load()?, &accounts.vault)?;
    let market = accounts.market.load()?;
    invariants::assert_market(&market, &accounts.pool_vault)?;
    invariants::assert_insurance(&market, &accounts.insurance_vault)?;
    emit_liquidated(accounts, &report, frozen.vault)
}

/// Books the liquidation, or what looking at the position taught, and says what to transfer.
#[inline(never)]
fn decide(accounts: &Liquidate, frozen: Frozen) -> Result<Option<(Box<LiquidationReport>, SignerKeys)>> {
    let mut market = accounts.market.load_mut()?;
    let mut position = accounts.position.load_mut()?;
    let mut seen = observe(&market, &accounts.price, Purpose::Liquidate)?;
    let outcome =
        transition::liquidate(&seen.market, &position.view()?, &seen.sample, frozen, seen.now).or_refuse()?;
    match outcome {
        Liquidation::Skipped { assessment, position: after } => {
            market.store_observed(&seen.market);
            let call = Standing::of(&assessment);
            margin_calls::store_called(&mut position, &accounts.position.key(), &after, &call)?;
            position.assert_consistent()?;
            emit!(LiquidationSkipped {
                position: accounts.position.key(),
                reason: skip_reason(assessment.readiness)?,
                equity_atoms: to_event_atoms(assessment.valuation.equity)?,
                maintenance_atoms: assessment.maintenance_margin.get(),
            });
            Ok(None)
        }
        Liquidation::Done(report) => {
            seen.market.ledger = report.ledger;
            market.store_observed(&seen.market);
            match &report.after {
                Some(rest) => {
                    let key = accounts.position.key();
                    margin_calls::store_called(&mut position, &key, &report.position, rest)?;
                }
                None => position.store(&report.position),
            }
            Ok(Some((Box::new(report), SignerKeys::of(&market, &position))))
        }
    }
}

fn skip_reason(readiness: Readiness) -> Result<SkipReason> {
    match readiness {
        Readiness::Healthy => Ok(SkipReason::Healthy),
        Readiness::FirstSighting => Ok(SkipReason::FirstSighting),
        Readiness::Unconfirmed => Ok(SkipReason::Unconfirmed),
        Readiness::HeldBack => Ok(SkipReason::HeldBack),
        Readiness::Ready(_) => err!(BulkheadError::AccountingBroken),
    }
}

fn emit_liquidated(accounts: &Liquidate, report: &LiquidationReport, vault_frozen: bool) -> Result<()> {
    emit!(PositionLiquidated {
        market: accounts.market.key(),
        position: accounts.position.key(),
        keeper: accounts.keeper.key(),
        reason: report.reason.into(),
        equity_before_atoms: to_event_atoms(report.assessment.valuation.equity)?,
        maintenance_before_atoms: report.assessment.maintenance_margin.get(),
        keeper_pay_atoms: report.keeper_pay.get(),
        insurance_pay_atoms: report.insurance_pay.get(),
        keeper_floor_pay_atoms: report.insured.to_keeper.get(),
        shortfall_covered_atoms: report.insured.to_pool.get(),
        settle_pay_atoms: report.settle_pay.get(),
        vault_frozen,
        closed: closed_amounts(&report.closed, report.trade_fee, &report.position)?,
    });
    Ok(())
}
