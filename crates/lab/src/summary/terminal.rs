//! The tables as plain text, aligned, within 100 columns.

use std::fmt::Write;

use super::Verdict;
use super::tables::{Row, Table, description, tables, verdict};
use crate::record::RunRecord;

const MARK_WIDTH: usize = 6;
const LABEL_WIDTH: usize = 58;
const INDENT_WIDTH: usize = 2;
const LINE_WIDTH: usize = 100;

/// The summary of a run, or of two side by side.
pub fn render(run: &RunRecord, compared: Option<&RunRecord>) -> String {
    let runs: Vec<_> = std::iter::once(run).chain(compared).collect();
    let mut text = String::from("Bulkhead replay\n");
    for line in description(run) {
        let _ = writeln!(text, "  {line}");
    }
    for table in tables(&runs) {
        render_table(&mut text, &table);
    }
    text.push('\n');
    for run in &runs {
        let whose = if runs.len() > 1 { format!("{}: ", run.info.margin.label()) } else { String::new() };
        let _ = writeln!(text, "{whose}{}", verdict(&run.summary));
    }
    text
}

fn render_table(text: &mut String, table: &Table) {
    let widths: Vec<_> = (0..table.columns.len()).map(|column| column_width(table, column)).collect();
    let room = LINE_WIDTH - INDENT_WIDTH - MARK_WIDTH - widths.iter().map(|width| width + 2).sum::<usize>();
    let label_width = LABEL_WIDTH.min(room);
    let heads = Row { label: String::new(), verdict: None, cells: table.columns.clone() };
    let _ = writeln!(text, "\n{}", table.title);
    if table.columns.len() > 1 {
        render_row(text, &heads, label_width, &widths);
    }
    for row in &table.rows {
        render_row(text, row, label_width, &widths);
    }
    if !table.note.is_empty() {
        let _ = writeln!(text, "{:INDENT_WIDTH$}{}", "", table.note);
    }
}

fn column_width(table: &Table, column: usize) -> usize {
    let cells = table.rows.iter().filter_map(|row| row.cells.get(column));
    let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
    widest.max(table.columns[column].chars().count())
}

fn render_row(text: &mut String, row: &Row, label_width: usize, widths: &[usize]) {
    let mark = match row.verdict {
        Some(Verdict::Holds) => "pass  ",
        Some(Verdict::Broken) => "FAIL  ",
        Some(Verdict::Measured) => "-     ",
        None => "",
    };
    let label_width = label_width + MARK_WIDTH - mark.len();
    let mut line = format!("  {mark}{:label_width$}", row.label);
    for (cell, width) in row.cells.iter().zip(widths) {
        let _ = write!(line, "  {cell:>width$}");
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::MarginMode;
    use crate::summary::fixture;

    #[test]
    fn render_fits_a_hundred_columns_of_plain_text() {
        let run = fixture::record();
        let mut fixed = fixture::record();
        fixed.info.margin = MarginMode::Static { margin_ppm: 41_200 };
        for text in [render(&run, None), render(&run, Some(&fixed))] {
            assert!(text.is_ascii());
            for line in text.lines() {
                assert!(line.len() <= LINE_WIDTH, "{line}");
                assert_eq!(line, line.trim_end());
            }
        }
    }

    #[test]
    fn render_shows_a_broken_promise_as_one() {
        let mut run = fixture::record();
        assert!(render(&run, None).ends_with("\nAll 6 promises hold.\n"));
        run.summary.promises.payouts_refused = 2;
        let text = render(&run, None);
        assert!(text.contains("  FAIL  payouts refused by the pool"));
        assert!(text.ends_with("\n1 of 6 promises BROKEN.\n"));
    }

    #[test]
    fn render_puts_two_runs_side_by_side() {
        let run = fixture::record();
        let mut fixed = fixture::record();
        fixed.info.margin = MarginMode::Static { margin_ppm: 41_200 };
        fixed.summary.liquidations.insolvent = 17;
        fixed.summary.promises.losses_beyond_vault = 1;
        let text = render(&run, Some(&fixed));
        let line = |label: &str| text.lines().find(|line| line.contains(label)).unwrap().to_owned();
        let cells = |label: &str| {
            let line = line(label);
            line.split_whitespace().rev().take(2).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(cells("  insolvent"), ["17", "3"]);
        assert!(line("loss exceeded").starts_with("  FAIL"));
        assert!(
            text.contains(
                "volatility-scaled: All 6 promises hold.\nstatic margin: 1 of 6 promises BROKEN.\n"
            )
        );
    }
}
