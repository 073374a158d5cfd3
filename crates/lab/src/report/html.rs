//! Escaping, tables and numbers in HTML.

use std::fmt::Write;

use super::charts::Unit;
use crate::show::grouped;
use crate::summary::Verdict;
use crate::summary::tables::Table;

/// Text as HTML, in elements and in quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// JSON that may stand inside a script element: no markup can begin in it.
pub(super) fn json_in_script(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// A table of the summary.
pub(super) fn summary_table(table: &Table) -> String {
    let class = if table.columns.len() > 1 { "card stack" } else { "card" };
    let mut html = format!("<section class=\"{class}\"><h2>{}</h2>", escape(table.title));
    let heads: Vec<_> = std::iter::once("").chain(table.columns.iter().map(String::as_str)).collect();
    let heads = if table.columns.len() > 1 { &heads[..] } else { &[] };
    let rows = table.rows.iter().map(|row| {
        let label = format!("{}{}", row.verdict.map_or("", chip), escape(&row.label));
        std::iter::once(label).chain(row.cells.iter().map(|cell| escape(cell))).collect()
    });
    html.push_str(&plain_table(table.title, heads, rows));
    if !table.note.is_empty() {
        let _ = write!(html, "<p class=\"note\">{}</p>", escape(&table.note));
    }
    html.push_str("</section>");
    html
}

fn chip(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "<span class=\"chip good\">✓ holds</span>",
        Verdict::Broken => "<span class=\"chip bad\">✗ broken</span>",
        Verdict::Measured => "<span class=\"chip\">measured</span>",
    }
}

/// A table whose first column heads its rows. Cells are HTML already; `heads` may be empty.
pub(super) fn plain_table(caption: &str, heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut html = String::from("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    let value_count = heads.len().saturating_sub(1);
    let _ =
        write!(html, "{0}\" style=\"--values:{value_count}\"><table><caption>{0}</caption>", escape(caption));
    if !heads.is_empty() {
        html.push_str("<thead><tr>");
        for head in heads {
            let _ = match *head {
                "" => write!(html, "<td></td>"),
                head => write!(html, "<th scope=\"col\">{}</th>", escape(head)),
            };
        }
        html.push_str("</tr></thead>");
    }
    html.push_str("<tbody>");
    for cells in rows {
        html.push_str("<tr>");
        for (index, cell) in cells.iter().enumerate() {
            let _ = match index {
                0 => write!(html, "<th scope=\"row\">{cell}</th>"),
                _ => write!(html, "<td>{cell}</td>"),
            };
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div>");
    html
}

/// A charted value as text.
pub(super) fn shown(unit: Unit, value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    let size = value.abs();
    let with_decimals = |decimals: usize| {
        let text = format!("{size:.decimals$}");
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
        if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") }
    };
    let text = match unit {
        Unit::Usd if size < 10.0 => with_decimals(6),
        Unit::Usd => with_decimals(2),
        Unit::Quote | Unit::Count => with_decimals(0),
        Unit::Percent => format!("{} %", with_decimals(2)),
        Unit::BasisPoints => format!("{} bp", with_decimals(1)),
    };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(escape("<b a=\"1\" c='2'>&"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
        assert_eq!(json_in_script("\"</script><!--\""), "\"\\u003c/script>\\u003c!--\"");
    }

    #[test]
    fn values_are_shown_in_their_unit() {
        assert_eq!(shown(Unit::Usd, 60_123.456), "60,123.46");
        assert_eq!(shown(Unit::Usd, 0.875), "0.875000");
        assert_eq!(shown(Unit::Quote, -1_234_567.8), "-1,234,568");
        assert_eq!(shown(Unit::Percent, 3.3456), "3.35 %");
        assert_eq!(shown(Unit::BasisPoints, 4.04), "4.0 bp");
        assert_eq!(shown(Unit::Count, 12.0), "12");
    }
}
