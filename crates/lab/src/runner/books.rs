//! Once a minute: every account that the run knows is read and compared with the books, and a row is kept.

use anyhow::{Result, ensure};
use bulkhead_client::pda;
use bulkhead_risk::Side;

use super::parameters::annual_ppm;
use super::{Replay, clamped, refused};
use crate::flows::{Flows, Held, Party};
use crate::path::PathSample;
use crate::record::MinuteRow;
use crate::summary::Ending;

const E12_PER_E8: u64 = 10_000;

/// Keeps the larger difference of the two, by size.
fn keep_larger(kept: &mut i64, seen: i128) {
    if seen.unsigned_abs() > u128::from(kept.unsigned_abs()) {
        *kept = clamped(seen);
    }
}

fn difference(held: u64, booked: u64) -> i128 {
    i128::from(held) - i128::from(booked)
}

impl Replay {
    /// Takes a sample into the minute's range, accepted or not.
    pub(super) fn note_price(&mut self, minute_secs: i64, sample: &PathSample) {
        let fresh = || MinuteRow {
            ts_secs: minute_secs,
            price_low_e8: sample.price_e8,
            price_high_e8: sample.price_e8,
            ..MinuteRow::default()
        };
        let row = self.minute.get_or_insert_with(fresh);
        row.price_e8 = sample.price_e8;
        row.conf_e8 = sample.conf_e8;
        row.price_low_e8 = row.price_low_e8.min(sample.price_e8);
        row.price_high_e8 = row.price_high_e8.max(sample.price_e8);
    }

    /// Ends the minute at hand, if there is one.
    pub(super) fn finish_minute(&mut self) -> Result<()> {
        let Some(mut row) = self.minute.take() else { return Ok(()) };
        self.check_vaults(&mut row)?;
        self.check_pool(&mut row)?;
        self.tally.summary.promises.book_checks += 1;
        let (market, ledger) = (&self.market, &self.market.ledger);
        let volatility = &market.volatility;
        row.mark_e8 = market.oracle.mark.get() / E12_PER_E8;
        row.sigma_1h_ppm = annual_ppm(volatility.variance_1h_e24);
        row.sigma_1d_ppm = annual_ppm(volatility.variance_1d_e24);
        row.sigma_30d_ppm = annual_ppm(volatility.variance_30d_e24);
        row.m_target_ppm = volatility.target_ppm.get();
        row.m_ramp_ppm = volatility.ramp_ppm_ceil().map_err(refused)?.get();
        let open_interest = |side| -> Result<u64> {
            let size = ledger.side(side).open_interest;
            Ok(market.params.notional_ceil(size, market.oracle.index).map_err(refused)?.get())
        };
        row.long_oi_atoms = open_interest(Side::Long)?;
        row.short_oi_atoms = open_interest(Side::Short)?;
        row.reserved_atoms = ledger.reserved().map_err(refused)?.get();
        self.rows.push(row);
        Ok(())
    }

    /// Every vault against its own position, and all of them together.
    fn check_vaults(&mut self, row: &mut MinuteRow) -> Result<()> {
        let mut worst = self.tally.summary.promises.vaults_difference_atoms;
        for index in &self.live {
            let holding = &self.holdings[*index];
            if !holding.exists() {
                continue;
            }
            let stored = self.world.position(&holding.key).view()?;
            ensure!(stored == holding.position, "{} changed by itself", holding.label());
            let held = self.world.token_balance(&holding.vault);
            let booked = stored.collateral.get();
            keep_larger(&mut worst, difference(held, booked));
            row.vault_tokens_sum_atoms += held;
            row.booked_sum_atoms += booked;
            let equity = match holding.is_open() {
                true => {
                    stored.value(&self.market.params, self.market.oracle.index).map_err(refused)?.equity.get()
                }
                false => i128::from(booked),
            };
            row.vault_equity_sum_atoms += i64::try_from(equity)?;
            row.open_positions += u32::from(holding.is_open());
        }
        keep_larger(&mut worst, difference(row.vault_tokens_sum_atoms, row.booked_sum_atoms));
        self.tally.summary.promises.vaults_difference_atoms = worst;
        Ok(())
    }

    fn check_pool(&mut self, row: &mut MinuteRow) -> Result<()> {
        let (address, ledger) = (self.world.keys.market, &self.market.ledger);
        row.pool_balance_atoms = self.world.token_balance(&pda::pool_vault(&address));
        row.insurance_balance_atoms = self.world.token_balance(&pda::insurance_vault(&address));
        let worst = &mut self.tally.summary.promises.pool_difference_atoms;
        let pool_booked = ledger.pool_vault_booked().map_err(refused)?.get();
        keep_larger(worst, difference(row.pool_balance_atoms, pool_booked));
        keep_larger(worst, difference(row.insurance_balance_atoms, ledger.insurance.get()));
        Ok(())
    }

    pub(super) fn ending(&self) -> Ending {
        let last = self.rows.last().cloned().unwrap_or_default();
        Ending {
            open_positions: last.open_positions.into(),
            vault_tokens_atoms: last.vault_tokens_sum_atoms,
            pool_at_start_atoms: self.pool_at_start_atoms,
            pool_atoms: last.pool_balance_atoms,
            reserved_atoms: last.reserved_atoms,
            insurance_at_start_atoms: 0,
            insurance_atoms: last.insurance_balance_atoms,
        }
    }

    /// The flows with what everybody's accounts hold now.
    pub(super) fn flows(&self) -> Flows {
        let (address, ledger) = (self.world.keys.market, &self.market.ledger);
        let vaults = |side| -> u64 {
            let of_side = self.holdings.iter().filter(|holding| holding.side() == side);
            of_side.filter(|holding| holding.exists()).map(|it| self.world.token_balance(&it.vault)).sum()
        };
        let owners =
            self.holdings.iter().map(|holding| self.world.token_balance(&holding.owner.tokens)).sum();
        let held = Party::ALL.map(|party| {
            let (before_atoms, after_atoms) = match party {
                Party::Traders => (self.granted_atoms, owners),
                Party::Providers => {
                    (self.pool_at_start_atoms, self.world.token_balance(&self.world.lp.tokens))
                }
                Party::Keepers => (0, self.world.token_balance(&self.world.keeper.tokens)),
                Party::Longs => (0, vaults(crate::record::Side::Long)),
                Party::Shorts => (0, vaults(crate::record::Side::Short)),
                Party::Pool => (0, ledger.pool.get()),
                Party::Insurance => (0, self.world.token_balance(&pda::insurance_vault(&address))),
                Party::ProtocolFees => (0, ledger.protocol_fees.get()),
                Party::CrankBudget => (0, ledger.crank_budget.get()),
            };
            Held { party, before_atoms, after_atoms }
        });
        let supply_atoms = self.world.mint_supply(&self.world.mint);
        Flows { held: held.to_vec(), supply_atoms, ..self.money.flows.clone() }
    }
}
