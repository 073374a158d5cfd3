//! Reads a path from CSV, plain or gzipped. What is read is checked line by line; nothing is repaired in
//! silence.

use std::io::Read;
use std::path::Path;

use csv::StringRecord;
use flate2::read::MultiGzDecoder;

use super::decimal::parse_e8;
use super::{MINUTE_SECS, MinuteBar, PathError, PricePath, RowProblem};

const HEADER: [&str; 6] = ["ts", "open", "high", "low", "close", "volume"];
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Unix seconds of the year 5138: whatever is larger counts milliseconds.
const TS_SECS_MAX: i64 = 99_999_999_999;

/// Loads `ts,open,high,low,close,volume` minute bars. Gzip is told by its first bytes, not by the file's
/// name.
pub fn load(file: &Path) -> Result<PricePath, PathError> {
    let bytes = std::fs::read(file).map_err(PathError::Io)?;
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    parse(&name, &bytes)
}

/// The same from bytes in memory.
pub fn parse(name: &str, bytes: &[u8]) -> Result<PricePath, PathError> {
    let mut unpacked = Vec::new();
    let text = if bytes.starts_with(&GZIP_MAGIC) {
        MultiGzDecoder::new(bytes).read_to_end(&mut unpacked).map_err(PathError::Gzip)?;
        &unpacked
    } else {
        bytes
    };
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let bars = parse_bars(text)?;
    check_minutes(&bars)?;
    PricePath::new(name.to_owned(), bars)
}

fn parse_bars(text: &[u8]) -> Result<Vec<MinuteBar>, PathError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text);
    let header = reader.headers().map_err(PathError::Csv)?;
    if header.iter().ne(HEADER) {
        return Err(PathError::Header { found: header.iter().collect::<Vec<_>>().join(",") });
    }
    let mut bars: Vec<MinuteBar> = Vec::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(PathError::Csv)? {
        let line = record.position().map_or(0, csv::Position::line);
        let bar = parse_bar(&record, bars.last()).map_err(|problem| PathError::Row { line, problem })?;
        bars.push(bar);
    }
    Ok(bars)
}

fn parse_bar(record: &StringRecord, previous: Option<&MinuteBar>) -> Result<MinuteBar, RowProblem> {
    if record.len() != HEADER.len() {
        return Err(RowProblem::FieldCount { found: record.len() });
    }
    let ts_secs = parse_ts(&record[0], previous)?;
    let decimal = |index: usize| {
        parse_e8(&record[index]).map_err(|reason| RowProblem::Decimal {
            column: HEADER[index],
            text: record[index].to_owned(),
            reason,
        })
    };
    let price = |index: usize| match decimal(index)? {
        0 => Err(RowProblem::ZeroPrice { column: HEADER[index] }),
        price_e8 => Ok(price_e8),
    };
    let (open_e8, high_e8, low_e8, close_e8) = (price(1)?, price(2)?, price(3)?, price(4)?);
    let inside = low_e8..=high_e8;
    if !inside.contains(&open_e8) || !inside.contains(&close_e8) {
        return Err(RowProblem::OhlcOrder { open_e8, high_e8, low_e8, close_e8 });
    }
    Ok(MinuteBar { ts_secs, open_e8, high_e8, low_e8, close_e8, volume_e8: decimal(5)? })
}

fn parse_ts(text: &str, previous: Option<&MinuteBar>) -> Result<i64, RowProblem> {
    let ts: i64 = text
        .parse()
        .ok()
        .filter(|ts| *ts >= 0)
        .ok_or_else(|| RowProblem::Timestamp { text: text.to_owned() })?;
    if ts > TS_SECS_MAX {
        return Err(RowProblem::Milliseconds { ts });
    }
    if ts % MINUTE_SECS != 0 {
        return Err(RowProblem::OffMinute { ts_secs: ts });
    }
    match previous {
        Some(previous) if ts <= previous.ts_secs => {
            Err(RowProblem::TimeNotRising { ts_secs: ts, previous_secs: previous.ts_secs })
        }
        _ => Ok(ts),
    }
}

/// Hourly bars would pass as minutes with 59 missing after each; refused, since nobody means that.
fn check_minutes(bars: &[MinuteBar]) -> Result<(), PathError> {
    match bars.windows(2).map(|pair| pair[1].ts_secs - pair[0].ts_secs).min() {
        Some(step_secs) if step_secs != MINUTE_SECS => Err(PathError::NotMinutes { step_secs }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// The first lines of a real file: BTC on 2020-03-04.
    const CSV: &str = "ts,open,high,low,close,volume\n\
        1583280000,8760.07,8774.28,8758.46,8772.48,25.257\n\
        1583280060,8772.55,8774.97,8768.9,8770.84,15.345\n\
        1583280180,8771.38,8771.74,8760.06,8764.95,19.376\n";

    fn with_row(row: &str) -> String {
        format!("ts,open,high,low,close,volume\n1583280000,2,3,1,2,0\n{row}\n")
    }

    fn message(text: &str) -> String {
        parse("test.csv", text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn parse_reads_real_lines_exactly_and_reports_the_gap() {
        let path = parse("btc.csv", CSV.as_bytes()).unwrap();
        let second = MinuteBar {
            ts_secs: 1_583_280_060,
            open_e8: 877_255_000_000,
            high_e8: 877_497_000_000,
            low_e8: 876_890_000_000,
            close_e8: 877_084_000_000,
            volume_e8: 1_534_500_000,
        };
        assert_eq!(path.bars()[1], second);
        assert_eq!(path.name(), "btc.csv");
        assert_eq!(path.gaps().len(), 1);
        assert_eq!(path.gaps()[0].minutes(), 1);
    }

    #[test]
    fn parse_tells_gzip_by_its_bytes_and_reads_several_members() {
        let (head, tail) = CSV.split_at(60);
        let mut packed = Vec::new();
        for part in [head, tail] {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(part.as_bytes()).unwrap();
            packed.extend(encoder.finish().unwrap());
        }
        let plain = parse("btc", CSV.as_bytes()).unwrap();
        assert_eq!(parse("btc", &packed).unwrap(), plain);
        packed.truncate(packed.len() - 10);
        assert!(matches!(parse("btc", &packed), Err(PathError::Gzip(_))));
    }

    #[test]
    fn load_names_the_path_after_the_file_alone() {
        let file = std::env::temp_dir().join(format!("bulkhead-lab-load-{}.csv", std::process::id()));
        std::fs::write(&file, CSV.replace('\n', "\r\n")).unwrap();
        let path = load(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(path.name(), file.file_name().unwrap().to_str().unwrap());
        assert_eq!(path.bars(), parse("", CSV.as_bytes()).unwrap().bars());
        assert!(matches!(load(&file), Err(PathError::Io(_))));
    }

    #[test]
    fn parse_accepts_a_byte_order_mark_and_a_single_bar() {
        let one = "\u{feff}ts,open,high,low,close,volume\n1583280000,2,3,1,2,0";
        assert_eq!(parse("", one.as_bytes()).unwrap().bars().len(), 1);
    }

    #[test]
    fn parse_fails_naming_the_line_and_the_reason() {
        let cases = [
            ("1583280060,2,3,1,2", "line 3: has 5 fields, not 6"),
            ("noon,2,3,1,2,0", "line 3: ts 'noon' is not Unix seconds"),
            ("-60,2,3,1,2,0", "line 3: ts '-60' is not Unix seconds"),
            (
                "1583280060000,2,3,1,2,0",
                "line 3: ts 1583280060000 is not Unix seconds (it looks like milliseconds)",
            ),
            ("1583280090,2,3,1,2,0", "line 3: ts 1583280090 is not the start of a minute"),
            (
                "1583280000,2,3,1,2,0",
                "line 3: ts 1583280000 does not come after 1583280000 of the bar before",
            ),
            ("1583280060,x,3,1,2,0", "line 3: open 'x' is not a plain decimal number"),
            ("1583280060,2,3,1,-2,0", "line 3: close '-2' is negative"),
            ("1583280060,2,3,1,2,", "line 3: volume '' is empty"),
            ("1583280060,2,3,0,2,0", "line 3: low is zero"),
            (
                "1583280060,2,3,1,3.5,0",
                "line 3: low <= open, close <= high does not hold: \
                 open 2.00, high 3.00, low 1.00, close 3.50",
            ),
            (
                "1583280060,2,1,3,2,0",
                "line 3: low <= open, close <= high does not hold: \
                 open 2.00, high 1.00, low 3.00, close 2.00",
            ),
        ];
        for (row, expected) in cases {
            assert_eq!(message(&with_row(row)), expected);
        }
    }

    #[test]
    fn parse_fails_on_the_file_as_a_whole() {
        assert_eq!(message("ts,open,high,low,close,volume\n"), "there is no bar in it");
        assert_eq!(
            message("time,o,h,l,c,v\n"),
            "line 1: the header must be 'ts,open,high,low,close,volume', found 'time,o,h,l,c,v'"
        );
        assert_eq!(
            message(&with_row("1583283600,2,3,1,2,0")),
            "the bars are 3600 s apart; the replay needs one-minute bars"
        );
    }
}
