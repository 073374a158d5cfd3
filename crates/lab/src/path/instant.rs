//! Dates on the command line and in reports: UTC only, proleptic Gregorian, whole seconds.

const DAY_SECS: i64 = 86_400;

/// Reads `2020-03-12`, `2020-03-12T10:30`, `2020-03-12 10:30:15` (a trailing Z is allowed) or Unix seconds.
pub fn parse_instant(text: &str) -> Result<i64, String> {
    let text = text.trim();
    if let Ok(unix_secs) = text.parse::<i64>() {
        return match unix_secs {
            0..=99_999_999_999 => Ok(unix_secs),
            _ => Err(format!("'{text}' is not in Unix seconds (milliseconds have three digits too many)")),
        };
    }
    parse_calendar(text).ok_or_else(|| {
        format!("'{text}' is neither a date (2020-03-12, 2020-03-12T10:30, in UTC) nor Unix seconds")
    })
}

fn parse_calendar(text: &str) -> Option<i64> {
    let text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, time),
        None => (text, "00:00"),
    };
    let [year, month, day] = fields(date, '-')?.try_into().ok()?;
    let time = fields(time, ':')?;
    let (hour, minute, second) = match time[..] {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let in_range = (1970..=4000).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    in_range.then(|| days_from_civil(year, month, day) * DAY_SECS + hour * 3_600 + minute * 60 + second)
}

fn fields(text: &str, separator: char) -> Option<Vec<i64>> {
    let digits_only = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split(separator).map(|part| digits_only(part).then(|| part.parse().ok()).flatten()).collect()
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01. Years are counted from March so that the leap day is the last of its year.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

/// Inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// `2020-03-12 10:30:15`, in UTC.
pub fn format_utc(unix_secs: i64) -> String {
    let (year, month, day) = civil_from_days(unix_secs.div_euclid(DAY_SECS));
    let second_of_day = unix_secs.rem_euclid(DAY_SECS);
    let (hour, minute, second) = (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_instant_reads_dates_and_unix_seconds() {
        let cases = [
            ("1970-01-01", 0),
            ("2020-03-12", 1_583_971_200),
            ("2020-03-13T02:16", 1_584_065_760),
            ("2020-03-13 02:16:05Z", 1_584_065_765),
            ("2024-02-29", 1_709_164_800),
            ("1583971200", 1_583_971_200),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_instant(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn parse_instant_fails_on_what_is_not_an_instant() {
        for text in
            ["", "2020-02-30", "2023-02-29", "2020-13-01", "2020-3", "2020-03-12T25:00", "tomorrow", "-5"]
        {
            assert!(parse_instant(text).is_err(), "{text}");
        }
        assert!(parse_instant("1583971200000").unwrap_err().contains("milliseconds"));
    }

    #[test]
    fn format_utc_inverts_parse_instant_on_every_day_of_a_long_calendar() {
        for day in 0..200_000 {
            let at = day * DAY_SECS + (day * 7_919) % DAY_SECS;
            assert_eq!(parse_instant(&format_utc(at)), Ok(at));
        }
    }
}
