//! What an error code means.
//!
//! A transaction that fails leaves a number: 6000 and above are the program's own, 100 to 5000 come from
//! Anchor's generated checks, below 100 a program called by ours refused. Only the logs say which one that
//! was: [`from_logs`] reads them, [`find`] takes it to be the token program, which is nearly always right.

mod tables;

pub use tables::BULKHEAD_ERRORS;

use std::fmt;

use anchor_lang::prelude::{Pubkey, system_program};
use bulkhead::error::BulkheadError;
use solana_system_interface::error::SystemError;
use spl_token_2022_interface::error::TokenError;

use crate::logs::{LogLine, parse_line};

/// SPL Token.
const TOKEN_PROGRAM: Pubkey = Pubkey::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");

/// Who defined an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorOrigin {
    /// This program.
    Bulkhead,
    /// Anchor: its checks of accounts and arguments.
    Framework,
    /// SPL Token or Token-2022.
    Token,
    /// The system program: creating accounts, moving lamports.
    System,
}

/// An error code and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownError {
    /// Custom error code, as a transaction's result shows it.
    pub code: u32,
    /// Name of the variant.
    pub name: String,
    /// One sentence for people.
    pub message: String,
    /// Who defined it.
    pub origin: ErrorOrigin,
}

impl fmt::Display for KnownError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.code, self.name, self.message)
    }
}

/// What `code` means, taken to come out of an instruction of this program.
pub fn find(code: u32) -> Option<KnownError> {
    bulkhead(code).or_else(|| framework(code)).or_else(|| token(code))
}

/// `code` in one line, known or not: "6210 PriceTooOld: Price is too old for this".
pub fn describe(code: u32) -> String {
    find(code)
        .map_or_else(|| format!("{code}: not an error that this client knows"), |error| error.to_string())
}

/// The program's error with this code.
pub fn bulkhead_error(code: u32) -> Option<BulkheadError> {
    BULKHEAD_ERRORS.iter().copied().find(|error| u32::from(*error) == code)
}

/// The custom error that made a transaction fail, from the log entries that it left: of the innermost
/// program that failed, which is the first to say so. None if none failed with a custom code, or if the code
/// is unknown.
pub fn from_logs<'a>(entries: impl IntoIterator<Item = &'a str>) -> Option<KnownError> {
    let (program, reason) = entries.into_iter().find_map(|entry| match parse_line(entry) {
        Some(LogLine::Failed { program, reason }) => Some((program, reason)),
        _ => None,
    })?;
    of_program(&program, custom_code(reason)?)
}

/// What `code` means if `program` answered with it.
pub fn of_program(program: &Pubkey, code: u32) -> Option<KnownError> {
    if *program == ::bulkhead::ID {
        bulkhead(code).or_else(|| framework(code))
    } else if *program == system_program::ID {
        system(code)
    } else if [TOKEN_PROGRAM, spl_token_2022_interface::ID].contains(program) {
        token(code)
    } else {
        None
    }
}

fn custom_code(reason: &str) -> Option<u32> {
    u32::from_str_radix(reason.strip_prefix("custom program error: 0x")?, 16).ok()
}

fn bulkhead(code: u32) -> Option<KnownError> {
    let error = bulkhead_error(code)?;
    Some(KnownError { code, name: error.name(), message: error.to_string(), origin: ErrorOrigin::Bulkhead })
}

fn framework(code: u32) -> Option<KnownError> {
    let error = tables::FRAMEWORK_ERRORS.iter().find(|error| u32::from(**error) == code)?;
    Some(KnownError { code, name: error.name(), message: error.to_string(), origin: ErrorOrigin::Framework })
}

fn token(code: u32) -> Option<KnownError> {
    // Token-2022 continues the numbers of SPL Token: one table serves both.
    let error = TokenError::try_from(code).ok()?;
    Some(KnownError {
        code,
        name: format!("{error:?}"),
        message: error.to_string(),
        origin: ErrorOrigin::Token,
    })
}

fn system(code: u32) -> Option<KnownError> {
    let error = SystemError::try_from(code).ok()?;
    Some(KnownError {
        code,
        name: format!("{error:?}"),
        message: error.to_string(),
        origin: ErrorOrigin::System,
    })
}
