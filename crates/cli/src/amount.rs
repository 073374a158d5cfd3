//! Amounts as people write them, exactly: decimal text to the smallest units and back, with integers only.

use crate::error::{CliError, Result};

/// An amount as it was typed: a number and, perhaps, a unit behind it. What the number is worth in smallest
/// units shows only once the market is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    digits: String,
    unit: Option<String>,
}

/// A share as it was typed: "0.5 %", in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share(pub u32);

/// Lamports as they were typed: "0.001 SOL" or "5000 lamports".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lamports(pub u64);

const SOL_DECIMALS: u8 = 9;

impl Typed {
    /// Splits "1.5 BTC", "1.5BTC" or "1.5".
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '_')).unwrap_or(text.len());
        let (digits, unit) = text.split_at(end);
        let unit = unit.trim();
        let wrong = |why: &str| CliError::usage(format!("{text:?} is no amount: {why}"));
        if digits.is_empty() {
            return Err(wrong(match unit.starts_with(['-', '+']) {
                true => "amounts carry no sign",
                false => "it starts with no digit",
            }));
        }
        if unit.starts_with(',') {
            return Err(wrong("write a point before the fraction and nothing between thousands"));
        }
        if !unit.is_empty() && !unit.chars().all(char::is_alphanumeric) {
            return Err(wrong("only a unit such as BTC or USDC may follow the number"));
        }
        let unit = Some(unit.to_owned()).filter(|unit| !unit.is_empty());
        Ok(Self { digits: digits.replace('_', ""), unit })
    }

    /// The unit, if one was typed.
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// In units of 10^-`decimals`. What does not come out whole is an error, and so is zero.
    pub fn atoms(&self, decimals: u8) -> Result<u64> {
        match self.atoms_or_zero(decimals)? {
            0 => Err(CliError::usage("the amount is zero")),
            atoms => Ok(atoms),
        }
    }

    /// The same, zero allowed.
    pub fn atoms_or_zero(&self, decimals: u8) -> Result<u64> {
        let wrong = |why: String| CliError::usage(format!("{:?} {why}", self.digits));
        let (whole, fraction) = self.digits.split_once('.').unwrap_or((&self.digits, ""));
        if whole.is_empty() || self.digits.ends_with('.') || fraction.contains('.') {
            return Err(wrong("is no decimal number: write 0.5, not .5 or 5.".into()));
        }
        let fraction = fraction.trim_end_matches('0');
        let places = usize::from(decimals);
        if fraction.len() > places {
            return Err(wrong(format!(
                "has more than {decimals} decimal places, and no smaller unit exists"
            )));
        }
        let atoms = format!("{whole}{fraction:0<places$}");
        atoms.parse().map_err(|_| wrong("is too large".into()))
    }
}

impl std::str::FromStr for Typed {
    type Err = CliError;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl std::str::FromStr for Share {
    type Err = CliError;

    fn from_str(text: &str) -> Result<Self> {
        let number = text.trim().trim_end_matches('%').trim_end();
        let typed = Typed::parse(number)?;
        if typed.unit().is_some() {
            return Err(CliError::usage(format!("{text:?} is no percentage: write 0.5%")));
        }
        // A hundredth of a million: 10,000 parts a percent.
        let ppm = typed.atoms_or_zero(4)?;
        let ppm = u32::try_from(ppm).ok().filter(|ppm| *ppm <= 1_000_000);
        ppm.map(Self).ok_or_else(|| CliError::usage(format!("{text:?} is more than 100 %")))
    }
}

impl std::str::FromStr for Lamports {
    type Err = CliError;

    fn from_str(text: &str) -> Result<Self> {
        let typed = Typed::parse(text)?;
        match typed.unit() {
            Some("SOL" | "sol") => typed.atoms_or_zero(SOL_DECIMALS).map(Self),
            Some("lamports" | "lamport") => typed.atoms_or_zero(0).map(Self),
            Some(other) => {
                Err(CliError::usage(format!("{other:?}: lamports are written in SOL or lamports")))
            }
            None => Err(CliError::usage(format!("{text:?} needs its unit: SOL or lamports"))),
        }
    }
}

/// `value` * 10^-`decimals` without needless zeros: what a machine reads.
pub fn plain(value: i128, decimals: u8) -> String {
    written(value, decimals, "")
}

/// The same with commas between thousands: what people read.
pub fn grouped(value: i128, decimals: u8) -> String {
    written(value, decimals, ",")
}

fn written(value: i128, decimals: u8, separator: &str) -> String {
    let places = usize::from(decimals);
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let fraction = fraction.trim_end_matches('0');
    let sign = if value < 0 { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", separated(whole, separator))
}

fn separated(whole: &str, separator: &str) -> String {
    let head = whole.len() % 3;
    let (first, rest) = whole.split_at(head);
    let groups = rest.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    let first = Some(first.to_owned()).filter(|first| !first.is_empty());
    first.into_iter().chain(groups).collect::<Vec<_>>().join(separator)
}

/// A price in USD, to the cent or to the first digits that say something.
pub fn price(price_e12: u64) -> String {
    let cents = rounded(price_e12, 10_000_000_000);
    match cents >= 1_000 {
        true => format!("{} USD", with_cents(cents)),
        false => format!("{} USD", grouped(price_e12.into(), 12)),
    }
}

fn with_cents(cents: u64) -> String {
    format!("{}.{:02}", grouped((cents / 100).into(), 0), cents % 100)
}

fn rounded(value: u64, unit: u64) -> u64 {
    value / unit + u64::from(value % unit >= unit / 2)
}

/// Millionths as a percentage: "2.5 %".
pub fn percent(ppm: i64) -> String {
    format!("{} %", plain(ppm.into(), 4))
}

/// Lamports in SOL.
pub fn sol(lamports: i128) -> String {
    format!("{} SOL", plain(lamports, SOL_DECIMALS))
}

/// A span as people say it: "2 h 5 min".
pub fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min {} s", seconds / 60, seconds % 60),
        7_200..172_800 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atoms(text: &str, decimals: u8) -> Result<u64> {
        Typed::parse(text)?.atoms(decimals)
    }

    #[test]
    fn amounts_are_exact() {
        assert_eq!(atoms("1.5", 8), Ok(150_000_000));
        assert_eq!(atoms("0.00000001 BTC", 8), Ok(1));
        assert_eq!(atoms("100USDC", 6), Ok(100_000_000));
        assert_eq!(atoms("1_000_000.10", 6), Ok(1_000_000_100_000));
        assert_eq!(atoms("18446744073709.551615", 6), Ok(u64::MAX));
        assert_eq!(atoms("1.500000000", 1), Ok(15), "zeros at the end add nothing");
        // What a double would get wrong.
        assert_eq!(atoms("0.1", 18), Ok(100_000_000_000_000_000));
        assert_eq!(atoms("9007199254.740993", 6), Ok(9_007_199_254_740_993));
    }

    #[test]
    fn amounts_fail_and_say_what_is_wrong() {
        for (text, decimals, why) in [
            ("", 6, "starts with no digit"),
            ("BTC", 6, "starts with no digit"),
            ("-1", 6, "no sign"),
            ("1,5", 6, "write a point"),
            ("1e5 $", 6, "only a unit"),
            ("0.0000001", 6, "more than 6 decimal places"),
            ("0", 6, "zero"),
            ("0.000", 6, "zero"),
            (".5", 6, "no decimal number"),
            ("5.", 6, "no decimal number"),
            ("1.2.3", 6, "no decimal number"),
            ("18446744073709.551616", 6, "too large"),
        ] {
            let message = atoms(text, decimals).expect_err(text).to_string();
            assert!(message.contains(why), "{text:?}: {message}");
        }
    }

    #[test]
    fn units_are_told_apart_from_numbers() {
        assert_eq!(Typed::parse("1.5BTC").unwrap().unit(), Some("BTC"));
        assert_eq!(Typed::parse(" 1.5  BTC ").unwrap().unit(), Some("BTC"));
        assert_eq!(Typed::parse("1.5").unwrap().unit(), None);
    }

    #[test]
    fn shares_and_lamports_read_their_units() {
        assert_eq!("0.5%".parse(), Ok(Share(5_000)));
        assert_eq!("0.5 %".parse(), Ok(Share(5_000)));
        assert_eq!("100".parse(), Ok(Share(1_000_000)));
        assert_eq!("0.0001".parse(), Ok(Share(1)));
        assert!("100.0001%".parse::<Share>().is_err());
        assert!("0.00001%".parse::<Share>().is_err());
        assert_eq!("0.00001 SOL".parse(), Ok(Lamports(10_000)));
        assert_eq!("10000 lamports".parse(), Ok(Lamports(10_000)));
        assert!("10000".parse::<Lamports>().unwrap_err().to_string().contains("needs its unit"));
    }

    #[test]
    fn what_is_written_reads_back() {
        for value in [0_u64, 1, 10, 999, 1_000, 123_456_789, u64::MAX] {
            for decimals in [0_u8, 6, 9] {
                let text = plain(value.into(), decimals);
                assert_eq!(Typed::parse(&text).unwrap().atoms_or_zero(decimals), Ok(value), "{text}");
            }
        }
        assert_eq!(plain(-1_500_000, 6), "-1.5");
        assert_eq!(grouped(1_234_567_890_000, 6), "1,234,567.89");
        assert_eq!(grouped(-100, 0), "-100");
        assert_eq!(grouped(-1_000, 0), "-1,000");
        assert_eq!(price(60_000_125_000_000_000), "60,000.13 USD");
        assert_eq!(price(1_230_000_000), "0.00123 USD");
        assert_eq!(percent(25_000), "2.5 %");
        assert_eq!(span(7_500), "2 h 5 min");
    }
}
