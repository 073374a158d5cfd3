//! The tables.

use std::fmt::Write;

use super::feed::{Event, SYMBOLS};
use super::scenario::{Scenario, Venue};
use super::tally::Tally;
use crate::show::{grouped, percent};

/// What one run came to.
#[derive(Clone, Debug)]
pub struct Row {
    /// Event.
    pub event: String,
    /// Keepers and chain.
    pub scenario: Scenario,
    /// Venue.
    pub venue: Venue,
    /// Counts.
    pub tally: Tally,
}

/// Whether the protocol kept its promises in all of them, and no venue lost an atom.
pub fn holds(rows: &[Row]) -> bool {
    rows.iter().all(|row| {
        let sealed = row.venue.is_pooled() || row.tally.contagion == 0;
        row.tally.books_balance && row.tally.winners_unpaid == 0 && sealed
    })
}

fn usd(atoms: u64) -> String {
    grouped(atoms / 1_000_000)
}

fn usd_signed(atoms: i128) -> String {
    let sign = if atoms < 0 { "-" } else { "" };
    format!("{sign}{}", usd(atoms.unsigned_abs() as u64))
}

/// All rows as Markdown, one table an event.
pub fn render(events: &[Event], rows: &[Row]) -> String {
    let mut text = String::new();
    for event in events {
        let of_event: Vec<_> = rows.iter().filter(|row| row.event == event.name).collect();
        write_event(&mut text, event, &of_event).expect("a string takes everything");
    }
    text
}

fn write_event(text: &mut String, event: &Event, rows: &[&Row]) -> std::fmt::Result {
    writeln!(text, "### {}\n", event.name)?;
    let falls = [0, 1]
        .map(|market: usize| format!("{} {}", SYMBOLS[market], percent(event.worst_fall_ppm[market] as i64)));
    let both = |margins: [u32; 2]| margins.map(|ppm| percent(ppm.into())).join(" and ");
    if let Some(first) = rows.first().map(|row| &row.tally) {
        writeln!(
            text,
            "Worst half hour: {}. Mean m_ramp of BTC and ETH: {} until then, {} over all.\n",
            falls.join(", "),
            both(first.mean_ramp_before_ppm),
            both(first.mean_ramp_ppm)
        )?;
    }
    writeln!(
        text,
        "| keepers | venue | opened | bad debt USD | ppm of notional | insurance used USD | pools' result USD \
         | liquidated: positions, part / whole acts | insolvent | own equity sound | winners unpaid \
         | gave up | slowest s | overshoot BTC / ETH |"
    )?;
    writeln!(text, "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
    for row in rows {
        let tally = &row.tally;
        let overshoot = tally.overshoot_ppm.map(|ppm| percent(ppm as i64));
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {}, {} / {} | {} | {} | {} | {} | {} | {} / {} |",
            row.scenario.name,
            row.venue.label(),
            grouped(tally.opened.into()),
            usd(tally.bad_debt),
            grouped(tally.bad_debt_ppm()),
            usd(tally.insurance_used),
            usd_signed(tally.pool_result),
            grouped(tally.hit.into()),
            grouped(tally.parts.into()),
            grouped(tally.wholes.into()),
            grouped(tally.insolvent.into()),
            grouped(tally.contagion.into()),
            tally.winners_unpaid,
            grouped(tally.gave_up.into()),
            tally.slowest_secs,
            overshoot[0],
            overshoot[1],
        )?;
    }
    writeln!(text)
}
