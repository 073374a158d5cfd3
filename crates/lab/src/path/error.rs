//! What can be wrong with a price file, said so that the line can be found and mended.

use std::fmt;

use super::decimal::DecimalError;
use super::instant::format_utc;
use crate::show::price_e8;

#[derive(Debug)]
pub enum PathError {
    Io(std::io::Error),
    /// The gzip stream is cut or damaged.
    Gzip(std::io::Error),
    Header {
        found: String,
    },
    /// The CSV itself cannot be read (not UTF-8, say).
    Csv(csv::Error),
    Row {
        line: u64,
        problem: RowProblem,
    },
    Empty,
    /// No two neighbouring bars are a minute apart, so these are bars of another length.
    NotMinutes {
        step_secs: i64,
    },
    EmptyWindow {
        path_from_secs: i64,
        path_to_secs: i64,
        from_secs: Option<i64>,
        to_secs: Option<i64>,
    },
    /// A count of samples per minute that the expansion does not have.
    SamplesPerMinute(u32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowProblem {
    FieldCount { found: usize },
    Timestamp { text: String },
    Milliseconds { ts: i64 },
    OffMinute { ts_secs: i64 },
    TimeNotRising { ts_secs: i64, previous_secs: i64 },
    Decimal { column: &'static str, text: String, reason: DecimalError },
    ZeroPrice { column: &'static str },
    OhlcOrder { open_e8: u64, high_e8: u64, low_e8: u64, close_e8: u64 },
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot be read: {error}"),
            Self::Gzip(error) => write!(f, "the gzip data is cut or damaged: {error}"),
            Self::Header { found } => {
                write!(f, "line 1: the header must be 'ts,open,high,low,close,volume', found '{found}'")
            }
            Self::Csv(error) => write!(f, "not readable as CSV: {error}"),
            Self::Row { line, problem } => write!(f, "line {line}: {problem}"),
            Self::Empty => f.write_str("there is no bar in it"),
            Self::NotMinutes { step_secs } => {
                write!(f, "the bars are {step_secs} s apart; the replay needs one-minute bars")
            }
            Self::EmptyWindow { path_from_secs, path_to_secs, from_secs, to_secs } => write!(
                f,
                "no bar between {} and {}: the path runs from {} to {} UTC",
                from_secs.map_or("the start".into(), format_utc),
                to_secs.map_or("the end".into(), format_utc),
                format_utc(*path_from_secs),
                format_utc(*path_to_secs),
            ),
            Self::SamplesPerMinute(found) => {
                write!(f, "{found} samples per minute cannot be made: use 1, 2, 4, 12, 20 or 60")
            }
        }
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FieldCount { found } => write!(f, "has {found} fields, not 6"),
            Self::Timestamp { text } => write!(f, "ts '{text}' is not Unix seconds"),
            Self::Milliseconds { ts } => {
                write!(f, "ts {ts} is not Unix seconds (it looks like milliseconds)")
            }
            Self::OffMinute { ts_secs } => write!(f, "ts {ts_secs} is not the start of a minute"),
            Self::TimeNotRising { ts_secs, previous_secs } => {
                write!(f, "ts {ts_secs} does not come after {previous_secs} of the bar before")
            }
            Self::Decimal { column, text, reason } => write!(f, "{column} '{text}' {reason}"),
            Self::ZeroPrice { column } => write!(f, "{column} is zero"),
            Self::OhlcOrder { open_e8, high_e8, low_e8, close_e8 } => write!(
                f,
                "low <= open, close <= high does not hold: open {}, high {}, low {}, close {}",
                price_e8(*open_e8),
                price_e8(*high_e8),
                price_e8(*low_e8),
                price_e8(*close_e8),
            ),
        }
    }
}

// No source: the message already says the cause, and a chain of errors would say it twice.
impl std::error::Error for PathError {}
