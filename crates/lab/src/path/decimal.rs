//! Exact decimal text to integers times 10^8. No float in between: 8774.28 has no exact float.

use std::fmt;

/// Digits after the point that fit.
pub const DECIMALS: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalError {
    Missing,
    NotANumber,
    Negative,
    /// More than eight digits after the point, the further ones not zero.
    TooFine,
    TooLarge,
}

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is empty",
            Self::NotANumber => "is not a plain decimal number",
            Self::Negative => "is negative",
            Self::TooFine => "has more than 8 digits after the point",
            Self::TooLarge => "is too large",
        })
    }
}

/// Reads `123`, `123.`, `.5` or `123.45`; exponents and signs are refused, since exchanges write neither.
pub fn parse_e8(text: &str) -> Result<u64, DecimalError> {
    if text.is_empty() {
        return Err(DecimalError::Missing);
    }
    if let Some(rest) = text.strip_prefix('-') {
        return Err(if parse_e8(rest).is_ok() { DecimalError::Negative } else { DecimalError::NotANumber });
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return Err(DecimalError::NotANumber);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > DECIMALS {
        return Err(DecimalError::TooFine);
    }
    let digits = format!("{whole}{fraction:0<DECIMALS$}");
    digits.parse().map_err(|_| DecimalError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_e8_is_exact() {
        let cases = [
            ("8774.28", 877_428_000_000),
            ("8768.9", 876_890_000_000),
            ("0.00000001", 1),
            ("1.100000000000", 110_000_000),
            (".5", 50_000_000),
            ("7.", 700_000_000),
            ("0", 0),
            ("184467440737.09551615", u64::MAX),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_e8(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn parse_e8_fails_with_its_reason() {
        let cases = [
            ("", DecimalError::Missing),
            (".", DecimalError::NotANumber),
            ("1e5", DecimalError::NotANumber),
            ("+1", DecimalError::NotANumber),
            ("1,000", DecimalError::NotANumber),
            ("1.2.3", DecimalError::NotANumber),
            ("nan", DecimalError::NotANumber),
            ("--1", DecimalError::NotANumber),
            ("-1.5", DecimalError::Negative),
            ("0.000000001", DecimalError::TooFine),
            ("184467440737.09551616", DecimalError::TooLarge),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_e8(text), Err(expected), "{text}");
        }
    }
}
