//! Numbers as text, the same in the terminal and in the report. Amounts are formatted from integers.

/// `1234567` as `1,234,567`.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The same with a sign in front where there is one.
pub fn grouped_signed(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(value.unsigned_abs()))
}

/// A price in USD with its cents, and finer digits only where it has some: `8,774.28`, `0.00012`.
pub fn price_e8(price_e8: u64) -> String {
    let fraction = format!("{:08}", price_e8 % 100_000_000);
    let finer = fraction[2..].trim_end_matches('0');
    format!("{}.{}{finer}", grouped(price_e8 / 100_000_000), &fraction[..2])
}

/// An amount of the quote token, cut (not rounded) to cents: `12,345.67`. A remainder below one cent shows as
/// zero.
pub fn quote(atoms: u64, decimals: u8) -> String {
    let unit = 10_u64.saturating_pow(u32::from(decimals));
    let cents = u128::from(atoms % unit) * 100 / u128::from(unit);
    format!("{}.{cents:02}", grouped(atoms / unit))
}

pub fn quote_signed(atoms: i64, decimals: u8) -> String {
    let sign = if atoms < 0 { "-" } else { "" };
    format!("{sign}{}", quote(atoms.unsigned_abs(), decimals))
}

/// Parts per million as a percentage with two places, cut: `33,500` is `3.35 %`.
pub fn percent(ppm: i64) -> String {
    let sign = if ppm < 0 { "-" } else { "" };
    let hundredths = ppm.unsigned_abs() / 100;
    format!("{sign}{}.{:02} %", grouped(hundredths / 100), hundredths % 100)
}

/// A share of a whole as a percentage with two places, or a dash where there is no whole.
pub fn share(part: u64, whole: u64) -> String {
    match u128::from(part) * 1_000_000 {
        _ if whole == 0 => "-".into(),
        scaled => percent((scaled / u128::from(whole)) as i64),
    }
}

/// Seconds as `2 d 03:04:05`, without the days where there are none.
pub fn duration(secs: u64) -> String {
    let clock = format!("{:02}:{:02}:{:02}", secs / 3_600 % 24, secs / 60 % 60, secs % 60);
    match secs / 86_400 {
        0 => clock,
        days => format!("{days} d {clock}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_grouped() {
        let cases =
            [(0, "0"), (999, "999"), (1_000, "1,000"), (123_456, "123,456"), (1_234_567, "1,234,567")];
        for (value, expected) in cases {
            assert_eq!(grouped(value), expected);
        }
        assert_eq!(grouped_signed(i64::MIN), "-9,223,372,036,854,775,808");
    }

    #[test]
    fn prices_keep_every_digit() {
        assert_eq!(price_e8(877_428_000_000), "8,774.28");
        assert_eq!(price_e8(12_000), "0.00012");
        assert_eq!(price_e8(100_000_000), "1.00");
    }

    #[test]
    fn amounts_are_cut_to_cents() {
        assert_eq!(quote(1_234_567_899_999, 6), "1,234,567.89");
        assert_eq!(quote_signed(-1_990_000, 6), "-1.99");
        assert_eq!(quote(42, 0), "42.00");
    }

    #[test]
    fn ratios_are_percentages() {
        assert_eq!(percent(33_500), "3.35 %");
        assert_eq!(percent(-1_234), "-0.12 %");
        assert_eq!(share(1, 8), "12.50 %");
        assert_eq!(share(1, 0), "-");
    }

    #[test]
    fn durations_read_as_clocks() {
        assert_eq!(duration(3_725), "01:02:05");
        assert_eq!(duration(2 * 86_400 + 59), "2 d 00:00:59");
    }
}
