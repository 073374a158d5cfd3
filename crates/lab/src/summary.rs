//! The counts that prove or break the promises, and what else a run adds up to.
//!
//! [`tables`] turns one or two runs into tables of text; [`terminal`] prints them, the report lays them out
//! as HTML.

pub mod tables;
pub mod terminal;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::record::{Cause, Liquidation};
use crate::show::{grouped, grouped_signed, share};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub opened_long: u64,
    pub opened_short: u64,
    pub orders_executed: u64,
    pub orders_cancelled: u64,
    pub market_updates: u64,
    pub refreshes: u64,
    pub flags: u64,
    pub liquidations: LiquidationCounts,
    pub promises: PromiseCounts,
    pub shortfall: Shortfall,
    pub ending: Ending,
    pub transactions: Transactions,
    pub compute_units: Vec<InstructionUnits>,
}

/// Counted from the events alone; see [`LiquidationCounts::of`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiquidationCounts {
    pub below_maintenance_partial: u64,
    pub below_maintenance_full: u64,
    pub insolvent: u64,
    pub payout_capped: u64,
    /// Different positions that were liquidated, once or often, settled ones not among them.
    pub positions: u64,
    /// Made by a refresh at its own sample.
    pub made_by_refresh: u64,
    /// At a q not below the one at opening, or after size or collateral last changed.
    pub not_below_opening: u64,
    /// At a q not below the lowest the position had already survived.
    pub not_below_survived: u64,
    /// That the requirement of before the last minute's refresh would have spared.
    pub spared_before_refresh: u64,
    pub closed_notional_atoms: u64,
    pub fee_atoms: u64,
    pub keeper_pay_atoms: u64,
}

impl LiquidationCounts {
    pub fn of(liquidations: &[Liquidation]) -> Self {
        let mut counts = Self::default();
        for event in liquidations {
            counts.add(event);
        }
        let forced = liquidations.iter().filter(|event| event.cause != Cause::PayoutCapped);
        let positions: HashSet<_> = forced.map(|event| event.position.as_str()).collect();
        counts.positions = positions.len() as u64;
        counts
    }

    fn add(&mut self, event: &Liquidation) {
        match event.cause {
            Cause::BelowMaintenancePartial => self.below_maintenance_partial += 1,
            Cause::BelowMaintenanceFull => self.below_maintenance_full += 1,
            Cause::Insolvent => self.insolvent += 1,
            Cause::PayoutCapped => self.payout_capped += 1,
        }
        self.closed_notional_atoms += event.closed_notional_atoms;
        self.fee_atoms += event.fee_atoms;
        self.keeper_pay_atoms += event.keeper_pay_atoms;
        if event.cause == Cause::PayoutCapped {
            // Settled at its gain: nothing was taken from its owner, so none of the counts below is about it.
            return;
        }
        let spared = |mm_total_ppm: u32| event.q_ppm >= i64::from(mm_total_ppm);
        self.made_by_refresh += u64::from(event.made_by_refresh);
        self.not_below_opening += u64::from(event.q_ppm >= event.q_opening_ppm);
        self.not_below_survived += u64::from(event.q_lowest_survived_ppm.is_some_and(|q| event.q_ppm >= q));
        self.spared_before_refresh += u64::from(event.mm_total_before_refresh_ppm.is_some_and(spared));
    }

    /// All but the settled ones: the whole of which the shares are taken.
    pub fn forced(&self) -> u64 {
        self.below_maintenance_partial + self.below_maintenance_full + self.insolvent
    }
}

/// What must be nought. The runner looks at every account it knows after every minute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromiseCounts {
    /// Positions that lost more than ever went into their own vault.
    pub losses_beyond_vault: u64,
    /// Profits that the pool could not or did not pay.
    pub payouts_refused: u64,
    /// How often the books were compared with the token accounts.
    pub book_checks: u64,
    /// Largest difference seen (by size): tokens in all vaults, less booked collateral, less donations.
    pub vaults_difference_atoms: i64,
    /// The same for the pool and the insurance vault.
    pub pool_difference_atoms: i64,
    /// See [`crate::flows::Flows::difference_atoms`].
    pub flows_difference_atoms: i64,
}

/// Losses beyond a position's collateral, which the pool bears.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortfall {
    pub count: u64,
    pub amount_atoms: u64,
    /// Of it, what the insurance vault covered.
    pub insured_atoms: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    pub open_positions: u64,
    pub vault_tokens_atoms: u64,
    pub pool_at_start_atoms: u64,
    pub pool_atoms: u64,
    pub reserved_atoms: u64,
    pub insurance_at_start_atoms: u64,
    pub insurance_atoms: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transactions {
    pub sent: u64,
    pub failed: u64,
    /// What the failed ones failed with, most frequent first.
    pub failures: Vec<Failure>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub instruction: String,
    pub error: String,
    pub count: u64,
}

/// Compute units of one instruction over the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstructionUnits {
    pub instruction: String,
    pub count: u64,
    pub min: u64,
    pub median: u64,
    pub max: u64,
}

impl InstructionUnits {
    /// None where there is no measurement. The median of an even count is the lower of the middle two.
    pub fn of(instruction: &str, mut units: Vec<u64>) -> Option<Self> {
        units.sort_unstable();
        Some(Self {
            instruction: instruction.to_owned(),
            count: units.len() as u64,
            min: *units.first()?,
            median: units[(units.len() - 1) / 2],
            max: *units.last()?,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Must be nought, and is.
    Holds,
    /// Must be nought, and is not.
    Broken,
    /// Has no bound; stands beside what the float model of the rule gave.
    Measured,
}

/// One line of the proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub label: &'static str,
    pub value: String,
    pub verdict: Verdict,
    /// For measured ones, what to compare with; empty where there is nothing.
    pub reference: &'static str,
}

impl Check {
    fn must_be_zero(label: &'static str, count: i64) -> Self {
        let verdict = if count == 0 { Verdict::Holds } else { Verdict::Broken };
        Self { label, value: grouped_signed(count), verdict, reference: "" }
    }

    fn measured(label: &'static str, part: u64, whole: u64, reference: &'static str) -> Self {
        let value = format!("{}  ({})", grouped(part), share(part, whole));
        Self { label, value, verdict: Verdict::Measured, reference }
    }
}

impl Summary {
    /// The proof, in the order in which it is shown: what must be nought first.
    pub fn checks(&self) -> Vec<Check> {
        let (counts, promises) = (&self.liquidations, &self.promises);
        let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let forced = counts.forced();
        vec![
            Check::must_be_zero(
                "liquidations made by a refresh at its own sample",
                signed(counts.made_by_refresh),
            ),
            Check::must_be_zero(
                "positions whose loss exceeded their own vault",
                signed(promises.losses_beyond_vault),
            ),
            Check::must_be_zero("payouts refused by the pool", signed(promises.payouts_refused)),
            Check::must_be_zero("vaults: tokens less booked, in atoms", promises.vaults_difference_atoms),
            Check::must_be_zero(
                "pool and insurance: tokens less booked, in atoms",
                promises.pool_difference_atoms,
            ),
            Check::must_be_zero("who paid whom: held less flows, in atoms", promises.flows_difference_atoms),
            Check::measured(
                "liquidated at a q not below that at opening or last change",
                counts.not_below_opening,
                forced,
                "0",
            ),
            Check::measured(
                "at a q not below the lowest already survived",
                counts.not_below_survived,
                forced,
                "0.5 %",
            ),
            Check::measured(
                "that mm_pos of before the last refresh would have spared",
                counts.spared_before_refresh,
                forced,
                "0.1 %",
            ),
        ]
    }

    /// True only if the books were looked at and nothing that must be nought is not.
    pub fn promises_hold(&self) -> bool {
        self.promises.book_checks > 0 && self.checks().iter().all(|check| check.verdict != Verdict::Broken)
    }
}

#[cfg(test)]
pub(crate) mod fixture;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Side;

    fn event(cause: Cause) -> Liquidation {
        Liquidation {
            ts_secs: 0,
            position: "L001".into(),
            side: Side::Long,
            cause,
            price_e8: 1,
            closed_notional_atoms: 1_000,
            fee_atoms: 5,
            keeper_pay_atoms: 3,
            shortfall_atoms: 0,
            q_ppm: 20_000,
            mm_total_ppm: 25_000,
            q_opening_ppm: 50_000,
            q_lowest_survived_ppm: Some(21_000),
            mm_total_before_refresh_ppm: Some(24_000),
            made_by_refresh: false,
        }
    }

    #[test]
    fn liquidations_are_counted_by_cause_and_by_what_they_break() {
        let events = [
            event(Cause::BelowMaintenancePartial),
            Liquidation { q_lowest_survived_ppm: Some(20_000), ..event(Cause::BelowMaintenanceFull) },
            Liquidation { mm_total_before_refresh_ppm: Some(20_000), ..event(Cause::BelowMaintenanceFull) },
            Liquidation { q_ppm: 50_000, q_lowest_survived_ppm: None, ..event(Cause::Insolvent) },
            Liquidation { made_by_refresh: true, ..event(Cause::Insolvent) },
            Liquidation { q_ppm: 900_000, made_by_refresh: true, ..event(Cause::PayoutCapped) },
        ];
        let expected = LiquidationCounts {
            below_maintenance_partial: 1,
            below_maintenance_full: 2,
            insolvent: 2,
            payout_capped: 1,
            positions: 1,
            made_by_refresh: 1,
            not_below_opening: 1,
            not_below_survived: 1,
            spared_before_refresh: 2,
            closed_notional_atoms: 6_000,
            fee_atoms: 30,
            keeper_pay_atoms: 18,
        };
        assert_eq!(LiquidationCounts::of(&events), expected);
        assert_eq!(expected.forced(), 5);
    }

    #[test]
    fn promises_hold_only_if_every_count_is_nought_and_the_books_were_checked() {
        let good = fixture::summary();
        assert!(good.promises_hold());
        let breaks: [fn(&mut Summary); 7] = [
            |summary| summary.liquidations.made_by_refresh = 1,
            |summary| summary.promises.losses_beyond_vault = 1,
            |summary| summary.promises.payouts_refused = 1,
            |summary| summary.promises.vaults_difference_atoms = -1,
            |summary| summary.promises.pool_difference_atoms = 1,
            |summary| summary.promises.flows_difference_atoms = -1,
            |summary| summary.promises.book_checks = 0,
        ];
        for spoil in breaks {
            let mut summary = good.clone();
            spoil(&mut summary);
            assert!(!summary.promises_hold());
        }
    }

    #[test]
    fn units_have_a_median_or_are_none() {
        let units = InstructionUnits::of("liquidate", vec![40, 10, 30, 20]).unwrap();
        assert_eq!((units.count, units.min, units.median, units.max), (4, 10, 20, 40));
        assert_eq!(InstructionUnits::of("flag", vec![]), None);
    }
}
