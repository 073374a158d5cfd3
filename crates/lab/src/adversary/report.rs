//! The tables.

use std::fmt::Write;

use super::orders::Others;
use super::{OrderRow, PathResult};
use crate::show::{grouped, percent};

/// All results as Markdown.
pub fn render(results: &[PathResult]) -> String {
    let mut text = String::new();
    let written = write_orders(&mut text, results)
        .and_then(|()| write_liquidators(&mut text, results))
        .and_then(|()| write_crankers(&mut text, results));
    written.expect("a string takes everything");
    text
}

/// Parts in 10^9 as ppm with three places.
fn ppm_of(ppb: i64) -> String {
    let sign = if ppb < 0 { "-" } else { "" };
    let ppb = ppb.unsigned_abs();
    format!("{sign}{}.{:03}", grouped(ppb / 1_000), ppb % 1_000)
}

fn usd(atoms: u64) -> String {
    format!("{}.{:02}", grouped(atoms / 1_000_000), atoms % 1_000_000 / 10_000)
}

fn others_of(others: Others) -> String {
    let pushes = match others.push_every {
        None => "nobody else pushes".to_owned(),
        Some(1) => "a push every second".to_owned(),
        Some(every) => format!("a push every {every} s"),
    };
    if others.execute { format!("{pushes}, and executes") } else { pushes }
}

fn write_orders(text: &mut String, results: &[PathResult]) -> std::fmt::Result {
    writeln!(text, "### Trader\n")?;
    writeln!(
        text,
        "| path | sigma a second, ppm | leg | others | orders | filled | profit an order, ppm | USD at 100,000 | \
         a filled order, ppm | with foresight, ppm | fee for less than 6 ppm |"
    )?;
    writeln!(text, "|---|--:|---|---|--:|--:|--:|--:|--:|--:|--:|")?;
    for result in results {
        for row in &result.orders {
            write_order(text, result, row)?;
        }
    }
    writeln!(text)
}

fn write_order(text: &mut String, result: &PathResult, row: &OrderRow) -> std::fmt::Result {
    let OrderRow { leg, others, live, fee_ppm } = row;
    let filled = live.fills * 1_000_000 / live.orders.max(1);
    let fee = fee_ppm.map_or_else(|| "above 5,000".to_owned(), |fee| grouped(fee.into()));
    writeln!(
        text,
        "| {} | {} | {leg} | {} | {} | {} | {} | {}.{:02} | {} | {} | {fee} |",
        result.name,
        result.sigma_ppb / 1_000,
        others_of(*others),
        grouped(live.orders),
        percent(filled as i64),
        ppm_of(live.per_order_ppb),
        live.per_order_ppb / 10_000,
        live.per_order_ppb / 100 % 100,
        live.per_fill_ppm,
        ppm_of(live.foresight_ppb),
    )
}

fn write_liquidators(text: &mut String, results: &[PathResult]) -> std::fmt::Result {
    writeln!(text, "### Liquidator\n")?;
    writeln!(
        text,
        "| path | victims | liquidated: honest | adversary | more | pay: honest USD | adversary USD | more, ppm of \
         the victims' notional | cost to victims: honest USD | adversary USD |"
    )?;
    writeln!(text, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
    for result in results {
        let found = &result.liquidator;
        let more = found.pay[1].saturating_sub(found.pay[0]);
        let more_ppb = u128::from(more) * 1_000_000_000 / u128::from(found.notional.max(1));
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            result.name,
            grouped(found.victims),
            grouped(found.hit[0]),
            grouped(found.hit[1]),
            grouped(found.hit[1].saturating_sub(found.hit[0])),
            usd(found.pay[0]),
            usd(found.pay[1]),
            ppm_of(more_ppb as i64),
            usd(found.lost[0]),
            usd(found.lost[1]),
        )?;
    }
    writeln!(text)
}

fn write_crankers(text: &mut String, results: &[PathResult]) -> std::fmt::Result {
    writeln!(text, "### Cranker\n")?;
    writeln!(
        text,
        "| path | m_target: honest | raised | lowered | lowered, minutes left out | m_ramp: honest | raised | \
         lowered | lowered, minutes left out | refreshes | liquidatable by a refresh |"
    )?;
    writeln!(text, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
    for result in results {
        let found = &result.cranker;
        let ways = [found.honest, found.raised, found.lowered, found.skipping];
        let targets = ways.map(|margins| percent(margins.target_ppm as i64)).join(" | ");
        let ramps = ways.map(|margins| percent(margins.ramp_ppm as i64)).join(" | ");
        let (name, refreshes) = (&result.name, grouped(found.refreshes));
        writeln!(text, "| {name} | {targets} | {ramps} | {refreshes} | {} |", found.tipped)?;
    }
    Ok(())
}
