//! Sends transactions and counts: what went through, what failed, what it cost.

use std::collections::BTreeMap;

use anyhow::Result;
use bulkhead_client::error;
use bulkhead_client::events::{AnyEvent, from_logs};
use solana_instruction::Instruction;

use crate::record::Liquidation;
use crate::summary::{Ending, Failure, InstructionUnits, LiquidationCounts, Shortfall, Summary};
use crate::world::World;

#[derive(Default)]
pub(super) struct Tally {
    /// Counts that are added to directly; the rest is filled in at the end.
    pub(super) summary: Summary,
    units: BTreeMap<&'static str, Vec<u64>>,
    failures: BTreeMap<(String, String), u64>,
}

impl Tally {
    /// Sends one transaction; its events, or none if it failed.
    pub(super) fn send(
        &mut self,
        world: &mut World,
        instructions: &[Instruction],
    ) -> Result<Option<Vec<AnyEvent>>> {
        self.summary.transactions.sent += 1;
        let done = match world.send(instructions) {
            Ok(done) => done,
            Err(failed) => {
                self.summary.transactions.failed += 1;
                let known = error::from_logs(failed.logs.iter().map(String::as_str));
                let error = known.map_or_else(|| failed.error.to_string(), |known| known.name);
                *self.failures.entry((failed.instruction.to_owned(), error)).or_default() += 1;
                return Ok(None);
            }
        };
        for used in &done.uses {
            self.units.entry(used.name).or_default().push(used.units);
        }
        let logged = from_logs(done.logs.iter().map(String::as_str));
        anyhow::ensure!(logged.unreadable.is_empty(), "unreadable events: {:?}", logged.unreadable);
        Ok(Some(logged.events))
    }

    pub(super) fn into_summary(self, liquidations: &[Liquidation], ending: Ending) -> Summary {
        let mut failures: Vec<_> = self
            .failures
            .into_iter()
            .map(|((instruction, error), count)| Failure { instruction, error, count })
            .collect();
        failures.sort_by_key(|failure| std::cmp::Reverse(failure.count));
        let units = self.units.into_iter();
        let mut summary = Summary {
            liquidations: LiquidationCounts::of(liquidations),
            compute_units: units.filter_map(|(name, units)| InstructionUnits::of(name, units)).collect(),
            ending,
            ..self.summary
        };
        summary.transactions.failures = failures;
        summary
    }

    pub(super) fn note_shortfall(&mut self, amount_atoms: u64) {
        let Shortfall { count, amount_atoms: sum, .. } = &mut self.summary.shortfall;
        *count += u64::from(amount_atoms > 0);
        *sum += amount_atoms;
    }
}
