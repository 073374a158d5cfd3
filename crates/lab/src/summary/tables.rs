//! One or two runs as tables of text: the single source of what terminal and report show.

use super::{Summary, Verdict};
use crate::path::instant::format_utc;
use crate::record::{MarginMode, RunRecord};
use crate::show::{duration, grouped, percent, quote, quote_signed};

pub struct Table {
    pub title: &'static str,
    /// One line under the title; may be empty.
    pub note: String,
    /// Heads of the value columns.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

pub struct Row {
    pub label: String,
    pub verdict: Option<Verdict>,
    /// One per column.
    pub cells: Vec<String>,
}

/// The tables of a run, or of two side by side.
pub fn tables(runs: &[&RunRecord]) -> Vec<Table> {
    let mut tables =
        vec![promises(runs), activity(runs), liquidations(runs), money(runs), transactions(runs)];
    tables.extend(runs.first().and_then(|run| failures(run)));
    tables.extend(runs.first().and_then(|run| compute_units(run)));
    tables
}

/// What was run, one sentence per line.
pub fn description(run: &RunRecord) -> Vec<String> {
    let info = &run.info;
    let gaps = match (info.gap_count, info.gap_minutes) {
        (0, _) => "no gaps".to_owned(),
        (1, minutes) => format!("one gap of {} minutes", grouped(minutes)),
        (count, minutes) => format!("{} gaps of {} minutes together", grouped(count), grouped(minutes)),
    };
    vec![
        info.source.clone(),
        format!(
            "{} to {} UTC: {} minutes, {}, {} oracle samples",
            format_utc(info.from_secs),
            format_utc(info.to_secs),
            grouped(info.bar_count),
            gaps,
            grouped(info.sample_count),
        ),
        format!(
            "{} positions wanted, {}, seed {}, path fingerprint {:016x}, replayed in {}",
            grouped(info.positions_wanted.into()),
            info.rates.label(),
            info.seed,
            info.path_fingerprint,
            duration(info.elapsed_secs),
        ),
    ]
}

/// `All 6 promises hold.`, or how many are broken.
pub fn verdict(summary: &Summary) -> String {
    let count = |wanted| summary.checks().iter().filter(|check| check.verdict == wanted).count();
    let (held, broken) = (count(Verdict::Holds), count(Verdict::Broken));
    match broken {
        _ if summary.promises.book_checks == 0 => "Nothing is proved: the books were never checked.".into(),
        0 => format!("All {held} promises hold."),
        _ => format!("{broken} of {} promises BROKEN.", held + broken),
    }
}

fn columns(runs: &[&RunRecord]) -> Vec<String> {
    runs.iter().map(|run| run.info.margin.label().to_owned()).collect()
}

fn table(title: &'static str, runs: &[&RunRecord], rows: Vec<Row>) -> Table {
    Table { title, note: String::new(), columns: columns(runs), rows }
}

fn row(label: &str, runs: &[&RunRecord], cell: impl Fn(&RunRecord) -> String) -> Row {
    Row { label: label.to_owned(), verdict: None, cells: runs.iter().map(|run| cell(run)).collect() }
}

fn count_row(label: &str, runs: &[&RunRecord], count: impl Fn(&Summary) -> u64) -> Row {
    row(label, runs, |run| grouped(count(&run.summary)))
}

fn quote_row(label: &str, runs: &[&RunRecord], atoms: impl Fn(&Summary) -> u64) -> Row {
    row(label, runs, |run| quote(atoms(&run.summary), run.info.quote_decimals))
}

fn promises(runs: &[&RunRecord]) -> Table {
    let per_run: Vec<_> = runs.iter().map(|run| run.summary.checks()).collect();
    let worst = |index: usize| {
        let verdicts = per_run.iter().map(|checks| checks[index].verdict);
        verdicts.max_by_key(|verdict| *verdict == Verdict::Broken)
    };
    let checks = per_run.first().map_or(&[][..], Vec::as_slice);
    let mut rows: Vec<_> = checks
        .iter()
        .enumerate()
        .map(|(index, check)| Row {
            label: check.label.to_owned(),
            verdict: worst(index),
            cells: per_run.iter().map(|checks| checks[index].value.clone()).collect(),
        })
        .collect();
    // With one run there is room for what the float model of the rule gave.
    let mut columns = columns(runs);
    if runs.len() == 1 {
        columns.push("float model".into());
        rows.iter_mut().zip(checks).for_each(|(row, check)| row.cells.push(check.reference.to_owned()));
    }
    let book_checks = runs.first().map_or(0, |run| run.summary.promises.book_checks);
    let note = format!("The books were compared with the token accounts {} times.", grouped(book_checks));
    Table { title: "Promises", note, columns, rows }
}

fn activity(runs: &[&RunRecord]) -> Table {
    let rows = vec![
        row("margin (m_ramp): lowest, mean, highest", runs, margin_range),
        count_row("positions opened, long", runs, |summary| summary.opened_long),
        count_row("positions opened, short", runs, |summary| summary.opened_short),
        count_row("orders executed", runs, |summary| summary.orders_executed),
        count_row("orders cancelled", runs, |summary| summary.orders_cancelled),
        count_row("market updates", runs, |summary| summary.market_updates),
        count_row("refreshes", runs, |summary| summary.refreshes),
        count_row("flags", runs, |summary| summary.flags),
        count_row("positions open at the end", runs, |summary| summary.ending.open_positions),
    ];
    table("What happened", runs, rows)
}

fn margin_range(run: &RunRecord) -> String {
    if let MarginMode::Static { margin_ppm } = run.info.margin {
        return percent(margin_ppm.into());
    }
    match (run.margins_ppm().min(), run.mean_margin_ppm(), run.margins_ppm().max()) {
        (Some(min), Some(mean), Some(max)) => {
            [min, mean, max].map(|margin_ppm| percent(margin_ppm.into())).join(" / ")
        }
        _ => "-".into(),
    }
}

fn liquidations(runs: &[&RunRecord]) -> Table {
    let rows = vec![
        count_row("below maintenance, partial", runs, |summary| {
            summary.liquidations.below_maintenance_partial
        }),
        count_row("below maintenance, full", runs, |summary| summary.liquidations.below_maintenance_full),
        count_row("insolvent", runs, |summary| summary.liquidations.insolvent),
        count_row("positions that these fell on", runs, |summary| summary.liquidations.positions),
        count_row("payout capped, settled", runs, |summary| summary.liquidations.payout_capped),
        quote_row("notional closed", runs, |summary| summary.liquidations.closed_notional_atoms),
        quote_row("liquidation fees", runs, |summary| summary.liquidations.fee_atoms),
        quote_row("paid to keepers", runs, |summary| summary.liquidations.keeper_pay_atoms),
    ];
    table("Liquidations", runs, rows)
}

fn money(runs: &[&RunRecord]) -> Table {
    let rows = vec![
        quote_row("shortfall borne by the pool", runs, |summary| summary.shortfall.amount_atoms),
        count_row("shortfalls", runs, |summary| summary.shortfall.count),
        quote_row("of it covered by insurance", runs, |summary| summary.shortfall.insured_atoms),
        quote_row("pool at the start", runs, |summary| summary.ending.pool_at_start_atoms),
        quote_row("pool at the end", runs, |summary| summary.ending.pool_atoms),
        row("pool's result", runs, |run| {
            let ending = &run.summary.ending;
            change(ending.pool_at_start_atoms, ending.pool_atoms, run.info.quote_decimals)
        }),
        quote_row("reserved for payouts at the end", runs, |summary| summary.ending.reserved_atoms),
        row("insurance's result", runs, |run| {
            let ending = &run.summary.ending;
            change(ending.insurance_at_start_atoms, ending.insurance_atoms, run.info.quote_decimals)
        }),
        quote_row("tokens in vaults at the end", runs, |summary| summary.ending.vault_tokens_atoms),
    ];
    let symbol = runs.first().map_or("", |run| run.info.quote_symbol.as_str());
    Table { note: format!("Amounts in {symbol}."), ..table("Money", runs, rows) }
}

fn change(from_atoms: u64, to_atoms: u64, decimals: u8) -> String {
    let change = i128::from(to_atoms) - i128::from(from_atoms);
    let text = quote_signed(change.clamp(i64::MIN.into(), i64::MAX.into()) as i64, decimals);
    if change > 0 { format!("+{text}") } else { text }
}

fn transactions(runs: &[&RunRecord]) -> Table {
    let rows = vec![
        count_row("sent", runs, |summary| summary.transactions.sent),
        count_row("failed", runs, |summary| summary.transactions.failed),
    ];
    table("Transactions", runs, rows)
}

fn failures(run: &RunRecord) -> Option<Table> {
    let rows: Vec<_> = run
        .summary
        .transactions
        .failures
        .iter()
        .map(|failure| Row {
            label: format!("{}: {}", failure.instruction, failure.error),
            verdict: None,
            cells: vec![grouped(failure.count)],
        })
        .collect();
    let columns = vec!["times".into()];
    (!rows.is_empty()).then(|| Table { title: "What failed", note: String::new(), columns, rows })
}

fn compute_units(run: &RunRecord) -> Option<Table> {
    let rows: Vec<_> = run
        .summary
        .compute_units
        .iter()
        .map(|units| Row {
            label: units.instruction.clone(),
            verdict: None,
            cells: [units.count, units.min, units.median, units.max].map(grouped).to_vec(),
        })
        .collect();
    let columns = ["times", "min", "median", "max"].map(str::to_owned).to_vec();
    (!rows.is_empty()).then(|| Table { title: "Compute units", note: String::new(), columns, rows })
}
