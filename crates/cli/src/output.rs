//! What a command prints: text for people or JSON for programs on standard output, progress on the other.

use clap::ValueEnum;
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::{Value, json};

use crate::error::CliError;

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON value.
    Json,
}

/// A result in both forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// For people.
    pub text: String,
    /// For programs.
    pub json: Value,
}

impl Report {
    /// A result with its two forms.
    pub fn new(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json }
    }

    /// Prints it on standard output.
    pub fn print(&self, format: Format) {
        match format {
            Format::Text => println!("{}", self.text.trim_end()),
            Format::Json => println!("{:#}", self.json),
        }
    }
}

/// Prints an error where errors go.
pub fn print_error(error: &CliError, format: Format) {
    match format {
        Format::Text => eprintln!("error: {error}"),
        Format::Json => {
            let value = json!({ "error": {
                "kind": error.kind(), "name": error.name(), "message": error.to_string(),
            }});
            // One line, the last one: progress may stand before it.
            eprintln!("{value}");
        }
    }
}

/// Rows under headings, without lines.
pub fn table(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_header(headings.to_vec()).add_rows(rows);
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Names and values, the values one below the other.
pub fn pairs(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    pairs.iter().map(|(name, value)| format!("{name:width$}  {value}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_tables_line_up() {
        assert_eq!(pairs(&[("a", "1".into()), ("long", "2".into())]), "a     1\nlong  2\n");
        let table = table(&["market", "size"], [vec!["BTC".into(), "1.5".into()]]);
        let lines: Vec<&str> = table.lines().map(str::trim).collect();
        assert_eq!(lines, ["market  size", "BTC     1.5"]);
    }
}
