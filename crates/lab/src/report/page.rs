//! Lays the report out.

use std::fmt::Write;

use super::charts::{Chart, Charts, Kind, Series};
use super::flows;
use super::html::{escape, json_in_script, plain_table, shown, summary_table};
use crate::path::instant::format_utc;
use crate::record::{Liquidation, RunRecord};
use crate::show::{grouped, percent, price_e8, quote};
use crate::summary::tables::{description, tables, verdict};

const STYLE: &str = include_str!("../../assets/report.css");
const SCRIPT: &str = include_str!("../../assets/report.js");
const UPLOT_STYLE: &str = include_str!("../../assets/vendor/uplot/uPlot.min.css");
const UPLOT_SCRIPT: &str = include_str!("../../assets/vendor/uplot/uPlot.iife.min.js");
const UPLOT_LICENSE: &str = include_str!("../../assets/vendor/uplot/LICENSE");

/// The page may load nothing at all: a report that is mailed around stays what it was.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
/// Rows of the tables that stand in for charts, and of the list of liquidations.
const FALLBACK_ROWS: usize = 24;
const LIQUIDATION_ROWS_MAX: usize = 1_000;

pub(super) fn page(run: &RunRecord, compared: Option<&RunRecord>, charts: &Charts) -> String {
    let runs: Vec<_> = std::iter::once(run).chain(compared).collect();
    let data = serde_json::to_string(charts).expect("charts are plain numbers and text");
    let mut html = String::new();
    let _ = write!(
        html,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>Bulkhead replay: {}</title>\n<style>{UPLOT_STYLE}</style>\n<style>{STYLE}</style>\
         </head>\n<body>",
        escape(&run.info.source),
    );
    html.push_str(&header(&runs));
    html.push_str("<main>");
    let tables = tables(&runs);
    let (promises, others) = tables.split_at(1);
    promises.iter().for_each(|table| html.push_str(&summary_table(table)));
    html.push_str(&chart_section(charts));
    runs.iter().for_each(|run| html.push_str(&flows::section(run)));
    html.push_str("<div class=\"columns\">");
    others.iter().for_each(|table| html.push_str(&summary_table(table)));
    html.push_str("</div>");
    html.push_str(&parameters(run));
    runs.iter().for_each(|run| html.push_str(&liquidation_list(run)));
    html.push_str("</main>");
    let _ = write!(
        html,
        "<footer>Made by bulkhead-lab {}. Times are UTC. Charts by uPlot (MIT).</footer>\n\
         <script type=\"application/json\" id=\"report-data\">{}</script>\n\
         <script>\n/* uPlot\n{UPLOT_LICENSE}\n*/\n{UPLOT_SCRIPT}</script>\n<script>{SCRIPT}</script>\
         </body></html>\n",
        env!("CARGO_PKG_VERSION"),
        json_in_script(&data),
    );
    html
}

fn header(runs: &[&RunRecord]) -> String {
    let mut html = String::from("<header><h1>Bulkhead replay</h1>");
    for run in runs {
        let tone = if run.summary.promises_hold() { "good" } else { "bad" };
        let whose = if runs.len() > 1 { format!("{}: ", run.info.margin.label()) } else { String::new() };
        let _ = write!(
            html,
            "<p class=\"verdict {tone}\">{}{}</p>",
            escape(&whose),
            escape(&verdict(&run.summary))
        );
    }
    for line in runs.first().map(|run| description(run)).unwrap_or_default() {
        let _ = write!(html, "<p class=\"about\">{}</p>", escape(&line));
    }
    html.push_str(
        "<p class=\"lead\">Real prices, or a built-in crash, replayed through the compiled program: \
         positions of both sides are opened by orders, margin follows volatility, and a keeper that anyone could run \
         liquidates.</p></header>",
    );
    html
}

fn chart_section(charts: &Charts) -> String {
    let mut html = String::from(
        "<section aria-label=\"Charts\">\
         <div class=\"toolbar\" role=\"group\" aria-label=\"Time shown\" hidden><span>Show</span>\
         <button type=\"button\" data-hours=\"0\" aria-pressed=\"true\">whole run</button>\
         <button type=\"button\" data-hours=\"24\" aria-pressed=\"false\">day of the low</button>\
         <button type=\"button\" data-hours=\"6\" aria-pressed=\"false\">six hours of the low</button>\
         <span class=\"hint\">drag to zoom, double-click to reset; arrow keys move the crosshair</span></div>\
         <noscript><p class=\"note\">The charts need JavaScript; their figures stand in the tables below \
         them.</p></noscript><div class=\"charts\">",
    );
    for chart in &charts.charts {
        html.push_str(&figure(chart, &charts.ts_secs));
    }
    html.push_str("</div></section>");
    html
}

fn figure(chart: &Chart, ts_secs: &[i64]) -> String {
    format!(
        "<figure class=\"card\" id=\"{id}\"><h2 id=\"{id}-title\">{title}</h2>\
         <figcaption>{about}</figcaption><div class=\"readout\"></div>\
         <div class=\"plot\" role=\"img\" tabindex=\"0\" aria-labelledby=\"{id}-title\" \
         aria-describedby=\"{id}-text\" style=\"min-height:{height}px\"></div>\
         <details><summary>Figures</summary><p id=\"{id}-text\">{text}</p>{table}</details></figure>",
        id = chart.id,
        title = escape(&chart.title),
        about = escape(&chart.about),
        height = chart.height_px,
        text = escape(&in_words(chart, ts_secs)),
        table = fallback_table(chart, ts_secs),
    )
}

/// First, last, lowest and highest value of each line.
fn in_words(chart: &Chart, ts_secs: &[i64]) -> String {
    let sentences = named_series(chart).filter_map(|series| {
        let points = || {
            let points = series.values.iter().zip(ts_secs);
            points.filter_map(|(value, ts)| Some(((*value)?, *ts)))
        };
        let ((first, _), (last, _)) = (points().next()?, points().next_back()?);
        let (low, low_secs) = points().min_by(|a, b| a.0.total_cmp(&b.0))?;
        let (high, high_secs) = points().max_by(|a, b| a.0.total_cmp(&b.0))?;
        let show = |value| shown(chart.unit, value);
        Some(if low == high {
            format!("{}: {} throughout.", series.label, show(first))
        } else {
            format!(
                "{}: {} at the start, {} at the end; lowest {} at {}, highest {} at {}.",
                series.label,
                show(first),
                show(last),
                show(low),
                format_utc(low_secs),
                show(high),
                format_utc(high_secs),
            )
        })
    });
    sentences.collect::<Vec<_>>().join(" ")
}

/// The lines that a reader can be told of: lower edges of bands share the name of the upper.
fn named_series(chart: &Chart) -> impl Iterator<Item = &Series> {
    chart.series.iter().filter(|series| !matches!(series.kind, Kind::BandLow | Kind::BandHigh | Kind::Told))
}

fn fallback_table(chart: &Chart, ts_secs: &[i64]) -> String {
    let heads: Vec<_> =
        std::iter::once("UTC").chain(named_series(chart).map(|series| series.label.as_str())).collect();
    let last = ts_secs.len().saturating_sub(1);
    let rows = (0..FALLBACK_ROWS.min(ts_secs.len())).map(|row| {
        let index = row * last / FALLBACK_ROWS.min(ts_secs.len()).saturating_sub(1).max(1);
        let cells = named_series(chart).map(|series| match series.values.get(index).copied().flatten() {
            Some(value) => shown(chart.unit, value),
            None => "-".to_owned(),
        });
        std::iter::once(format_utc(ts_secs[index])).chain(cells).collect()
    });
    plain_table(&chart.title, &heads, rows)
}

fn parameters(run: &RunRecord) -> String {
    if run.parameters.is_empty() {
        return String::new();
    }
    let rows = run.parameters.iter().map(|parameter| {
        [&parameter.name, &parameter.value, &parameter.meaning].map(|text| escape(text)).to_vec()
    });
    format!(
        "<section class=\"card parameters\"><h2>Parameters of the market</h2>{}</section>",
        plain_table("Parameters of the market", &["name", "value", "meaning"], rows)
    )
}

fn liquidation_list(run: &RunRecord) -> String {
    let count = run.liquidations.len();
    let shown_count = count.min(LIQUIDATION_ROWS_MAX);
    let title = format!("Every liquidation, {} ({})", run.info.margin.label(), grouped(count as u64));
    let heads = [
        "UTC",
        "position",
        "side",
        "reason",
        "index",
        "closed",
        "fee",
        "keeper",
        "q",
        "required",
        "shortfall",
    ];
    let rows = run.liquidations.iter().take(shown_count).map(|event| liquidation_row(event, run));
    let note = match count - shown_count {
        0 => String::new(),
        more => format!("<p class=\"note\">{} more are in the JSON record.</p>", grouped(more as u64)),
    };
    format!(
        "<details class=\"card\"><summary><h2>{}</h2></summary>{}{note}</details>",
        escape(&title),
        plain_table(&title, &heads, rows)
    )
}

fn liquidation_row(event: &Liquidation, run: &RunRecord) -> Vec<String> {
    let amount = |atoms| quote(atoms, run.info.quote_decimals);
    vec![
        format_utc(event.ts_secs),
        escape(&event.position),
        event.side.label().to_owned(),
        event.cause.label().to_owned(),
        price_e8(event.price_e8),
        amount(event.closed_notional_atoms),
        amount(event.fee_atoms),
        amount(event.keeper_pay_atoms),
        percent(event.q_ppm),
        percent(event.mm_total_ppm.into()),
        amount(event.shortfall_atoms),
    ]
}
