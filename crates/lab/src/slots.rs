//! `bulkhead-lab slots`: how many positions of one market can be liquidated in a slot.
//!
//! The transactions are built as a keeper builds them, simulated in the embedded chain on positions that can be
//! liquidated, and put into blocks by agave's own cost model and cost tracker. See docs/benchmarks/slots.md.

pub mod cost;
pub mod ground;
pub mod transactions;

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use bulkhead_client::events::{AnyEvent, from_logs};
use clap::Args;
use solana_pubkey::Pubkey;
use solana_transaction::{InstructionError, TransactionError};

use crate::show::grouped;
use crate::world::World;
use cost::{Cost, LIMITS};
use ground::{Depth, crashed};
use transactions::{Built, Table, liquidate};

/// Largest transaction, most accounts that one may lock, most units.
pub const TRANSACTION_BYTES_MAX: usize = 1_232;
/// See [`TRANSACTION_BYTES_MAX`].
pub const LOCKS_MAX: usize = 64;
/// See [`TRANSACTION_BYTES_MAX`].
pub const UNITS_MAX: u64 = 1_400_000;
/// Positions of one market that a slot should be able to liquidate.
pub const GOAL: u64 = 800;
/// Beyond this no batch fits into the account locks.
const BATCH_MAX: usize = 26;
const PAGE_BYTES: u32 = 32 * 1024;

#[derive(Args, Clone, Debug)]
pub struct SlotsArgs {
    /// Also write the tables to this file.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// A batch of one size.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// How far the positions are gone.
    pub depth: Depth,
    /// What is in the lookup table.
    pub table: Table,
    /// Positions in the transaction.
    pub positions: usize,
    /// Its bytes.
    pub bytes: usize,
    /// Accounts locked.
    pub locks: usize,
    /// Units used.
    pub units: u64,
    /// Cost by what was used.
    pub cost: Cost,
    /// Cost by limits as a keeper sets them: a tenth more units, a page more of accounts.
    pub asked: Cost,
}

impl Row {
    /// Positions liquidated in a block.
    pub fn per_slot(&self) -> u64 {
        self.cost.per_block * self.positions as u64
    }

    /// Cost of one position, rounded up.
    pub fn each(&self) -> u64 {
        self.cost.total.div_ceil(self.positions as u64)
    }
}

/// Measures and prints. True if every depth reaches the goal in its best batch.
pub fn run(args: &SlotsArgs, out: &mut impl Write) -> Result<bool> {
    let rows = measure()?;
    let text = render(&rows);
    write!(out, "{text}")?;
    if let Some(file) = &args.out {
        std::fs::write(file, &text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(best(&rows).iter().all(|row| row.per_slot() >= GOAL))
}

/// Every batch that fits, of every depth and with either table.
pub fn measure() -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for depth in [Depth::Part, Depth::Whole, Depth::Insolvent] {
        let (mut world, positions) = crashed(BATCH_MAX, depth)?;
        for table in [Table::Market, Table::MarketAndPositions] {
            for count in 1..=BATCH_MAX {
                match row(&mut world, &positions[..count], depth, table)? {
                    Some(row) => rows.push(row),
                    None => break,
                }
            }
        }
    }
    Ok(rows)
}

fn row(world: &mut World, positions: &[Pubkey], depth: Depth, table: Table) -> Result<Option<Row>> {
    let probe = liquidate(world, positions, table, UNITS_MAX as u32, 64 * 1024 * 1024)?;
    let fits = |built: &Built| built.bytes <= TRANSACTION_BYTES_MAX && built.locks <= LOCKS_MAX;
    if !fits(&probe) {
        return Ok(None);
    }
    let Some(units) = simulate(world, &probe, positions.len())? else { return Ok(None) };
    let loaded = probe.loaded_bytes(world);
    let page = loaded.div_ceil(PAGE_BYTES) * PAGE_BYTES + PAGE_BYTES;
    let limit = (units + units.div_ceil(10)).min(UNITS_MAX) as u32;
    let built = liquidate(world, positions, table, limit, page)?;
    // With these limits it runs as it is sent.
    let units = simulate(world, &built, positions.len())?.context("it ran with wider limits")?;
    Ok(Some(Row {
        depth,
        table,
        positions: positions.len(),
        bytes: built.bytes,
        locks: built.locks,
        units,
        cost: cost::of(&built, Some((units, loaded)))?,
        asked: cost::of(&built, None)?,
    }))
}

/// Units of a transaction that liquidates all of its positions; none where it calls more than a transaction may:
/// 64 instructions, those called by others included. A liquidation is one and makes up to three transfers.
fn simulate(world: &World, built: &Built, positions: usize) -> Result<Option<u64>> {
    let meta = match world.svm.simulate_transaction(built.transaction.clone()) {
        Ok(simulated) => simulated.meta,
        Err(failed) => match failed.err {
            TransactionError::InstructionError(_, InstructionError::MaxInstructionTraceLengthExceeded) => {
                return Ok(None);
            }
            other => bail!("{other}\n{:#?}", failed.meta.logs),
        },
    };
    let done = liquidated(&meta.logs);
    ensure!(done == positions, "{done} of {positions} were liquidated: {:#?}", meta.logs);
    Ok(Some(meta.compute_units_consumed))
}

/// How many liquidations the logs tell of.
fn liquidated(logs: &[String]) -> usize {
    let events = from_logs(logs.iter().map(String::as_str)).events;
    events.iter().filter(|event| matches!(event, AnyEvent::PositionLiquidated(_))).count()
}

/// The best batch of each depth.
pub fn best(rows: &[Row]) -> Vec<Row> {
    let of_depth =
        |depth: Depth| rows.iter().filter(|row| row.depth == depth).max_by_key(|row| row.per_slot()).copied();
    [Depth::Part, Depth::Whole, Depth::Insolvent].into_iter().filter_map(of_depth).collect()
}

/// The tables as Markdown: one a transaction, the largest batch and the best of each kind.
pub fn render(rows: &[Row]) -> String {
    let mut text = String::from(
        "| liquidates | lookup table | in a transaction | bytes | locks | units | signature + locks + data + \
         loaded | cost | cost each | **a slot** | a slot, by limits asked for |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for depth in [Depth::Part, Depth::Whole, Depth::Insolvent] {
        for table in [Table::Market, Table::MarketAndPositions] {
            let of_kind = |row: &&Row| row.depth == depth && row.table == table;
            let largest = rows.iter().filter(of_kind).map(|row| row.positions).max().unwrap_or(0);
            let shown = [1, 2, 4, 8, largest];
            for row in rows.iter().filter(of_kind).filter(|row| shown.contains(&row.positions)) {
                write_row(&mut text, row);
            }
        }
    }
    let all_stopped = rows.iter().all(|row| row.cost.stopped_by_account);
    let by = if all_stopped { "the writable account" } else { "the writable account or the block" };
    let _ =
        writeln!(text, "\nWhat stops a block: {by}. For {GOAL} a slot one liquidation may cost {} units.", {
            grouped(LIMITS.account_cost / GOAL)
        });
    for row in best(rows) {
        let _ = writeln!(
            text,
            "Best, {}: {} in a transaction, {} a slot.",
            row.depth.label(),
            row.positions,
            grouped(row.per_slot())
        );
    }
    text
}

fn write_row(text: &mut String, row: &Row) {
    let Cost { signatures, write_locks, data, loaded, total, .. } = row.cost;
    let _ = writeln!(
        text,
        "| {} | {} | {} | {} | {} | {} | {signatures} + {write_locks} + {data} + {loaded} | {} | {} | **{}** | {} |",
        row.depth.label(),
        row.table.label(),
        row.positions,
        grouped(row.bytes as u64),
        row.locks,
        grouped(row.units),
        grouped(total),
        grouped(row.each()),
        grouped(row.per_slot()),
        grouped(row.asked.per_block * row.positions as u64),
    );
}
