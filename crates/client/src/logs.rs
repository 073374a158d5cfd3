//! The few log lines that say which program runs, and how it ended.
//!
//! Entries must come as the node gives them, one string a log call: a program may write line breaks into its
//! messages, and splitting text at those would let it forge the runtime's lines. The runtime starts a
//! program's own messages with "Program log: ", which is no address and so is never mistaken here.

use std::str::FromStr;

use anchor_lang::prelude::Pubkey;

/// A log entry that the runtime wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogLine<'a> {
    /// A program starts, at this depth; 1 is the transaction's own instruction.
    Invoked { program: Pubkey, depth: usize },
    /// It ended well.
    Succeeded,
    /// It ended with an error, and with it the whole transaction.
    Failed { program: Pubkey, reason: &'a str },
    /// Bytes that the running program gave out, in base64, one or more blank-separated fields.
    Data(&'a str),
    /// From here on entries are missing.
    Truncated,
}

/// The runtime's line in `entry`; none for programs' own messages and for what does not matter here.
pub(crate) fn parse_line(entry: &str) -> Option<LogLine<'_>> {
    if entry == "Log truncated" {
        return Some(LogLine::Truncated);
    }
    if let Some(data) = entry.strip_prefix("Program data: ") {
        return Some(LogLine::Data(data));
    }
    let (program, rest) = entry.strip_prefix("Program ")?.split_once(' ')?;
    let depth = rest.strip_prefix("invoke [").and_then(|rest| rest.strip_suffix(']'));
    let is_end = rest == "success" || rest.starts_with("failed: ");
    if depth.is_none() && !is_end {
        return None;
    }
    let program = Pubkey::from_str(program).ok()?;
    if let Some(depth) = depth {
        return Some(LogLine::Invoked { program, depth: depth.parse().ok()? });
    }
    Some(match rest.strip_prefix("failed: ") {
        Some(reason) => LogLine::Failed { program, reason },
        None => LogLine::Succeeded,
    })
}
